package wave_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
)

// In a homogeneous medium the field of a point source is known. One cell with
// amplitude f(t) is a point of strength f(t) times the cell's volume, and as
// laplace(u) - u_tt/c^2 = f, u is minus the usual Green's function convolved with
// f, at distance r:
//
//	1-D  -c/2 h integral of f up to t - r/c: the shifted cumulative sum times c h dt/2
//	2-D  -i/4 H0(1)(w r/c) h^2 F(w), for a time dependence of exp(-iwt)
//	3-D  -f(t - r/c) h^3 / (4 pi r)
//
// The greatest error relative to the greatest value falls from accuracy 2 to 8.
// In 1-D and 2-D it is then mostly the time step's: (w dt)^2/24 radians a radian,
// 6.4e-5 at 25 Hz, so 1.3e-3 of a radian over the 20 radians of 40 cells. In 3-D,
// on larger cells to be quick, it is still that of the cells.
var greenBounds = []struct {
	cells []int
	h, dt float64
	away  int // cells from source to receiver along the last dimension
	pml   int
	time  float64
	bound [4]float64 // for accuracy 2, 4, 6, 8; about a fifth above what was measured
	eager bool
}{
	{[]int{121}, 5, 0.00025, 40, 30, 0.2, [4]float64{0.40, 0.029, 2.7e-3, 2.1e-3}, true},
	{[]int{41, 65}, 5, 0.00025, 32, 20, 0.19, [4]float64{0.33, 0.026, 2.2e-3, 1.6e-3}, false},
	{[]int{7, 7, 17}, 8, 0.0005, 12, 10, 0.17, [4]float64{0.60, 0.13, 0.037, 0.0123}, false},
}

func TestGreen(t *testing.T) {
	slow(t)
	const c, freq = 1600.0, 25.0
	for _, test := range greenBounds {
		ndim, h, dt := len(test.cells), test.h, test.dt
		source := make([]int, ndim)
		for d, n := range test.cells {
			source[d] = n / 2
		}
		source[ndim-1] -= test.away / 2
		receiver := slices.Clone(source)
		receiver[ndim-1] += test.away

		nt := int(test.time / dt)
		w := ricker(t, freq, nt, dt)
		survey := fire(h, dt, array.Of64(w, nt), source, receiver)
		want := green(ndim, w, dt, c, h, float64(test.away)*h)
		for _, backend := range backends {
			if backend == "eager" && !test.eager {
				continue // TestBackendsAgree has it
			}
			t.Run(fmt.Sprintf("%d-D/%s", ndim, backend), func(t *testing.T) {
				before := math.Inf(1)
				for i, accuracy := range []int{2, 4, 6, 8} {
					res := run(t, constant(array.Float64, c, test.cells...), survey, wave.Options{
						Backend: backend, Accuracy: accuracy, PMLFreq: freq, PMLWidth: []int{test.pml}, OmitWavefields: true,
					})
					e := difference(trace(res.Records["pressure"], 0, 0), want)
					if !(e < test.bound[i]) {
						t.Errorf("accuracy %d: error %.3g, want below %.3g", accuracy, e, test.bound[i])
					}
					if !(e < before) {
						t.Errorf("accuracy %d: error %.3g, want less than that of the accuracy before, %.3g", accuracy, e, before)
					}
					before = e
				}
			})
		}
	}
}

// green returns the record of a receiver at distance r, a whole number of samples
// away in 1-D and 3-D.
func green(ndim int, f []float64, dt, c, h, r float64) []float64 {
	u := make([]float64, len(f))
	late := int(math.Round(r / c / dt))
	switch ndim {
	case 1:
		sum := 0.0
		for i := late; i < len(u); i++ {
			sum += f[i-late]
			u[i] = -c * h * dt / 2 * (sum - f[i-late]/2) // trapezoidal rule
		}
	case 2:
		const pad = 8 // the field dies out slowly in 2-D
		fft := fourier.NewFFT(pad * len(f))
		x := make([]float64, fft.Len())
		copy(x, f)
		spectrum := fft.Coefficients(nil, x)
		spectrum[0] = 0 // that of the wavelet is
		for k := 1; k < len(spectrum); k++ {
			kr := 2 * math.Pi * fft.Freq(k) / dt * r / c
			// The transform has exp(+iwt), so the conjugate of -i/4 (J0 + i Y0).
			spectrum[k] *= complex(math.Y0(kr), math.J0(kr)) / 4 * complex(h*h/float64(fft.Len()), 0)
		}
		copy(u, fft.Sequence(nil, spectrum))
	case 3:
		for i := late; i < len(u); i++ {
			u[i] = -f[i-late] * h * h * h / (4 * math.Pi * r)
		}
	}
	return u
}

// Halving the time step on one grid divides the change of the record by four: the
// scheme is second order in time. (Waves do not reach the PML, whose memory
// variables are less accurate.)
func TestTimeOrder(t *testing.T) {
	slow(t)
	const h, freq, time = 5.0, 15.0, 0.16
	for _, cells := range [][]int{{160}, {81, 81}} {
		for _, backend := range backends {
			t.Run(fmt.Sprintf("%d-D/%s", len(cells), backend), func(t *testing.T) {
				source, receiver := make([]int, len(cells)), make([]int, len(cells))
				for d, n := range cells {
					source[d], receiver[d] = n/2-4, n/2+4
				}
				var records [][]float64
				for _, steps := range []int{160, 320, 640} {
					dt := time / float64(steps)
					s := fire(h, dt, array.Of64(ricker(t, freq, steps, dt), steps), source, receiver)
					res := run(t, constant(array.Float64, 1500, cells...), s, wave.Options{
						Backend: backend, Accuracy: 8, PMLFreq: freq, PMLWidth: []int{0}, OmitWavefields: true,
					})
					if res.StepRatio != 1 {
						t.Fatalf("StepRatio is %d, want 1", res.StepRatio)
					}
					all := trace(res.Records["pressure"], 0, 0)
					var some []float64
					for i := 0; i < len(all); i += steps / 160 {
						some = append(some, all[i])
					}
					records = append(records, some)
				}
				coarse, fine := greatestChange(records[0], records[1]), greatestChange(records[1], records[2])
				if order := math.Log2(coarse / fine); math.Abs(order-2) > 0.02 {
					t.Errorf("changes %.4g and %.4g: order %.3f, want 2", coarse, fine, order)
				}
			})
		}
	}
}

func greatestChange(a, b []float64) float64 {
	most := 0.0
	for i := range a {
		most = max(most, math.Abs(a[i]-b[i]))
	}
	return most
}
