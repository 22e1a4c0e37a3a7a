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
	sim *Simulation
	batch
	device  string
	stepper backend.Stepper
	opened  backend.Device
	stale   bool // has models that have been replaced

	pass, passes int // over the steps, for progress
}

// Close frees what the simulation holds. It may be called again, and so may Forward after it.
func (sim *Simulation) Close() error {
	var errs []error
	if sim.run != nil {
		if sim.run.stepper != nil {
			errs = append(errs, sim.run.stepper.Close())
		}
		errs = append(errs, sim.run.opened.Close())
	}
	if sim.both != nil {
		errs = append(errs, sim.both.close())
	}
	sim.run, sim.both = nil, nil
	return errors.Join(errs...)
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
	var res *Result
	batches := sim.batches()
	for i, b := range batches {
		if err := sim.ready(ctx, b); err != nil {
			return nil, err
		}
		sim.run.pass, sim.run.passes = i, len(batches)
		if err := sim.run.steps(ctx, nil); err != nil {
			return nil, err
		}
		sim.collectGarbage()
		var err error
		if res, err = sim.run.result(ctx, res); err != nil {
			return nil, err
		}
	}
	done = true
	return res, nil
}

// ready puts all on the device that a batch needs.
func (sim *Simulation) ready(ctx context.Context, b batch) error {
	if run := sim.run; run != nil && run.batch == b {
		return run.reset(ctx)
	} else if run != nil { // its points are others
		if err := run.stepper.Close(); err != nil {
			return run.deviceError(ctx, err)
		}
		run.stepper, run.batch = nil, b
		sim.collectGarbage()
		return run.prepare(ctx)
	}
	dev, name, err := sim.open()
	if err != nil {
		return err
	}
	sim.run = &running{sim: sim, batch: b, device: name, opened: dev}
	return sim.run.prepare(ctx)
}

// open opens the device, and describes it.
func (sim *Simulation) open() (backend.Device, string, error) {
	dev, err := backend.Open(sim.opt.Backend)
	if err != nil {
		return nil, "", badBackend(sim.opt.Backend, err)
	}
	info := dev.Info()
	return dev, fmt.Sprintf("%s:%d %s (%s, %s)", info.Backend, info.Index, info.Name, info.Driver, info.Note), nil
}

// prepare puts the arrays on the device.
func (r *running) prepare(ctx context.Context) error {
	plan, err := r.sim.plan(ctx, r.batch)
	if err != nil {
		return err
	}
	stepper, err := r.opened.Plan(ctx, plan)
	if err != nil {
		return r.deviceError(ctx, err) // stepper may be a nil pointer in an interface: it must not be closed
	}
	r.stepper = stepper
	r.stale = false
	r.sim.collectGarbage()
	return nil
}

// reset puts the device back before the first step, with models that are new.
func (r *running) reset(ctx context.Context) error {
	fields := map[string]*array.Array{}
	r.sim.initial(r.batch, fields)
	if r.stale {
		if err := r.sim.setModels(ctx, r.batch, r.sim.models, fields); err != nil {
			return err
		}
	}
	if err := r.stepper.Reset(ctx, fields, nil); err != nil {
		return r.deviceError(ctx, err)
	}
	r.stale = false
	return nil
}

// deviceError says which device an error of it comes from.
func (r *running) deviceError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return &FieldError{Field: "Options.Backend", Got: fmt.Sprintf("%q", r.sim.opt.Backend), Want: "one that can do the run", Err: err}
}

// steps runs the time loop: from one callback, check or report to the next. It calls
// before at each step that its number of steps divides.
func (r *running) steps(ctx context.Context, before *pause) error {
	sim := r.sim
	total := sim.steps()
	every := max(sim.opt.CallbackEvery, 1)
	frame := &Frame{Steps: total, DT: sim.dt, Origin: slices.Clone(sim.origin), First: r.first, Shots: r.n, names: sim.fieldNames()}
	frame.field = r.view
	check := sim.checkEvery()
	guard := guard{sim: sim, strong: sim.strongAt(), factor: r.factor}
	for done := 0; ; {
		r.report(done)
		if sim.opt.Callback != nil && done%every == 0 {
			frame.Step = done
			if err := sim.opt.Callback(frame); err != nil {
				return err
			}
		}
		if done == total {
			return nil
		}
		if before != nil && done%before.every == 0 {
			if err := before.call(done); err != nil {
				return err
			}
		}
		next := min(total, done-done%check+check)
		if sim.opt.Callback != nil {
			next = min(next, done-done%every+every)
		}
		if before != nil {
			next = min(next, done-done%before.every+before.every)
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

// report tells Options.Progress how many steps of the present pass are done.
func (r *running) report(done int) {
	if n := r.sim.steps(); r.sim.opt.Progress != nil {
		r.sim.opt.Progress(r.pass*n+done, r.passes*n)
	}
}

// pause is something to be done every so many steps.
type pause struct {
	every int
	call  func(done int) error
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

// result adds what a batch has recorded and where it has got to the result, which the first one
// begins.
func (r *running) result(ctx context.Context, res *Result) (*Result, error) {
	sim := r.sim
	if res == nil {
		res = &Result{Plan: sim.Plan(), Device: r.device, Records: map[string]*array.Array{}}
		if !sim.opt.OmitWavefields {
			res.Wavefields = Wavefields{}
		}
		res.BytesPerCell = float64(r.stepper.Bytes()) / (float64(sim.layout.Padded()) * float64(r.n))
		if s, ok := r.stepper.(backend.Slow); ok {
			res.Slow = s.Slow()
		}
	}
	if c, ok := r.stepper.(backend.Compiler); ok {
		res.CompileTime += c.CompileTime()
	}
	for _, g := range sim.receivers {
		a, err := r.received(ctx, g.channel.Series.Name)
		if err == nil {
			err = r.keep(res.Records, "Records", g.channel.Name, a)
		}
		if err != nil {
			return nil, err
		}
	}
	if sim.opt.OmitWavefields {
		return res, nil
	}
	for _, f := range sim.wavefields() {
		a, err := r.view(f.Name, allShots, ViewPML)
		if err == nil {
			err = r.keep(res.Wavefields, "Wavefields", f.Name, a)
		}
		if err != nil {
			return nil, err
		}
	}
	return res, nil
}

// keep checks an array of the batch and puts it in its place among those of all shots.
func (r *running) keep(all map[string]*array.Array, kind, name string, a *array.Array) error {
	if err := r.checkFinite(kind+"["+name+"]", a); err != nil {
		return err
	}
	if r.n == r.sim.shots {
		all[name] = a
		return nil
	}
	var err error
	if a.DType() == array.Float64 {
		all[name], err = put[float64](r, all[name], a)
	} else {
		all[name], err = put[float32](r, all[name], a)
	}
	return err
}

// put copies the batch's part of an array into that of all shots, which the first one makes.
func put[T array.Float](r *running, all, part *array.Array) (*array.Array, error) {
	from, err := array.Data[T](part)
	if err != nil {
		return nil, err
	}
	shape, each := part.Shape(), len(from)/r.n
	shape[0] = r.sim.shots
	var to []T
	if all == nil {
		if err = array.Fits(part.DType(), shape...); err == nil {
			to = make([]T, r.sim.shots*each)
		}
	} else {
		to, err = array.Data[T](all) // nothing else has it yet
	}
	if err != nil {
		return nil, err
	}
	copy(to[r.first*each:], from)
	return array.Of(to, shape...), nil
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
	return sim.resample(ctx, a, sim.nt, down.Apply, down.Transpose)
}
