package wavelet

import (
	"fmt"
	"math"
)

// Ormsby returns the zero-phase wavelet whose amplitude spectrum is a trapezoid: zero up to f1, rising to its full value
// at f2, flat to f3 and falling to zero at f4 (Ryan, "Ricker, Ormsby, Klauder, Butterworth: a choice of wavelets",
// CSEG Recorder 19(7), 1994). With s(f) = (f sin(pi f t)/(pi f t))^2 and t counted from peakTime:
//
//	w(t) = [ (s(f4)-s(f3))/(f4-f3) - (s(f2)-s(f1))/(f2-f1) ] / (f4+f3-f2-f1)
//
// It is 1 at peakTime and has zero mean if f1 > 0; the flat part of its spectrum is 1/(f4+f3-f2-f1) seconds. Its tails die
// out only as 1/t^2 and are larger for steeper slopes. The corners must satisfy 0 <= f1 < f2 <= f3 < f4.
func Ormsby(f1, f2, f3, f4 float64, nt int, dt, peakTime float64) ([]float64, error) {
	if !(0 <= f1 && f1 < f2 && f2 <= f3 && f3 < f4) || math.IsInf(f4, 1) {
		return nil, fmt.Errorf("wavelet: corner frequencies are %v, %v, %v, %v, want 0 <= f1 < f2 <= f3 < f4, finite", f1, f2, f3, f4)
	}
	if err := first(checkSeries(nt, dt), checkFinite("peakTime", peakTime)); err != nil {
		return nil, err
	}
	return sample(nt, dt, peakTime, func(t float64) float64 {
		s := func(f float64) float64 {
			if x := math.Pi * f * t; x != 0 {
				f *= math.Sin(x) / x
			}
			return f * f
		}
		return ((s(f4)-s(f3))/(f4-f3) - (s(f2)-s(f1))/(f2-f1)) / (f4 + f3 - f2 - f1)
	}), nil
}

// ToneBurst returns a sine under a Hann window, the usual excitation in ultrasonics: zero before start, zero after
// start + cycles/freq, and between, with t counted from start,
//
//	w(t) = (1 - cos(2 pi freq t/cycles))/2 * sin(2 pi freq t)
//
// Value and slope are zero at both ends. For whole cycles it has zero mean; from two cycles on its amplitude spectrum is
// greatest within 1% of freq.
func ToneBurst(freq, cycles float64, nt int, dt, start float64) ([]float64, error) {
	err := first(checkNotNegative("freq", freq), checkPositive("cycles", cycles), checkSeries(nt, dt), checkFinite("start", start))
	if err != nil {
		return nil, err
	}
	return sample(nt, dt, start, func(t float64) float64 {
		if t < 0 || t*freq > cycles {
			return 0
		}
		a := 2 * math.Pi * freq * t
		return (1 - math.Cos(a/cycles)) / 2 * math.Sin(a)
	}), nil
}
