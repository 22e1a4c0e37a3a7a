package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"

	. "github.com/d52adeda/wave/stencil"
)

// draft is a random equation in the making. Drawn again from the same random numbers
// with abs set it has the sizes of all its constants.
type draft struct {
	r      *rand.Rand
	ndim   int
	abs    bool
	reach  int
	models []*Field
	states []*Field
	memory []*Field // by dimension
	a, b   []*Field // profiles by dimension
	common []Expr   // terms to use again in the same statement
}

// randomEquation draws one with several fields and some Updates; sources and receivers
// if there are several.
func randomEquation(r *rand.Rand, ndim int, abs bool, updates int) *Program {
	e := &draft{r: r, ndim: ndim, abs: abs, reach: 1 + r.IntN(4)}
	for i := range 1 + r.IntN(2) {
		e.models = append(e.models, &Field{Name: fmt.Sprintf("m%d", i)})
	}
	for i := range 2 + r.IntN(3) {
		e.states = append(e.states, &Field{Name: fmt.Sprintf("u%d", i), Kind: State})
	}
	for d := range ndim {
		e.memory = append(e.memory, &Field{Name: fmt.Sprintf("psi%d", d), Kind: Memory, Dim: d})
		e.a = append(e.a, &Field{Name: fmt.Sprintf("a%d", d), Kind: Profile, Dim: d})
		e.b = append(e.b, &Field{Name: fmt.Sprintf("b%d", d), Kind: Profile, Dim: d})
	}
	p := &Program{Name: "random", NDim: ndim}
	written := map[*Field]bool{}
	for i := range updates {
		p.Body = append(p.Body, e.update(written, i == updates-1))
		if updates > 1 && r.IntN(2) == 0 {
			p.Body = append(p.Body, Record{To: &Series{Name: fmt.Sprintf("r%d", i), Points: fmt.Sprintf("receivers%d", i)}, X: e.pointwise(nil)})
		}
		if updates > 1 && r.IntN(2) == 0 {
			into := e.states[r.IntN(len(e.states))]
			p.Body = append(p.Body, Inject{Dst: into, Coeff: e.pointwise(into), From: &Series{Name: fmt.Sprintf("f%d", i), Points: fmt.Sprintf("sources%d", i)}, Off: e.beside()})
		}
	}
	return p.Simplify()
}

// constant draws a number of size up to most.
func (e *draft) constant(most float64) float64 {
	c := most * (2*e.r.Float64() - 1)
	if e.r.IntN(8) == 0 {
		c = most
		if e.r.IntN(2) == 0 {
			c = -most
		}
	}
	if e.abs {
		return math.Abs(c)
	}
	return c
}

// update assigns some fields, or all that are left: new values, or those of another.
func (e *draft) update(written map[*Field]bool, last bool) Update {
	e.common = nil
	var u Update
	renamed := false
	for i, f := range e.states {
		if e.r.IntN(3) == 0 && !(last && !written[f]) {
			continue
		}
		written[f] = true
		if !renamed && i > 0 && e.r.IntN(3) == 0 {
			u = append(u, Assign{Dst: f, RHS: e.states[i-1].At()})
			renamed = true
			continue
		}
		u = append(u, Assign{Dst: f, RHS: e.sum()})
	}
	for d, f := range e.memory {
		if last && !written[f] || e.r.IntN(2) == 0 {
			written[f] = true
			u = append(u, Assign{Dst: f, RHS: Add(Mul(e.a[d].At(), f.At()), Mul(e.b[d].At(), e.sum()))})
		}
	}
	if len(u) == 0 {
		return Update{{Dst: e.states[0], RHS: e.sum()}}
	}
	return u
}

// sum draws a weighted sum that is seldom larger than its fields are.
func (e *draft) sum() Expr {
	n := 1 + e.r.IntN(5)
	var terms []Expr
	for range n {
		terms = append(terms, Mul(Const(e.constant(1.2/float64(n))), e.term()))
	}
	if n == 1 {
		return terms[0]
	}
	return Add(terms...)
}

func (e *draft) term() Expr {
	d := e.r.IntN(e.ndim)
	switch e.r.IntN(9) {
	case 0:
		return e.states[e.r.IntN(len(e.states))].At()
	case 1:
		return Mul(e.models[e.r.IntN(len(e.models))].At(), e.tap(d))
	case 2:
		return e.tap(d)
	case 3:
		return Mul(e.a[d].At(), e.tap(e.r.IntN(e.ndim)))
	case 4:
		return Mul(Add(Const(e.constant(1)), e.b[d].At()), e.tap(d))
	case 5:
		return Mul(e.a[d].At(), e.memory[d].At())
	case 6:
		return e.load(e.states[e.r.IntN(len(e.states))])
	case 7:
		return Mul(e.models[e.r.IntN(len(e.models))].At(), e.models[e.r.IntN(len(e.models))].At(), e.states[e.r.IntN(len(e.states))].At())
	}
	if len(e.common) > 0 && e.r.IntN(2) == 0 {
		return e.common[e.r.IntN(len(e.common))]
	}
	c := Named(fmt.Sprintf("c%d", len(e.common)), Add(e.tap(d), Mul(Const(e.constant(1)), e.load(e.states[e.r.IntN(len(e.states))]))))
	e.common = append(e.common, c)
	return c
}

// load reads a field somewhere near.
func (e *draft) load(f *Field) Expr {
	return Load{Field: f, Off: e.beside()}
}

func (e *draft) beside() (o Offset) {
	for d := range e.ndim {
		o[d] = e.r.IntN(2*e.reach+1) - e.reach
	}
	return o
}

// tap is a difference along a dimension, symmetric, antisymmetric or neither, of a
// field or of a product with a profile.
func (e *draft) tap(d int) Expr {
	var x Expr = e.states[e.r.IntN(len(e.states))].At()
	switch e.r.IntN(4) {
	case 0:
		x = Mul(e.a[d].At(), e.memory[d].At())
	case 1:
		x = Mul(e.b[d].At(), x)
	}
	t := &Tap{X: x}
	put := func(at int, w float64) { t.Off, t.W = append(t.Off, Along(d, at)), append(t.W, w) }
	n := 1 + e.r.IntN(e.reach)
	most := 1 / float64(2*n)
	switch sign := e.r.IntN(3); sign {
	case 0:
		for k := -n; k <= n; k++ {
			put(k, e.constant(most))
		}
	default:
		if sign == 1 {
			put(0, e.constant(most))
		}
		for k := 1; k <= n; k++ {
			w := e.constant(most)
			put(k, w)
			if sign == 2 && !e.abs {
				w = -w
			}
			put(-k, w)
		}
	}
	return t
}

// pointwise draws an expression for sources and receivers, without one field.
func (e *draft) pointwise(not *Field) Expr {
	x := Mul(Const(e.constant(1)), e.load(e.models[e.r.IntN(len(e.models))]))
	f := e.states[e.r.IntN(len(e.states))]
	switch {
	case f == not:
	case e.r.IntN(2) == 0:
		x = Add(x, f.At())
	case e.r.IntN(2) == 0:
		x = Add(x, &Tap{Off: []Offset{e.beside(), e.beside()}, W: []float64{e.constant(1), e.constant(1)}, X: f.At()})
	default:
		x = Mul(x, e.load(f))
	}
	return x
}

// operations counts those of an expression, each as often as it appears.
func operations(x Expr) int {
	switch x := x.(type) {
	case Const:
		return 1 // it is rounded to the element type
	case *Sum:
		n := len(x.Terms) - 1
		for _, t := range x.Terms {
			n += operations(t)
		}
		return n
	case *Prod:
		n := len(x.Factors) - 1
		for _, f := range x.Factors {
			n += operations(f)
		}
		return n
	case *Tap: // weights are rounded, multiplied and added
		return len(x.Off)*(operations(x.X)+3) - 1
	case *Let:
		return operations(x.X)
	}
	return 0
}
