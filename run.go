package wave

import (
	"context"
	"fmt"
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
	sim     *simulation
	device  string
	stepper backend.Stepper
	opened  backend.Device
}

// close frees what the run holds. It is called however a run ends: a callback of the
// user's may panic, or end its goroutine.
func (r *running) close() {
	if r.stepper != nil {
		r.stepper.Close()
	}
	r.opened.Close()
}

// solve simulates p; collect takes from the run what is asked for and lists the
// arrays, which are checked.
func (p problem) solve(ctx context.Context, s Survey, o Options, collect func(*running) ([]named, error)) error {
	if ctx == nil {
		return bad("ctx", "nil", "a context")
	}
	sim, err := newSimulation(ctx, p, s, o)
	if err != nil {
		return err
	}
	run, err := sim.open()
	if err != nil {
		return err
	}
	defer run.close()
	if err := run.prepare(ctx); err != nil {
		return err
	}
	if err := run.steps(ctx); err != nil {
		return err
	}
	sim.collectGarbage()
	outputs, err := collect(run)
	if err != nil {
		return err
	}
	return run.checkResult(outputs...)
}

// result returns what is known of a run beside its arrays.
func (r *running) result() *Result {
	res := r.sim.result()
	res.Device = r.device
	if c, ok := r.stepper.(backend.Compiler); ok {
		res.CompileTime = c.CompileTime()
	}
	res.BytesPerCell = float64(r.stepper.Bytes()) / (float64(r.sim.layout.Padded()) * float64(r.sim.shots))
	return res
}

// open opens the device; the caller closes what it returns.
func (sim *simulation) open() (*running, error) {
	dev, err := backend.Open(sim.opt.Backend)
	if err != nil {
		return nil, badBackend(sim.opt.Backend, err)
	}
	info := dev.Info()
	device := fmt.Sprintf("%s:%d %s (%s, %s)", info.Backend, info.Index, info.Name, info.Driver, info.Note)
	return &running{sim: sim, device: device, opened: dev}, nil
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
	plan.Fields, plan.Series = nil, nil // copied by now
	r.sim.collectGarbage()
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
func (sim *simulation) plan(ctx context.Context) (*backend.Plan, error) {
	p := &backend.Plan{
		Program: sim.equation, Layout: sim.layout, DType: sim.dtype, Shots: sim.shots, Steps: sim.steps(),
		Fields: map[string]*array.Array{}, Series: map[string]*array.Array{}, Points: map[string][]stencil.Points{},
		Threads: sim.opt.Threads, TimeTile: sim.opt.TimeTile,
	}
	for name, of := range map[string][][]footprint{"source": sim.sources, "receiver": sim.receivers, "background": sim.background} {
		p.Points[name] = sim.points(of)
	}
	for _, m := range sim.models {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p.Fields[m.name] = sim.padded(m)
	}
	profile := equation.PML{Width: sim.pml, Spacing: sim.spacing, DT: sim.dt, MaxVel: sim.opt.MaxVel, Freq: sim.opt.PMLFreq}
	for d, axis := range equation.Axes(sim.ndim) {
		a, b, db := profile.Profile(d, sim.layout.Shape[d], sim.layout.Halo, sim.opt.Accuracy)
		for name, x := range map[string][]float64{"a_": a, "b_": b, "db_": db} {
			p.Fields[name+axis] = array.Convert(sim.dtype, x, len(x))
		}
	}
	for _, w := range sim.initial() {
		lo, shape := []int{0}, []int{sim.shots}
		for _, n := range sim.layout.Shape {
			lo, shape = append(lo, sim.layout.Halo), append(shape, n)
		}
		p.Fields[w.field] = array.Assemble(sim.dtype, shape, [][]int{lo}, w.of)
	}
	var err error
	p.Series["f"], err = sim.amplitudes(ctx)
	return p, err
}

// padded cuts the region out of a model and pads it to the grid.
func (sim *simulation) padded(m model) *array.Array {
	a := m.of
	if a.NDim() == sim.ndim {
		a = array.Reshape(a, append([]int{1}, a.Shape()...)...)
	}
	shots := a.Shape()[0]
	a = array.Slice(a, append([]int{0}, sim.origin...), append([]int{shots}, sim.region...))
	before, after, shape := []int{0}, []int{0}, []int{shots}
	for d, w := range sim.pml {
		before, after = append(before, sim.layout.Halo+w[0]), append(after, sim.layout.Halo+w[1])
		shape = append(shape, sim.layout.Shape[d])
	}
	if m.zeroEdge {
		return array.Assemble(sim.dtype, shape, [][]int{before}, a)
	}
	return array.PadEdge(a, before, after)
}

// amplitudes returns the sources' series at the internal time step.
func (sim *simulation) amplitudes(ctx context.Context) (*array.Array, error) {
	a := sim.survey.Sources.Amplitudes
	if a == nil {
		return array.Zeros(sim.dtype, sim.shots, 0, sim.steps()), nil
	}
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
func (sim *simulation) resample(ctx context.Context, a *array.Array, n int, plan *resample.Plan) (*array.Array, error) {
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
func (sim *simulation) threads() int {
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
	frame := &Frame{Steps: total, DT: sim.dt, Origin: slices.Clone(sim.origin), names: fieldNames(sim.equation)}
	frame.field = r.view
	check := sim.checkEvery()
	guard := guard{sim: sim, strong: sim.strongAt()}
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
			peak, err := r.stepper.Peak("u")
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

func fieldNames(p *stencil.Program) []string {
	var names []string
	for _, f := range p.Fields() {
		if f.Kind != stencil.Profile {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return names
}

// checkResult looks at what is returned: memory fields and resampled records can
// be infinite while the wavefield still is not.
func (r *running) checkResult(list ...named) error {
	for _, a := range list {
		if a.of != nil && !a.of.Traced() && !a.of.Finite() {
			return r.sim.nonFinite("in the result's " + a.name)
		}
	}
	return nil
}

// outputs lists the arrays of a result.
func (res *Result) outputs(ndim int) []named {
	return append(res.Wavefields.arrays("Wavefields", "", ndim), named{name: "Receivers", of: res.Receivers})
}

// allShots stands for a shot's number.
const allShots = -1

// view returns a field of a shot, or of all, as a View of it.
func (r *running) view(name string, shot int, v View) (*array.Array, error) {
	sim := r.sim
	if !slices.Contains(fieldNames(sim.equation), name) {
		return nil, bad("field", fmt.Sprintf("%q", name), "one of %s", strings.Join(fieldNames(sim.equation), ", "))
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
	for d, w := range sim.pml {
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

// received returns a recorded series at the survey's sampling; nil if it has no
// points.
func (r *running) received(ctx context.Context, name string, points [][]footprint) (*array.Array, error) {
	sim := r.sim
	if pointsPerShot(points) == 0 {
		return nil, nil
	}
	a, err := r.stepper.Series(name)
	if err != nil || sim.ratio == 1 {
		return a, err
	}
	down, err := resample.NewDown(sim.nt, sim.resampling())
	if err != nil {
		return nil, err
	}
	return r.sim.resample(ctx, a, sim.nt, down)
}

// wavefields returns the final state of the fields whose names have a prefix, if
// it is wanted.
func (r *running) wavefields(prefix string) (Wavefields, error) {
	var w Wavefields
	if r.sim.opt.OmitWavefields {
		return w, nil
	}
	var err error
	get := func(name string) *array.Array {
		a, e := r.view(name, allShots, ViewPML)
		if e != nil && err == nil {
			err = e
		}
		return a
	}
	w.Current, w.Previous = get(prefix+"u"), get(prefix+"um1")
	for _, axis := range equation.Axes(r.sim.ndim) {
		w.Psi, w.Zeta = append(w.Psi, get(prefix+"psi_"+axis)), append(w.Zeta, get(prefix+"zeta_"+axis))
	}
	return w, err
}
