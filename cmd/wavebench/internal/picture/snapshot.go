package picture

import (
	"fmt"
	"io"
	"math"
)

// SnapshotSpec describes a picture of a wavefield at one time.
type SnapshotSpec struct {
	Title string // the time is added to it
	Grid
	Overlay
	Field []float64 // one value a grid point, or see Sliced; NewAnimation takes none
	Time  float64   // s
	// Limit is the magnitude at the ends of the colour map, which is symmetric; 0
	// takes the largest magnitude of Field. An animation needs one. What is beyond is
	// said under the title; a curve has a little more room.
	Limit    float64
	Quantity string  // name and unit, "pressure" if empty
	Colours  Colours // BlueWhiteRed or Grey
	// Backdrop is a model of the same shape whose values darken the picture a
	// little, highest most, except in vacuum; nil is none.
	Backdrop []float64
	// Through is as in ModelSpec.
	Through []float64
	// Sliced says that Field and Backdrop are what Shown returns of them.
	Sliced bool
}

// Snapshot writes a PNG of a wavefield: a curve, a picture or three slices.
func Snapshot(w io.Writer, sp SnapshotSpec) (err error) {
	defer guard(&err)
	s, err := sp.sheet()
	if err != nil {
		return err
	}
	return writePNG(w, s.render())
}

func (sp SnapshotSpec) sheet() (*sheet, error) {
	if sp.Limit == 0 {
		top, nbad := peak(sp.Field)
		if nbad > 0 && nbad == len(sp.Field) {
			return nil, errNoFinite
		}
		if top < tiny {
			top = 1
		}
		sp.Limit = top
	}
	s, show, err := sp.empty(fullScale, 256, 64)
	if err != nil {
		return nil, err
	}
	if err := show(sp.Field); err != nil {
		return nil, err
	}
	_, nbad := peak(sp.Field)
	s.title, s.note = stamped(sp.Title, sp.Time), notes(s.clipped(), s.note, badNote(nbad, s.badColour()))
	return s, nil
}

// empty returns the figure without a field, and the function that puts a field in.
// The colour map has the given number of values, and of shades for a backdrop.
func (sp SnapshotSpec) empty(u scale, values, shades int) (*sheet, func(field []float64) error, error) {
	g, err := sp.Grid.defaults()
	if err != nil {
		return nil, nil, err
	}
	if err := sp.Overlay.check(g); err != nil {
		return nil, nil, err
	}
	if !(sp.Limit >= tiny) || bad(sp.Limit) {
		return nil, nil, fmt.Errorf("picture: Limit is %g, want 1e-290 or more", sp.Limit)
	}
	if sp.Colours != BlueWhiteRed && sp.Colours != Grey {
		return nil, nil, fmt.Errorf("picture: Colours is %d, want BlueWhiteRed or Grey", sp.Colours)
	}
	if sp.Quantity == "" {
		sp.Quantity = "pressure"
	}
	var cuts []cut
	if len(g.Shape) > 1 {
		if cuts, err = g.cuts(sp.Through); err != nil {
			return nil, nil, err
		}
	}
	sliced := sp.Sliced && len(g.Shape) == 3
	check := g.checks(cuts, sliced)
	if sp.Vacuum != nil {
		if err := check("Vacuum", sp.Vacuum); err != nil {
			return nil, nil, err
		}
	}
	var lo, hi float64
	if sp.Backdrop != nil {
		if err := check("Backdrop", sp.Backdrop); err != nil {
			return nil, nil, err
		}
		sp.Backdrop = sp.without(sp.Backdrop, math.NaN())
		if lo, hi, _ = span(sp.Backdrop); !(lo < hi) {
			sp.Backdrop = nil // a constant shows nothing
		}
	}
	if sp.Backdrop == nil {
		shades = 1
	}
	t := newTone(sp.Colours, -sp.Limit, sp.Limit, values, shades)
	s := &sheet{scale: u}
	if len(g.Shape) == 1 {
		panels, note := g.frames(u, nil, sp.Overlay)
		p := panels[0]
		var f float64
		p.y, f = factored(axis{label: sp.Quantity, first: 1.05 * sp.Limit, last: -1.05 * sp.Limit})
		p.raster = g.empty(sp.Overlay, shades)
		p.raster.back, p.raster.lo, p.raster.hi = sp.Backdrop, lo, hi
		p.line = &line{unit: f}
		s.rows, s.note = [][]*panel{panels}, note
		return s, func(field []float64) error {
			if err := g.check("Field", field); err != nil {
				return err
			}
			p.line.data = make([]float64, len(field))
			for i, v := range field {
				p.line.data[i] = v / f
			}
			return nil
		}, nil
	}
	panels, note := g.frames(u, cuts, sp.Overlay)
	backs, masks := g.parts(cuts, sp.Backdrop, sliced), g.parts(cuts, sp.Vacuum, sliced)
	for i, c := range cuts {
		panels[i].raster = &raster{ny: g.Shape[c.v], nx: g.Shape[c.h], rows: smooth, cols: smooth, tone: t, back: backs[i], lo: lo, hi: hi, mask: masks[i]}
	}
	s.rows, s.bar, s.note = [][]*panel{panels}, &bar{label: sp.Quantity, tone: t}, note
	return s, func(field []float64) error {
		if err := check("Field", field); err != nil {
			return err
		}
		for i, part := range g.parts(cuts, field, sliced) {
			panels[i].raster.data = part
		}
		return nil
	}, nil
}

// stamped adds the time in milliseconds to a title.
func stamped(title string, t float64) string {
	ms := number(t*1e3, 1)
	if math.Abs(t) < 0.01 {
		ms = number(t*1e3, 3)
	}
	if title == "" {
		return "t = " + ms + " ms"
	}
	return title + ", t = " + ms + " ms"
}
