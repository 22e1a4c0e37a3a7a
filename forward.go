package wave

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/internal/resample"
	"github.com/d52adeda/wave/stencil"
)

// running is a simulation on a device.
type running struct {
	sim     *Simulation
	device  string
	stepper backend.Stepper
	opened  backend.Device
}

// Close frees what the simulation holds. It may be called again, and so may Forward after it.
func (sim *Simulation) Close() error {
	if sim.run == nil {
		return nil
	}
	run := sim.run
	sim.run = nil
	var err error
	if run.stepper != nil {
		err = run.stepper.Close()
	}
	return errors.Join(err, run.opened.Close())
}

// Forward runs the simulation from its first step to its last. The first run opens the device,
// compiles and fills its buffers; later ones only put them back.
//
// Errors match ErrNonFinite, ErrUnstable, ErrMemory, backend.ErrNoDevice, what a callback returned
// or the context's error. After one the simulation can be run again.
func (sim *Simulation) Forward(ctx context.Context) (*Result, error) {
	if ctx == nil {
		return nil, bad("ctx", "nil", "a context")
	}
	done := false
	defer func() {
		if !done { // a callback of the user's may panic, or end its goroutine
			_ = sim.Close()
		}
	}()
	if err := sim.ready(ctx); err != nil {
		return nil, err
	}
	run := sim.run
	if err := run.steps(ctx); err != nil {
		return nil, err
	}
	sim.collectGarbage()
	res, err := run.result(ctx)
	if err != nil {
		return nil, err
	}
	done = true
	return res, nil
}

// ready puts all on the device that a run needs.
func (sim *Simulation) ready(ctx context.Context) error {
	if sim.run != nil {
		return sim.run.reset(ctx)
	}
	dev, err := backend.Open(sim.opt.Backend)
	if err != nil {
		return badBackend(sim.opt.Backend, err)
	}
	info := dev.Info()
	device := fmt.Sprintf("%s:%d %s (%s, %s)", info.Backend, info.Index, info.Name, info.Driver, info.Note)
	sim.run = &running{sim: sim, device: device, opened: dev}
	return sim.run.prepare(ctx)
}

// prepare puts the arrays on the device.
func (r *running) prepare(ctx context.Context) error {
	plan, err := r.sim.plan(ctx)
	if err != nil {
		return err
	}
	stepper, err := r.opened.Plan(ctx, plan)
	if err != nil {
		return r.deviceError(ctx, err) // stepper may be a nil pointer in an interface: it must not be closed
	}
	r.stepper = stepper
	r.sim.replaced = false
	r.sim.collectGarbage()
	return nil
}

// reset puts the device back before the first step, with models that are new.
func (r *running) reset(ctx context.Context) error {
	fields := map[string]*array.Array{}
	r.sim.initial(fields)
	if r.sim.replaced {
		if err := r.sim.setModels(ctx, fields); err != nil {
			return err
		}
	}
	if err := r.stepper.Reset(ctx, fields, nil); err != nil {
		return r.deviceError(ctx, err)
	}
	r.sim.replaced = false
	return nil
}

// deviceError says which device an error of it comes from.
func (r *running) deviceError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return &FieldError{Field: "Options.Backend", Got: fmt.Sprintf("%q", r.sim.opt.Backend), Want: "one that can do the run", Err: err}
}

// steps runs the time loop: from one callback, check or report to the next.
func (r *running) steps(ctx context.Context) error {
	sim := r.sim
	total := sim.steps()
	every := max(sim.opt.CallbackEvery, 1)
	frame := &Frame{Steps: total, DT: sim.dt, Origin: slices.Clone(sim.origin), names: sim.fieldNames()}
	frame.field = r.view
	check := sim.checkEvery()
	guard := guard{sim: sim, strong: sim.strongAt(), factor: r.factor}
	for done := 0; ; {
		if sim.opt.Progress != nil {
			sim.opt.Progress(done, total)
		}
		if sim.opt.Callback != nil && done%every == 0 {
			frame.Step = done
			if err := sim.opt.Callback(frame); err != nil {
				return err
			}
		}
		if done == total {
			return nil
		}
		next := min(total, done-done%check+check)
		if sim.opt.Callback != nil {
			next = min(next, done-done%every+every)
		}
		if err := r.stepper.Step(ctx, next-done); err != nil {
			return r.deviceError(ctx, err)
		}
		if next%check == 0 || next == total {
			peak, err := r.peak()
			if err != nil {
				return err
			}
			if err := guard.look(next, peak); err != nil {
				return err
			}
		}
		done = next
	}
}

// peak returns the greatest magnitude in the fields that are watched.
func (r *running) peak() (float64, error) {
	most := 0.0
	for _, name := range r.sim.eq.Watched(r.sim.grid()) {
		p, err := r.stepper.Peak(name)
		if err != nil {
			return 0, err
		}
		most = max(most, p) // NaN if one is
	}
	return most, nil
}

// factor returns a bound of what the amplitudes of a series are multiplied by as they are
// injected.
func (r *running) factor(s *stencil.Series) float64 {
	most := 0.0
	for _, stmt := range r.sim.program.Body {
		if in, ok := stmt.(stencil.Inject); ok && in.From == s {
			most = max(most, r.bound(in.Coeff))
		}
	}
	return most
}

// bound returns a bound of an expression's magnitude; 0 where it is not known.
func (r *running) bound(e stencil.Expr) float64 {
	switch e := e.(type) {
	case stencil.Const:
		return math.Abs(float64(e))
	case stencil.Load:
		p, err := r.stepper.Peak(e.Field.Name)
		if err != nil {
			return 0
		}
		return p
	case *stencil.Prod:
		x := 1.0
		for _, f := range e.Factors {
			x *= r.bound(f)
		}
		return x
	case *stencil.Sum:
		x := 0.0
		for _, t := range e.Terms {
			x += r.bound(t)
		}
		return x
	case *stencil.Let:
		return r.bound(e.X)
	}
	return 0
}

// result returns what a run has recorded and where it has got.
func (r *running) result(ctx context.Context) (*Result, error) {
	sim := r.sim
	res := &Result{Plan: sim.Plan(), Device: r.device, Records: map[string]*array.Array{}}
	for _, g := range sim.receivers {
		a, err := r.received(ctx, g.channel.Series.Name)
		if err != nil {
			return nil, err
		}
		if err := r.checkFinite("Records["+g.channel.Name+"]", a); err != nil {
			return nil, err
		}
		res.Records[g.channel.Name] = a
	}
	if !sim.opt.OmitWavefields {
		res.Wavefields = Wavefields{}
		for _, f := range sim.wavefields() {
			a, err := r.view(f.Name, allShots, ViewPML)
			if err != nil {
				return nil, err
			}
			if err := r.checkFinite("Wavefields["+f.Name+"]", a); err != nil {
				return nil, err
			}
			res.Wavefields[f.Name] = a
		}
	}
	if c, ok := r.stepper.(backend.Compiler); ok {
		res.CompileTime = c.CompileTime()
	}
	if s, ok := r.stepper.(backend.Slow); ok {
		res.Slow = s.Slow()
	}
	res.BytesPerCell = float64(r.stepper.Bytes()) / (float64(sim.layout.Padded()) * float64(sim.shots))
	return res, nil
}

// checkFinite looks at what is returned: memory fields and resampled records can
// be infinite while the wavefield still is not.
func (r *running) checkFinite(name string, a *array.Array) error {
	if !a.Traced() && !a.Finite() {
		return r.sim.nonFinite("in the result's "+name, r.factor)
	}
	return nil
}

// received returns a recorded series at the survey's sampling.
func (r *running) received(ctx context.Context, name string) (*array.Array, error) {
	sim := r.sim
	a, err := r.stepper.Series(name)
	if err != nil || sim.ratio == 1 {
		return a, err
	}
	down, err := resample.NewDown(sim.nt, sim.resampling())
	if err != nil {
		return nil, err
	}
	return sim.resample(ctx, a, sim.nt, down)
}
