package wave

import (
	"context"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
)

// Scalar propagates waves through a medium of speed v (m/s; shape [z][y][x],
// [z][x] or [x], or batched with the shots in front) by the scalar wave equation
//
//	laplace(u) - (1/v^2) d2u/dt2 = f
//
// with a C-PML on the sides (Pasalic and McGarry 2010). Sources are f; receivers
// record u before each step. The element type of v is that of everything.
//
// Errors are of type *FieldError for arguments that cannot be, and match
// ErrNonFinite, ErrUnstable, ErrMemory, ErrOutside or the context's error otherwise.
func Scalar(ctx context.Context, v *array.Array, s Survey, o Options) (*Result, error) {
	if !s.Background.empty() {
		return nil, bad("Survey.Background", "given", "nothing: it is for ScalarBorn")
	}
	if s.InitialScattered != nil {
		return nil, bad("Survey.InitialScattered", "given", "nil: it is for ScalarBorn")
	}
	var res *Result
	err := problem{
		program: equation.Scalar().Program,
		models:  []model{{name: "v", of: v}},
	}.solve(ctx, s, o, func(run *running) (outputs []named, err error) {
		res = run.result()
		if res.Receivers, err = run.received(ctx, "r", run.sim.receivers); err != nil {
			return nil, err
		}
		res.Wavefields, err = run.wavefields("")
		return res.outputs(run.sim.ndim), err
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}
