package cpu

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/backend/backendtest"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/internal/jit"
	"github.com/d52adeda/wave/stencil"
)

// portableParts counts the regions of a plan's Updates that run on portable kernels.
func portableParts(t *testing.T, p *backend.Plan) int {
	t.Helper()
	s, err := device{}.Plan(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s, ok := s.(*stepper[float32]); ok {
		return countPortable(s)
	}
	return countPortable(s.(*stepper[float64]))
}

func countPortable[T array.Float](s *stepper[T]) int {
	n := 0
	for _, o := range s.ops {
		for _, part := range o.parts {
			if part.kernel.code.Portable() {
				n++
			}
		}
	}
	return n
}

// The built-in equations and what is derived from them run on generated code in every
// region, whatever the instruction set: a kernel that is too large for one of them
// would have other bits there.
func TestBuiltInEquationsAreGenerated(t *testing.T) {
	needCode(t)
	r := rand.New(rand.NewPCG(1, 7))
	for ndim := 1; ndim <= 3; ndim++ {
		for accuracy := 2; accuracy <= 8; accuracy += 2 {
			if testing.Short() && accuracy < 8 { // the largest
				continue
			}
			params := equation.Params(surveyStep, surveySpacing[:ndim])
			scalar := equation.Scalar().Program(ndim, accuracy).Bind(params)
			born := equation.Born(equation.Scalar()).Program(ndim, accuracy).Bind(params)
			programs := []*stencil.Program{scalar, scalar.Premultiplied(), born, born.Premultiplied(), transposed(t, scalar)}
			for _, e := range []*equation.Equation{equation.Acoustic(), equation.Elastic()} {
				p := e.Write(equation.Grid{NDim: ndim, Accuracy: accuracy}).Program.Bind(params)
				programs = append(programs, p, stencil.JVP(p, backendtest.Models(p)).Program)
			}
			for _, prog := range programs {
				var shape []int
				var pml [][2]int
				for range ndim {
					shape, pml = append(shape, 8*accuracy+10), append(pml, [2]int{2, 2})
				}
				layout, err := stencil.NewLayout(prog, shape, pml)
				if err != nil {
					t.Fatal(err)
				}
				if got, want := len(layout.Regions()), int(math.Pow(3, float64(ndim))); got != want {
					t.Fatalf("%s, %d-D, accuracy %d: %d regions, want %d", prog.Name, ndim, accuracy, got, want)
				}
				for _, dt := range []array.DType{array.Float32, array.Float64} {
					if testing.Short() && dt == array.Float32 {
						continue
					}
					p := planOn(r, prog, layout, dt, 1, 1)
					for _, isa := range jit.Supported() {
						force(t, isa)
						if n := portableParts(t, p); n > 0 {
							t.Errorf("%v: %s, %d-D, accuracy %d, %s: %d of %d regions run on portable kernels", isa, prog.Name, ndim, accuracy, dt, n, len(layout.Regions()))
						}
					}
					force(t, jit.Generic)
					if n := portableParts(t, p); n == 0 {
						t.Errorf("generic: no region runs on a portable kernel")
					}
				}
			}
		}
	}
}

// An Update that is too wide for a kernel is divided, alike for every instruction set, and
// says so nowhere: nothing of it is slow. One that cannot be divided is, and says why.
func TestWideUpdates(t *testing.T) {
	needCode(t)
	elastic := equation.Elastic().Write(equation.Grid{NDim: 3, Accuracy: 2}).Program.Bind(equation.Params(surveyStep, surveySpacing))
	two := stencil.JVP(elastic, nil, elastic.Inputs()...).Program
	wide := stencil.JVP(two, nil, elastic.Inputs()...).Program
	p := planFor(t, rand.New(rand.NewPCG(1, 10)), wide, array.Float32, 1, 3)
	plain := how{threads: 1, cuts: []int{3}}
	var first map[string][]float64
	for _, isa := range instructionSets() {
		force(t, isa)
		s := start(t, p, plain)
		if n, want := len(s.(*stepper[float32]).ops), len(wide.Body)+1; n < want {
			t.Errorf("%v: %d statements, want at least %d", isa, n, want)
		}
		if slow := s.(backend.Slow).Slow(); len(slow) > 0 && isa != jit.Generic {
			t.Errorf("%v: %q is slow, want nothing", isa, slow)
		}
		got := finish(t, s, p, plain)
		if first == nil {
			first = got
		}
		for name, x := range got {
			if !slices.Equal(x, first[name]) {
				t.Errorf("%v: %s has other bits", isa, name)
			}
		}
	}
	force(t, jit.Supported()[0])
	many := stencil.Update{}
	var terms []stencil.Expr
	for i := range 70 { // each reads what all others overwrite
		f := &stencil.Field{Name: fmt.Sprintf("u%d", i), Kind: stencil.State}
		many, terms = append(many, stencil.Assign{Dst: f}), append(terms, f.At())
	}
	for i := range many {
		many[i].RHS = stencil.Mul(stencil.Const(0.01*float64(i)), stencil.Add(terms...))
	}
	tied := planFor(t, rand.New(rand.NewPCG(1, 11)), &stencil.Program{Name: "tied", NDim: 1, Body: []stencil.Stmt{many}}, array.Float32, 1, 1)
	if slow := start(t, tied, how{threads: 1, cuts: []int{1}}).(backend.Slow).Slow(); len(slow) != 1 || !strings.Contains(slow[0], "70 fields, 64 at most") {
		t.Errorf("%q is slow, want the update with the reason", slow)
	}
}

// Kernels compute an Update in another order than the Interpreter. An expression is a sum of
// products of numbers; of each of these products a kernel computes
//
//	product * (1+d1) (1+d2) ... (1+dk),  |di| <= u = eps/2,
//
// with a rounding di for each operation that it passes, so at most as many as the
// expression has operations, N (the rounding of a constant is one), however sums are taken
// apart, factors multiplied out, multiplications and additions fused and constants
// multiplied together. So it is within N u / (1 - N u) of the exact value, relative to the
// sum S of the sizes of all products, and the Interpreter at least as close; they differ by
// at most twice that, N eps S / (1 - N u). S is what the equation with the sizes of its
// constants gives for the sizes of the fields.
func TestKernelsAgreeWithInterpreter(t *testing.T) {
	first := firstSeed()
	worst := map[array.DType]float64{}
	for seed := first; seed < first+uint64(count(10, 80, 5000)); seed++ {
		for dt, eps := range map[array.DType]float64{array.Float32: 0x1p-23, array.Float64: 0x1p-52} {
			draw := func(abs bool) *stencil.Program {
				r := rand.New(rand.NewPCG(seed, 8))
				return randomEquation(r, 1+r.IntN(3), abs, 1)
			}
			p := planFor(t, rand.New(rand.NewPCG(seed, 9)), draw(false), dt, 1, 1)
			value := func(x float64) float64 { return x }
			want, sizes := oneStep(p.Program, p, value), oneStep(draw(true), p, math.Abs)
			plain := how{threads: 1, cuts: []int{1}}
			got := finish(t, start(t, p, plain), p, plain)
			for _, a := range p.Program.Body[0].(stencil.Update) {
				n := float64(operations(a.RHS)) + 1
				for i, s := range sizes[a.Dst.Name] {
					d, most := math.Abs(got[a.Dst.Name][i]-want[a.Dst.Name][i]), n*eps*s/(1-n*eps/2)
					if !(d <= most) {
						t.Fatalf("seed %d, %s: %s at %d is %g, want %g: differ by %.3g, want at most %.3g (%g operations, sizes %.3g)\n%s",
							seed, about(p), a.Dst.Name, i, got[a.Dst.Name][i], want[a.Dst.Name][i], d, most, n, s, p.Program)
					}
					if s > 0 {
						worst[dt] = max(worst[dt], d/(eps*s))
					}
				}
			}
		}
	}
	for dt, w := range worst {
		t.Logf("%s: at most %.2g eps times the sum of sizes", dt, w)
		if w == 0 {
			t.Errorf("%s: no bit differs; was anything computed?", dt)
		}
	}
}

// oneStep interprets a program for one step on what of makes of a plan's numbers.
func oneStep(prog *stencil.Program, p *backend.Plan, of func(float64) float64) map[string][]float64 {
	r := &stencil.Interpreter{Program: prog, Layout: p.Layout, Data: map[*stencil.Field][]float64{}}
	for _, f := range prog.Fields() {
		x := append([]float64(nil), p.Fields[f.Name].Float64s()...)
		for i := range x {
			x[i] = of(x[i])
		}
		r.Data[f] = x
	}
	r.Step()
	out := map[string][]float64{}
	for f, x := range r.Data {
		out[f.Name] = x
	}
	return out
}

// An Update that changes names only, or memory fields where there is no PML, has
// nothing to compute.
func TestNothingToCompute(t *testing.T) {
	u := &stencil.Field{Name: "u", Kind: stencil.State}
	w := &stencil.Field{Name: "w", Kind: stencil.State}
	psi := &stencil.Field{Name: "psi", Kind: stencil.Memory}
	a := &stencil.Field{Name: "a", Kind: stencil.Profile}
	next := stencil.Update{{Dst: u, RHS: stencil.Mul(stencil.Const(2), u.At())}}
	for what, prog := range map[string]*stencil.Program{
		"names":  {Body: []stencil.Stmt{stencil.Update{{Dst: u, RHS: w.At()}, {Dst: w, RHS: u.At()}}, next}},
		"itself": {Body: []stencil.Stmt{stencil.Update{{Dst: w, RHS: w.At()}}, next}},
		"memory": {Body: []stencil.Stmt{stencil.Update{{Dst: psi, RHS: stencil.Mul(a.At(), stencil.Add(psi.At(), u.At()))}}, next}},
	} {
		prog.Name, prog.NDim = what, 1
		if err := prog.Verify(); err != nil {
			t.Fatal(err)
		}
		for _, pml := range [][2]int{{0, 0}, {3, 0}, {10, 10}} {
			layout, err := stencil.NewLayout(prog, []int{20}, [][2]int{pml})
			if err != nil {
				t.Fatal(err)
			}
			p := planOn(rand.New(rand.NewPCG(1, 10)), prog, layout, array.Float64, 1, 3)
			r := &stencil.Interpreter{Program: prog, Layout: layout, Data: map[*stencil.Field][]float64{}}
			for _, f := range prog.Fields() {
				r.Data[f] = append([]float64(nil), p.Fields[f.Name].Float64s()...)
			}
			for range p.Steps {
				r.Step()
			}
			for _, isa := range instructionSets() {
				t.Run(fmt.Sprintf("%s, PML %v, %v", what, pml, isa), func(t *testing.T) {
					force(t, isa)
					for _, h := range []how{{threads: 1, cuts: []int{3}}, {threads: 2, cuts: []int{1, 2}}} {
						got := finish(t, start(t, p, h), p, h)
						for _, f := range []*stencil.Field{u, w, psi} {
							for i, want := range r.Data[f] {
								if math.Abs(got[f.Name][i]-want) > 1e-14 {
									t.Fatalf("%s at %d is %g, want %g", f.Name, i, got[f.Name][i], want)
								}
							}
						}
					}
				})
			}
		}
	}
}
