package array

import (
	"github.com/d52adeda/wave/internal/fuse"
	"github.com/d52adeda/wave/internal/trace"
)

// Stage is a function that is called many times with arrays of the same shapes and
// computes the same operations each time, such as a step of a time loop. The
// operations are recorded once and run as a few fused kernels from then on, and so
// are the functions that transformations make of it; see trace.Stage.
//
// All that changes from call to call must be among the arguments, and whatever is
// traced; the function may close over constant plain arrays only. A stage may be
// called by several goroutines.
type Stage struct{ s *trace.Stage }

// NewStage makes a stage of f. The first carry outputs of a call are the first carry
// arguments of a later one.
func NewStage(f func(args []*Array) ([]*Array, error), carry int) *Stage {
	return &Stage{trace.NewStage(func(vs []trace.Value) ([]trace.Value, error) {
		out, err := f(arrays(vs))
		if err != nil {
			return nil, err
		}
		for _, a := range out {
			if err := a.Err(); err != nil {
				return nil, err
			}
		}
		return values(out), nil
	}, carry)}
}

// Call computes the function.
func (s *Stage) Call(args []*Array) ([]*Array, error) {
	for _, a := range args {
		if err := a.Err(); err != nil {
			return nil, err
		}
	}
	out, err := s.s.Call(values(args))
	if err != nil {
		return nil, err
	}
	return arrays(out), nil
}

// fusible is a primitive that a fused program can do itself.
type fusible interface {
	// fuse returns what it computes of x, like y; nil if that is for Eval.
	fuse(b *fuse.Builder, x []*fuse.Value, y *dense) *fuse.Value
}
