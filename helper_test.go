package wave_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/wavelet"
)

// backends are those that are always there; package backendtest checks others.
var backends = []string{"cpu", "eager"}

var dtypes = []array.DType{array.Float32, array.Float64}

// racing is set by the race detector, which makes arithmetic some fifteen times
// slower.
var racing bool

// slow skips a test of numbers alone under the race detector: what goroutines do
// is checked by others.
func slow(t *testing.T) {
	if racing {
		t.Skip("checks numbers, which the race detector does not change but slows down much")
	}
}

// eachBackend runs a test on every backend and element type.
func eachBackend(t *testing.T, test func(t *testing.T, backend string, dt array.DType)) {
	for _, b := range backends {
		for _, dt := range dtypes {
			t.Run(fmt.Sprintf("%s/%s", b, dt), func(t *testing.T) { test(t, b, dt) })
		}
	}
}

// refused checks that a run ended with want, no result, and an error that says all of text.
func refused(t *testing.T, res *wave.Result, err, want error, text ...string) {
	t.Helper()
	if res != nil || !errors.Is(err, want) {
		t.Fatalf("result %v, error %v, want none and %v", res, err, want)
	}
	for _, part := range text {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}

// run is wave.Scalar for arguments that must work.
func run(t testing.TB, v *array.Array, s wave.Survey, o wave.Options) *wave.Result {
	t.Helper()
	res, err := wave.Scalar(context.Background(), v, s, o)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// constant returns an array of one value.
func constant(dt array.DType, value float64, shape ...int) *array.Array {
	return array.Convert(dt, filled(size(shape), value), shape...)
}

func filled(n int, value float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = value
	}
	return out
}

func size(shape []int) int {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return n
}

// uniform returns random values between lo and hi.
func uniform(rng *rand.Rand, dt array.DType, lo, hi float64, shape ...int) *array.Array {
	x := make([]float64, size(shape))
	for i := range x {
		x[i] = lo + (hi-lo)*rng.Float64()
	}
	return array.Convert(dt, x, shape...)
}

// ricker returns a Ricker wavelet that starts from nearly zero.
func ricker(t testing.TB, freq float64, nt int, dt float64) []float64 {
	t.Helper()
	w, err := wavelet.Ricker(freq, nt, dt, math.Copysign(1.5/freq, dt))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// fire is the survey of one shot with a source and receivers at cells.
func fire(h, dt float64, amplitudes *array.Array, source []int, receivers ...[]int) wave.Survey {
	n := amplitudes.Len()
	return wave.Survey{
		Spacing: []float64{h}, DT: dt,
		Sources: wave.Sources{
			Points:     wave.Points{Cells: [][][]int{{source}}},
			Amplitudes: array.Reshape(amplitudes, 1, 1, n),
		},
		Receivers: wave.Receivers{Points: wave.Points{Cells: [][][]int{receivers}}},
	}
}

// trace returns one receiver's record.
func trace(a *array.Array, shot, receiver int) []float64 {
	s := a.Shape()
	return a.Float64s()[(shot*s[1]+receiver)*s[2]:][:s[2]]
}

func maxAbs(x []float64) float64 {
	most := 0.0
	for _, v := range x {
		most = max(most, math.Abs(v))
	}
	return most
}

// difference returns the greatest difference relative to the greatest value of
// want; infinity if lengths differ or values are not finite.
func difference(got, want []float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	most := 0.0
	for i := range want {
		d := math.Abs(got[i] - want[i])
		if !(d <= math.MaxFloat64) {
			return math.Inf(1)
		}
		most = max(most, d)
	}
	if most == 0 {
		return 0
	}
	return most / maxAbs(want)
}

// outputs lists all arrays of a result by name.
func outputs(r *wave.Result) map[string]*array.Array {
	out := map[string]*array.Array{}
	for name, a := range r.Records {
		out["record "+name] = a
	}
	for name, a := range r.Wavefields {
		out[name] = a
	}
	return out
}

// sameBits fails unless two results have the same arrays to the bit.
func sameBits(t *testing.T, got, want *wave.Result) {
	t.Helper()
	g, w := outputs(got), outputs(want)
	if len(g) != len(w) {
		t.Errorf("%d arrays, want %d", len(g), len(w))
	}
	for name := range w {
		if !sameArray(g[name], w[name]) {
			t.Errorf("%s differs by %.3g of its greatest value", name, difference(g[name].Float64s(), w[name].Float64s()))
		}
	}
}

func sameArray(a, b *array.Array) bool {
	return slices.Equal(a.Shape(), b.Shape()) && a.DType() == b.DType() && slices.Equal(a.Float64s(), b.Float64s())
}

// random returns a seeded generator and prints the seed when the test fails.
func random(t *testing.T, seed uint64) *rand.Rand {
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}
