package picture

import (
	"fmt"
	"image"
	"io"
)

// BarsSpec describes a chart of horizontal bars, the first on top.
type BarsSpec struct {
	Title    string
	Notes    []string // lines under the title
	Quantity string   // name and unit of the values
	Bars     []Bar    // 1 to 100
}

// Bar is a bar from 0 to Value, which is 0 or more.
type Bar struct {
	Label string // left of the bar
	Text  string // right of the chart
	Value float64
	// Least to Most is drawn as a thin line, if Most is not 0; Mark as a red line
	// across, if it is not 0.
	Least, Most, Mark float64
}

// Bars writes a PNG of a bar chart.
func Bars(w io.Writer, b BarsSpec) (err error) {
	defer guard(&err)
	c, err := b.layout()
	if err != nil {
		return err
	}
	return writePNG(w, c.draw().img)
}

// barChart is a BarsSpec with its sizes in pixels.
type barChart struct {
	BarsSpec
	sheet       // of one panel, for its axis and frame
	row   int   // height
	x     axis  // of the values
	lines []int // baselines of the notes
}

func (b BarsSpec) layout() (*barChart, error) {
	if len(b.Bars) < 1 || len(b.Bars) > 100 {
		return nil, fmt.Errorf("picture: Bars has %d, want 1 to 100", len(b.Bars))
	}
	c := &barChart{BarsSpec: b, sheet: sheet{scale: fullScale, title: b.Title}}
	left, right, most := 0, 0, 0.0
	for i, bar := range b.Bars {
		for _, v := range []float64{bar.Value, bar.Least, bar.Most, bar.Mark} {
			if !(v >= 0) || bad(v) {
				return nil, fmt.Errorf("picture: Bars[%d] has %v, want finite numbers of 0 or more", i, v)
			}
			most = max(most, v)
		}
		left, right = max(left, labelStyle.width(c.scale, bar.Label)), max(right, labelStyle.width(c.scale, bar.Text))
	}
	if most < tiny {
		most = 1
	}
	c.x = axis{label: b.Quantity, last: 1.04 * most}
	c.row = c.px(min(max(230/float64(len(b.Bars)), 16), 66))
	left = min(left, c.px(pageWidth*0.5)) + c.px(pad+6)
	right = c.px(pageWidth) - right - c.px(pad+6)
	y := c.titleHeight()
	for range b.Notes {
		y += c.px(noteStyle.points + 4)
		c.lines = append(c.lines, y-c.px(4))
	}
	y += c.px(8)
	p := &panel{x: c.x, bareY: true, w: right - left, h: c.row * len(b.Bars)}
	p.r = image.Rect(left, y, right, y+p.h)
	c.rows = [][]*panel{{p}}
	c.size = image.Pt(c.px(pageWidth), p.r.Max.Y+c.xRoom(p)+c.px(pad))
	return c, nil
}

func (b *barChart) draw() *canvas {
	p := b.rows[0][0]
	c := newCanvas(b.size, b.scale, white)
	b.line(c, titleStyle, b.px(pad+titleStyle.points), b.title)
	for i, y := range b.lines {
		b.line(c, noteStyle, y, b.Notes[i])
	}
	b.frame(c, p)
	at := func(v float64) int { return p.r.Min.X + int(p.x.frac(v)*float64(p.r.Dx())+0.5) }
	for i, bar := range b.Bars {
		top := p.r.Min.Y + i*b.row
		middle, thin := top+b.row/2, max(1, b.px(1))
		c.fill(p.r.Min.X, top+b.row/6, at(bar.Value), top+b.row-b.row/6, barBlue)
		if bar.Most > 0 {
			c.fill(at(bar.Least), middle-thin/2, at(bar.Most), middle-thin/2+thin, black)
			c.fill(at(bar.Least), middle-b.row/8, at(bar.Least)+thin, middle+b.row/8, black)
		}
		if bar.Mark > 0 {
			c.fill(at(bar.Mark)-thin, top+b.row/12, at(bar.Mark)+thin, top+b.row-b.row/12, sourceRed)
		}
		base := middle + b.px(0.36*labelStyle.points)
		st, txt := fit(labelStyle, b.scale, p.r.Min.X-b.px(pad+6), bar.Label)
		c.write(st, p.r.Min.X-b.px(6), base, 1, false, txt)
		c.write(labelStyle, p.r.Max.X+b.px(6), base, 0, false, bar.Text)
	}
	return c
}

// line writes from the left edge of the page, smaller or cut where that is too narrow.
func (b *barChart) line(c *canvas, st style, baseline int, txt string) {
	st, txt = fit(st, b.scale, b.size.X-2*b.px(pad), txt)
	c.write(st, b.px(pad), baseline, 0, false, txt)
}
