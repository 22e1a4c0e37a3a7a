package rows

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// The loops must have the bits of the plain expressions, for every length and
// alignment, with dst one of the operands or not, and write nothing beside.

func bits[T Float](x T) uint64 {
	if single[T]() {
		return uint64(math.Float32bits(float32(x)))
	}
	return math.Float64bits(float64(x))
}

func TestLoops(t *testing.T) {
	t.Run("float32", testLoops[float32])
	t.Run("float64", testLoops[float64])
}

func testLoops[T Float](t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	const guard = 9
	row := func(n int) []T { // between guards
		s := make([]T, n+2*guard)
		for i := range s {
			s[i] = T(math.NaN())
		}
		for i := range n {
			s[guard+i] = T(rnd.NormFloat64())
		}
		return s[guard : guard+n]
	}
	whole := func(s []T) []T { return s[:len(s)+guard][:len(s)] }
	for range 400 {
		n := rnd.IntN(70)
		a, b, y, dst := row(n), row(n), row(n), row(n)
		s := T(rnd.NormFloat64())
		if rnd.IntN(4) == 0 {
			s = 1
		}
		if rnd.IntN(3) == 0 {
			dst = [][]T{a, b, y}[rnd.IntN(3)]
		}
		var pairs [8][]T
		var d Derivative[T]
		d.Pairs, d.Anti = 1+rnd.IntN(4), rnd.IntN(2) == 0
		for k := range pairs {
			pairs[k] = row(n)
		}
		for k := range d.W {
			d.W[k] = T(rnd.NormFloat64())
		}
		for _, c := range []struct {
			name string
			run  func(dst []T)
			want func(i int) T
		}{
			{"Fill", func(dst []T) { Fill(dst, s) }, func(int) T { return s }},
			{"Add", func(dst []T) { Add(dst, a, b) }, func(i int) T { return a[i] + b[i] }},
			{"AddScalar", func(dst []T) { AddScalar(dst, a, s) }, func(i int) T { return a[i] + s }},
			{"Scale", func(dst []T) { Scale(dst, a, s) }, func(i int) T { return s * a[i] }},
			{"Mul", func(dst []T) { Mul(dst, a, b, s) }, func(i int) T { return T(s*a[i]) * b[i] }},
			{"Axpy", func(dst []T) { Axpy(dst, y, a, s) }, func(i int) T { return y[i] + T(s*a[i]) }},
			{"AddMul", func(dst []T) { AddMul(dst, y, a, b, s) }, func(i int) T { return y[i] + T(T(s*a[i])*b[i]) }},
			{"FMA", func(dst []T) { FMA(dst, a, b, y, 1, 1) }, func(i int) T { return MulAdd(a[i], b[i], y[i]) }},
			{"FMA, c - a b", func(dst []T) { FMA(dst, a, b, y, -1, 1) }, func(i int) T { return MulAdd(-a[i], b[i], y[i]) }},
			{"FMA, a b - c", func(dst []T) { FMA(dst, a, b, y, 1, -1) }, func(i int) T { return MulAdd(a[i], b[i], -y[i]) }},
			{"FMAScalar", func(dst []T) { FMAScalar(dst, a, y, s, 1) }, func(i int) T { return MulAdd(s, a[i], y[i]) }},
			{"FMAScalar, s a - c", func(dst []T) { FMAScalar(dst, a, y, s, -1) }, func(i int) T { return MulAdd(s, a[i], -y[i]) }},
			{"PairFMA", func(dst []T) { PairFMA(dst, a, b, y, s, 1) }, func(i int) T { return MulAdd(s, a[i]+b[i], y[i]) }},
			{"PairFMA of a difference", func(dst []T) { PairFMA(dst, a, b, y, s, -1) }, func(i int) T { return MulAdd(s, a[i]-b[i], y[i]) }},
			{"Derivative", func(dst []T) { d.Apply(dst, y, &pairs) }, func(i int) T {
				var sum T
				for k := range d.Pairs {
					p, m := pairs[2*k][i], pairs[2*k+1][i]
					term := T(d.W[k+1] * (p + m))
					if d.Anti {
						term = T(d.W[k+1] * (p - m))
					}
					switch {
					case k == 0 && d.Anti:
						sum = term
					case k == 0:
						sum = T(d.W[0]*y[i]) + term
					default:
						sum += term
					}
				}
				return sum
			}},
		} {
			want := make([]T, n)
			for i := range want {
				want[i] = c.want(i)
			}
			before := append([]T(nil), dst...)
			c.run(dst)
			for i, w := range want {
				if bits(dst[i]) != bits(w) {
					t.Fatalf("%s of %d: element %d is %v, want %v", c.name, n, i, dst[i], w)
				}
			}
			all := whole(dst)[:n+guard]
			for i := n; i < n+guard; i++ {
				if !math.IsNaN(float64(all[i])) {
					t.Fatalf("%s of %d wrote element %d", c.name, n, i)
				}
			}
			copy(dst, before) // it may be an operand of the next
		}
	}
}

func TestNewDerivative(t *testing.T) {
	for _, c := range []struct {
		w     []float64
		ok    bool
		anti  bool
		pairs int
	}{
		{[]float64{-2, 1, 1}, true, false, 1},
		{[]float64{1, -1}, true, true, 1},
		{[]float64{0.5, -0.5, 0.1, -0.1, 2, -2, 3, -3}, true, true, 4},
		{[]float64{1, 1}, false, true, 1},
		{[]float64{1, 2, 3}, false, false, 1},
		{[]float64{1}, false, false, 0},
		{make([]float64, 11), false, false, 5},
	} {
		d, ok := NewDerivative[float64](c.w)
		if ok != c.ok || ok && (d.Anti != c.anti || d.Pairs != c.pairs) {
			t.Errorf("%v: %+v, %v; want ok %v, anti %v, %d pairs", c.w, d, ok, c.ok, c.anti, c.pairs)
		}
	}
}

func BenchmarkAxpy(b *testing.B) {
	x, y := make([]float32, 1024), make([]float32, 1024)
	b.SetBytes(1024 * 8)
	for b.Loop() {
		Axpy(y, y, x, 0.5)
	}
}

func TestPeak(t *testing.T) {
	t.Run("float32", testPeak[float32])
	t.Run("float64", testPeak[float64])
}

func testPeak[T Float](t *testing.T) {
	largest := math.MaxFloat64
	if single[T]() {
		largest = math.MaxFloat32
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		x := make([]T, n+1)
		want := 0.0
		for i := range n {
			x[i] = T(math.Copysign(rnd.ExpFloat64(), rnd.Float64()-0.5))
			want = max(want, math.Abs(float64(x[i])))
		}
		x[n] = T(math.NaN()) // beside
		if got := Peak(x[:n]); float64(got) != want {
			t.Fatalf("peak of %d elements is %v, want %v", n, got, want)
		}
		for i := range n {
			was := x[i]
			for _, c := range []float64{math.Inf(1), math.Inf(-1), largest, -largest} {
				x[i] = T(c)
				if got := Peak(x[:n]); float64(got) != math.Abs(c) {
					t.Fatalf("peak with %v at %d of %d is %v", c, i, n, got)
				}
			}
			x[i] = T(math.Copysign(math.NaN(), -1))
			x[n*7/13] = T(math.Inf(1)) // or NaN no more
			if got := Peak(x[:n]); i != n*7/13 && got == got {
				t.Fatalf("peak with NaN at %d of %d is %v", i, n, got)
			}
			x[n*7/13], x[i] = 0.5, was
		}
	}
}

func BenchmarkPeak(b *testing.B) {
	x := make([]float32, 1<<24)
	Fill(x, 1)
	b.SetBytes(4 << 24)
	for b.Loop() {
		Peak(x)
	}
}

// MulAdd rounds once: against the exact value.
func TestMulAdd(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 1))
	for range 20000 {
		a, b := float32(rnd.NormFloat64()), float32(rnd.NormFloat64())
		c := float32(float64(-a*b) * (1 + rnd.NormFloat64()*math.Ldexp(1, -rnd.IntN(30))))
		exact := new(big.Float).SetPrec(200).Mul(big.NewFloat(float64(a)), big.NewFloat(float64(b)))
		want, _ := exact.Add(exact, big.NewFloat(float64(c))).Float32()
		if got := MulAdd(a, b, c); got != want {
			t.Fatalf("seed %d: %v*%v + %v is %v, want %v", seed, a, b, c, got, want)
		}
	}
}
