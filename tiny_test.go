package wave_test

import (
	"math"
	"slices"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
)

// A model of one cell without PML is an oscillator, in any number of dimensions and though
// the stencil reaches beyond: u” = v^2 (w0/h^2 n u - f), with the weight w0 of a stencil's centre.
func TestOneCell(t *testing.T) {
	eachBackend(t, func(t *testing.T, backend string, dt array.DType) {
		for ndim := 1; ndim <= 3; ndim++ {
			for accuracy, w0 := range map[int]float64{2: -2, 4: -5. / 2, 8: -205. / 72} {
				const h, v, step, nt = 10.0, 1500.0, 0.001, 60
				at := slices.Repeat([]int{0}, ndim)
				amp := bump(nt)
				s := fire(h, step, array.Convert(dt, amp, nt), at, at)
				o := wave.Options{Backend: backend, Accuracy: accuracy, PMLWidth: []int{0}}
				got := trace(run(t, constant(dt, v, slices.Repeat([]int{1}, ndim)...), s, o).Records["pressure"], 0, 0)
				var u, um1 float64
				want := make([]float64, nt)
				for k := range want {
					want[k] = u
					u, um1 = 2*u-um1+v*v*step*step*(w0/(h*h)*float64(ndim)*u-amp[k]), u
				}
				if d := difference(got, want); d > 1e-4 || dt == array.Float64 && d > 1e-12 { // rounding, 60 times
					t.Errorf("%d dimensions, accuracy %d: off by %g", ndim, accuracy, d)
				}
			}
		}
	})
}

// Where nothing moves, nothing is recorded, and a maximum speed makes the time step.
func TestModelOfZeros(t *testing.T) {
	eachBackend(t, func(t *testing.T, backend string, dt array.DType) {
		s := fire(5, 0.001, array.Convert(dt, bump(30), 30), []int{5}, []int{5}, []int{9})
		res := run(t, constant(dt, 0, 20), s, wave.Options{Backend: backend, PMLFreq: 25, MaxVel: 1500})
		for _, a := range outputs(res) {
			if p := a.Peak(); p != 0 || math.IsNaN(p) {
				t.Errorf("something moves: %g", p)
			}
		}
	})
}
