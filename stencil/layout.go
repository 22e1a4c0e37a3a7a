package stencil

import (
	"fmt"
	"slices"
)

// Layout says where a program's fields lie on a grid of a given size. It is the
// one place that decides it; backends and the front door both ask here.
//
//	State, Model, Tape (of one step)
//	               the padded grid: halo, PML, interior, PML, halo a dimension
//	Memory         the padded grid with its dimension cut down to two strips, the
//	               low one (cells 0 .. Strip.Lo-1) then the high one (the last
//	               Strip.Hi cells)
//	Profile        one value for each padded cell of its dimension
//
// All row-major. A shot index, if any, comes before these axes.
type Layout struct {
	NDim   int
	Halo   int      // cells on each side that are always zero
	Shape  []int    // padded
	Strips []Strip  // per dimension
	PML    [][2]int // widths, per dimension: begin, end
}

// Strip is where one dimension's PML acts and its memory fields are kept.
type Strip struct {
	// ZoneLo is the end of the low zone, ZoneHi the start of the high one: cells
	// in which a term of this PML can be non-zero. Without a PML on that side the
	// zone is empty (0, or the length of the dimension).
	ZoneLo, ZoneHi int
	// Lo and Hi are the lengths of the two stored strips: the zones and the cells
	// that expressions in them reach. Where they would overlap, Lo is the whole
	// dimension and Hi is 0.
	Lo, Hi int
}

// Len is the stored length of a memory field along its own dimension.
func (s Strip) Len() int { return s.Lo + s.Hi }

// NewLayout lays out p on a grid of shape cells (PML included, halo not). The programs that it
// shares models and tapes with, such as its reverse program, have the same halo and so the same
// padded grid in a layout of their own. Strips are each program's: a reverse program's are wider.
func NewLayout(p *Program, shape []int, pml [][2]int, shared ...*Program) (*Layout, error) {
	if len(shape) != p.NDim || len(pml) != p.NDim {
		return nil, fmt.Errorf("stencil: shape %v and PML widths %v, want %d dimensions", shape, pml, p.NDim)
	}
	reach, spread := p.Reach(), p.Spread()
	for _, q := range shared {
		if q.NDim != p.NDim {
			return nil, fmt.Errorf("stencil: program %s is %d-D, %s is %d-D, want the same", q.Name, q.NDim, p.Name, p.NDim)
		}
		reach = max(reach, q.Reach())
	}
	l := &Layout{NDim: p.NDim, Halo: reach, PML: slices.Clone(pml)}
	for d, n := range shape {
		w := pml[d]
		if n < 1 || w[0] < 0 || w[1] < 0 || w[0]+w[1] > n {
			return nil, fmt.Errorf("stencil: dimension %d has %d cells and PML widths %v, want at least one cell and the PML within them", d, n, w)
		}
		padded := n + 2*reach
		s := Strip{ZoneHi: padded}
		if w[0] > 0 {
			s.ZoneLo = reach + w[0] + spread
			s.Lo = s.ZoneLo + reach
		}
		if w[1] > 0 {
			s.ZoneHi = padded - reach - w[1] - spread
			s.Hi = padded - s.ZoneHi + reach
		}
		if s.Lo+s.Hi > padded {
			s = Strip{ZoneLo: padded - reach, ZoneHi: padded, Lo: padded}
		}
		l.Shape = append(l.Shape, padded)
		l.Strips = append(l.Strips, s)
	}
	return l, nil
}

// FieldShape returns the stored shape of f, without the shot axis.
func (l *Layout) FieldShape(f *Field) []int {
	if f.Kind == Profile {
		return []int{l.Shape[f.Dim]}
	}
	out := append([]int(nil), l.Shape...)
	if f.Kind == Memory {
		out[f.Dim] = l.Strips[f.Dim].Len()
	}
	return out
}

// Size returns the number of stored values of f for one shot.
func (l *Layout) Size(f *Field) int { return product(l.FieldShape(f)) }

// Cells returns the number of cells that a step updates: the padded grid without
// its halo.
func (l *Layout) Cells() int {
	n := 1
	for _, s := range l.Shape {
		n *= s - 2*l.Halo
	}
	return n
}

func product(shape []int) int {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return n
}

// Side says on which side of a dimension a region lies.
type Side uint8

// A region is in the low or the high PML zone of a dimension, or in neither.
const (
	Middle Side = iota
	Low
	High
)

// Region is a box of the grid, half-open, over which each dimension's PML terms
// are either in force or vanish.
type Region struct {
	Lo, Hi [3]int // unused dimensions are 0 and 1
	Side   [3]Side
}

// InPML reports whether dimension d's PML terms are in force.
func (r Region) InPML(d int) bool { return r.Side[d] != Middle }

// Kind is a number that is equal for regions with the same dimensions in force.
func (r Region) Kind() int {
	k := 0
	for d, s := range r.Side {
		if s != Middle {
			k |= 1 << d
		}
	}
	return k
}

// Cells returns the number of cells in the region.
func (r Region) Cells() int {
	n := 1
	for d := range r.Lo {
		n *= r.Hi[d] - r.Lo[d]
	}
	return n
}

// Regions cuts the grid without its halo into boxes, each of one kind.
func (l *Layout) Regions() []Region {
	out := []Region{{Hi: [3]int{1, 1, 1}}}
	for d := 0; d < l.NDim; d++ {
		s, end := l.Strips[d], l.Shape[d]-l.Halo
		cuts := []struct {
			lo, hi int
			side   Side
		}{{l.Halo, s.ZoneLo, Low}, {max(s.ZoneLo, l.Halo), min(s.ZoneHi, end), Middle}, {s.ZoneHi, end, High}}
		var next []Region
		for _, r := range out {
			for _, c := range cuts {
				if c.lo < c.hi {
					r.Lo[d], r.Hi[d], r.Side[d] = c.lo, c.hi, c.side
					next = append(next, r)
				}
			}
		}
		out = next
	}
	return out
}

// Box returns where region r of field f is stored: the start in each stored axis.
func (l *Layout) Box(f *Field, r Region) [3]int {
	at := r.Lo
	if f.Kind == Memory {
		at[f.Dim] = l.Stored(f.Dim, r.Side[f.Dim], r.Lo[f.Dim])
	}
	return at
}

// Stored returns the index in the strips of dimension d of padded cell x, which
// lies on the given side.
func (l *Layout) Stored(d int, side Side, x int) int {
	if side == High {
		return x - l.Shape[d] + l.Strips[d].Len()
	}
	return x
}

// Padded returns the number of cells of the padded grid.
func (l *Layout) Padded() int { return product(l.Shape) }

// Coordinate returns one coordinate of a cell of the padded grid (row-major).
func (l *Layout) Coordinate(cell, dim int) int {
	for d := l.NDim - 1; d > dim; d-- {
		cell /= l.Shape[d]
	}
	return cell % l.Shape[dim]
}

// Beyond reports whether the place of a field in a cell of the padded grid (row-major) lies
// beyond the grid, where the field is always zero: in the halo or, where it sits half a cell
// further on, after the last cell.
func (l *Layout) Beyond(f *Field, cell int) bool {
	for d, n := range l.Shape {
		if f.Half[d] && l.Coordinate(cell, d) == n-l.Halo-1 {
			return true
		}
	}
	return !l.Inside(cell)
}

// Inside reports whether a cell of the padded grid (row-major) lies inside the halo.
func (l *Layout) Inside(cell int) bool {
	for d, n := range l.Shape {
		if x := l.Coordinate(cell, d); x < l.Halo || x >= n-l.Halo {
			return false
		}
	}
	return true
}
