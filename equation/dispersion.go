package equation

import "math"

// Scheme is the finite-difference scheme as plane waves in a medium of one speed see it.
type Scheme struct {
	Accuracy int
	Spacing  []float64 // m
	DT       float64   // inner time step, s
}

// Wavenumber returns the wavenumber, rad/m, of a plane wave of angular frequency omega
// (rad/s) in a medium of speed v (m/s) along a direction (a unit vector), on the grid;
// false if the grid carries no wave so short. It solves the dispersion relation that plane
// waves put into the scheme give (von Neumann analysis), for D2's weights w,
//
//	4/dt^2 sin^2(omega dt/2) = -v^2 sum_d 1/h_d^2 (w_0 + 2 sum_j w_j cos(j k_d h_d))
func (s Scheme) Wavenumber(omega, v float64, direction []float64) (float64, bool) {
	sine := 2 / s.DT * math.Sin(omega*s.DT/2)
	want := sine * sine / (v * v)
	weights := secondWeights[s.Accuracy]
	sum := func(k float64) float64 {
		total := 0.0
		for d, h := range s.Spacing {
			if direction[d] == 0 {
				continue
			}
			x := weights[0]
			// cos(j a) by recurrence
			c1, c0 := math.Cos(k*direction[d]*h), 1.0
			twice, c := 2*c1, c1
			for _, w := range weights[1:] {
				x += 2 * w * c
				c0, c = c, twice*c-c0
			}
			total -= x / (h * h)
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
	for range 40 {
		if mid := (lo + hi) / 2; sum(mid) < want {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo, true
}
