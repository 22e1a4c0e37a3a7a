package picture

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// errNoFinite is returned where limits must come from data that have no finite value.
var errNoFinite = errors.New("picture: the data hold no finite value")

// fullScale makes a page 1200 pixels wide.
const fullScale scale = 1200.0 / pageWidth

// Grid is the geometry of a model or wavefield of one, two or three dimensions:
// [nx], [ny][nx] or [nz][ny][nx]. The first of several axes is depth, downward.
type Grid struct {
	Shape   []int
	Spacing []float64 // m, one an axis
	Origin  []float64 // position of sample 0 along each axis, m; nil is zero
	// Names labels the axes; nil is "position", "depth" and "x", or "depth", "y" and "x".
	Names []string
}

// defaults returns g with Origin and Names filled in, or what is wrong with it.
func (g Grid) defaults() (Grid, error) {
	n := len(g.Shape)
	if n < 1 || n > 3 {
		return g, fmt.Errorf("picture: Shape has %d axes, want 1 to 3", n)
	}
	if len(g.Spacing) != n {
		return g, fmt.Errorf("picture: Spacing has %d values, want one an axis: %d", len(g.Spacing), n)
	}
	if g.Origin == nil {
		g.Origin = make([]float64, n)
	}
	if len(g.Origin) != n {
		return g, fmt.Errorf("picture: Origin has %d values, want one an axis: %d", len(g.Origin), n)
	}
	if g.Names == nil {
		g.Names = [][]string{{"position"}, {"depth", "x"}, {"depth", "y", "x"}}[n-1]
	}
	if len(g.Names) != n {
		return g, fmt.Errorf("picture: Names has %d values, want one an axis: %d", len(g.Names), n)
	}
	for i := range n {
		if g.Shape[i] < 1 {
			return g, fmt.Errorf("picture: Shape[%d] is %d, want 1 or more", i, g.Shape[i])
		}
		if !(g.Spacing[i] > 0) || bad(g.Spacing[i]) {
			return g, fmt.Errorf("picture: Spacing[%d] is %g m, want above 0", i, g.Spacing[i])
		}
		if bad(g.Origin[i]) {
			return g, fmt.Errorf("picture: Origin[%d] is %g m, want a finite number", i, g.Origin[i])
		}
	}
	return g, nil
}

func (g Grid) check(name string, data []float64) error {
	n := 1
	for _, m := range g.Shape {
		if n > math.MaxInt/m {
			return fmt.Errorf("picture: Shape %v is too large", g.Shape)
		}
		n *= m
	}
	if len(data) != n {
		return fmt.Errorf("picture: %s has %d values, want %d for shape %v", name, len(data), n, g.Shape)
	}
	return nil
}

// checks returns what checks the number of values: of the grid, or of its planes.
func (g Grid) checks(cuts []cut, sliced bool) func(name string, data []float64) error {
	if !sliced {
		return g.check
	}
	return func(name string, data []float64) error {
		if n := g.sliced(cuts); len(data) != n {
			return fmt.Errorf("picture: %s has %d values, want %d for slices of shape %v", name, len(data), n, g.Shape)
		}
		return nil
	}
}

func checkTable(name string, data []float64, rows string, nr int, cols string, nc int) error {
	if nr < 1 {
		return fmt.Errorf("picture: %s is %d, want 1 or more", rows, nr)
	}
	if nc < 1 {
		return fmt.Errorf("picture: %s is %d, want 1 or more", cols, nc)
	}
	if nr > math.MaxInt/nc || len(data) != nr*nc {
		return fmt.Errorf("picture: %s has %d values, want %s x %s = %d x %d", name, len(data), rows, cols, nr, nc)
	}
	return nil
}

// extent is the length of an axis in metres, cells included to their edges.
func (g Grid) extent(d int) float64 { return float64(g.Shape[d]) * g.Spacing[d] }

// axis returns axis d with the unit that suits the whole grid.
func (g Grid) axis(d int) axis {
	far := 0.0
	for i := range g.Shape {
		far = max(far, math.Abs(g.Origin[i]), math.Abs(g.Origin[i]+g.extent(i)))
	}
	unit, f := lengths(far)
	first := g.Origin[d] - g.Spacing[d]/2
	return axis{
		label: g.Names[d] + " (" + unit + ")",
		first: first * f,
		last:  (first + g.extent(d)) * f,
	}
}

// index returns the sample of axis d nearest to position p, kept inside the grid.
func (g Grid) index(d int, p float64) int {
	i := math.Round((p - g.Origin[d]) / g.Spacing[d])
	return int(min(max(i, 0), float64(g.Shape[d]-1)))
}

// cut is a plane of a grid: rows along axis v, columns along axis h, at sample at
// of the remaining axis (-1 in two dimensions).
type cut struct {
	v, h, off, at int
}

// cuts returns the planes to draw: the grid itself, or three through the point
// (m; nil is the centre).
func (g Grid) cuts(through []float64) ([]cut, error) {
	if len(g.Shape) == 2 {
		return []cut{{0, 1, -1, 0}}, nil
	}
	if through == nil {
		for d := range g.Shape {
			through = append(through, g.Origin[d]+float64(g.Shape[d]/2)*g.Spacing[d])
		}
	}
	if len(through) != 3 {
		return nil, fmt.Errorf("picture: Through has %d values, want 3", len(through))
	}
	for d, p := range through {
		if lo, hi := g.Origin[d]-g.Spacing[d]/2, g.Origin[d]-g.Spacing[d]/2+g.extent(d); !(p >= lo && p <= hi) {
			return nil, fmt.Errorf("picture: Through[%d] is %g m, want %g to %g m", d, p, lo, hi)
		}
	}
	return []cut{
		{0, 2, 1, g.index(1, through[1])},
		{0, 1, 2, g.index(2, through[2])},
		{1, 2, 0, g.index(0, through[0])},
	}, nil
}

// Shown returns what pictures show of one value a grid point: all of them, or in three
// dimensions those of the three slices through a point (m; nil is the centre), one slice
// after the other. at returns value i.
func (g Grid) Shown(through []float64, at func(i int) float64) ([]float64, error) {
	g, err := g.defaults()
	if err != nil {
		return nil, err
	}
	if len(g.Shape) < 3 {
		n := 1
		for _, m := range g.Shape {
			n *= m
		}
		out := make([]float64, n)
		for i := range out {
			out[i] = at(i)
		}
		return out, nil
	}
	cuts, err := g.cuts(through)
	if err != nil {
		return nil, err
	}
	out := make([]float64, 0, g.sliced(cuts))
	for _, c := range cuts {
		c.each(g, func(i int) { out = append(out, at(i)) })
	}
	return out, nil
}

// sliced is how many values the planes have together.
func (g Grid) sliced(cuts []cut) int {
	n := 0
	for _, c := range cuts {
		n += g.Shape[c.v] * g.Shape[c.h]
	}
	return n
}

// parts returns the planes of data, which are all it has if it is sliced.
func (g Grid) parts(cuts []cut, data []float64, sliced bool) [][]float64 {
	out := make([][]float64, len(cuts))
	for k, c := range cuts {
		if sliced && data != nil {
			n := g.Shape[c.v] * g.Shape[c.h]
			out[k], data = data[:n], data[n:]
		} else {
			out[k] = c.take(g, data)
		}
	}
	return out
}

// take copies the plane of data, [Shape[v]][Shape[h]]; two dimensions need no copy.
func (c cut) take(g Grid, data []float64) []float64 {
	if c.off < 0 || data == nil {
		return data
	}
	out := make([]float64, 0, g.Shape[c.v]*g.Shape[c.h])
	c.each(g, func(i int) { out = append(out, data[i]) })
	return out
}

// each calls fn with the index of each sample of the plane of a volume.
func (c cut) each(g Grid, fn func(i int)) {
	stride := []int{g.Shape[1] * g.Shape[2], g.Shape[2], 1}
	for i := range g.Shape[c.v] {
		for j := range g.Shape[c.h] {
			fn(i*stride[c.v] + j*stride[c.h] + c.at*stride[c.off])
		}
	}
}

// head names the plane, "y = 500 m".
func (c cut) head(g Grid) string {
	if c.off < 0 {
		return ""
	}
	a := g.axis(c.off)
	name, unit, _ := strings.Cut(a.label, " (")
	f := (a.last - a.first) / float64(g.Shape[c.off])
	v := a.first + (float64(c.at)+0.5)*f
	return name + " = " + number(v, decimals(f)) + " " + strings.TrimSuffix(unit, ")")
}

// notes joins remarks for the line under the title.
func notes(s ...string) string {
	var out []string
	for _, t := range s {
		if t != "" {
			out = append(out, t)
		}
	}
	return strings.Join(out, " · ")
}

func badNote(n int, how string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d not finite (%s)", n, how)
}

func stretchNote(s float64) string {
	switch {
	case s > 1.02:
		return "vertical exaggeration " + short(s)
	case s < 0.98:
		return "horizontal exaggeration " + short(1/s)
	}
	return ""
}
