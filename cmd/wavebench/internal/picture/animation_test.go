package picture

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"io"
	"strings"
	"testing"
	"time"
)

// play decodes a GIF and returns each frame as a viewer shows it.
func play(t *testing.T, b []byte) (*gif.GIF, []*image.RGBA) {
	t.Helper()
	g, err := gif.DecodeAll(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	screen := image.NewRGBA(image.Rect(0, 0, g.Config.Width, g.Config.Height))
	var frames []*image.RGBA
	for _, f := range g.Image {
		draw.Draw(screen, f.Rect, f, f.Rect.Min, draw.Over)
		c := image.NewRGBA(screen.Rect)
		copy(c.Pix, screen.Pix)
		frames = append(frames, c)
	}
	return g, frames
}

func TestAnimationFollowsTheField(t *testing.T) {
	const ny, nx = 30, 70
	for _, back := range [][]float64{nil, layers(ny, nx), ring([]int{ny, nx}, []float64{5, 5}, 9)} {
		sp := SnapshotSpec{Title: "moving", Grid: Grid{Shape: []int{ny, nx}, Spacing: []float64{10, 10}}, Limit: 1, Backdrop: back,
			Overlay: Overlay{Sources: [][]float64{{290, 690}}}}
		a, err := NewAnimation(sp, 80*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 4 {
			u := make([]float64, ny*nx)
			u[4*nx+10+15*i] = 1
			if err := a.Add(0.1*float64(i), u); err != nil {
				t.Fatal(err)
			}
		}
		var b, again bytes.Buffer
		if err := errors.Join(a.Encode(&b), a.Encode(&again)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Error("two encodings differ")
		}
		g, frames := play(t, b.Bytes())
		if len(frames) != 4 || a.Len() != 4 || g.LoopCount != 0 || g.Delay[3] != 8 {
			t.Fatalf("%d frames, loop count %d, delays %v", len(frames), g.LoopCount, g.Delay)
		}
		if w := g.Config.Width; w < 700 || w > 900 {
			t.Errorf("width is %d", w)
		}
		r := a.sheet.rows[0][0].r
		var titles [][]byte
		for i, f := range frames {
			checkPage(t, f)
			for k := range 4 {
				x, y := centre(cellRect(r, 4, 10+15*k, ny, nx))
				c := f.RGBAAt(x, y)
				if red := int(c.R) > int(c.B)+40; red != (k == i) {
					t.Errorf("frame %d: cell %d is %v", i, k, c)
				}
			}
			titles = append(titles, f.Pix[:f.PixOffset(0, a.sheet.titleHeight())])
			if x, y := centre(cellRect(r, 29, 69, ny, nx)); f.RGBAAt(x, y) != sourceRed {
				t.Errorf("frame %d: the source is %v", i, f.RGBAAt(x, y))
			}
		}
		if bytes.Equal(titles[1], titles[2]) {
			t.Error("the time in the title stands still")
		}
	}
}

// The field's own colours must be in the palette, not rounded to neighbours.
func TestAnimationPaletteHoldsTheField(t *testing.T) {
	for _, back := range [][]float64{nil, {1, 2, 1, 2}, {1, 2, 3, 4}} {
		values, shades := paletteSize(back)
		sp := SnapshotSpec{Grid: Grid{Shape: []int{2, 2}, Spacing: []float64{1, 1}}, Limit: 1, Backdrop: back}
		s, _, err := sp.empty(gifScale, values, shades)
		if err != nil {
			t.Fatal(err)
		}
		p := newPalette(s)
		if len(p) > 256 {
			t.Errorf("palette has %d colours", len(p))
		}
		for _, row := range s.rows[0][0].raster.tone.rows {
			for _, c := range row {
				if p[p.Index(c)] != color.Color(c) {
					t.Fatalf("palette lacks %v", c)
				}
			}
			if row[values/2].R != row[values/2].B {
				t.Errorf("zero is %v, want no hue", row[values/2])
			}
		}
	}
}

func TestAnimationOfLinesAndVolumes(t *testing.T) {
	for _, shape := range [][]int{{90}, {12, 14, 20}} {
		g := Grid{Shape: shape, Spacing: []float64{1, 1, 1}[:len(shape)]}
		c := []float64{5, 5, 5}[:len(shape)]
		a, err := NewAnimation(SnapshotSpec{Title: "x", Grid: g, Limit: 1}, 50*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			if err := a.Add(float64(i), ring(shape, c, float64(5*i+1))); err != nil {
				t.Fatal(err)
			}
		}
		var b bytes.Buffer
		if err := a.Encode(&b); err != nil {
			t.Fatal(err)
		}
		_, frames := play(t, b.Bytes())
		checkPage(t, frames[0])
		r := a.sheet.rows[0][0].r
		if bytes.Equal(frames[0].SubImage(r).(*image.RGBA).Pix, frames[1].SubImage(r).(*image.RGBA).Pix) {
			t.Errorf("shape %v: the field stands still", shape)
		}
	}
}

func TestAnimationErrors(t *testing.T) {
	sp := SnapshotSpec{Grid: Grid{Shape: []int{3, 3}, Spacing: []float64{1, 1}}, Limit: 1}
	a, err := NewAnimation(sp, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Encode(&bytes.Buffer{}); err == nil || err.Error() != "picture: the animation has no frame" {
		t.Error(err)
	}
	if err := a.Add(0, make([]float64, 8)); err == nil || err.Error() != "picture: Field has 8 values, want 9 for shape [3 3]" {
		t.Error(err)
	}
	if a.Len() != 0 {
		t.Error("a frame that failed was kept")
	}
	if err := a.Add(0, make([]float64, 9)); err != nil {
		t.Fatal(err)
	}
	if err := a.Encode(&brokenWriter{50}); !errors.Is(err, errFull) {
		t.Error(err)
	}
	if _, err := NewAnimation(sp, time.Millisecond); err == nil || !strings.Contains(err.Error(), "delay is 1ms") {
		t.Error(err)
	}
	sp.Limit = 0
	if _, err := NewAnimation(sp, time.Second); err == nil || !strings.Contains(err.Error(), "Limit is 0") {
		t.Error(err)
	}
}

func BenchmarkAnimation(b *testing.B) {
	g := Grid{Shape: []int{300, 700}, Spacing: []float64{10, 10}}
	u := ring(g.Shape, []float64{100, 300}, 80)
	a, err := NewAnimation(SnapshotSpec{Title: "ring", Grid: g, Limit: 1}, 50*time.Millisecond)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := a.Add(0, u); err != nil {
			b.Fatal(err)
		}
		a.gif.Image, a.gif.Delay = a.gif.Image[:0], a.gif.Delay[:0]
	}
}

func BenchmarkGather(b *testing.B) {
	d := hyperbola(500, 4000, 0.0005)
	for b.Loop() {
		if err := Gather(&bytes.Buffer{}, GatherSpec{Data: d, Receivers: 500, Samples: 4000, DT: 0.0005}); err != nil {
			b.Fatal(err)
		}
	}
}

// What is shown of a volume makes the same pictures as the volume, and no frame of any
// shape takes more than is said.
func TestSlicesAndSizeOfFrames(t *testing.T) {
	for _, shape := range [][]int{{5}, {3, 4000}, {4000, 3}, {300, 400}, {6, 7, 8}, {300, 2, 2}, {2, 300, 300}} {
		g := grid(shape...)
		n := 1
		middle := make([]float64, len(shape))
		for d, m := range shape {
			n *= m
			middle[d] = float64(m / 3)
		}
		field := ring(shape, middle, 2)
		back := make([]float64, n)
		for i := range back {
			back[i] = float64(i % 7)
		}
		through := make([]float64, len(shape))
		whole := SnapshotSpec{Title: "x", Grid: g, Limit: 1, Field: field, Backdrop: back, Through: through, Overlay: Overlay{Sources: [][]float64{through}}}
		sliced := whole
		sliced.Sliced = true
		for to, from := range map[*[]float64][]float64{&sliced.Field: field, &sliced.Backdrop: back} {
			var err error
			if *to, err = g.Shown(through, func(i int) float64 { return from[i] }); err != nil {
				t.Fatal(err)
			}
		}
		var images [2]bytes.Buffer
		for i, sp := range []SnapshotSpec{whole, sliced} {
			if err := Snapshot(&images[i], sp); err != nil {
				t.Fatalf("%v: %v", shape, err)
			}
			a, err := NewAnimation(sp, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Add(0, sp.Field); err != nil {
				t.Fatal(err)
			}
			if got := len(a.gif.Image[0].Pix); got > AnimationFrameBytes {
				t.Errorf("%v: a frame takes %d bytes, want at most %d", shape, got, AnimationFrameBytes)
			}
			if err := a.Encode(&images[i]); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(images[0].Bytes(), images[1].Bytes()) {
			t.Errorf("%v: slices are drawn in another way than the whole", shape)
		}
	}
	sp := SnapshotSpec{Grid: grid(2, 3, 4), Limit: 1, Field: make([]float64, 24), Sliced: true}
	if err := Snapshot(io.Discard, sp); err == nil || err.Error() != "picture: Field has 24 values, want 26 for slices of shape [2 3 4]" {
		t.Errorf("a volume for its slices: %v", err)
	}
}
