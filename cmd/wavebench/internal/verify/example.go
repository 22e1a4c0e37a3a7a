package verify

import (
	"context"
	"slices"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// example computes the worked example: the record, Born modelling of one
// perturbation and of a batch, and, on a backend that can trace, the same two by
// JVP and VMap(JVP) of the scalar propagator.
func example(ctx context.Context, c *Case, e env) (map[string]Values, error) {
	p, err := c.problem(propagators["scalar_born"], e)
	if err != nil {
		return nil, err
	}
	p.options.OmitWavefields = true
	v, scatter := p.models["v"], p.models["dv"]
	batch, err := c.array("in_scatter_batch", e.dtype)
	if err != nil {
		return nil, err
	}
	one, err := p.run(ctx, p.models)
	if err != nil {
		return nil, err
	}
	p.survey = repeatShot(p.survey, batch.Shape()[0])
	all, err := p.run(ctx, wave.Models{"v": v, "dv": batch})
	if err != nil {
		return nil, err
	}
	arrays := map[string]*array.Array{"born": one.Records["dpressure"], "born_batch": all.Records["dpressure"]}

	if p, err = c.problem(propagators["scalar"], e); err != nil {
		return nil, err
	}
	f := p.record(ctx)
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

// repeatShot returns n times a survey's only shot.
func repeatShot(s wave.Survey, n int) wave.Survey {
	source, receivers := s.MoreSources[0], s.MoreReceivers[0]
	shape := source.Amplitudes.Shape()
	source.Amplitudes = array.Expand(source.Amplitudes, append([]int{n}, shape[1:]...)...)
	source.Cells, receivers.Cells = slices.Repeat(source.Cells, n), slices.Repeat(receivers.Cells, n)
	s.MoreSources, s.MoreReceivers = []wave.Sources{source}, []wave.Receivers{receivers}
	return s
}
