package shaders

import (
	"errors"
	"fmt"
	"math"

	"github.com/d52adeda/wave/stencil"
)

// Grid says how a program's fields lie in the buffers of a device, a buffer a slot:
// as stencil.Layout has them, with gaps after rows so that rows begin alike, and
// one shot after the other.
type Grid struct {
	Layout *stencil.Layout
	// Size is the number of values of each slot, all shots.
	Size  []int
	Shots int

	copies []int  // by slot: how many shots' values there are
	shot   []int  // values from shot to shot by slot, 0 where they share them
	stride [3]int // of fields that span the grid
	span   int    // values of such a field, one shot
	strips [3]strips
	items  map[*Kernel]int
	points map[*Kernel]int
}

// strips are the memory fields of a dimension.
type strips struct {
	stride [3]int
	span   int
	high   int // index of a cell of the high strip, less its coordinate
}

// NewGrid lays out the slots of a schedule. shots tells how many shots' values a
// model has, 1 or as many as there are; rows of the grid are filled up to a multiple
// of row values. A shot with more values than 32 bits can count is an error.
func NewGrid(l *stencil.Layout, s *stencil.Schedule, shots int, models func(*stencil.Field) int, row int) (*Grid, error) {
	g := &Grid{Layout: l, Shots: shots, items: map[*Kernel]int{}, points: map[*Kernel]int{}}
	g.stride, g.span = stencil.Strides(l.Shape, row, false)
	for d, st := range l.Strips {
		shape := append([]int(nil), l.Shape...)
		shape[d] = st.Len()
		fill := row
		if d == l.NDim-1 {
			fill = 1 // short rows: gaps would be most of them
		}
		stride, span := stencil.Strides(shape, fill, false)
		g.strips[d] = strips{stride, span, st.Len() - l.Shape[d]}
	}
	if g.span > math.MaxInt32 {
		return nil, fmt.Errorf("shaders: a grid of %v cells takes %d values a shot, want at most %d: %w", l.Shape, g.span, math.MaxInt32, errors.ErrUnsupported)
	}
	for _, f := range s.Buffers {
		span, n := g.span, shots
		switch f.Kind {
		case stencil.Profile:
			span, n = l.Size(f), 1
		case stencil.Memory:
			span = g.strips[f.Dim].span
		case stencil.Model:
			n = models(f)
		}
		g.Size, g.copies = append(g.Size, span*n), append(g.copies, n)
		if n == 1 {
			span = 0
		}
		g.shot = append(g.shot, span)
	}
	return g, nil
}

// Copies returns how many shots' values a slot has: 1 if they share them.
func (g *Grid) Copies(slot int) int { return g.copies[slot] }

// SetPoints notes how many items and points a shot an injecting or recording kernel
// has.
func (g *Grid) SetPoints(k *Kernel, items, points int) { g.items[k], g.points[k] = items, points }

// Values returns the kernel's arguments.
func (k *Kernel) Values(g *Grid) []int32 {
	out := make([]int32, len(k.Args))
	for i, a := range k.Args {
		out[i] = int32(a.value(g))
	}
	return out
}

// Items returns how many work items a kernel has: an Update's along x, y and the third
// axis, which is shots times z; others along the first.
func (k *Kernel) Items(g *Grid) [3]int {
	if k.Work != Update {
		return [3]int{g.items[k], 1, 1}
	}
	out := [3]int{1, 1, 1}
	for d := range k.NDim {
		out[k.NDim-1-d] = g.box(d, k.InPML[d]).count
	}
	out[2] *= g.Shots
	return out
}

// Traffic returns how many values a step moves at least, all shots, if every one comes
// from memory once: those that Updates read and write, profiles left out.
func (m *Module) Traffic(g *Grid) float64 {
	sum := 0.0
	for _, k := range m.Kernels {
		if k.Work != Update {
			continue
		}
		values := 0
		for _, b := range k.Buffers {
			if b.Field.Kind == stencil.Profile {
				continue
			}
			if b.Reads {
				values++
			}
			if b.Writes {
				values++
			}
		}
		n := k.Items(g)
		sum += float64(values) * float64(n[0]) * float64(n[1]) * float64(n[2])
	}
	return sum
}

// box is where the cells of a kernel are along a dimension.
type box struct{ lo, first, gap, count int }

func (g *Grid) box(dim int, inPML bool) box {
	l := g.Layout
	s, end := l.Strips[dim], l.Shape[dim]-l.Halo
	low, high := max(s.ZoneLo, l.Halo), min(s.ZoneHi, end) // the middle
	if !inPML {
		return box{lo: low, count: max(high-low, 0), first: max(high-low, 0)}
	}
	low = min(low, end)
	high = max(high, low)
	return box{l.Halo, low - l.Halo, high - low, low - l.Halo + end - high}
}

// Kinds returns the kinds of the layout's regions, each once.
func Kinds(l *stencil.Layout) []int {
	var out []int
	seen := map[int]bool{}
	for _, r := range l.Regions() {
		if !seen[r.Kind()] {
			seen[r.Kind()] = true
			out = append(out, r.Kind())
		}
	}
	return out
}

// Cell returns where a cell of the padded grid (row-major) lies in a field that
// spans the grid.
func (g *Grid) Cell(cell int) int { return g.Layout.Index(cell, g.stride) }

// EachRow calls visit for each piece of a row of a field, one shot, as Layout.EachRow
// does: where it begins in the buffer and on the padded grid, and its length.
func (g *Grid) EachRow(f *stencil.Field, visit func(at, cell, n int)) {
	g.Layout.EachRow(f, func(at [3]int, cell, n int) { visit(g.index(f, at), cell, n) })
}

// index returns where the value is that a field stores at some coordinates.
func (g *Grid) index(f *stencil.Field, at [3]int) int {
	stride := g.stride
	if f.Kind == stencil.Memory {
		stride = g.strips[f.Dim].stride
	}
	return at[0]*stride[0] + at[1]*stride[1] + at[2]*stride[2]
}
