// Package hicks turns a source or receiver that lies between grid cells into weights on the cells around it: Hicks,
// "Arbitrary source and receiver positioning in finite-difference schemes using Kaiser windowed sinc functions",
// Geophysics 67 (2002), 156-166, doi:10.1190/1.1451454.
//
// A source adds its amplitude times the weight to each cell; a receiver sums weight times the cell's value, which is the
// transpose. Locations are in cells, in the model's order of dimensions (slowest first), and cell i has its centre at i.
//
// The package imports nothing else of this module.
package hicks

import (
	"fmt"
	"math"
)

const (
	defaultHalfWidth = 4
	maxHalfWidth     = 10

	// onCell is the distance in cells up to which a coordinate is taken to be on a cell: a coordinate computed from metres
	// is off by rounding, and this far from a cell the weights of its neighbours are below 1e-6.
	onCell = 1e-6
)

// Entry is one cell of the model, with one index a dimension, and its weight.
type Entry struct {
	Cell   []int
	Weight float64
}

// Spec says how locations are spread over cells.
type Spec struct {
	// HalfWidth r is how many cells on either side of a location are used, 1 to 10; 0 means 4. With at least three cells
	// a wavelength (wavenumber up to 2 pi/3 a cell), the value of a plane wave of amplitude 1 is within 0.37, 0.096,
	// 0.032, 0.012, 0.0047, 0.002, 0.0008, 0.0003, 1e-4 and 4.2e-5 of the exact one for r = 1 to 10 and one dimension; its
	// derivative within 1.33, 0.43, 0.133, 0.0401, 0.0124, 0.0061, 0.003, 0.0012, 3.1e-4 and 1.2e-4 a cell.
	HalfWidth int

	// Axes is the grid, 1 to 3 dimensions.
	Axes []Axis

	// Dipole makes the weights those of the derivative, a cell, along dimension DipoleDim: a receiver then records the
	// increase of the field per cell towards greater indices, and a source of positive amplitude has its positive pole on
	// that side. Divide by the spacing for derivatives a metre.
	Dipole    bool
	DipoleDim int
}

// Axis is a dimension of the grid as the field sees it that locations are for.
type Axis struct {
	// Low and High are the least and greatest coordinates of locations.
	Low, High float64
	// Shift is where between cells the field is, in cells: cell i has its value at i + Shift.
	Shift float64
	// First and Last are the cells that have a value.
	First, Last int
	// Mirrors are what is beyond those cells, before the first and after the last.
	Mirrors [2]Mirror
}

// Mirror is a plane in whose mirror image the field beyond it shows. Weights outside the grid are added to those of their
// mirror cells accordingly; what would lie on the plane itself, and has no cell, is zero.
type Mirror struct {
	At   float64 // coordinate of the plane
	Sign int     // of the image: 1, -1, or 0 where there is none
}

// Entries returns the cells and weights of one location, which has one coordinate, in cells, a dimension. A coordinate on a
// cell has that cell alone, with weight 1; another has the 2*HalfWidth cells around it (a dipole on a cell, along its axis,
// one more). Weights of different dimensions multiply; cells are in row-major order. The caller owns the result.
//
// It is an error when a coordinate is not finite or not from Low to High of its axis.
func (s Spec) Entries(location []float64) ([]Entry, error) {
	if s.HalfWidth == 0 {
		s.HalfWidth = defaultHalfWidth
	}
	if err := s.validate(); err != nil {
		return nil, err
	}
	nd := len(s.Axes)
	if len(location) != nd {
		return nil, fmt.Errorf("hicks: location %v has %d coordinates, want %d", location, len(location), nd)
	}
	var first [3]int
	var weights [3][]float64
	total := 1
	for d := range location {
		var err error
		if first[d], weights[d], err = s.axis(location, d); err != nil {
			return nil, err
		}
		total *= len(weights[d])
	}

	entries, cells := make([]Entry, total), make([]int, total*nd)
	for i := range entries {
		cell, weight := cells[i*nd:(i+1)*nd:(i+1)*nd], 1.0
		rest := i
		for d := nd - 1; d >= 0; d-- {
			k := rest % len(weights[d])
			rest /= len(weights[d])
			cell[d] = first[d] + k
			weight *= weights[d][k]
		}
		entries[i] = Entry{cell, weight}
	}
	return entries, nil
}

func (s Spec) validate() error {
	nd := len(s.Axes)
	if nd < 1 || nd > 3 {
		return fmt.Errorf("hicks: %d Axes, want 1 to 3", nd)
	}
	if s.HalfWidth < 1 || s.HalfWidth > maxHalfWidth {
		return fmt.Errorf("hicks: HalfWidth is %d, want 1 to %d, or 0 for %d", s.HalfWidth, maxHalfWidth, defaultHalfWidth)
	}
	if s.Dipole && (s.DipoleDim < 0 || s.DipoleDim >= nd) {
		return fmt.Errorf("hicks: DipoleDim is %d, want 0 to %d", s.DipoleDim, nd-1)
	}
	return nil
}

// axis returns the weights of a location along dimension d, on consecutive cells from first.
func (s Spec) axis(location []float64, d int) (first int, weights []float64, err error) {
	g := s.Axes[d]
	x := location[d]
	if r := math.Round(x - g.Shift); math.Abs(x-g.Shift-r) <= onCell {
		x = r + g.Shift
	}
	if !(x >= g.Low-onCell && x <= g.High+onCell) {
		return 0, nil, fmt.Errorf("hicks: location %v has %v in dimension %d, want %g to %g", location, location[d], d, g.Low, g.High)
	}
	x -= g.Shift

	from, to := int(math.Floor(x))-s.HalfWidth+1, int(math.Floor(x))+s.HalfWidth
	weight := monopole
	if s.Dipole && d == s.DipoleDim {
		weight = dipole
		if x == math.Floor(x) {
			from--
		}
	} else if x == math.Floor(x) {
		from, to = int(x), int(x)
	}

	first = max(from, g.First)
	weights = make([]float64, max(min(to, g.Last)-first+1, 0))
	if g.Last < g.First {
		return first, nil, nil
	}
	for c := from; c <= to; c++ {
		w := weight(float64(c)-x, s.HalfWidth)
		cell := c
		for w != 0 && (cell < g.First || cell > g.Last) { // more than once only if the window is wider than the grid
			m := g.Mirrors[0]
			if cell > g.Last {
				m = g.Mirrors[1]
			}
			image := int(math.Round(2*(m.At-g.Shift))) - cell
			if image == cell { // on the plane
				w = 0
			}
			cell, w = image, w*float64(m.Sign)
		}
		if w != 0 {
			weights[cell-first] += w
		}
	}
	return first, weights, nil
}
