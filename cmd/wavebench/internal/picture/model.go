package picture

import (
	"fmt"
	"io"
	"math"
	"slices"
)

// ModelSpec describes a picture of a material property.
type ModelSpec struct {
	Title string
	Grid
	Overlay
	Data     []float64 // one value a grid point
	Quantity string    // name and unit, "velocity (m/s)" if empty
	Lo, Hi   float64   // ends of the colour map; both 0: from the data
	// Through is the point in which the three slices of a volume meet, m; nil is
	// the middle sample of each axis.
	Through []float64
	// Sliced says that Data and Vacuum are what Shown returns of them.
	Sliced bool
}

// Model writes a PNG of a model: a curve (one dimension), a picture at true aspect
// ratio where that stays readable (two), or three slices (three).
func Model(w io.Writer, m ModelSpec) (err error) {
	defer guard(&err)
	s, err := m.sheet()
	if err != nil {
		return err
	}
	return writePNG(w, s.render())
}

func (m ModelSpec) sheet() (*sheet, error) {
	g, err := m.Grid.defaults()
	if err != nil {
		return nil, err
	}
	if err := m.Overlay.check(g); err != nil {
		return nil, err
	}
	var cuts []cut
	if len(g.Shape) > 1 {
		if cuts, err = g.cuts(m.Through); err != nil {
			return nil, err
		}
	}
	sliced := m.Sliced && len(g.Shape) == 3
	check := g.checks(cuts, sliced)
	if err := check("Data", m.Data); err != nil {
		return nil, err
	}
	if m.Vacuum != nil {
		if err := check("Vacuum", m.Vacuum); err != nil {
			return nil, err
		}
	}
	if m.Quantity == "" {
		m.Quantity = "velocity (m/s)"
	}
	lo, hi := m.Lo, m.Hi
	if lo == 0 && hi == 0 {
		if lo, hi, err = modelRange(m.without(m.Data, math.NaN())); err != nil {
			return nil, err
		}
	}
	if !(lo < hi) || bad(lo) || bad(hi) {
		return nil, fmt.Errorf("picture: Lo and Hi are %g and %g, want Lo below Hi", m.Lo, m.Hi)
	}
	_, nbad := peak(m.Data)
	s := &sheet{scale: fullScale, title: m.Title}
	if len(g.Shape) == 1 {
		panels, note := g.frames(s.scale, nil, m.Overlay)
		room := 0.06 * (hi - lo)
		y, f := factored(axis{label: m.Quantity, first: hi + room, last: lo - room})
		v := m.without(m.Data, math.NaN())
		if m.Vacuum == nil {
			v = slices.Clone(v)
		}
		for i := range v {
			v[i] /= f
		}
		panels[0].y, panels[0].line = y, &line{data: v, steps: true, unit: f}
		panels[0].raster = g.empty(m.Overlay, 1)
		s.rows = [][]*panel{panels}
		s.note = notes(s.clipped(), note, badNote(nbad, s.badColour()))
		return s, nil
	}
	data := m.without(m.Data, lo)
	t := newTone(Viridis, lo, hi, 256, 1)
	panels, note := g.frames(s.scale, cuts, m.Overlay)
	parts, masks := g.parts(cuts, data, sliced), g.parts(cuts, m.Vacuum, sliced)
	for i, c := range cuts {
		panels[i].raster = &raster{data: parts[i], ny: g.Shape[c.v], nx: g.Shape[c.h], tone: t, mask: masks[i]}
	}
	s.rows, s.bar = [][]*panel{panels}, &bar{label: m.Quantity, tone: t}
	s.note = notes(s.clipped(), note, badNote(nbad, s.badColour()))
	return s, nil
}

// empty is what lies behind a curve: nothing but vacuum.
func (g Grid) empty(o Overlay, shades int) *raster {
	n := g.Shape[0]
	return &raster{data: make([]float64, n), ny: 1, nx: n, tone: newTone(BlueWhiteRed, -1, 1, 3, shades), mask: o.Vacuum}
}

// modelRange returns the span of the data, widened where they are constant.
func modelRange(data []float64) (lo, hi float64, err error) {
	lo, hi, ok := span(data)
	if !ok {
		return 0, 0, errNoFinite
	}
	if hi-lo <= max(1e-9*max(math.Abs(lo), math.Abs(hi)), tiny) {
		d := 0.02 * max(math.Abs(lo), math.Abs(hi))
		if d < tiny {
			d = 1
		}
		lo, hi = lo-d, hi+d
	}
	return lo, hi, nil
}
