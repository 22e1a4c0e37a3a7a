package cpu

import (
	"context"
	"unsafe"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/stencil"
)

// memory is the state of a stepper: buffers by slot, at one phase of their rotation.
type memory[T array.Float] struct {
	buf [][]T // by slot
	*places
}

// places says where a slot's values lie; it does not change. Rows are a little
// longer than the field's, so that each begins as far from a cache line's border as
// the others and neighbours do not compete for the same place in a cache.
type places struct {
	layout  *stencil.Layout
	strides [][3]int // by slot: distances between neighbours along each grid axis
	shot    []int    // values between shots by slot; 0 where shots share them
	copies  []int    // how many shots' values there are: 1 where shots share them
	size    []int    // values of one shot
	high    []int    // how much further than in one row the high strip's values lie
	grid    [3]int   // strides of fields that span the grid
	slab    []int    // values from slab to slab of a tape; 0 where a slot is none
	window  int      // slabs of a tape, at least 1
}

// line is the length of a cache line in bytes.
const line = 64

func newPlaces[T array.Float](l *stencil.Layout, s *stencil.Schedule, copies func(*stencil.Field) int) *places {
	var z T
	perLine := line / int(unsafe.Sizeof(z))
	p := &places{layout: l, slab: make([]int, len(s.Buffers)), window: 1}
	p.grid, _ = stencil.Strides(l.Shape, perLine, true)
	for _, f := range s.Buffers {
		p.copies = append(p.copies, copies(f))
		if f.Kind == stencil.Profile {
			p.strides, p.size = append(p.strides, along(f.Dim)), append(p.size, l.Size(f))
			p.shot, p.high = append(p.shot, 0), append(p.high, 0)
			continue
		}
		shape, high := l.FieldShape(f), 0
		strip := l.Strips[l.NDim-1]
		split := f.Kind == stencil.Memory && f.Dim == l.NDim-1 && strip.Lo > 0 && strip.Hi > 0
		if split { // the two strips one after the other: the rows of each follow each other
			shape[l.NDim-1] = max(strip.Lo, strip.Hi)
		}
		st, n := stencil.Strides(shape, perLine, true)
		if split {
			high = n - strip.Lo
			n *= 2
		}
		p.strides, p.size, p.high = append(p.strides, st), append(p.size, n), append(p.high, high)
		if copies(f) == 1 {
			n = 0
		}
		p.shot = append(p.shot, n)
	}
	return p
}

func along(dim int) (s [3]int) {
	s[dim] = 1
	return s
}

// allocate makes the buffers, but for a tape's.
func (m *memory[T]) allocate(ctx context.Context) {
	values := make([]int, len(m.size))
	for slot, size := range m.size {
		if m.slab[slot] == 0 {
			values[slot] = m.copies[slot] * size
		}
	}
	for slot, b := range allocate[T](ctx, m.layout, values) {
		if m.slab[slot] == 0 {
			m.buf[slot] = b
		}
	}
}

// allocate makes buffers of so many values each, in one piece: large pages then hold nearly all of
// it. The interior's rows begin at a cache line's border; buffers begin at different places in a page.
func allocate[T array.Float](ctx context.Context, l *stencil.Layout, values []int) [][]T {
	var z T
	perLine := line / sizeOf(z)
	page := 4096 / sizeOf(z)
	pages := func(n int) int { // of a buffer and what is around it, in elements
		return (n + page + 2*(margin[T]()+perLine) + page - 1) / page * page
	}
	total := 0
	for _, n := range values {
		total += pages(n)
	}
	all := make([]T, total)
	start := unsafe.Pointer(unsafe.SliceData(all))
	useLargePages(ctx, unsafe.Slice((*byte)(start), total*sizeOf(z)))
	first := int(uintptr(start))/sizeOf(z) + max(l.Strips[l.NDim-1].ZoneLo, l.Halo) // of the interior's row
	from := 0
	var out [][]T
	for i, n := range values {
		at := from + i*11*perLine%page + perLine + margin[T]()
		at -= (first + at) % perLine
		out = append(out, all[at:][:n:n])
		from += pages(n)
	}
	return out
}

// margin returns how many elements of slots' memory lie on either side of them at least:
// generated code may read them.
func margin[T array.Float]() int {
	var z T
	return 2 * line / sizeOf(z)
}

// cell returns where the value of a cell of the padded grid (row-major) lies, in a
// field that spans the grid.
func (p *places) cell(cell int) int {
	return p.layout.Index(cell, p.grid)
}

// of returns where a shot's values begin in a slot, at a row of the series and the tape.
func (p *places) of(slot, shot, row int) int {
	at := shot * p.shot[slot]
	if slab := p.slab[slot]; slab > 0 {
		at += row % p.window * slab
	}
	return at
}

// eachRow calls visit for each piece of a row of a slot's field, one shot: where it begins in
// the slot and on the padded grid, and its length.
func (p *places) eachRow(slot int, f *stencil.Field, visit func(at, cell, n int)) {
	p.layout.EachRow(f, func(at [3]int, cell, n int) { visit(p.index(slot, f, at), cell, n) })
}

// index returns where in a slot the value is that its field stores at some coordinates.
func (p *places) index(slot int, f *stencil.Field, at [3]int) int {
	i := 0
	for d, s := range p.strides[slot] {
		i += s * at[d]
	}
	if p.high[slot] > 0 && at[f.Dim] >= p.layout.Strips[f.Dim].Lo {
		i += p.high[slot]
	}
	return i
}

// rotated returns the buffers where each slot has that of another.
func (m *memory[T]) rotated(r []int) *memory[T] {
	out := &memory[T]{make([][]T, len(m.buf)), m.places}
	for i, from := range r {
		out.buf[i] = m.buf[from]
	}
	return out
}
