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
//
// The field is zero in the first cell outside the grid, which is the cells of the region and a margin around them (the PML):
// cell -1 (or n) where there is no margin, a free surface. The mirror is therefore the centre of that cell, not the edge half
// a cell before it: the field beyond is the negative of its mirror image, cell -1-k of cell -1+k (n+k of n-k), and cell -1
// (n) itself carries nothing. The weights that would lie outside the grid are subtracted from their mirror cells accordingly.
// Locations may lie up to, not beyond, the mirror of a free surface, else within the region; a monopole on a mirror has no
// entries.
type Spec struct {
	// HalfWidth r is how many cells on either side of a location are used, 1 to 10; 0 means 4. With at least three cells
	// a wavelength (wavenumber up to 2 pi/3 a cell), the value of a plane wave of amplitude 1 is within 0.37, 0.096,
	// 0.032, 0.012, 0.0047, 0.002, 0.0008, 0.0003, 1e-4 and 4.2e-5 of the exact one for r = 1 to 10 and one dimension; its
	// derivative within 1.33, 0.43, 0.133, 0.0401, 0.0124, 0.0061, 0.003, 0.0012, 3.1e-4 and 1.2e-4 a cell.
	HalfWidth int

	// Shape is the number of cells of each dimension of the region, without margin; 1 to 3 dimensions.
	Shape []int

	// Origin is the region's first cell; nil means zeros.
	Origin []int

	// Margin is the number of cells that the grid has before and after the region's; nil means none.
	Margin [][2]int

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
// Cells may lie in the margin. It is an error when a coordinate is not finite or not within Limits.
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
	if s.Origin != nil && len(s.Origin) != nd {
		return fmt.Errorf("hicks: Origin has %d dimensions, want %d or none", len(s.Origin), nd)
	}
	if s.Margin != nil && len(s.Margin) != nd {
		return fmt.Errorf("hicks: Margin has %d dimensions, want %d or none", len(s.Margin), nd)
	}
	if s.Dipole && (s.DipoleDim < 0 || s.DipoleDim >= nd) {
		return fmt.Errorf("hicks: DipoleDim is %d, want 0 to %d", s.DipoleDim, nd-1)
	}
	return nil
}

// Limits returns between which coordinates of dimension d locations may lie.
func (s Spec) Limits(d int) (low, high int) {
	first, last, margin := s.region(d)
	if margin[0] == 0 {
		first--
	}
	if margin[1] == 0 {
		last++
	}
	return first, last
}

// axis returns the weights of a location along dimension d, on consecutive cells from first.
func (s Spec) axis(location []float64, d int) (first int, weights []float64, err error) {
	x := location[d]
	if r := math.Round(x); math.Abs(x-r) <= onCell {
		x = r
	}
	if low, high := s.Limits(d); !(x >= float64(low) && x <= float64(high)) {
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

	low, high := s.mirrors(d)
	first = max(from, low+1)
	weights = make([]float64, max(min(to, high-1)-first+1, 0))
	for c := from; c <= to; c++ {
		w := weight(float64(c)-x, s.HalfWidth)
		cell := c
		for cell < low || cell > high { // more than once only if the window is wider than the grid
			if cell < low {
				cell = 2*low - cell
			} else {
				cell = 2*high - cell
			}
			w = -w
		}
		if cell > low && cell < high {
			weights[cell-first] += w
		}
	}
	return first, weights, nil
}

// mirrors returns the first cells outside the grid along dimension d, before and after it.
func (s Spec) mirrors(d int) (low, high int) {
	first, last, margin := s.region(d)
	return first - margin[0] - 1, last + margin[1] + 1
}

// region returns the first and last cell along dimension d, and how many the grid has beyond.
func (s Spec) region(d int) (first, last int, margin [2]int) {
	if s.Origin != nil {
		first = s.Origin[d]
	}
	if s.Margin != nil {
		margin = s.Margin[d]
	}
	return first, first + s.Shape[d] - 1, margin
}
