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

	// onCell is the distance in cells below which a coordinate is taken to be on a cell: rounding of a coordinate given
	// in metres and divided by the spacing, far below what changes a result.
	onCell = 1e-9
)

// Entry is one cell of the model, with one index a dimension, and its weight.
type Entry struct {
	Cell   []int
	Weight float64
}

// Spec says how locations are spread over cells.
//
// A free surface in this engine is an edge without PML: the field is zero in the first cell outside the model, -1 (or n).
// The mirror is therefore the centre of that cell, not the model's edge half a cell before it: the field beyond is the
// negative of its mirror image, cell -1-k of cell -1+k (n+k of n-k), and cell -1 (n) itself carries nothing. The weights
// that would lie outside are subtracted from their mirror cells accordingly. Locations may lie up to, not beyond, the
// mirror; a monopole on it has no entries.
type Spec struct {
	// HalfWidth r is how many cells on either side of a location are used, 1 to 10; 0 means 4. With at least three cells
	// a wavelength (wavenumber up to 2 pi/3 a cell), the value of a plane wave of amplitude 1 is within 0.37, 0.096,
	// 0.032, 0.012, 0.0047, 0.002, 0.0008, 0.0003, 1e-4 and 4.2e-5 of the exact one for r = 1 to 10 and one dimension; its
	// derivative within 1.33, 0.43, 0.133, 0.0401, 0.0124, 0.0061, 0.003, 0.0012, 3.1e-4 and 1.2e-4 a cell.
	HalfWidth int

	// FreeSurface says of each dimension whether its beginning and its end are free surfaces; nil means none is.
	FreeSurface [][2]bool

	// Shape is the number of model cells of each dimension, without PML; 1 to 3 dimensions.
	Shape []int

	// Dipole makes the weights those of the derivative, a cell, along dimension DipoleDim: a receiver then records the
	// increase of the field per cell towards greater indices, and a source of positive amplitude has its positive pole on
	// that side. Divide by the spacing for derivatives a metre.
	Dipole    bool
	DipoleDim int
}

// Entries returns the cells and weights of one location, which has one coordinate, in cells, a dimension. A coordinate on a
// cell has that cell alone, with weight 1; another has the 2*HalfWidth cells around it (a dipole on a cell, along its axis,
// one more). Weights of different dimensions multiply; cells are in row-major order. The caller owns the result.
//
// It is an error when a coordinate is not finite or outside the model, or when a cell is outside on a side that is no free
// surface; errors name the location and the cell.
func (s Spec) Entries(location []float64) ([]Entry, error) {
	if s.HalfWidth == 0 {
		s.HalfWidth = defaultHalfWidth
	}
	if err := s.validate(); err != nil {
		return nil, err
	}
	nd := len(s.Shape)
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
	nd := len(s.Shape)
	if nd < 1 || nd > 3 {
		return fmt.Errorf("hicks: Shape has %d dimensions, want 1 to 3", nd)
	}
	for d, n := range s.Shape {
		if n < 1 {
			return fmt.Errorf("hicks: Shape[%d] is %d, want at least 1", d, n)
		}
	}
	if s.HalfWidth < 1 || s.HalfWidth > maxHalfWidth {
		return fmt.Errorf("hicks: HalfWidth is %d, want 1 to %d, or 0 for %d", s.HalfWidth, maxHalfWidth, defaultHalfWidth)
	}
	if s.FreeSurface != nil && len(s.FreeSurface) != nd {
		return fmt.Errorf("hicks: FreeSurface has %d dimensions, want %d or none", len(s.FreeSurface), nd)
	}
	if s.Dipole && (s.DipoleDim < 0 || s.DipoleDim >= nd) {
		return fmt.Errorf("hicks: DipoleDim is %d, want 0 to %d", s.DipoleDim, nd-1)
	}
	return nil
}

// axis returns the weights of a location along dimension d, on consecutive cells of the model from first.
func (s Spec) axis(location []float64, d int) (first int, weights []float64, err error) {
	n, free := s.Shape[d], s.free(d)
	low, high := 0, n-1
	if free[0] {
		low = -1
	}
	if free[1] {
		high = n
	}
	x := location[d]
	if r := math.Round(x); math.Abs(x-r) <= onCell {
		x = r
	}
	if !(x >= float64(low) && x <= float64(high)) {
		return 0, nil, fmt.Errorf("hicks: location %v has %v in dimension %d, want %d to %d", location, location[d], d, low, high)
	}

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

	first = max(from, 0)
	weights = make([]float64, max(min(to, n-1)-first+1, 0))
	for c := from; c <= to; c++ {
		w := weight(float64(c)-x, s.HalfWidth)
		cell := c
		for cell < low || cell > high { // more than once only if the window is wider than the model
			if cell < low && free[0] {
				cell = -2 - cell
			} else if cell > high && free[1] {
				cell = 2*n - cell
			} else {
				return 0, nil, fmt.Errorf("hicks: location %v needs cell %d of dimension %d (half width %d), want %d to %d or a free surface there",
					location, c, d, s.HalfWidth, 0, n-1)
			}
			w = -w
		}
		if cell >= 0 && cell < n {
			weights[cell-first] += w
		}
	}
	return first, weights, nil
}

func (s Spec) free(d int) [2]bool {
	if s.FreeSurface == nil {
		return [2]bool{}
	}
	return s.FreeSurface[d]
}
