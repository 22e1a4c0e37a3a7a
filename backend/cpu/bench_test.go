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

// scalarPlan is a shot (or several) on a grid of shape cells, PML of 20 cells
// included, with a source and a receiver.
func scalarPlan(tb testing.TB, shape []int, accuracy int, dt array.DType, shots, threads, steps int) *backend.Plan {
	tb.Helper()
	ndim := len(shape)
	var h []float64
	var pml [][2]int
	for range shape {
		h, pml = append(h, 5), append(pml, [2]int{20, 20})
	}
	prog := equation.Scalar().Program(ndim, accuracy).Bind(equation.Params(0.001, h)).Premultiplied()
	layout, err := stencil.NewLayout(prog, shape, pml)
	if err != nil {
		tb.Fatal(err)
	}
	p := &backend.Plan{
		Program: prog, Layout: layout, DType: dt, Shots: shots, Steps: steps, Threads: threads,
		Fields: map[string]*array.Array{}, Series: map[string]*array.Array{"f": array.AddConst(1, array.Zeros(dt, shots, 1, steps))},
		Points: map[string][]stencil.Points{},
	}
	p.Fields["v"] = array.AddConst(1500, array.Zeros(dt, append([]int{1}, layout.Shape...)...))
	profile := equation.PML{Width: pml, Spacing: h, DT: 0.001, MaxVel: 1500, Freq: 25}
	for d, axis := range equation.Axes(ndim) {
		a, b, db := profile.Profile(d, layout.Shape[d], layout.Halo, accuracy)
		for name, x := range map[string][]float64{"a_": a, "b_": b, "db_": db} {
			p.Fields[name+axis] = array.Convert(dt, x, len(x))
		}
	}
	cell := 0
	for _, n := range layout.Shape {
		cell = cell*n + n/2
	}
	for range shots {
		p.Points["source"] = append(p.Points["source"], stencil.Points{{{Cell: cell, Weight: 1}}})
		p.Points["receiver"] = append(p.Points["receiver"], stencil.Points{{{Cell: cell + 3, Weight: 1}}})
	}
	return p
}

// BenchmarkStep reports GPts/s over all updated cells, PML included.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct {
		shape                    []int
		accuracy, shots, threads int
	}{
		{[]int{140, 140}, 4, 1, 1},
		{[]int{140, 140}, 4, 1, 2},
		{[]int{296, 296}, 4, 1, 1},
		{[]int{296, 296}, 4, 1, 2},
		{[]int{296, 296}, 4, 2, 2},
		{[]int{1064, 1064}, 4, 1, 1},
		{[]int{1064, 1064}, 4, 1, 2},
		{[]int{1064, 1064}, 4, 2, 2},
		{[]int{1064, 1064}, 8, 1, 2},
		{[]int{4136, 4136}, 4, 1, 2},
		{[]int{4136, 4136}, 8, 1, 2},
		{[]int{168, 168, 168}, 4, 1, 1},
		{[]int{168, 168, 168}, 4, 1, 2},
		{[]int{168, 168, 168}, 4, 2, 2},
		{[]int{168, 168, 168}, 8, 1, 1},
		{[]int{168, 168, 168}, 8, 1, 2},
		{[]int{168, 168, 168}, 8, 2, 2},
		{[]int{360, 360, 360}, 4, 1, 2},
	} {
		cells := c.shots
		for _, n := range c.shape {
			cells *= n
		}
		steps := max(8, min(400, 400_000_000/cells))
		b.Run(fmt.Sprintf("%v/accuracy%d/shots%d/threads%d", c.shape, c.accuracy, c.shots, c.threads), func(b *testing.B) {
			s, err := device{}.Plan(context.Background(), scalarPlan(b, c.shape, c.accuracy, array.Float32, c.shots, c.threads, steps*(b.N+1)))
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			step := func() {
				if err := s.Step(context.Background(), steps); err != nil {
					b.Fatal(err)
				}
			}
			step()
			b.ResetTimer()
			for range b.N {
				step()
			}
			b.ReportMetric(float64(b.N)*float64(cells)*float64(steps)/b.Elapsed().Seconds()/1e9, "GPts/s")
		})
	}
}

// BenchmarkKernel reports what a cell takes in each kind of region (bit d: the PML of
// dimension d is in force), from the cache.
func BenchmarkKernel(b *testing.B) {
	for _, shape := range [][]int{{296, 296}, {60, 60, 168}} {
		for _, accuracy := range []int{4, 8} {
			st, err := device{}.Plan(context.Background(), scalarPlan(b, shape, accuracy, array.Float32, 1, 1, 1))
			if err != nil {
				b.Fatal(err)
			}
			s := st.(*stepper[float32])
			placed, err := s.place(0)
			if err != nil {
				b.Fatal(err)
			}
			scratch := newScratch[float32](s.values)
			seen := map[int]bool{}
			for i, op := range placed[0] {
				for j, bound := range op.bound {
					r := s.ops[i].parts[j].region
					if seen[r.Kind()] {
						continue
					}
					seen[r.Kind()] = true
					b.Run(fmt.Sprintf("%dD/accuracy%d/kind%d", len(shape), accuracy, r.Kind()), func(b *testing.B) {
						for range b.N {
							bound.run(r.Lo, r.Hi, scratch)
						}
						b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(r.Cells()), "ns/cell")
					})
				}
			}
			s.Close()
		}
	}
}
