package picture

import (
	"image/color"
	"io"
	"testing"
	"time"
)

// Every figure says what its scale cuts off, and says nothing if that is nothing.
func TestClippingIsSaid(t *testing.T) {
	values := func(n int, beyond ...float64) []float64 { // n values, the last ones beyond 1
		d := make([]float64, n)
		for i := range d {
			d[i] = float64(i%3) - 1
		}
		copy(d[n-len(beyond):], beyond)
		return d
	}
	flat, volume, curve := grid(10, 20), grid(20, 20, 20), grid(200)
	panels := PanelsSpec{Rows: []string{""}, Cols: []string{"a", "b"}, NV: 10, NH: 10, V: Side{"v", 0, 1}, H: Side{"h", 0, 1}, Limit: 1}
	panels.Data = [][]float64{values(100), values(100, -3)}
	for want, spec := range map[string]interface{ sheet() (*sheet, error) }{
		"colours clipped at ±1: 1% of the samples beyond, up to −7": SnapshotSpec{Grid: flat, Field: values(200, 5, -7), Limit: 1},
		// the value at the far end of the volume lies on all three slices
		"colours clipped at ±1: 0.25% of the samples beyond, up to 4":       SnapshotSpec{Grid: volume, Field: values(8000, 4), Limit: 1, Through: []float64{190, 190, 190}},
		"curve cut at ±1.05: 0.5% of the samples beyond, up to 1.5":         SnapshotSpec{Grid: curve, Field: values(200, 1.5), Limit: 1},
		"colours clipped at 0 and 1: 34% of the samples beyond, up to −1":   ModelSpec{Grid: flat, Data: values(200), Lo: 0, Hi: 1},
		"colours clipped at ±1: 0.5% of the samples beyond, up to −3":       panels,
		"colours clipped at ±1: 2% of the samples beyond, up to 4e+05":      GatherSpec{Data: values(100, 4e5, 3), Receivers: 10, Samples: 10, DT: 1, Clip: 95},
		"colours clipped at ±1: under 0.01% of the samples beyond, up to 2": SnapshotSpec{Grid: grid(200, 100), Field: values(20000, 2), Limit: 1},
	} {
		s, err := spec.sheet()
		if err != nil {
			t.Fatal(err)
		}
		if s.note != want {
			t.Errorf("note is %q, want %q", s.note, want)
		}
	}
	for _, spec := range []interface{ sheet() (*sheet, error) }{
		SnapshotSpec{Grid: flat, Field: values(200), Limit: 1}, SnapshotSpec{Grid: volume, Field: values(8000), Limit: 1},
		SnapshotSpec{Grid: curve, Field: values(200, 1.04), Limit: 1}, ModelSpec{Grid: curve, Data: values(200, 9)}, ModelSpec{Grid: flat, Data: values(200, 9)},
	} {
		if s, err := spec.sheet(); err != nil || s.note != "" {
			t.Errorf("%v: note is %q, want none", err, s.note)
		}
	}
}

// A curve that leaves its panel is red along the edge as long as it is outside, blue
// elsewhere: never a flat top that looks like data.
func TestCutCurve(t *testing.T) {
	d := make([]float64, 100)
	for i := 40; i < 60; i++ {
		d[i] = 30
	}
	for i := 70; i < 90; i++ {
		d[i] = -2
	}
	sp := SnapshotSpec{Grid: grid(100), Field: d, Limit: 1}
	img := drawn(t, func(w io.Writer) error { return Snapshot(w, sp) })
	s, err := sp.sheet()
	if err != nil {
		t.Fatal(err)
	}
	s.layout()
	p := s.rows[0][0]
	x := func(i float64) int { return p.r.Min.X + int((i+0.5)/100*float64(p.r.Dx())) }
	has := func(x, y int, c color.RGBA) bool {
		for dy := -2; dy <= 2; dy++ {
			if pixel(img, x, y+dy) == c {
				return true
			}
		}
		return false
	}
	for _, c := range []struct {
		i   float64
		y   int
		col color.RGBA
	}{
		{50, p.r.Min.Y, sourceRed}, {80, p.r.Max.Y, sourceRed}, {42, p.r.Min.Y, sourceRed},
		{20, (p.r.Min.Y + p.r.Max.Y) / 2, lineBlue}, {65, (p.r.Min.Y + p.r.Max.Y) / 2, lineBlue},
	} {
		if !has(x(c.i), c.y, c.col) {
			t.Errorf("sample %g: no %v at height %d", c.i, c.col, c.y)
		}
	}
	for _, i := range []float64{20, 65, 95} {
		if has(x(i), p.r.Min.Y, sourceRed) || has(x(i), p.r.Max.Y, sourceRed) {
			t.Errorf("sample %g is red, and is inside", i)
		}
	}
	for i := 41.0; i < 59; i++ {
		if has(x(i), p.r.Min.Y+3, lineBlue) {
			t.Errorf("sample %g is cut and blue", i)
		}
	}
}

// Each frame of an animation says what it clips, in room that was left for it.
func TestFramesSayWhatTheyClip(t *testing.T) {
	for want, shape := range map[string][]int{
		"colours clipped at ±1: 10% of the samples beyond, up to 3.14e+10": {2, 5}, "curve cut at ±1.05: 10% of the samples beyond, up to 3.14e+10": {10},
	} {
		a, err := NewAnimation(SnapshotSpec{Title: "x", Grid: grid(shape...), Limit: 1, Overlay: Overlay{Sources: [][]float64{make([]float64, len(shape))}}}, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		size := a.sheet.size
		for i, clips := range []bool{false, true, false} {
			d := make([]float64, 10)
			full := "1 source (star)"
			if clips {
				d[3], full = 3.14e10, want+" · "+full
			}
			if err := a.Add(float64(i), d); err != nil {
				t.Fatal(err)
			}
			if a.sheet.note != full || a.sheet.size != size {
				t.Errorf("frame %d: note is %q, want %q; size %v, want %v", i, a.sheet.note, full, a.sheet.size, size)
			}
		}
		note := func(k int) string { return string(a.gif.Image[k].Pix[:a.gif.Image[k].PixOffset(0, a.head)]) }
		first := a.gif.Image[0]
		if w := note(1); w == note(2) || len(w) != first.Stride*a.head {
			t.Error("the note stands still")
		}
	}
}
