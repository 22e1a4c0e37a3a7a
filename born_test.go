package wave_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// born is wave.ScalarBorn for arguments that must work.
func born(t testing.TB, v, scatter *array.Array, s wave.Survey, o wave.Options) *wave.Result {
	t.Helper()
	res, err := wave.ScalarBorn(context.Background(), v, scatter, s, o)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// interior returns a random perturbation that is zero on the model's edge cells.
func interior(rng *rand.Rand, shape ...int) *array.Array {
	x := make([]float64, size(shape))
	for i := range x {
		at, inside := i, true
		for d := len(shape) - 1; d >= 0; d-- {
			c := at % shape[d]
			at /= shape[d]
			inside = inside && c > 0 && c < shape[d]-1
		}
		if inside {
			x[i] = 200*rng.Float64() - 100
		}
	}
	return array.Of64(x, shape...)
}

// bornCase is a random model with an interior perturbation, two shots and options
// under which the time step is not divided.
func bornCase(rng *rand.Rand, shape ...int) (v, scatter *array.Array, s wave.Survey, o wave.Options) {
	cells := func(n int) [][][]int {
		out := make([][][]int, 2)
		for shot := range out {
			for range n {
				var cell []int
				for _, extent := range shape {
					cell = append(cell, rng.IntN(extent))
				}
				out[shot] = append(out[shot], cell)
			}
		}
		return out
	}
	v, scatter = uniform(rng, array.Float64, 1500, 2500, shape...), interior(rng, shape...)
	s = wave.Survey{
		Spacing:   []float64{5},
		DT:        0.0006,
		Sources:   wave.Sources{Points: wave.Points{Cells: cells(2)}, Amplitudes: uniform(rng, array.Float64, -1, 1, 2, 2, 30)},
		Receivers: wave.Receivers{Points: wave.Points{Cells: cells(3)}},
	}
	return v, scatter, s, wave.Options{PMLFreq: 25, PMLWidth: []int{3}, MaxVel: 2600}
}

var bornShapes = [][]int{{17}, {13, 15}, {6, 5, 7}}

// tangent returns the derivative of Scalar's records and last wavefield.
func tangent(t *testing.T, v, dv *array.Array, s wave.Survey, o wave.Options) []*array.Array {
	t.Helper()
	o.Backend = "eager"
	_, d, err := functional.JVPN(func(x []*array.Array) ([]*array.Array, error) {
		res, err := wave.Scalar(context.Background(), x[0], s, o)
		if err != nil {
			return nil, err
		}
		return []*array.Array{res.Records["pressure"], res.Wavefields["u"]}, nil
	}, []*array.Array{v}, []*array.Array{dv})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Born modelling and forward-mode differentiation of Scalar are two independent
// derivatives of one step.
func TestBornIsTheDerivative(t *testing.T) {
	for _, shape := range bornShapes {
		for _, slow := range []float64{1, 3} {
			t.Run(fmt.Sprint(shape, slow), func(t *testing.T) {
				v, dv, s, o := bornCase(random(t, 1), shape...)
				s.DT *= slow // resampled
				want := tangent(t, v, dv, s, o)
				for _, o.Backend = range backends {
					got := born(t, v, dv, s, o)
					if slow > 1 && got.StepRatio == 1 {
						t.Error("the time step was not divided")
					}
					for i, a := range []*array.Array{got.Records["dpressure"], got.Wavefields["du"]} {
						if d := difference(a.Float64s(), want[i].Float64s()); d > 1e-12 {
							t.Errorf("%s: output %d differs by %.3g", o.Backend, i, d)
						}
					}
				}
			})
		}
	}
}

// The tangent of Scalar continues a perturbation of edge cells into the PML, as
// Scalar does with v; Born modelling does not. Without a PML there is no
// difference; with one, Scalar's own finite differences side with the tangent.
func TestBornAtTheEdge(t *testing.T) {
	rng := random(t, 2)
	for _, shape := range bornShapes {
		v, dv, s, o := bornCase(rng, shape...)
		edge := uniform(rng, array.Float64, 50, 100, shape...)
		compare := func(dv *array.Array, o wave.Options) float64 {
			t.Helper()
			return difference(born(t, v, dv, s, o).Records["dpressure"].Float64s(), tangent(t, v, dv, s, o)[0].Float64s())
		}
		if d := compare(dv, o); d > 1e-12 {
			t.Errorf("%v: zero on the edge: differs by %.3g", shape, d)
		}
		if d := compare(edge, o); d < 1e-3 {
			t.Errorf("%v: not zero on the edge: differs by %.3g only", shape, d)
		}
		none := o
		none.PMLWidth = []int{0}
		if d := compare(edge, none); d > 1e-12 {
			t.Errorf("%v: without a PML: differs by %.3g", shape, d)
		}
		const h = 1e-4
		plus := run(t, array.Add(v, array.Scale(h, edge)), s, o)
		minus := run(t, array.Sub(v, array.Scale(h, edge)), s, o)
		slope := array.Scale(1/(2*h), array.Sub(plus.Records["pressure"], minus.Records["pressure"])).Float64s()
		if d := difference(tangent(t, v, edge, s, o)[0].Float64s(), slope); d > 1e-6 {
			t.Errorf("%v: tangent is %.3g off the slope", shape, d)
		}
	}
}

// What Born leaves of Scalar(v + h dv) falls with the square of h.
func TestBornTaylor(t *testing.T) {
	for _, shape := range bornShapes {
		v, dv, s, o := bornCase(random(t, 3), shape...)
		base, first := run(t, v, s, o).Records["pressure"], born(t, v, dv, s, o).Records["dpressure"]
		rest := func(h float64) (zeroth, second float64) {
			moved := array.Sub(run(t, array.Add(v, array.Scale(h, dv)), s, o).Records["pressure"], base)
			return maxAbs(moved.Float64s()), maxAbs(array.Sub(moved, array.Scale(h, first)).Float64s())
		}
		for h := 0.1; h > 1e-3; h /= 4 {
			z1, r1 := rest(h)
			z2, r2 := rest(h / 4)
			if p := math.Log(z1/z2) / math.Log(4); math.Abs(p-1) > 0.05 {
				t.Errorf("%v: h %.2g: the change has order %.3f, want 1", shape, h, p)
			}
			if p := math.Log(r1/r2) / math.Log(4); math.Abs(p-2) > 0.05 {
				t.Errorf("%v: h %.2g: what is left has order %.3f, want 2", shape, h, p)
			}
		}
	}
}

func TestBornIsLinear(t *testing.T) {
	for _, backend := range backends {
		for _, shape := range bornShapes {
			rng := random(t, 4)
			v, a, s, o := bornCase(rng, shape...)
			b := uniform(rng, array.Float64, -100, 100, shape...)
			o.Backend = backend
			both := born(t, v, array.Add(array.Scale(2, a), array.Scale(-0.7, b)), s, o).Records["dpressure"]
			sum := array.Add(array.Scale(2, born(t, v, a, s, o).Records["dpressure"]), array.Scale(-0.7, born(t, v, b, s, o).Records["dpressure"]))
			if d := difference(both.Float64s(), sum.Float64s()); d > 1e-12 {
				t.Errorf("%s %v: differs by %.3g", backend, shape, d)
			}
			none := born(t, v, array.Zeros(array.Float64, shape...), s, o).Records["dpressure"]
			if most := maxAbs(none.Float64s()); most != 0 {
				t.Errorf("%s %v: nothing scatters %.3g", backend, shape, most)
			}
		}
	}
}

func TestBornBackground(t *testing.T) {
	slow(t)
	for _, backend := range backends {
		for _, shape := range bornShapes {
			v, dv, s, o := bornCase(random(t, 5), shape...)
			o.Backend = backend
			got := outputs(born(t, v, dv, s, o))
			for name, a := range outputs(run(t, v, s, o)) {
				if d := difference(got[name].Float64s(), a.Float64s()); d > 1e-13 {
					t.Errorf("%s %v: %s differs by %.3g", backend, shape, name, d)
				}
			}
			s.Receivers.Channels = []string{"dpressure"}
			s.MoreReceivers = []wave.Receivers{{Points: wave.Points{Cells: s.Sources.Cells}, Channels: []string{"pressure"}}}
			other := born(t, v, dv, s, o)
			if !sameArray(other.Records["dpressure"], got["record dpressure"]) {
				t.Errorf("%s %v: receivers of the background elsewhere change the scattered records", backend, shape)
			}
			s.Receivers, s.MoreReceivers = s.MoreReceivers[0], nil
			if !sameArray(other.Records["pressure"], born(t, v, dv, s, o).Records["pressure"]) {
				t.Errorf("%s %v: the background's records differ with others beside them", backend, shape)
			}
		}
	}
}

// Each shot of a batch is what it is alone.
func TestBornBatch(t *testing.T) {
	for _, backend := range backends {
		for _, shape := range bornShapes {
			rng := random(t, 6)
			_, _, s, o := bornCase(rng, shape...)
			o.Backend = backend
			batch := append([]int{2}, shape...)
			v, dv := uniform(rng, array.Float64, 1500, 2500, batch...), uniform(rng, array.Float64, -100, 100, batch...)
			all := outputs(born(t, v, dv, s, o))
			for shot := range 2 {
				one := s
				one.Sources.Cells, one.Receivers.Cells = s.Sources.Cells[shot:shot+1], s.Receivers.Cells[shot:shot+1]
				one.Sources.Amplitudes = slot(s.Sources.Amplitudes, shot)
				for name, a := range outputs(born(t, slot(v, shot), slot(dv, shot), one, o)) {
					if !sameArray(slot(all[name], shot), a) {
						t.Errorf("%s %v: shot %d: %s differs by %.3g", backend, shape, shot, name, difference(slot(all[name], shot).Float64s(), a.Float64s()))
					}
				}
			}
		}
	}
}

// slot returns a[i:i+1].
func slot(a *array.Array, i int) *array.Array {
	lo, n := make([]int, a.NDim()), a.Shape()
	lo[0], n[0] = i, 1
	return array.Slice(a, lo, n)
}

// A run continued from its final wavefields is the run in one piece.
func TestBornRestart(t *testing.T) {
	const nt, part = 30, 11
	for _, backend := range backends {
		for _, shape := range bornShapes {
			v, dv, s, o := bornCase(random(t, 7), shape...)
			o.Backend = backend
			whole := born(t, v, dv, s, o)
			first := born(t, v, dv, during(s, 0, part), o)
			rest := during(s, part, nt)
			rest.Initial = first.Wavefields
			second := born(t, v, dv, rest, o)
			for _, name := range []string{"pressure", "dpressure"} {
				if got, want := joined(first.Records[name], second.Records[name]), whole.Records[name].Float64s(); !slices.Equal(got, want) {
					t.Errorf("%s %v: %s differs by %.3g", backend, shape, name, difference(got, want))
				}
			}
			second.Records = whole.Records
			sameBits(t, second, whole)
		}
	}
}

func TestBornErrors(t *testing.T) {
	type args struct {
		ctx   context.Context
		v, dv *array.Array
		s     wave.Survey
		o     wave.Options
	}
	shape := []int{13, 15}
	scalar := func(a *args) error { _, err := wave.Scalar(a.ctx, a.v, a.s, a.o); return err }
	scalarBorn := func(a *args) error { _, err := wave.ScalarBorn(a.ctx, a.v, a.dv, a.s, a.o); return err }
	for _, c := range []struct {
		name   string
		change func(*args)
		call   func(*args) error
		want   string
	}{
		{"no context", func(a *args) { a.ctx = nil }, scalarBorn, "wave: ctx is nil, want a context"},
		{"nil scatter", func(a *args) { a.dv = nil }, scalarBorn, "wave: model dv is missing, want an array (m/s)"},
		{"shape", func(a *args) { a.dv = constant(array.Float64, 1, 13, 14) }, scalarBorn, "wave: model dv is of shape [13 14], want [13 15] after the shots, as model v has"},
		{"dimensions", func(a *args) { a.dv = constant(array.Float64, 1, 13) }, scalarBorn, "wave: model dv is of shape [13]"},
		{"shots", func(a *args) { a.dv = constant(array.Float64, 1, 3, 13, 15) }, scalarBorn, "wave: model dv is of 3 shots, want 2"},
		{"element type", func(a *args) { a.dv = constant(array.Float32, 1, shape...) }, scalarBorn, "wave: model dv is of float32, want float64"},
		{"NaN", func(a *args) { a.dv = constant(array.Float64, math.NaN(), shape...) }, scalarBorn, "wave: model dv is NaN, want finite numbers"},
		{"another channel", func(a *args) { a.s.Receivers.Channels = []string{"vz"} }, scalarBorn, `wave: Survey.Receivers.Channels is "vz", want one of equation scalar_born: pressure, dpressure`},
		{"a channel twice", func(a *args) { a.s.Receivers.Channels = []string{"pressure", "pressure"} }, scalarBorn, "want each channel once: Survey.Receivers has it"},
		{"scattered alone of another shape", func(a *args) {
			a.s.Initial = wave.Wavefields{"du": constant(array.Float64, 0, 2, 40, 15)}
		}, scalarBorn, "wave: Survey.Initial[du] is of shape [2 40 15]"},
		{"scattered wavefield of Scalar", func(a *args) {
			a.s.Initial = wave.Wavefields{"du": constant(array.Float64, 0, 2, 19, 21)}
		}, scalar, "wave: Survey.Initial[du] is given, want only wavefields that equation scalar has: u, um1, "},
		{"scattered channel of Scalar", func(a *args) { a.s.Receivers.Channels = []string{"dpressure"} }, scalar, `want one of equation scalar: pressure`},
	} {
		v, dv, s, o := bornCase(random(t, 8), shape...)
		a := &args{context.Background(), v, dv, s, o}
		c.change(a)
		err := c.call(a)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
			continue
		}
		var fe *wave.FieldError
		if !errors.As(err, &fe) {
			t.Errorf("%s: %T, want a *FieldError", c.name, err)
		}
	}
}

// A scattered wavefield that overflows is an error, though the background is fine.
func TestBornNotFinite(t *testing.T) {
	for _, backend := range backends {
		v, _, s, o := bornCase(random(t, 9), 13, 15)
		o.Backend = backend
		s.Sources.Amplitudes = array.Scale(1e3, s.Sources.Amplitudes)
		_, err := wave.ScalarBorn(context.Background(), v, constant(array.Float64, 1e308, 13, 15), s, o)
		if !errors.Is(err, wave.ErrNonFinite) {
			t.Errorf("%s: %v, want ErrNonFinite", backend, err)
		}
	}
}
