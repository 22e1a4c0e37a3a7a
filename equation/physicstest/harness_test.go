// Package physicstest compares what the equations' programs compute with what is known of
// waves: Green's functions, surface and interface waves, reciprocity, energy. Errors are those
// that the schemes have by derivation; each test also shows that it would notice a medium that
// is wrong by 1%.
package physicstest

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend/backendtest"
	_ "github.com/d52adeda/wave/backend/cpu"
	"github.com/d52adeda/wave/equation"
)

// racing is set by the race detector.
var racing bool

// numbers skips a test with the race detector.
func numbers(t *testing.T) {
	if racing {
		t.Skip("checks numbers, which the race detector does not change but slows down much")
	}
}

// pulse is a Gaussian exp(-(pi freq (t-t0))^2).
type pulse struct{ freq, t0 float64 }

// of returns the derivative of an order at t; the second is a Ricker wavelet but for its sign
// and size.
func (p pulse) of(order int, t float64) float64 {
	a, x := math.Pow(math.Pi*p.freq, 2), t-p.t0
	before, now := 0.0, math.Exp(-a*x*x)
	for n := range order {
		before, now = now, -2*a*(x*now+float64(n)*before)
	}
	return now
}

// ricker is the amplitude of all sources.
func (p pulse) ricker(t float64) float64 { return p.of(2, t) }

// constant returns a model of one value.
func constant(x float64, cells ...int) *array.Array {
	return filled(func([]int) float64 { return x }, cells...)
}

// filled returns a model with the value of a function of the cell.
func filled(value func(cell []int) float64, cells ...int) *array.Array {
	n := 1
	for _, m := range cells {
		n *= m
	}
	x, cell := make([]float64, n), make([]int, len(cells))
	for i := range x {
		rest := i
		for d, m := range slices.Backward(cells) {
			cell[d], rest = rest%m, rest/m
		}
		x[i] = value(cell)
	}
	return array.Of64(x, cells...)
}

// around is a PML of one width on all sides.
func around(width, ndim int) [][2]int {
	return slices.Repeat([][2]int{{width, width}}, ndim)
}

// record samples a function when a receiver does.
func record(s *backendtest.Survey, channel equation.Channel, f func(t float64) float64) []float64 {
	out := make([]float64, s.Steps)
	for k := range out {
		out[k] = f((float64(k) + channel.Time) * s.DT)
	}
	return out
}

// channel is a channel by its name, and the dimension that it is of, if any.
func channel(of []equation.Channel, name string, ndim int) (equation.Channel, int) {
	i := slices.IndexFunc(of, func(c equation.Channel) bool { return c.Name == name })
	return of[i], slices.Index(equation.Axes(ndim), strings.TrimPrefix(strings.TrimPrefix(name, "force_"), "v"))
}

// place is where a channel acts, in cells.
func place(c equation.Channel, cell []int) []float64 {
	out := make([]float64, len(cell))
	for d, x := range cell {
		out[d] = float64(x)
		if c.Half[d] {
			out[d] += 0.5
		}
	}
	return out
}

// off is the greatest difference, relative to the greatest value wanted.
func off(got, want []float64) float64 {
	most, scale := 0.0, 0.0
	for i, w := range want {
		d := math.Abs(got[i] - w)
		if !(d <= most) {
			most = d
		}
		scale = max(scale, math.Abs(w))
	}
	return most / scale
}

// weights of the staggered first derivative.
var weights = map[int][]float64{
	2: {1},
	4: {9. / 8, -1. / 24},
	6: {75. / 64, -25. / 384, 3. / 640},
	8: {1225. / 1024, -245. / 3072, 49. / 5120, -5. / 7168},
}

// dispersion bounds the error of a record at distance r from a source in a homogeneous medium,
// relative to its greatest value, all waves taken to be as slow as v.
//
// A plane wave of wavenumber k = omega/v has on the grid
//
//	2/dt sin(omega dt/2) = v K,   K = 2/h sum_j c_j sin((j-1/2) k h)
//
// along an axis, where space's error is greatest. So k is wrong by a fraction of at most
//
//	e = (omega dt)^2/24 + |1 - K/k|
//
// which turns the phase by e k r. Sizes, which depend on K and dK/dk to powers up to 2, are off
// by at most 2(p+1) times the error of order p, as that is p+1 times as great in dK/dk.
func dispersion(s *backendtest.Survey, want []float64, v, r float64) float64 {
	fft := fourier.NewFFT(4 * len(want))
	x := make([]float64, fft.Len())
	copy(x, want)
	sum, peak := 0.0, 0.0
	for _, w := range want {
		peak = max(peak, math.Abs(w))
	}
	for i, c := range fft.Coefficients(nil, x) {
		omega := 2 * math.Pi * fft.Freq(i) / s.DT
		k := omega / v
		if i == 0 {
			continue
		}
		kh := min(k*s.Spacing, math.Pi)
		grid := 0.0
		for j, w := range weights[s.Accuracy] {
			grid += 2 * w * math.Sin((float64(j)+0.5)*kh)
		}
		time, space := math.Pow(omega*s.DT, 2)/24, math.Abs(1-grid/kh)
		sum += 2 * math.Hypot(real(c), imag(c)) * min(2, (time+space)*k*r+6*time+2*float64(s.Accuracy+1)*space)
	}
	return sum / float64(fft.Len()) / peak
}

// onSurface is the velocity that the scheme has on a free surface made by vacuum, of what it is. In
// the first cell stresses, and with them D- v, are nearly zero, of which the weights that reach
// beyond the surface are missing: what has c_1 is v less by a fraction (c_2 + c_3 + ..)/c_1, of 0,
// 4, 5 or 6%, whatever the cells' size. (So, by reciprocity, is what a force there makes.)
func onSurface(accuracy int) float64 {
	part := 1.0
	for _, c := range weights[accuracy][1:] {
		part += c / weights[accuracy][0]
	}
	return part
}

// crossing bounds what a surface made by vacuum changes above accuracy 2, where stencils that
// cross it read zeros for what is odd (p) or even (v). Beside it, dp/dz lacks c_2 p(h/2), p
// being p' h/2 there, and dv/dz lacks c_2 v/h: as if a cell's mass and the surface's place were
// off by c_2/2 and c_2 of a cell. A reflection turns by 2k times that, up to 3 |c_2| k h (farther
// weights, of alternating signs, only make it less): of first order in h. A surface wave of the
// pulse's frequency turns further, on its way r along the surface: its energy is within some 1/k of
// it, of which h |c_2|/2 is off on either side, so that k is off by at most |c_2| k h/2.
func crossing(s *backendtest.Survey, want []float64, v, r float64) float64 {
	if s.Accuracy == 2 {
		return 0
	}
	turned := slices.Clone(want) // by k h
	for i := 1; i < len(want); i++ {
		turned[i] += s.Spacing / v * (want[i] - want[i-1]) / s.DT
	}
	return (3 + math.Pi*s.Freq*r/v) * math.Abs(weights[s.Accuracy][1]) * off(turned, want)
}

// check compares a record with what is known and with what it would be in a slightly different
// medium: the first must be within the tolerance, the other not.
func check(t *testing.T, what string, got, want, other []float64, tolerance float64) {
	t.Helper()
	e, far := off(got, want), off(got, other)
	t.Logf("%s: error %.2g, tolerance %.2g; 1%% of a speed makes %.2g", what, e, tolerance, far)
	if !(e <= tolerance) {
		t.Errorf("%s: error %.3g, want at most %.3g", what, e, tolerance)
	}
	if !(far > tolerance) {
		t.Errorf("%s: another medium makes %.3g, which a tolerance of %.3g does not see", what, far, tolerance)
	}
}
