package stencil_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/d52adeda/wave/equation"
	. "github.com/d52adeda/wave/stencil"
)

// simplified returns e as Simplify leaves it.
func simplified(e Expr) Expr {
	p := &Program{NDim: 1, Body: []Stmt{Update{{Dst: state("out"), RHS: e}}}}
	return p.Simplify().Body[0].(Update)[0].RHS
}

func TestSimplify(t *testing.T) {
	v, dv, u, dt := model("v").At(), model("dv").At(), state("u"), Param("dt")
	a := profile("a", 1, 0)
	for _, test := range []struct {
		name string
		in   Expr
		want string
	}{
		{"numbers add", Add(Const(1), Const(2), Const(3)), "6"},
		{"numbers multiply", Mul(Const(2), Const(3)), "6"},
		{"numbers go first", Mul(v, Const(2), dt, Const(3)), "6*v*dt"},
		{"numbers of a sum go first", Add(v, Const(2), u.At(), Const(3)), "(5 + v + u)"},
		{"empty sum", Add(), "0"},
		{"empty product", Mul(), "1"},
		{"zero factor", Mul(v, Const(0), u.At()), "0"},
		{"zero term", Add(v, Mul(Const(0), u.At())), "v"},
		{"one factor", Mul(Const(1), v), "v"},
		{"nested sums", Add(v, Add(u.At(), Add(dv, v))), "(2*v + u + dv)"},
		{"nested products", Mul(v, Mul(Const(2), Mul(u.At(), Const(3)))), "6*v*u"},
		{"like terms", Add(Mul(v, dv), Mul(dv, v)), "2*v*dv"},
		{"like terms with numbers", Add(Mul(Const(2), v), Neg(v), v), "2*v"},
		{"terms that cancel", Add(Mul(v, dv), u.At(), Neg(Mul(dv, v))), "u"},
		{"all cancel", Add(v, Neg(v)), "0"},
		{"trivial Let of a load", Named("n", v), "v"},
		{"trivial Let of a number", Named("n", Mul(Const(2), Const(3))), "6"},
		{"trivial Let of a parameter", Named("n", dt), "dt"},
		{"Let of a Let", Named("n", Named("m", Mul(v, v))), "m"},
		{"number of a Let", diff(0, 0, Named("n", Mul(Const(2), Named("m", Mul(v, v)))), 1, 3), "tap{2 6[+1,+0,+0]}(m)"},
		{"Let that vanishes", Mul(v, Named("n", Add(dv, Neg(dv)))), "0"},
		{"Let is not looked through", Add(Named("n", Add(v, dv)), v), "(n + v)"},
		{"number into a tap", Mul(Const(2), diff(0, -1, u.At(), 1, -2), v), "tap{2[-1,+0,+0] -4}(u)*v"},
		{"number out of a tap's operand", diff(0, 0, Mul(Const(2), u.At(), v), 1, 3), "tap{2 6[+1,+0,+0]}(u*v)"},
		{"number through both", Mul(Const(3), diff(0, 0, Mul(Const(2), u.At()), 1, -1)), "tap{6 -6[+1,+0,+0]}(u)"},
		{"tap of a number", diff(0, 0, Const(2), 1, 3), "8"},
		{"tap of a number that cancels", Add(v, diff(0, 0, Const(2), 1, -1)), "v"},
		{"tap of a parameter", diff(0, 0, dt, 1, 3), "4*dt"},
		{"tap times zero", Mul(Const(0), diff(0, 0, u.At(), 1, 3)), "0"},
		{"tap of zero", diff(0, 0, Mul(Const(0), u.At()), 1, 3), "0"},
		{"tap at one offset", diff(0, 2, u.At(), 3), "3*u[+2,+0,+0]"},
		{"tap at one offset of a load at one", diff(0, 2, Load{u, Along(0, -2)}, 1), "u"},
		{"profile keeps its own offset", Load{a, Offset{1, 2, 3}}, "a[+0,+2,+0]"},
	} {
		if got := Text(simplified(test.in)); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

// TestSimplifyMerges checks that equal expressions become one node, whatever they
// are called.
func TestSimplifyMerges(t *testing.T) {
	u, v := state("u").At(), model("v").At()
	term := func(name string) Expr {
		return Named(name, Add(Mul(v, u), diff(0, -1, Mul(v, u), 1, 0, -1)))
	}
	p := &Program{NDim: 1, Body: []Stmt{
		Update{{Dst: state("a"), RHS: term("one")}, {Dst: state("b"), RHS: term("two")}},
		Record{To: &Series{Name: "r", Points: "receiver"}, X: Mul(v, u)},
	}}
	p = p.Simplify()
	a, b := p.Body[0].(Update)[0].RHS, p.Body[0].(Update)[1].RHS
	if a != b {
		t.Errorf("equal terms are two nodes: %s and %s", Text(a), Text(b))
	}
	sum := a.(*Let).X.(*Sum)
	if sum.Terms[0] != sum.Terms[1].(*Tap).X || sum.Terms[0] != p.Body[1].(Record).X {
		t.Error("a product used three times is not one node")
	}
	if len(p.Fields()) != 4 {
		t.Errorf("fields are %v, want 4", p.Fields())
	}
}

func TestBind(t *testing.T) {
	v := model("v").At()
	p := &Program{NDim: 1, Body: []Stmt{Update{{Dst: state("a"), RHS: Add(Mul(Param("p"), v), Mul(Param("q"), v, Param("p")))}}}}
	if got := p.Params(); len(got) != 2 || got[0] != "p" || got[1] != "q" {
		t.Errorf("Params() is %v, want [p q]", got)
	}
	p = p.Bind(map[string]float64{"p": 3, "other": 1})
	if got, want := Text(p.Body[0].(Update)[0].RHS), "(3*v + 3*q*v)"; got != want {
		t.Errorf("bound: got %s, want %s", got, want)
	}
	p = p.Bind(map[string]float64{"q": -1})
	if got := Text(p.Body[0].(Update)[0].RHS); got != "0" || len(p.Params()) != 0 {
		t.Errorf("bound: got %s with parameters %v, want 0 with none", got, p.Params())
	}
}

// TestSpecialize checks that nothing of the PML remains in the interior.
func TestSpecialize(t *testing.T) {
	p := equation.Scalar().Program(2, 2).Bind(map[string]float64{"dt2": 1, "rh_x": 1, "rh_z": 1, "rh2_x": 1, "rh2_z": 4})
	const interior = `scalar (2-D):
  record r = u
    let tmp_z = tap{-8 4[+1,+0,+0] 4[-1,+0,+0]}(u)
    let tmp_x = tap{-2 1[+0,+1,+0] 1[+0,-1,+0]}(u)
    let laplace_u = (tmp_z + tmp_x)
  u' = (v*v*laplace_u + 2*u + -1*um1)
  um1' = u
  inject u += -1*v*v * f
`
	if got := p.Specialize(func(int) bool { return false }).String(); got != interior {
		t.Errorf("interior: got\n%swant\n%s", got, interior)
	}
	side := p.Specialize(func(d int) bool { return d == 1 })
	for _, f := range side.Fields() {
		if (f.Kind == Memory || f.Kind == Profile) && f.Dim != 1 {
			t.Errorf("outside the PML of dimension 0, %s remains", f)
		}
	}
	if n := len(side.Body[1].(Update)); n != 4 {
		t.Errorf("outside the PML of dimension 0, %d assignments remain, want 4", n)
	}
	if got, want := p.Specialize(func(int) bool { return true }).String(), p.String(); got != want {
		t.Errorf("inside all PMLs: got\n%swant\n%s", got, want)
	}
}

// randomExpr returns an expression of the given depth in which nodes are shared;
// tap says whether it may hold taps.
func randomExpr(r *rand.Rand, fields []*Field, depth int, tap bool) Expr {
	var pool []Expr
	var rec func(int, bool) Expr
	rec = func(depth int, tap bool) Expr {
		if len(pool) > 0 && r.IntN(4) == 0 {
			return pool[r.IntN(len(pool))]
		}
		list := func() []Expr {
			out := make([]Expr, r.IntN(4))
			for i := range out {
				out[i] = rec(depth-1, tap)
			}
			return out
		}
		var e Expr
		switch kind := r.IntN(6); {
		case depth == 0 && kind < 2:
			return Const([]float64{0, 1, -1, 2, 0.5}[r.IntN(5)])
		case depth == 0:
			f := fields[r.IntN(len(fields))]
			return Load{Field: f, Off: Along(0, r.IntN(3)-1)}
		case kind < 2:
			e = Add(list()...)
		case kind < 4:
			e = Mul(list()...)
		case kind == 4 && tap:
			return diff(0, r.IntN(3)-1, rec(depth-1, false), []float64{r.NormFloat64(), 1, -1}[:1+r.IntN(3)]...)
		default:
			e = Named("n", rec(depth-1, tap))
		}
		if !tap { // these may be used within a tap or beside it
			pool = append(pool, e)
		}
		return e
	}
	return rec(depth, tap)
}

// TestSimplifyKeepsValues compares random expressions before and after.
func TestSimplifyKeepsValues(t *testing.T) {
	r := random(t)
	fields := []*Field{state("u"), model("v"), profile("a", 0, 1)}
	out := state("out")
	differ, nonzero := 0, 0
	for range 500 {
		e := randomExpr(r, fields, 1+r.IntN(5), true)
		before := &Program{NDim: 1, Body: []Stmt{Update{{Dst: out, RHS: e}}}}
		after := before.Simplify()
		w := newWorld(t, r, []int{5}, [][2]int{{1, 0}}, before)
		w.fill(before, 1)
		v := w.clone()
		w.run(before, 1)
		v.run(after, 1)
		scale := 1 + norm(w.data[out])
		if err := norm(minus(v.data[out], 1, w.data[out])); !(err <= 1e-13*scale) {
			t.Errorf("value off by %g: %s became %s", err/scale, Text(e), Text(after.Body[0].(Update)[0].RHS))
		}
		if again := after.Simplify(); again.String() != after.String() {
			t.Errorf("simplifying again changes\n%s to\n%s", after, again)
		}
		if after.String() != before.String() {
			differ++
		}
		if norm(w.data[out]) > 0 && !math.IsInf(scale, 0) {
			nonzero++
		}
	}
	if differ < 100 || nonzero < 100 {
		t.Errorf("of 500 expressions %d were changed and %d are not zero: too few to tell", differ, nonzero)
	}
}
