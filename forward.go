package wave

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/equation"
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
	plan.Fields, plan.Series = nil, nil // copied by now
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

// plan makes the arrays that the backend wants.
func (sim *Simulation) plan(ctx context.Context) (*backend.Plan, error) {
	p := &backend.Plan{
		Program: sim.program, Layout: sim.layout, DType: sim.dtype, Shots: sim.shots, Steps: sim.steps(),
		Fields: map[string]*array.Array{}, Series: map[string]*array.Array{}, Points: map[string][]stencil.Points{},
		Threads: sim.opt.Threads, TimeTile: sim.opt.TimeTile,
	}
	for _, g := range slices.Concat(sim.sources, sim.receivers) {
		p.Points[g.channel.Series.Points] = sim.points(g.points)
	}
	if err := sim.setModels(ctx, p.Fields); err != nil {
		return nil, err
	}
	profile := equation.PML{Width: sim.pml, Spacing: sim.spacing, DT: sim.dt, MaxVel: sim.opt.MaxVel, Freq: sim.opt.PMLFreq}
	for _, f := range sim.program.Fields() {
		if x, ok := profile.Of(f, sim.layout); ok {
			p.Fields[f.Name] = array.Convert(sim.dtype, x, len(x))
		}
	}
	sim.initial(p.Fields)
	for _, g := range sim.sources {
		var err error
		if p.Series[g.channel.Series.Name], err = sim.amplitudes(ctx, g.amplitudes); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// setModels adds the models of the program.
func (sim *Simulation) setModels(ctx context.Context, fields map[string]*array.Array) error {
	given := Models{}
	for _, m := range sim.eq.Models {
		if err := ctx.Err(); err != nil {
			return err
		}
		given[m.Name] = sim.around(&m, sim.models[m.Name])
	}
	own, err := sim.eq.Derived(given, sim.layout.Halo)
	if err != nil {
		return err
	}
	for _, f := range sim.program.Fields() {
		if f.Kind == stencil.Model {
			fields[f.Name] = own[f.Name]
		}
	}
	return nil
}

// around cuts the region out of a model and continues it to the grid, by what the model says and,
// at free sides of a staggered grid, by vacuum.
func (sim *Simulation) around(m *equation.Property, a *array.Array) *array.Array {
	if a.NDim() == sim.ndim {
		a = array.Reshape(a, append([]int{1}, a.Shape()...)...)
	}
	shots := a.Shape()[0]
	a = array.Slice(a, append([]int{0}, sim.origin...), append([]int{shots}, sim.region...))
	first, shape := []int{0}, []int{shots}
	before, after, zeros := []int{0}, []int{0}, m.ZeroPad
	for d, w := range sim.pad {
		n := [2]int{sim.layout.Halo + w[0], sim.layout.Halo + w[1]}
		first, shape = append(first, 0), append(shape, sim.layout.Shape[d])
		for side := range n {
			if m.ZeroPad || sim.vacuum(d, side) {
				zeros = true
				if side == 0 {
					first[1+d] = n[0]
				}
				n[side] = 0
			}
		}
		before, after = append(before, n[0]), append(after, n[1])
	}
	a = array.PadEdge(a, before, after)
	if !zeros {
		return a
	}
	return array.Assemble(sim.dtype, shape, [][]int{first}, a)
}

// initial adds the wavefields to start from. What lies beyond the last cell of a field that sits half
// a cell further on is zero.
func (sim *Simulation) initial(fields map[string]*array.Array) {
	for _, f := range sim.program.Fields() {
		a := sim.survey.Initial[f.Name]
		if a == nil || f.Kind != stencil.State && f.Kind != stencil.Memory {
			continue
		}
		lo, shape, size := []int{0}, []int{sim.shots}, a.Shape()
		for d, n := range sim.layout.Shape {
			lo, shape = append(lo, sim.layout.Halo), append(shape, n)
			if f.Half[d] {
				size[1+d]--
			}
		}
		a = array.Slice(a, make([]int, len(size)), size)
		fields[f.Name] = array.Assemble(sim.dtype, shape, [][]int{lo}, a)
	}
}

// amplitudes returns the series of sources at the internal time step.
func (sim *Simulation) amplitudes(ctx context.Context, a *array.Array) (*array.Array, error) {
	if sim.ratio == 1 {
		return a, nil
	}
	up, err := resample.NewUp(sim.nt, sim.resampling())
	if err != nil {
		return nil, err
	}
	return sim.resample(ctx, a, sim.steps(), up)
}

// resample applies plan to all rows of a, whose results have n samples. A reverse
// pass calls plan after that too, and heeds ctx, but reports no more.
func (sim *Simulation) resample(ctx context.Context, a *array.Array, n int, plan *resample.Plan) (*array.Array, error) {
	report := sim.opt.Resampling
	out := array.LinearRows(a, n, array.RowMap{
		Forward: plan.Apply, Transpose: plan.Transpose, Threads: sim.threads(),
		Between: func(done, total int) error {
			if report != nil {
				report(done, total)
			}
			return ctx.Err()
		},
	})
	report = nil
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return out, out.Err()
}

// threads is how many goroutines may compute.
func (sim *Simulation) threads() int {
	if n := runtime.GOMAXPROCS(0); sim.opt.Threads == 0 || sim.opt.Threads > n {
		return n
	}
	return sim.opt.Threads
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

// fieldNames lists the fields of the program that a Frame has.
func (sim *Simulation) fieldNames() []string {
	var names []string
	for _, f := range sim.program.Fields() {
		if f.Kind != stencil.Profile {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return names
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

// allShots stands for a shot's number.
const allShots = -1

// view returns a field of a shot, or of all, as a View of it.
func (r *running) view(name string, shot int, v View) (*array.Array, error) {
	sim := r.sim
	if !slices.Contains(sim.fieldNames(), name) {
		return nil, bad("field", fmt.Sprintf("%q", name), "one of %s", strings.Join(sim.fieldNames(), ", "))
	}
	if shot >= sim.shots {
		return nil, bad("shot", shot, "less than %d", sim.shots)
	}
	a, err := r.field(name, shot)
	if err != nil || v == ViewFull {
		return a, err
	}
	if v > ViewFull {
		return nil, bad("View", v, "ViewModel, ViewPML or ViewFull")
	}
	lo, size := []int{0}, a.Shape()[:1:1]
	for d, w := range sim.pad {
		from, n := sim.layout.Halo, sim.region[d]
		if v == ViewModel {
			from += w[0]
		} else {
			n += w[0] + w[1]
		}
		lo, size = append(lo, from), append(size, n)
	}
	out := array.Slice(a, lo, size)
	return out, out.Err()
}

// field copies a field of a shot, or of all, [shot][padded grid].
func (r *running) field(name string, shot int) (*array.Array, error) {
	if p, ok := r.stepper.(backend.Picker); ok && shot != allShots {
		return p.FieldOf(name, shot)
	}
	a, err := r.stepper.Field(name)
	if err != nil || shot == allShots {
		return a, err
	}
	shape := a.Shape()
	lo, size := make([]int, len(shape)), slices.Clone(shape)
	lo[0], size[0] = min(shot, shape[0]-1), 1 // shots may share a model
	a = array.Slice(a, lo, size)
	return a, a.Err()
}
