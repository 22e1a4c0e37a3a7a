package backendtest

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/functional"
	"github.com/d52adeda/wave/stencil"
)

// resets checks what Reset replaces and what it leaves: after it a run is that of a new plan
// with the arrays that are then in force. What a run before leaves behind, again checks.
func resets(t *testing.T, dev backend.Device) {
	for _, name := range []string{"scalar-2d-acc4-[21 33]", "scalar-2d-acc4-[21 33]-batched", "elastic-2d", "staggered-2d"} {
		t.Run(name, func(t *testing.T) { replaces(t, dev, name) })
	}
	t.Run("errors", func(t *testing.T) { refusesReset(t, dev) })
}

func replaces(t *testing.T, dev backend.Device, name string) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	c := cases()[slices.IndexFunc(cases(), func(c testCase) bool { return c.name == name })]
	p := c.plan(t, rand.New(rand.NewPCG(seed, 1)), array.Float32)
	other := c.plan(t, rand.New(rand.NewPCG(seed, 2)), array.Float32)
	ctx := context.Background()
	run, err := dev.Plan(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	now := *p // what a new plan would have
	for _, kinds := range [][]stencil.Kind{
		{}, {stencil.Model}, {stencil.State}, {stencil.Memory, stencil.Profile}, {stencil.Model, stencil.State, stencil.Memory},
	} {
		for _, withSeries := range []bool{false, true} {
			if err := run.Step(ctx, 4); err != nil {
				t.Fatal(err)
			}
			fields, series := map[string]*array.Array{}, map[string]*array.Array(nil)
			now.Fields = maps.Clone(now.Fields)
			for _, f := range p.Program.Fields() {
				if slices.Contains(kinds, f.Kind) {
					fields[f.Name] = other.Fields[f.Name]
				}
			}
			for _, f := range wavefields(p.Program) {
				delete(now.Fields, f.Name)
			}
			maps.Copy(now.Fields, fields)
			if withSeries {
				series = other.Series
				now.Series = series
			}
			if err := run.Reset(ctx, fields, series); err != nil {
				t.Fatal(err)
			}
			what := []any{"fields", slices.Sorted(maps.Keys(fields)), "series", withSeries}
			for _, r := range p.Program.Outputs() {
				if a, err := run.Series(r.Name); err != nil || a.Peak() != 0 {
					t.Errorf("%v: series %s is not zero after Reset: %v", what, r.Name, err)
				}
			}
			fresh, err := dev.Plan(ctx, &now)
			if err != nil {
				t.Fatal(err)
			}
			for _, steps := range []int{0, p.Steps} {
				for _, s := range []backend.Stepper{run, fresh} {
					if err := s.Step(ctx, steps); err != nil {
						t.Fatal(err)
					}
				}
				want := collect(t, fresh, p)
				for name, a := range collect(t, run, p) {
					if !slices.Equal(a, want[name]) {
						t.Errorf("%v: %s after %d steps is not that of a new plan", what, name, steps)
					}
				}
			}
			fresh.Close()
			if err := run.Reset(ctx, nil, nil); err != nil { // all is gone before its next steps
				t.Fatal(err)
			}
		}
	}
}

// refusesReset checks that bad arrays are errors of the right kind and change nothing, and
// that there is no way back from an error.
func refusesReset(t *testing.T, dev backend.Device) {
	ctx := context.Background()
	p := cases()[slices.IndexFunc(cases(), func(c testCase) bool { return strings.HasSuffix(c.name, "-batched") })].
		plan(t, rand.New(rand.NewPCG(1, 8)), array.Float32)
	plain := stepped(t, dev, p)
	defer plain.Close()
	want := collect(t, plain, p)
	s, err := dev.Plan(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Step(ctx, 3); err != nil {
		t.Fatal(err)
	}
	v, u, f := p.Fields["v"], p.Fields["u"], p.Series["f"]
	double := func(a *array.Array) *array.Array { return array.Convert(array.Float64, a.Float64s(), a.Shape()...) }
	one := func(a *array.Array) *array.Array {
		return array.Slice(a, make([]int, a.NDim()), append([]int{1}, a.Shape()[1:]...))
	}
	for _, bad := range []struct {
		name           string
		fields, series map[string]*array.Array
		want           error
		text           string
	}{
		{"type of a field", map[string]*array.Array{"u": double(u)}, nil, array.ErrDType, "field u"},
		{"type of a series", nil, map[string]*array.Array{"f": double(f)}, array.ErrDType, "series f"},
		{"shape of a field", map[string]*array.Array{"u": one(u)}, nil, array.ErrShape, "field u"},
		{"shape of a series", nil, map[string]*array.Array{"f": one(f)}, array.ErrShape, "series f"},
		{"another number of models", map[string]*array.Array{"v": one(v)}, nil, array.ErrShape, "field v"},
		{"an array with an error", map[string]*array.Array{"v": array.Add(v, double(v))}, nil, array.ErrDType, ""},
		{"unknown field", map[string]*array.Array{"nobody": u}, nil, nil, `"nobody"`},
		{"unknown series", nil, map[string]*array.Array{"r": f}, nil, `"r"`},
	} {
		fields := maps.Clone(p.Fields) // beside others that are good
		maps.Copy(fields, bad.fields)
		err := s.Reset(ctx, fields, bad.series)
		if err == nil || bad.want != nil && !errors.Is(err, bad.want) || !strings.Contains(err.Error(), bad.text) {
			t.Errorf("%s: %v, want an error that wraps %v and says %s", bad.name, err, bad.want, bad.text)
		}
	}
	traced := func(a *array.Array, reset func(x *array.Array) error) {
		if _, _, err := functional.JVP(func(x *array.Array) (*array.Array, error) { return x, reset(x) }, a, a); !errors.Is(err, backend.ErrTraced) {
			t.Errorf("a traced array: %v, want an error that wraps %v", err, backend.ErrTraced)
		}
	}
	traced(f, func(x *array.Array) error { return s.Reset(ctx, p.Fields, map[string]*array.Array{"f": x}) })
	if !dev.Info().Traces {
		traced(v, func(x *array.Array) error { return s.Reset(ctx, map[string]*array.Array{"v": x}, p.Series) })
	}
	if err := s.Step(ctx, p.Steps-3); err != nil {
		t.Fatal(err)
	}
	for name, a := range collect(t, s, p) {
		if !slices.Equal(a, want[name]) {
			t.Errorf("a Reset that was refused changes %s", name)
		}
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	for _, when := range []string{"under a cancelled context", "after that"} {
		if err := s.Reset(ended, nil, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("Reset %s returns %v, want context.Canceled", when, err)
		}
		ended = ctx
	}
	_, stopped := planned(t, dev, 9)
	ended, cancel = context.WithCancel(ctx)
	cancel()
	_ = stopped.Step(ended, 2)
	if err := stopped.Reset(ctx, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Reset after a step that was stopped: %v, want context.Canceled", err)
	}
	if err := plain.Close(); err != nil {
		t.Fatal(err)
	}
	if err := plain.Reset(ctx, nil, nil); err == nil {
		t.Error("Reset after Close: no error")
	}
}
