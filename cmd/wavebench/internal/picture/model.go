package picture

import (
	"fmt"
	"io"
	"math"
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
	if err := g.check("Data", m.Data); err != nil {
		return nil, err
	}
	if err := m.Overlay.check(g); err != nil {
		return nil, err
	}
	if m.Quantity == "" {
		m.Quantity = "velocity (m/s)"
	}
	lo, hi := m.Lo, m.Hi
	if lo == 0 && hi == 0 {
		if lo, hi, err = modelRange(m.Data); err != nil {
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
		v := make([]float64, len(m.Data))
		for i, a := range m.Data {
			v[i] = a / f
		}
		panels[0].y, panels[0].line = y, &line{data: v, steps: true, unit: f}
		s.rows = [][]*panel{panels}
		s.note = notes(s.clipped(), note, badNote(nbad, s.badColour()))
		return s, nil
	}
	cuts, err := g.cuts(m.Through)
	if err != nil {
		return nil, err
	}
	t := newTone(Viridis, lo, hi, 256, 1)
	panels, note := g.frames(s.scale, cuts, m.Overlay)
	for i, c := range cuts {
		panels[i].raster = &raster{data: c.take(g, m.Data), ny: g.Shape[c.v], nx: g.Shape[c.h], tone: t}
	}
	s.rows, s.bar = [][]*panel{panels}, &bar{label: m.Quantity, tone: t}
	s.note = notes(s.clipped(), note, badNote(nbad, s.badColour()))
	return s, nil
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
