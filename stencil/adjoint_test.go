package stencil_test

import (
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

// propagation is a run of a pair, forward and backward, and of the tangent.
type propagation struct {
	pair                      *Pair
	tangent                   *Tangent
	series                    []*Series // that are injected and differentiated
	start, end, last, reverse *world    // the tangent before and after, the cotangents before and after
}

// propagate runs the pair of an equation, from random models, wavefields and series, backward over the
// tape of step order(n) in step n.
func propagate(t *testing.T, r *rand.Rand, e sample, s setting, pair *Pair, order func(step int) int) *propagation {
	t.Helper()
	const steps = 6
	p := e.program
	jvp := JVP(p, e.models, e.series...)
	mustVerify(t, pair.Forward, pair.Reverse)
	w := newWorld(t, r, s.shape, s.pml, p, jvp.Program, pair.Forward, pair.Reverse)
	w.fill(p, steps)
	start := w.clone()
	for f, d := range jvp.Dot {
		if f.Kind == Model {
			start.data[d] = w.inside()
		} else {
			start.data[d] = w.field(d)
		}
	}
	start.fill(jvp.Program, steps)
	end := start.clone()
	end.run(jvp.Program, steps)

	forward := w.clone()
	tapes := make([]map[*Field][]float64, steps)
	in := &Interpreter{Program: pair.Forward, Layout: w.layout, Data: forward.data, Points: w.points, In: w.series}
	for n := range steps {
		in.Step()
		tapes[n] = map[*Field][]float64{}
		for _, f := range pair.Tape {
			tapes[n][f] = forward.data[f]
		}
	}
	for s, rows := range in.Out {
		if d := norm(minus(slices.Concat(rows...), 1, slices.Concat(end.series[s]...))); !(d <= 1e-13*norm(slices.Concat(rows...))) {
			t.Errorf("the program with a tape records another %s: off by %g", s.Name, d)
		}
	}

	// Models, profiles, the tape and what was injected are all that the reverse program is given.
	last := &world{w.layout, w.r, map[*Field][]float64{}, w.points, map[*Series][][]float64{}}
	for f, x := range w.data {
		if f.Kind == Model || f.Kind == Profile {
			last.data[f] = x
		}
	}
	for f, bar := range pair.Bar {
		last.data[bar] = make([]float64, w.cells())
		if f.Kind != Model {
			last.data[bar] = w.field(f)
		}
	}
	for _, s := range pair.Reverse.Inputs() {
		last.series[s] = w.samples(s, steps)
		if w.series[s] != nil {
			last.series[s] = reversed(w.series[s])
		}
	}
	reverse := last.clone()
	for f, x := range pair.Scale {
		reverse.scale(pair.Bar[f], x, 1)
	}
	in = &Interpreter{Program: pair.Reverse, Layout: w.layout, Data: reverse.data, Points: w.points, In: last.series, Out: reverse.series}
	for n := range steps {
		for f, x := range tapes[order(steps-1-n)] {
			reverse.data[f] = x
		}
		in.Step()
	}
	for f, x := range pair.Scale {
		reverse.scale(pair.Bar[f], x, -1)
	}
	return &propagation{pair, jvp, e.series, start, end, last, reverse}
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

// mismatch returns <J x, y> - <x, J^T y>, of the product of the norms: x is the tangent of models,
// source series and initial wavefields, y weighs final wavefields and recorded series.
func (p *propagation) mismatch() float64 {
	sum, size := 0.0, 0.0
	add := func(sign float64, x, y []float64) {
		sum += sign * dot(x, y)
		size += norm(x) * norm(y)
	}
	for f, bar := range p.pair.Bar {
		if f.Kind != Model {
			add(1, p.end.data[p.tangent.Dot[f]], p.last.data[bar])
		}
		add(-1, p.start.data[p.tangent.Dot[f]], p.reverse.data[bar])
	}
	for s, bar := range p.pair.Series {
		d := p.tangent.Series[s]
		if slices.Contains(p.series, s) {
			for _, bar := range append([]*Series{bar}, p.pair.Also[bar]...) {
				add(-1, slices.Concat(p.start.series[d]...), slices.Concat(reversed(p.reverse.series[bar])...))
			}
		} else {
			add(1, slices.Concat(p.end.series[d]...), slices.Concat(reversed(p.last.series[bar])...))
		}
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
	if e := propagate(t, r, e, s, pair, func(step int) int { return step }).mismatch(); !(e <= 1e-13) {
		t.Errorf("<J x, y> and <x, J^T y> differ by %.3g\n%s", e, pair.Reverse)
	}
	return propagate(t, r, e, s, pair, func(step int) int { return max(0, step-1) }).mismatch() >= 1e-8
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
	t.Log(ran, matter)
	if ran < 150 || matter < 50 {
		t.Errorf("%d programs ran, of %d of them the tape matters: too few to tell", ran, matter)
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

// TestTransposeTwice is the tangent again, on the tape.
func TestTransposeTwice(t *testing.T) {
	eachEquation(t, func(t *testing.T, e sample, s setting) {
		p := e.program
		pair, err := Adjoint(p, someModels, e.models, e.series...)
		if err != nil {
			t.Fatal(err)
		}
		bars, outs := values(p, pair.Bar), mates(p.Outputs(), pair.Series)
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
			w.series[twice.Series[pair.Series[s]]] = w.series[jvp.Series[s]]
		}
		again := w.clone()
		w.run(jvp.Program, 1)
		tape := again.clone()
		tape.run(pair.Forward, 1)
		for _, f := range pair.Tape {
			again.data[f] = tape.data[f]
		}
		again.run(twice.Program, 1)
		for f, x := range pair.Scale {
			again.scale(twice.Bar[pair.Bar[f]], x, 1)
		}
		checkNear(t, "transposed twice", again.vector(mates(mates(fields, pair.Bar), twice.Bar), mates(outs, twice.Series)),
			w.vector(mates(fields, jvp.Dot), mates(p.Outputs(), jvp.Series)), 1e-13)
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
