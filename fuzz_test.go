package wave_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
)

// draws makes choices of bytes; when they run out, of zeros.
type draws []byte

func (d *draws) upTo(n int) int {
	if len(*d) == 0 {
		return 0
	}
	b := (*d)[0]
	*d = (*d)[1:]
	return int(b) % (n + 1)
}

// some returns one of the values, the first of which is sensible and the likeliest.
func some[T any](d *draws, values ...T) T {
	if d.upTo(15) < 15 {
		return values[0]
	}
	return values[d.upTo(len(values)-1)]
}

// call decodes arguments: mostly of a small problem that works, here and there
// anything.
func (d *draws) call() *call {
	nan, inf := math.NaN(), math.Inf(1)
	dt := array.Float32 + array.DType(d.upTo(1))
	ndim := 1 + d.upTo(2)
	c := &call{}
	for range some(d, ndim, 1, 0, 4) {
		c.s.Spacing = append(c.s.Spacing, some(d, 5, 1, 7.5, 0, -5, nan, inf, 1e-200, 1e200, 1e-40))
	}
	c.s.DT = some(d, 0.001, -0.001, 0.005, 0.0001, 0, nan, inf, 1e30, 1e-30)
	c.s.NT = some(d, 0, 10, 1, -1, math.MaxInt)

	cells := make([]int, ndim)
	for i := range cells {
		cells[i] = 4 + d.upTo(10)
	}
	shots := some(d, 1, 2, 3, 0)
	shape := some(d, cells, append([]int{shots}, cells...), nil, append([]int{0}, cells...), []int{3, 3, 3, 3, 3})
	v := make([]float64, size(shape))
	for i := range v {
		v[i] = 1500 + 10*float64(d.upTo(100))
	}
	if len(v) > 0 {
		v[len(v)/2] = some(d, 2000, 0, -3000, nan, inf, 1e-300, 1e20, 1e200)
	}
	c.v = array.Convert(dt, v, shape...)
	if d.upTo(30) == 30 {
		c.v = some(d, nil, new(array.Array), array.Of32(nil, 7))
	}

	sources, receivers := d.upTo(3), d.upTo(3)
	c.s.Sources.Points, c.s.Receivers.Points = d.points(cells, shots, sources), d.points(cells, shots, receivers)
	nt := 1 + d.upTo(15)
	a := []int{shots, sources, nt}
	c.s.Sources.Amplitudes = constant(some(d, dt, array.Float64, array.Float32, 0), some(d, 1, -1e3, 0, nan, inf, 1e38, 1e300),
		some(d, a, []int{shots, sources + 1, nt}, []int{shots, nt}, []int{shots + 1, sources, nt}, []int{0, 0, nt}, []int{shots, sources, 0}, nil)...)
	if d.upTo(4) == 4 {
		c.s.Sources.Amplitudes = nil
	}

	c.o = wave.Options{
		Backend:  some(d, "cpu", "eager", "", "cpu:1", "cup", "eager:x", ":"),
		Accuracy: some(d, 4, 2, 6, 8, 0, 3, -2), PMLFreq: some(d, 25, 0, 1e3, -1, nan, inf, 1e300),
		MaxVel:        some(d, 0, 3000, 10, -1, nan, inf, 1e300, 1e-300),
		FreqTaperFrac: some(d, 0, 0.5, 0.999, 1, nan), TimePadFrac: some(d, nil, new(0.0), new(0.5), new(-1.0), new(nan)), TimeTaper: d.upTo(1) == 1,
		Threads: some(d, 0, 1, 2, -1, math.MaxInt), CallbackEvery: some(d, 0, 3, -1, math.MaxInt), MaxMemory: 64 << 20, OmitWavefields: d.upTo(1) == 1,
	}
	for range some(d, 1, 0, 2*ndim, 3) {
		c.o.PMLWidth = append(c.o.PMLWidth, some(d, 3, 0, 1, 20, -1, 1000, math.MaxInt, math.MinInt))
	}
	for range some(d, 0, 1, 2*ndim, 3) {
		c.o.SurveyPad = append(c.o.SurveyPad, some(d, 3, 0, wave.ToEdge, 100, -2, math.MaxInt, math.MinInt))
	}
	if d.upTo(3) == 3 {
		c.s.Initial = d.wavefields(c.o.PMLWidth, cells, shots, dt)
	}
	for range some(d, 0, ndim, 1) {
		c.s.Origin = append(c.s.Origin, some(d, 0, 1, -1, math.MaxInt, math.MinInt))
	}
	return c
}

func (d *draws) points(cells []int, shots, n int) (p wave.Points) {
	between := d.upTo(1) == 1
	for range some(d, shots, 0, shots+1) {
		var at [][]int
		var pos [][]float64
		for range some(d, n, n+1, 0) {
			var c []int
			var x []float64
			for _, n := range cells[:some(d, len(cells), 0)] {
				c = append(c, some(d, d.upTo(n-1), n, -1, math.MaxInt, math.MinInt, wave.IgnoreLocation))
				x = append(x, some(d, float64(d.upTo(n-1)), float64(n)/2+0.3, 0.5, float64(n), -1, math.NaN(), math.Inf(1), 1e300, wave.IgnoreLocation))
			}
			at, pos = append(at, c), append(pos, x)
		}
		if !between || d.upTo(30) == 30 {
			p.Cells = append(p.Cells, at)
		}
		if between {
			p.Positions = append(p.Positions, pos)
		}
	}
	p.HalfWidth, p.Dipole = some(d, 0, 1, 2, 10, 11, -1), some(d, 0, 1, 2, 3, 4, -1)
	return p
}

func (d *draws) wavefields(pml, cells []int, shots int, dt array.DType) wave.Wavefields {
	shape := []int{shots}
	for i, n := range cells {
		switch {
		case len(pml) == 0:
			n += 40
		case len(pml) == 2*len(cells):
			n += min(max(pml[2*i], 0), 50) + min(max(pml[2*i+1], 0), 50)
		default:
			n += 2 * min(max(pml[0], 0), 50)
		}
		shape = append(shape, max(0, n-some(d, 0, 1, 5, 100)))
	}
	field := func() *array.Array {
		return some(d, constant(dt, some(d, 1, 0, math.NaN(), 1e38), shape...), nil, new(array.Array), constant(3-dt, 1, shape...), array.Zeros(dt, 2))
	}
	w := wave.Wavefields{"u": field(), "um1": field()}
	for range some(d, 0, 1, 4) {
		w[some(d, "psi_x", "zeta_x", "psi_z", "um1", "", "psi_w")] = field()
	}
	return w
}

// Whatever the arguments, there is an error or a finite result, and no panic.
func FuzzScalar(f *testing.F) {
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := draws(data)
		c := d.call()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if d.upTo(1) == 1 {
			c.o.Callback = func(f *wave.Frame) error {
				_, err := f.Field("u", wave.ViewPML)
				return err
			}
		}
		res, err := wave.Scalar(ctx, c.v, c.s, c.o)
		if (res == nil) == (err == nil) {
			t.Fatalf("result %v and error %v, want one of them", res, err)
		}
		if err != nil {
			return
		}
		for name, a := range outputs(res) {
			if !a.Finite() {
				t.Errorf("%s is not finite, want an error instead", name)
			}
		}
	})
}
