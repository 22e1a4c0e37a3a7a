package config

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/d52adeda/wave/equation"
)

// Geometry is where sources and receivers are, in cells from the model's first:
// [shot][point][dimension], of each set of receivers.
type Geometry struct {
	Sources   [][][]float64
	Receivers [][][][]float64

	spacing []float64 // m
}

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
		length := distance(l.From, l.To)
		if n := length / l.Step; l.Step > 0 && n > MaxPoints && length < farthest {
			r.add(path+".step", l.Step, fmt.Sprintf("at most %d positions; this makes %.3g", MaxPoints, n))
		} else if length > 0 && settle(n) < 1 {
			p := r.problem(path + ".step")
			p.Text = fmt.Sprintf("%g is more than the %.6g between the ends: there is one position, at the beginning", l.Step, length)
			r.notes = append(r.notes, p)
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

// farthest is the greatest coordinate, m or cells.
const farthest = 1e12

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
		if !finite(c) || math.Abs(c) > farthest {
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

// Geometry places sources and receivers in a model of the given shape, spacing (m, one a
// dimension) and surface, nil if there is none, and checks that they are inside. Errors are
// *Error.
func (s *Survey) Geometry(shape []int, spacing []float64, ground *Surface) (*Geometry, error) {
	r := &report{origin: &s.origin}
	sources := s.Sources.Points.cells(r, "sources", spacing)
	var sets [][][]float64
	for i := range s.Receivers {
		sets = append(sets, s.Receivers[i].Points.cells(r, s.Receivers.Key(i), spacing))
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	if n := len(s.Sources.Wavelet.Amplitude); n > 1 && n != len(sources) {
		r.add("sources.wavelet.amplitude", fmt.Sprintf("a list of %d", n), fmt.Sprintf("one number, or one for each of the %d sources", len(sources)))
	}
	g := &Geometry{spacing: spacing}
	s.Sources.Points.down(sources, shape, ground)
	if s.Sources.Shots == "together" {
		g.Sources = [][][]float64{sources}
	} else {
		for _, p := range sources {
			g.Sources = append(g.Sources, [][]float64{p})
		}
	}
	for i, receivers := range sets {
		set := &s.Receivers[i]
		if !set.Relative {
			set.Points.down(receivers, shape, ground)
			g.Receivers = append(g.Receivers, slices.Repeat([][][]float64{receivers}, len(g.Sources)))
			continue
		}
		var shots [][][]float64
		for _, shot := range g.Sources {
			from := shot[0]
			if set.FromGround { // only sideways
				from = slices.Clone(from)
				from[0] = 0
			}
			moved := shifted(receivers, from)
			set.Points.down(moved, shape, ground)
			shots = append(shots, moved)
		}
		g.Receivers = append(g.Receivers, shots)
	}
	s.inside(r, g, Source, shape)
	for set := range s.Receivers {
		s.inside(r, g, set, shape)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return g, nil
}

// down moves positions that are given below the ground there.
func (p *Points) down(positions [][]float64, shape []int, ground *Surface) {
	if !p.FromGround {
		return
	}
	for _, x := range positions {
		x[0] = settle(x[0] + float64(ground.Ground[ground.Column(x, shape)]))
	}
}

// cells returns the positions in cells.
func (p *Points) cells(r *report, path string, spacing []float64) [][]float64 {
	var out [][]float64
	switch {
	case p.Line != nil:
		out = p.Line.positions()
		path += ".line"
	case p.Grid != nil:
		out = p.Grid.positions(p.Count())
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
			want := fmt.Sprintf("%d, one an axis of the model", len(spacing))
			if len(q) == 1 && strings.HasSuffix(path, "]") {
				want += ": a position is a list, in a list of positions [[...], ...]"
			}
			r.add(path, fmt.Sprintf("of %d coordinates", len(q)), want)
			return nil
		}
		out[i] = cells(q, spacing, p.Unit == "metres")
		if p.Snap {
			for d, x := range out[i] {
				out[i][d] = math.Round(x)
			}
		}
	}
	return out
}

// Count returns how many positions there are.
func (p *Points) Count() int {
	switch {
	case p.Line != nil:
		n, _ := p.Line.count()
		return n
	case p.Grid != nil:
		n := 1
		for _, c := range p.Grid.Counts {
			n *= c
		}
		return n
	}
	return len(p.List)
}

// count returns how many positions a line has, and how many steps it is from From to To.
func (l *Line) count() (n int, steps float64) {
	if l.Step > 0 {
		steps = settle(distance(l.From, l.To) / l.Step)
		return int(steps) + 1, steps
	}
	return l.Count, float64(l.Count - 1)
}

func (l *Line) positions() [][]float64 {
	n, steps := l.count()
	out := make([][]float64, n)
	for i := range out {
		for d := range l.From {
			out[i] = append(out[i], between(l.From[d], l.To[d], float64(i), steps))
		}
	}
	return out
}

func (g *Grid) positions(total int) [][]float64 {
	out := make([][]float64, total)
	for i := range out {
		out[i] = make([]float64, len(g.Counts))
		rest := i
		for d := len(g.Counts) - 1; d >= 0; d-- { // the last axis is the fastest
			out[i][d] = between(g.From[d], g.To[d], float64(rest%g.Counts[d]), float64(g.Counts[d]-1))
			rest /= g.Counts[d]
		}
	}
	return out
}

// between returns the number i of n steps from a to b.
func between(a, b, i, n float64) float64 {
	switch i {
	case 0:
		return a
	case n:
		return b
	}
	return a + (b-a)*i/n
}

func shifted(positions [][]float64, by []float64) [][]float64 {
	out := make([][]float64, len(positions))
	for i, p := range positions {
		for d := range p {
			out[i] = append(out[i], settle(p[d]+by[d]))
		}
	}
	return out
}

// Source stands for the sources where a set of receivers is wanted.
const Source = -1

// points returns the sources or a set of receivers, its key and positions.
func (s *Survey) points(g *Geometry, set int) (*Points, string, [][][]float64) {
	if set == Source {
		return &s.Sources.Points, "sources", g.Sources
	}
	return &s.Receivers[set].Points, s.Receivers.Key(set), g.Receivers[set]
}

// inside notes the first source, or receiver of a set, that is outside the model.
func (s *Survey) inside(r *report, g *Geometry, set int, shape []int) {
	points, _, all := s.points(g, set)
	for shot, positions := range all {
		for i, p := range positions {
			for d, x := range p {
				if last := float64(shape[d] - 1); x < 0 || x > last {
					name, at := s.Point(g, set, shot, i)
					hint := s.turned(p, shape)
					if points.Unit == "metres" {
						last *= g.spacing[d]
					}
					r.add(name, "outside the model, "+at, fmt.Sprintf("%s from 0 to %.6g %s", axis(d, len(p)), last, points.Unit)+hint)
					return
				}
			}
		}
		if set != Source && !s.Receivers[set].Relative { // the same for all shots
			return
		}
	}
}

// turned asks for the order of a file's axes if a position would be in a model of the other one.
func (s *Survey) turned(x []float64, shape []int) string {
	for d := range x {
		if x[d] < 0 || x[d] > float64(shape[len(shape)-1-d]-1) {
			return ""
		}
	}
	for _, p := range s.Properties() {
		if p.Values.File != "" && len(p.Values.Axes) == 0 {
			names := equation.Axes(len(shape))
			slices.Reverse(names)
			return fmt.Sprintf("; %s.axes: [%s] would say that the file's axes are in that order", p.Key, strings.Join(names, ", "))
		}
	}
	return ""
}

// Point names a source, or a receiver of a set, of a shot by the key and number that the
// survey gives it, and says where it is in the survey's unit.
func (s *Survey) Point(g *Geometry, set, shot, i int) (name, at string) {
	points, of, all := s.points(g, set)
	number := i
	if set == Source && s.Sources.Shots != "together" {
		number = shot
	}
	switch {
	case points.Line != nil:
		name = fmt.Sprintf("%s.line, number %d", of, number)
	case points.Grid != nil:
		name = fmt.Sprintf("%s.grid, number %d", of, number)
	default:
		name = fmt.Sprintf("%s.list[%d]", of, number)
	}
	if set != Source && s.Receivers[set].Relative {
		name += fmt.Sprintf(" of shot %d", shot)
	}
	if strings.Contains(name, " ") {
		name += ","
	}
	return name, "at " + place(points.Unit, all[shot][i], g.spacing)
}

// place prints a position in a unit.
func place(unit string, cells, spacing []float64) string {
	list := make([]string, len(cells))
	for d, x := range cells {
		if unit == "metres" {
			x *= spacing[d]
		}
		list[d] = fmt.Sprintf("%.10g", x)
	}
	text := "[" + strings.Join(list, ", ") + "]"
	if unit == "metres" {
		return text + " m"
	}
	return "cell " + text
}

// axis names an axis of a model.
func axis(d, ndim int) string { return equation.Axes(ndim)[d] }
