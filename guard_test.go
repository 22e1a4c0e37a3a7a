package wave_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
)

// What grows is noticed long before it is infinite, whatever the cause, and the cause
// is named.
func TestUnstable(t *testing.T) {
	slow(t)
	layers := make([]float64, 24*24)
	for i := range layers {
		layers[i] = []float64{1500, 4500}[i/24/6%2]
	}
	eachBackend(t, func(t *testing.T, backend string, dt array.DType) {
		for _, test := range []struct {
			name   string
			change func(s *wave.Survey, o *wave.Options)
			text   []string
		}{
			{"PML of 2", func(s *wave.Survey, o *wave.Options) { o.PMLWidth = []int{2} }, []string{"PML", "of 3000"}},
			{"backwards", func(s *wave.Survey, o *wave.Options) { o.PMLWidth, s.DT = []int{2}, -s.DT }, []string{"PML"}},
			{"speed", func(s *wave.Survey, o *wave.Options) { o.MaxVel, s.DT = 3380, 0.00125 }, []string{"speeds up to 3380 m/s", "4500 m/s"}},
		} {
			t.Run(test.name, func(t *testing.T) {
				amp := make([]float64, 3000)
				amp[0], amp[20] = 1, -0.3
				s := fire(10, 0.0009, array.Convert(dt, amp, len(amp)), []int{5, 12}, []int{9, 9})
				o := wave.Options{Backend: backend, Accuracy: 8, PMLFreq: 15}
				test.change(&s, &o)
				res, err := wave.Scalar(context.Background(), array.Convert(dt, layers, 24, 24), s, o)
				refused(t, res, err, wave.ErrUnstable, test.text...)
			})
		}
	})
}

// A short run, too, is looked at twice.
func TestUnstableShort(t *testing.T) {
	s := fire(10, 0.001, array.Of64(append([]float64{1}, make([]float64, 149)...), 150), []int{15}, []int{9})
	o := wave.Options{PMLFreq: 15, MaxVel: 900}
	_, err := wave.Scalar(context.Background(), constant(array.Float64, 12000, 30), s, o)
	if !errors.Is(err, wave.ErrUnstable) && !errors.Is(err, wave.ErrNonFinite) {
		t.Errorf("error %v, want %v", err, wave.ErrUnstable)
	}
}

// Strong but stable wavefields are no alarm.
func TestStable(t *testing.T) {
	slow(t)
	const nt = 4000
	series := func(f func(k int) float64) []float64 {
		a := make([]float64, nt)
		for k := range a {
			a[k] = f(k)
		}
		return a
	}
	burst := func(at, k int) float64 {
		x := float64(k-at) / 12
		return (1 - 2*x*x) * math.Exp(-x*x)
	}
	const h, dt, v = 10, 0.001, 2000.0
	ring := math.Pi * v / (41 * h) // of the box of 40 cells
	signals := map[string][]float64{
		"sine":      series(func(k int) float64 { return math.Sin(0.1 * float64(k)) }),
		"resonance": series(func(k int) float64 { return math.Sin(ring * dt * float64(k)) }),
		"constant":  series(func(int) float64 { return 1 }),
		"late":      series(func(k int) float64 { return 1e-7*burst(100, k) + burst(3000, k) }),
		"last":      series(func(k int) float64 { return 1e-9*burst(100, k) + burst(nt-40, k) }),
		"ramp":      series(func(k int) float64 { return math.Exp(float64(k) / 100) }),
		"twice":     series(func(k int) float64 { return burst(100, k) + burst(3500, k) }),
	}
	for name, amp := range signals {
		for _, pml := range []int{0, 10} {
			for ndim := 1; ndim <= 3; ndim++ {
				shape, source := slices.Repeat([]int{[]int{40, 40, 12}[ndim-1]}, ndim), slices.Repeat([]int{4}, ndim)
				s := fire(h, dt, array.Convert(array.Float32, amp, nt), source, source)
				o := wave.Options{PMLWidth: []int{pml}, PMLFreq: 15, OmitWavefields: true}
				if _, err := wave.Scalar(context.Background(), constant(array.Float32, v, shape...), s, o); err != nil {
					t.Errorf("%s, PML %d, %d dimensions: %v", name, pml, ndim, err)
				}
			}
		}
	}
}

// Waves from a circle of sources meet in its centre: the strongest focus there is.
func TestFocusIsStable(t *testing.T) {
	slow(t)
	const n, nt = 121, 400
	seen := map[[2]int]bool{}
	var cells [][]int
	for k := range 1000 {
		a := 2 * math.Pi * float64(k) / 1000
		c := [2]int{60 + int(math.Round(55*math.Sin(a))), 60 + int(math.Round(55*math.Cos(a)))}
		if !seen[c] {
			seen[c], cells = true, append(cells, c[:])
		}
	}
	amp := make([]float64, len(cells)*nt)
	for i := range cells {
		for k := range 40 {
			x := float64(k-20) / 6
			amp[i*nt+k] = (1 - 2*x*x) * math.Exp(-x*x)
		}
	}
	s := wave.Survey{Spacing: []float64{10}, DT: 0.002, Sources: wave.Sources{Points: wave.Points{Cells: [][][]int{cells}}, Amplitudes: array.Of64(amp, 1, len(cells), nt)}}
	if _, err := wave.Scalar(context.Background(), constant(array.Float64, 2000, n, n), s, wave.Options{PMLFreq: 15}); err != nil {
		t.Error(err)
	}
}

// A state whose energy is all in the step before, or in a corner, is no alarm, nor are
// rough models with cells where nothing moves.
func TestRandomIsStable(t *testing.T) {
	slow(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 5))
	runs := 60
	if testing.Short() {
		runs = 25
	}
	for i := range runs {
		ndim := 1 + rnd.IntN(3)
		var shape, padded, widths, source []int
		for range ndim {
			n := 9 + rnd.IntN([]int{150, 30, 6}[ndim-1])
			w := [2]int{[]int{0, 3, 4, 8}[rnd.IntN(4)], []int{0, 3, 5, 12}[rnd.IntN(4)]}
			shape, padded = append(shape, n), append(padded, n+w[0]+w[1])
			widths, source = append(widths, w[0], w[1]), append(source, rnd.IntN(n))
		}
		model := array.Zeros(array.Float64, shape...).Float64s()
		smooth, still := rnd.IntN(2) == 0, rnd.IntN(3) == 0
		for k := range model {
			switch {
			case smooth:
				model[k] = 1500 + 1000*math.Sin(float64(k)/50)
			case still && rnd.IntN(8) == 0:
				model[k] = 0
			default:
				model[k] = 300 + 4200*rnd.Float64()
			}
		}
		nt := 500 + rnd.IntN(1500)
		amp := make([]float64, nt)
		from, to := rnd.IntN(nt), rnd.IntN(nt)
		for k := range amp {
			if k >= min(from, to) && k <= max(from, to) {
				amp[k] = rnd.NormFloat64()
			}
		}
		s := fire(10, 0.0008*(1+3*rnd.Float64()), array.Of64(amp, nt), source, source)
		if rnd.IntN(3) == 0 {
			one := array.Zeros(array.Float64, append([]int{1}, padded...)...).Float64s()
			one[rnd.IntN(len(one))] = 1e-3
			s.Initial = wave.Wavefields{"um1": array.Of64(one, append([]int{1}, padded...)...)}
			if rnd.IntN(2) == 0 {
				s.NT, s.Sources = nt, wave.Sources{}
			}
		}
		o := wave.Options{Accuracy: 2 + 2*rnd.IntN(4), PMLWidth: widths, PMLFreq: 5 + 20*rnd.Float64(), OmitWavefields: true}
		if _, err := wave.Scalar(context.Background(), array.Of64(model, shape...), s, o); err != nil {
			t.Errorf("run %d, shape %v, PML %v, accuracy %d: %v", i, shape, widths, o.Accuracy, err)
		}
	}
}

// Nor are rough media of several waves: neighbours of 5 times the speed, vp/vs up to 10, water among them,
// with forces that go on: in boxes that are closed, free and rigid, and in PMLs, also below a free surface.
// Within 4 cells of a PML the medium is even, and no plate enters one: what guides waves there an elastic PML
// makes grow (docs/design.md), and the alarm is right then.
func TestRoughMediaAreStable(t *testing.T) {
	slow(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 6))
	runs := 24
	if testing.Short() {
		runs = 8
	}
	for i := range runs {
		eq := []*equation.Equation{equation.ElasticSpeeds(), equation.Acoustic()}[i%4/3]
		ndim := 1 + rnd.IntN(3)
		shape, source := make([]int, ndim), make([]int, ndim)
		o := wave.Options{Accuracy: 2 + 2*rnd.IntN(4), PMLFreq: 5 + 20*rnd.Float64(), OmitWavefields: true}
		open := rnd.IntN(2) == 0
		for d := range shape {
			shape[d] = 12 + rnd.IntN([]int{150, 30, 6}[ndim-1])
			source[d] = rnd.IntN(shape[d] - 1)
			for side := range 2 {
				edge, width := []wave.Edge{wave.Free, wave.Rigid}[rnd.IntN(2)], 0
				if open && (d > 0 || side > 0 || edge == wave.Rigid) {
					edge, width = wave.Absorbing, []int{5, 12}[rnd.IntN(2)]
				}
				o.Edges, o.PMLWidth = append(o.Edges, edge), append(o.PMLWidth, width)
			}
		}
		n := size(shape)
		vp, vs, rho := make([]float64, n), make([]float64, n), make([]float64, n)
		for k := range vp {
			vp[k] = 1000 + 4000*rnd.Float64()
			vs[k] = vp[k] / (1.5 + 8.5*rnd.Float64())
			rho[k] = 1000 + 4000*rnd.Float64()
			if rnd.IntN(6) == 0 {
				vp[k], vs[k], rho[k] = 1500, 0, 1000
			}
			for d, at := ndim-1, k; d >= 0; d-- {
				if x := at % shape[d]; x < 4 && o.PMLWidth[2*d] > 0 || x >= shape[d]-4 && o.PMLWidth[2*d+1] > 0 {
					vp[k], vs[k], rho[k] = 3000, 1500, 2200
				}
				at /= shape[d]
			}
		}
		models := wave.Models{"rho": array.Of64(rho, shape...)}
		if eq.Name == "acoustic" {
			models["v"] = array.Of64(vp, shape...)
		} else {
			models["vp"], models["vs"] = array.Of64(vp, shape...), array.Of64(vs, shape...)
		}
		nt := 500 + rnd.IntN(1500)
		amp := make([]float64, nt)
		from, to := rnd.IntN(nt), rnd.IntN(nt)
		for k := range amp {
			if k >= min(from, to) && k <= max(from, to) {
				amp[k] = rnd.NormFloat64()
			}
		}
		s := fire(10, 0.0008*(1+3*rnd.Float64()), array.Of64(amp, nt), source)
		s.Receivers = wave.Receivers{}
		s.Sources.Channel = []string{"pressure", "force_x"}[rnd.IntN(2)]
		if _, err := wave.Run(t.Context(), eq, models, s, o); err != nil {
			t.Errorf("run %d, %s, shape %v, PML %v, edges %v, accuracy %d: %v", i, eq.Name, shape, o.PMLWidth, o.Edges, o.Accuracy, err)
		}
	}
}
