package stencil_test

import (
	"math"
	"strings"
	"testing"

	"github.com/d52adeda/wave/equation"
	. "github.com/d52adeda/wave/stencil"
)

// Premultiplied programs compute what the originals do, with memory fields times their
// profile, and differentiate no products with it.
func TestPremultiplied(t *testing.T) {
	for ndim := 1; ndim <= 3; ndim++ {
		spacing := []float64{1.2, 0.9, 1}[:ndim]
		shape, pml := []int{9, 12, 11}[:ndim], [][2]int{{3, 2}, {0, 4}, {2, 2}}[:ndim]
		plain := equation.Scalar().Program(ndim, 4)
		pair, err := Adjoint(plain, nil, []*Field{plain.Field("v")})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []*Program{plain, equation.Born(equation.Scalar()).Program(ndim, 4), pair.Forward} {
			p = p.Bind(equation.Params(0.3, spacing))
			q := p.Premultiplied()
			if err := q.Verify(); err != nil {
				t.Fatal(err)
			}
			if q.Premultiplied() != q {
				t.Errorf("%d-D %s: a premultiplied program is premultiplied again", ndim, p.Name)
			}
			a := newWorld(t, random(t), shape, pml, p)
			a.fill(p, 1)
			b := a.clone()
			scale := func(w *world, by func(x, a float64) float64) {
				for _, f := range p.Fields() {
					if f.Kind != Memory || !strings.Contains(f.Name, "psi") {
						continue
					}
					decay := w.data[p.Field("a"+f.Name[strings.LastIndex(f.Name, "_"):])]
					for i := range w.data[f] {
						w.data[f][i] = by(w.data[f][i], decay[w.at(i)[f.Dim]])
					}
				}
			}
			times := func(x, a float64) float64 { return x * a }
			scale(b, times)
			all := func(*Series) bool { return true }
			a.run(p.Without(all), 4)
			b.run(q.Without(all), 4)
			scale(a, times)
			for _, f := range p.Fields() {
				most, off := 0.0, 0.0
				for i, x := range a.data[f] {
					most, off = max(most, math.Abs(x)), max(off, math.Abs(x-b.data[f][i]))
				}
				if off > 1e-13*most || most == 0 {
					t.Errorf("%d-D %s: %s differs by %g of %g", ndim, p.Name, f, off, most)
				}
			}
		}
	}
}

// What reads a memory field otherwise than times one profile keeps it as it is.
func TestNotPremultiplied(t *testing.T) {
	u, psi := state("u"), memory("psi", 0)
	a, b, c := profile("a", 0, 0), profile("b", 0, 0), profile("c", 0, 0)
	set := func(rhs ...Expr) Update {
		return Update{{Dst: psi, RHS: rhs[0]}, {Dst: u, RHS: Add(append(rhs[1:], u.At())...)}}
	}
	d := func(x Expr) Expr { return diff(0, -1, x, -1, 0, 1) }
	product := Mul(a.At(), psi.At())
	for _, test := range []struct {
		name string
		rhs  Update
		want bool
	}{
		{"times a profile", set(Add(product, Mul(b.At(), u.At())), d(product)), true},
		{"times a profile and more", set(product, d(Mul(b.At(), a.At(), psi.At()))), true},
		{"no derivative", set(product, product), false},
		{"bare", set(product, d(product), psi.At()), false},
		{"bare, alone", set(psi.At(), d(product)), false},
		{"times another", set(product, d(Mul(b.At(), psi.At()))), false},
		{"times one elsewhere", set(product, d(Mul(Load{Field: a, Off: Along(0, 1)}, psi.At()))), false},
		{"squared", set(product, d(Mul(a.At(), psi.At(), psi.At()))), false},
		{"times one of two", set(Mul(c.At(), psi.At()), d(Mul(a.At(), c.At(), psi.At()))), true},
	} {
		p := (&Program{Name: "p", NDim: 1, Body: []Stmt{test.rhs}}).Simplify()
		if got := p.Premultiplied() != p; got != test.want {
			t.Errorf("%s: premultiplied %v, want %v", test.name, got, test.want)
		}
	}
}
