package cpu

import "math"

// box is a part of the grid: a half-open range along the slowest coordinate and, in
// three dimensions, along the next.
type box struct{ lo, hi [2]int }

// rowsOf returns the box of rows lo to hi of the slowest coordinate, and all of the next.
func rowsOf(lo, hi int) box { return box{[2]int{lo, 0}, [2]int{hi, math.MaxInt / 2}} }

// rows returns what statements work on.
func (s *stepper[T]) rows() box {
	l := s.plan.Layout
	b := rowsOf(l.Halo, l.Shape[0]-l.Halo)
	if l.NDim == 3 {
		b.lo[1], b.hi[1] = l.Halo, l.Shape[1]-l.Halo
	}
	return b
}

func (b box) moved(by [2]int) box {
	for d, n := range by {
		b.lo[d] += n
		b.hi[d] += n
	}
	return b
}

func (b box) within(c box) box {
	for d := range b.lo {
		b.lo[d], b.hi[d] = max(b.lo[d], c.lo[d]), min(b.hi[d], c.hi[d])
	}
	return b
}

func (b box) empty() bool { return b.lo[0] >= b.hi[0] || b.lo[1] >= b.hi[1] }
