package picture

import (
	"image"
	"math"
)

// raster is data shown as pixels.
type raster struct {
	data   []float64 // [ny][nx]; nil leaves the frame empty
	ny, nx int
	turn   bool // draw data transposed: rows run to the right
	rows   mode // along ny
	cols   mode // along nx
	tone   tone
	back   []float64 // backdrop, the same shape; nil is none
	lo, hi float64   // values of back that take the first and last shade

	shades []uint8 // back in pixels, made by the first fill
}

func (g *raster) fill(img *image.RGBA, r image.Rectangle) {
	if g.data == nil {
		return
	}
	if g.back != nil && g.shades == nil {
		px := g.pixels(g.back, r, cells, cells)
		g.shades = make([]uint8, len(px))
		last := float64(len(g.tone.rows) - 1)
		for i, v := range px {
			if f := (v - g.lo) / (g.hi - g.lo); f > 0 {
				g.shades[i] = uint8(math.Round(min(f, 1) * last))
			}
		}
	}
	g.tone.paint(img, r, g.pixels(g.data, r, g.rows, g.cols), g.shades)
}

func (g *raster) pixels(v []float64, r image.Rectangle, rows, cols mode) []float64 {
	if g.turn {
		return resample(v, g.ny, g.nx, r.Dx(), r.Dy(), rows, cols, true)
	}
	return resample(v, g.ny, g.nx, r.Dy(), r.Dx(), rows, cols, false)
}

// hides says whether averaging to w x h pixels loses more than half of the largest
// magnitude of the data; peaks serve better then.
func (g *raster) hides(w, h int) bool {
	whole, _ := peak(g.data)
	shown, _ := peak(g.pixels(g.data, image.Rect(0, 0, w, h), g.rows, g.cols))
	return shown < whole/2
}

// line is data shown as a curve over the x axis of its panel, one value a sample,
// each in the middle of its cell. steps draws cells as treads.
type line struct {
	data  []float64
	steps bool
}

func (l *line) draw(c *canvas, p *panel) {
	n := len(l.data)
	if n == 0 {
		return
	}
	r := p.r
	if z := p.y.frac(0); z > 0 && z < 1 && !l.steps {
		y := float64(r.Min.Y) + z*float64(r.Dy())
		c.polyline(noteGrey, 0.5, nil, [][2]float64{{float64(r.Min.X), y}, {float64(r.Max.X), y}})
	}
	y := func(v float64) float64 {
		return float64(r.Min.Y) + min(max(p.y.frac(v), 0), 1)*float64(r.Dy())
	}
	x := func(i float64) float64 { return float64(r.Min.X) + i/float64(n)*float64(r.Dx()) }
	var run [][2]float64
	flush := func() {
		if len(run) == 1 {
			run = append(run, [2]float64{run[0][0] + 1, run[0][1]})
		}
		if run != nil {
			c.polyline(lineBlue, 1.2, nil, run)
		}
		run = nil
	}
	add := func(x, y float64) { run = append(run, [2]float64{x, y}) }
	if n > 8*r.Dx() { // the extremes of each pixel column, in their order
		for k := range r.Dx() {
			lo, hi := extremes(l.data, k*n/r.Dx(), (k+1)*n/r.Dx())
			if lo < 0 {
				flush()
				continue
			}
			add(x(float64(min(lo, hi))+0.5), y(l.data[min(lo, hi)]))
			add(x(float64(max(lo, hi))+0.5), y(l.data[max(lo, hi)]))
		}
		flush()
		return
	}
	for i, v := range l.data {
		switch {
		case bad(v):
			flush()
		case l.steps:
			add(x(float64(i)), y(v))
			add(x(float64(i+1)), y(v))
		default:
			add(x(float64(i)+0.5), y(v))
		}
	}
	flush()
}

// extremes returns where the smallest and the largest finite value of v[a:b] are; -1 if
// there is none.
func extremes(v []float64, a, b int) (lo, hi int) {
	lo, hi = -1, -1
	for i := a; i < b; i++ {
		if bad(v[i]) {
			continue
		}
		if lo < 0 || v[i] < v[lo] {
			lo = i
		}
		if hi < 0 || v[i] > v[hi] {
			hi = i
		}
	}
	return lo, hi
}

// fitBoxes returns pixel sizes for boxes side by side of the given widths and
// heights (metres) at one scale: together at most wide, none higher than tall or
// smaller than least. stretch is the largest vertical exaggeration that the least
// size forces on one of them (below 1: squeezed).
func fitBoxes(w, h []float64, wide, tall, least int) (px []image.Point, stretch float64) {
	sum, high := 0.0, 0.0
	for i := range w {
		sum, high = sum+w[i], max(high, h[i])
	}
	k := min(float64(wide)/sum, float64(tall)/high)
	stretch = 1
	for i := range w {
		x, y := max(int(math.Round(k*w[i])), least), max(int(math.Round(k*h[i])), least)
		px = append(px, image.Pt(x, y))
		if s := float64(y) / h[i] * w[i] / float64(x); math.Abs(math.Log(s)) > math.Abs(math.Log(stretch)) {
			stretch = s
		}
	}
	return px, stretch
}
