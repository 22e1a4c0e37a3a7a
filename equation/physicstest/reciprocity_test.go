package physicstest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend/backendtest"
	"github.com/d52adeda/wave/equation"
)

// rough returns random models of which neighbours are in contrast up to that given, vp/vs up to
// 10, and a tenth each of fluid (if elastic) and of vacuum, which nowhere cuts off a part.
func rough(rnd *rand.Rand, eq *equation.Equation, contrast float64, cells ...int) equation.Models {
	between := func(lo, hi float64) float64 { return lo * math.Pow(hi/lo, rnd.Float64()) }
	x := map[string][]float64{}
	for i := range array.Zeros(array.Float64, cells...).Len() {
		vp, rho := between(1000, 1000*contrast), between(1000, 1000*contrast)
		vs, b := vp/between(1.5, 10), 1/rho
		switch k := rnd.Float64(); {
		case k < 0.4 && i%4 == 0 && len(cells) > 1: // vacuum
			rho, b = 0, 0
		case k > 0.9: // fluid
			vs = 0
		}
		mu := rho * vs * vs
		for name, v := range map[string]float64{"v": vp, "rho": rho, "lamb": rho*vp*vp - 2*mu, "mu": mu, "buoyancy": b} {
			x[name] = append(x[name], v)
		}
	}
	out := equation.Models{}
	for _, m := range eq.Models {
		out[m.Name] = array.Of64(x[m.Name], cells...)
	}
	return out
}

// TestReciprocity exchanges source and receiver in random media, PML included. D- is minus the
// transpose of D+ whatever the edges, and a C-PML divides each derivative by a number, for each
// frequency and place, which the product of all of them at the place makes the same on both
// sides. So with velocities v, stresses s and their compliances S
//
//	rho v_t = D s + f,   S s_t = D' v + g      (g a rate of strain)
//
// has a symmetric matrix but for the sign of D': the velocity that g makes is minus the stress
// that f makes, with components and places exchanged; velocities that f makes and stresses that g
// makes stay as they are. That gives, for sources and receivers at A and B, K being 1 in
// acoustics (a source there is a volume) and else lamb + 2mu/ndim, the pressure of equal strains:
//
//	force i at A, v_j at B            force j at B, v_i at A
//	pressure at A, pressure at B, K   the other way round
//	pressure at A, v_i at B, K of A   -(force i at B, pressure at A)
//	moment kl at A, dv_i/dt at B      force i at B, strain rate kl at A, twice if k is not l
//
// What is left is rounding, some hundred steps of it.
func TestReciprocity(t *testing.T) {
	numbers(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	for _, test := range []struct {
		cells    []int
		accuracy int
	}{{[]int{40}, 6}, {[]int{19, 23}, 2}, {[]int{22, 18}, 8}, {[]int{9, 11, 10}, 4}} {
		for _, eq := range []*equation.Equation{equation.Acoustic(), equation.Elastic()} {
			t.Run(fmt.Sprintf("%s-%dd-acc%d", eq.Name, len(test.cells), test.accuracy), func(t *testing.T) {
				reciprocity(t, rnd, eq, test.accuracy, test.cells)
			})
		}
	}
}

func reciprocity(t *testing.T, rnd *rand.Rand, eq *equation.Equation, accuracy int, cells []int) {
	const h, steps, tolerance = 5.0, 160, 1e-10
	ndim := len(cells)
	models := rough(rnd, eq, 5, cells...)
	a, b, k, l := make([]int, ndim), make([]int, ndim), 0, 0
	for d, n := range cells {
		a[d], b[d] = rnd.IntN(n/2-1), n/2+rnd.IntN(n/2-1)
		k, l = k*n+a[d], l*n+b[d]
	}
	solid := medium{2500, 1200, 2000}
	if eq.Name == "acoustic" {
		solid.vs = 0
	}
	_, there := solid.equation(1)
	for name, m := range models { // neither end in vacuum
		x := m.Float64s()
		x[k], x[l] = there[name].Float64s()[0], 1.3*there[name].Float64s()[0]
		models[name] = array.Of64(x, cells...)
	}
	bulk := func(of []int) float64 {
		if eq.Name == "acoustic" {
			return 1
		}
		lamb, _ := models["lamb"].At(of...)
		mu, _ := models["mu"].At(of...)
		return lamb + 2*mu/float64(ndim)
	}
	s := &backendtest.Survey{Equation: eq, Accuracy: accuracy, Models: models, Spacing: h, Steps: steps, PML: around(4, ndim), Freq: 30}
	s.DT = 0.59 * h / (1.4 * 5000) / math.Sqrt(float64(ndim)) // the copy at B is up to 1.3 times as fast
	system := eq.Write(equation.Grid{NDim: ndim, Accuracy: accuracy})
	p := pulse{60, 0.01}
	// trace is what one channel makes of the same amplitudes in another, and how late, in steps.
	trace := func(from string, at []int, to string, there []int) ([]float64, float64) {
		source, _ := channel(system.Sources, from, ndim)
		receiver, _ := channel(system.Receivers, to, ndim)
		s.Sources = map[string][]backendtest.Source{from: {{Cell: at, Amplitude: func(t float64) float64 { return p.ricker(t - source.Time*s.DT) }}}}
		s.Receivers = map[string][][]int{to: {there}}
		return s.Run(t, "cpu")[to][0], receiver.Time - source.Time
	}
	same := func(what string, x []float64, late float64, scale float64, y []float64, other float64) {
		t.Helper()
		shift := int(math.Round(other - late))
		peak, most := 0.0, 0.0
		for i := range min(len(x), len(y)) - shift {
			peak, most = max(peak, math.Abs(y[i])), max(most, math.Abs(scale*x[i+shift]-y[i]))
		}
		if !(most <= tolerance*peak) || peak == 0 {
			t.Errorf("%s: off by %.3g of the greatest value, %.3g; want at most %g", what, most/peak, peak, tolerance)
		}
	}
	axes := equation.Axes(ndim)
	i, j := axes[rnd.IntN(ndim)], axes[rnd.IntN(ndim)]

	x, late := trace("force_"+i, a, "v"+j, b)
	y, other := trace("force_"+j, b, "v"+i, a)
	same("force and velocity", x, late, 1, y, other)
	// The medium moved by a thousandth in one cell between the two.
	now := models[eq.Models[0].Name]
	z := now.Float64s()
	z[(k+l)/2] *= 1.001
	z[k] *= 1.001
	models[eq.Models[0].Name] = array.Of64(z, cells...)
	if y, _ = trace("force_"+j, b, "v"+i, a); off(y, x) < 1000*tolerance {
		t.Errorf("another medium makes %.3g, which a tolerance of %g does not see", off(y, x), tolerance)
	}
	models[eq.Models[0].Name] = now

	x, late = trace("pressure", a, "pressure", b)
	y, other = trace("pressure", b, "pressure", a)
	same("pressures", x, late, bulk(a)/bulk(b), y, other)

	x, late = trace("pressure", a, "v"+i, b)
	y, other = trace("force_"+i, b, "pressure", a)
	same("pressure and velocity", x, late, -bulk(a), y, other)

	if eq.Name == "acoustic" {
		return
	}
	for _, pair := range []string{"xx", "xz", "yz"}[:ndim] {
		x, late = trace("moment_"+pair, a, "v"+i, b)
		for k := range steps - 1 {
			x[k] = (x[k+1] - x[k]) / s.DT
		}
		scale := 1.0
		if pair != "xx" {
			scale = 0.5
		}
		y, other = trace("force_"+i, b, "strain_rate_"+pair, a)
		same("moment and strain rate "+pair, x[:steps-1], late+0.5, scale, y, other)
	}
}
