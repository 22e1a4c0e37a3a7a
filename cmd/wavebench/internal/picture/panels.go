package picture

import (
	"fmt"
	"io"
)

// PanelsSpec describes a table of pictures of one shape and one scale, such as
// results side by side with their difference.
type PanelsSpec struct {
	Title string
	// Rows and Cols label the table; their lengths are its size, from 1 to 8.
	Rows, Cols []string
	Data       [][]float64 // row by row, each [NV][NH]; nil leaves a panel empty
	NV, NH     int         // samples down and to the right
	V, H       Side
	Quantity   string  // name and unit, "amplitude" if empty
	Clip       float64 // percentile over all panels, as in GatherSpec
	Limit      float64 // as in GatherSpec
	Colours    Colours // BlueWhiteRed or Grey
}

// Side labels a side of a panel: sample i is at First + i*Step in the unit that
// Name ends with, as in "time (s)".
type Side struct {
	Name        string
	First, Step float64
}

func (a Side) axis(field string, n int) (axis, error) {
	if a.Step == 0 || bad(a.Step) || bad(a.First) {
		return axis{}, fmt.Errorf("picture: %s has First %g and Step %g, want finite numbers, Step not 0", field, a.First, a.Step)
	}
	return axis{label: a.Name, first: a.First - a.Step/2, last: a.First + (float64(n)-0.5)*a.Step}, nil
}

// Panels writes a PNG of a table of pictures with one symmetric scale and colour bar.
func Panels(w io.Writer, ps PanelsSpec) (err error) {
	defer guard(&err)
	s, err := ps.sheet()
	if err != nil {
		return err
	}
	return writePNG(w, s.render())
}

func (ps PanelsSpec) sheet() (*sheet, error) {
	rows, cols := len(ps.Rows), len(ps.Cols)
	if rows < 1 || rows > 8 || cols < 1 || cols > 8 {
		return nil, fmt.Errorf("picture: %d Rows and %d Cols, want 1 to 8 of each", rows, cols)
	}
	if len(ps.Data) != rows*cols {
		return nil, fmt.Errorf("picture: Data has %d panels, want Rows x Cols = %d x %d", len(ps.Data), rows, cols)
	}
	for i, d := range ps.Data {
		if d == nil {
			continue
		}
		if err := checkTable(fmt.Sprintf("Data[%d]", i), d, "NV", ps.NV, "NH", ps.NH); err != nil {
			return nil, err
		}
	}
	if ps.Colours != BlueWhiteRed && ps.Colours != Grey {
		return nil, fmt.Errorf("picture: Colours is %d, want BlueWhiteRed or Grey", ps.Colours)
	}
	if ps.Quantity == "" {
		ps.Quantity = "amplitude"
	}
	v, err := ps.V.axis("V", ps.NV)
	if err != nil {
		return nil, err
	}
	h, err := ps.H.axis("H", ps.NH)
	if err != nil {
		return nil, err
	}
	limit, how, err := clipLimit(ps.Clip, ps.Limit, ps.Data...)
	if err != nil {
		return nil, err
	}
	t := newTone(ps.Colours, -limit, limit, 256, 1)
	s := &sheet{scale: fullScale, title: ps.Title, bar: &bar{label: ps.Quantity, tone: t}}
	pw := s.px(430 / float64(cols))
	ph := min(max(pw*17/20, s.px(75)), s.px(560/float64(max(rows, 2))))
	nbad, hidden := 0, false
	for i := range rows {
		var line []*panel
		for j := range cols {
			p := &panel{x: h, y: v, w: pw, h: ph, bareX: i < rows-1, bareY: j > 0}
			if i == 0 {
				p.head = ps.Cols[j]
			}
			if j == 0 {
				p.side = ps.Rows[i]
			}
			d := ps.Data[i*cols+j]
			p.raster = &raster{data: d, ny: ps.NV, nx: ps.NH, rows: smooth, cols: smooth, tone: t}
			if d != nil {
				_, n := peak(d)
				nbad += n
				hidden = hidden || p.raster.hides(pw, ph)
			}
			line = append(line, p)
		}
		s.rows = append(s.rows, line)
	}
	if hidden { // the same for all, or they could not be compared
		for _, row := range s.rows {
			for _, p := range row {
				p.raster.rows, p.raster.cols = peaks, peaks
			}
		}
	}
	s.note = notes(s.clipped(), how, badNote(nbad, s.badColour()))
	return s, nil
}
