package sensitivity

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
	"github.com/d52adeda/wave/cmd/wavebench/internal/picture"
)

// small is a problem of two shots and three perturbations, the last of which is not
// zero at the edge.
func small(dt array.DType) *Problem {
	const nz, nx, nt = 11, 10, 12
	rng := rand.New(rand.NewPCG(1, 2))
	values := func(lo, hi float64, shape ...int) *array.Array {
		n := 1
		for _, s := range shape {
			n *= s
		}
		x := make([]float64, n)
		for i := range x {
			x[i] = lo + (hi-lo)*rng.Float64()
		}
		return array.Convert(dt, x, shape...)
	}
	box := func(z, x int) *array.Array {
		dv := make([]float64, nz*nx)
		dv[z*nx+x], dv[z*nx+x+1] = 100, -50
		return array.Convert(dt, dv, nz, nx)
	}
	return &Problem{
		V: values(1500, 2000, nz, nx), DV: []*array.Array{box(4, 3), box(6, 6), values(-50, 50, nz, nx)},
		Names: []string{"one", "two", "everywhere"},
		Survey: wave.Survey{
			Spacing: []float64{5}, DT: 0.002, // divided
			Sources:   wave.Sources{Points: wave.Points{Cells: [][][]int{{{2, 3}}, {{2, 8}}}}, Amplitudes: values(-1, 1, 2, 1, nt)},
			Receivers: wave.Receivers{Points: wave.Points{Cells: [][][]int{{{1, 1}, {1, 5}, {1, 9}}, {{2, 1}, {2, 5}, {2, 9}}}}},
		},
		Options: wave.Options{MaxVel: 2000, PMLFreq: 25, PMLWidth: []int{4}},
	}
}

func TestRun(t *testing.T) {
	for _, dt := range []array.DType{array.Float64, array.Float32} {
		p := small(dt)
		last := 0
		p.Progress = func(p meter.Reading) {
			if p.Done < last || p.Done > p.Total {
				t.Errorf("progress %v after %d", p, last)
			}
			last = p.Done
		}
		a, err := p.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !a.Passed() || !slices.Equal(a.AtEdge, []string{"everywhere"}) || len(a.Differences) != 4 || len(a.Times) != 4 || a.Shots != 2 {
			t.Errorf("%v: %+v", dt, a.Report)
		}
		for i, d := range a.Differences {
			edge := d.Perturbation == "everywhere"
			if (d.Tolerance == 0) != edge || !(d.Peak > 0) || edge != (d.Relative > 1e-3) || d.Relative != d.Absolute/d.Peak {
				t.Errorf("%v: difference %d: %+v", dt, i, d)
			}
		}
		for _, x := range a.Times {
			if !(x.Seconds > 0) || x.Share != 1 {
				t.Errorf("%v: %+v", dt, x)
			}
		}
		if got, want := a.BornBatch.Shape(), []int{3, 2, 3, 12}; !slices.Equal(got, want) || !slices.Equal(a.VMapJVP.Shape(), want) {
			t.Errorf("batch has shape %v, want %v", got, want)
		}
		if !slices.Equal(part(a.BornBatch, 0).Float64s(), a.Born.Float64s()) {
			t.Error("the first of the batch is not what it is alone")
		}
		res, err := wave.Scalar(t.Context(), p.V, p.Survey, p.Options)
		if err != nil {
			t.Fatal(err)
		}
		if d := greatest(array.Sub(res.Records["pressure"], a.Forward)); !(d <= 1e-5*greatest(res.Records["pressure"])) {
			t.Errorf("%v: forward differs by %g", dt, d)
		}

		chunked := small(dt)
		chunked.Chunk = 2
		b, err := chunked.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(a.BornBatch.Float64s(), b.BornBatch.Float64s()) || !slices.Equal(a.VMapJVP.Float64s(), b.VMapJVP.Float64s()) {
			t.Errorf("%v: chunks change the result", dt)
		}
	}
}

func TestNative(t *testing.T) {
	defer func(old float64) { leastSpeed = old }(leastSpeed)
	for _, leastSpeed = range []float64{0, 100} {
		for _, chunk := range []int{0, 1} {
			p := small(array.Float64)
			p.Native, p.Chunk = true, chunk
			a, err := p.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if a.BornBatch == nil || a.VMapJVP != nil || a.Born != nil || len(a.Differences) != 0 || !a.Passed() {
				t.Errorf("%+v", a)
			}
			v, ok := a.Time(VMapJVP)
			if !ok || !(v.Seconds > 0) || !(v.Share > 0 && v.Share <= 1) || leastSpeed > 0 && v.Share != 1 {
				t.Errorf("%+v", v)
			}
			if f := a.Faster(); !(f > 0) || math.IsInf(f, 0) {
				t.Errorf("%v times as fast", f)
			}
		}
	}
}

func TestRunStops(t *testing.T) {
	for _, native := range []bool{false, true} {
		p := small(array.Float64)
		p.Native = native
		ctx, cancel := context.WithCancel(t.Context())
		p.Progress = func(p meter.Reading) {
			if p.Done > p.Total/2 {
				cancel()
			}
		}
		if _, err := p.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("native %v: %v, want Canceled", native, err)
		}
		cancel()
	}
	p := small(array.Float64)
	p.Options.MaxVel = 0
	if _, err := p.Run(t.Context()); !errors.Is(err, wave.ErrMaxVel) {
		t.Errorf("%v, want ErrMaxVel", err)
	}
}

func TestAtEdge(t *testing.T) {
	at := func(cells ...int) *array.Array {
		x := make([]float64, 20)
		for _, c := range cells {
			x[c] = 1
		}
		return array.Of64(x, 4, 5)
	}
	whole, pml := []int{4, 5}, []int{3, 3, 3, 3}
	for i, c := range []struct {
		dv                    *array.Array
		origin, region, width []int
		want                  bool
	}{
		{at(), []int{0, 0}, whole, pml, false},
		{at(6, 7, 8, 13), []int{0, 0}, whole, pml, false},
		{at(2), []int{0, 0}, whole, pml, true},
		{at(2), []int{0, 0}, whole, []int{0, 3, 3, 3}, false}, // a free surface
		{at(9), []int{0, 0}, whole, pml, true},
		{at(17), []int{0, 0}, whole, []int{3, 0, 3, 3}, false},
		{at(7), []int{1, 1}, []int{2, 3}, pml, true},   // the edge of a part
		{at(19), []int{1, 1}, []int{2, 3}, pml, false}, // outside of it
	} {
		if got := atEdge(c.dv, c.origin, c.region, c.width); got != c.want {
			t.Errorf("case %d: %v", i, got)
		}
	}
}

func TestReport(t *testing.T) {
	if a, b := Tolerance(array.Float64, 100), Tolerance(array.Float64, 4000); a != 5e-12 || math.Abs(b-4e-11) > 1e-15 {
		t.Errorf("tolerances %g and %g", a, b)
	}
	// The worked example's: at most 1e-13 and 1e-6 of a peak of 0.0144.
	for dt, most := range map[array.DType]float64{array.Float64: 1e-13, array.Float32: 1e-6} {
		if got := 0.0144 * Tolerance(dt, 1000); got > most {
			t.Errorf("%v: %g, want at most %g", dt, got, most)
		}
	}
	r := Report{Differences: []Difference{{Relative: 1, Tolerance: 0}, {Relative: 1e-12, Tolerance: 5e-12}}}
	if !r.Passed() {
		t.Error("not passed")
	}
	r.Differences[1].Relative = math.NaN()
	if r.Passed() {
		t.Error("NaN passed")
	}
}

func TestFigures(t *testing.T) {
	const shots, receivers, nt = 2, 5, 30
	records := func(n int, off float64) *array.Array {
		x := make([]float64, n*shots*receivers*nt)
		for i := range x {
			x[i] = math.Sin(float64(i)) + off*float64(i%nt)
		}
		return array.Of64(x, n, shots, receivers, nt)
	}
	a := &Answer{Report: Report{Shots: shots}, BornBatch: records(MostRows+1, 0), VMapJVP: records(MostRows+1, 1e-9)}
	for i := range MostRows + 1 {
		a.Perturbations = append(a.Perturbations, string(rune('a'+i)))
	}
	a.Born, a.JVP = part(a.BornBatch, 0), part(a.VMapJVP, 0)
	f := Figure{Shot: 1, DT: 0.002, Receivers: picture.Side{Name: "receiver", Step: 1}}
	alone := *a
	alone.VMapJVP = nil
	for name, draw := range map[string]func(*bytes.Buffer) error{
		"pair":   func(b *bytes.Buffer) error { return a.DrawPair(b, f) },
		"batch":  func(b *bytes.Buffer) error { return a.DrawBatch(b, f) },
		"native": func(b *bytes.Buffer) error { return alone.DrawBatch(b, f) },
	} {
		var b bytes.Buffer
		if err := draw(&b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if img, err := png.Decode(&b); err != nil || img.Bounds().Dx() < 500 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMagnified(t *testing.T) {
	for _, c := range []struct {
		difference, limit, factor float64
		head                      string
	}{
		{0, 1, 1, "difference (none)"},
		{1, 0, 1, "difference"},
		{0.5, 1, 1, "difference"},
		{2e-16, 0.0144, 1e13, "difference × 10¹³"},
		{3e-4, 0.1, 100, "difference × 10²"},
	} {
		if f, h := magnified(c.difference, c.limit); f != c.factor || h != c.head {
			t.Errorf("magnified(%g, %g) is %g, %q", c.difference, c.limit, f, h)
		}
	}
}
