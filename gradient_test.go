package wave_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/functional"
)

// weighted is a misfit that is linear: the sum of records times weights.
func weighted(weights map[string]*array.Array) wave.Misfit {
	return func(records map[string]*array.Array) (float64, map[string]*array.Array, error) {
		sum := 0.0
		for _, name := range slices.Sorted(maps.Keys(records)) {
			w := weights[name].Float64s()
			for i, x := range records[name].Float64s() {
				sum += w[i] * x
			}
		}
		return sum, weights, nil
	}
}

// weightsOf returns random weights for all records of a survey.
func weightsOf(t *testing.T, eq *equation.Equation, m wave.Models, s wave.Survey, o wave.Options) map[string]*array.Array {
	rng, out := random(t, 77), map[string]*array.Array{}
	res := simulate(t, eq, m, s, o)
	for _, name := range slices.Sorted(maps.Keys(res.Records)) {
		a := res.Records[name]
		// Of one order: stresses are larger than velocities.
		out[name] = array.Scale(1/maxAbs(a.Float64s()), uniform(rng, a.DType(), -1, 1, a.Shape()...))
	}
	return out
}

func gradient(t *testing.T, eq *equation.Equation, m wave.Models, s wave.Survey, o wave.Options, misfit wave.Misfit) *wave.Gradient {
	t.Helper()
	sim, err := wave.New(t.Context(), eq, m, s, o)
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	g, err := sim.Gradient(t.Context(), misfit)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestGradient: the gradient by models is that of the functional layer, which differentiates array
// operations, and that by amplitudes the transpose of what is linear in them; on every backend, for
// every equation, with models for all shots and for each.
func TestGradient(t *testing.T) {
	slow(t)
	for i, eq := range allEquations {
		for _, shape := range boxes {
			for _, own := range []int{0, 2} {
				if own > 0 && len(shape) == 3 {
					continue // as in two dimensions
				}
				t.Run(fmt.Sprintf("%s-%d/%dd/%d", eq.Name, i, len(shape), own), func(t *testing.T) {
					rng := random(t, uint64(len(shape)))
					models := medium(rng, eq, array.Float64, own, shape...)
					s := everywhere(rng, eq, array.Float64, 2, 24, shape...)
					s.DT *= float64(1 + len(shape)%2)
					o := wave.Options{PMLFreq: 25, PMLWidth: sides(rng, len(shape)), MaxVel: 3000}
					weights := weightsOf(t, eq, models, s, o)
					names := slices.Sorted(maps.Keys(models))
					var x []*array.Array
					for _, name := range names {
						x = append(x, models[name])
					}
					o.Backend = "eager"
					value, want, _, err := functional.ValueAndGradN(func(x []*array.Array) ([]*array.Array, error) {
						m := wave.Models{}
						for i, name := range names {
							m[name] = x[i]
						}
						res, err := wave.Run(t.Context(), eq, m, s, o)
						if err != nil {
							return nil, err
						}
						sum := array.Zeros(array.Float64)
						for _, name := range slices.Sorted(maps.Keys(res.Records)) {
							sum = array.Add(sum, array.Dot(res.Records[name], weights[name]))
						}
						return []*array.Array{sum}, nil
					})(x)
					if err != nil {
						t.Fatal(err)
					}
					other := s
					other.MoreSources = slices.Clone(s.MoreSources)
					each(&other, func(src *wave.Sources) {
						src.Amplitudes = array.Mul(src.Amplitudes, uniform(rng, array.Float64, 0, 1, src.Amplitudes.Shape()...))
					}, func(*wave.Receivers) {})
					for _, backend := range backends {
						o.Backend = backend
						g := gradient(t, eq, models, s, o, weighted(weights))
						if v, _ := value.At(); difference([]float64{g.Value}, []float64{v}) > 1e-11 {
							t.Errorf("%s: value %.12g, want %.12g", backend, g.Value, v)
						}
						for i, name := range names {
							if d := difference(g.Models[name].Float64s(), want[i].Float64s()); !(d <= 1e-11) {
								t.Errorf("%s: gradient by %s is off by %.3g", backend, name, d)
							}
						}
						sum, dot := 0.0, 0.0
						for name, a := range simulate(t, eq, models, other, o).Records {
							for i, w := range weights[name].Float64s() {
								sum += w * a.Float64s()[i]
							}
						}
						each(&other, func(src *wave.Sources) {
							name := src.Channel
							for i, a := range src.Amplitudes.Float64s() {
								dot += a * g.Amplitudes[name].Float64s()[i]
							}
						}, func(*wave.Receivers) {})
						if difference([]float64{dot}, []float64{sum}) > 1e-11 {
							t.Errorf("%s: amplitudes times their gradient are %.12g, want %.12g", backend, dot, sum)
						}
					}
				})
			}
		}
	}
}

// TestGradientInParts: however many shots run at once and however little of the tape is kept, the
// bits are the same, and so they are when it is asked for again.
func TestGradientInParts(t *testing.T) {
	slow(t)
	for _, eq := range []*equation.Equation{equation.Scalar(), equation.ElasticSpeeds()} {
		for _, own := range []int{0, 3} {
			shape := []int{30, 31}
			rng := random(t, 5)
			models, others := medium(rng, eq, array.Float32, own, shape...), medium(rng, eq, array.Float32, own, shape...)
			s := everywhere(rng, eq, array.Float32, 3, 60, shape...)
			o := wave.Options{PMLFreq: 25, PMLWidth: []int{4}, MaxVel: 4000, MaxMemory: -1}
			weights := weightsOf(t, eq, models, s, o)
			for _, backend := range backends {
				o := o
				o.Backend = backend
				want := gradient(t, eq, models, s, o, weighted(weights))
				if want.Window != 60 || want.ExtraSteps != 0 {
					t.Errorf("%s: a window of %d steps and %d extra, want all and none", backend, want.Window, want.ExtraSteps)
				}
				least := leastMemory(t, eq, models, s, o, weighted(weights))
				for _, c := range []struct {
					atOnce int
					most   int64
				}{{0, least}, {0, least + least/4}, {1, -1}, {2, -1}} {
					o.ShotsAtOnce, o.MaxMemory = c.atOnce, c.most
					sim, err := wave.New(t.Context(), eq, models, s, o)
					if err != nil {
						t.Fatal(err)
					}
					defer sim.Close()
					done := 0
					for range 2 {
						got, err := sim.Gradient(t.Context(), weighted(weights))
						if err != nil {
							t.Fatal(err)
						}
						if c.most > 0 && (got.Window >= 60 || got.ExtraSteps == 0) {
							t.Errorf("%s, %+v: a window of %d steps, %d extra", backend, c, got.Window, got.ExtraSteps)
						}
						sameGradient(t, got, want)
						done++
					}
					if err := sim.SetModels(t.Context(), others); err != nil {
						t.Fatal(err)
					}
					if _, err := sim.Gradient(t.Context(), weighted(weights)); err != nil {
						t.Fatal(err)
					}
					if err := sim.SetModels(t.Context(), models); err != nil {
						t.Fatal(err)
					}
					again, err := sim.Gradient(t.Context(), weighted(weights))
					if err != nil {
						t.Fatal(err)
					}
					sameGradient(t, again, want)
					res, err := sim.Forward(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					for name, a := range outputs(want.Result) {
						near(t, name, outputs(res)[name].Float64s(), a.Float64s(), array.Float32) // kernels without a tape may round otherwise
					}
				}
			}
		}
	}
}

// leastMemory returns the least bound with which a gradient is not refused.
func leastMemory(t *testing.T, eq *equation.Equation, m wave.Models, s wave.Survey, o wave.Options, misfit wave.Misfit) int64 {
	t.Helper()
	sim, err := wave.New(t.Context(), eq, m, s, o)
	if err != nil {
		t.Fatal(err)
	}
	lo, hi := sim.Plan().Bytes, 100*sim.Plan().Bytes
	for hi-lo > hi/100 {
		o.MaxMemory = (lo + hi) / 2
		sim, err := wave.New(t.Context(), eq, m, s, o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = sim.Gradient(t.Context(), misfit)
		_ = sim.Close()
		switch {
		case err == nil:
			hi = o.MaxMemory
		case errors.Is(err, wave.ErrMemory) && strings.Contains(err.Error(), "the gradient needs"):
			lo = o.MaxMemory
		default:
			t.Fatal(err)
		}
	}
	return hi
}

func sameGradient(t *testing.T, got, want *wave.Gradient) {
	t.Helper()
	if got.Value != want.Value {
		t.Errorf("value %g, want %g", got.Value, want.Value)
	}
	sameBits(t, got.Result, want.Result)
	for name, a := range want.Models {
		if !sameArray(got.Models[name], a) {
			t.Errorf("gradient by %s differs by %.3g", name, difference(got.Models[name].Float64s(), a.Float64s()))
		}
	}
	for name, a := range want.Amplitudes {
		if !sameArray(got.Amplitudes[name], a) {
			t.Errorf("gradient by amplitudes %s differs by %.3g", name, difference(got.Amplitudes[name].Float64s(), a.Float64s()))
		}
	}
}

// TestGradientOfL2: along a random direction the misfit is, to second order, what its gradient says,
// with vacuum and a fluid in the model and receivers between cells.
func TestGradientOfL2(t *testing.T) {
	eq := equation.ElasticSpeeds()
	shape := []int{24, 25}
	rng := random(t, 3)
	models := medium(rng, eq, array.Float64, 0, shape...)
	layers := func(name string, value func(z int) float64) {
		x := models[name].Float64s()
		for i := range x {
			x[i] *= value(i / shape[1])
		}
		models[name] = array.Of64(x, shape...)
	}
	step := func(top int) func(z int) float64 {
		return func(z int) float64 {
			if z < top {
				return 0
			}
			return 1
		}
	}
	for _, name := range []string{"vp", "rho"} {
		layers(name, step(4))
	}
	layers("vs", step(9)) // vacuum, a fluid, a solid
	s := wave.Survey{Spacing: []float64{5}, DT: 0.0005}
	s.Sources = wave.Sources{Points: wave.Points{Positions: [][][]float64{{{12.3, 11.7}}}}, Channel: "force_z", Amplitudes: uniform(rng, array.Float64, -1e6, 1e6, 1, 1, 50)}
	s.Receivers = wave.Receivers{Points: wave.Points{Positions: [][][]float64{{{13.3, 5.2}, {6, 17.6}}}}, Channels: []string{"pressure", "vx", "strain_rate_xx"}}
	o := wave.Options{PMLFreq: 25, PMLWidth: []int{0, 4, 4, 4}, MaxVel: 3000}
	observed := map[string]*array.Array{}
	for name, a := range simulate(t, eq, models, s, o).Records {
		observed[name] = array.Scale(0.3, a)
	}
	g := gradient(t, eq, models, s, o, wave.L2(observed))
	slope := 0.0
	direction := wave.Models{}
	for _, name := range []string{"rho", "vp", "vs"} {
		direction[name] = array.Mul(models[name], uniform(rng, array.Float64, -1, 1, shape...))
		d, err := array.Dot(direction[name], g.Models[name]).At()
		if err != nil {
			t.Fatal(err)
		}
		slope += d
	}
	rest := func(h float64) float64 {
		moved := wave.Models{}
		for name, a := range models {
			moved[name] = array.Add(a, array.Scale(h, direction[name]))
		}
		value, _, err := wave.L2(observed)(simulate(t, eq, moved, s, o).Records)
		if err != nil {
			t.Fatal(err)
		}
		return math.Abs(value - g.Value - h*slope)
	}
	if order := math.Log2(rest(2e-4) / rest(1e-4)); math.Abs(order-2) > 0.04 {
		t.Errorf("the rest falls with a power of %.3f of the step, want 2", order)
	}
}

// TestGradientIsChecked: what a misfit says is checked, and its panic frees all.
func TestGradientIsChecked(t *testing.T) {
	v := constant(array.Float64, 2000, 20)
	s := fire(5, 0.0005, array.Of64(bump(20), 20), []int{5}, []int{15})
	sim, err := wave.New(t.Context(), equation.Scalar(), wave.Models{"v": v}, s, wave.Options{PMLFreq: 25, PMLWidth: []int{4}})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	says := func(name string, a *array.Array, err error) wave.Misfit {
		return func(map[string]*array.Array) (float64, map[string]*array.Array, error) {
			return 1, map[string]*array.Array{name: a}, err
		}
	}
	own := errors.New("no data")
	for want, misfit := range map[string]wave.Misfit{
		"misfit is nil": nil,
		"no data":       says("pressure", nil, own),
		"adjoint source vz is given, want only channels that are recorded":  says("vz", constant(array.Float64, 0, 1, 1, 20), nil),
		"adjoint source pressure is of shape [1 1 19]":                      says("pressure", constant(array.Float64, 0, 1, 1, 19), nil),
		"adjoint source pressure is unusable":                               says("pressure", nil, nil),
		"want finite numbers, float64 of shape [1 1 20]":                    says("pressure", constant(array.Float64, math.NaN(), 1, 1, 20), nil),
		"observed vz is given, want only channels that are recorded":        wave.L2(map[string]*array.Array{"vz": v}),
		"observed pressure is of shape [20], want [1 1 20], as the records": wave.L2(map[string]*array.Array{"pressure": v}),
	} {
		if g, err := sim.Gradient(t.Context(), misfit); g != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, %v, want %q", g, err, want)
		}
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = sim.Gradient(t.Context(), func(map[string]*array.Array) (float64, map[string]*array.Array, error) { panic("mine") })
	}()
	ctx, cancel := context.WithCancel(t.Context())
	_, err = sim.Gradient(ctx, func(r map[string]*array.Array) (float64, map[string]*array.Array, error) {
		cancel()
		return 0, r, nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v after it was cancelled", err)
	}
	if g, err := sim.Gradient(t.Context(), says("pressure", constant(array.Float64, 0, 1, 1, 20), nil)); err != nil || maxAbs(g.Models["v"].Float64s()) != 0 {
		t.Errorf("%v, want a gradient of zeros", err)
	}
}
