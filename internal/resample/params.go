// Package resample changes the sampling rate of time series by an integer ratio with the FFT: source amplitudes up to the
// engine's inner time step, receiver amplitudes down from it.
//
// A series is one []float64, one value a sample. A Plan holds everything that depends only on the length and the options;
// it is a real linear map, and Plan.Transpose is its exact transpose, which gradients need.
//
// The package imports gonum's FFT and nothing else of this module.
package resample

import (
	"fmt"
	"math"
)

// Params says how to resample. With Ratio 1 and Shift 0 the series is copied and the other options have no effect.
type Params struct {
	// Ratio is the number of inner samples in an outer one, at least 1.
	Ratio int

	// FreqTaperFrac is the fraction of the outer series' frequencies, counted from the highest, that a cosine takes down to
	// zero; in [0, 1). With 0 the highest frequency alone is set to zero. A fraction of less than one frequency does nothing.
	FreqTaperFrac float64

	// TimePadFrac is the number of zeros appended before, and dropped after, resampling, which keeps the end from wrapping
	// onto the beginning, as a fraction of the outer length (rounded down); in [0, 1).
	TimePadFrac float64

	// TimeTaper multiplies the inner series by a symmetric Hann window.
	TimeTaper bool

	// Shift delays the series by this many inner samples, which need not be whole.
	Shift float64
}

// Validate returns an error that names the first field out of range; NaN always is.
func (p Params) Validate() error {
	if p.Ratio < 1 {
		return fmt.Errorf("resample: Ratio is %d, want at least 1", p.Ratio)
	}
	if !(p.FreqTaperFrac >= 0 && p.FreqTaperFrac < 1) {
		return fmt.Errorf("resample: FreqTaperFrac is %v, want 0 or more and less than 1", p.FreqTaperFrac)
	}
	if !(p.TimePadFrac >= 0 && p.TimePadFrac < 1) {
		return fmt.Errorf("resample: TimePadFrac is %v, want 0 or more and less than 1", p.TimePadFrac)
	}
	if math.IsNaN(p.Shift) || math.IsInf(p.Shift, 0) {
		return fmt.Errorf("resample: Shift is %v, want a finite number of inner samples", p.Shift)
	}
	return nil
}

// Up writes src, resampled to Ratio times as many samples, to dst. len(dst) must be len(src)*Ratio; they may overlap.
// For many series of one length make a plan with NewUp.
func (p Params) Up(dst, src []float64) error {
	plan, err := NewUp(len(src), p)
	if err != nil {
		return err
	}
	return plan.once(dst, src)
}

// Down writes src, resampled to one sample in Ratio, to dst. len(src) must be len(dst)*Ratio; they may overlap.
// For many series of one length make a plan with NewDown.
func (p Params) Down(dst, src []float64) error {
	plan, err := NewDown(len(dst), p)
	if err != nil {
		return err
	}
	return plan.once(dst, src)
}

func (p *Plan) once(dst, src []float64) error {
	if len(dst) != p.out.n || len(src) != p.in.n {
		return fmt.Errorf("resample: %d samples in and %d out, want %d and %d", len(src), len(dst), p.in.n, p.out.n)
	}
	p.Apply(dst, src)
	return nil
}

// taper returns the factors on the n frequencies of the outer series.
func (p Params) taper(n int) []float64 {
	t := make([]float64, n)
	for i := range t {
		t[i] = 1
	}
	if p.FreqTaperFrac > 0 {
		m := int(p.FreqTaperFrac * float64(n))
		for k := 1; k <= m; k++ {
			t[n-m+k-1] = (math.Cos(math.Pi*float64(k)/float64(m)) + 1) / 2
		}
	} else if n > 1 { // a single sample has only the frequency zero, which stays
		t[n-1] = 0
	}
	return t
}

// hann returns the symmetric Hann window of n >= 2 samples, whose first and last value are zero.
func hann(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(n-1))
	}
	return w
}
