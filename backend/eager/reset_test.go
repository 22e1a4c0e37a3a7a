package eager_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/functional"
	"github.com/d52adeda/wave/stencil"
)

// survey is a small plan of the scalar equation, with a random model and series.
func survey(t *testing.T, rnd *rand.Rand) *backend.Plan {
	t.Helper()
	const dt, steps, points = 0.0005, 17, 2
	h, pml := []float64{5, 5}, [][2]int{{3, 2}, {0, 3}}
	program := equation.Scalar().Program(2, 4).Bind(equation.Params(dt, h)).Premultiplied()
	l, err := stencil.NewLayout(program, []int{12, 13}, pml)
	if err != nil {
		t.Fatal(err)
	}
	p := &backend.Plan{
		Program: program, Layout: l, DType: array.Float64, Shots: 1, Steps: steps,
		Fields: map[string]*array.Array{}, Series: map[string]*array.Array{}, Points: map[string][]stencil.Points{},
	}
	profiles := equation.PML{Width: pml, Spacing: h, DT: dt, MaxVel: 2500, Freq: 25}
	for _, f := range program.Fields() {
		if x, ok := profiles.Of(f, l); ok {
			p.Fields[f.Name] = array.Of64(x, len(x))
		}
	}
	random := func(mean, spread float64, shape ...int) *array.Array {
		a := array.Zeros(array.Float64, shape...)
		x := a.Float64s()
		for i := range x {
			x[i] = mean + spread*rnd.NormFloat64()
		}
		return array.Of64(x, shape...)
	}
	p.Fields["v"] = random(2000, 50, append([]int{1}, l.Shape...)...)
	for name, at := range map[string]int{"source": 6, "receiver": 8} {
		var list stencil.Points
		for i := range points {
			list = append(list, []stencil.Entry{{Cell: at*l.Shape[1] + 5 + 3*i, Weight: 1}})
		}
		p.Points[name] = []stencil.Points{list}
	}
	p.Series["f"] = random(0, 1, 1, points, steps)
	return p
}

// TestResetTraced checks that what transformations make of a run that begins again is, to the
// bit, what they make of new plans; of two runs in one function too, whose tapes both refer to
// the stepper.
func TestResetTraced(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	ctx := context.Background()
	p, other := survey(t, rnd), survey(t, rnd)
	kept, err := backend.Open("eager")
	if err != nil {
		t.Fatal(err)
	}
	one, err := kept.Plan(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	reset := func(fields, series map[string]*array.Array) (backend.Stepper, error) {
		return one, one.Reset(ctx, fields, series)
	}
	fresh := func(fields, series map[string]*array.Array) (backend.Stepper, error) {
		q := *p
		q.Fields, q.Series = maps.Clone(p.Fields), series
		maps.Copy(q.Fields, fields)
		return kept.Plan(ctx, &q)
	}
	misfit := func(begin func(fields, series map[string]*array.Array) (backend.Stepper, error)) functional.Func {
		return func(v *array.Array) (*array.Array, error) {
			total := array.Zeros(array.Float64)
			for _, series := range []map[string]*array.Array{p.Series, other.Series} {
				s, err := begin(map[string]*array.Array{"v": v}, series)
				if err != nil {
					return nil, err
				}
				if err := s.Step(ctx, p.Steps); err != nil {
					return nil, err
				}
				r, err := s.Series("r")
				if err != nil {
					return nil, err
				}
				total = array.Add(total, array.Dot(r, r))
			}
			return total, total.Err()
		}
	}
	v, dv := p.Fields["v"], array.Sub(other.Fields["v"], p.Fields["v"])
	for _, c := range []struct {
		name string
		of   func(f functional.Func, v *array.Array) (*array.Array, error)
	}{
		{"value", func(f functional.Func, v *array.Array) (*array.Array, error) { return f(v) }},
		{"Grad", func(f functional.Func, v *array.Array) (*array.Array, error) { return functional.Grad(f)(v) }},
		{"JVP", func(f functional.Func, v *array.Array) (*array.Array, error) {
			_, dy, err := functional.JVP(f, v, dv)
			return dy, err
		}},
		{"JVP of Grad", func(f functional.Func, v *array.Array) (*array.Array, error) {
			_, dy, err := functional.JVP(functional.Grad(f), v, dv)
			return dy, err
		}},
		{"VMap of Grad", func(f functional.Func, v *array.Array) (*array.Array, error) {
			both := slices.Concat(v.Float64s(), other.Fields["v"].Float64s())
			return functional.VMap(functional.Grad(f))(array.Of64(both, append([]int{2}, v.Shape()...)...))
		}},
	} {
		for _, v := range []*array.Array{v, other.Fields["v"], v} {
			got, err := c.of(misfit(reset), v)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			want, err := c.of(misfit(fresh), v)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if want.Peak() == 0 || !slices.Equal(got.Float64s(), want.Float64s()) {
				t.Errorf("%s after Reset is not that of a new plan, or zero", c.name)
			}
		}
	}
	// The model is still the last transformation's.
	if err := one.Reset(ctx, nil, p.Series); err == nil || !strings.Contains(err.Error(), "ended") {
		t.Errorf("Reset without the model after a transformation: %v, want an error that says that it has ended", err)
	}
}
