package picture

import (
	"image"
	"image/color"
	stddraw "image/draw"
	"math"
	"slices"
	"sort"
)

// sheet is a figure: a table of panels under a title, with one colour bar. All
// sizes are pixels.
type sheet struct {
	scale
	title, note string
	rows        [][]*panel
	bar         *bar
	size        image.Point // set by layout
}

// panel is one frame: a raster or a line, axes and marks.
type panel struct {
	head, side string // above and left of the panel
	x, y       axis
	xTop       bool // the x axis stands on top
	bareX      bool // no labels along x
	bareY      bool
	w, h       int
	raster     *raster
	line       *line
	marks      func(c *canvas, p *panel) // drawn over the data
	r          image.Rectangle           // data area, set by layout
}

// bar is the colour bar; its label names quantity and unit.
type bar struct {
	label string
	tone  tone
}

// Distances of the layout, in points.
const (
	pad      = 10.0
	tickLen  = 4.0
	textGap  = 3.0
	edge     = 0.75 // width of frames and ticks
	barGap   = 12.0
	barWidth = 11.0
)

// xTicks returns the ticks along x, so far apart that their labels do not meet.
func (s *sheet) xTicks(p *panel) []tick {
	at := func(t tick) float64 { return p.x.frac(t.value) * float64(p.w) }
	meet := func(a, b tick) bool {
		half := (tickStyle.width(s.scale, a.label) + tickStyle.width(s.scale, b.label)) / 2
		return math.Abs(at(b)-at(a)) < float64(half+s.px(8))
	}
	for gap := max(s.px(36), p.w/10); ; gap += gap / 3 {
		t := p.x.ticks(p.w, gap)
		ok := true
		for i := 1; i < len(t); i++ {
			ok = ok && !meet(t[i-1], t[i])
		}
		if ok {
			return t
		}
		if gap > p.w { // few enough: leave out those that meet the one before
			keep := t[:1]
			for _, next := range t[1:] {
				if !meet(keep[len(keep)-1], next) {
					keep = append(keep, next)
				}
			}
			return keep
		}
	}
}

func (s *sheet) yTicks(p *panel) []tick { return p.y.ticks(p.h, s.px(34)) }

func (s *sheet) barAxis() axis {
	a, _ := factored(axis{label: s.bar.label, first: s.bar.tone.hi, last: s.bar.tone.lo})
	return a
}

// room is the width of tick labels with their gaps and an axis label.
func (s *sheet) room(t []tick, label string) int {
	w := s.px(tickLen + textGap)
	widest := 0
	for _, t := range t {
		widest = max(widest, tickStyle.width(s.scale, t.label))
	}
	if label != "" {
		w += s.px(textGap + labelStyle.points)
	}
	return w + widest
}

// xRoom is the height of the labels of an x axis.
func (s *sheet) xRoom(p *panel) int {
	h := tickLen + textGap + tickStyle.points
	if p.x.label != "" {
		h += textGap + labelStyle.points
	}
	return s.px(h)
}

// titleHeight is where the title ends.
func (s *sheet) titleHeight() int {
	if s.title == "" {
		return s.px(pad)
	}
	return s.px(pad + titleStyle.points + 5)
}

// headHeight is where title and note end.
func (s *sheet) headHeight() int {
	if s.note == "" {
		return s.titleHeight()
	}
	return s.titleHeight() + s.px(noteStyle.points+4)
}

// dataBottom is where the lowest panel ends.
func (s *sheet) dataBottom() int { return s.barRect().Max.Y }

// badColour says how samples that are not finite look.
func (s *sheet) badColour() string {
	if s.bar == nil {
		return "left out"
	}
	return "gold"
}

// layout places the panels and sets the size of the sheet.
func (s *sheet) layout() {
	y := s.headHeight() + s.px(4)
	right := 0
	var left []int // of each column
	x := s.px(pad)
	for j := range s.rows[0] {
		room, wide := 0, 0
		for _, row := range s.rows {
			p := row[j]
			need := 0
			if !p.bareY {
				need = s.room(s.yTicks(p), p.y.label)
			}
			if p.side != "" {
				need += s.px(headStyle.points + 8)
			}
			room, wide = max(room, need), max(wide, p.w)
		}
		if j > 0 {
			x += s.px(pad)
		}
		left = append(left, x+room)
		x += room + wide
		right = x
	}
	for _, row := range s.rows {
		above, tall, below := 0, 0, s.px(6)
		for _, p := range row {
			up := 0
			if p.head != "" {
				up += s.px(headStyle.points + 5)
			}
			switch {
			case p.bareX:
			case p.xTop:
				up += s.xRoom(p)
			default:
				below = max(below, s.xRoom(p)+s.px(4))
			}
			above, tall = max(above, up), max(tall, p.h)
		}
		y += above
		for j, p := range row {
			p.r = image.Rect(left[j], y, left[j]+p.w, y+p.h)
		}
		y += tall + below
	}
	s.size = image.Pt(right+s.px(1.8*pad), y+s.px(pad-4))
	if s.bar != nil {
		a := s.barAxis()
		s.size.X = right + s.px(barGap+barWidth) + s.room(a.ticks(s.barRect().Dy(), s.px(34)), a.label) + s.px(pad)
	}
	for _, head := range []run{{titleStyle, s.title, false}, {noteStyle, s.note, false}} {
		need := left[0] + head.width(s.scale, head.txt) + s.px(pad)
		s.size.X = max(s.size.X, min(need, s.px(pageWidth)))
	}
}

// barRect stands right of all panels, over their whole height.
func (s *sheet) barRect() image.Rectangle {
	r := s.rows[0][0].r
	for _, row := range s.rows {
		for _, p := range row {
			r = r.Union(p.r)
		}
	}
	return image.Rect(r.Max.X+s.px(barGap), r.Min.Y, r.Max.X+s.px(barGap+barWidth), r.Max.Y)
}

// render returns the whole figure.
func (s *sheet) render() *image.RGBA {
	s.layout()
	c := s.base()
	s.writeHead(c)
	s.fillData(c.img)
	stddraw.Draw(c.img, c.img.Bounds(), s.overlay().img, image.Point{}, stddraw.Over)
	return c.img
}

// base draws what stays the same in all frames of an animation.
func (s *sheet) base() *canvas {
	c := newCanvas(s.size, s.scale, white)
	for _, row := range s.rows {
		for _, p := range row {
			s.frame(c, p)
		}
	}
	if s.bar != nil {
		s.drawBar(c)
	}
	return c
}

// writeHead writes the title and the note.
func (s *sheet) writeHead(c *canvas) {
	if s.title != "" {
		s.writeLine(c, titleStyle, s.px(pad+titleStyle.points), s.title)
	}
	if s.note != "" {
		s.writeLine(c, noteStyle, s.titleHeight()+s.px(noteStyle.points), s.note)
	}
}

// writeLine writes from the left edge of the first panel, smaller or cut where the
// sheet is too narrow.
func (s *sheet) writeLine(c *canvas, st style, baseline int, txt string) {
	x := s.rows[0][0].r.Min.X
	st, txt = fit(st, s.scale, s.size.X-x-s.px(pad), txt)
	c.write(st, x, baseline, 0, false, txt)
}

// fit makes txt at most w pixels wide: by a smaller size, down to two thirds, then
// by leaving out its end.
func fit(st style, u scale, w int, txt string) (style, string) {
	for small := st.points * 0.67; st.width(u, txt) > w && st.points > small; {
		st.points -= 0.5
	}
	if r := []rune(txt); st.width(u, txt) > w {
		cut := func(n int) string { return string(r[:n]) + "…" }
		n := sort.Search(len(r), func(n int) bool { return st.width(u, cut(n+1)) > w })
		txt = cut(n)
	}
	return st, txt
}

func (s *sheet) fillData(img *image.RGBA) {
	for _, row := range s.rows {
		for _, p := range row {
			if p.raster != nil {
				p.raster.fill(img, p.r)
			}
		}
	}
}

// overlay draws lines and marks on a transparent canvas.
func (s *sheet) overlay() *canvas {
	c := newCanvas(s.size, s.scale, color.Transparent)
	for _, row := range s.rows {
		for _, p := range row {
			if p.line != nil {
				p.line.draw(c, p)
			}
			if p.marks != nil {
				p.marks(c, p)
			}
		}
	}
	return c
}

// frame draws the edge of a panel with its ticks and labels.
func (s *sheet) frame(c *canvas, p *panel) {
	e, r := max(1, s.px(edge)), p.r
	c.fill(r.Min.X-e, r.Min.Y-e, r.Max.X+e, r.Max.Y+e, black)
	c.fill(r.Min.X, r.Min.Y, r.Max.X, r.Max.Y, white)

	mid := (r.Min.X + r.Max.X) / 2
	top := r.Min.Y - e
	if !p.bareX {
		len, base, label := s.px(tickLen), s.px(tickLen+textGap+0.75*tickStyle.points), s.px(tickLen+2*textGap+tickStyle.points+0.8*labelStyle.points)
		for _, t := range s.xTicks(p) {
			x := r.Min.X + int(p.x.frac(t.value)*float64(r.Dx())-float64(e)/2+0.5)
			x = min(max(x, r.Min.X-e), r.Max.X)
			if p.xTop {
				c.fill(x, r.Min.Y-e-len, x+e, r.Min.Y-e, black)
				c.write(tickStyle, x, r.Min.Y-e-s.px(tickLen+textGap), 0.5, false, t.label)
			} else {
				c.fill(x, r.Max.Y+e, x+e, r.Max.Y+e+len, black)
				c.write(tickStyle, x, r.Max.Y+e+base, 0.5, false, t.label)
			}
		}
		st, txt := fit(labelStyle, s.scale, max(r.Dx()+s.px(30), s.px(80)), p.x.label)
		if p.xTop {
			top -= s.xRoom(p)
			c.write(st, mid, r.Min.Y-e-s.px(tickLen+2*textGap+tickStyle.points), 0.5, false, txt)
		} else {
			c.write(st, mid, r.Max.Y+e+label, 0.5, false, txt)
		}
	}
	if p.head != "" {
		st, txt := fit(headStyle, s.scale, r.Dx()+s.px(10), p.head)
		c.write(st, mid, top-s.px(4), 0.5, false, txt)
	}
	x := r.Min.X - e
	if !p.bareY {
		t := s.yTicks(p)
		s.sideTicks(c, p.y, t, r, x, -1)
		x -= s.room(t, p.y.label)
		st, txt := fit(labelStyle, s.scale, r.Dy()+s.px(24), p.y.label)
		c.write(st, x+s.px(0.8*labelStyle.points), (r.Min.Y+r.Max.Y)/2, 0.5, true, txt)
	}
	if p.side != "" {
		st, txt := fit(headStyle, s.scale, r.Dy()+s.px(10), p.side)
		c.write(st, x-s.px(5), (r.Min.Y+r.Max.Y)/2, 0.5, true, txt)
	}
}

// sideTicks draws ticks and labels from x to the left (dir -1) or right (1).
func (s *sheet) sideTicks(c *canvas, a axis, ticks []tick, r image.Rectangle, x, dir int) {
	e, n := max(1, s.px(edge)), s.px(tickLen)
	for _, t := range ticks {
		y := r.Min.Y + int(a.frac(t.value)*float64(r.Dy())-float64(e)/2+0.5)
		y = min(max(y, r.Min.Y-e), r.Max.Y)
		ends := []int{x, x + dir*n}
		slices.Sort(ends)
		c.fill(ends[0], y, ends[1], y+e, black)
		ax := 0.0
		if dir < 0 {
			ax = 1
		}
		c.write(tickStyle, x+dir*s.px(tickLen+textGap), y+s.px(0.36*tickStyle.points), ax, false, t.label)
	}
}

func (s *sheet) drawBar(c *canvas) {
	e, r := max(1, s.px(edge)), s.barRect()
	c.fill(r.Min.X-e, r.Min.Y-e, r.Max.X+e, r.Max.Y+e, black)
	t := s.bar.tone
	v := make([]float64, r.Dx()*r.Dy())
	for i := range v {
		v[i] = t.hi - (t.hi-t.lo)*(float64(i/r.Dx())+0.5)/float64(r.Dy())
	}
	t.paint(c.img, r, v, nil)
	a := s.barAxis()
	ticks := a.ticks(r.Dy(), s.px(34))
	s.sideTicks(c, a, ticks, r, r.Max.X+e, 1)
	st, txt := fit(labelStyle, s.scale, r.Dy()+s.px(24), a.label)
	x := r.Max.X + e + s.room(ticks, a.label)
	c.write(st, x, (r.Min.Y+r.Max.Y)/2, 0.5, true, txt)
}
