package verify

import (
	"context"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// functionalCase computes transformations of the scalar propagator on a backend
// that can trace; on others only its record.
func functionalCase(ctx context.Context, c *Case, e env) (map[string]Values, error) {
	p, err := c.problem(propagators["scalar"], e)
	if err != nil {
		return nil, err
	}
	f := p.record(ctx)
	v := p.models["v"]
	if e.backend != "eager" {
		primal, err := f(v)
		if err != nil {
			return nil, err
		}
		return c.pick(map[string]*array.Array{"primal": primal})
	}
	in := map[string]*array.Array{}
	for _, name := range []string{"t1", "t2", "tangent_batch", "loss_weight"} {
		a, err := c.array("in_"+name, e.dtype)
		if err != nil {
			return nil, err
		}
		in[name] = a
	}
	t1, t2 := in["t1"], in["t2"]
	models := array.Add(array.Reshape(v, append([]int{1}, v.Shape()...)...), in["tangent_batch"])

	along := func(direction *array.Array) functional.Func { // v -> df(v) direction
		return func(v *array.Array) (*array.Array, error) {
			_, dy, err := functional.JVP(f, v, direction)
			return dy, err
		}
	}
	loss := func(v *array.Array) (*array.Array, error) {
		y, err := f(v)
		if err != nil {
			return nil, err
		}
		y = array.Mul(y, in["loss_weight"])
		return array.Dot(y, y), nil
	}

	arrays := map[string]*array.Array{}
	for _, step := range []struct {
		name string
		do   func() (*array.Array, error)
	}{
		{"primal", func() (*array.Array, error) { return f(v) }},
		{"jvp_t1", func() (*array.Array, error) { return along(t1)(v) }},
		{"vmap_jvp", func() (*array.Array, error) {
			return functional.VMap(func(t *array.Array) (*array.Array, error) { return along(t)(v) })(in["tangent_batch"])
		}},
		{"vmap_forward", func() (*array.Array, error) { return functional.VMap(f)(models) }},
		{"jvp_jvp_t1_t2", func() (*array.Array, error) { _, d2, err := functional.JVP(along(t1), v, t2); return d2, err }},
		{"grad", func() (*array.Array, error) { return functional.Grad(loss)(v) }},
		{"vmap_grad", func() (*array.Array, error) { return functional.VMap(functional.Grad(loss))(models) }},
		{"hvp_t1_central_difference", func() (*array.Array, error) { _, hv, err := functional.HVP(loss, v, t1); return hv, err }},
	} {
		if !c.has("out_" + step.name) {
			continue
		}
		a, err := step.do()
		if err != nil {
			return nil, err
		}
		arrays[step.name] = a
	}
	return c.pick(arrays)
}

// record is the scalar propagator: what the receivers record, of a model.
func (p *problem) record(ctx context.Context) functional.Func {
	p.options.OmitWavefields = true
	return func(v *array.Array) (*array.Array, error) {
		res, err := p.run(ctx, wave.Models{"v": v})
		if err != nil {
			return nil, err
		}
		return res.Records["pressure"], nil
	}
}
