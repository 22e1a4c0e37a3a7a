package resample

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestEnds compares with functions known between their samples, that begin and end anywhere: what is found between
// samples, up to the last one, must be what lies there.
func TestEnds(t *testing.T) {
	ricker := func(f float64) func(float64) float64 {
		return func(t float64) float64 {
			q := math.Pow(math.Pi*f*t, 2)
			return (1 - 2*q) * math.Exp(-q)
		}
	}
	for _, c := range []struct {
		name  string
		f     func(t float64) float64 // t in outer samples
		ends  float64                 // what may be wrong in the first and the last interval
		inner float64                 // five intervals from the ends
	}{
		{"constant", func(float64) float64 { return 1 }, 1e-14, 1e-14},
		{"line", func(t float64) float64 { return t / 150 }, 2e-4, 1e-5},
		{"sine", func(t float64) float64 { return math.Sin(0.3*t + 0.5) }, 0.006, 2e-4},
		{"ricker", func(t float64) float64 { return ricker(0.06)(t - 30) }, 0.003, 1e-4},
		// Mirrored in its last point a curve goes on with the opposite curvature: at a peak of dominant frequency f
		// (a sample) that is 6 (pi f)^2 off, of which a tenth is left between samples.
		{"half a ricker", ricker(0.06), 0.01, 5e-4},
		{"half a ricker, high", ricker(0.1), 0.03, 1e-3},
		{"a ricker's flank", func(t float64) float64 { return ricker(0.06)(t + 3.5) }, 0.006, 2e-4},
	} {
		for _, nt := range []int{2, 3, 10, 33, 150, 1009} {
			for _, ratio := range []int{2, 5, 60} {
				src := make([]float64, nt)
				for _, mirrored := range []bool{false, true} {
					at := func(x float64) float64 {
						if mirrored {
							x = float64(nt-1) - x
						}
						return c.f(x)
					}
					for i := range src {
						src[i] = at(float64(i))
					}
					up := make([]float64, nt*ratio)
					if err := (Params{Ratio: ratio}).Up(up, src); err != nil {
						t.Fatal(err)
					}
					for i := range (nt-1)*ratio + 1 {
						x := float64(i) / float64(ratio)
						tol := c.inner
						if nt < 10 { // too short to tell the curve
							tol = max(0.1, c.ends)
						} else if x < 5 || x > float64(nt)-6 {
							tol = c.ends
						}
						if i%ratio == 0 {
							tol = 1e-13 // samples are kept
						}
						if d := math.Abs(up[i] - at(x)); !(d <= tol) {
							t.Errorf("%s (mirrored: %v), %d samples, ratio %d: off by %g at %g", c.name, mirrored, nt, ratio, d, x)
							break
						}
					}
				}
			}
		}
	}
}

// TestDownPicks: the other way a sample is what is there at its time, whatever lies before and after.
func TestDownPicks(t *testing.T) {
	r := rand.New(rand.NewPCG(seed, 4))
	for _, nt := range []int{1, 2, 97} {
		src := random(r, nt*3)
		got, want := make([]float64, nt), make([]float64, nt)
		for i := range want {
			want[i] = src[3*i]
		}
		if err := (Params{Ratio: 3}).Down(got, src); err != nil {
			t.Fatal(err)
		}
		checkClose(t, fmt.Sprintf("seed %d, %d samples", seed, nt), got, want, 0)
		again := slices.Clone(src)
		if err := (Params{Ratio: 3}).Down(again[:nt], again); err != nil {
			t.Fatal(err)
		}
		checkClose(t, "over itself", again[:nt], want, 0)
	}
}

// TestDownTapered: with a taper the end must not show at the beginning either.
func TestDownTapered(t *testing.T) {
	const nt, ratio = 100, 4
	src := make([]float64, nt*ratio)
	for i := range src {
		src[i] = math.Exp(-math.Pow((float64(i)/ratio-99)/6, 2)) // ends at its peak
	}
	got := make([]float64, nt)
	if err := (Params{Ratio: ratio, FreqTaperFrac: 0.2}).Down(got, src); err != nil {
		t.Fatal(err)
	}
	for i, x := range got {
		if d := math.Abs(x - src[i*ratio]); d > 0.005 || i < 50 && d > 1e-4 {
			t.Errorf("off by %g at sample %d", d, i)
		}
	}
}
