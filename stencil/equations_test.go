package stencil_test

import (
	"testing"

	"github.com/d52adeda/wave/equation"
	. "github.com/d52adeda/wave/stencil"
)

// sample is a bound program and what it is differentiated with respect to.
type sample struct {
	program *Program
	models  []*Field
	series  []*Series
}

// scalar is the engine's scalar equation in convenient units.
func scalar(ndim, accuracy int) sample {
	spacing := []float64{1.2, 0.9, 1}[:ndim]
	p := equation.Scalar().Program(ndim, accuracy).Bind(equation.Params(0.3, spacing))
	return sample{p, []*Field{p.Field("v")}, p.Inputs()}
}

// staggered is an equation of the engine on a staggered grid, in convenient units.
func staggered(e *equation.Equation, ndim, accuracy int) sample {
	p := e.Write(equation.Grid{NDim: ndim, Accuracy: accuracy}).Program.Bind(equation.Params(0.3, []float64{1.2, 0.9, 1}[:ndim]))
	var models []*Field
	for _, f := range p.Fields() {
		if f.Kind == Model {
			models = append(models, f)
		}
	}
	return sample{p, models, p.Inputs()}
}

func acoustic() sample { return staggered(equation.Acoustic(), 2, 4) }

// nonlinear is a user's own equation, u” = c v^2 (laplace u + beta u^2), in 1-D, with a
// coefficient c that varies along the axis.
func nonlinear() sample {
	v, beta, u, um1 := model("v"), model("beta"), state("u"), state("um1")
	f := &Series{Name: "f", Points: "source"}
	v2 := Mul(Const(0.05), profile("c", 0, Everywhere).At(), v.At(), v.At())
	p := &Program{Name: "nonlinear", NDim: 1, Body: []Stmt{
		Record{To: &Series{Name: "r", Points: "receiver"}, X: Mul(u.At(), u.At())},
		Update{
			{Dst: u, RHS: Add(Mul(Const(2), u.At()), Neg(um1.At()),
				Mul(v2, Add(diff(0, -1, u.At(), 1, -2, 1), Mul(beta.At(), u.At(), u.At()))))},
			{Dst: um1, RHS: u.At()},
		},
		Inject{Dst: u, Coeff: Mul(v.At(), v.At()), From: f},
	}}
	return sample{p.Simplify(), []*Field{v, beta}, []*Series{f}}
}

// tangled is no physics: it has what makes transposing hard. Products of taps,
// loads at offsets within and beside taps, common terms within both, models read
// at offsets, statements that read what others of the same step wrote, a series
// injected before and after.
func tangled() sample {
	m, q := model("m"), model("q")
	u, w, z := state("u"), state("w"), state("z")
	f, g := &Series{Name: "f", Points: "source"}, &Series{Name: "g", Points: "source"}
	load := func(f *Field, d, n int) Expr { return Load{Field: f, Off: Along(d, n)} }
	mixed := Named("mixed", Mul(m.At(), load(u, 1, -1), q.At()))
	slope := Named("slope", diff(0, -1, mixed, -0.5, 0.1, 0.4))
	p := &Program{Name: "tangled", NDim: 2, Body: []Stmt{
		Inject{Dst: u, Coeff: q.At(), From: g},
		Update{
			{Dst: w, RHS: Add(Mul(Const(0.1), slope, diff(1, 0, q.At(), -1, 1)), Mul(load(m, 0, 1), load(w, 1, 1), Const(0.2)), Mul(slope, load(m, 1, -1)))},
			{Dst: z, RHS: w.At()},
		},
		Inject{Dst: w, Coeff: Mul(load(u, 1, -1), diff(0, -1, z.At(), 1, 0.5, -1)), From: f, Off: Along(0, 1)},
		Update{
			{Dst: u, RHS: Add(Mul(Const(0.5), u.At()), diff(1, 0, Mul(w.At(), load(z, 0, -1)), 0.2, -0.2), Mul(Const(0.1), slope, slope))},
			{Dst: w, RHS: u.At()},
		},
		Record{To: &Series{Name: "r", Points: "receiver"}, X: Mul(load(w, 0, -1), Named("near", Add(m.At(), load(m, 1, 1))), diff(1, 0, Mul(q.At(), u.At()), 1, -1))},
		Inject{Dst: z, Coeff: Mul(Const(2), load(m, 0, 1)), From: g, Off: Offset{-1, 1}},
	}}
	return sample{p.Simplify(), []*Field{m, q}, []*Series{g}}
}

// setting is a small grid for one number of dimensions: sides with and without PML.
type setting struct {
	shape []int
	pml   [][2]int
}

var settings = map[int]setting{
	1: {[]int{9}, [][2]int{{3, 0}}},
	2: {[]int{5, 6}, [][2]int{{0, 2}, {1, 2}}},
	3: {[]int{3, 4, 3}, [][2]int{{1, 1}, {2, 0}, {0, 1}}},
}

// eachEquation runs a subtest for every equation.
func eachEquation(t *testing.T, test func(t *testing.T, e sample, s setting)) {
	for _, e := range []struct {
		name string
		sample
	}{
		{"scalar 1-D 2", scalar(1, 2)}, {"scalar 1-D 4", scalar(1, 4)}, {"scalar 1-D 6", scalar(1, 6)}, {"scalar 1-D 8", scalar(1, 8)},
		{"scalar 2-D 2", scalar(2, 2)}, {"scalar 2-D 4", scalar(2, 4)}, {"scalar 2-D 6", scalar(2, 6)}, {"scalar 2-D 8", scalar(2, 8)},
		{"scalar 3-D 2", scalar(3, 2)}, {"scalar 3-D 4", scalar(3, 4)}, {"scalar 3-D 6", scalar(3, 6)}, {"scalar 3-D 8", scalar(3, 8)},
		{"acoustic 1-D 8", staggered(equation.Acoustic(), 1, 8)}, {"acoustic 2-D 4", acoustic()}, {"acoustic 3-D 2", staggered(equation.Acoustic(), 3, 2)},
		{"elastic 1-D 6", staggered(equation.Elastic(), 1, 6)}, {"elastic 2-D 4", staggered(equation.Elastic(), 2, 4)}, {"elastic 3-D 2", staggered(equation.Elastic(), 3, 2)},
		{"nonlinear", nonlinear()}, {"tangled", tangled()},
	} {
		t.Run(e.name, func(t *testing.T) { test(t, e.sample, settings[e.program.NDim]) })
	}
}
