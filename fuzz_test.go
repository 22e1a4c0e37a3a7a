package wave_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
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

// models draws those of an equation for the cells of another model: rock, water and vacuum, and here
// and there a value, a shape or a name that cannot be.
func (d *draws) models(eq *equation.Equation, like *array.Array, ndim int) wave.Models {
	shape := like.Shape()
	n := size(shape[max(0, len(shape)-ndim):])
	media := make([]int, n)
	for i := range media {
		media[i] = d.upTo(7)
	}
	out := wave.Models{}
	for _, m := range eq.Models {
		name, change := strings.CutPrefix(m.Name, "d")
		factor := 1.0
		if change {
			factor = 0.01
		}
		shape := some(d, shape, shape[max(0, len(shape)-ndim):], []int{3, 3}, nil)
		x := make([]float64, size(shape))
		for i := range x {
			k := 0
			if i < len(media) {
				k = media[i]
			}
			x[i] = factor * mediaOf[name][max(0, k-4)]
		}
		if len(x) > 0 {
			x[len(x)/2] = some(d, x[len(x)/2], 0, -x[0], math.NaN(), math.Inf(1), 1e-300, 1e30, 1e-30, 1e200)
		}
		dt := some(d, like.DType(), array.Float64, 0)
		out[some(d, m.Name, "v", "rho", "")] = array.Convert(dt, x, shape...)
	}
	return out
}

// mediaOf are the models of rock, of rock five times as soft, of water and of vacuum.
var mediaOf = map[string][4]float64{
	"v": {2000, 900, 1500, 0}, "vp": {2000, 900, 1500, 0}, "vs": {1100, 90, 0, 0}, "rho": {2200, 1600, 1000, 0},
	"lamb": {3e9, 1.2e9, 2.25e9, 0}, "mu": {2.6e9, 1.3e7, 0, 0}, "buoyancy": {1 / 2200., 1 / 1600., 1e-3, 0},
}

// of makes the call one of an equation: more channels, models and sides of all kinds.
func (c *call) of(eq *equation.Equation, d *draws) wave.Models {
	ndim := max(1, min(3, len(c.s.Spacing)))
	if c.v == nil || c.v.Err() != nil || c.v.NDim() < ndim || c.v.Len() > 1<<14 {
		return wave.Models{"v": c.v}
	}
	shape := c.v.Shape()
	cells := shape[len(shape)-ndim:]
	if slices.Min(cells) < 1 {
		return wave.Models{"v": c.v}
	}
	var sources, receivers, fields []string
	system := eq.Write(equation.Grid{NDim: ndim, Accuracy: 4})
	for _, x := range system.Sources {
		sources = append(sources, x.Name)
	}
	for _, x := range system.Receivers {
		receivers = append(receivers, x.Name)
	}
	for _, f := range system.Program.Fields() {
		fields = append(fields, f.Name)
	}
	one := func(of []string) string { return some(d, of[d.upTo(len(of)-1)], "", "pressure", "vz", "force_w", "du") }
	i := d.upTo(len(receivers) - 1)
	c.s.Sources.Channel, c.s.Receivers.Channels = one(sources), []string{receivers[i]}
	for k := range min(d.upTo(3), len(receivers)-1) {
		c.s.Receivers.Channels = append(c.s.Receivers.Channels, some(d, receivers[(i+1+k)%len(receivers)], receivers[i], "", "pressure", "vz"))
	}
	shots := max(1, len(c.s.Sources.Cells), len(c.s.Sources.Positions))
	for range some(d, 0, 1, 2) {
		n := 1 + d.upTo(1)
		src := wave.Sources{Points: d.points(cells, shots, n), Channel: one(sources), Amplitudes: constant(c.v.DType(), some(d, 1, 1e6, 1e38), shots, n, 8)}
		if a := c.s.Sources.Amplitudes; a != nil && a.NDim() == 3 {
			src.Amplitudes = constant(a.DType(), 1, shots, n, a.Shape()[2])
		}
		c.s.MoreSources = append(c.s.MoreSources, src)
		c.s.MoreReceivers = append(c.s.MoreReceivers, wave.Receivers{Points: d.points(cells, shots, n), Channels: []string{one(receivers)}})
	}
	for range some(d, 0, 1, 2*ndim, 3) {
		c.o.Edges = append(c.o.Edges, some(d, wave.Absorbing, wave.Free, wave.Rigid, 7))
	}
	if c.s.Initial != nil {
		some := wave.Wavefields{}
		for _, a := range c.s.Initial {
			some[one(fields)] = a
		}
		c.s.Initial = some
	}
	c.o.TimeTile = some(d, 0, 1, 3, -1, math.MaxInt)
	return d.models(eq, c.v, ndim)
}

// Whatever the arguments and the equation, there is an error that says what is wrong or a finite result, the same
// a second time, and no panic.
func FuzzRun(f *testing.F) {
	f.Add([]byte(nil))
	rng := rand.New(rand.NewPCG(1, 0))
	for i := range 80 {
		data := make([]byte, 1500)
		data[0] = byte(i)
		for i := range data[1:] {
			data[1+i] = byte(rng.UintN(256))
			if rng.IntN(32) > 0 { // choose what is sensible
				data[1+i] &^= 15
			}
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := draws(data)
		eq := allEquations[d.upTo(len(allEquations)-1)]
		c := d.call()
		call := d.upTo(1) == 1
		models := c.of(eq, &d)
		if call {
			c.o.Callback = func(f *wave.Frame) error {
				_, err := f.Field(f.Names()[0], wave.ViewPML)
				return err
			}
		}
		const most = time.Second
		ctx, cancel := context.WithTimeout(context.Background(), most)
		defer cancel()
		began := time.Now()
		sim, err := wave.New(ctx, eq, models, c.s, c.o)
		if (sim == nil) == (err == nil) {
			t.Fatalf("simulation %v and error %v, want one of them", sim, err)
		}
		var first *wave.Result
		if err == nil {
			defer sim.Close()
			first, err = sim.Forward(ctx)
			if (first == nil) == (err == nil) {
				t.Fatalf("result %v and error %v, want one of them", first, err)
			}
		}
		if took := time.Since(began); took > 10*most {
			t.Errorf("it ended after %v, long after its context", took)
		}
		if err != nil {
			var field *wave.FieldError
			if !errors.As(err, &field) && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v names no field", err)
			}
			return
		}
		for name, a := range outputs(first) {
			if !a.Finite() {
				t.Errorf("%s is not finite, want an error instead", name)
			}
		}
		again, err := sim.Forward(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			return
		}
		if err != nil {
			t.Fatalf("a second run: %v", err)
		}
		sameBits(t, again, first)
	})
}
