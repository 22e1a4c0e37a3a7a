package wavelet

import "math"

// Ricker returns the negative second derivative of a Gaussian (Ricker, "The form and laws of propagation of seismic
// wavelets", Geophysics 18 (1953), 10-40):
//
//	w(t) = (1 - 2q) exp(-q),  q = (pi freq (t-peakTime))^2
//
// It is 1 at peakTime, has zero mean, and its amplitude spectrum, proportional to f^2 exp(-(f/freq)^2), is greatest at freq.
// At 0 Hz it is 1 throughout. A peakTime of 1.5/freq makes it start from nearly zero (-1e-8).
func Ricker(freq float64, nt int, dt, peakTime float64) ([]float64, error) {
	if err := first(checkNotNegative("freq", freq), checkSeries(nt, dt), checkFinite("peakTime", peakTime)); err != nil {
		return nil, err
	}
	return sample(nt, dt, peakTime, func(t float64) float64 {
		a := math.Pi * freq * t
		q := a * a
		return damped(1-2*q, q)
	}), nil
}

// GaussianDerivative returns the first derivative of a Gaussian, which is antisymmetric about centreTime:
//
//	w(t) = -a exp((1-a^2)/2),  a = 2 pi freq (t-centreTime)
//
// It is 1 at centreTime - 1/(2 pi freq), zero at centreTime and -1 at centreTime + 1/(2 pi freq). It has zero mean, and its
// amplitude spectrum, proportional to f exp(-(f/freq)^2/2), is greatest at freq. At 0 Hz it is zero.
func GaussianDerivative(freq float64, nt int, dt, centreTime float64) ([]float64, error) {
	if err := first(checkNotNegative("freq", freq), checkSeries(nt, dt), checkFinite("centreTime", centreTime)); err != nil {
		return nil, err
	}
	return sample(nt, dt, centreTime, func(t float64) float64 {
		a := 2 * math.Pi * freq * t
		return damped(-a, (a*a-1)/2)
	}), nil
}

// Gabor returns a cosine under a Gaussian envelope (Gabor, "Theory of communication", Journal of the IEE 93 (1946), 429-457):
//
//	w(t) = exp(-(t-peakTime)^2 / (2 width^2)) cos(2 pi freq (t-peakTime) + phase)
//
// width is the envelope's standard deviation in seconds and phase is in radians. The envelope is 1 at peakTime, and so is the
// wavelet if phase is 0. The spectrum is a Gaussian of standard deviation 1/(2 pi width) about freq, plus its image about
// -freq: where freq*width is 0.5 or more it is greatest at freq, and at zero frequency it is at most 1.5% of that; for
// shorter envelopes neither holds.
func Gabor(freq float64, nt int, dt, peakTime, width, phase float64) ([]float64, error) {
	err := first(checkNotNegative("freq", freq), checkSeries(nt, dt), checkFinite("peakTime", peakTime),
		checkPositive("width", width), checkFinite("phase", phase))
	if err != nil {
		return nil, err
	}
	return sample(nt, dt, peakTime, func(t float64) float64 {
		a := t / width
		return damped(math.Cos(2*math.Pi*freq*t+phase), a*a/2)
	}), nil
}
