package wave_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
)

// What is left in the model once all waves have met the PML.
func TestEnergyAbsorbed(t *testing.T) {
	slow(t)
	const c, h, freq, dt = 1500.0, 5.0, 25.0, 0.001
	for _, test := range []struct {
		cells []int
		pml   int
		steps int
		bound float64 // of the greatest energy (sum of squares) of the field in the model
	}{
		{[]int{60}, 20, 500, 4e-5},    // frequencies far below PMLFreq pass back
		{[]int{60}, 20, 10000, 1e-11}, // and die out in the end: the PML is stable
		{[]int{40, 50}, 20, 400, 2e-7},
		{[]int{12, 14, 13}, 8, 220, 2e-8},
	} {
		for _, backend := range backends {
			if backend == "eager" && len(test.cells) == 3 {
				continue // slow, and TestBackendsAgree compares it with cpu
			}
			t.Run(fmt.Sprintf("%d-D/%d/%s", len(test.cells), test.steps, backend), func(t *testing.T) {
				source := make([]int, len(test.cells))
				for d, n := range test.cells {
					source[d] = n / 3
				}
				s := fire(h, dt, array.Of64(ricker(t, freq, test.steps, dt), test.steps), source, source)
				most, last := 0.0, 0.0
				run(t, constant(array.Float64, c, test.cells...), s, wave.Options{
					Backend: backend, PMLFreq: freq, PMLWidth: []int{test.pml}, OmitWavefields: true, CallbackEvery: 10,
					Callback: func(f *wave.Frame) error {
						u, err := f.Field("u", wave.ViewModel)
						if err != nil {
							return err
						}
						last = 0
						for _, x := range u.Float64s() {
							last += x * x
						}
						most = max(most, last)
						return nil
					},
				})
				if left := last / most; !(left < test.bound) {
					t.Errorf("%.3g of the greatest energy is left, want below %.3g", left, test.bound)
				}
			})
		}
	}
}

// Source and receiver may change places: u at B from a source f at A is u at A from
// f at B, whatever the model, because the discrete Laplacian is symmetric and the
// step multiplies it and f alike by v^2 dt^2. No factor remains: f, not v^2 f, is
// the source. It holds between positions too, as receiver weights are the
// transpose of source weights. The PML is not symmetric, so here waves are
// reflected by all sides instead.
func TestReciprocity(t *testing.T) {
	for seed, cells := range [][]int{{31}, {19, 24}, {11, 9, 12}} {
		for _, backend := range backends {
			for _, between := range []bool{false, true} {
				t.Run(fmt.Sprintf("%d-D/%s/between=%t", len(cells), backend, between), func(t *testing.T) {
					rng := random(t, uint64(seed))
					v := uniform(rng, array.Float64, 1000, 3000, cells...)
					w := uniform(rng, array.Float64, -1, 1, 1, 1, 80)
					a, b := make([]float64, len(cells)), make([]float64, len(cells))
					for d, n := range cells {
						a[d], b[d] = float64(1+rng.IntN(n/2)), float64(n/2+rng.IntN(n/2-1))
						if between {
							a[d] += 0.3
							b[d] -= 0.4
						}
					}
					shoot := func(from, to []float64) []float64 {
						s := wave.Survey{
							Spacing: []float64{5}, DT: 0.0005,
							Sources:   wave.Sources{Points: wave.Points{Positions: [][][]float64{{from}}}, Amplitudes: w},
							Receivers: wave.Receivers{Points: wave.Points{Positions: [][][]float64{{to}}}},
						}
						return trace(run(t, v, s, wave.Options{Backend: backend, PMLWidth: []int{0}, PMLFreq: 25}).Records["pressure"], 0, 0)
					}
					if e := difference(shoot(a, b), shoot(b, a)); e > 1e-10 {
						t.Errorf("from %v to %v and back differ by %.3g", a, b, e)
					}
				})
			}
		}
	}
}

// The time between two receivers in line with the source, by cross-correlation, is
// the distance over the speed, to one sample. Resampling must not shift it.
func TestTravelTime(t *testing.T) {
	slow(t)
	const freq = 20.0
	for _, test := range []struct {
		cells []int
		c, h  float64
		dt    float64
		near  int
		apart int
		pml   int
	}{
		{[]int{140}, 1700, 5, 0.001, 20, 83, 20},
		{[]int{140}, 1700, 5, 0.004, 20, 83, 20}, // divided by 3
		{[]int{30, 120}, 2300, 7, 0.001, 25, 61, 20},
		{[]int{9, 9, 40}, 1900, 6, 0.001, 10, 21, 6},
	} {
		t.Run(fmt.Sprintf("%d-D/%g", len(test.cells), test.dt), func(t *testing.T) {
			source := make([]int, len(test.cells))
			for d, n := range test.cells {
				source[d] = n / 2
			}
			last := len(source) - 1
			source[last] = 5
			near, far := slices.Clone(source), slices.Clone(source)
			near[last] += test.near
			far[last] += test.near + test.apart
			nt := int((3/freq + float64(test.near+test.apart)*test.h/test.c) / test.dt)
			s := fire(test.h, test.dt, array.Of64(ricker(t, freq, nt, test.dt), nt), source, near, far)
			res := run(t, constant(array.Float64, test.c, test.cells...), s, wave.Options{Accuracy: 8, PMLFreq: freq, PMLWidth: []int{test.pml}, OmitWavefields: true})
			a, b := trace(res.Records["pressure"], 0, 0), trace(res.Records["pressure"], 0, 1)
			best, lag := 0.0, 0
			for k := range nt {
				sum := 0.0
				for i := k; i < nt; i++ {
					sum += a[i-k] * b[i]
				}
				if sum > best {
					best, lag = sum, k
				}
			}
			got, want := float64(lag)*test.dt, float64(test.apart)*test.h/test.c
			if math.Abs(got-want) > test.dt {
				t.Errorf("travel time %.4f s, want %.4f s to within %g s (StepRatio %d)", got, want, test.dt, res.StepRatio)
			}
		})
	}
}
