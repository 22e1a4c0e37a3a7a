package stencil_test

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave/equation"
	. "github.com/d52adeda/wave/stencil"
)

// tangentOf is the program of an equation and its tangent, with the models and series of both:
// its derivative is a second one.
func tangentOf(e sample) sample {
	jvp := JVP(e.program, e.models, e.series...)
	return sample{jvp.Program, slices.Concat(e.models, mates(e.models, jvp.Dot)), slices.Concat(e.series, mates(e.series, jvp.Series))}
}

// mismatch runs the tangent of an equation and its pair, from random models, wavefields and series,
// and returns <J x, y> - <x, J^T y>, of the product of the norms: x is the tangent of models, source
// series and initial wavefields, y weighs final wavefields and recorded series. If late, each step has
// the tape of the one before. It is -1 if values grow too large to tell.
func mismatch(t *testing.T, r *rand.Rand, e sample, s setting, pair *Pair, late bool) float64 {
	t.Helper()
	const steps = 6
	p := e.program
	jvp := JVP(p, e.models, e.series...)
	mustVerify(t, pair.Forward, pair.Reverse)
	w := newWorld(t, r, s.shape, s.pml, p, jvp.Program, pair.Forward, pair.Reverse)
	w.fill(p, steps)
	start := w.clone()
	for f, d := range jvp.Dot {
		start.data[d] = w.field(&Field{Kind: max(f.Kind, State), Dim: f.Dim, Extent: f.Extent})
	}
	start.fill(jvp.Program, steps)
	end := start.clone()
	end.run(jvp.Program, steps)
	if x := norm(end.vector(slices.Collect(maps.Keys(end.data)), jvp.Program.Outputs())); math.IsNaN(x) || x > 1e100 {
		return -1 // a random program that grows
	}

	in := &Interpreter{Layout: w.layout, Data: w.clone().data, Points: w.points, In: w.series, Out: map[*Series][][]float64{}}
	past := pair.Interpret(in, steps)
	for _, s := range p.Outputs() {
		if d := norm(minus(slices.Concat(in.Out[s]...), 1, slices.Concat(end.series[s]...))); !(d <= 1e-13*norm(slices.Concat(in.Out[s]...))) {
			t.Errorf("the program with a tape records another %s: off by %g", s.Name, d)
		}
	}
	if late {
		for n := steps - 1; n > 0; n-- {
			past.Tapes[n] = past.Tapes[n-1]
		}
		for _, tape := range pair.Points {
			rows := in.Out[tape.Tape]
			copy(rows[1:], rows)
		}
	}
	last, records := map[*Field][]float64{}, map[*Series][][]float64{}
	for f := range pair.Bar {
		if f.Kind != Model {
			last[f] = w.field(f)
		}
	}
	for _, s := range p.Outputs() {
		if pair.Series[s] != nil {
			records[s] = w.samples(s, steps)
		}
	}
	bar, injected := past.Back(last, records)

	sum, size := 0.0, 0.0
	add := func(sign float64, x, y []float64) {
		sum += sign * dot(x, y)
		size += norm(x) * norm(y)
	}
	for f, y := range last {
		add(1, end.data[jvp.Dot[f]], y)
	}
	for s, y := range records {
		add(1, slices.Concat(end.series[jvp.Series[s]]...), slices.Concat(y...))
	}
	for f, x := range bar {
		add(-1, start.data[jvp.Dot[f]], x)
	}
	for s, x := range injected {
		add(-1, slices.Concat(start.series[jvp.Series[s]]...), slices.Concat(x...))
	}
	if len(injected) != len(e.series) {
		t.Errorf("%d series have a cotangent, want %d", len(injected), len(e.series))
	}
	if sum == 0 { // as where all wavefields come to zero
		return 0
	}
	return math.Abs(sum) / size
}

// checkAdjoint is the dot-product test of a pair. It returns whether it fails, as it should, with
// the tape of another step.
func checkAdjoint(t *testing.T, r *rand.Rand, e sample, s setting, pair *Pair) (matters bool) {
	t.Helper()
	if e := mismatch(t, r, e, s, pair, false); !(e <= 1e-13) {
		t.Errorf("<J x, y> and <x, J^T y> differ by %.3g\n%s", e, pair.Reverse)
	}
	return mismatch(t, r, e, s, pair, true) >= 1e-8
}

func anyModel(*Field) bool { return true }

// someModels leaves out what is zero in fluids, and directions.
func someModels(f *Field) bool {
	return !strings.HasPrefix(f.Name, "mu") && !strings.HasPrefix(f.Name, "d")
}

func TestAdjoint(t *testing.T) {
	eachEquation(t, func(t *testing.T, e sample, s setting) {
		for name, e := range map[string]sample{"first": e, "second": tangentOf(e)} {
			for scaled, nonZero := range map[string]func(*Field) bool{"": nil, " scaled": anyModel, " scaled by some": someModels} {
				t.Run(name+scaled, func(t *testing.T) {
					pair, err := Adjoint(e.program, nonZero, e.models, e.series...)
					if err != nil {
						t.Fatal(err)
					}
					if got, most := pair.Reverse.Reach(), 2*e.program.Reach(); got > most {
						t.Errorf("the reverse program reaches %d cells, want at most %d", got, most)
					}
					if matters := checkAdjoint(t, random(t), e, s, pair); !matters {
						t.Error("with the tape of the step before, <J x, y> is <x, J^T y>")
					}
				})
			}
		}
	})
}

// TestAdjointRandom is the same for programs that assign fields from each other in any manner.
func TestAdjointRandom(t *testing.T) {
	r := random(t)
	ran, matter := 0, 0
	for range 600 {
		p := randomProgram(r)
		e := sample{p, []*Field{p.Field("v"), p.Field("s0")}, p.Inputs()}
		e.models = slices.DeleteFunc(e.models, func(f *Field) bool { return f == nil })
		pair, err := Adjoint(e.program, []func(*Field) bool{nil, anyModel}[r.IntN(2)], e.models, e.series...)
		if err != nil {
			if !strings.Contains(err.Error(), "PML") { // of a memory field that is read without its profile
				t.Fatalf("%v\n%s", err, p)
			}
			continue
		}
		ran++
		if checkAdjoint(t, r, e, setting{[]int{7}, [][2]int{{2, 1}}}, pair) {
			matter++
		}
		if t.Failed() {
			t.Fatalf("of\n%s", p)
		}
	}
	if ran < 150 || matter < 50 {
		t.Errorf("%d programs ran, of %d of them the tape matters: too few to tell", ran, matter)
	}
}

// scale multiplies a field by a scale or, if power is -1, divides it.
func (w *world) scale(f *Field, by Scale, power float64) {
	for c := range w.data[f] {
		x := by.Number
		for _, m := range by.Models {
			x *= w.data[m][c]
		}
		w.data[f][c] *= math.Pow(x, power)
	}
}

// TestAdjointCost pins what pairs take: values taped a cell and step, and what the interior loads and
// stores. Storing a tape takes no arithmetic.
func TestAdjointCost(t *testing.T) {
	type cost struct{ loads, stores int }
	for _, c := range []struct {
		name string
		sample
		tape                         int
		plain, reverse, fluid, solid cost // scaled by what fluids have, by all
	}{
		{"scalar 2-D 4", scalar(2, 4), 1, cost{11, 1}, cost{21, 2}, cost{13, 2}, cost{13, 2}},
		{"scalar 2-D 8", scalar(2, 8), 1, cost{19, 1}, cost{37, 2}, cost{21, 2}, cost{21, 2}},
		{"scalar 3-D 8", scalar(3, 8), 1, cost{27, 1}, cost{53, 2}, cost{29, 2}, cost{29, 2}},
		{"acoustic 1-D 4", staggered(equation.Acoustic(), 1, 4), 2, cost{12, 2}, cost{22, 4}, cost{16, 4}, cost{16, 4}},
		{"acoustic 2-D 4", acoustic(), 3, cost{21, 3}, cost{39, 6}, cost{27, 6}, cost{27, 6}},
		{"elastic 2-D 4", staggered(equation.Elastic(), 2, 4), 5, cost{39, 5}, cost{85, 10}, cost{73, 10}, cost{67, 10}},
		{"elastic 3-D 4", staggered(equation.Elastic(), 3, 4), 9, cost{80, 9}, cost{178, 17}, cost{151, 17}, cost{133, 17}},
		{"second, scalar 2-D 4", tangentOf(scalar(2, 4)), 2, cost{22, 2}, cost{42, 4}, cost{42, 4}, cost{42, 4}},
		{"second, elastic 2-D 4", tangentOf(staggered(equation.Elastic(), 2, 4)), 10, cost{78, 10}, cost{170, 20}, cost{172, 20}, cost{173, 20}},
	} {
		plain := c.program.Without(func(s *Series) bool { // a survey of forces
			return strings.Contains(s.Name, "moment") || strings.Contains(s.Name, "f_pressure") && strings.HasPrefix(c.name, "elastic")
		})
		of := func(p *Program) (out cost, ops int) {
			s, err := NewSchedule(p)
			if err != nil {
				t.Fatal(err)
			}
			for _, op := range s.Ops {
				g, err := NewGraph(op, p.NDim, func(int) bool { return false })
				if err != nil {
					t.Fatal(err)
				}
				out.stores += len(g.Outputs)
				for _, n := range g.Nodes {
					if n.Kind == OpLoad {
						out.loads++
					} else {
						ops++
					}
				}
			}
			return out, ops
		}
		derive := func(nonZero func(*Field) bool) *Pair {
			pair, err := Adjoint(plain, nonZero, c.models)
			if err != nil {
				t.Fatal(err)
			}
			return pair
		}
		check := func(what string, p *Program, want cost) {
			if got, _ := of(p); got != want {
				t.Errorf("%s: the %s loads %d and stores %d, want %d and %d", c.name, what, got.loads, got.stores, want.loads, want.stores)
			}
		}
		pair := derive(nil)
		if len(pair.Tape) != c.tape {
			t.Errorf("%s: a tape of %d, %v, want %d", c.name, len(pair.Tape), names(pair.Tape), c.tape)
		}
		_, ops := of(plain)
		if _, taped := of(pair.Forward); taped != ops {
			t.Errorf("%s: a step computes %d values with a tape, %d without", c.name, taped, ops)
		}
		check("program", plain, c.plain)
		check("program with a tape", pair.Forward, cost{c.plain.loads, c.plain.stores + c.tape})
		check("reverse program", pair.Reverse, c.reverse)
		check("reverse program for fluids", derive(someModels).Reverse, c.fluid)
		check("reverse program for solids", derive(anyModel).Reverse, c.solid)
	}
}

// TestPointTape: what a Record multiplies models by is taped at its points, not on the grid.
func TestPointTape(t *testing.T) {
	k, u, um1 := model("K"), state("u"), state("um1")
	p := &Program{Name: "p", NDim: 1, Body: []Stmt{
		Record{To: &Series{Name: "r", Points: "receiver"}, X: Mul(k.At(), Load{Field: k, Off: Along(0, 1)}, diff(0, 0, u.At(), -1, 1))},
		Record{To: &Series{Name: "s", Points: "receiver"}, X: Mul(k.At(), u.At())},
		Update{{Dst: u, RHS: Add(u.At(), Neg(um1.At()))}, {Dst: um1, RHS: u.At()}},
	}}
	pair, err := Adjoint(p, nil, []*Field{k})
	if err != nil {
		t.Fatal(err)
	}
	mustVerify(t, pair.Forward, pair.Reverse)
	const want = `p_fwd (1-D):
  record r = K*K[+1,+0,+0]*tap{-1 1[+1,+0,+0]}(u)
  record r_tape = tap{-1 1[+1,+0,+0]}(u)
  record s = K*u
  record s_tape = u
  u' = (u + -1*um1)
  um1' = u
p_rev (1-D):
  inject K_bar[+1,+0,+0] += K[-1,+0,+0] * r_tape_bar
  inject K_bar += K[+1,+0,+0] * r_tape_bar
  inject K_bar += 1 * s_tape_bar
`
	if got := pair.Forward.String() + pair.Reverse.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if len(pair.Tape) > 0 || len(pair.Points) != 2 {
		t.Errorf("a tape of %v, and of %d points, want none and 2", names(pair.Tape), len(pair.Points))
	}
}

// TestAdjointNonlinear is the same for programs of random expressions: products of derivatives, of
// wavefields at offsets, common terms, at points, too.
func TestAdjointNonlinear(t *testing.T) {
	r := random(t)
	matter := 0
	for range 400 {
		u, w, v, q := state("u"), state("w"), model("v"), model("q")
		on, at := []*Field{u, w, v, q, profile("a", 0, 1)}, []*Field{u, w, v, q}
		f, g := &Series{"f", "source"}, &Series{"g", "source"}
		random := func(fields ...*Field) Expr { return Mul(Const(0.2), randomExpr(r, fields, 1+r.IntN(3), true)) }
		p := (&Program{Name: "random", NDim: 1, Body: []Stmt{
			Record{To: &Series{"r", "receiver"}, X: random(at...)},
			Update{{Dst: u, RHS: Add(Mul(Const(0.5), w.At()), random(on...))}},
			Inject{Dst: w, Coeff: random(u, v, q), From: f, Off: Along(0, r.IntN(3)-1)},
			Record{To: &Series{"s", "receiver"}, X: random(at...)},
			Update{{Dst: w, RHS: Add(u.At(), random(on...))}, {Dst: u, RHS: random(on...)}},
			Inject{Dst: u, Coeff: random(v, q), From: g},
			Inject{Dst: w, Coeff: v.At(), From: f},
		}}).Simplify()
		e := sample{p, []*Field{v, q}, p.Inputs()}
		pair, err := Adjoint(p, []func(*Field) bool{nil, anyModel}[r.IntN(2)], e.models, e.series...)
		if err != nil {
			t.Fatalf("%v\n%s", err, p)
		}
		if checkAdjoint(t, r, e, setting{[]int{8}, [][2]int{{2, 0}}}, pair) {
			matter++
		}
		if t.Failed() {
			t.Fatalf("of\n%s", p)
		}
	}
	if matter < 100 {
		t.Errorf("of %d programs the tape matters: too few to tell", matter)
	}
}

func TestAdjointErrors(t *testing.T) {
	u, other := state("u"), model("other")
	psi, tape := memory("psi", 0), &Field{Name: "u_tape", Kind: Tape}
	pair, err := Adjoint(&Program{Name: "p", NDim: 1, Body: []Stmt{Update{{Dst: u, RHS: u.At()}}}}, anyModel, []*Field{other})
	if err != nil {
		t.Fatal(err)
	}
	mustVerify(t, pair.Forward, pair.Reverse)
	if bar := pair.Bar[other]; bar == nil || pair.Reverse.Field(bar.Name) != bar {
		t.Errorf("the cotangent of what the program does not depend on is %v, want a field of\n%s", bar, pair.Reverse)
	}
	for _, test := range []struct {
		body Update
		want string
	}{
		{Update{{Dst: u, RHS: u.At()}, {Dst: tape, RHS: u.At()}}, "it has a tape, u_tape"},
		{Update{{Dst: u, RHS: Add(u.At(), psi.At())}, {Dst: psi, RHS: Mul(profile("b", 0, 0).At(), u.At())}}, "leaves the PML"},
	} {
		if _, err := Adjoint(&Program{Name: "p", NDim: 1, Body: []Stmt{test.body}}, nil, []*Field{u}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want one with %q", err, test.want)
		}
	}
}

// TestTransposeTwice is the tangent again, on the tape.
func TestTransposeTwice(t *testing.T) {
	eachEquation(t, func(t *testing.T, e sample, s setting) {
		p := e.program
		pair, err := Adjoint(p, someModels, e.models, e.series...)
		if err != nil {
			t.Fatal(err)
		}
		recorded := p.Outputs()
		if len(pair.Points) > 0 { // then they are not linear
			recorded = nil
		}
		bars, outs := values(p, pair.Bar), mates(recorded, pair.Series)
		twice, err := Transpose(pair.Reverse, bars, outs...)
		if err != nil {
			t.Fatal(err)
		}
		jvp := JVP(p, e.models, e.series...)
		mustVerify(t, twice.Program)
		w := newWorld(t, random(t), s.shape, s.pml, p, twice.Program, pair.Forward, jvp.Program)
		w.fill(p, 1)
		fields := values(p, identity(pair.Bar))
		for _, f := range fields {
			x := w.field(&Field{Kind: max(f.Kind, State), Dim: f.Dim, Extent: f.Extent})
			w.data[jvp.Dot[f]], w.data[twice.Bar[pair.Bar[f]]] = x, slices.Clone(x)
		}
		for f, x := range pair.Scale { // where a cotangent is times x, its cotangent is by x
			w.scale(twice.Bar[pair.Bar[f]], x, -1)
		}
		for _, s := range e.series {
			w.series[jvp.Series[s]] = w.samples(s, 1)
			for _, bar := range append(pair.Also[pair.Series[s]], pair.Series[s]) {
				w.series[twice.Series[bar]] = w.series[jvp.Series[s]]
			}
		}
		again := w.clone()
		w.run(jvp.Program, 1)
		past := pair.Interpret(&Interpreter{Layout: w.layout, Data: again.clone().data, Points: w.points, In: w.series}, 1)
		for f, x := range past.Tapes[0] {
			again.data[f] = x
		}
		again.run(twice.Program, 1)
		for f, x := range pair.Scale {
			again.scale(twice.Bar[pair.Bar[f]], x, 1)
		}
		checkNear(t, "transposed twice", again.vector(mates(mates(fields, pair.Bar), twice.Bar), mates(outs, twice.Series)),
			w.vector(mates(fields, jvp.Dot), mates(recorded, jvp.Series)), 1e-13)
	})
}

func identity(m map[*Field]*Field) map[*Field]*Field {
	out := map[*Field]*Field{}
	for f := range m {
		out[f] = f
	}
	return out
}

// values lists what the program's fields are mapped to, in their order.
func values(p *Program, of map[*Field]*Field) []*Field {
	var out []*Field
	for _, f := range p.Fields() {
		if x := of[f]; x != nil {
			out = append(out, x)
		}
	}
	return out
}
