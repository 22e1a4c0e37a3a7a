// Package wavelet samples source time functions.
//
// Each function returns nt values, sample i for the time t = i*dt, in a slice that the caller owns. Times are in seconds
// and frequencies in hertz (or any pair of units whose product is 1). dt may be negative: t = i*dt then runs backwards
// from zero, and peak times must be negative to be seen. The wavelets have no unit; the largest value in continuous time
// (of Gabor and ToneBurst: that of the envelope) is 1. Multiply by the source's strength.
//
// No function checks that its frequencies stay below the Nyquist frequency 1/(2|dt|): what lies above is aliased.
// A Ricker wavelet has 2e-4 of its largest spectral amplitude left at 3.5 times its peak frequency, so |dt| of at most
// 1/(7 freq) is safe for it. Nor is it an error to cut a wavelet off at either end of the series, but that adds high
// frequencies: leave 1.5/freq on either side of the peak of a Ricker wavelet.
//
// Errors are for arguments that are not finite numbers, nt below 1, dt of zero, and frequencies out of range or order.
// The package imports nothing else of this module.
package wavelet

import (
	"fmt"
	"math"
)

// sample evaluates f at the times of the series, less origin.
func sample(nt int, dt, origin float64, f func(t float64) float64) []float64 {
	w := make([]float64, nt)
	for i := range w {
		w[i] = f(float64(i)*dt - origin)
	}
	return w
}

// damped returns x exp(-q), and 0 where that is too small for a number, be x infinite.
func damped(x, q float64) float64 {
	e := math.Exp(-q)
	if e == 0 {
		return 0
	}
	return x * e
}

func checkSeries(nt int, dt float64) error {
	if nt < 1 {
		return fmt.Errorf("wavelet: nt is %d, want at least 1", nt)
	}
	if dt == 0 || !finite(dt) {
		return fmt.Errorf("wavelet: dt is %v s, want a finite number other than 0", dt)
	}
	return nil
}

func checkPositive(name string, x float64) error {
	if !(x > 0) || !finite(x) {
		return fmt.Errorf("wavelet: %s is %v, want a finite number above 0", name, x)
	}
	return nil
}

func checkNotNegative(name string, x float64) error {
	if !(x >= 0) || !finite(x) {
		return fmt.Errorf("wavelet: %s is %v, want a finite number of 0 or more", name, x)
	}
	return nil
}

func checkFinite(name string, x float64) error {
	if !finite(x) {
		return fmt.Errorf("wavelet: %s is %v, want a finite number", name, x)
	}
	return nil
}

func finite(x float64) bool {
	return !math.IsNaN(x) && !math.IsInf(x, 0)
}

// first returns the first of errs that is not nil.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
