package physicstest

import (
	"math"
	"testing"

	"github.com/d52adeda/wave/backend/backendtest"
)

// root is where f changes its sign between lo and hi, by bisection.
func root(f func(x float64) float64, lo, hi float64) float64 {
	sign := f(lo) > 0
	for range 100 {
		if mid := (lo + hi) / 2; f(mid) > 0 == sign {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// scholte is the speed of waves along a plane between a fluid and a solid, of Rayleigh waves where
// the fluid has no density: the root of
//
//	4 sqrt(1 - c^2/vp^2) sqrt(1 - c^2/vs^2) - (2 - c^2/vs^2)^2
//	  = rho_f/rho c^4/vs^4 sqrt(1 - c^2/vp^2)/sqrt(1 - c^2/v_f^2)
func scholte(solid, fluid medium) float64 {
	most := solid.vs
	if fluid.rho > 0 {
		most = min(most, fluid.vp)
	}
	return root(func(c float64) float64 {
		under := func(v float64) float64 { return math.Sqrt(1 - c*c/(v*v)) }
		x := c * c / (solid.vs * solid.vs)
		left := 4*under(solid.vp)*under(solid.vs) - (2-x)*(2-x)
		if fluid.rho == 0 {
			return left
		}
		return left - fluid.rho/solid.rho*x*x*under(solid.vp)/under(fluid.vp)
	}, 0.3*most, most*(1-1e-9))
}

// discreteRayleigh is the speed that Rayleigh waves of an angular frequency have on the grid at
// accuracy 2. In the half space, where all stencils are whole, waves exp(i(k x - omega t) - q z) obey
// what those of the medium do with W = 2/dt sin(omega dt/2), K = 2/h sin(k h/2) and
// Q = 2/h sinh(q h/2): Q^2 = K^2 - W^2/v^2 for either speed v. The shear stress is zero on the
// surface. The normal stress half a cell below is minus that of the vacuum's cell, had the
// waves gone on there; so it is the sum of both that is zero, which makes the secular equation
//
//	(2K^2 - W^2/vs^2)^2 cosh(q_p h/2) = 4 K^2 Q_p Q_s cosh(q_s h/2)
func discreteRayleigh(m medium, omega, h, dt float64) float64 {
	w := 2 / dt * math.Sin(omega*dt/2)
	return root(func(c float64) float64 {
		k := 2 / h * math.Sin(omega/c*h/2)
		p, s := math.Sqrt(k*k-w*w/(m.vp*m.vp)), math.Sqrt(k*k-w*w/(m.vs*m.vs))
		x := 2*k*k - w*w/(m.vs*m.vs)
		return x*x*math.Sqrt(1+math.Pow(p*h/2, 2)) - 4*k*k*p*s*math.Sqrt(1+math.Pow(s*h/2, 2))
	}, 0.7*m.vs, 0.97*m.vs)
}

// TestSpeeds measures the speeds of Rayleigh and Scholte waves between two places on the
// surface, by the phases of their spectra at one frequency, of 30 cells a wavelength.
//
// Body waves along a surface fall off as distance^(-3/2): at the first place, 8 wavelengths away,
// they are a few times (2 pi 8)^(-3/2) = 0.003 of what stays, so up to 0.02 of the phase between
// the two places, 2 pi 8: 4e-4. To that the grid's own solution at accuracy 2 holds. From the
// medium's it is off by 0.065 (k h)^2 (discreteRayleigh), 0.29%, and up to twice that where a fluid
// is a second half space; above accuracy 2 by up to |c_2| k h/2 (crossing), 0.44%, not more where
// a fluid goes on with what is normal to the surface.
func TestSpeeds(t *testing.T) {
	numbers(t)
	solid := medium{3000, 1700, 2200}
	soft := medium{1900, 600, 1900}
	const exact = 4e-4
	for _, test := range []struct {
		name     string
		accuracy int
		solid    medium
		fluid    medium
		within   float64
	}{
		{"Rayleigh", 2, solid, medium{}, 0.0029},
		{"Rayleigh", 4, solid, medium{}, 0.0044},
		{"Scholte", 2, soft, medium{1500, 0, 1000}, 0.0058},
		{"Scholte", 4, soft, medium{1500, 0, 1000}, 0.0044},
	} {
		const h, wave = 2.0, 30
		c := scholte(test.solid, test.fluid)
		f := c / (wave * h)
		surface, ny := 6, 80
		if test.fluid.rho > 0 {
			surface, ny = 50, 120
		}
		from, first, second := 30, 30+8*wave, 30+16*wave
		eq, models := test.solid.equation(ny, second+20)
		_, above := medium{vp: test.fluid.vp, vs: 1e-9, rho: test.fluid.rho}.equation(1, 1)
		for name, a := range models {
			below := a.Float64s()[0]
			models[name] = filled(func(cell []int) float64 {
				switch {
				case cell[0] >= surface:
					return below
				case test.fluid.rho == 0 || name == "mu":
					return 0
				}
				return above[name].Float64s()[0]
			}, a.Shape()...)
		}
		p := pulse{f, 1.4 / f}
		s := &backendtest.Survey{
			Equation: eq, Accuracy: test.accuracy, Models: models, Spacing: h, DT: 0.42 * h / test.solid.vp, Freq: f,
			PML:       [][2]int{{20, 20}, {20, 20}},
			Sources:   map[string][]backendtest.Source{"force_z": {{Cell: []int{surface - 1, from}, Amplitude: p.ricker}}},
			Receivers: map[string][][]int{"vz": {{surface - 1, first}, {surface - 1, second}}},
		}
		if test.fluid.rho == 0 {
			s.PML[0][0] = 0
		}
		s.Steps = int((16.0*wave*h/c + 5.5/f) / s.DT)
		omega := 2 * math.Pi * f
		// phase at f, of what is later than distance/c, within four periods of the wave.
		phase := func(x []float64, distance float64) float64 {
			var re, im float64
			for k, v := range x {
				at := (float64(k)-0.5)*s.DT - p.t0 - distance/c
				if math.Abs(at) < 4/f {
					v *= math.Pow(math.Cos(at*math.Pi*f/8), 2)
					re += v * math.Cos(omega*at)
					im += v * math.Sin(omega*at)
				}
			}
			return math.Atan2(im, re)
		}
		got := s.Run(t, "cpu")["vz"]
		apart := 8.0 * wave * h
		late := (phase(got[1], 16*wave*h) - phase(got[0], 8*wave*h)) / omega
		speed := apart / (apart/c + late)
		// All speeds scale with the medium's.
		if e := math.Abs(speed/(1.01*c) - 1); e <= test.within+exact {
			t.Errorf("%s: a medium that is 1%% faster is not seen: off by %.2g", test.name, e)
		}
		t.Logf("%s, accuracy %d: %.6g m/s, want %.6g: off by %.2g, tolerance %.2g", test.name, test.accuracy, speed, c, speed/c-1, test.within+exact)
		if !(math.Abs(speed/c-1) <= test.within+exact) {
			t.Errorf("%s: speed %.6g m/s, want %.6g to within %.2g", test.name, speed, c, test.within)
		}
		if test.name == "Rayleigh" && test.accuracy == 2 {
			grid := discreteRayleigh(test.solid, omega, h, s.DT)
			t.Logf("on this grid %.6g: off by %.2g, tolerance %.2g", grid, speed/grid-1, exact)
			if !(math.Abs(speed/grid-1) <= exact) {
				t.Errorf("speed %.6g m/s, want %.6g, as on this grid, to within %g", speed, grid, exact)
			}
		}
	}
}
