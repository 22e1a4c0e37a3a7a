package verify

import (
	"context"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// example computes the worked example: the record, Born modelling of one
// perturbation and of a batch, and, on a backend that can trace, the same two by
// JVP and VMap(JVP) of the scalar propagator.
func example(ctx context.Context, c *Case, e env) (map[string]Values, error) {
	in := map[string]*array.Array{}
	for _, name := range []string{"v", "scatter", "scatter_batch"} {
		a, err := c.array("in_"+name, e.dtype)
		if err != nil {
			return nil, err
		}
		in[name] = a
	}
	v, scatter, batch := in["v"], in["scatter"], in["scatter_batch"]
	s, o, err := c.problem(e)
	if err != nil {
		return nil, err
	}
	o.OmitWavefields = true
	one, err := wave.ScalarBorn(ctx, v, scatter, s, o)
	if err != nil {
		return nil, err
	}
	shots := batch.Shape()[0]
	all, err := wave.ScalarBorn(ctx, repeated(v, shots), batch, repeatShot(s, shots), o)
	if err != nil {
		return nil, err
	}
	arrays := map[string]*array.Array{"born": one.Receivers, "born_batch": all.Receivers}

	f := func(v *array.Array) (*array.Array, error) {
		res, err := wave.Scalar(ctx, v, s, o)
		if err != nil {
			return nil, err
		}
		return res.Receivers, nil
	}
	if e.backend != "eager" {
		if arrays["forward"], err = f(v); err != nil {
			return nil, err
		}
		return c.pick(arrays)
	}
	if arrays["forward"], arrays["jvp"], err = functional.JVP(f, v, scatter); err != nil {
		return nil, err
	}
	arrays["vmap_jvp"], err = functional.VMap(func(dv *array.Array) (*array.Array, error) {
		_, dy, err := functional.JVP(f, v, dv)
		return dy, err
	})(batch)
	if err != nil {
		return nil, err
	}
	return c.pick(arrays)
}

// repeated returns n copies of a along a new first axis.
func repeated(a *array.Array, n int) *array.Array {
	shape := a.Shape()
	return array.Expand(array.Reshape(a, append([]int{1}, shape...)...), append([]int{n}, shape...)...)
}

// repeatShot returns n times a survey's only shot.
func repeatShot(s wave.Survey, n int) wave.Survey {
	a := s.Sources.Amplitudes
	shape := a.Shape()
	s.Sources.Amplitudes = array.Expand(a, append([]int{n}, shape[1:]...)...)
	sources, receivers := s.Sources.Cells[0], s.Receivers.Cells[0]
	s.Sources.Cells, s.Receivers.Cells = nil, nil
	for range n {
		s.Sources.Cells, s.Receivers.Cells = append(s.Sources.Cells, sources), append(s.Receivers.Cells, receivers)
	}
	return s
}
