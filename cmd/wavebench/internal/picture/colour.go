package picture

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/palette/brewer"
)

// Colours names a colour map.
type Colours int

const (
	// BlueWhiteRed is ColorBrewer's RdBu reversed, with pure white at zero.
	BlueWhiteRed Colours = iota
	// Grey runs from white (low) to black (high): positive amplitudes are black.
	Grey
	// Viridis is the perceptually even map of Smith and van der Walt (CC0).
	Viridis
)

var (
	black     = color.RGBA{0, 0, 0, 255}
	white     = color.RGBA{255, 255, 255, 255}
	noteGrey  = color.RGBA{90, 90, 90, 255}
	lineBlue  = color.RGBA{31, 78, 140, 255}
	badGold   = color.RGBA{255, 196, 0, 255} // NaN and infinities
	sourceRed = color.RGBA{220, 20, 30, 255}
	recvBlue  = color.RGBA{30, 90, 220, 255}
	barBlue   = color.RGBA{120, 165, 215, 255}
	voidGrey  = color.RGBA{170, 170, 170, 255} // vacuum
	edgeGrey  = color.RGBA{51, 51, 51, 255}    // around it
)

var viridisStops = []color.RGBA{
	{0x44, 0x01, 0x54, 255}, {0x48, 0x28, 0x78, 255}, {0x3e, 0x49, 0x89, 255}, {0x31, 0x68, 0x8e, 255},
	{0x26, 0x82, 0x8e, 255}, {0x1f, 0x9e, 0x89, 255}, {0x35, 0xb7, 0x79, 255}, {0x6e, 0xce, 0x58, 255},
	{0xb5, 0xde, 0x2b, 255}, {0xfd, 0xe7, 0x25, 255},
}

// stops returns evenly spaced colours from low to high.
func (c Colours) stops() []color.RGBA {
	switch c {
	case Grey:
		return []color.RGBA{white, black}
	case Viridis:
		return viridisStops
	}
	p, err := brewer.GetPalette(brewer.TypeDiverging, "RdBu", 11)
	if err != nil {
		panic(err) // the name is a constant: recovered by guard
	}
	cs := p.Colors()
	out := make([]color.RGBA, len(cs))
	for i, c := range cs {
		out[len(cs)-1-i] = color.RGBAModel.Convert(c).(color.RGBA)
	}
	out[len(out)/2] = white
	return out
}

// table returns n colours interpolated between the stops.
func (c Colours) table(n int) []color.RGBA {
	s := c.stops()
	t := make([]color.RGBA, n)
	for i := range t {
		x := float64(i) / float64(n-1) * float64(len(s)-1)
		j := min(int(x), len(s)-2)
		f := x - float64(j)
		mix := func(a, b uint8) uint8 { return uint8(math.Round((1-f)*float64(a) + f*float64(b))) }
		t[i] = color.RGBA{mix(s[j].R, s[j+1].R), mix(s[j].G, s[j+1].G), mix(s[j].B, s[j+1].B), 255}
	}
	return t
}

// tone maps values from lo to hi to colours; values outside take the end colours.
// Behind the values may lie a backdrop of a few shades, which darkens the colour:
// shade 0 leaves it as it is, the last one takes maxShade of the light.
type tone struct {
	lo, hi float64
	rows   [][]color.RGBA // [shade][value]
}

const maxShade = 0.18

func newTone(c Colours, lo, hi float64, values, shades int) tone {
	base := c.table(values)
	t := tone{lo: lo, hi: hi, rows: make([][]color.RGBA, shades)}
	for s := range t.rows {
		g := 1.0
		if shades > 1 {
			g -= maxShade * float64(s) / float64(shades-1)
		}
		t.rows[s] = make([]color.RGBA, values)
		for i, b := range base {
			dim := func(v uint8) uint8 { return uint8(math.Round(g * float64(v))) }
			t.rows[s][i] = color.RGBA{dim(b.R), dim(b.G), dim(b.B), 255}
		}
	}
	return t
}

// paint colours the pixels of r, row by row, with the values v ([r.Dy()][r.Dx()])
// over the shades back (the same shape, or nil).
func (t tone) paint(img *image.RGBA, r image.Rectangle, v []float64, back []uint8) {
	n := len(t.rows[0])
	scale := float64(n-1) / (t.hi - t.lo)
	for y := range r.Dy() {
		o := img.PixOffset(r.Min.X, r.Min.Y+y)
		for x := range r.Dx() {
			k := y*r.Dx() + x
			c := badGold
			if a := v[k]; !bad(a) {
				i := int(min(max((a-t.lo)*scale, 0), float64(n-1)) + 0.5)
				s := 0
				if back != nil {
					s = int(back[k])
				}
				c = t.rows[s][i]
			}
			img.Pix[o], img.Pix[o+1], img.Pix[o+2], img.Pix[o+3] = c.R, c.G, c.B, c.A
			o += 4
		}
	}
}

// bad says that v is not finite, or so large that differences may not be.
func bad(v float64) bool { return !(math.Abs(v) < 1e300) }
