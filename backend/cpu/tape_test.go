package cpu

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/stencil"
)

// TestTapeInWaves checks that steps that go over the grid together write and read the slabs that
// steps one by one do: cotangents have the same bits for any number of threads, steps of a wave
// and slabs, windows shorter than a wave's steps among them.
func TestTapeInWaves(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for _, c := range []struct {
		equation *equation.Equation
		shape    []int
		pml      [][2]int
	}{
		{equation.Scalar(), []int{70, 40}, [][2]int{{6, 5}, {4, 0}}},
		{equation.Scalar(), []int{40, 60, 24}, [][2]int{{4, 5}, {3, 4}, {0, 3}}},
		{equation.Elastic(), []int{90, 30}, [][2]int{{5, 4}, {3, 4}}},
	} {
		ndim := len(c.shape)
		t.Run(fmt.Sprintf("%s-%dd", c.equation.Name, ndim), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			p := c.equation.Program(ndim, 4).Bind(equation.Params(surveyStep, surveySpacing[:ndim]))
			var models []*stencil.Field
			for _, f := range p.Fields() {
				if f.Kind == stencil.Model {
					models = append(models, f)
				}
			}
			pair, err := stencil.Adjoint(p, nil, models, p.Inputs()...)
			if err != nil {
				t.Fatal(err)
			}
			const steps = 23
			plan := func(p *stencil.Program, other *stencil.Program) *backend.Plan {
				l, err := stencil.NewLayout(p, c.shape, c.pml, other)
				if err != nil {
					t.Fatal(err)
				}
				return planOn(r, p, l, array.Float32, 1, steps)
			}
			forward := plan(pair.Forward.Premultiplied(), pair.Reverse)
			reverse := plan(pair.Reverse.Premultiplied(), pair.Forward)
			reverse.Reverse = true
			ctx := context.Background()
			var want map[string][]float64
			for _, how := range []struct{ threads, timeTile, window int }{
				{1, 1, steps}, {1, 8, steps}, {2, 0, steps}, {2, 5, steps}, {2, 1, steps}, {1, 8, 6}, {2, 8, 6}, {2, 8, 1},
			} {
				tape, err := device{}.NewTape(forward, how.window)
				if err != nil {
					t.Fatal(err)
				}
				var run [2]backend.Stepper
				for i, p := range []*backend.Plan{forward, reverse} {
					p := *p
					p.Tape, p.Threads, p.TimeTile = tape, how.threads, how.timeTile
					if run[i], err = (device{}).Plan(ctx, &p); err != nil {
						t.Fatal(err)
					}
					defer run[i].Close()
				}
				first, err := run[0].NewState()
				if err != nil {
					t.Fatal(err)
				}
				try := func(err error) {
					t.Helper()
					if err != nil {
						t.Fatal(err)
					}
				}
				try(run[0].Save(first))
				for left := steps; left > 0; left -= min(how.window, left) { // the window's steps are the last of those so far
					try(run[0].Restore(first))
					try(run[0].Seek(0))
					try(run[0].Step(ctx, left))
					try(run[1].Step(ctx, min(how.window, left)))
				}
				got := map[string][]float64{}
				for _, bar := range pair.Bar {
					a, err := run[1].Field(bar.Name)
					try(err)
					got[bar.Name] = a.Float64s()
				}
				if want == nil {
					want = got
				}
				for name, x := range got {
					if !slices.Equal(x, want[name]) || slices.Max(x) == 0 {
						t.Errorf("%+v: %s is not that of one step at a time", how, name)
					}
				}
			}
		})
	}
}
