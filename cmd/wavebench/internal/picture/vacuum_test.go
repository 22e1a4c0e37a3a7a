package picture

import (
	"bytes"
	"image"
	"io"
	"math"
	"strings"
	"testing"
	"time"
)

// TestVacuumIsGrey: vacuum is grey with a line around it and takes no part in the scale, in
// models and wavefields of every number of dimensions, larger or smaller than the picture.
func TestVacuumIsGrey(t *testing.T) {
	for _, shape := range [][]int{{60}, {40, 60}, {900, 1500}, {20, 24, 30}} {
		n, row := 1, 1
		for d, m := range shape {
			if n *= m; d > 0 {
				row *= m
			}
		}
		top := shape[0] / 4 // rows of vacuum
		m := ModelSpec{Grid: grid(shape...), Data: make([]float64, n), Overlay: Overlay{Vacuum: make([]float64, n)}}
		for i := range m.Data {
			m.Data[i] = 2000 + float64(i/row)
			if i/row < top {
				m.Data[i], m.Vacuum[i] = 0, 1
			}
		}
		sp := SnapshotSpec{Grid: m.Grid, Overlay: m.Overlay, Backdrop: m.Data, Field: make([]float64, n), Limit: 1}
		for name, c := range map[string]struct {
			spec  interface{ sheet() (*sheet, error) }
			write func(io.Writer) error
		}{
			"model":    {m, func(w io.Writer) error { return Model(w, m) }},
			"snapshot": {sp, func(w io.Writer) error { return Snapshot(w, sp) }},
		} {
			img := drawn(t, c.write)
			s, err := c.spec.sheet()
			if err != nil {
				t.Fatal(err)
			}
			s.layout()
			p := s.rows[0][0]
			at := func(f float64) (x, y int) { // a part of the way along the first axis
				if len(shape) == 1 {
					return p.r.Min.X + int(f*float64(p.r.Dx())), p.r.Min.Y + 3
				}
				return p.r.Min.X + p.r.Dx()/3, p.r.Min.Y + int(f*float64(p.r.Dy()))
			}
			x, y := at(0.12)
			if c := pixel(img, x, y); c != voidGrey {
				t.Errorf("%s of %v: vacuum is %v, want grey", name, shape, c)
			}
			x, y = at(0.6)
			if c := pixel(img, x, y); c == voidGrey || c == edgeGrey {
				t.Errorf("%s of %v: what is not vacuum is %v", name, shape, c)
			}
			edges := 0
			for f := 0.2; f < 0.3; f += 0.0005 {
				x, y := at(f)
				if pixel(img, x, y) == edgeGrey {
					edges++
				}
			}
			if edges == 0 {
				t.Errorf("%s of %v: vacuum has no edge", name, shape)
			}
			if !strings.Contains(s.note, "vacuum (grey)") || strings.Contains(s.note, "clipped") || strings.Contains(s.note, "not finite") {
				t.Errorf("%s of %v says %q", name, shape, s.note)
			}
			if s.bar != nil && name == "model" && s.bar.tone.lo != float64(2000+top) {
				t.Errorf("scale of %v begins at %g, want the least speed beside vacuum, %d", shape, s.bar.tone.lo, 2000+top)
			}
		}
		// Beside it colours are those of the data: none but the scale's.
		if len(shape) == 2 {
			s, err := m.sheet()
			if err != nil {
				t.Fatal(err)
			}
			g := s.rows[0][0].raster
			g.fill(image.NewRGBA(image.Rect(0, 0, 331, 331)), image.Rect(0, 0, 331, 331))
			px := g.pixels(g.data, image.Rect(0, 0, 331, 331), cells, cells)
			for i, k := range g.masked {
				if v := (px[i] - k*g.tone.lo) / (1 - k); k < 0.5 && !(v >= float64(2000+top) && v <= float64(2000+shape[0])) {
					t.Fatalf("a pixel of which %g is vacuum shows %g", k, v)
				}
			}
		}

		a, err := NewAnimation(sp, 100*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Add(0, sp.Field); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := a.Encode(&b); err != nil {
			t.Fatal(err)
		}
		_, frames := play(t, b.Bytes())
		a.sheet.layout()
		r := a.sheet.rows[0][0].r
		if c := pixel(frames[0], r.Min.X+4, r.Min.Y+4); c != voidGrey {
			t.Errorf("animation of %v: vacuum is %v, want grey", shape, c)
		}
	}

	all := ModelSpec{Grid: grid(3, 3), Data: make([]float64, 9), Overlay: Overlay{Vacuum: make([]float64, 8)}}
	if err := Model(io.Discard, all); err == nil || !strings.Contains(err.Error(), "Vacuum has 8 values, want 9") {
		t.Errorf("a mask of another shape: %v", err)
	}
	if err := Snapshot(io.Discard, SnapshotSpec{Grid: all.Grid, Overlay: all.Overlay, Field: all.Data}); err == nil || !strings.Contains(err.Error(), "Vacuum") {
		t.Errorf("a mask of another shape: %v", err)
	}
	nothing := Overlay{Vacuum: make([]float64, 9)}
	if got := nothing.without([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, math.NaN()); got[4] != 5 || nothing.note() != "" {
		t.Errorf("a mask of nothing: %v, %q", got, nothing.note())
	}
}
