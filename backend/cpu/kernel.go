package cpu

import (
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/internal/jit"
	"github.com/d52adeda/wave/stencil"
)

// kernel computes one Update at the points of one kind of region. What a point gets
// may not depend on how boxes are cut or shared between threads. It is shared by all
// workers.
type kernel[T array.Float] interface {
	need() need
	// bind places it on the buffers of a shot, in region r.
	bind(m *memory[T], shot int, r *stencil.Region) (runner[T], error)
	// work is how long a cell takes, in units of its own.
	work() int
}

// runner is a kernel in its place: it belongs to a worker.
type runner[T array.Float] interface {
	// run computes the box lo to hi (half-open), which lies in the region. scratch, of
	// the size that the kernel needs, is the worker's own.
	run(lo, hi [3]int, scratch *scratch[T])
}

// need is the size of scratch: values in registers, scalars, rows in memory.
type need struct{ regs, scalars, mems int }

func (n *need) atLeast(m need) {
	n.regs, n.scalars, n.mems = max(n.regs, m.regs), max(n.scalars, m.scalars), max(n.mems, m.mems)
}

// scratch is a worker's room for intermediate values.
type scratch[T array.Float] struct {
	regs, scalars []T
	starts        []int // where each row in memory starts
	frame         *jit.Frame
	fetches       jit.Fetches
}

func newScratch[T array.Float](n need) *scratch[T] {
	return &scratch[T]{regs: make([]T, n.regs), scalars: make([]T, n.scalars), starts: make([]int, n.mems), frame: jit.NewFrame()}
}

// begin returns where the value of cell at, which lies in region r, of a slot's field
// is, for one shot.
func (p *places) begin(slot int, f *stencil.Field, shot int, r *stencil.Region, at [3]int) int {
	if f.Kind == stencil.Profile {
		return at[f.Dim]
	}
	i := shot * p.shot[slot]
	if f.Kind == stencil.Memory {
		at[f.Dim] = p.layout.Stored(f.Dim, r.Side[f.Dim], at[f.Dim])
		if r.Side[f.Dim] == stencil.High {
			i += p.high[slot]
		}
	}
	for d, s := range p.strides[slot] {
		i += s * at[d]
	}
	return i
}
