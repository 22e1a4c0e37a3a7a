package wave

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/internal/resample"
	"github.com/d52adeda/wave/internal/trace"
	"github.com/d52adeda/wave/stencil"
)

// both is a simulation on a device that can be run backwards, too.
type both struct {
	running // forward, with a tape
	pair    *stencil.Pair
	reverse backend.Stepper
	tape    backend.Tape
	window  int // steps of which the tape is kept
	states  []backend.State
	points  map[string][]stencil.Points
}

func (b *both) close() error {
	var errs []error
	for _, s := range []backend.Stepper{b.stepper, b.reverse} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	if b.tape != nil {
		errs = append(errs, b.tape.Close())
	}
	return errors.Join(append(errs, b.opened.Close())...)
}

// readyBoth puts all on the device that a batch's gradient needs.
func (sim *Simulation) readyBoth(ctx context.Context, shots batch) error {
	if sim.both != nil && !sim.both.stale && sim.both.batch == shots {
		fields := map[string]*array.Array{}
		sim.initial(shots, fields)
		return sim.both.stepper.Reset(ctx, fields, nil)
	}
	if err := sim.Close(); err != nil { // other points, or models of other values, which may have another reverse program
		return err
	}
	plan, err := sim.plan(ctx, shots)
	if err != nil {
		return err
	}
	b := &both{running: running{sim: sim, batch: shots}, points: plan.Points}
	nonZero := func(f *stencil.Field) bool { return sim.nowhereZero(f, plan.Fields[f.Name]) }
	if b.pair, err = stencil.Adjoint(sim.bound, nonZero, modelsOf(sim.bound), sim.bound.Inputs()...); err != nil {
		return err
	}
	plan.Program = b.pair.Forward.Premultiplied()
	if plan.Layout, err = stencil.NewLayout(plan.Program, sim.padded(), sim.pml, b.pair.Reverse); err != nil {
		return err
	}
	if plan.Layout.Halo != sim.layout.Halo {
		return fmt.Errorf("wave: the reverse program reaches %d cells, the forward one %d", plan.Layout.Halo, sim.layout.Halo)
	}
	for _, t := range b.pair.Points {
		for _, p := range plan.Points[t.By.Points] {
			plan.Points[t.Tape.Points] = append(plan.Points[t.Tape.Points], p.Cells())
		}
	}
	if b.window, err = sim.chooseWindow(b.pair, plan.Layout, shots.n); err != nil {
		return err
	}
	if b.opened, b.device, err = sim.open(); err != nil {
		return err
	}
	sim.both = b
	if len(b.pair.Tape) > 0 {
		if b.tape, err = b.opened.NewTape(plan, b.window); err != nil {
			return b.deviceError(ctx, err)
		}
	}
	plan.Tape = b.tape
	stepper, err := b.opened.Plan(ctx, plan)
	if err != nil {
		return b.deviceError(ctx, err)
	}
	b.stepper = stepper
	for range (sim.steps()+b.window-1)/b.window - 1 {
		s, err := stepper.NewState()
		if err != nil {
			return b.deviceError(ctx, err)
		}
		b.states = append(b.states, s)
	}
	return b.planReverse(ctx, plan)
}

// planReverse puts the reverse program on the device, with the models and profiles of the forward
// plan; what it injects is not known yet.
func (b *both) planReverse(ctx context.Context, forward *backend.Plan) error {
	sim := b.sim
	p := *forward
	p.Program, p.Reverse = b.pair.Reverse.Premultiplied(), true
	var err error
	if p.Layout, err = stencil.NewLayout(p.Program, sim.padded(), sim.pml, b.pair.Forward); err != nil {
		return err
	}
	p.Fields, p.Series = map[string]*array.Array{}, map[string]*array.Array{}
	for _, f := range p.Program.Fields() {
		if f.Kind == stencil.Model || f.Kind == stencil.Profile {
			p.Fields[f.Name] = forward.Fields[f.Name]
		}
	}
	for _, s := range p.Program.Inputs() {
		if a := forward.Series[s.Name]; a != nil {
			p.Series[s.Name] = a
		} else {
			p.Series[s.Name] = array.Zeros(sim.dtype, b.n, len(p.Points[s.Points][0]), sim.steps())
		}
	}
	stepper, err := b.opened.Plan(ctx, &p)
	if err != nil {
		return b.deviceError(ctx, err)
	}
	b.reverse = stepper
	return nil
}

// forwards runs the batch, with states at the beginning of each window but the last.
func (b *both) forwards(ctx context.Context) error {
	return b.steps(ctx, &pause{b.window, func(done int) error {
		if n := done / b.window; n < len(b.states) {
			return b.stepper.Save(b.states[n])
		}
		return nil
	}})
}

// backwards runs back from the last step, with the adjoint sources of the batch.
func (b *both) backwards(ctx context.Context, adjoint map[string]*array.Array) error {
	sim := b.sim
	series, err := b.adjointSources(ctx, adjoint)
	if err != nil {
		return err
	}
	if err := b.reverse.Reset(ctx, nil, series); err != nil {
		return b.deviceError(ctx, err)
	}
	b.pass++
	total := sim.steps()
	for n := len(b.states); n >= 0; n-- {
		from := n * b.window
		end := min(total, from+b.window)
		if n < len(b.states) { // again, for its tape
			err := errors.Join(b.stepper.Restore(b.states[n]), b.stepper.Seek(from))
			if err == nil {
				err = b.stepper.Step(ctx, end-from)
			}
			if err != nil {
				return b.deviceError(ctx, err)
			}
		}
		for end > from {
			part := min(end-from, sim.checkEvery())
			if err := b.reverse.Step(ctx, part); err != nil {
				return b.deviceError(ctx, err)
			}
			end -= part
			b.report(total - end)
		}
	}
	return nil
}

// adjointSources returns what the reverse program injects: what the misfit says of each channel,
// at the internal time step, and what is made of the tapes at points.
func (b *both) adjointSources(ctx context.Context, adjoint map[string]*array.Array) (map[string]*array.Array, error) {
	sim := b.sim
	out := map[string]*array.Array{}
	for _, g := range sim.receivers {
		bar := b.pair.Series[g.channel.Series]
		if bar == nil {
			continue
		}
		a := b.of(adjoint[g.channel.Name])
		if sim.ratio > 1 {
			down, err := resample.NewDown(sim.nt, sim.resampling())
			if err != nil {
				return nil, err
			}
			if a, err = sim.resample(ctx, a, sim.steps(), down.Transpose, down.Apply); err != nil {
				return nil, err
			}
		}
		out[bar.Name] = a
	}
	for _, t := range b.pair.Points {
		tape, err := b.stepper.Series(t.Tape.Name)
		if err != nil {
			return nil, err
		}
		out[t.To.Name] = b.timesTape(t, tape, out[t.By.Name])
	}
	for name := range out {
		if !slices.ContainsFunc(b.pair.Reverse.Inputs(), func(s *stencil.Series) bool { return s.Name == name }) {
			delete(out, name)
		}
	}
	return out, nil
}

// timesTape multiplies what was taped at the cells of points by the points' series.
func (b *both) timesTape(t stencil.PointTape, tape, by *array.Array) *array.Array {
	steps, x, y := b.sim.steps(), tape.Float64s(), by.Float64s()
	cells, points := tape.Shape()[1], by.Shape()[1]
	out := make([]float64, len(x))
	for shot, list := range b.points[t.By.Points] {
		row, at := 0, 0
		for i, entries := range list {
			for _, e := range entries {
				row = (shot*cells + at) * steps
				for k := range steps {
					out[row+k] = x[row+k] * e.Weight * y[(shot*points+i)*steps+k]
				}
				at++
			}
		}
	}
	return array.Convert(b.sim.dtype, out, tape.Shape()...)
}

// cotangents are those of the program's models, on the padded grid: of shots that share all models
// summed, in their order; else of each.
type cotangents struct {
	own  bool
	bars map[string][]float64 // by model
}

// add adds those of the batch.
func (b *both) add(to *cotangents) error {
	cells := b.sim.layout.Padded()
	for _, f := range modelsOf(b.sim.bound) {
		bar := b.pair.Bar[f]
		if bar == nil {
			continue
		}
		sum := to.bars[f.Name]
		if !to.own {
			if sum == nil {
				sum = make([]float64, cells)
				to.bars[f.Name] = sum
			}
			if err := backend.Sum(b.reverse, bar.Name, b.n, sum); err != nil {
				return err
			}
			if b.first+b.n == b.sim.shots {
				if err := b.unscale(sum, b.pair.Scale[f]); err != nil {
					return err
				}
			}
			continue
		}
		a, err := b.reverse.Field(bar.Name)
		if err != nil {
			return err
		}
		x := a.Float64s()
		if err := b.unscale(x, b.pair.Scale[f]); err != nil {
			return err
		}
		to.bars[f.Name] = append(sum, x...)
	}
	return nil
}

// modelGradients returns the derivatives with respect to the models given, from those with respect
// to the program's, by reverse mode through what makes these of those.
func (sim *Simulation) modelGradients(ctx context.Context, c *cotangents) (Models, error) {
	var names []string
	var x []trace.Value
	for _, m := range sim.eq.Models {
		names, x = append(names, m.Name), append(x, sim.models[m.Name].Unwrap())
	}
	var bars []trace.Value
	tape, err := trace.Record(func(args []trace.Value) ([]trace.Value, error) {
		given, own := Models{}, map[string]*array.Array{}
		for i, name := range names {
			given[name] = array.Wrap(args[i])
		}
		if err := sim.setModels(ctx, batch{0, sim.shots}, given, own); err != nil {
			return nil, err
		}
		var out []trace.Value
		bars = nil
		for _, f := range modelsOf(sim.program) {
			if bar := c.bars[f.Name]; bar != nil {
				a := own[f.Name]
				out, bars = append(out, a.Unwrap()), append(bars, shared(bar, a).Unwrap())
			}
		}
		return out, nil
	}, x, slices.Repeat([]bool{true}, len(x)))
	if err != nil {
		return nil, err
	}
	dx, err := tape.Pull(bars)
	if err != nil {
		return nil, err
	}
	out := Models{}
	for i, name := range names {
		out[name] = array.Zeros(sim.dtype, sim.models[name].Shape()...)
		if dx[i] != nil {
			out[name] = array.Wrap(dx[i])
		}
		if err := out[name].Err(); err != nil {
			return nil, err
		}
		if !out[name].Finite() {
			return nil, &FieldError{Field: "model " + name, Err: ErrNonFinite, Text: fmt.Sprintf("the gradient by model %s is infinite or not a number: %v", name, ErrNonFinite)}
		}
	}
	return out, nil
}

// shared returns a cotangent in the form of its model, summed over the shots that share it.
func shared(bar []float64, model *array.Array) *array.Array {
	for n := model.Len(); len(bar) > n; bar = bar[:len(bar)-n] {
		// The last shot onto the one before would change the order: the first takes all.
		for i, x := range bar[n : 2*n] {
			bar[i] += x
		}
		copy(bar[n:], bar[2*n:])
	}
	return array.Convert(model.DType(), bar, model.Shape()...)
}

// unscale divides x by what it was stored times.
func (b *both) unscale(x []float64, by stencil.Scale) error {
	if by.Number == 0 {
		return nil
	}
	for i := range x {
		x[i] /= by.Number
	}
	for _, m := range by.Models {
		a, err := b.reverse.Field(m.Name)
		if err != nil {
			return err
		}
		value := a.Float64s()
		for i := range x {
			if v := value[i%len(value)]; v != 0 { // which it is beyond the grid alone
				x[i] /= v
			}
		}
	}
	return nil
}

// amplitudes adds the derivatives with respect to the amplitudes of the batch's sources.
func (b *both) amplitudes(ctx context.Context, all map[string]*array.Array) error {
	sim := b.sim
	for _, g := range sim.sources {
		sum := array.Zeros(sim.dtype, b.n, pointsPerShot(g.points), sim.steps())
		for _, s := range append([]*stencil.Series{b.pair.Series[g.channel.Series]}, b.pair.Also[b.pair.Series[g.channel.Series]]...) {
			if s == nil {
				continue
			}
			a, err := b.reverse.Series(s.Name)
			if err != nil {
				return err
			}
			sum = array.Add(sum, a)
		}
		if sim.ratio > 1 {
			up, err := resample.NewUp(sim.nt, sim.resampling())
			if err != nil {
				return err
			}
			if sum, err = sim.resample(ctx, sum, sim.nt, up.Transpose, up.Apply); err != nil {
				return err
			}
		}
		if err := b.keep(all, "Amplitudes", g.channel.Name, sum); err != nil {
			return err
		}
	}
	return nil
}

// nowhereZero reports whether a model of the program is zero nowhere but beyond the grid.
func (sim *Simulation) nowhereZero(f *stencil.Field, a *array.Array) bool {
	at, err := a.Reader()
	if err != nil {
		return false
	}
	cells := sim.layout.Padded()
	for i := range a.Len() {
		if at(i) == 0 && !sim.layout.Beyond(f, i%cells) {
			return false
		}
	}
	return true
}

// modelsOf lists the models of a program.
func modelsOf(p *stencil.Program) []*stencil.Field {
	return slices.DeleteFunc(p.Fields(), func(f *stencil.Field) bool { return f.Kind != stencil.Model })
}
