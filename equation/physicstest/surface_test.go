package physicstest

import (
	"fmt"
	"math"
	"math/cmplx"
	"testing"

	"github.com/d52adeda/wave/backend/backendtest"
	"github.com/d52adeda/wave/equation"
)

// slow is the vertical slowness sqrt(1/c^2 - p^2) of a wave of speed c and horizontal slowness p
// in the first quadrant, where its imaginary part is not positive.
func slow(p complex128, c float64) complex128 {
	q := cmplx.Sqrt(complex(1/(c*c), 0) - p*p)
	if imag(q) > 0 {
		q = -q
	}
	if real(q) < 0 {
		q = cmplx.Conj(-q)
	}
	return q
}

// ray is a path of Cagniard and de Hoop: a response is the sum of weights w where it arrives at
// times tau.
type ray struct{ tau, w []float64 }

// cagniard returns the path on which tau = p x + sqrt(1/c^2 - p^2) z is real, so that
//
//	1/(2 pi i) integral A(p) exp(-s tau) dp
//
// from -i infinity to i infinity is 1/pi times the imaginary part of A dp/dtau: an angle i a from
// the ray, where tau is r/c cosh(a). If that begins beyond 1/head, the slowness of a faster wave,
// tau is real between the two as well: the head wave.
func cagniard(x, z, c, head, until float64, amplitude func(p complex128) complex128) ray {
	const points = 1500
	var out ray
	r, angle := math.Hypot(x, z), math.Atan2(x, z)
	add := func(tau float64, contribution complex128) {
		out.tau, out.w = append(out.tau, tau), append(out.w, imag(contribution)/math.Pi)
	}
	end := math.Acosh(max(1.01, until*c/r))
	for i := range points {
		a, step := end*float64(i)/points, end/points
		if i == 0 {
			step /= 2
		}
		at := complex(angle, a)
		add(r/c*math.Cosh(a), amplitude(cmplx.Sin(at)/complex(c, 0))*cmplx.Cos(at)*complex(0, step/c))
	}
	if first, last := 1/head, math.Sin(angle)/c; last > first {
		for i := range points { // p = first + y^2, for the root in the amplitude; midpoints
			step := math.Sqrt(last-first) / points
			y := (float64(i) + 0.5) * step
			p := first + y*y
			add(p*x+real(slow(complex(p, 0), c))*z, amplitude(complex(p, 0))*complex(2*y*step, 0))
		}
	}
	return out
}

// sum is the response to the pulse's derivative n at t.
func sum(rays []ray, p pulse, n int, t float64) float64 {
	total := 0.0
	for _, r := range rays {
		for i, tau := range r.tau {
			if late := t - tau - p.t0; late > -2/p.freq && late < 2/p.freq {
				total += r.w[i] * p.of(n, t-tau)
			}
		}
	}
	return total
}

// rayleigh is (b^2 - p^2)^2 + 4 p^2 a b, a and b being vertical slownesses of P and S.
func rayleigh(m medium, p complex128) (a, b, gamma, r complex128) {
	a, b = slow(p, m.vp), slow(p, m.vs)
	gamma = b*b - p*p
	return a, b, gamma, gamma*gamma + 4*p*p*a*b
}

// lamb is the velocity at depth z, x beside a force of 1 N/m on the surface, down, whose time
// function is the pulse's second derivative; along x or down. With potentials
// Phi exp(-s(p x + a z)) and Psi exp(-s(p x + b z)), no shear stress on the surface and the
// force for normal stress give Phi = -gamma/(mu R) and Psi = -2pa/(mu R) (Lamb 1904; Aki and
// Richards 2002, ch. 6).
func lamb(m medium, along bool, x, z, until float64) []ray {
	mu := complex(m.rho*m.vs*m.vs, 0)
	ofP := func(p complex128) complex128 {
		a, _, gamma, r := rayleigh(m, p)
		if along {
			return p * gamma / (mu * r)
		}
		return a * gamma / (mu * r)
	}
	ofS := func(p complex128) complex128 {
		a, b, _, r := rayleigh(m, p)
		if along {
			return -2 * p * a * b / (mu * r)
		}
		return 2 * p * p * a / (mu * r)
	}
	return []ray{cagniard(x, z, m.vp, m.vp, until, ofP), cagniard(x, z, m.vs, m.vp, until, ofS)}
}

// garvin is the velocity on the surface, x beside an explosion of 1 m^2 at depth z; along x or
// down. P waves going up, exp(-s a z)/(2 s a) with -1/(rho vp^2), and what they make on a
// free surface add up to (Garvin 1956)
//
//	along x  2 p b/(rho vp^2 vs^2 R),   down  -gamma/(rho vp^2 vs^2 R)
func garvin(m medium, along bool, x, z, until float64) []ray {
	scale := complex(m.rho*m.vp*m.vp*m.vs*m.vs, 0)
	return []ray{cagniard(x, z, m.vp, m.vp, until, func(p complex128) complex128 {
		_, b, gamma, r := rayleigh(m, p)
		if along {
			return 2 * p * b / (scale * r)
		}
		return -gamma / (scale * r)
	})}
}

// TestSurface compares a half space under vacuum with Lamb's and Garvin's solutions. At accuracy 2,
// the scheme is slow by dispersion; Rayleigh waves are by 0.065 (k h)^2 where it is 1/24
// (k h)^2 (discreteRayleigh), 1.6 times as much. At accuracy 4, crossing and onSurface say what the
// surface does; vx on the surface, extrapolated from two cells that both have the surface's error, is
// then left out.
func TestSurface(t *testing.T) {
	numbers(t)
	const vacuum = 6 // cells
	m := medium{3000, 1700, 2200}
	for _, accuracy := range []int{2, 4} {
		h, freq := 2.0, 14.0
		ny, nx, away, deep := 100, 260, 100, 20
		s := &backendtest.Survey{
			Equation: equation.Elastic(), Accuracy: accuracy, Spacing: h, DT: 0.4 * h / m.vp, Steps: 1500, Freq: freq,
			PML: [][2]int{{0, 20}, {20, 20}},
		}
		p := pulse{freq, 1.4 / freq}
		density := func(of func(m medium) float64) func(c []int) float64 {
			return func(c []int) float64 {
				if c[0] < vacuum {
					return 0
				}
				return of(m)
			}
		}
		s.Models = equation.Models{
			"lamb":     filled(density(func(m medium) float64 { return m.rho * (m.vp*m.vp - 2*m.vs*m.vs) }), ny, nx),
			"mu":       filled(density(func(m medium) float64 { return m.rho * m.vs * m.vs }), ny, nx),
			"buoyancy": filled(density(func(m medium) float64 { return 1 / m.rho }), ny, nx),
		}
		column := nx/2 - away/2
		until := float64(s.Steps)*s.DT - p.t0 + 2/freq
		for _, test := range []struct {
			name, source string
			row          int
		}{{"Lamb", "force_z", vacuum - 1}, {"Garvin", "pressure", vacuum + deep}} {
			s.Sources = map[string][]backendtest.Source{test.source: {{Cell: []int{test.row, column}, Amplitude: p.ricker}}}
			s.Receivers = map[string][][]int{"vz": {{vacuum + 9, column + away}, {vacuum - 1, column + away}}, "vx": {{vacuum + 9, column + away}, {vacuum, column + away}, {vacuum + 1, column + away}}}
			got := s.Run(t, "cpu")
			system := s.Equation.Write(equation.Grid{NDim: 2, Accuracy: accuracy})
			for _, name := range []string{"vx", "vz"} {
				if accuracy > 2 && test.name == "Garvin" && name == "vx" {
					continue
				}
				c, _ := channel(system.Receivers, name, 2)
				at := place(c, s.Receivers[name][0])
				x, z := (at[1]-float64(column))*h, (at[0]-(vacuum-0.5))*h
				in := func(m medium) []float64 {
					var rays []ray
					if test.name == "Lamb" {
						rays = lamb(m, name == "vx", x, z, until)
					} else {
						rays = garvin(m, name == "vx", x, (float64(deep)+0.5)*h, until)
					}
					return record(s, c, func(t float64) float64 { return sum(rays, p, 3, t) * h * h })
				}
				have := got[name][0]
				if test.name == "Garvin" { // on the surface
					have = got[name][1]
					if name == "vx" { // half a cell and one and a half below
						for i := range have {
							have[i] = 1.5*have[i] - 0.5*got[name][2][i]
						}
					}
				}
				want := in(m)
				other := in(medium{m.vp * 1.01, m.vs * 1.01, m.rho})
				tolerance := 1.6*dispersion(s, want, 0.9*m.vs, math.Hypot(x, z)) + crossing(s, want, 0.9*m.vs, x)
				for i := range want { // a force on the surface, or a velocity
					want[i] *= onSurface(accuracy)
				}
				check(t, fmt.Sprintf("accuracy %d: %s %s", accuracy, test.name, name), have, want, other, tolerance)
			}
		}
	}
}
