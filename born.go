package wave

import (
	"context"
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
)

// BornResult is what ScalarBorn returns. Receivers, of the embedded Result, are
// those of the scattered wavefield; Wavefields is the final background state.
type BornResult struct {
	Result
	// BackgroundReceivers [shot][receiver][time]; nil if the survey has none.
	BackgroundReceivers *array.Array
	// Scattered is the final state of the scattered wavefield.
	Scattered Wavefields
}

// ScalarBorn propagates waves through a background of speed v (m/s) and, to first
// order, what a perturbation of it scatters (Born modelling): the derivative of
// Scalar with respect to v in the direction scatter, a change of speed in m/s.
// Both are shaped as for Scalar, each for all shots or with its own for every one;
// scatter is zero in the PML.
//
// The scattered wavefield's step is derived from that of Scalar, not written down.
// On any backend it is faster than functional.JVP of Scalar, with which it agrees
// where scatter is zero on the cells at the model's edge: Scalar continues v into
// the PML, and its derivative the perturbation.
//
// Errors are as for Scalar.
func ScalarBorn(ctx context.Context, v, scatter *array.Array, s Survey, o Options) (*BornResult, error) {
	var res BornResult
	err := problem{
		program: equation.ScalarBorn,
		models:  []model{{name: "v", of: v}, {name: "dv", of: scatter, zeroEdge: true}},
	}.solve(ctx, s, o, func(run *running) (outputs []named, err error) {
		res.Result = *run.result()
		if res.Receivers, err = run.received(ctx, "dr", run.sim.receivers); err != nil {
			return nil, err
		}
		if res.BackgroundReceivers, err = run.received(ctx, "r", run.sim.background); err != nil {
			return nil, err
		}
		if res.Wavefields, err = run.wavefields(""); err != nil {
			return nil, err
		}
		res.Scattered, err = run.wavefields("d")
		return res.outputs(run.sim.ndim), err
	})
	if err != nil {
		return nil, err
	}
	return &res, nil
}

// outputs lists the arrays of a result.
func (res *BornResult) outputs(ndim int) []named {
	return slices.Concat(res.Result.outputs(ndim), res.Scattered.arrays("Scattered", "d", ndim),
		[]named{{name: "BackgroundReceivers", of: res.BackgroundReceivers}})
}
