package resample

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/dsp/fourier"
)

// TestTransform compares with direct sums. Bluestein's algorithm errs by some rounding errors of the largest
// coefficient, gonum's general radix by more.
func TestTransform(t *testing.T) {
	r := rand.New(rand.NewPCG(seed, 3))
	for _, n := range []int{1, 2, 3, 4, 5, 16, 149, 151, 157, 302, 453, 1009, 1415, 2003, 2006, 4001} {
		kinds := map[string]transform{"chosen": newTransform(n), "chirp": newChirp(n)}
		if _, ok := kinds["chosen"].(*chirp); ok != (largestFactor(n) > 150) {
			t.Errorf("length %d: by Bluestein's algorithm is %v", n, ok)
		}
		x, c := random(r, n), make([]complex128, n/2+1)
		for k := range c {
			c[k] = complex(r.NormFloat64(), r.NormFloat64())
		}
		exp := make([]complex128, n) // of 2 pi i k/n
		for k := range exp {
			exp[k] = cmplx.Rect(1, 2*math.Pi*float64(k)/float64(n))
		}
		wantC, wantX := make([]complex128, n/2+1), make([]float64, n)
		for k := range wantC {
			for j := range wantX {
				e := exp[j*k%n]
				wantC[k] += complex(x[j], 0) * cmplx.Conj(e)
				part := real(c[k] * e)
				if k > 0 && 2*k != n {
					part *= 2
				}
				wantX[j] += part
			}
		}
		for kind, f := range kinds {
			tol := 5e-15
			if _, ok := f.(*fourier.FFT); ok {
				tol = 2e-13
			}
			for range 2 { // the second time over what the first left
				gotC := f.Coefficients(make([]complex128, n/2+1), x)
				checkClose(t, kind, parts(gotC), parts(wantC), tol)
				checkClose(t, kind, f.Sequence(make([]float64, n), c), wantX, tol)
			}
		}
	}
}

func parts(c []complex128) []float64 {
	var x []float64
	for _, v := range c {
		x = append(x, real(v), imag(v))
	}
	return x
}

// TestSmoothLengths: what gonum does fast stays gonum's to the bit.
func TestSmoothLengths(t *testing.T) {
	for _, n := range []int{1, 2, 97, 150, 1000, 4000, 8192} {
		if _, ok := newTransform(n).(*fourier.FFT); !ok {
			t.Errorf("length %d is not transformed by gonum", n)
		}
	}
	for n, want := range map[int]int{1: 1, 7: 8, 31: 32, 32: 32, 4001: 4050, 4033: 4050} {
		if got := smooth(n); got != want {
			t.Errorf("smooth(%d) is %d, want %d", n, got, want)
		}
	}
}

func BenchmarkTransform(b *testing.B) {
	for name, n := range map[string]int{"8000": 8000, "8002=2x4001": 8002, "8009": 8009, "8051=83x97": 8051} {
		b.Run(name, func(b *testing.B) {
			f, x, c := newTransform(n), make([]float64, n), make([]complex128, n/2+1)
			for b.Loop() {
				f.Coefficients(c, x)
			}
		})
	}
}
