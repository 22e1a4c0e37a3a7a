package stencil_test

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/d52adeda/wave/stencil"
)

// TestTranspose is the dot-product test of the whole propagation: <A x, y> is
// <x, A^T y>, where x is the tangent of models, source series and initial
// wavefields, and y weighs final wavefields and recorded series.
func TestTranspose(t *testing.T) {
	eachEquation(t, func(t *testing.T, e sample, s setting) {
		p := e.program
		lin := Linearize(p, e.models, e.series...)
		adj, err := Transpose(lin.Program, values(p, lin.Dot), mates(e.series, lin.Series)...)
		if err != nil {
			t.Fatal(err)
		}
		mustVerify(t, lin.Program, adj.Program)
		if got, most := adj.Program.Reach(), 2*p.Reach(); got > most {
			t.Errorf("the adjoint reaches %d cells, want at most %d", got, most)
		}
		w := newWorld(t, random(t), s.shape, s.pml, p, lin.Program, adj.Program)
		w.fill(p, steps)
		w.fill(lin.Program, steps)
		for f, d := range lin.Dot {
			if f.Kind == Model {
				w.data[d] = w.inside()
			}
		}
		past := w.clone().run(p, steps, nil, false)

		dots, out := values(p, lin.Dot), lin.Program.Outputs()
		bars, in := mates(dots, adj.Bar), mates(e.series, lin.Series)
		forward, backward := w.clone(), w.clone()
		forward.run(lin.Program, steps, past, false)
		for i, b := range bars {
			f := *dots[i]
			f.Kind = max(State, f.Kind) // of a model: the gradient so far
			backward.data[b] = backward.field(&f)
		}
		start := backward.clone()
		for _, s := range out {
			start.series[adj.Series[s]] = w.samples(s, steps)
			backward.series[adj.Series[s]] = start.series[adj.Series[s]]
		}
		for _, s := range adj.Program.Inputs() { // all of them run backwards
			backward.series[s] = reversed(backward.series[s])
		}
		backward.run(adj.Program, steps, past, true)
		for _, s := range adj.Program.Outputs() {
			backward.series[s] = reversed(backward.series[s])
		}
		ax, y := forward.vector(dots, out), start.vector(bars, mates(out, adj.Series))
		x, aty := w.vector(dots, in), backward.vector(bars, mates(in, adj.Series))
		if l, r := dot(ax, y), dot(x, aty); !(math.Abs(l-r) <= 1e-13*norm(ax)*norm(y)) {
			t.Errorf("<A x, y> = %.15g, <x, A^T y> = %.15g: relative error %.3g", l, r, (l-r)/l)
		}
	})
}

// TestTransposeTwice is the original again, numerically.
func TestTransposeTwice(t *testing.T) {
	eachEquation(t, func(t *testing.T, e sample, s setting) {
		lin := Linearize(e.program, e.models, e.series...)
		p := lin.Program
		once, err := Transpose(p, mates(e.models, lin.Dot), mates(e.series, lin.Series)...)
		if err != nil {
			t.Fatal(err)
		}
		dots := values(p, identity(once.Bar))
		bars, outs := mates(dots, once.Bar), mates(p.Outputs(), once.Series)
		twice, err := Transpose(once.Program, bars, outs...)
		if err != nil {
			t.Fatal(err)
		}
		mustVerify(t, once.Program, twice.Program)
		w := newWorld(t, random(t), s.shape, s.pml, p, once.Program, twice.Program)
		w.fill(p, 1)
		past := history{slices.Repeat([]map[*Field][]float64{w.clone().data}, len(e.program.Body))}
		again := w.clone()
		for i, f := range dots {
			if f.Kind == Model {
				w.data[f] = w.inside()
			}
			again.data[twice.Bar[bars[i]]] = slices.Clone(w.data[f])
		}
		for s, bar := range once.Series {
			if twice.Series[bar] != nil {
				again.series[twice.Series[bar]] = w.series[s]
			}
		}
		w.run(p, 1, past, false)
		again.run(twice.Program, 1, past, false)
		checkNear(t, "transposed twice", again.vector(mates(bars, twice.Bar), mates(outs, twice.Series)), w.vector(dots, p.Outputs()), 1e-13)
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
	fields := slices.SortedFunc(maps.Keys(of), func(a, b *Field) int { return index(p, a) - index(p, b) })
	return mates(fields, of)
}

// TestTransposeAgainstMatrix compares with the transposed matrix of a small
// program, column by column, so that no entry hides behind another.
func TestTransposeAgainstMatrix(t *testing.T) {
	c, x, y := model("c"), state("x"), state("y")
	p := &Program{Name: "small", NDim: 1, Body: []Stmt{Update{
		{Dst: x, RHS: Add(diff(0, -1, Mul(c.At(), Load{Field: y, Off: Along(0, 1)}), 1, 2, 3), x.At())},
		{Dst: y, RHS: Mul(Load{Field: c, Off: Along(0, -1)}, diff(0, 0, x.At(), 5, 7))},
	}}}
	adj, err := Transpose(p, []*Field{x, y})
	if err != nil {
		t.Fatal(err)
	}
	mustVerify(t, p, adj.Program)
	w := newWorld(t, random(t), []int{4}, [][2]int{{0, 0}}, p, adj.Program)
	w.fill(p, 1)
	matrix := func(p *Program, fields []*Field) [][]float64 {
		var columns [][]float64
		for _, f := range fields {
			for c := range w.cells() {
				if w.layout.Inside(c) {
					v := w.clone()
					for _, g := range fields {
						v.data[g] = make([]float64, w.cells())
					}
					v.data[f][c] = 1
					v.run(p, 1, nil, false)
					columns = append(columns, v.vector(fields, nil))
				}
			}
		}
		return columns
	}
	a, b := matrix(p, []*Field{x, y}), matrix(adj.Program, []*Field{adj.Bar[x], adj.Bar[y]})
	n, h := w.cells(), w.layout.Halo
	for i := range a {
		for j := range b {
			in := func(k int) int { return k/4*n + h + k%4 }
			if got, want := b[j][in(i)], a[i][in(j)]; math.Abs(got-want) > 1e-13 {
				t.Errorf("transpose [%d][%d] is %g, want %g", i, j, got, want)
			}
		}
	}
}

func TestTransposeErrors(t *testing.T) {
	u, w, c, one := state("u"), state("w"), model("c"), Const(1)
	f, r := &Series{"f", "source"}, &Series{"r", "receiver"}
	psi, b := memory("psi", 0), profile("b", 0, 0)
	for _, test := range []struct {
		name   string
		body   Stmt
		series []*Series
		want   string
		linear bool
	}{
		{"square", Update{{Dst: u, RHS: Mul(u.At(), u.At())}}, nil, "product of linear", false},
		{"product through a term", Update{{Dst: u, RHS: Mul(Named("t", Add(u.At(), w.At())), u.At(), c.At())}}, nil, "product of linear", false},
		{"affine", Update{{Dst: u, RHS: Add(u.At(), one)}}, nil, "mixes linear and constant", false},
		{"affine in a model", Update{{Dst: u, RHS: Add(u.At(), c.At())}}, nil, "mixes linear and constant", false},
		{"constant", Update{{Dst: u, RHS: u.At()}, {Dst: w, RHS: c.At()}}, nil, "assigns w", false},
		{"constant record", Record{r, c.At()}, nil, "records r", false},
		{"series times field", Inject{Dst: w, Coeff: u.At(), From: f}, []*Series{f}, "times a linear coefficient", false},
		{"inject elsewhere", Inject{Dst: w, Coeff: one, From: f}, nil, "injects into w", false},
		{"memory without profile", Update{{Dst: u, RHS: Add(u.At(), psi.At())}, {Dst: psi, RHS: Mul(b.At(), u.At())}}, nil, "leaves the PML", true},
		{"memory that spreads", Update{{Dst: u, RHS: u.At()}, {Dst: psi, RHS: Add(Mul(b.At(), u.At()), Load{psi, Along(0, 1)})}}, nil, "ever further", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := &Program{Name: "p", NDim: 1, Body: []Stmt{test.body}}
			_, err := Transpose(p, []*Field{u}, test.series...)
			if err == nil || !strings.Contains(err.Error(), test.want) || errors.Is(err, ErrNotLinear) == test.linear {
				t.Errorf("error %v, want one with %q, ErrNotLinear %v", err, test.want, !test.linear)
			}
		})
	}
}

// TestTransposeGathers pins the rule x[i+o] c[i] -> c[i-o] ybar[i-o], and that one
// series injected into two fields is recorded once.
func TestTransposeGathers(t *testing.T) {
	c, x, y, f := model("c"), state("x"), state("y"), &Series{"f", "source"}
	p := &Program{Name: "p", NDim: 1, Body: []Stmt{
		Update{{Dst: y, RHS: Mul(c.At(), Load{x, Along(0, 2)})}},
		Inject{Dst: x, Coeff: Const(3), From: f},
		Inject{Dst: y, Coeff: c.At(), From: f},
	}}
	adj, err := Transpose(p, []*Field{x}, f)
	if err != nil {
		t.Fatal(err)
	}
	mustVerify(t, adj.Program)
	const want = `p_adj (1-D):
  record f_bar = (c*y_bar + 3*x_bar)
  x_bar' = (x_bar + c[-2,+0,+0]*y_bar[-2,+0,+0])
  y_bar' = 0
`
	if got := adj.Program.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestTransposeRecords checks that records are merged only where the earlier one
// may come later: here it may not, and Verify says so.
func TestTransposeRecords(t *testing.T) {
	x, y, z := state("x"), state("y"), state("z")
	f, g := &Series{"f", "source"}, &Series{"g", "source"}
	p := &Program{Name: "p", NDim: 1, Body: []Stmt{
		Inject{Dst: x, Coeff: Const(2), From: f},
		Inject{Dst: y, Coeff: Add(x.At(), Const(0)), From: g}, // the zero is no constant term
		Inject{Dst: z, Coeff: Const(3), From: f},
	}}
	adj, err := Transpose(p, []*Field{x}, f)
	if err != nil {
		t.Fatal(err)
	}
	// Nor does a coefficient of a given wavefield move past what may change it.
	u := state("u")
	q := &Program{Name: "q", NDim: 1, Given: []*Field{u}, Beside: []int{0, 2}, Body: []Stmt{
		Inject{Dst: x, Coeff: u.At(), From: f},
		Inject{Dst: y, Coeff: Const(3), From: f},
	}}
	mustVerify(t, p, q)
	moved, err := Transpose(q, nil, f)
	if err != nil {
		t.Fatal(err)
	}
	for _, adj := range []*Program{adj.Program, moved.Program} {
		if err := adj.Verify(); err == nil || !strings.Contains(err.Error(), "f_bar is recorded twice") {
			t.Errorf("error %v of\n%s", err, adj)
		}
	}
}
