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
	mask   []float64 // see Overlay.Vacuum; nil is none

	shades []uint8   // back in pixels, made by the first fill
	masked []float64 // mask in pixels, likewise
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
	px := g.pixels(g.data, r, g.rows, g.cols)
	if g.mask == nil {
		g.tone.paint(img, r, px, g.shades)
		return
	}
	if g.masked == nil {
		g.masked = g.pixels(g.mask, r, cells, cells)
	}
	if g.rows == cells { // of several cells, what is beside vacuum counts alone
		for i, m := range g.masked {
			if m > 0 && m < 1 {
				px[i] = (px[i] - m*g.tone.lo) / (1 - m)
			}
		}
	}
	g.tone.paint(img, r, px, g.shades)
	g.paintMask(img, r)
}

// paintMask covers what is masked, with a line along its edge.
func (g *raster) paintMask(img *image.RGBA, r image.Rectangle) {
	const thick = 2 // pixels
	w, h := r.Dx(), r.Dy()
	in := func(x, y int) bool { return x < 0 || y < 0 || x >= w || y >= h || g.masked[y*w+x] >= 0.5 }
	for y := range h {
		for x := range w {
			if !in(x, y) {
				continue
			}
			c := voidGrey
			for d := 1; d <= thick; d++ {
				if !in(x-d, y) || !in(x+d, y) || !in(x, y-d) || !in(x, y+d) {
					c = edgeGrey
				}
			}
			img.SetRGBA(r.Min.X+x, r.Min.Y+y, c)
		}
	}
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
// each in the middle of its cell. steps draws cells as treads. What leaves the
// panel is drawn red along its edge.
type line struct {
	data  []float64
	steps bool
	unit  float64 // what a 1 in data stands for
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
	const far = 1000 // panels; keeps what is computed with it finite
	y := func(v float64) float64 {
		return float64(r.Min.Y) + min(max(p.y.frac(v), -far), far)*float64(r.Dy())
	}
	x := func(i float64) float64 { return float64(r.Min.X) + i/float64(n)*float64(r.Dx()) }
	var run [][2]float64
	flush := func() {
		if len(run) == 1 { // a dot
			x, y, r := run[0][0], run[0][1], float64(c.scale)
			run = [][2]float64{{x - r, y}, {x + r, y}}
		}
		l.stroke(c, r, run)
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

// stroke draws a run of points; parts above or below r along its edge, in red.
func (l *line) stroke(c *canvas, r image.Rectangle, run [][2]float64) {
	top, bottom := float64(r.Min.Y), float64(r.Max.Y)
	side := func(y float64) int {
		switch {
		case y < top:
			return -1
		case y > bottom:
			return 1
		}
		return 0
	}
	var part [][2]float64
	on := 0
	end := func() {
		col := lineBlue
		if on != 0 {
			col = sourceRed
		}
		if len(part) > 1 {
			c.polyline(col, 1.2+math.Abs(float64(on)), nil, part)
		}
		part = part[:0]
	}
	for i, q := range run {
		if i > 0 {
			p := run[i-1]
			// Where the segment crosses an edge, one part ends and the next begins.
			for from, to := side(p[1]), side(q[1]); from != to; {
				edge := top
				if from > 0 || from == 0 && to > 0 {
					edge = bottom
				}
				cross := [2]float64{p[0] + (q[0]-p[0])*(edge-p[1])/(q[1]-p[1]), edge}
				part = append(part, cross)
				end()
				part = append(part, cross)
				if from == 0 {
					from = to
				} else {
					from = 0
				}
				on = from
			}
		} else {
			on = side(q[1])
		}
		part = append(part, [2]float64{q[0], min(max(q[1], top), bottom)})
	}
	end()
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
