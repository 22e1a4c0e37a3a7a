package stencil_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	. "github.com/d52adeda/wave/stencil"
)

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
					v.run(p, 1)
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

// TestTransposeRecords checks that records are merged only where the earlier one may come
// later: here it may not.
func TestTransposeRecords(t *testing.T) {
	x, y, z := state("x"), state("y"), state("z")
	f, g := &Series{"f", "source"}, &Series{"g", "source"}
	p := &Program{Name: "p", NDim: 1, Body: []Stmt{
		Update{{Dst: x, RHS: x.At()}, {Dst: y, RHS: y.At()}, {Dst: z, RHS: z.At()}},
		Inject{Dst: x, Coeff: Const(2), From: f},
		Inject{Dst: y, Coeff: Add(x.At(), Const(0)), From: g}, // the zero is no constant term
		Inject{Dst: z, Coeff: Const(3), From: f},
		Inject{Dst: x, Coeff: Const(4), From: f},
	}}
	adj, err := Transpose(p, []*Field{x}, f)
	if err != nil {
		t.Fatal(err)
	}
	mustVerify(t, adj.Program)
	const want = `p_adj (1-D):
  record f_bar = (4*x_bar + 3*z_bar)
  inject x_bar += y_bar * g
  record f_bar_2 = 2*x_bar
  y_bar' = y_bar
  z_bar' = z_bar
`
	if got := adj.Program.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if also := adj.Also[adj.Series[f]]; len(also) != 1 || also[0].Name != "f_bar_2" {
		t.Errorf("beside f_bar there is %v, want f_bar_2", also)
	}
}
