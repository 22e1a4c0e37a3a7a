package picture

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"strings"
	"testing"
)

// drawn returns the decoded picture of a sheet, checked for size, and with a white
// margin: nothing is cut off.
func drawn(t *testing.T, write func(w io.Writer) error) image.Image {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	checkPage(t, img)
	return img
}

func checkPage(t *testing.T, img image.Image) {
	t.Helper()
	r := img.Bounds()
	if r.Dx() < 350 || r.Dx() > 1600 || r.Dy() < 250 || r.Dy() > 1400 {
		t.Errorf("picture is %v", r.Size())
	}
	const margin = 5
	for _, side := range []image.Rectangle{
		image.Rect(0, 0, r.Dx(), margin), image.Rect(0, r.Dy()-margin, r.Dx(), r.Dy()),
		image.Rect(0, 0, margin, r.Dy()), image.Rect(r.Dx()-margin, 0, r.Dx(), r.Dy()),
	} {
		for y := side.Min.Y; y < side.Max.Y; y++ {
			for x := side.Min.X; x < side.Max.X; x++ {
				if c := pixel(img, x, y); c != white {
					t.Fatalf("margin at %d,%d of %v is %v", x, y, r.Size(), c)
				}
			}
		}
	}
	seen := map[color.RGBA]bool{}
	for y := 0; y < r.Dy(); y += 3 {
		for x := range r.Dx() {
			if seen[pixel(img, x, y)] = true; len(seen) > 2 {
				return
			}
		}
	}
	t.Errorf("picture has %d colours", len(seen))
}

func pixel(img image.Image, x, y int) color.RGBA {
	return color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
}

// cellRect returns the pixels of r that show only cell (row, col) of ny x nx.
func cellRect(r image.Rectangle, row, col, ny, nx int) image.Rectangle {
	up := func(a, n, w int) int { return (a*w + n - 1) / n }
	return image.Rect(
		r.Min.X+up(col, nx, r.Dx()), r.Min.Y+up(row, ny, r.Dy()),
		r.Min.X+(col+1)*r.Dx()/nx, r.Min.Y+(row+1)*r.Dy()/ny)
}

func centre(r image.Rectangle) (x, y int) { return (r.Min.X + r.Max.X) / 2, (r.Min.Y + r.Max.Y) / 2 }

func TestModelShowsEachCellInItsPlace(t *testing.T) {
	const ny, nx, row, col = 37, 81, 3, 70
	m := ModelSpec{Title: "one cell", Grid: Grid{Shape: []int{ny, nx}, Spacing: []float64{5, 5}}, Data: make([]float64, ny*nx)}
	m.Data[row*nx+col] = 1
	img := drawn(t, func(w io.Writer) error { return Model(w, m) })
	s, err := m.sheet()
	if err != nil {
		t.Fatal(err)
	}
	s.layout()
	r := s.rows[0][0].r
	if s.size != img.Bounds().Size() || s.size.X < 1100 || s.size.X > 1250 {
		t.Errorf("picture is %v, layout %v, want about 1200 wide", img.Bounds().Size(), s.size)
	}
	if got, want := float64(r.Dx())/float64(r.Dy()), float64(nx)/ny; math.Abs(got/want-1) > 0.01 {
		t.Errorf("aspect ratio is %g, want %g", got, want)
	}
	in := cellRect(r, row, col, ny, nx)
	if in.Empty() {
		t.Fatal("cell has no pixel")
	}
	table := Viridis.table(256)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c, p := pixel(img, x, y), image.Pt(x, y)
			switch {
			case p.In(in) && c != table[255]:
				t.Fatalf("pixel %v inside the cell is %v", p, c)
			case !p.In(in.Inset(-1)) && c != table[0]:
				t.Fatalf("pixel %v outside the cell is %v", p, c)
			}
		}
	}
}

func TestGatherOrientation(t *testing.T) {
	for _, n := range []struct{ nr, nt int }{{200, 400}, {30, 100}, {500, 9000}} {
		d := make([]float64, n.nr*n.nt)
		down, up := 5*n.nt/100, 90*n.nt/100
		d[(n.nr-3)*n.nt+down] = 1 // late receiver, early time
		d[2*n.nt+up] = -1
		g := GatherSpec{Title: "spikes", Data: d, Receivers: n.nr, Samples: n.nt, DT: 0.001}
		img := drawn(t, func(w io.Writer) error { return Gather(w, g) })
		s, err := g.sheet()
		if err != nil {
			t.Fatal(err)
		}
		s.layout()
		r := s.rows[0][0].r
		at := func(rec, sample int) color.RGBA {
			x := r.Min.X + int((float64(rec)+0.5)/float64(n.nr)*float64(r.Dx()))
			y := r.Min.Y + int((float64(sample)+0.5)/float64(n.nt)*float64(r.Dy()))
			return pixel(img, x, y)
		}
		if c := at(n.nr-3, down); c.R > 40 {
			t.Errorf("%v: positive spike is %v, want black", n, c)
		}
		if c := at(2, up); c.R < 215 {
			t.Errorf("%v: negative spike is %v, want white", n, c)
		}
		if c := at(n.nr/2, n.nt/2); c.R != 128 && c.R != 127 {
			t.Errorf("%v: zero is %v, want mid grey", n, c)
		}
	}
}

func TestGatherClip(t *testing.T) {
	d := make([]float64, 10*1000)
	for i := range d {
		d[i] = float64(i + 1)
	}
	for _, c := range []struct{ clip, limit, want float64 }{{0, 0, 9900}, {50, 0, 5000}, {100, 0, 10000}, {0, 123, 123}} {
		g := GatherSpec{Data: d, Receivers: 10, Samples: 1000, DT: 1, Clip: c.clip, Limit: c.limit}
		s, err := g.sheet()
		if err != nil {
			t.Fatal(err)
		}
		if tn := s.bar.tone; tn.hi != c.want || tn.lo != -c.want {
			t.Errorf("Clip %g, Limit %g: ends at %g and %g, want %g", c.clip, c.limit, tn.lo, tn.hi, c.want)
		}
		if !strings.Contains(s.note, short(c.want)) {
			t.Errorf("note %q does not state %s", s.note, short(c.want))
		}
	}
}

func TestTraceIsACurve(t *testing.T) {
	const nt = 200
	d := make([]float64, nt)
	d[50] = 2e-4
	g := GatherSpec{Data: d, Receivers: 1, Samples: nt, DT: 0.01}
	img := drawn(t, func(w io.Writer) error { return Gather(w, g) })
	s, err := g.sheet()
	if err != nil {
		t.Fatal(err)
	}
	s.layout()
	p := s.rows[0][0]
	x := p.r.Min.X + int(50.5/nt*float64(p.r.Dx()))
	y := p.r.Min.Y + int(0.05/1.05/2*float64(p.r.Dy())) // the top of the spike
	found := false
	for dy := range 8 {
		c := pixel(img, x, y+dy)
		found = found || c.B > c.R+50
	}
	if !found {
		t.Errorf("no curve at %d,%d", x, y)
	}
	if !strings.Contains(p.y.label, "10⁻⁶") && !strings.Contains(p.y.label, "10⁻³") {
		t.Errorf("y label is %q, want a factor", p.y.label)
	}
}

func TestSnapshotLimitsAndBackdrop(t *testing.T) {
	// five columns: beyond -limit, -limit, 0, limit, beyond; backdrop low above, high below
	const ny, nx = 10, 50
	u, back := make([]float64, ny*nx), make([]float64, ny*nx)
	for i := range u {
		u[i] = []float64{-40, -2, 0, 2, 1e9}[i%nx/10]
		back[i] = 1500 + 500*float64(i/nx/5)
	}
	sp := SnapshotSpec{Title: "bars", Grid: Grid{Shape: []int{ny, nx}, Spacing: []float64{1, 1}}, Field: u, Limit: 2, Time: 0.25}
	table := BlueWhiteRed.table(256)
	for _, b := range [][]float64{nil, back} {
		sp.Backdrop = b
		img := drawn(t, func(w io.Writer) error { return Snapshot(w, sp) })
		s, err := sp.sheet()
		if err != nil {
			t.Fatal(err)
		}
		s.layout()
		r := s.rows[0][0].r
		for i, want := range []color.RGBA{table[0], table[0], table[128], table[255], table[255]} {
			x, y := centre(cellRect(r, 2, 10*i+5, ny, nx))
			if c := pixel(img, x, y); c != want {
				t.Errorf("column %d is %v, want %v", i, c, want)
			}
			x, y = centre(cellRect(r, 7, 10*i+5, ny, nx))
			if b != nil {
				want.R = uint8(math.Round(float64(want.R) * (1 - maxShade)))
				want.G = uint8(math.Round(float64(want.G) * (1 - maxShade)))
				want.B = uint8(math.Round(float64(want.B) * (1 - maxShade)))
			}
			if c := pixel(img, x, y); c != want {
				t.Errorf("column %d below is %v, want %v", i, c, want)
			}
		}
	}
}

func TestSlicesMeetInThePoint(t *testing.T) {
	g := Grid{Shape: []int{12, 20, 30}, Spacing: []float64{10, 10, 10}, Origin: []float64{0, -50, 1000}}
	m := ModelSpec{Grid: g, Data: make([]float64, 12*20*30), Through: []float64{40, 100, 1250}}
	m.Data[4*600+15*30+25] = 1
	img := drawn(t, func(w io.Writer) error { return Model(w, m) })
	s, err := m.sheet()
	if err != nil {
		t.Fatal(err)
	}
	s.layout()
	top := Viridis.table(256)[255]
	for i, c := range []struct {
		row, col, ny, nx int
		head             string
	}{{4, 25, 12, 30, "y = 100 m"}, {4, 15, 12, 20, "x = 1250 m"}, {15, 25, 20, 30, "depth = 40 m"}} {
		p := s.rows[0][i]
		in := cellRect(p.r, c.row, c.col, c.ny, c.nx)
		// beside the dashed lines that cross in the middle of the cell
		if got := pixel(img, in.Min.X+2, in.Min.Y+2); got != top {
			t.Errorf("slice %d: cell is %v, want %v", i, got, top)
		}
		if got := pixel(img, in.Min.X-in.Dx()/2, in.Min.Y+2); got == top {
			t.Errorf("slice %d: the cell's neighbour is bright", i)
		}
		if p.head != c.head {
			t.Errorf("slice %d is headed %q, want %q", i, p.head, c.head)
		}
	}
}

func TestMarksStandAtTheirPositions(t *testing.T) {
	m := ModelSpec{
		Grid:    Grid{Shape: []int{60, 100}, Spacing: []float64{10, 10}, Origin: []float64{100, -200}},
		Overlay: Overlay{Sources: [][]float64{{400, 300}}, Receivers: [][]float64{{200, 0}}},
		Data:    layers(60, 100),
	}
	img := drawn(t, func(w io.Writer) error { return Model(w, m) })
	s, err := m.sheet()
	if err != nil {
		t.Fatal(err)
	}
	s.layout()
	r := s.rows[0][0].r
	for _, c := range []struct {
		row, col int
		want     color.RGBA
	}{{30, 50, sourceRed}, {10, 20, recvBlue}} {
		x, y := centre(cellRect(r, c.row, c.col, 60, 100))
		if got := pixel(img, x, y); got != c.want {
			t.Errorf("mark at row %d, column %d is %v, want %v", c.row, c.col, got, c.want)
		}
	}
}

func TestReceiversAreThinnedAndTheNoteSaysSo(t *testing.T) {
	g := Grid{Shape: []int{40, 400}, Spacing: []float64{5, 5}}
	var o Overlay
	for i := range 100 {
		o.Receivers = append(o.Receivers, []float64{100, 20 * float64(i)})
	}
	o.Sources = o.Receivers[:1]
	if got, want := o.note(), "1 source (star) · 100 receivers (triangle: one in 3)"; got != want {
		t.Errorf("note is %q, want %q", got, want)
	}
	m := ModelSpec{Grid: g, Overlay: o, Data: layers(40, 400)}
	img := drawn(t, func(w io.Writer) error { return Model(w, m) })
	s, err := m.sheet()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(s.note, "one in 3") {
		t.Errorf("the figure's note is %q", s.note)
	}
	s.layout()
	x, y := centre(cellRect(s.rows[0][0].r, 20, 60*4, 40, 400)) // receiver 60, a multiple of 3
	if c := pixel(img, x, y); c != recvBlue {
		t.Errorf("receiver 60 is %v", c)
	}
}

func TestAbsorbingLayerIsOutlined(t *testing.T) {
	sp := SnapshotSpec{
		Grid: grid(40, 80), Field: make([]float64, 3200), Limit: 1,
		Overlay: Overlay{PML: [][2]int{{10, 0}, {20, 5}}},
	}
	img := drawn(t, func(w io.Writer) error { return Snapshot(w, sp) })
	s, err := sp.sheet()
	if err != nil {
		t.Fatal(err)
	}
	s.layout()
	r := s.rows[0][0].r
	dark := func(x0, y0, x1, y1 int) (n int) {
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				if pixel(img, x, y).R < 200 {
					n++
				}
			}
		}
		return n
	}
	left, top := r.Min.X+r.Dx()*20/80, r.Min.Y+r.Dy()*10/40
	if n := dark(left-2, top, left+2, r.Max.Y-5); n < r.Dy()/4 {
		t.Errorf("%d dark pixels along the left outline", n)
	}
	if n := dark(r.Min.X+3, r.Min.Y+3, left-4, r.Max.Y-3); n != 0 {
		t.Errorf("%d dark pixels left of the outline", n)
	}
	if n := dark(left+4, r.Min.Y+3, r.Max.X-3, top-4); n != 0 {
		t.Errorf("%d dark pixels above the outline", n)
	}
}

func TestPanelsShareAScale(t *testing.T) {
	const nv, nh = 20, 40
	ps := PanelsSpec{
		Title: "nine", Rows: []string{"a", "b", "c"}, Cols: []string{"Born", "derivative", "difference"},
		NV: nv, NH: nh, V: Side{"receiver", 0, 1}, H: Side{"time (s)", 0, 0.01}, Colours: Grey, Limit: 9,
	}
	for i := range 9 {
		d := make([]float64, nv*nh)
		for k := range d {
			d[k] = float64(i)
		}
		ps.Data = append(ps.Data, d)
	}
	ps.Data[5] = nil // left empty
	img := drawn(t, func(w io.Writer) error { return Panels(w, ps) })
	s, err := ps.sheet()
	if err != nil {
		t.Fatal(err)
	}
	s.layout()
	for i := range 9 {
		x, y := centre(s.rows[i/3][i%3].r)
		want := 255 - int(math.Floor(float64(i+9)/18*255+0.5))
		if i == 5 {
			want = 255
		}
		if c := pixel(img, x, y); int(c.R) != want {
			t.Errorf("panel %d is %v, want grey %d", i, c, want)
		}
	}
}

type brokenWriter struct{ left int }

var errFull = errors.New("full")

func (b *brokenWriter) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteErrorsComeThrough(t *testing.T) {
	m := ModelSpec{Grid: Grid{Shape: []int{4, 4}, Spacing: []float64{1, 1}}, Data: make([]float64, 16)}
	for _, n := range []int{0, 100, 1000} {
		if err := Model(&brokenWriter{n}, m); !errors.Is(err, errFull) || !strings.HasPrefix(err.Error(), "picture: ") {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

func TestPanicsBecomeErrors(t *testing.T) {
	f := func() (err error) {
		defer guard(&err)
		panic("font")
	}
	if err := f(); err == nil || err.Error() != "picture: cannot draw: font" {
		t.Error(err)
	}
}
