package array

import (
	"slices"

	"github.com/d52adeda/wave/internal/trace"
)

// replay runs a recording operation by operation.
type replay struct{ r *trace.Recording }

// newReplay keeps a recording without memory that is not its own.
func newReplay(r *trace.Recording) *replay {
	r.Inputs = slices.Clone(r.Inputs)
	for i, v := range r.Inputs {
		d := v.(*dense)
		r.Inputs[i] = &dense{dt: d.dt, shape: slices.Clone(d.shape), strides: slices.Clone(d.strides)}
	}
	own := func(o *trace.Operand) {
		if o.Number < 0 {
			o.Const = unpooled(o.Const.(*dense))
		}
	}
	for i := range r.Steps {
		r.Steps[i].Y = nil
		for k := range r.Steps[i].Args {
			own(&r.Steps[i].Args[k])
		}
	}
	for i := range r.Outputs {
		own(&r.Outputs[i])
	}
	return &replay{r}
}

func (p *replay) Fits(args []trace.Value) bool {
	if len(args) != len(p.r.Inputs) {
		return false
	}
	for i, a := range args {
		if !p.r.Inputs[i].(*dense).alike(a.(*dense)) {
			return false
		}
	}
	return true
}

func (p *replay) Run(args []trace.Value) ([]trace.Value, error) {
	vals := slices.Clone(args)
	get := func(o trace.Operand) trace.Value {
		if o.Number < 0 {
			return o.Const
		}
		return vals[o.Number]
	}
	for _, s := range p.r.Steps {
		x := make([]trace.Value, len(s.Args))
		for i, a := range s.Args {
			x[i] = get(a)
		}
		y, err := s.P.Eval(x)
		if err != nil {
			return nil, err
		}
		vals = append(vals, y)
	}
	out := make([]trace.Value, len(p.r.Outputs))
	for i, o := range p.r.Outputs {
		out[i] = get(o)
	}
	return out, nil
}
