package array

import (
	"slices"

	"github.com/d52adeda/wave/internal/trace"
)

// What the transformations of package trace need of arrays.
func init() {
	trace.Use(trace.Arithmetic{
		Add: func(a, b trace.Value) (trace.Value, error) {
			_, inBoxesA := a.(*boxes)
			_, inBoxesB := b.(*boxes)
			if !inBoxesA && !inBoxesB {
				return result(Add(&Array{v: a}, &Array{v: b}))
			}
			return gather(gather(nil, a), b), nil
		},
		Settle: func(v trace.Value) (trace.Value, error) {
			if b, ok := v.(*boxes); ok {
				return result(b.sum())
			}
			return v, nil
		},
		Pin:   pin,
		Scope: func() trace.Scope { return &scope{NewPool()} },
		Zero: func(v trace.Value) trace.Value {
			a := &Array{v: v}
			return Zeros(a.DType(), v.Shape()...).v
		},
		Example: func(like trace.Value, shape []int) trace.Value {
			return ghostOf((&Array{v: like}).DType(), shape)
		},
		Repeat: func(n int, v trace.Value) (trace.Value, error) {
			return result(Scale(1, lead(n, &Array{v: v}, false)))
		},
		Compile: compile,
	})
}

// boxes is a cotangent that is zero but for some boxes, which add where they
// overlap. A field of which many slices are taken gathers its cotangent so, and
// one array is made of it, not one for every slice.
type boxes struct {
	shape []int
	lo    [][]int
	parts []*Array
}

func (b *boxes) Shape() []int { return b.shape }

// gather adds v to b, which may be nil and belongs to the caller.
func gather(b *boxes, v trace.Value) *boxes {
	w, ok := v.(*boxes)
	if !ok {
		w = &boxes{shape: v.Shape(), lo: [][]int{make([]int, len(v.Shape()))}, parts: []*Array{{v: v}}}
	}
	if b == nil {
		return w
	}
	b.lo, b.parts = append(b.lo, w.lo...), append(b.parts, w.parts...)
	return b
}

func (b *boxes) sum() *Array {
	if len(b.parts) == 1 && slices.Equal(b.parts[0].v.Shape(), b.shape) {
		return b.parts[0]
	}
	return place(b.parts[0].DType(), b.shape, b.lo, b.parts, true)
}

// scope is a trace.Scope: what enters belongs to a pool, and so does all that is
// computed from it.
type scope struct{ pool *Pool }

func (s *scope) Enter(v trace.Value) (trace.Value, error) {
	a := s.pool.Own(&Array{v: v})
	if a.err == nil {
		pin(a.v)
	}
	return result(a)
}

func (s *scope) Leave(v trace.Value) (trace.Value, error) { return result(Disown(&Array{v: v})) }

func (s *scope) End() { s.pool.Close() }

func (s *scope) Abandon() { s.pool.dismiss() }
