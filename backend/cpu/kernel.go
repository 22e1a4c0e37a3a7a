package cpu

import (
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/internal/jit"
	"github.com/d52adeda/wave/stencil"
)

// kernel computes one Update at the points of one kind of region. What a point gets does
// not depend on how boxes are cut or shared between goroutines, nor on whether it is machine
// code. It is shared by all workers.
type kernel[T array.Float] struct {
	code  *jit.Code
	slots []slotField // by field of the code
	work  int         // how long a cell takes, in units of its own
}

// slotField is a slot, and the field whose layout it has.
type slotField struct {
	slot  int
	field *stencil.Field
}

// ahead is about how many vectors before they are needed values are fetched, in planes
// that come from memory: a row or some, since a region's first rows are not fetched.
const ahead = 4

// newKernel compiles a graph for an instruction set and rows of so many cells; with a trial
// if the work is worth one. fetch says that planes come from memory.
func newKernel[T array.Float](g *stencil.Graph, m *places, isa jit.ISA, width int, trial, fetch bool) (*kernel[T], error) {
	w := lower(g, m)
	var z T
	o := jit.Options{ISA: isa, Float64: sizeOf(z) == 8, Shape: usual, Margin: margin[T]()}
	if fetch { // what a trial finds in the cache says nothing of this
		vectors := (width*sizeOf(z) + line - 1) / line
		o.Shape, o.Ahead, trial = streaming, (ahead+vectors-1)/vectors, false
	}
	var code *jit.Code
	var err error
	if trial && isa != jit.Generic {
		code, err = try[T](w.k, o, width)
	} else {
		code, err = codeFor(w.k, o)
	}
	return &kernel[T]{code, w.slots, len(w.k.Nodes)}, err
}

// bind places it on the buffers of a shot, in region r.
func (k *kernel[T]) bind(m *memory[T], shot int, r *stencil.Region) (*bound[T], error) {
	ops := make([]jit.Operand, len(k.slots))
	for i, s := range k.slots {
		ops[i] = jit.Of(m.buf[s.slot], m.begin(s.slot, s.field, shot, r, r.Lo))
		ops[i].Margin = margin[T]()
		if slab := m.slab[s.slot]; slab > 0 {
			ops[i].Slab, ops[i].Slabs = slab, m.window
		}
	}
	n := [3]int{1, 1, 1} // along x, y, z
	for d := range m.layout.NDim {
		n[m.layout.NDim-1-d] = r.Hi[d] - r.Lo[d]
	}
	b, err := k.code.Bind(ops, n[0], n[1], n[2])
	return &bound[T]{b, r.Lo, m.layout.NDim}, err
}

// bound is a kernel in its place.
type bound[T array.Float] struct {
	*jit.Bound
	origin [3]int
	ndim   int
}

// run computes the box lo to hi (half-open), which lies in the region. The scratch is the
// worker's own.
func (b *bound[T]) run(lo, hi [3]int, scratch *scratch[T]) {
	for d, o := range b.origin {
		lo[d] -= o
		hi[d] -= o
	}
	switch b.ndim {
	case 1:
		b.Run(scratch.frame, lo[0], hi[0], 0, 1, 0, 1)
	case 2:
		b.Run(scratch.frame, lo[1], hi[1], lo[0], hi[0], 0, 1)
	case 3:
		b.Run(scratch.frame, lo[2], hi[2], lo[1], hi[1], lo[0], hi[0])
	}
}

// scratch is a worker's room for intermediate values.
type scratch[T array.Float] struct {
	values  []T // of a pointValue
	frame   *jit.Frame
	fetches jit.Fetches
}

func newScratch[T array.Float](values int) *scratch[T] {
	return &scratch[T]{values: make([]T, values), frame: jit.NewFrame()}
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
