package stencil

import (
	"fmt"
	"math"
	"slices"
	"sort"
)

// Bind returns the program with numbers in place of parameters, simplified.
// Parameters that are not in the map stay.
func (p *Program) Bind(params map[string]float64) *Program {
	return p.substitute(func(e Expr) Expr {
		if s, ok := e.(Param); ok {
			if v, ok := params[string(s)]; ok {
				return Const(v)
			}
		}
		return e
	})
}

// Specialize returns the program where every profile and memory field of the
// dimensions for which inPML is false is zero: the form it takes there.
func (p *Program) Specialize(inPML func(dim int) bool) *Program {
	out := p.substitute(outsidePML(inPML))
	for i, s := range out.Body {
		if u, ok := s.(Update); ok {
			out.Body[i] = slices.DeleteFunc(u, func(a Assign) bool {
				d, ok := a.Dst.pmlDim()
				return ok && !inPML(d)
			})
		}
	}
	return out
}

func outsidePML(inPML func(dim int) bool) func(Expr) Expr {
	return func(e Expr) Expr {
		if l, ok := e.(Load); ok {
			if d, ok := l.Field.pmlDim(); ok && !inPML(d) {
				return Const(0)
			}
		}
		return e
	}
}

// Simplify folds constants, drops what is zero, collects like terms and makes
// equal subexpressions one node.
func (p *Program) Simplify() *Program {
	return p.substitute(func(e Expr) Expr { return e })
}

// substitute replaces leaves by f of them and rebuilds everything above.
func (p *Program) substitute(f func(Expr) Expr) *Program { return p.rewrite(newPool().builder(f)) }

// builder returns a function that builds an expression in the pool, with f of its leaves.
func (b *pool) builder(f func(Expr) Expr) func(Expr) Expr {
	memo := map[Expr]Expr{}
	var rec func(Expr) Expr
	list := func(es []Expr) []Expr {
		out := make([]Expr, len(es))
		for i, e := range es {
			out[i] = rec(e)
		}
		return out
	}
	rec = func(e Expr) Expr {
		if r, ok := memo[e]; ok {
			return r
		}
		var r Expr
		switch n := e.(type) {
		case *Sum:
			r = b.sum(list(n.Terms))
		case *Prod:
			r = b.prod(list(n.Factors))
		case *Tap:
			r = b.tap(n.Off, n.W, rec(n.X))
		case *Let:
			r = b.let(n.Name, rec(n.X))
		default:
			r = b.leaf(f(e))
		}
		memo[e] = r
		return r
	}
	return rec
}

// pool builds simplified expressions and gives equal ones the same node.
type pool struct {
	lists lists
	byKey map[exprKey]Expr
	id    map[Expr]int
}

// exprKey is equal for expressions that are equal when their operands are.
type exprKey struct {
	kind      byte
	value     uint64 // of a Const: its bits
	name      string // of a Param
	field     *Field
	off       Offset
	x         int // operand
	list, far int // operands or weights, and offsets
}

func newPool() *pool { return &pool{lists{}, map[exprKey]Expr{}, map[Expr]int{}} }

// intern returns the pool's own node for e, whose operands are in the pool.
func (b *pool) intern(e Expr) Expr {
	k := b.key(e)
	if old, ok := b.byKey[k]; ok {
		return old
	}
	b.byKey[k] = e
	b.id[e] = len(b.id)
	return e
}

func (b *pool) key(e Expr) exprKey {
	switch e := e.(type) {
	case Const:
		return exprKey{kind: 'c', value: math.Float64bits(float64(e))}
	case Param:
		return exprKey{kind: 'p', name: string(e)}
	case Load:
		return exprKey{kind: 'l', field: e.Field, off: e.Off}
	case *Sum:
		return exprKey{kind: '+', list: b.ids(e.Terms)}
	case *Prod:
		return exprKey{kind: '*', list: b.ids(e.Factors)}
	case *Tap:
		return exprKey{kind: 't', list: b.lists.floats(e.W), far: b.lists.offsets(e.Off), x: b.id[e.X]}
	case *Let:
		return exprKey{kind: '=', x: b.id[e.X]} // the name is only for the reader
	}
	panic(fmt.Sprintf("stencil: unknown expression %T", e))
}

func (b *pool) ids(es []Expr) int {
	list := 0
	for _, e := range es {
		list = b.lists.then(list, b.id[e])
	}
	return list
}

func (b *pool) leaf(e Expr) Expr {
	if l, ok := e.(Load); ok && l.Field.Kind == Profile { // it varies along its own dimension only
		e = Load{l.Field, Along(l.Field.Dim, l.Off[l.Field.Dim])}
	}
	return b.intern(e)
}

func (b *pool) let(name string, x Expr) Expr {
	_, rest := factored(x)
	if len(rest) == 0 {
		return x
	}
	if len(rest) == 1 { // also of a number times these: a derivative absorbs it
		switch rest[0].(type) {
		case Param, Load, *Let:
			return x
		}
	}
	return b.intern(&Let{name, x})
}

// factored splits a simplified expression into a number and other factors.
func factored(e Expr) (float64, []Expr) {
	switch e := e.(type) {
	case Const:
		return float64(e), nil
	case *Prod:
		if c, ok := e.Factors[0].(Const); ok {
			return float64(c), e.Factors[1:]
		}
		return 1, e.Factors
	}
	return 1, []Expr{e}
}

func (b *pool) prod(factors []Expr) Expr {
	coeff := 1.0
	var rest []Expr
	for _, f := range factors {
		c, fs := factored(f)
		coeff *= c
		rest = append(rest, fs...)
	}
	return b.scaled(coeff, rest)
}

// scaled returns coeff times the product of rest, none of which is a number.
func (b *pool) scaled(coeff float64, rest []Expr) Expr {
	if coeff == 0 || len(rest) == 0 {
		return b.intern(Const(coeff))
	}
	if coeff != 1 {
		// A derivative absorbs the number that multiplies it.
		for i, f := range rest {
			if t, ok := f.(*Tap); ok {
				rest = slices.Clone(rest)
				rest[i] = b.tap(t.Off, scale(t.W, coeff), t.X)
				return b.scaled(1, rest)
			}
		}
		rest = append([]Expr{b.intern(Const(coeff))}, rest...)
	}
	if len(rest) == 1 {
		return rest[0]
	}
	return b.intern(&Prod{rest})
}

func (b *pool) sum(terms []Expr) Expr {
	type group struct {
		coeff float64
		rest  []Expr
	}
	var groups []*group
	constant := 0.0
	byRest := map[int]*group{}
	var add func([]Expr)
	add = func(terms []Expr) {
		for _, t := range terms {
			if s, ok := t.(*Sum); ok {
				add(s.Terms)
				continue
			}
			c, rest := factored(t)
			if len(rest) == 0 {
				constant += c
				continue
			}
			sorted := slices.Clone(rest)
			sort.Slice(sorted, func(i, j int) bool { return b.id[sorted[i]] < b.id[sorted[j]] })
			k := b.ids(sorted)
			if g := byRest[k]; g != nil {
				g.coeff += c
				continue
			}
			g := &group{c, rest}
			byRest[k] = g
			groups = append(groups, g)
		}
	}
	add(terms)
	var out []Expr
	if constant != 0 {
		out = append(out, b.intern(Const(constant)))
	}
	for _, g := range groups {
		if g.coeff != 0 {
			out = append(out, b.scaled(g.coeff, g.rest))
		}
	}
	switch len(out) {
	case 0:
		return b.intern(Const(0))
	case 1:
		return out[0]
	}
	return b.intern(&Sum{out})
}

func (b *pool) tap(off []Offset, w []float64, x Expr) Expr {
	c, rest := factored(x)
	if len(rest) == 0 { // a number is the same everywhere
		total := 0.0
		for _, v := range w {
			total += v
		}
		return b.intern(Const(c * total))
	}
	if _, ok := x.(Param); ok {
		return b.prod([]Expr{b.tap(off, w, b.intern(Const(1))), x})
	}
	if c != 1 {
		return b.tap(off, scale(w, c), b.scaled(1, rest))
	}
	if l, ok := x.(Load); ok && len(off) == 1 {
		l.Off = l.Off.plus(off[0])
		return b.scaled(w[0], []Expr{b.intern(l)})
	}
	return b.intern(&Tap{off, w, x})
}

func scale(w []float64, c float64) []float64 {
	out := make([]float64, len(w))
	for i, v := range w {
		out[i] = c * v
	}
	return out
}
