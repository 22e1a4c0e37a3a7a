package picture

import (
	"image"
	"image/color"
	stddraw "image/draw"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// canvas is a picture in pixels, origin top left, y down, on which gonum/plot
// draws text and curves. Straight edges are filled directly, so that they are sharp.
type canvas struct {
	img  *image.RGBA
	dc   draw.Canvas
	size image.Point
	scale
}

// scale is the number of pixels in a point (1/72 inch); the page is pageWidth wide.
type scale float64

const pageWidth = 600 // points

func (s scale) px(points float64) int { return int(math.Round(points * float64(s))) }

// newCanvas returns a canvas filled with bg, which may be transparent.
func newCanvas(size image.Point, s scale, bg color.Color) *canvas {
	c := vgimg.NewWith(
		vgimg.UseImage(&image.RGBA{Rect: image.Rectangle{Max: size}, Pix: make([]uint8, 4*size.X*size.Y), Stride: 4 * size.X}),
		vgimg.UseDPI(s.dpi()))
	img := c.Image().(*image.RGBA)
	stddraw.Draw(img, img.Bounds(), image.NewUniform(bg), image.Point{}, stddraw.Src)
	return &canvas{img: img, dc: draw.New(c), size: size, scale: s}
}

// dpi is rounded: gonum/plot takes whole numbers.
func (s scale) dpi() int { return int(math.Round(float64(s) * 72)) }

func (c *canvas) at(x, y float64) vg.Point {
	u := vg.Inch / vg.Length(c.dpi())
	return vg.Point{X: vg.Length(x) * u, Y: (vg.Length(c.size.Y) - vg.Length(y)) * u}
}

func (c *canvas) fill(x0, y0, x1, y1 int, col color.Color) {
	stddraw.Draw(c.img, image.Rect(x0, y0, x1, y1), image.NewUniform(col), image.Point{}, stddraw.Src)
}

// style is a kind of text.
type style struct {
	points float64
	bold   bool
	col    color.Color
}

var (
	titleStyle = style{13, true, black}
	headStyle  = style{11, true, black}
	labelStyle = style{11, false, black}
	tickStyle  = style{9.5, false, black}
	noteStyle  = style{9, false, noteGrey}
)

func (s style) text() text.Style {
	f := font.Font{Typeface: "Liberation", Variant: "Sans"}
	if s.bold {
		f.Weight = 3 // bold, as golang.org/x/image/font counts
	}
	return text.Style{Color: s.col, Font: font.From(f, font.Length(s.points)), Handler: plot.DefaultTextHandler}
}

// run is a piece of text in one size; raised if it is an exponent.
type run struct {
	style
	txt    string
	raised bool
}

// runs takes superscript digits and signs out of txt: the fonts lack some of them.
func (s style) runs(txt string) (out []run) {
	for _, r := range txt {
		n := run{s, string(r), false}
		if i := slices.Index(superscripts, r); i >= 0 {
			n = run{s, string(plains[i]), true}
			n.points *= 0.7
		}
		if k := len(out) - 1; k >= 0 && out[k].raised == n.raised {
			out[k].txt += n.txt
		} else {
			out = append(out, n)
		}
	}
	return out
}

var superscripts, plains = []rune("⁻⁰¹²³⁴⁵⁶⁷⁸⁹"), []rune("−0123456789")

// width returns the width of txt in pixels.
func (s style) width(u scale, txt string) int {
	w := 0.0
	for _, r := range s.runs(txt) {
		w += r.text().Width(r.txt).Points()
	}
	return int(math.Ceil(w * float64(u)))
}

// write puts txt with its baseline's left end (ax 0), middle (0.5) or right end (1)
// at x, y; turned a quarter counterclockwise if up is set.
func (c *canvas) write(s style, x, y int, ax float64, up bool, txt string) {
	along := -ax * float64(s.width(c.scale, txt)) / float64(c.scale)
	for _, r := range s.runs(txt) {
		sty := r.text()
		base := sty.FontExtents().Ascent - sty.Font.Size // undoes the handler's own offset
		if r.raised {
			base += vg.Points(0.38 * s.points)
		}
		p := c.at(float64(x), float64(y))
		if up {
			sty.Rotation = math.Pi / 2
			p.X -= base
			p.Y += vg.Points(along)
		} else {
			p.X += vg.Points(along)
			p.Y += base
		}
		c.dc.FillText(sty, p, r.txt)
		along += sty.Width(r.txt).Points()
	}
}

// polyline strokes points given in pixels.
func (c *canvas) polyline(col color.Color, points float64, dash []vg.Length, xy [][2]float64) {
	p := make([]vg.Point, len(xy))
	for i, q := range xy {
		p[i] = c.at(q[0], q[1])
	}
	sty := draw.LineStyle{Color: col, Width: vg.Points(points), Dashes: dash}
	// The rasteriser takes quadratic time in the crossings of a pixel row, so a long
	// line goes in pieces, which share a segment to join well.
	const piece = 48
	for len(p) > piece {
		c.dc.StrokeLines(sty, p[:piece])
		p = p[piece-2:]
	}
	c.dc.StrokeLines(sty, p)
}

// star draws a five-pointed star, the mark of a source.
func (c *canvas) star(x, y float64) {
	r := 6.5 * float64(c.scale)
	var pts [][2]float64
	for i := range 10 {
		q := r
		if i%2 == 1 {
			q *= 0.42
		}
		sin, cos := math.Sincos(float64(i) * math.Pi / 5)
		pts = append(pts, [2]float64{x + q*sin, y - q*cos})
	}
	c.glyph(sourceRed, pts)
}

// triangle draws a triangle standing on its tip, the mark of a receiver.
func (c *canvas) triangle(x, y float64) {
	r := 4 * float64(c.scale)
	c.glyph(recvBlue, [][2]float64{{x - r, y - r*0.8}, {x + r, y - r*0.8}, {x, y + r*0.9}})
}

func (c *canvas) glyph(col color.Color, xy [][2]float64) {
	c.polyline(white, 1.6, nil, append(xy, xy[0], xy[1]))
	p := make([]vg.Point, len(xy))
	for i, q := range xy {
		p[i] = c.at(q[0], q[1])
	}
	c.dc.FillPolygon(col, p)
}
