package picture

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	stddraw "image/draw"
	"image/gif"
	"io"
	"math"
	"time"
)

// gifScale makes an animation 800 pixels wide, to keep its size in bounds.
const gifScale scale = 800.0 / pageWidth

// AnimationFrameBytes is the most that a frame of an Animation takes.
const AnimationFrameBytes = 800 * 640

// Animation collects snapshots of one wavefield into a GIF. It keeps one byte a
// pixel and frame. It must not be used from several goroutines at once.
type Animation struct {
	title   string
	note    string // what all frames share of it
	sheet   *sheet
	show    func(field []float64) error
	base    *image.RGBA // what all frames share
	marks   *image.RGBA // over the data; nil when it changes from frame to frame
	head    int         // height of title and note
	area    image.Rectangle
	palette color.Palette
	index   map[color.RGBA]uint8
	gif     gif.GIF
	delay   int // hundredths of a second
}

// NewAnimation returns an animation without frames. Of sp, Field and Time are not
// used and Limit must be given, for all frames share it. Frames follow each other
// after delay, from 10 ms up to 10 min.
func NewAnimation(sp SnapshotSpec, delay time.Duration) (a *Animation, err error) {
	defer guard(&err)
	if delay < 10*time.Millisecond || delay > 10*time.Minute {
		return nil, fmt.Errorf("picture: delay is %v, want 10 ms to 10 min", delay)
	}
	values, shades := paletteSize(sp.without(sp.Backdrop, math.NaN()))
	s, show, err := sp.empty(gifScale, values, shades)
	if err != nil {
		return nil, err
	}
	a = &Animation{title: sp.Title, note: s.note, sheet: s, show: show, delay: int(delay / (10 * time.Millisecond)), index: map[color.RGBA]uint8{}}
	a.palette = newPalette(s)
	s.title, s.note = stamped(sp.Title, 0), notes(beyond{n: 1, of: 7, peak: math.Pi * sp.Limit}.note("colours clipped", -sp.Limit, sp.Limit), s.note) // as wide as may come
	s.layout()
	a.head = s.headHeight()
	a.base = s.base().img
	if s.rows[0][0].line == nil {
		a.marks = s.overlay().img
	}
	a.area = image.Rect(0, 0, s.size.X, s.size.Y)
	return a, nil
}

// Add draws the field ([]float64 of the shape given) at time t, s, as the next
// frame. It does not keep field.
func (a *Animation) Add(t float64, field []float64) (err error) {
	defer guard(&err)
	if err := a.show(field); err != nil {
		return err
	}
	s := a.sheet
	_, nbad := peak(field)
	s.title, s.note = stamped(a.title, t), notes(s.clipped(), a.note, badNote(nbad, s.badColour()))
	c := &canvas{img: image.NewRGBA(a.base.Rect), size: s.size, scale: s.scale}
	copy(c.img.Pix, a.base.Pix)
	head := newCanvas(image.Pt(s.size.X, a.head), s.scale, white)
	s.writeHead(head)
	stddraw.Draw(c.img, head.img.Rect, head.img, image.Point{}, stddraw.Src)
	s.fillData(c.img)
	marks := a.marks
	if marks == nil {
		marks = s.overlay().img
	}
	stddraw.Draw(c.img, c.img.Rect, marks, image.Point{}, stddraw.Over)

	a.gif.Image = append(a.gif.Image, a.quantise(c.img, a.area))
	a.gif.Delay = append(a.gif.Delay, a.delay)
	a.area = image.Rect(0, 0, s.size.X, s.dataBottom()) // the rest stays
	return nil
}

// quantise returns the part r of img in the colours of the palette: those of the
// field exactly, blended edges of text and marks the nearest.
func (a *Animation) quantise(img *image.RGBA, r image.Rectangle) *image.Paletted {
	out := image.NewPaletted(r, a.palette)
	var last color.RGBA
	var k uint8
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := out.Pix[out.PixOffset(r.Min.X, y):][:r.Dx()]
		in := img.Pix[img.PixOffset(r.Min.X, y):]
		for x := range row {
			c := color.RGBA{in[4*x], in[4*x+1], in[4*x+2], 255}
			if c != last {
				i, ok := a.index[c]
				if !ok {
					i = uint8(a.palette.Index(c))
					a.index[c] = i
				}
				last, k = c, i
			}
			row[x] = k
		}
	}
	return out
}

// Len returns the number of frames.
func (a *Animation) Len() int { return len(a.gif.Image) }

// Encode writes the frames as a GIF that repeats for ever. More may be added later.
func (a *Animation) Encode(w io.Writer) (err error) {
	defer guard(&err)
	if a.Len() == 0 {
		return errors.New("picture: the animation has no frame")
	}
	if err := gif.EncodeAll(w, &a.gif); err != nil {
		return fmt.Errorf("picture: write GIF: %w", err)
	}
	return nil
}

// paletteSize returns how many values and shades share the colours of a GIF.
func paletteSize(backdrop []float64) (values, shades int) {
	seen := map[float64]bool{}
	for _, v := range backdrop {
		if bad(v) {
			continue
		}
		if seen[v] = true; len(seen) > 2 {
			return 39, 6
		}
	}
	if len(seen) == 2 {
		return 117, 2
	}
	return 235, 1
}

// newPalette holds the colours of the field, of the marks, and greys for text.
func newPalette(s *sheet) color.Palette {
	p := color.Palette{badGold, sourceRed, recvBlue, lineBlue}
	for i := range 16 {
		g := uint8(17 * i)
		p = append(p, color.RGBA{g, g, g, 255})
	}
	t := s.rows[0][0].raster.tone
	for _, row := range t.rows {
		for _, c := range row {
			p = append(p, c)
		}
	}
	return p
}
