package picture

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestResampleAverages(t *testing.T) {
	const seed = 4
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 50 {
		ny, nx := 1+rng.IntN(40), 1+rng.IntN(40)
		py, px := 1+rng.IntN(ny), 1+rng.IntN(nx)
		in := make([]float64, ny*nx)
		want := 0.0
		for i := range in {
			in[i] = rng.NormFloat64()
			want += in[i] / float64(len(in))
		}
		for _, m := range []mode{cells, smooth} {
			got := 0.0
			out := resample(in, ny, nx, py, px, m, m, false)
			for _, v := range out {
				got += v / float64(len(out))
			}
			if math.Abs(got-want) > 1e-12 {
				t.Fatalf("seed %d: mean of %dx%d at %dx%d is %g, want %g", seed, ny, nx, py, px, got, want)
			}
		}
		// the first pixel of one axis by the definition of the mean of a staircase
		row := resample(in[:nx], 1, nx, 1, px, cells, cells, false)
		whole, part := math.Modf(float64(nx) / float64(px))
		sum := 0.0
		for i := range int(whole) {
			sum += in[i]
		}
		if part > 1e-9 {
			sum += part * in[int(whole)]
		}
		if w := sum * float64(px) / float64(nx); math.Abs(row[0]-w) > 1e-12 {
			t.Fatalf("seed %d: first of %d from %d is %g, want %g", seed, px, nx, row[0], w)
		}
	}
}

func TestResampleModes(t *testing.T) {
	check := func(name string, got, want []float64) {
		t.Helper()
		for i := range want {
			if len(got) != len(want) || math.Abs(got[i]-want[i]) > 1e-12 && !(math.IsNaN(got[i]) && math.IsNaN(want[i])) {
				t.Errorf("%s: got %v, want %v", name, got, want)
				return
			}
		}
	}
	nan := math.NaN()
	check("cells up", resample([]float64{1, 2}, 1, 2, 1, 5, cells, cells, false), []float64{1, 1, 2, 2, 2})
	check("smooth up", resample([]float64{1, 2}, 1, 2, 1, 4, smooth, smooth, false), []float64{1, 1.25, 1.75, 2})
	check("peaks down", resample([]float64{1, -5, 2, 0, 0, 3}, 1, 6, 1, 2, peaks, peaks, false), []float64{-5, 3})
	check("turned", resample([]float64{1, 2, 3, 4, 5, 6}, 2, 3, 2, 3, cells, smooth, true), []float64{1, 4, 2, 5, 3, 6})
	check("NaN stays in its cells", resample([]float64{1, nan, 3, 4}, 1, 4, 1, 8, cells, cells, false), []float64{1, 1, nan, nan, 3, 3, 4, 4})
	check("NaN among peaks", resample([]float64{1, nan, 3, 4}, 1, 4, 1, 2, peaks, peaks, false), []float64{nan, 4})
	check("down columns", resample([]float64{1, 10, 3, 30}, 2, 2, 1, 2, smooth, smooth, false), []float64{2, 20})
}

func TestPercentileAgainstSorting(t *testing.T) {
	const seed = 8
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		v := make([]float64, 1+rng.IntN(60))
		for i := range v {
			v[i] = float64(rng.IntN(20)-10) / 4 // many equal values
		}
		m := make([]float64, len(v))
		for i := range v {
			m[i] = math.Abs(v[i])
		}
		slices.Sort(m)
		p := 100 * rng.Float64()
		want := m[max(int(math.Ceil(p/100*float64(len(v))))-1, 0)]
		if got := percentile(p, v, []float64{math.NaN(), math.Inf(1)}); got != want {
			t.Fatalf("seed %d: percentile %g of %v is %g, want %g", seed, p, v, got, want)
		}
	}
	if got := percentile(99); got != 0 {
		t.Errorf("percentile of nothing is %g", got)
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		a      axis
		length int
		want   string
	}{
		{axis{first: 0, last: 1}, 500, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{axis{first: 1, last: 0}, 500, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{axis{first: -0.5, last: 3.5, whole: true}, 1000, "0 1 2 3"},
		{axis{first: -1500, last: 1500}, 300, "−1000 0 1000"},
		{axis{first: 2e-5, last: 4.1e-5}, 300, "0.00002 0.00003 0.00004"},
		{axis{first: 3e8, last: 5e8}, 300, "3e+08 4e+08 5e+08"},
		{axis{first: -2e-8, last: 2e-8}, 200, "−2e−08 0 2e−08"},
		{axis{first: 5, last: 5}, 300, ""},
	} {
		var got []string
		for _, k := range c.a.ticks(c.length, 100) {
			got = append(got, k.label)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("ticks of %g to %g over %d: %q, want %q", c.a.first, c.a.last, c.length, s, c.want)
		}
	}
}

func TestXLabelsNeverMeet(t *testing.T) {
	pos := make([]float64, 60)
	for i := range pos {
		pos[i] = math.Exp(float64(i) / 5) // crowded at one end
	}
	even := axis{first: 10000.25, last: 10000.75}
	a, err := channels(len(pos), pos, "offset (m)")
	if err != nil {
		t.Fatal(err)
	}
	s := &sheet{scale: fullScale}
	for _, a := range []axis{a, even} {
		for _, w := range []int{150, 300, 930} {
			p := &panel{x: a, w: w}
			k := s.xTicks(p)
			if len(k) == 0 {
				t.Errorf("no tick over %d pixels", w)
			}
			for i := 1; i < len(k); i++ {
				free := (a.frac(k[i].value) - a.frac(k[i-1].value)) * float64(w)
				if need := tickStyle.width(fullScale, k[i].label); free < float64(need) {
					t.Errorf("labels %q and %q are %g pixels apart, need %d", k[i-1].label, k[i].label, free, need)
				}
			}
		}
	}
}

func TestChannels(t *testing.T) {
	for _, pos := range [][]float64{{1, 2, 4, 8}, {8, 4, 2, 1}, {-3, 5}} {
		a, err := channels(len(pos), pos, "m")
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range pos {
			want := (float64(i) + 0.5) / float64(len(pos))
			if got := a.frac(p); math.Abs(got-want) > 1e-12 {
				t.Errorf("%v: trace %d is at %g, want %g", pos, i, got, want)
			}
		}
		if f, l := a.frac(a.first), a.frac(a.last); math.Abs(f) > 1e-12 || math.Abs(l-1) > 1e-12 {
			t.Errorf("%v: ends at %g and %g, want 0 and 1", pos, f, l)
		}
	}
	for _, pos := range [][]float64{{1, 1}, {1, 2, 2}, {1, 2, 1}, {3, 2, 5}, {1, math.NaN()}, {1}} {
		if _, err := channels(max(2, len(pos)), pos, ""); err == nil || !strings.HasPrefix(err.Error(), "picture: Positions") {
			t.Errorf("%v: %v", pos, err)
		}
	}
}

func TestFactored(t *testing.T) {
	for _, c := range []struct {
		label string
		max   float64
		want  string
		f     float64
	}{
		{"pressure (Pa)", 2e-5, "pressure (×10⁻⁶ Pa)", 1e-6},
		{"amplitude", 4e7, "amplitude (×10⁶)", 1e6},
		{"velocity (m/s)", 4500, "velocity (m/s)", 1},
		{"amplitude", 0, "amplitude", 1},
	} {
		a, f := factored(axis{label: c.label, first: c.max, last: -c.max})
		if a.label != c.want || math.Abs(f/c.f-1) > 1e-12 || math.Abs(a.first*f-c.max) > 1e-12*c.max {
			t.Errorf("factored(%q to %g) = %q, %g, want %q, %g", c.label, c.max, a.label, f, c.want, c.f)
		}
	}
}

func TestSuperscriptsAreDrawnFromOrdinaryDigits(t *testing.T) {
	var got []string
	for _, r := range labelStyle.runs("(×10⁻³ Pa)") {
		got = append(got, r.txt)
	}
	if s := strings.Join(got, "|"); s != "(×10|−3| Pa)" {
		t.Error(s)
	}
	if w, plain := labelStyle.width(2, "10⁻³"), labelStyle.width(2, "10−3"); w >= plain || w <= labelStyle.width(2, "10") {
		t.Errorf("10⁻³ is %d wide, 10−3 %d", w, plain)
	}
}

func TestFitBoxes(t *testing.T) {
	px, s := fitBoxes([]float64{100, 50}, []float64{30, 60}, 600, 400, 50)
	if px[0].X != 400 || px[0].Y != 120 || px[1].X != 200 || px[1].Y != 240 || math.Abs(s-1) > 0.01 {
		t.Errorf("got %v, %g", px, s)
	}
	if px, s = fitBoxes([]float64{1000}, []float64{10}, 600, 400, 60); px[0].X != 600 || px[0].Y != 60 || math.Abs(s-10) > 1e-12 {
		t.Errorf("got %v, %g", px, s)
	}
}
