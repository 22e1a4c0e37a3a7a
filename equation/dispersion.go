package equation

import "math"

// Scheme is the finite-difference scheme as plane waves in a medium of one speed see it.
type Scheme struct {
	Accuracy int
	Spacing  []float64 // m
	DT       float64   // inner time step, s
	// Staggered says that it is one of first derivatives between points, not of second ones on them.
	Staggered bool
}

// Wavenumber returns the wavenumber, rad/m, of a plane wave of angular frequency omega
// (rad/s) in a medium of speed v (m/s) along a direction (a unit vector), on the grid;
// false if the grid carries no wave so short. It solves the dispersion relation that plane
// waves put into the scheme give (von Neumann analysis), for D2's weights w,
//
//	4/dt^2 sin^2(omega dt/2) = -v^2 sum_d 1/h_d^2 (w_0 + 2 sum_j w_j cos(j k_d h_d))
//
// or, staggered, for those of Writer.D,
//
//	4/dt^2 sin^2(omega dt/2) = v^2 sum_d (2/h_d sum_j c_j sin((j-1/2) k_d h_d))^2
func (s Scheme) Wavenumber(omega, v float64, direction []float64) (float64, bool) {
	sine := 2 / s.DT * math.Sin(omega*s.DT/2)
	want := sine * sine / (v * v)
	sum := func(k float64) float64 {
		total := 0.0
		for d, h := range s.Spacing {
			if direction[d] != 0 {
				total += s.symbol(k*direction[d]*h) / (h * h)
			}
		}
		return total
	}
	lo, hi := 0.0, math.Inf(1)
	for d, h := range s.Spacing {
		if a := math.Abs(direction[d]); a > 0 {
			hi = min(hi, math.Pi/(h*a))
		}
	}
	if !(omega*math.Abs(s.DT) <= math.Pi) || want > sum(hi) {
		return 0, false
	}
	// By the secant between bounds, which are narrowed from both sides (the Illinois method).
	fl, fh := -want, sum(hi)-want
	for side := 0; hi-lo > 1e-12*hi; {
		k := (lo*fh - hi*fl) / (fh - fl)
		f := sum(k) - want
		switch {
		case !(k > lo && k < hi):
			return k, true // as near as numbers are
		case f < 0:
			lo, fl = k, f
			if side < 0 {
				fh /= 2
			}
			side = -1
		default:
			hi, fh = k, f
			if side > 0 {
				fl /= 2
			}
			side = 1
		}
	}
	return lo, true
}

// symbol returns what minus the second derivative makes of a plane wave with an angle a between
// neighbouring points, in units of the spacing.
func (s Scheme) symbol(a float64) float64 {
	now, before, twice := math.Cos(a), 1.0, 2*math.Cos(a) // cos(j a), by recurrence
	weights := secondWeights[s.Accuracy]
	sum, weights := weights[0], weights[1:]
	if s.Staggered {
		now, before = math.Sin(a/2), -math.Sin(a/2) // sin((j-1/2) a)
		sum, weights = 0, staggeredWeights[s.Accuracy]
	}
	for _, w := range weights {
		sum += 2 * w * now
		before, now = now, twice*now-before
	}
	if s.Staggered {
		return sum * sum
	}
	return -sum
}
