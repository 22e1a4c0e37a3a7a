package cpu

import (
	"math"
	"slices"
	"unsafe"

	"github.com/d52adeda/wave/stencil"
)

// A wave's first step reads what is in no cache, and so does each of its steps where a tile
// moves on. A core has few misses on the way at a time: fewer than one step needs, more than all steps
// of a block need together. So blocks fetch what the next one is the first to read.

// piece is where the values of a slot lie that belong to a box of the grid. Updates may read them
// so many rows before and after their own, along both coordinates; edge is how many of the rows
// before no earlier step of the wave has read.
type piece struct {
	slot                int
	box                 box
	origin              int // of plane 0, row 0
	strides             [2]int
	before, after, edge int
}

// newPieces returns what updates use.
func (s *stepper[T]) newPieces() []piece {
	n := len(s.schedule.Buffers)
	before, after := slices.Repeat([]int{math.MinInt}, n), slices.Repeat([]int{math.MinInt}, n)
	for k, shift := range s.skew.shift {
		if len(s.ops[k].parts) == 0 {
			continue
		}
		for slot, a := range s.touches[k] {
			reads := max(a.reads, 0)
			before[slot], after[slot] = max(before[slot], reads+shift), max(after[slot], reads-shift)
		}
	}
	var out []piece
	for slot, f := range s.schedule.Buffers {
		if f.Kind == stencil.Profile || f.Kind == stencil.Tape || after[slot] == math.MinInt {
			continue
		}
		edge := math.MaxInt / 2
		if was := before[s.schedule.Rotate[slot]]; was != math.MinInt { // of the same buffer
			edge = max(0, s.skew.period+before[slot]-was)
		}
		for _, q := range s.memory.pieces(slot, f) {
			q.before, q.after, q.edge = before[slot], after[slot], edge
			out = append(out, q)
		}
	}
	return out
}

// at returns where a row's values begin.
func (q *piece) at(plane, row int) int { return q.origin + plane*q.strides[0] + row*q.strides[1] }

// pieces returns where the values of a slot's field lie, in three dimensions.
func (p *places) pieces(slot int, f *stencil.Field) []piece {
	l := p.layout
	all := piece{slot: slot, box: box{hi: [2]int{l.Shape[0], l.Shape[1]}}, strides: [2]int(p.strides[slot][:2])}
	if f.Kind != stencil.Memory || f.Dim == 2 && p.high[slot] == 0 {
		return []piece{all}
	}
	low, high, strip := all, all, l.Strips[f.Dim] // either may have no rows
	if f.Dim == 2 {
		high.origin = strip.Lo + p.high[slot]
	} else {
		low.box.hi[f.Dim] = strip.Lo
		high.box.lo[f.Dim] = l.Shape[f.Dim] - strip.Hi
		high.origin = l.Stored(f.Dim, stencil.High, 0) * all.strides[f.Dim]
	}
	return []piece{low, high}
}

// first returns what of a piece the block that computes b at a wave's step t is the first of its
// tile to read.
func (q *piece) first(b box, t int) box {
	b.lo[0] += q.after
	b.hi[0] += q.after
	b.lo[1] -= q.before
	b.hi[1] += q.after
	if t > 0 {
		b.hi[1] = min(b.hi[1], b.lo[1]+q.edge)
	}
	return b.within(q.box)
}

// fetch has calls that follow fetch what item i's block at a row is the first of its item to read.
func (p *pipeline[T]) fetch(i, at int, scratch *scratch[T]) {
	list := &scratch.fetches
	list.Clear()
	p.eachFirst(i, at, func(m *memory[T], q *piece, b box) {
		n := (b.hi[1] - b.lo[1]) * q.strides[1]
		if n <= 0 {
			return
		}
		shot := m.buf[q.slot][p.shot*m.shot[q.slot]:]
		for z := b.lo[0]; z < b.hi[0]; z++ {
			from := shot[q.at(z, b.lo[1]):]
			list.Add(unsafe.Pointer(unsafe.SliceData(from)), n*sizeOf(from[0]))
		}
	})
	scratch.frame.Fetch(list)
}

// eachFirst visits what fetch fetches: boxes of pieces, which may be empty.
func (p *pipeline[T]) eachFirst(i, at int, visit func(m *memory[T], q *piece, b box)) {
	s := p.s
	rows := s.rows()
	from, steps := p.steps(i)
	if p.tiles == 1 {
		steps = min(steps, 1)
	}
	for t := range steps {
		b := p.box(i, at, t*s.skew.period).moved(rows.lo)
		if at == 0 {
			b.lo[0] = -itemLength
		}
		for k := range s.pieces {
			q := &s.pieces[k]
			visit(s.phase[(from+t)%len(s.phase)], q, q.first(b, t))
		}
	}
}
