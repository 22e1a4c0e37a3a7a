package wave_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
)

// randomSurvey draws a small problem out of everything that Scalar can do.
func randomSurvey(rng *rand.Rand, dt array.DType) (*array.Array, wave.Survey, wave.Options) {
	ndim := 1 + rng.IntN(3)
	o := wave.Options{Accuracy: 2 + 2*rng.IntN(4), PMLFreq: 20, CallbackEvery: 1 + rng.IntN(5)}
	for range 2 * ndim {
		o.PMLWidth = append(o.PMLWidth, rng.IntN(6)*rng.IntN(2))
	}
	cells := make([]int, ndim)
	for d := range cells {
		cells[d] = o.Accuracy + 9 + rng.IntN([]int{60, 14, 5}[ndim-1])
	}
	shots, nt := 1+rng.IntN(3), 1+rng.IntN(30)
	s := wave.Survey{DT: 0.0004 * (1 + 5*rng.Float64())}
	if rng.IntN(3) == 0 {
		s.DT = -s.DT
	}
	for range cells {
		s.Spacing = append(s.Spacing, 4+2*rng.Float64())
	}

	shape := cells
	if rng.IntN(2) == 0 {
		shape = append([]int{shots}, cells...)
	}
	v := uniform(rng, dt, 1500, 3000, shape...)

	points := func(n int) wave.Points {
		var p wave.Points
		between := rng.IntN(2) == 0
		if between {
			p.HalfWidth = 1 + rng.IntN(4)
			p.Dipole = rng.IntN(ndim + 1)
		}
		for range shots {
			var at [][]int
			var pos [][]float64
			for range n {
				c, x := make([]int, ndim), make([]float64, ndim)
				ignored := rng.IntN(8) == 0
				for d := range c {
					c[d] = rng.IntN(cells[d])
					x[d] = float64(c[d])
					if rng.IntN(3) > 0 { // near the edges too
						x[d] = rng.Float64() * float64(cells[d]-1)
					}
					if ignored {
						c[d], x[d] = wave.IgnoreLocation, wave.IgnoreLocation
					}
				}
				at, pos = append(at, c), append(pos, x)
			}
			if between {
				p.Positions = append(p.Positions, pos)
			} else {
				p.Cells = append(p.Cells, at)
			}
		}
		return p
	}
	if n := rng.IntN(4); n > 0 {
		s.Sources = wave.Sources{Points: points(n), Amplitudes: uniform(rng, dt, -1, 1, shots, n, nt)}
	} else {
		s.NT = nt
	}
	if n := rng.IntN(4); n > 0 {
		s.Receivers.Points = points(n)
	}

	switch some := len(live(s)) > 0; {
	case some && rng.IntN(3) == 0:
		for range 2 * ndim {
			// The region must not be smaller than the stencil.
			o.SurveyPad = append(o.SurveyPad, []int{wave.ToEdge, o.Accuracy, 2 * o.Accuracy}[rng.IntN(3)])
		}
	case s.NT > 0 || rng.IntN(2) == 0:
		padded := []int{shots}
		for d, n := range cells {
			padded = append(padded, n+o.PMLWidth[2*d]+o.PMLWidth[2*d+1])
		}
		field := func() *array.Array { return uniform(rng, dt, -1, 1, padded...) }
		s.Initial = wave.Wavefields{"u": field(), "um1": field()}
		for _, axis := range equation.Axes(ndim) {
			s.Initial["psi_"+axis] = field()
		}
	}
	if rng.IntN(2) == 0 {
		o.MaxVel = 3000 * (1 + rng.Float64())
	}
	if rng.IntN(2) == 0 {
		o.FreqTaperFrac, o.TimeTaper = 0.3*rng.Float64(), rng.IntN(2) == 0
	}
	if rng.IntN(2) == 0 {
		o.TimePadFrac = new(0.5 * rng.Float64())
	}
	return v, s, o
}

// live lists the locations that are not ignored.
func live(s wave.Survey) (names []string) {
	for _, p := range []wave.Points{s.Sources.Points, s.Receivers.Points} {
		for _, shot := range p.Cells {
			for _, c := range shot {
				if c[0] != wave.IgnoreLocation {
					names = append(names, fmt.Sprint(c))
				}
			}
		}
		for _, shot := range p.Positions {
			for _, c := range shot {
				if c[0] != wave.IgnoreLocation {
					names = append(names, fmt.Sprint(c))
				}
			}
		}
	}
	return names
}

// The backends are independent of each other: what they agree on, to rounding, is
// what the program says.
func TestBackendsAgree(t *testing.T) {
	tolerance := map[array.DType]float64{
		array.Float64: 1e-10,
		array.Float32: 1e-4, // random models and states: rounding grows with them
	}
	cases, resampled := 40, 0
	if racing {
		cases = 10
	}
	for seed := range uint64(cases) {
		for _, dt := range dtypes {
			t.Run(fmt.Sprintf("%d/%s", seed, dt), func(t *testing.T) {
				v, s, o := randomSurvey(random(t, seed), dt)
				names := []string{"cpu", "eager"}
				if seed < 12 { // the others are native code of drivers, on this machine slow
					names = append(names, devices(t, dt)...)
				}
				var results []map[string]*array.Array
				for _, o.Backend = range names {
					r := run(t, v, s, o)
					if r.StepRatio > 1 && o.Backend == "cpu" {
						resampled++
					}
					results = append(results, outputs(r))
				}
				for i, got := range results {
					for j, want := range results[:i] {
						for name, a := range want {
							if e := difference(got[name].Float64s(), a.Float64s()); e > tolerance[dt] {
								t.Errorf("%s and %s differ by %.3g in %s; %d-D, accuracy %d, PML %v", names[i], names[j], e, name, len(s.Spacing), o.Accuracy, o.PMLWidth)
							}
						}
					}
				}
			})
		}
	}
	if resampled < cases/5 {
		t.Errorf("%d of %d cases were resampled, want a fifth at least", resampled, cases)
	}
}

// Grids smaller than what the stencil reaches over are run alike by both, from one cell on.
func TestSmallGrids(t *testing.T) {
	slow(t)
	for _, accuracy := range []int{2, 4, 6, 8} {
		for ndim := 1; ndim <= 3; ndim++ {
			for _, pml := range []int{0, 1} {
				for _, n := range []int{1, 2, accuracy, accuracy + 1} {
					cells, source := filledInts(ndim, n), filledInts(ndim, 0)
					s := fire(5, 0.0005, array.Of64([]float64{1, 2, 3, 4, 5, 6}, 6), source, source)
					o := wave.Options{Accuracy: accuracy, PMLWidth: []int{pml}, PMLFreq: 25, Backend: "cpu"}
					want := run(t, constant(array.Float64, 1500, cells...), s, o)
					o.Backend = "eager"
					got := run(t, constant(array.Float64, 1500, cells...), s, o)
					for name, a := range outputs(want) {
						if e := difference(outputs(got)[name].Float64s(), a.Float64s()); e > 1e-12 {
							t.Errorf("%d-D, %d cells, accuracy %d, PML %d: %s differs by %.3g", ndim, n, accuracy, pml, name, e)
						}
					}
				}
			}
		}
	}
}

func filledInts(n, value int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = value
	}
	return out
}
