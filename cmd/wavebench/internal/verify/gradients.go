package verify

import (
	"context"
	"maps"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// propagator is what a gradient case differentiates.
type propagator struct {
	forward func(context.Context, *Case, env) (map[string]Values, error)
	models  []string
	// records returns what the loss weighs: by "loss_weight", by "loss_weight_bg".
	records func(ctx context.Context, models []*array.Array, s wave.Survey, o wave.Options) ([]*array.Array, error)
}

var propagators = map[string]*propagator{
	"scalar": {scalar, []string{"v"}, func(ctx context.Context, m []*array.Array, s wave.Survey, o wave.Options) ([]*array.Array, error) {
		res, err := wave.Scalar(ctx, m[0], s, o)
		if err != nil {
			return nil, err
		}
		return []*array.Array{res.Receivers}, nil
	}},
	"scalar_born": {born, []string{"v", "scatter"}, func(ctx context.Context, m []*array.Array, s wave.Survey, o wave.Options) ([]*array.Array, error) {
		res, err := wave.ScalarBorn(ctx, m[0], m[1], s, o)
		if err != nil {
			return nil, err
		}
		return []*array.Array{res.Receivers, res.BackgroundReceivers}, nil
	}},
}

// gradients computes the forward outputs and, where the backend can trace, the
// gradients of the loss, the weighted sum of all records, with respect to the
// models: exact_grad_v and so on. Those with respect to source amplitudes cannot
// be computed yet.
//
// The reference's grad_v and so on sample the integral over time where a sample
// takes several internal steps; where it takes one they are the exact gradient.
func gradients(ctx context.Context, c *Case, e env) (map[string]Values, error) {
	p := propagators[c.Meta.Propagator]
	out, err := p.forward(ctx, c, e)
	if err != nil || e.backend != "eager" {
		return out, err
	}
	s, o, err := c.problem(e)
	if err != nil {
		return nil, err
	}
	o.OmitWavefields = true
	var models []*array.Array
	for _, name := range p.models {
		m, err := c.array("in_"+name, e.dtype)
		if err != nil {
			return nil, err
		}
		models = append(models, m)
	}
	var weights []*array.Array
	for _, name := range []string{"in_loss_weight", "in_loss_weight_bg"} {
		w, err := c.array(name, e.dtype)
		if err != nil {
			return nil, err
		}
		weights = append(weights, w)
	}
	loss := func(models []*array.Array) ([]*array.Array, error) {
		records, err := p.records(ctx, models, s, o)
		if err != nil {
			return nil, err
		}
		sum := array.Dot(records[0], weights[0])
		for i, r := range records[1:] {
			sum = array.Add(sum, array.Dot(r, weights[1+i]))
		}
		return []*array.Array{sum}, nil
	}
	_, grads, _, err := functional.ValueAndGradN(loss)(models)
	if err != nil {
		return nil, err
	}
	arrays := map[string]*array.Array{}
	for i, name := range p.models {
		arrays["exact_grad_"+name] = grads[i]
		if c.Meta.StepRatio == 1 {
			arrays["grad_"+name] = grads[i]
		}
	}
	exact, err := c.pick(arrays)
	maps.Copy(out, exact)
	return out, err
}
