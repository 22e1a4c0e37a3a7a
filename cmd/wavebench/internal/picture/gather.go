package picture

import (
	"fmt"
	"io"
)

// GatherSpec describes the recording of one shot.
type GatherSpec struct {
	Title string
	// Data holds the amplitudes, [Receivers][Samples].
	Data               []float64
	Receivers, Samples int
	DT                 float64 // sampling interval, s
	Start              float64 // time of sample 0, s
	// Positions labels the receivers with offsets or coordinates, which always rise
	// or always fall; nil labels them by channel number from 0. Traces are drawn
	// evenly spaced whatever their positions.
	Positions []float64
	// PositionLabel names Positions, "offset (m)" if empty.
	PositionLabel string
	// Quantity names the amplitude and its unit, "amplitude" if empty.
	Quantity string
	// Clip is the percentile of |amplitude| from which on samples are plain black
	// or white, above 0 to 100; 0 means 99.
	Clip float64
	// Limit is the amplitude to clip at instead, for pictures that share a scale.
	Limit float64
}

// Gather writes a PNG of a shot gather: receivers to the right, time downward,
// positive amplitudes black. A single receiver is drawn as a curve over time.
func Gather(w io.Writer, g GatherSpec) (err error) {
	defer guard(&err)
	s, err := g.sheet()
	if err != nil {
		return err
	}
	return writePNG(w, s.render())
}

func (g GatherSpec) sheet() (*sheet, error) {
	if err := checkTable("Data", g.Data, "Receivers", g.Receivers, "Samples", g.Samples); err != nil {
		return nil, err
	}
	if !(g.DT > 0) || bad(g.DT) {
		return nil, fmt.Errorf("picture: DT is %g s, want above 0", g.DT)
	}
	if bad(g.Start) {
		return nil, fmt.Errorf("picture: Start is %g s, want a finite time", g.Start)
	}
	if g.Quantity == "" {
		g.Quantity = "amplitude"
	}
	if g.PositionLabel == "" {
		g.PositionLabel = "offset (m)"
	}
	label := g.PositionLabel
	if g.Positions == nil {
		label = ""
	}
	across, err := channels(g.Receivers, g.Positions, label)
	if err != nil {
		return nil, err
	}
	limit, how, err := clipLimit(g.Clip, g.Limit, g.Data)
	if err != nil {
		return nil, err
	}
	time := axis{
		label: "time (s)",
		first: g.Start - g.DT/2,
		last:  g.Start + (float64(g.Samples)-0.5)*g.DT,
	}
	s := &sheet{scale: fullScale, title: g.Title}
	_, nbad := peak(g.Data)
	if g.Receivers == 1 {
		top, _ := peak(g.Data)
		if top < tiny {
			top = 1
		}
		amp, f := factored(axis{label: g.Quantity, first: 1.05 * top, last: -1.05 * top})
		v := make([]float64, len(g.Data))
		for i, a := range g.Data {
			v[i] = a / f
		}
		s.rows = [][]*panel{{{x: time, y: amp, w: s.px(500), h: s.px(230), line: &line{data: v, unit: f}}}}
		s.note = badNote(nbad, s.badColour())
		return s, nil
	}
	t := newTone(Grey, -limit, limit, 256, 1)
	r := &raster{data: g.Data, ny: g.Receivers, nx: g.Samples, turn: true, rows: smooth, cols: smooth, tone: t}
	if g.Receivers < 120 { // broad traces: invent nothing between them
		r.rows = cells
	}
	p := &panel{x: across, y: time, xTop: true, w: s.px(465), h: s.px(400), raster: r}
	if r.hides(p.w, p.h) {
		r.rows, r.cols = peaks, peaks
	}
	s.rows = [][]*panel{{p}}
	s.bar = &bar{label: g.Quantity, tone: t}
	s.note = notes(s.clipped(), how, badNote(nbad, s.badColour()))
	return s, nil
}

// tiny is the least magnitude that a scale may end at.
const tiny = 1e-290

// clipLimit returns the amplitude at which grey scales end, and words for it if it
// clips nothing.
func clipLimit(clip, limit float64, sets ...[]float64) (float64, string, error) {
	if clip == 0 {
		clip = 99
	}
	if !(clip > 0 && clip <= 100) {
		return 0, "", fmt.Errorf("picture: Clip is %g, want above 0 to 100", clip)
	}
	if limit != 0 && !(limit >= tiny) || bad(limit) {
		return 0, "", fmt.Errorf("picture: Limit is %g, want 1e-290 or more, or 0 for a limit from the data", limit)
	}
	top, finite := 0.0, false
	for _, v := range sets {
		p, nbad := peak(v)
		top, finite = max(top, p), finite || nbad < len(v)
	}
	switch {
	case limit > 0:
		return limit, "", nil
	case !finite:
		return 0, "", errNoFinite
	case top == 0:
		return 1, "all values are 0", nil
	case top < tiny:
		return 1, "no magnitude above 1e−290", nil
	}
	l := percentile(clip, sets...)
	if l < top*1e-6 || l == top { // nearly all samples are zero, or none is beyond
		return top, "scaled to the largest magnitude, " + short(top), nil
	}
	return l, "", nil
}
