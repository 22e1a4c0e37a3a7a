package cpu

import (
	"context"
	"fmt"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/stencil"
)

// plan is a small 2-D problem with a PML, a source and a receiver.
func plan(t *testing.T, shots, threads, steps int) *backend.Plan {
	t.Helper()
	h := []float64{5, 5}
	prog := equation.Scalar().Program(2, 4).Bind(equation.Params(0.001, h))
	pml := [][2]int{{10, 10}, {10, 10}}
	layout, err := stencil.NewLayout(prog, []int{120, 130}, pml)
	if err != nil {
		t.Fatal(err)
	}
	p := &backend.Plan{
		Program: prog, Layout: layout, DType: array.Float32, Shots: shots, Steps: steps, Threads: threads,
		Fields: map[string]*array.Array{}, Series: map[string]*array.Array{"f": array.Zeros(array.Float32, shots, 1, steps)},
		Points: map[string][]stencil.Points{},
	}
	p.Fields["v"] = array.AddConst(1500, array.Zeros(array.Float32, 1, layout.Shape[0], layout.Shape[1]))
	profile := equation.PML{Width: pml, Spacing: h, DT: 0.001, MaxVel: 1500, Freq: 25}
	for d, axis := range []string{"z", "x"} {
		a, b, db := profile.Profile(d, layout.Shape[d], layout.Halo, 4)
		for name, x := range map[string][]float64{"a_": a, "b_": b, "db_": db} {
			p.Fields[name+axis] = array.Convert(array.Float32, x, len(x))
		}
	}
	cell := layout.Shape[1]*layout.Shape[0]/2 + layout.Shape[1]/2
	for range shots {
		p.Points["source"] = append(p.Points["source"], stencil.Points{{{Cell: cell, Weight: 1}}})
		p.Points["receiver"] = append(p.Points["receiver"], stencil.Points{{{Cell: cell + 3, Weight: 1}}})
	}
	return p
}

// A call of Step allocates what its goroutines need; a step must allocate nothing.
func TestNoAllocationPerStep(t *testing.T) {
	const runs = 5
	for _, c := range []struct{ shots, threads int }{{1, 1}, {1, 2}, {3, 2}} {
		t.Run(fmt.Sprintf("%d shots, %d threads", c.shots, c.threads), func(t *testing.T) {
			allocs := func(n int) float64 {
				s, err := device{}.Plan(context.Background(), plan(t, c.shots, c.threads, n*(runs+1)))
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				return testing.AllocsPerRun(runs, func() {
					if err := s.Step(context.Background(), n); err != nil {
						t.Fatal(err)
					}
				})
			}
			few, many := allocs(2), allocs(102)
			if many > few+5 { // the runtime's own, now and then; 100 steps would show
				t.Errorf("%g allocations for 2 steps, %g for 102", few, many)
			}
		})
	}
}
