package cpu

import (
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
	size    []int    // values of one shot
	high    []int    // how much further than in one row the high strip's values lie
	grid    [3]int   // strides of fields that span the grid
}

// line is the length of a cache line in bytes.
const line = 64

func newPlaces[T array.Float](l *stencil.Layout, s *stencil.Schedule, shots func(*stencil.Field) int) *places {
	var z T
	perLine := line / int(unsafe.Sizeof(z))
	p := &places{layout: l}
	p.grid, _ = strides(l, l.Shape, perLine)
	for _, f := range s.Buffers {
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
		st, n := strides(l, shape, perLine)
		if split {
			high = n - strip.Lo
			n *= 2
		}
		p.strides, p.size, p.high = append(p.strides, st), append(p.size, n), append(p.high, high)
		if shots(f) == 1 {
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

// strides returns the strides of a field of a shape, and how many values it takes.
func strides(l *stencil.Layout, shape []int, perLine int) (out [3]int, size int) {
	last := l.NDim - 1
	out[last] = 1
	n := (shape[last] + perLine - 1) / perLine * perLine
	// Rows a multiple of this apart have their beginnings in the same few sets of a
	// first-level cache.
	const far = 16
	if shape[last] > perLine && n/perLine%far == 0 {
		n += perLine
	}
	for d := last - 1; d >= 0; d-- {
		out[d] = n
		n *= shape[d]
		if d > 0 && n/perLine%far == 0 {
			n += perLine
		}
	}
	return out, n
}

// allocate returns room for a slot's values of all shots. The interior's rows begin
// at a cache line's border; slots begin at different places in a page.
func allocate[T array.Float](l *stencil.Layout, slot, n int) []T {
	var z T
	perLine := line / int(unsafe.Sizeof(z))
	const page = 4096 / line
	room := make([]T, n+page*perLine+2*(margin[T]()+perLine))
	useLargePages(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(room))), len(room)*int(unsafe.Sizeof(z))))
	first := max(l.Strips[l.NDim-1].ZoneLo, l.Halo) // of the interior's row
	at := (slot*11%page+1)*perLine + margin[T]()
	bytes := (int(uintptr(unsafe.Pointer(unsafe.SliceData(room)))) + (at+first)*int(unsafe.Sizeof(z))) % line
	at -= bytes / int(unsafe.Sizeof(z))
	return room[at : at+n : at+n]
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
	at := 0
	for d := range p.layout.NDim {
		at += p.layout.Coordinate(cell, d) * p.grid[d]
	}
	return at
}

// eachRow calls visit for each row of a slot's field, one shot: where it begins in
// the slot and in the field as stored without gaps, and its length.
func (p *places) eachRow(slot int, f *stencil.Field, visit func(at, packed, n int)) {
	shape := [3]int{1, 1, 1}
	copy(shape[:], p.layout.FieldShape(f))
	if f.Kind == stencil.Profile {
		visit(0, 0, shape[0])
		return
	}
	last := p.layout.NDim - 1
	n, cut := shape[last], shape[last]
	if p.high[slot] > 0 {
		cut = p.layout.Strips[last].Lo
	}
	shape[last] = 1
	packed := 0
	st := p.strides[slot]
	for i := range shape[0] {
		for j := range shape[1] {
			for k := range shape[2] {
				at := i*st[0] + j*st[1] + k*st[2]
				visit(at, packed, cut)
				if cut < n {
					visit(at+cut+p.high[slot], packed+cut, n-cut)
				}
				packed += n
			}
		}
	}
}

// rotated returns the buffers after a step.
func (m *memory[T]) rotated(r []int) *memory[T] {
	out := &memory[T]{make([][]T, len(m.buf)), m.places}
	for i, from := range r {
		out.buf[i] = m.buf[from]
	}
	return out
}
