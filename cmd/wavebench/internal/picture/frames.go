package picture

import (
	"fmt"
	"image"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// Overlay is what stands on top of a model or a wavefield.
type Overlay struct {
	// Sources (red stars) and Receivers (blue triangles) are positions in metres,
	// one coordinate an axis of the grid. Of many receivers only some are drawn.
	Sources, Receivers [][]float64
	// PML is the number of absorbing cells at the start and the end of each axis;
	// a dashed line is drawn around the rest. nil draws none.
	PML [][2]int
	// Vacuum is 1 where there is nothing and else 0, one value a grid point or, see
	// SnapshotSpec.Sliced, as Shown returns it; nil is nowhere. It is grey, with a line
	// around it, whatever the data there.
	Vacuum []float64
}

func (o Overlay) check(g Grid) error {
	for _, set := range []struct {
		name string
		pos  [][]float64
	}{{"Sources", o.Sources}, {"Receivers", o.Receivers}} {
		for i, p := range set.pos {
			if len(p) != len(g.Shape) {
				return fmt.Errorf("picture: %s[%d] has %d coordinates, want %d", set.name, i, len(p), len(g.Shape))
			}
			for d, x := range p {
				if f := g.frac(d, x); !(f >= 0 && f <= 1) {
					lo := g.Origin[d] - g.Spacing[d]/2
					return fmt.Errorf("picture: %s[%d] is at %s %g m, want %g to %g m", set.name, i, g.Names[d], x, lo, lo+g.extent(d))
				}
			}
		}
	}
	if o.PML == nil {
		return nil
	}
	if len(o.PML) != len(g.Shape) {
		return fmt.Errorf("picture: PML has %d axes, want %d", len(o.PML), len(g.Shape))
	}
	for d, p := range o.PML {
		if p[0] < 0 || p[1] < 0 || p[0] > g.Shape[d] || p[1] > g.Shape[d]-p[0] {
			return fmt.Errorf("picture: PML[%d] is %v, want widths of 0 or more that fit into %d cells", d, p, g.Shape[d])
		}
	}
	return nil
}

// frac is how far along axis d, from edge to edge, position p lies.
func (g Grid) frac(d int, p float64) float64 {
	return (p - g.Origin[d] + g.Spacing[d]/2) / g.extent(d)
}

const maxMarks = 45 // receivers drawn in one panel

func every(n int) int { return (n + maxMarks - 1) / maxMarks }

func (o Overlay) note() string {
	s := ""
	if n := len(o.Sources); n > 0 {
		s = plural(n, "source") + " (star)"
	}
	if n := len(o.Receivers); n > 0 {
		t := plural(n, "receiver") + " (triangle)"
		if k := every(n); k > 1 {
			t = fmt.Sprintf("%d receivers (triangle: one in %d)", n, k)
		}
		s = notes(s, t)
	}
	for _, v := range o.Vacuum {
		if v != 0 {
			return notes(s, "vacuum (grey)")
		}
	}
	return s
}

// without returns data with x in vacuum.
func (o Overlay) without(data []float64, x float64) []float64 {
	if o.Vacuum == nil || data == nil {
		return data
	}
	out := slices.Clone(data)
	for i, v := range o.Vacuum {
		if v != 0 {
			out[i] = x
		}
	}
	return out
}

func plural(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprint(n, " ", what)
}

// frames returns the empty panels of g, one a cut, or one for a line.
func (g Grid) frames(u scale, cuts []cut, o Overlay) (panels []*panel, note string) {
	if len(g.Shape) == 1 {
		p := &panel{x: g.axis(0), w: u.px(500), h: u.px(230)}
		p.marks = func(c *canvas, p *panel) { o.draw(c, g, p.r, -1, 0) }
		return []*panel{p}, o.note()
	}
	var w, h []float64
	for _, c := range cuts {
		w, h = append(w, g.extent(c.h)), append(h, g.extent(c.v))
	}
	wide, tall, least := u.px(465), u.px(480), u.px(130)
	if len(cuts) > 1 {
		wide, least = u.px(415), u.px(75)
	}
	px, stretch := fitBoxes(w, h, wide, tall, least)
	for i, c := range cuts {
		p := &panel{head: c.head(g), x: g.axis(c.h), y: g.axis(c.v), w: px[i].X, h: px[i].Y}
		p.bareY = i == 1 && px[0].Y == px[1].Y // the depth axis stands on the first panel
		p.marks = func(cv *canvas, p *panel) {
			if len(cuts) > 1 {
				crossLines(cv, g, p.r, c, cuts)
			}
			o.draw(cv, g, p.r, c.v, c.h)
		}
		panels = append(panels, p)
	}
	return panels, notes(stretchNote(stretch), o.note())
}

// crossLines shows in the panel of cut c where the other cuts lie.
func crossLines(cv *canvas, g Grid, r image.Rectangle, c cut, cuts []cut) {
	for _, other := range cuts {
		f := (float64(other.at) + 0.5) / float64(max(g.Shape[other.off], 1))
		x, y := float64(r.Min.X)+f*float64(r.Dx()), float64(r.Min.Y)+f*float64(r.Dy())
		switch other.off {
		case c.h:
			cv.polyline(noteGrey, 0.6, dashes, [][2]float64{{x, float64(r.Min.Y)}, {x, float64(r.Max.Y)}})
		case c.v:
			cv.polyline(noteGrey, 0.6, dashes, [][2]float64{{float64(r.Min.X), y}, {float64(r.Max.X), y}})
		}
	}
}

var dashes = []vg.Length{vg.Points(3.5), vg.Points(2.5)}

// draw puts the overlay into r, whose rows are axis v (-1: none) and columns axis h.
func (o Overlay) draw(c *canvas, g Grid, r image.Rectangle, v, h int) {
	at := func(fx, fy float64) (x, y float64) {
		return float64(r.Min.X) + fx*float64(r.Dx()), float64(r.Min.Y) + fy*float64(r.Dy())
	}
	place := func(p []float64) (x, y float64) {
		if v < 0 {
			return at(g.frac(h, p[h]), 1)
		}
		return at(g.frac(h, p[h]), g.frac(v, p[v]))
	}
	if o.PML != nil {
		ends := func(d int) (a, b float64) {
			n := float64(g.Shape[d])
			return float64(o.PML[d][0]) / n, 1 - float64(o.PML[d][1])/n
		}
		stroke := func(f ...[2]float64) {
			for i, q := range f {
				x, y := at(q[0], q[1])
				f[i] = [2]float64{math.Round(x), math.Round(y)}
			}
			c.polyline(noteGrey, 0.8, dashes, f)
		}
		x0, x1 := ends(h)
		if v < 0 {
			stroke([2]float64{x0, 0}, [2]float64{x0, 1})
			stroke([2]float64{x1, 0}, [2]float64{x1, 1})
		} else {
			y0, y1 := ends(v)
			stroke([2]float64{x0, y0}, [2]float64{x1, y0}, [2]float64{x1, y1}, [2]float64{x0, y1}, [2]float64{x0, y0})
		}
	}
	for i := 0; i < len(o.Receivers); i += every(len(o.Receivers)) {
		c.triangle(place(o.Receivers[i]))
	}
	for _, p := range o.Sources {
		c.star(place(p))
	}
}
