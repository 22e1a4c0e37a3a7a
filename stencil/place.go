package stencil

// EachRow visits the values of f that can be other than zero, one shot, in pieces of rows:
// the coordinates at which a piece is stored, its first cell on the padded grid (row-major)
// and its length. These are all cells, but of a memory field those in its dimension's
// zones. A profile is one piece.
func (l *Layout) EachRow(f *Field, visit func(at [3]int, cell, n int)) {
	if f.Kind == Profile {
		visit([3]int{}, 0, l.Shape[f.Dim])
		return
	}
	var rec func(d int, at [3]int, cell int)
	rec = func(d int, at [3]int, cell int) {
		piece := func(side Side, from, to int) {
			if from == to {
				return
			}
			at[d] = from
			if side == High {
				at[d] = l.Stored(d, High, from)
			}
			if d == l.NDim-1 {
				visit(at, cell*l.Shape[d]+from, to-from)
				return
			}
			for x := from; x < to; x++ {
				rec(d+1, at, cell*l.Shape[d]+x)
				at[d]++
			}
		}
		if s := l.Strips[d]; f.Kind == Memory && f.Dim == d {
			piece(Low, 0, s.ZoneLo)
			piece(High, s.ZoneHi, l.Shape[d])
		} else {
			piece(Middle, 0, l.Shape[d])
		}
	}
	rec(0, [3]int{}, 0)
}

// Index returns where a cell of the padded grid (row-major) lies in memory with the given
// distances between neighbours along each axis.
func (l *Layout) Index(cell int, strides [3]int) int {
	at := 0
	for d := l.NDim - 1; d >= 0; d-- {
		at += cell % l.Shape[d] * strides[d]
		cell /= l.Shape[d]
	}
	return at
}

// Rows a multiple of so many cache lines apart have their beginnings in the same few sets of a
// first-level cache.
const far = 16

// Strides returns the distances between neighbours along each axis of a row-major array, and
// how many values it takes. Rows begin at multiples of row values, a cache line or so, but
// not far apart in the sense above; nor do planes, if asked for.
func Strides(shape []int, row int, planes bool) (strides [3]int, size int) {
	last := len(shape) - 1
	strides[last] = 1
	n := (shape[last] + row - 1) / row * row
	if n > row && n/row%far == 0 {
		n += row
	}
	for d := last - 1; d >= 0; d-- {
		strides[d] = n
		n *= shape[d]
		if planes && d > 0 && n/row%far == 0 {
			n += row
		}
	}
	return strides, n
}
