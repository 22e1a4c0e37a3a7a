package cpu

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend/backendtest"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/stencil"
)

// TestReversePeriod checks that steps of a reverse program follow each other as closely as those of
// the program do, so that as many go over the grid together: what Adjoint puts the receivers'
// statements in order for.
func TestReversePeriod(t *testing.T) {
	period := func(p *stencil.Program) int {
		layout, err := stencil.NewLayout(p, []int{40, 40}, [][2]int{{10, 10}, {10, 10}})
		if err != nil {
			t.Fatal(err)
		}
		s, err := device{}.Plan(context.Background(), planOn(rand.New(rand.NewPCG(1, 2)), p, layout, array.Float32, 1, 1))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		return s.(*stepper[float32]).skew.period
	}
	for _, c := range []struct {
		of   *equation.Equation
		used string
	}{
		{equation.Scalar(), "r f"},
		{equation.Acoustic(), "r_pressure r_vx f_pressure"},
		{equation.Elastic(), "r_vx r_vz f_force_z"},
		{equation.Elastic(), "r_vx r_sigma_xx r_divergence f_pressure"},
	} {
		used := strings.Fields(c.used)
		p := c.of.Program(2, 4).Bind(equation.Params(surveyStep, surveySpacing[:2])).Without(func(s *stencil.Series) bool { return !slices.Contains(used, s.Name) })
		pair, err := stencil.Adjoint(p, nil, backendtest.Models(p), p.Inputs()...)
		if err != nil {
			t.Fatal(err)
		}
		want := period(p)
		for _, q := range []*stencil.Program{pair.Forward, pair.Reverse} {
			if got := period(q); got != want {
				t.Errorf("%s, %s: a step is %d rows behind the one before, want %d", q.Name, c.used, got, want)
			}
		}
	}
}
