package backend

import (
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/stencil"
)

// Collapse copies a field given on the padded grid, one shot, to its stored form:
// the zones of a memory field, anything else as it is.
func Collapse[T array.Float](l *stencil.Layout, f *stencil.Field, stored, grid []T) {
	eachRun(l, f, func(s, g, n int) { copy(stored[s:s+n], grid[g:g+n]) })
}

// Expand is the reverse of Collapse: it writes the stored cells and leaves the
// others of grid alone.
func Expand[T array.Float](l *stencil.Layout, f *stencil.Field, grid, stored []T) {
	eachRun(l, f, func(s, g, n int) { copy(grid[g:g+n], stored[s:s+n]) })
}

// eachRun visits runs of n values that are contiguous both as stored and on the
// padded grid.
func eachRun(l *stencil.Layout, f *stencil.Field, visit func(stored, grid, n int)) {
	if f.Kind != stencil.Memory {
		n := l.Size(f)
		visit(0, 0, n)
		return
	}
	outer, inner := 1, 1
	for d, n := range l.Shape {
		if d < f.Dim {
			outer *= n
		} else if d > f.Dim {
			inner *= n
		}
	}
	n, s := l.Shape[f.Dim], l.Strips[f.Dim]
	for o := range outer {
		stored, grid := o*s.Len()*inner, o*n*inner
		visit(stored, grid, s.ZoneLo*inner)
		high := n - s.ZoneHi
		visit(stored+(s.Len()-high)*inner, grid+s.ZoneHi*inner, high*inner)
	}
}
