package functional_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// num is an array without axes.
func num(v float64) *array.Array { return array.Of64([]float64{v}) }

// vec is an array of one axis.
func vec(v ...float64) *array.Array { return array.Of64(v, len(v)) }

// onesLike returns ones of a's shape and type.
func onesLike(a *array.Array) *array.Array {
	return array.AddConst(1, array.Zeros(a.DType(), a.Shape()...))
}

// pure makes a Func of an operation.
func pure(f func(x *array.Array) *array.Array) functional.Func {
	return func(x *array.Array) (*array.Array, error) { y := f(x); return y, y.Err() }
}

// noError ends the test at an error; it is for errors that must not be.
func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// near fails unless a holds the wanted numbers, to a tolerance relative to the
// greatest.
func near(t testing.TB, what string, a *array.Array, tol float64, want ...float64) {
	t.Helper()
	if err := a.Err(); err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	got := a.Float64s()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers (traced: %t), want %d", what, len(got), a.Traced(), len(want))
		return
	}
	scale := 1e-300
	for _, w := range want {
		scale = max(scale, math.Abs(w))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tol*scale) {
			t.Errorf("%s: element %d is %.17g, want %.17g (greatest %.3g)", what, i, got[i], want[i], scale)
			return
		}
	}
}

// sameBits fails unless the arrays are the same to the bit.
func sameBits(t testing.TB, what string, got, want *array.Array) {
	t.Helper()
	g, w := got.Float64s(), want.Float64s()
	if !slices.Equal(got.Shape(), want.Shape()) || got.DType() != want.DType() || w == nil || !slices.Equal(g, w) {
		t.Errorf("%s: %s %v %v, want %s %v %v", what, got.DType(), got.Shape(), head(g), want.DType(), want.Shape(), head(w))
	}
}

func head(x []float64) []float64 { return x[:min(len(x), 6)] }

// random returns a seeded generator; the seed is printed when the test fails.
func random(t testing.TB, seed uint64) *rand.Rand {
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}

// uniform returns random numbers between lo and hi.
func uniform(rng *rand.Rand, dt array.DType, lo, hi float64, shape ...int) *array.Array {
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

// dot returns the sum of products, and that of their magnitudes.
func dot(a, b *array.Array) (sum, size float64) {
	x, y := a.Float64s(), b.Float64s()
	if len(x) != len(y) || x == nil {
		return math.NaN(), 0
	}
	for i := range x {
		sum += x[i] * y[i]
		size += math.Abs(x[i] * y[i])
	}
	return sum, size
}

// norm is the square root of the sum of squares.
func norm(a *array.Array) float64 {
	s, _ := dot(a, a)
	return math.Sqrt(s)
}

// checkTransposed checks <ct, J dx> = <J' ct, dx> at random points.
func checkTransposed(t testing.TB, what string, rng *rand.Rand, f functional.Func, x *array.Array, tol float64) {
	t.Helper()
	dx := uniform(rng, x.DType(), -1, 1, x.Shape()...)
	y, dy, err := functional.JVP(f, x, dx)
	noError(t, err)
	_, pull, err := functional.VJP(f, x)
	noError(t, err)
	ct := uniform(rng, y.DType(), -1, 1, y.Shape()...)
	back, err := pull(ct)
	noError(t, err)
	left, size := dot(ct, dy)
	right, _ := dot(back, dx)
	if !(math.Abs(left-right) <= tol*size) || size == 0 {
		t.Errorf("%s: <ct, J dx> = %.17g, <J' ct, dx> = %.17g", what, left, right)
	}
}

// checkTaylor checks that f(x + h dx) - f(x) is O(h), and without h dy O(h^2).
func checkTaylor(t testing.TB, what string, f functional.Func, x, dx *array.Array, h float64) {
	t.Helper()
	y, dy, err := functional.JVP(f, x, dx)
	noError(t, err)
	left := func(h, minus float64) float64 {
		moved, err := f(array.Add(x, array.Scale(h, dx)))
		noError(t, err)
		return norm(array.SumProd([]array.Term{{Coeff: 1, Args: []int{0}}, {Coeff: -1, Args: []int{1}}, {Coeff: -minus * h, Args: []int{2}}}, moved, y, dy))
	}
	one := math.Log2(left(h, 0) / left(h/2, 0))
	two := math.Log2(left(h, 1) / left(h/2, 1))
	if !(math.Abs(one-1) < 0.15 && math.Abs(two-2) < 0.25) {
		t.Errorf("%s: Taylor slopes are %.3f and %.3f, want 1 and 2", what, one, two)
	}
}
