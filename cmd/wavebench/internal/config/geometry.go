package config

import (
	"fmt"
	"math"
	"slices"
)

// Geometry is where sources and receivers are, in cells from the model's first:
// [shot][point][dimension].
type Geometry struct {
	Sources, Receivers [][][]float64
}

// onCell is how close to a cell a position is taken to be on it, in cells.
const onCell = 1e-6

// Whole reports whether all positions are on cells.
func Whole(positions [][][]float64) bool {
	for _, shot := range positions {
		for _, p := range shot {
			for _, x := range p {
				if x != math.Trunc(x) {
					return false
				}
			}
		}
	}
	return true
}

// check validates positions as far as it can be done without the model.
func (p *Points) check(r *report, path string) {
	if p.Unit == "" {
		r.missing(path+".unit", "metres or cells")
	} else {
		oneOf(r, path+".unit", p.Unit, "metres", "cells")
	}
	within(r, path+".half_width", p.HalfWidth, 0, 10)
	n := 0
	for _, given := range []bool{len(p.List) > 0, p.Line != nil, p.Grid != nil} {
		if given {
			n++
		}
	}
	switch {
	case n == 0:
		r.missing(path, "positions: one of list, line and grid")
	case n > 1:
		r.add(path, "given in several ways", "one of list, line and grid")
	}
	if n != 1 {
		return
	}
	if len(p.List) > MaxPoints {
		r.add(path+".list", fmt.Sprintf("%d positions", len(p.List)), fmt.Sprintf("at most %d", MaxPoints))
	}
	for i, q := range p.List {
		coordinates(r, fmt.Sprintf("%s.list[%d]", path, i), q, 0)
	}
	if p.Line != nil {
		p.Line.check(r, path+".line")
	}
	if p.Grid != nil {
		p.Grid.check(r, path+".grid")
	}
}

func (l *Line) check(r *report, path string) {
	coordinates(r, path+".from", l.From, 0)
	coordinates(r, path+".to", l.To, len(l.From))
	switch hasCount, hasStep := r.has(path+".count"), r.has(path+".step"); {
	case hasCount == hasStep:
		r.add(path, map[bool]string{true: "given both count and step", false: "given neither count nor step"}[hasCount],
			"count (number of positions) or step (distance between them)")
	case hasCount:
		within(r, path+".count", l.Count, 1, MaxPoints)
		if l.Count == 1 && !slices.Equal(l.From, l.To) {
			r.add(path+".count", 1, "2 or more positions between different ends")
		}
	default:
		positive(r, path+".step", l.Step, "")
		if n := distance(l.From, l.To) / l.Step; n > MaxPoints {
			r.add(path+".step", l.Step, fmt.Sprintf("at most %d positions; this makes %.3g", MaxPoints, n))
		}
	}
}

func (g *Grid) check(r *report, path string) {
	coordinates(r, path+".from", g.From, 0)
	coordinates(r, path+".to", g.To, len(g.From))
	if len(g.Counts) != len(g.From) {
		r.add(path+".counts", fmt.Sprint(g.Counts), fmt.Sprintf("%d numbers, one an axis", len(g.From)))
		return
	}
	total := 1
	for d, n := range g.Counts {
		if n < 1 || n > MaxPoints/total {
			r.add(path+".counts", fmt.Sprint(g.Counts), fmt.Sprintf("1 or more an axis and at most %d in all", MaxPoints))
			return
		}
		if n == 1 && len(g.To) > d && g.From[d] != g.To[d] {
			r.add(path+".counts", fmt.Sprint(g.Counts), fmt.Sprintf("2 or more along axis %d, whose ends differ", d))
		}
		total *= n
	}
}

// coordinates checks a position; ndim 0 stands for any number of dimensions.
func coordinates(r *report, path string, x Numbers, ndim int) {
	if len(x) == 0 {
		r.missing(path, "a position: one coordinate an axis")
		return
	}
	if ndim > 0 && len(x) != ndim {
		r.add(path, fmt.Sprint([]float64(x)), fmt.Sprintf("%d coordinates", ndim))
	}
	for _, c := range x {
		if !finite(c) || math.Abs(c) > 1e12 {
			r.add(path, fmt.Sprint([]float64(x)), "finite coordinates")
			return
		}
	}
}

func distance(a, b Numbers) float64 {
	sum := 0.0
	for d := range min(len(a), len(b)) {
		sum += (b[d] - a[d]) * (b[d] - a[d])
	}
	return math.Sqrt(sum)
}

// Geometry places sources and receivers in a model of the given shape and
// spacing (m, one a dimension) and checks that they are inside. Errors are *Error.
func (s *Survey) Geometry(shape []int, spacing []float64) (*Geometry, error) {
	r := &report{origin: &s.origin}
	sources := s.Sources.Points.cells(r, "sources", spacing)
	receivers := s.Receivers.Points.cells(r, "receivers", spacing)
	if err := r.err(); err != nil {
		return nil, err
	}
	if n := len(s.Sources.Wavelet.Amplitude); n > 1 && n != len(sources) {
		r.add("sources.wavelet.amplitude", fmt.Sprintf("a list of %d", n), fmt.Sprintf("one number, or one for each of the %d sources", len(sources)))
	}
	g := &Geometry{}
	if s.Sources.Shots == "together" {
		g.Sources = [][][]float64{sources}
	} else {
		for _, p := range sources {
			g.Sources = append(g.Sources, [][]float64{p})
		}
	}
	if len(g.Sources)*len(receivers) > MaxTraces {
		r.add("receivers", fmt.Sprintf("%d for each of %d shots", len(receivers), len(g.Sources)), fmt.Sprintf("at most %d traces in all", MaxTraces))
		return nil, r.err()
	}
	inside(r, "sources", sources, shape)
	for i, shot := range g.Sources {
		if s.Receivers.Relative {
			g.Receivers = append(g.Receivers, shifted(receivers, shot[0]))
			inside(r, fmt.Sprintf("receivers of shot %d", i), g.Receivers[i], shape)
		} else {
			g.Receivers = append(g.Receivers, receivers)
		}
	}
	if !s.Receivers.Relative {
		inside(r, "receivers", receivers, shape)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return g, nil
}

// cells returns the positions in cells.
func (p *Points) cells(r *report, path string, spacing []float64) [][]float64 {
	var out [][]float64
	switch {
	case p.Line != nil:
		out = p.Line.positions()
		path += ".line"
	case p.Grid != nil:
		out = p.Grid.positions()
		path += ".grid"
	default:
		for _, q := range p.List {
			out = append(out, slices.Clone(q))
		}
		path += ".list"
	}
	for i, q := range out {
		if len(q) != len(spacing) {
			if p.Line == nil && p.Grid == nil {
				path = fmt.Sprintf("%s[%d]", path, i)
			}
			r.add(path, fmt.Sprintf("of %d coordinates", len(q)), fmt.Sprintf("%d, one an axis of the model", len(spacing)))
			return nil
		}
		for d := range q {
			if p.Unit == "metres" {
				q[d] /= spacing[d]
			}
			if cell := math.Round(q[d]); p.Snap || math.Abs(q[d]-cell) < onCell {
				q[d] = cell
			}
		}
	}
	return out
}

func (l *Line) positions() [][]float64 {
	n, whole := l.Count, 1.0 // share of the line that the positions cover
	if l.Step > 0 {
		length := distance(l.From, l.To)
		n = int(length/l.Step+1e-9) + 1
		if n > 1 {
			whole = l.Step * float64(n-1) / length
		}
	}
	out := make([][]float64, n)
	for i := range out {
		for d := range l.From {
			out[i] = append(out[i], between(l.From[d], l.From[d]+(l.To[d]-l.From[d])*whole, i, n))
		}
	}
	return out
}

func (g *Grid) positions() [][]float64 {
	total := 1
	for _, n := range g.Counts {
		total *= n
	}
	out := make([][]float64, total)
	for i := range out {
		out[i] = make([]float64, len(g.Counts))
		rest := i
		for d := len(g.Counts) - 1; d >= 0; d-- { // the last axis is the fastest
			out[i][d] = between(g.From[d], g.To[d], rest%g.Counts[d], g.Counts[d])
			rest /= g.Counts[d]
		}
	}
	return out
}

// between returns the i-th of n evenly spaced numbers from a to b.
func between(a, b float64, i, n int) float64 {
	if i == 0 {
		return a
	}
	return a + (b-a)*float64(i)/float64(n-1)
}

func shifted(positions [][]float64, by []float64) [][]float64 {
	out := make([][]float64, len(positions))
	for i, p := range positions {
		for d := range p {
			x := p[d] + by[d]
			if cell := math.Round(x); math.Abs(x-cell) < onCell {
				x = cell
			}
			out[i] = append(out[i], x)
		}
	}
	return out
}

// inside notes the first position outside the model.
func inside(r *report, path string, positions [][]float64, shape []int) {
	if len(r.problems) > 0 {
		return
	}
	for i, p := range positions {
		for d, x := range p {
			if x < 0 || x > float64(shape[d]-1) {
				r.add(path, fmt.Sprintf("outside the model: number %d is at cell %.6g of axis %d", i, x, d), fmt.Sprintf("0 to %d", shape[d]-1))
				return
			}
		}
	}
}
