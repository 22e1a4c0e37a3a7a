package physicstest

import (
	"fmt"
	"math"
	"testing"

	"github.com/d52adeda/wave/backend/backendtest"
	"github.com/d52adeda/wave/equation"
)

// medium is homogeneous; without vs it is the acoustic equation's.
type medium struct{ vp, vs, rho float64 }

func (m medium) equation(cells ...int) (*equation.Equation, equation.Models) {
	if m.vs == 0 {
		return equation.Acoustic(), equation.Models{"v": constant(m.vp, cells...), "rho": constant(m.rho, cells...)}
	}
	mu := m.rho * m.vs * m.vs
	return equation.Elastic(), equation.Models{
		"lamb": constant(m.rho*m.vp*m.vp-2*mu, cells...), "mu": constant(mu, cells...), "buoyancy": constant(1/m.rho, cells...)}
}

// radial is the derivative of an order along r of the causal solution of
//
//	(1/v^2) u_tt - laplace(u) = F(t) delta(x)
//
// in 1, 2 or 3 dimensions, F being the pulse's derivative n: v/2 times F's integral at t - r/v;
// the integral over a line of what follows for 3-D; F(t - r/v)/(4 pi r).
func radial(ndim int, p pulse, n int, v, r, t float64, order int) float64 {
	late := t - r/v
	switch ndim {
	case 1:
		return v / 2 * math.Pow(-1/v, float64(order)) * p.of(n+order-1, late)
	case 2:
		// With the time at which the line's parts are heard r/v cosh(a), 1/sqrt(t^2 - r^2/v^2)
		// becomes 1. The integrand and all of its derivatives vanish at the far end, and the
		// odd ones at 0: the trapezoidal rule converges faster than any power.
		if t-p.t0+2/p.freq < r/v {
			return 0
		}
		const points = 200
		end := math.Acosh(max(1, (t-p.t0+2/p.freq)*v/r) + 0.01)
		sum := 0.0
		for i := range points {
			c := math.Cosh(end * float64(i) / points)
			x := math.Pow(-c/v, float64(order)) * p.of(n+order, t-r/v*c)
			if i == 0 {
				x /= 2
			}
			sum += x
		}
		return sum * end / points / (2 * math.Pi)
	}
	f := func(k int) float64 { return p.of(n+k, late) / math.Pow(v, float64(k)) / (4 * math.Pi) }
	switch order {
	case 0:
		return f(0) / r
	case 1:
		return -f(0)/(r*r) - f(1)/r
	}
	return 2*f(0)/(r*r*r) + 2*f(1)/(r*r) + f(2)/r
}

// green is what a receiver at x (m from the source) has at t, of component i if it is of a
// velocity; j is that of a force, whose volume is 1 like that of a source of pressure.
//
// With g the solution above, of speed vp or vs: a force's displacement is (Aki and Richards
// 2002, eq. 4.23 where g is that of 3-D)
//
//	u_i = 1/rho (delta_ij g_s/vs^2 + d_i d_j integral integral (g_p - g_s)) * f
//
// and a source of pressure's -d_i g_p/(rho vp^2) * its integral. Pressure is -(lamb + 2mu/ndim)
// times their divergence. Acoustics are the same with vs = 0 and s = f/(rho vp^2).
func green(m medium, p pulse, source, receiver string, i, j int, x []float64, t float64) float64 {
	ndim := len(x)
	r := 0.0
	for _, y := range x {
		r = math.Hypot(r, y)
	}
	hessian := func(v float64, n int) float64 {
		y := x[i] * x[j] / (r * r)
		same := 0.0
		if i == j {
			same = 1
		}
		return y*radial(ndim, p, n, v, r, t, 2) + (same-y)/r*radial(ndim, p, n, v, r, t, 1)
	}
	stiff := m.rho * m.vp * m.vp
	bulk := stiff - 2*m.rho*m.vs*m.vs*(1-1/float64(ndim))
	strength := 1 / stiff // of a source of pressure, as a volume
	if m.vs == 0 {
		strength = 1
	}
	switch {
	case source == "pressure" && receiver == "pressure":
		return strength * bulk / (m.vp * m.vp) * radial(ndim, p, 3, m.vp, r, t, 0)
	case source == "pressure":
		return -strength * x[i] / r * radial(ndim, p, 2, m.vp, r, t, 1)
	case receiver == "pressure":
		return -bulk / stiff * x[j] / r * radial(ndim, p, 2, m.vp, r, t, 1)
	}
	v := hessian(m.vp, 1)
	if m.vs > 0 {
		v -= hessian(m.vs, 1)
		if i == j {
			v += radial(ndim, p, 3, m.vs, r, t, 0) / (m.vs * m.vs)
		}
	}
	return v / m.rho
}

// TestGreen compares records in a homogeneous medium with the full space's. Beside dispersion,
// there are a millionth for rounding and the wavelet's beginning, and what comes back from
// the PML where there is time for it: profiles are made for 0.001 of a wave that meets them
// at a right angle, which has gone a longer way than the one that is compared.
func TestGreen(t *testing.T) {
	numbers(t)
	for _, test := range []struct {
		medium   medium
		accuracy int
		cells    []int
		pml      int
		from     []int
		to       [][]int // the first in the near field of a wave: less than a wavelength away
		h, freq  float64
		steps    int
		back     float64
	}{
		{medium{2000, 0, 2200}, 4, []int{480}, 0, []int{220}, [][]int{{228}, {260}, {190}}, 5, 16, 500, 0},
		{medium{2000, 0, 2200}, 8, []int{480}, 0, []int{220}, [][]int{{228}, {260}, {190}}, 5, 22, 500, 0},
		{medium{2000, 0, 2200}, 4, []int{180, 180}, 20, []int{90, 90}, [][]int{{98, 92}, {90, 125}, {70, 60}}, 5, 16, 480, 0},
		{medium{2000, 0, 2200}, 8, []int{150, 150}, 20, []int{75, 75}, [][]int{{83, 77}, {75, 110}, {55, 50}}, 5, 22, 380, 0},
		{medium{2000, 0, 2200}, 4, []int{46, 40, 60}, 12, []int{20, 17, 18}, [][]int{{22, 22, 14}, {27, 23, 43}}, 5, 16, 420, 0.001},
		{medium{3000, 1700, 2500}, 4, []int{200, 220}, 20, []int{100, 110}, [][]int{{108, 113}, {100, 145}, {80, 90}}, 5, 14, 660, 0.001},
		{medium{3000, 1700, 2500}, 8, []int{160, 160}, 20, []int{80, 80}, [][]int{{88, 83}, {80, 110}, {60, 60}}, 5, 20, 520, 0.001},
		{medium{3000, 1700, 2500}, 8, []int{32, 34, 44}, 12, []int{16, 14, 14}, [][]int{{18, 19, 10}, {21, 19, 30}}, 5, 20, 480, 0.001},
	} {
		ndim, fastest := len(test.cells), test.medium.vp
		slowest := fastest
		if test.medium.vs > 0 {
			slowest = test.medium.vs
		}
		eq, models := test.medium.equation(test.cells...)
		dt := (0.2 + 0.07*float64(ndim)) * test.h / fastest / math.Sqrt(float64(ndim))
		p := pulse{test.freq, 1.4 / test.freq} // begins with exp(-19)
		axes := equation.Axes(ndim)
		receivers := map[string][][]int{"pressure": test.to}
		for _, axis := range axes {
			receivers["v"+axis] = test.to
		}
		sources := []string{"pressure", "force_" + axes[0]}
		if ndim == 2 { // in 3-D it takes long
			sources = append(sources, "force_x")
		}
		for _, name := range sources {
			t.Run(fmt.Sprintf("%s-%dd-acc%d/%s", eq.Name, ndim, test.accuracy, name), func(t *testing.T) {
				s := &backendtest.Survey{
					Equation: eq, Accuracy: test.accuracy, Models: models, Spacing: test.h, DT: dt, Steps: test.steps,
					PML: around(test.pml, ndim), Freq: test.freq,
					Sources: map[string][]backendtest.Source{name: {{Cell: test.from, Amplitude: p.ricker}}}, Receivers: receivers,
				}
				got := s.Run(t, "cpu")
				system := eq.Write(equation.Grid{NDim: ndim, Accuracy: test.accuracy})
				from, j := channel(system.Sources, name, ndim)
				for receiver, at := range receivers {
					to, i := channel(system.Receivers, receiver, ndim)
					for k, cell := range at {
						x, r := place(to, cell), 0.0
						for d, y := range place(from, test.from) {
							x[d] = (x[d] - y) * test.h
							r = math.Hypot(r, x[d])
						}
						in := func(m medium) []float64 {
							return record(s, to, func(t float64) float64 {
								return green(m, p, name, receiver, i, j, x, t) * math.Pow(test.h, float64(ndim))
							})
						}
						m := test.medium
						want := in(m)
						m.vp *= 1.01
						m.vs *= 1.01
						tolerance := dispersion(s, want, slowest, r) + test.back + 1e-6
						check(t, fmt.Sprintf("%s at %v", receiver, cell), got[receiver][k], want, in(m), tolerance)
					}
				}
			})
		}
	}
}
