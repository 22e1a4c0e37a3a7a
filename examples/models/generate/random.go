package main

import (
	"math"
	"math/rand/v2"
)

// between draws a number from [lo, hi).
func between(rng *rand.Rand, lo, hi float64) float64 { return lo + (hi-lo)*rng.Float64() }

// relief is a smooth random function of position: a sum of cosines with
// random wavelengths and phases.
type relief []struct{ amplitude, wavenumber, phase float64 }

// newRelief draws n cosines with wavelengths from short to long (m). Together
// they stay within plus or minus amplitude.
func newRelief(rng *rand.Rand, n int, amplitude, short, long float64) relief {
	r := make(relief, n)
	for i := range r {
		r[i].amplitude = amplitude / float64(n)
		r[i].wavenumber = 2 * math.Pi / between(rng, short, long)
		r[i].phase = between(rng, 0, 2*math.Pi)
	}
	return r
}

func (r relief) at(x float64) float64 {
	sum := 0.0
	for _, c := range r {
		sum += c.amplitude * math.Cos(c.wavenumber*x+c.phase)
	}
	return sum
}

// ramp rises smoothly from 0 at u = lo to 1 at u = hi.
func ramp(u, lo, hi float64) float64 {
	t := math.Max(0, math.Min(1, (u-lo)/(hi-lo)))
	return t * t * (3 - 2*t)
}

// bell is a Gaussian of the given half width, 1 at zero.
func bell(x, width float64) float64 { return math.Exp(-(x / width) * (x / width)) }
