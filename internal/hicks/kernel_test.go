package hicks

import (
	"math"
	"math/big"
	"testing"
)

// TestBesselI0 checks against tables (Abramowitz and Stegun, table 9.8, to more digits) and a series of 200 bits.
func TestBesselI0(t *testing.T) {
	for x, want := range map[float64]float64{
		0: 1, 0.5: 1.0634833707413235, 1: 1.2660658777520083, 2: 2.2795853023360673, 5: 27.239871823604442, 10: 2815.716628466254,
	} {
		if got := besselI0(x); !(math.Abs(got-want) <= 1e-15*want) {
			t.Errorf("I0(%v) is %v, want %v", x, got, want)
		}
	}
	for x := 0.0; x <= 15; x += 0.0625 {
		q := new(big.Float).SetPrec(200).SetFloat64(x * x / 4)
		sum, term := big.NewFloat(1).SetPrec(200), big.NewFloat(1).SetPrec(200)
		for k := 1; k < 100; k++ {
			term.Mul(term, q)
			term.Quo(term, big.NewFloat(float64(k*k)))
			sum.Add(sum, term)
		}
		want, _ := sum.Float64()
		if got := besselI0(x); !(math.Abs(got-want) <= 1e-15*want) {
			t.Errorf("I0(%v) is %v, want %v", x, got, want)
		}
	}
}

func TestSincDerivative(t *testing.T) {
	for _, x := range []float64{0.3, 1.5, -2.25} { // central differences
		const h = 1e-5
		want := (sinc(x+h) - sinc(x-h)) / (2 * h)
		if got := sincDerivative(x); math.Abs(got-want) > 1e-9 {
			t.Errorf("sinc'(%v) is %v, want %v", x, got, want)
		}
	}
	// The two formulas meet: the closed one has lost at most 1e-16/x^2 here.
	for _, x := range []float64{0.00999, -0.00999} {
		want := (math.Cos(math.Pi*x) - sinc(x)) / x
		if got := sincDerivative(x); math.Abs(got-want) > 1e-13 {
			t.Errorf("sinc'(%v) is %v, want %v", x, got, want)
		}
	}
	if got := sincDerivative(0); got != 0 {
		t.Errorf("sinc'(0) is %v, want 0", got)
	}
}
