package picture

import (
	"bytes"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func grid(shape ...int) Grid {
	return Grid{Shape: shape, Spacing: []float64{10, 10, 10}[:len(shape)]}
}

func TestSameInputSameBytes(t *testing.T) {
	for i, write := range []func(w io.Writer) error{
		func(w io.Writer) error {
			return Gather(w, GatherSpec{Title: "g", Data: hyperbola(40, 200, 0.005), Receivers: 40, Samples: 200, DT: 0.005})
		},
		func(w io.Writer) error {
			return Model(w, ModelSpec{Title: "m", Grid: grid(30, 50), Data: layers(30, 50)})
		},
		func(w io.Writer) error {
			return Snapshot(w, SnapshotSpec{Title: "s", Grid: grid(8, 9, 10), Field: ring([]int{8, 9, 10}, []float64{4, 4, 4}, 2)})
		},
	} {
		var a, b bytes.Buffer
		if err := errors.Join(write(&a), write(&b)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("picture %d differs from itself", i)
		}
	}
}

// rendered checks a picture without the detour over a file.
func rendered(t *testing.T, spec interface{ sheet() (*sheet, error) }) {
	t.Helper()
	s, err := spec.sheet()
	if err != nil {
		t.Fatal(err)
	}
	checkPage(t, s.render())
}

// Values, shapes and texts that are legal but unusual must give a whole picture.
func TestOddInputGivesPictures(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	fills := []struct {
		name string
		at   func(i int) float64
	}{
		{"holes", func(i int) float64 { return []float64{1, nan, -2, inf, -inf}[i%5] }},
		{"zero", func(int) float64 { return 0 }},
		{"constant", func(int) float64 { return -1500 }},
		{"huge", func(i int) float64 { return []float64{1e299, -1e299, math.MaxFloat64}[i%3] }},
		{"tiny", func(i int) float64 { return []float64{5e-324, -1e-310, 0}[i%3] }},
		{"small", func(i int) float64 { return float64(i%7) * 1e-200 }},
	}
	shapes := [][]int{{1}, {1, 1}, {1, 50}, {3000, 3}, {20000}, {1, 1, 1}, {40, 3, 2}}
	for k, fill := range fills {
		for j, shape := range shapes {
			if k > 0 && (j+k)%4 != 0 {
				continue // one fill meets all shapes, the others a quarter
			}
			name := fill.name
			n := 1
			for _, m := range shape {
				n *= m
			}
			d := make([]float64, n)
			for i := range d {
				d[i] = fill.at(i)
			}
			g := grid(shape...)
			title := strings.Repeat(name+" ", 30)
			t.Log(name, shape) // shown if one below fails
			rendered(t, ModelSpec{Title: title, Grid: g, Data: d})
			rendered(t, SnapshotSpec{Title: name, Grid: g, Field: d, Backdrop: d, Time: -0.0012, Quantity: title})
			if len(shape) == 2 {
				rendered(t, GatherSpec{Data: d, Receivers: shape[0], Samples: shape[1], DT: 1e-7})
				rendered(t, PanelsSpec{Rows: []string{"", title}, Cols: []string{title}, Data: [][]float64{d, nil}, NV: shape[0], NH: shape[1],
					V: Side{"v", 5, -1}, H: Side{"h", 0, 1e9}})
			}
		}
	}
}

func TestRandomGridsNeverFail(t *testing.T) {
	const seed = 77
	rng := rand.New(rand.NewPCG(seed, 0))
	for k := range 6 {
		shape := make([]int, 1+rng.IntN(3))
		n := 1
		g := Grid{}
		for i := range shape {
			shape[i] = 1 + rng.IntN(25)
			n *= shape[i]
			g.Spacing = append(g.Spacing, math.Pow(10, 12*rng.Float64()-6))
			g.Origin = append(g.Origin, rng.NormFloat64()*math.Pow(10, 12*rng.Float64()-6))
		}
		g.Shape = shape
		u := make([]float64, n)
		for i := range u {
			u[i] = rng.NormFloat64() * math.Pow(10, 40*rng.Float64()-20)
		}
		t.Logf("seed %d, case %d: %+v", seed, k, g)
		rendered(t, SnapshotSpec{Grid: g, Field: u})
	}
}

// oddPicture draws one figure made of what is legal but unusual, in the order in
// which pick chooses, and returns the error.
func oddPicture(pick func(n int) int) error {
	number := func() float64 {
		return []float64{0, 1, -1, 1500, -1e-200, 1e-300, 5e-324, 1e299, -1e299, math.MaxFloat64, math.NaN(), math.Inf(1), math.Inf(-1), 1e-12, 3e9}[pick(15)]
	}
	data := func(n int) []float64 {
		some := []float64{number(), number(), number()}
		d := make([]float64, n)
		for i := range d {
			if d[i] = some[0]; pick(3) == 0 {
				d[i] = some[pick(3)]
			}
		}
		return d
	}
	text := func() string {
		return strings.Repeat([]string{"", "shot 1", "\x00\n\t\x7f", "⁻¹²³ 日本語 \u202eab", "a\xff\xfe", "very long ", "%d%s", "🌊"}[pick(8)], []int{1, 1, 1, 60}[pick(4)])
	}
	extent := func() int { return []int{1, 1, 2, 3, 7, 40, 300}[pick(7)] }
	g := Grid{}
	n := 1
	for range 1 + pick(3) {
		m := extent()
		if n*m > 20_000 {
			m = 1
		}
		n *= m
		g.Shape = append(g.Shape, m)
		g.Spacing = append(g.Spacing, []float64{1, 10, 1e-7, 1e7, 0.37}[pick(5)])
		g.Origin = append(g.Origin, []float64{0, -5, 1e9, 1e-9}[pick(4)])
	}
	var o Overlay
	for range []int{0, 1, 3, 100_000}[pick(4)] {
		p := slices.Clone(g.Origin)
		for d := range p {
			p[d] += float64(pick(g.Shape[d])) * g.Spacing[d]
		}
		o.Receivers = append(o.Receivers, p)
	}
	if len(o.Receivers) > 0 {
		o.Sources = o.Receivers[:1]
	}
	limit := []float64{0, 0, 1, 1e-290, 1e299}[pick(5)]
	switch pick(5) {
	case 0:
		return Model(io.Discard, ModelSpec{Title: text(), Grid: g, Overlay: o, Data: data(n), Quantity: text()})
	case 1:
		return Snapshot(io.Discard, SnapshotSpec{Title: text(), Grid: g, Overlay: o, Field: data(n), Time: number(), Limit: limit, Backdrop: data(n)})
	case 2:
		a, err := NewAnimation(SnapshotSpec{Title: text(), Grid: g, Overlay: o, Limit: max(limit, 1e-3), Backdrop: data(n)}, time.Second)
		if err != nil {
			return err
		}
		return errors.Join(a.Add(number(), data(n)), a.Add(number(), data(n)), a.Encode(io.Discard))
	case 3:
		r, s := extent(), extent()
		gather := GatherSpec{Title: text(), Data: data(r * s), Receivers: r, Samples: s, DT: []float64{0.004, 1e-12, 1e12}[pick(3)], Clip: []float64{0, 50, 100}[pick(3)], Limit: limit}
		for i := range r * pick(2) {
			gather.Positions = append(gather.Positions, float64(i)*1e-9)
		}
		return Gather(io.Discard, gather)
	}
	v, h := extent(), extent()
	return Panels(io.Discard, PanelsSpec{Title: text(), Rows: []string{text()}, Cols: []string{text(), text()}, Data: [][]float64{data(v * h), nil}, NV: v, NH: h,
		V: Side{text(), number(), 1}, H: Side{text(), 0, 1e-9}, Limit: limit})
}

// sound says whether an error is one that tells what is wrong with the input.
func sound(err error) bool {
	return err == nil || strings.HasPrefix(err.Error(), "picture: ") && !strings.Contains(err.Error(), "cannot draw")
}

func TestOddPicturesDoNotPanic(t *testing.T) {
	const seed = 77
	rng := rand.New(rand.NewPCG(seed, 0))
	n := 300
	if testing.Short() {
		n = 40
	}
	for k := range n {
		if err := oddPicture(rng.IntN); !sound(err) {
			t.Errorf("seed %d, picture %d: %v", seed, k, err)
		}
	}
}

func FuzzPicture(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
	f.Add([]byte{200, 100, 50, 3, 1})
	f.Fuzz(func(t *testing.T, choices []byte) {
		i := 0
		pick := func(n int) int {
			if i++; len(choices) == 0 {
				return 0
			}
			return int(choices[i%len(choices)]) % n
		}
		if err := oddPicture(pick); !sound(err) {
			t.Error(err)
		}
	})
}

func TestErrorsSayWhatIsWanted(t *testing.T) {
	nan := math.NaN()
	model := func(f func(m *ModelSpec)) func() error {
		m := ModelSpec{Grid: grid(2, 3), Data: make([]float64, 6)}
		f(&m)
		return func() error { return Model(io.Discard, m) }
	}
	gather := func(f func(g *GatherSpec)) func() error {
		g := GatherSpec{Data: make([]float64, 6), Receivers: 2, Samples: 3, DT: 1}
		f(&g)
		return func() error { return Gather(io.Discard, g) }
	}
	snap := func(f func(s *SnapshotSpec)) func() error {
		s := SnapshotSpec{Grid: grid(2, 3), Field: make([]float64, 6)}
		f(&s)
		return func() error { return Snapshot(io.Discard, s) }
	}
	panels := func(f func(p *PanelsSpec)) func() error {
		p := PanelsSpec{Rows: []string{"r"}, Cols: []string{"c"}, Data: [][]float64{make([]float64, 6)}, NV: 2, NH: 3, V: Side{"v", 0, 1}, H: Side{"h", 0, 1}}
		f(&p)
		return func() error { return Panels(io.Discard, p) }
	}
	for want, f := range map[string]func() error{
		"Data has 0 values, want 6 for shape [2 3]":                        model(func(m *ModelSpec) { m.Data = nil }),
		"Shape has 0 axes, want 1 to 3":                                    model(func(m *ModelSpec) { m.Grid = Grid{} }),
		"Shape[1] is 0, want 1 or more":                                    model(func(m *ModelSpec) { m.Shape = []int{2, 0} }),
		"is too large":                                                     model(func(m *ModelSpec) { m.Shape = []int{math.MaxInt, math.MaxInt} }),
		"Spacing[0] is -1 m, want above 0":                                 model(func(m *ModelSpec) { m.Spacing = []float64{-1, 1} }),
		"Spacing has 1 values, want one an axis: 2":                        model(func(m *ModelSpec) { m.Spacing = []float64{1} }),
		"Origin has 1 values, want one an axis: 2":                         model(func(m *ModelSpec) { m.Origin = []float64{1} }),
		"Origin[1] is NaN m":                                               model(func(m *ModelSpec) { m.Origin = []float64{1, nan} }),
		"Names has 3 values, want one an axis: 2":                          model(func(m *ModelSpec) { m.Names = []string{"a", "b", "c"} }),
		"Lo and Hi are 3 and 2, want Lo below Hi":                          model(func(m *ModelSpec) { m.Lo, m.Hi = 3, 2 }),
		"Sources[0] has 1 coordinates, want 2":                             model(func(m *ModelSpec) { m.Sources = [][]float64{{1}} }),
		"Receivers[1] is at x 90 m, want -5 to 25 m":                       model(func(m *ModelSpec) { m.Receivers = [][]float64{{1, 1}, {1, 90}} }),
		"PML[1] is [2 2], want widths of 0 or more that fit into 3 cells":  model(func(m *ModelSpec) { m.PML = [][2]int{{0, 0}, {2, 2}} }),
		"PML has 1 axes, want 2":                                           model(func(m *ModelSpec) { m.PML = [][2]int{{0, 0}} }),
		"the data hold no finite value":                                    model(func(m *ModelSpec) { m.Data = []float64{nan, nan, nan, nan, nan, nan} }),
		"Through has 1 values, want 3":                                     model(func(m *ModelSpec) { m.Grid, m.Through = grid(1, 2, 3), []float64{1} }),
		"Through[2] is 99 m, want -5 to 25 m":                              model(func(m *ModelSpec) { m.Grid, m.Through = grid(1, 2, 3), []float64{0, 0, 99} }),
		"Receivers is 0, want 1 or more":                                   gather(func(g *GatherSpec) { g.Receivers = 0 }),
		"Samples is -3, want 1 or more":                                    gather(func(g *GatherSpec) { g.Samples = -3 }),
		"Data has 6 values, want Receivers x Samples = 2 x 4":              gather(func(g *GatherSpec) { g.Samples = 4 }),
		"DT is NaN s, want above 0":                                        gather(func(g *GatherSpec) { g.DT = nan }),
		"Start is +Inf s":                                                  gather(func(g *GatherSpec) { g.Start = math.Inf(1) }),
		"Clip is 101, want above 0 to 100":                                 gather(func(g *GatherSpec) { g.Clip = 101 }),
		"Limit is -1, want 1e-290 or more, or 0 for a limit from the data": gather(func(g *GatherSpec) { g.Limit = -1 }),
		"Positions has 1 values, want one per receiver: 2":                 gather(func(g *GatherSpec) { g.Positions = []float64{1} }),
		"Field has 1 values, want 6 for shape [2 3]":                       snap(func(s *SnapshotSpec) { s.Field = []float64{1} }),
		"Backdrop has 1 values, want 6 for shape [2 3]":                    snap(func(s *SnapshotSpec) { s.Backdrop = []float64{1} }),
		"Limit is NaN, want 1e-290 or more":                                snap(func(s *SnapshotSpec) { s.Limit = nan }),
		"Colours is 2, want BlueWhiteRed or Grey":                          snap(func(s *SnapshotSpec) { s.Colours = Viridis }),
		"0 Rows and 1 Cols, want 1 to 8 of each":                           panels(func(p *PanelsSpec) { p.Rows = nil }),
		"Data has 1 panels, want Rows x Cols = 2 x 1":                      panels(func(p *PanelsSpec) { p.Rows = []string{"a", "b"} }),
		"Data[0] has 6 values, want NV x NH = 3 x 3":                       panels(func(p *PanelsSpec) { p.NV = 3 }),
		"H has First 0 and Step 0":                                         panels(func(p *PanelsSpec) { p.H.Step = 0 }),
	} {
		if err := f(); err == nil || !strings.HasPrefix(err.Error(), "picture: ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "cannot draw") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
