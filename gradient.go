package wave

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/d52adeda/wave/array"
)

// Misfit says how far records are from what is wanted: a value, and its derivative with respect to
// each sample of each channel, in the shape of the records; channels that it lacks count for
// nothing.
type Misfit func(records map[string]*array.Array) (value float64, adjoint map[string]*array.Array, err error)

// L2 is half the sum of the squares of the differences from what was observed, of the channels that
// are there.
func L2(observed map[string]*array.Array) Misfit {
	return func(records map[string]*array.Array) (value float64, adjoint map[string]*array.Array, err error) {
		adjoint = map[string]*array.Array{}
		for _, name := range slices.Sorted(maps.Keys(observed)) {
			r := records[name]
			if r == nil {
				return 0, nil, bad("observed "+name, "given", "only channels that are recorded")
			}
			d := array.Sub(r, observed[name])
			if err := d.Err(); err != nil {
				return 0, nil, &FieldError{Field: "observed " + name, Got: ofShape(observed[name].Shape()), Want: fmt.Sprintf("%v, as the records", r.Shape()), Err: err}
			}
			for _, x := range d.Float64s() {
				value += x * x / 2
			}
			adjoint[name] = d
		}
		return value, adjoint, nil
	}
}

// Gradient is what Simulation.Gradient returns.
type Gradient struct {
	// Result is the forward run's.
	*Result
	// Value is the misfit.
	Value float64
	// Models are the derivatives with respect to the models, in their shapes: summed over the shots
	// that share one, in their order.
	Models Models
	// Amplitudes are those with respect to the amplitudes of sources, by channel: [shot][source][time].
	Amplitudes map[string]*array.Array
	// Window is how many steps' tape was kept, and ExtraSteps how many steps of each batch were done
	// again for that.
	Window, ExtraSteps int
}

// Gradient runs the simulation and returns the derivative of a misfit of its records: exactly that of
// the discrete computation, time step, PML profiles and resampling being given. Forward and reverse
// programs are derived from the equation's (stencil.Adjoint). What the latter needs of each step is
// kept; of a run that is too long for the memory that is free (or Options.MaxMemory), the wavefields
// at some steps are, and the steps between are done again.
//
// Where the density or mu is zero derivatives are as package equation says of Derive.
//
// Errors are those of Forward, and the misfit's.
func (sim *Simulation) Gradient(ctx context.Context, misfit Misfit) (*Gradient, error) {
	if ctx == nil {
		return nil, bad("ctx", "nil", "a context")
	}
	if misfit == nil {
		return nil, bad("misfit", "nil", "a function, such as L2")
	}
	if sim.traced() {
		return nil, &FieldError{Field: "model " + sim.eq.Models[0].Name, Got: "traced", Want: "plain numbers; functional.Grad differentiates functions of traced ones", Err: ErrTraced}
	}
	done := false
	defer func() {
		if !done { // the misfit may panic
			_ = sim.Close()
		}
	}()
	g := &Gradient{Amplitudes: map[string]*array.Array{}}
	batches := sim.batches()
	passes := 2
	if len(batches) > 1 { // the misfit is of all shots, so that each batch runs forward again before it runs back
		passes = 3
	}
	for i, b := range batches {
		if err := sim.taped(ctx, b, i, passes*len(batches)); err != nil {
			return nil, err
		}
		var err error
		if g.Result, err = sim.both.result(ctx, g.Result); err != nil {
			return nil, err
		}
	}
	value, adjoint, err := compare(misfit, g.Records)
	if err != nil {
		return nil, err
	}
	g.Value = value
	c := &cotangents{bars: map[string][]float64{}}
	for _, a := range sim.models {
		c.own = c.own || a.NDim() > sim.ndim && a.Shape()[0] > 1
	}
	for i, b := range batches {
		if len(batches) > 1 {
			if err := sim.taped(ctx, b, len(batches)+2*i, passes*len(batches)); err != nil {
				return nil, err
			}
		}
		if err := sim.both.backwards(ctx, adjoint); err != nil {
			return nil, err
		}
		if err := sim.both.add(c); err != nil {
			return nil, err
		}
		if err := sim.both.amplitudes(ctx, g.Amplitudes); err != nil {
			return nil, err
		}
	}
	g.Window, g.ExtraSteps = sim.both.window, len(sim.both.states)*sim.both.window
	g.Models, err = sim.modelGradients(ctx, c)
	done = err == nil
	return g, err
}

// taped runs a batch forward with a tape, as a pass of so many over the steps.
func (sim *Simulation) taped(ctx context.Context, b batch, pass, of int) error {
	if err := sim.readyBoth(ctx, b); err != nil {
		return err
	}
	sim.both.pass, sim.both.passes = pass, of
	return sim.both.forwards(ctx)
}

// compare asks the misfit, and checks what it says; channels that it lacks are zero.
func compare(misfit Misfit, records map[string]*array.Array) (float64, map[string]*array.Array, error) {
	value, adjoint, err := misfit(records)
	if err != nil {
		return 0, nil, err
	}
	out := map[string]*array.Array{}
	for name, r := range records {
		out[name] = array.Zeros(r.DType(), r.Shape()...)
	}
	for name, a := range adjoint {
		r := records[name]
		if r == nil {
			return 0, nil, bad("adjoint source "+name, "given", "only channels that are recorded")
		}
		if err := a.Err(); err != nil {
			return 0, nil, &FieldError{Field: "adjoint source " + name, Got: "unusable", Want: "an array", Err: err}
		}
		if !slices.Equal(a.Shape(), r.Shape()) || a.DType() != r.DType() || !a.Finite() {
			return 0, nil, &FieldError{Field: "adjoint source " + name, Got: ofShape(a.Shape()), Want: fmt.Sprintf("finite numbers, %s of shape %v, as the record", r.DType(), r.Shape())}
		}
		out[name] = a
	}
	return value, out, nil
}
