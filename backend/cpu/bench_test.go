package cpu

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/stencil"
)

// stepPlan is a shot (or several) of an equation on a grid of shape cells, PML of 20 cells
// included, with a source and a receiver.
func stepPlan(tb testing.TB, e *equation.Equation, shape []int, accuracy int, dt array.DType, shots, threads, steps int) *backend.Plan {
	tb.Helper()
	return stepPlanOf(tb, e, shape, accuracy, dt, shots, threads, steps, func(p *stencil.Program) (of, shared *stencil.Program) { return p, p })
}

// stepPlanOf is the same of a program that is made of the equation's, and shares models and a tape
// with another.
func stepPlanOf(tb testing.TB, e *equation.Equation, shape []int, accuracy int, dt array.DType, shots, threads, steps int, derive func(*stencil.Program) (of, shared *stencil.Program)) *backend.Plan {
	tb.Helper()
	const speed, density, step = 1500, 1000, 0.001
	ndim := len(shape)
	var h []float64
	var pml [][2]int
	for range shape {
		h, pml = append(h, 5), append(pml, [2]int{20, 20})
	}
	system := e.Write(equation.Grid{NDim: ndim, Accuracy: accuracy})
	named := func(list []equation.Channel) *stencil.Series {
		for _, c := range list {
			if c.Name == "pressure" {
				return c.Series
			}
		}
		return nil
	}
	source, receiver := named(system.Sources), named(system.Receivers)
	prog, shared := derive(system.Program.Without(func(s *stencil.Series) bool { return s != source && s != receiver }).Bind(equation.Params(step, h)))
	prog = prog.Premultiplied()
	layout, err := stencil.NewLayout(prog, shape, pml, shared)
	if err != nil {
		tb.Fatal(err)
	}
	p := &backend.Plan{
		Program: prog, Layout: layout, DType: dt, Shots: shots, Steps: steps, Threads: threads,
		Fields: map[string]*array.Array{}, Series: map[string]*array.Array{}, Points: map[string][]stencil.Points{},
	}
	value := map[string]float64{"v": speed, "rho": density, "lamb": density * speed * speed / 3, "mu": density * speed * speed / 3, "buoyancy": 1. / density}
	given := equation.Models{}
	for _, m := range e.Models {
		given[m.Name] = array.AddConst(value[m.Name], array.Zeros(dt, append([]int{1}, layout.Shape...)...))
	}
	models, err := e.Derived(context.Background(), given, layout.Halo)
	if err != nil {
		tb.Fatal(err)
	}
	profile := equation.PML{Width: pml, Spacing: h, DT: step, MaxVel: speed, Freq: 25}
	for _, f := range prog.Fields() {
		if x, ok := profile.Of(f, layout); ok {
			p.Fields[f.Name] = array.Convert(dt, x, len(x))
		} else if f.Kind == stencil.Model {
			p.Fields[f.Name] = models[f.Name]
		}
	}
	cell := 0
	for _, n := range layout.Shape {
		cell = cell*n + n/2
	}
	for _, s := range append(prog.Inputs(), prog.Outputs()...) {
		at := cell + 3
		if s.Points == source.Points {
			at = cell
		}
		p.Points[s.Points] = slices.Repeat([]stencil.Points{{{{Cell: at, Weight: 1}}}}, shots)
	}
	for _, s := range prog.Inputs() {
		p.Series[s.Name] = array.AddConst(1, array.Zeros(dt, shots, 1, steps))
	}
	return p
}

// BenchmarkStaggered reports what BenchmarkStep does, of the staggered equations.
func BenchmarkStaggered(b *testing.B) {
	for _, e := range []*equation.Equation{equation.Acoustic(), equation.Elastic()} {
		for _, shape := range [][]int{{296, 296}, {1064, 1064}, {140, 140, 140}, {200, 200, 200}} {
			for threads := 1; threads <= 2; threads++ {
				benchmarkStep(b, e, shape, 4, 1, threads)
			}
		}
	}
}

// BenchmarkStep reports GPts/s over all updated cells, PML included, and the memory of each.
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
		benchmarkStep(b, equation.Scalar(), c.shape, c.accuracy, c.shots, c.threads)
	}
}

func benchmarkStep(b *testing.B, e *equation.Equation, shape []int, accuracy, shots, threads int) {
	cells := shots
	for _, n := range shape {
		cells *= n
	}
	steps := max(8, min(400, 400_000_000/cells))
	b.Run(fmt.Sprintf("%s/%v/accuracy%d/shots%d/threads%d", e.Name, shape, accuracy, shots, threads), func(b *testing.B) {
		s, err := device{}.Plan(context.Background(), stepPlan(b, e, shape, accuracy, array.Float32, shots, threads, steps*(b.N+1)))
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
		b.ReportMetric(float64(s.Bytes())/float64(cells), "B/cell")
	})
}

// BenchmarkTape reports what a step with a tape, and one of the reverse program, take of a plain one, over
// a tape that holds all steps.
func BenchmarkTape(b *testing.B) {
	for _, c := range []struct {
		equation *equation.Equation
		shape    []int
		steps    int
	}{{equation.Scalar(), []int{1064, 1064}, 100}, {equation.Scalar(), []int{168, 168, 168}, 30}, {equation.Elastic(), []int{552, 552}, 60}} {
		b.Run(fmt.Sprintf("%s/%v", c.equation.Name, c.shape), func(b *testing.B) {
			pair := func(p *stencil.Program) *stencil.Pair {
				nonZero := func(f *stencil.Field) bool { return f.Name != "mu" }
				var models []*stencil.Field
				for _, f := range p.Fields() {
					if f.Kind == stencil.Model {
						models = append(models, f)
					}
				}
				out, err := stencil.Adjoint(p, nonZero, models, p.Inputs()...)
				if err != nil {
					b.Fatal(err)
				}
				return out
			}
			plan := func(derive func(*stencil.Program) (of, shared *stencil.Program)) *backend.Plan {
				return stepPlanOf(b, c.equation, c.shape, 4, array.Float32, 1, 2, c.steps, derive)
			}
			plans := []*backend.Plan{
				plan(func(p *stencil.Program) (of, shared *stencil.Program) { return p, p }),
				plan(func(p *stencil.Program) (of, shared *stencil.Program) { return pair(p).Forward, pair(p).Reverse }),
				plan(func(p *stencil.Program) (of, shared *stencil.Program) { return pair(p).Reverse, pair(p).Forward }),
			}
			tape, err := device{}.NewTape(plans[1], c.steps)
			if err != nil {
				b.Fatal(err)
			}
			plans[2].Reverse = true
			var run []backend.Stepper
			for _, p := range plans {
				p.Tape = tape
				s, err := device{}.Plan(context.Background(), p)
				if err != nil {
					b.Fatal(err)
				}
				defer s.Close()
				run = append(run, s)
			}
			least := make([]time.Duration, len(run))
			for n := range 1 + b.N { // the first touches memory
				for i, s := range run {
					if err := s.Seek(0); err != nil {
						b.Fatal(err)
					}
					began := time.Now()
					if err := s.Step(context.Background(), c.steps); err != nil {
						b.Fatal(err)
					}
					if took := time.Since(began); n <= 1 || took < least[i] {
						least[i] = took
					}
				}
			}
			b.ReportMetric(float64(least[0].Nanoseconds())/float64(c.steps)/float64(plans[0].Layout.Cells()), "ns/cell")
			b.ReportMetric(float64(least[1])/float64(least[0]), "forward")
			b.ReportMetric(float64(least[2])/float64(least[0]), "reverse")
		})
	}
}

// BenchmarkKernel reports what a cell takes in each kind of region (bit d: the PML of
// dimension d is in force), from the cache.
func BenchmarkKernel(b *testing.B) {
	for _, shape := range [][]int{{296, 296}, {60, 60, 168}} {
		for _, accuracy := range []int{4, 8} {
			st, err := device{}.Plan(context.Background(), stepPlan(b, equation.Scalar(), shape, accuracy, array.Float32, 1, 1, 1))
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
