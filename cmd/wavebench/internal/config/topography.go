package config

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Elevation is the surface of the ground: exactly one of Value, Points and File. Above it is
// vacuum, or water.
type Elevation struct {
	Unit   string    `json:"unit,omitempty"`   // "metres" or "cells"; absent: metres
	Value  *float64  `json:"value,omitempty"`  // everywhere
	Points []Numbers `json:"points,omitempty"` // [position, elevation], between them straight, beyond them level
	File   string    `json:"file,omitempty"`   // one for each column of cells, [x] or [y][x]
	Member string    `json:"member,omitempty"` // of a .npz
	Axes   Words     `json:"axes,omitempty"`   // of the file, if they are not [y, x]
	Datum  float64   `json:"datum,omitempty"`  // the elevation of depth 0, the model's first cell
}

const topography = "model.topography"

// short lets a number stand for the same elevation everywhere, a list for points, and the name of
// a file for it.
func (e *Elevation) short(n ast.Node) string {
	if _, ok := n.(*ast.SequenceNode); ok {
		return "points"
	}
	return valueOrFile(n)
}

func (e *Elevation) check(r *report) {
	if e.Unit != "" {
		oneOf(r, topography+".unit", e.Unit, "metres", "cells")
	}
	given := 0
	for _, is := range []bool{e.Value != nil, len(e.Points) > 0, e.File != ""} {
		if is {
			given++
		}
	}
	switch {
	case given == 0:
		r.missing(topography, "elevations: a number, points [[position, elevation], ...] or a file")
	case given > 1:
		r.add(topography, "given in several ways", "one of value, points and file")
	}
	if e.Value != nil {
		finiteValue(r, topography+".value", *e.Value)
	}
	finiteValue(r, topography+".datum", e.Datum)
	for i, p := range e.Points {
		at := fmt.Sprintf("%s.points[%d]", topography, i)
		switch {
		case len(p) != 2:
			r.add(at, fmt.Sprint([]float64(p)), "two numbers, position and elevation")
		case !finite(p[0]) || !finite(p[1]) || math.Abs(p[0]) > farthest || math.Abs(p[1]) > farthest:
			r.add(at, fmt.Sprint([]float64(p)), "finite numbers")
		case i > 0 && len(e.Points[i-1]) == 2 && p[0] <= e.Points[i-1][0]:
			r.add(at, fmt.Sprint([]float64(p)), "a position beyond that of the point before")
		}
	}
	if ext := strings.ToLower(filepath.Ext(e.File)); e.File != "" && ext != ".npy" && ext != ".npz" {
		r.add(topography+".file", fmt.Sprintf("%q", e.File), "a .npy or .npz file")
	} else if e.Member != "" && ext != ".npz" {
		r.add(topography+".member", fmt.Sprintf("%q", e.Member), "it only for a .npz file")
	}
	if r.has(topography + ".axes") {
		if e.File == "" {
			r.add(topography+".axes", "given", "it only with "+topography+".file")
		}
		e.Axes.checkAxes(r, topography+".axes", 1)
	}
}

// Surface is the surface of the ground in a model, by columns of cells, the last axis the
// fastest.
type Surface struct {
	Ground []int // the first cell of the ground along the first axis
	Water  int   // the first cell of water, where that is above the ground
}

// Column returns the number of the column nearest to a position in cells of a model of that shape.
func (s *Surface) Column(x []float64, shape []int) int {
	column := 0
	for d := 1; d < len(shape); d++ {
		column = column*shape[d] + int(math.Max(0, math.Min(math.Round(x[d]), float64(shape[d]-1))))
	}
	return column
}

// Above reports whether a position in cells is in the vacuum above ground and water.
func (s *Surface) Above(x []float64, shape []int) bool {
	return math.Round(x[0]) < float64(min(s.Water, s.Ground[s.Column(x, shape)]))
}

// Surface places the topography in a model of the given shape and spacing (m, one a
// dimension); it is nil if the survey has none. elevations are those of the file. Errors are
// *Error.
func (s *Survey) Surface(shape []int, spacing, elevations []float64) (*Surface, error) {
	e := s.Model.Topography
	if e == nil {
		return nil, nil
	}
	r := &report{origin: &s.origin}
	if len(e.Points) > 0 && len(shape) != 2 {
		r.add(topography+".points", fmt.Sprintf("for a model of %d dimensions", len(shape)), "points for two dimensions only; a number, or for three a file")
		return nil, r.err()
	}
	columns := 1
	for _, n := range shape[1:] {
		columns *= n
	}
	scale, metres := spacing[0], e.Unit != "cells"
	if !metres {
		scale = 1
	}
	top := func(elevation float64) float64 { return inCells(e.Datum-elevation, scale) }
	out := &Surface{Ground: make([]int, columns), Water: shape[0]}
	if w := s.Model.Water; w != nil && w.Level != nil {
		x := top(*w.Level)
		if x < 0 {
			r.add("model.water.level", *w.Level, fmt.Sprintf("at most %s.datum, %g, the elevation of the model's first cell", topography, e.Datum))
		}
		out.Water = first(x, shape[0])
	}
	for i := range out.Ground {
		at, elevation := topography, 0.0
		switch {
		case e.Value != nil:
			at, elevation = topography+".value", *e.Value
		case len(e.Points) > 0:
			at, elevation = topography+".points", e.at(float64(i), spacing[1], metres)
		default:
			at, elevation = topography+".file", elevations[i]
		}
		if x := top(elevation); !finite(elevation) {
			r.add(at, fmt.Sprintf("%g in column %d", elevation, i), "finite elevations")
			break
		} else if x < 0 {
			r.add(at, fmt.Sprintf("%.6g in column %d", elevation, i), fmt.Sprintf("at most %s.datum, %g, the elevation of the model's first cell: deeper is less", topography, e.Datum))
			break
		} else {
			out.Ground[i] = first(x, shape[0])
		}
	}
	if len(r.problems) == 0 && slices.Min(out.Ground) == shape[0] {
		r.add(topography, "below the model everywhere", fmt.Sprintf("elevations above %.6g somewhere, that of the last cell", e.Datum-float64(shape[0]-1)*scale))
	}
	return out, r.err()
}

// at returns the elevation of column i, straight between points.
func (e *Elevation) at(i, spacing float64, metres bool) float64 {
	if !metres {
		spacing = 1
	}
	x := i * spacing
	p := e.Points
	k := sort.Search(len(p), func(k int) bool { return inCells(p[k][0], spacing) >= i })
	switch {
	case k == len(p):
		return p[len(p)-1][1]
	case k == 0 || inCells(p[k][0], spacing) == i:
		return p[k][1]
	}
	return p[k-1][1] + (p[k][1]-p[k-1][1])*(x-p[k-1][0])/(p[k][0]-p[k-1][0])
}
