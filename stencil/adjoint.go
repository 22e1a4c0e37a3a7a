package stencil

import (
	"fmt"
	"slices"
)

// Pair is a program and the adjoint of its derivative, joined by a tape.
//
// Run Forward for the steps 0 ... nt-1 and keep the tape of each, then Reverse for the steps
// nt-1 ... 0, each on the tape of its step: cotangents of what the program records and of its last
// wavefields become those of models, of what it injects, and of its first wavefields.
type Pair struct {
	// Forward is the program; in each step it also writes the tape.
	Forward *Program
	// Reverse is the adjoint of one step. It reads the tape, models, profiles, and what it
	// writes itself; and the series that Forward injects, where their coefficient is
	// differentiated.
	Reverse *Program
	Tape    []*Field
	Points  []PointTape
	// Bar maps each field that the derivative depends on to its cotangent, Series each such
	// series: what Forward records is injected into Reverse, and the reverse. Also is as in
	// Cotangent.
	Bar    map[*Field]*Field
	Series map[*Series]*Series
	Also   map[*Series][]*Series
	// Scale says what the cotangents of some fields are stored times.
	Scale map[*Field]Scale
}

// Adjoint returns p with a tape, and the program that runs backwards over it, for the derivative
// with respect to the fields and injected series given. Taped is what depends on wavefields and
// multiplies a tangent: of a program that is linear in them what multiplies the models' tangents, such
// as the Laplacian. It is stored by the Update that computes it.
//
// The adjoint of a program that JVP made gives second derivatives: with cotangents of what the
// tangent records, those of the models are a Hessian's product with the tangent's direction.
//
// The error is Transpose's, or that p has a tape already.
func Adjoint(p *Program, nonZero func(model *Field) bool, wrt []*Field, series ...*Series) (*Pair, error) {
	p = p.Simplify()
	for _, f := range p.Fields() {
		if f.Kind == Tape {
			return nil, fmt.Errorf("stencil: adjoint of %s: it has a tape, %s, want a program without", p.Name, f.Name)
		}
	}
	// Tangents go by the names of what they belong to: their program is not for running.
	lin := newTangent(p, "", wrt, series)
	t := newTaper(p, lin.Dot)
	tangent := &Program{Name: p.Name, NDim: p.NDim}
	out := &Pair{Forward: &Program{Name: p.Name + "_fwd", NDim: p.NDim}}
	atPoints := map[*Field]Expr{}
	for _, s := range p.Body {
		stmts, taped := t.tape(lin.stmt(s))
		tangent.Body = append(tangent.Body, stmts...)
		switch u := s.(type) {
		case Record:
			for _, a := range taped {
				atPoints[a.Dst] = a.RHS
			}
			taped = nil
		case Update:
			s = slices.Concat(u, taped)
		case Inject:
			if len(taped) > 0 {
				out.Forward.Body = append(out.Forward.Body, taped)
			}
		}
		out.Forward.Body = append(out.Forward.Body, s)
		for _, a := range taped {
			out.Tape = append(out.Tape, a.Dst)
		}
	}
	out.Forward = out.Forward.Simplify()

	var dots []*Field
	for _, f := range p.Fields() {
		if d := lin.Dot[f]; d != nil {
			dots = append(dots, d)
		}
	}
	var given []*Series
	for _, s := range series {
		given = append(given, lin.Series[s])
	}
	tangent.postponeRecords()
	scale := newScaler(tangent, dots, nonZero)
	scaled, _ := scale.scaled()
	cot, err := Transpose(scaled, dots, given...)
	if err == nil && scale.renumber(cot) {
		scaled, _ = scale.scaled()
		cot, err = Transpose(scaled, dots, given...)
	}
	if err != nil {
		return nil, err
	}
	out.Scale = map[*Field]Scale{}
	for f, d := range lin.Dot {
		if x, ok := scale.by[d]; ok {
			out.Scale[f] = x
		}
	}
	out.Reverse, out.Also = cot.Program, cot.Also
	out.Reverse.Name = p.Name + "_rev"
	out.Bar, out.Series = composed(lin.Dot, cot.Bar), composed(lin.Series, cot.Series)
	if len(atPoints) > 0 {
		out.tapeAtPoints(atPoints)
	}
	return out, nil
}

// composed maps what a maps to what b maps that to.
func composed[K comparable](a, b map[K]K) map[K]K {
	out := map[K]K{}
	for x, y := range a {
		out[x] = b[y]
	}
	return out
}

// postponeRecords moves each Record to where what it reads is written next. The transpose then
// injects early, and what reads cotangents away from the point waits for nothing else.
func (p *Program) postponeRecords() {
	for i := len(p.Body) - 1; i >= 0; i-- {
		r, ok := p.Body[i].(Record)
		if !ok {
			continue
		}
		for j := i + 1; j < len(p.Body) && !dependsOn(written(p.Body[j]), r.X); j++ {
			p.Body[j-1], p.Body[j] = p.Body[j], p.Body[j-1]
		}
	}
}

// taper puts a tape into a tangent program, in place of the wavefields that it reads.
type taper struct {
	names names
	// background tells what reads the original's wavefields, linear what reads tangents.
	background, linear func(Expr) bool
	pool               *pool
	intern             func(Expr) Expr
	terms              []term // of the statement at hand
}

// term is what is taped for a statement.
type term struct {
	field *Field
	x     Expr
	parts map[Expr]float64 // x is their sum, times these numbers
}

func newTaper(p *Program, dots map[*Field]*Field) *taper {
	isDot := map[*Field]bool{}
	for _, d := range dots {
		isDot[d] = true
	}
	pool := newPool()
	return &taper{
		names:      p.names(),
		background: loading(func(l Load) bool { return (l.Field.Kind == State || l.Field.Kind == Memory) && !isDot[l.Field] }),
		linear:     loading(func(l Load) bool { return isDot[l.Field] }),
		pool:       pool,
		intern:     pool.builder(func(e Expr) Expr { return e }),
	}
}

// tape returns the tangents of a statement with loads of the tape, and what is to be taped
// before the statement.
func (t *taper) tape(tangent []Stmt) (stmts []Stmt, taped Update) {
	t.terms = nil
	memo := map[Expr]Expr{}
	var rec func(Expr) Expr
	rec = func(e Expr) Expr {
		r, ok := memo[e]
		if !ok {
			r = t.rewrite(e, rec)
			memo[e] = r
		}
		return r
	}
	for _, s := range tangent {
		stmts = append(stmts, s.rewrite(rec))
	}
	kept, sums := t.independent()
	for _, x := range kept {
		taped = append(taped, Assign{x.field, x.x})
	}
	instead := replacing(func(l Load) Expr {
		if x := sums[l.Field]; x != nil {
			return x // at the point, as the tape is
		}
		return l
	})
	for i, s := range stmts {
		stmts[i] = s.rewrite(instead)
	}
	return stmts, taped
}

// rewrite puts the tape in the place of all factors of e that depend on wavefields.
func (t *taper) rewrite(e Expr, rec func(Expr) Expr) Expr {
	constant := func(e Expr) bool { return t.background(e) && !t.linear(e) }
	if n, ok := e.(*Prod); ok {
		var taped, rest []Expr
		for _, f := range n.Factors {
			if constant(f) {
				taped = append(taped, f)
			} else {
				rest = append(rest, rec(f))
			}
		}
		if len(taped) > 0 {
			rest = append(rest, t.load(taped))
		}
		return &Prod{rest}
	}
	if constant(e) {
		return t.load([]Expr{e})
	}
	return mapped(e, rec)
}

// load returns the load of the tape that holds a product.
func (t *taper) load(factors []Expr) Expr {
	factors = slices.Clone(factors)
	for i, f := range factors {
		factors[i] = t.intern(f)
	}
	slices.SortFunc(factors, func(a, b Expr) int { return t.pool.id[a] - t.pool.id[b] })
	x := t.pool.prod(factors)
	for _, old := range t.terms {
		if old.x == x {
			return old.field.At()
		}
	}
	name := "term"
	switch f := factors[0].(type) {
	case *Let:
		name = f.Name
	case Load:
		name = f.Field.Name
	}
	n := term{&Field{Name: t.names.fresh(name + "_tape"), Kind: Tape}, x, map[Expr]float64{}}
	whole := x
	if l, ok := x.(*Let); ok {
		whole = l.X
	}
	parts := []Expr{whole}
	if s, ok := whole.(*Sum); ok {
		parts = s.Terms
	}
	for _, e := range parts {
		c, rest := factored(e)
		n.parts[t.pool.scaled(1, rest)] += c
	}
	t.terms = append(t.terms, n)
	return n.field.At()
}

// independent returns the terms that are not sums of others, and of those that are these sums.
func (t *taper) independent() (kept []term, sums map[*Field]Expr) {
	slices.SortStableFunc(t.terms, func(a, b term) int { return len(a.parts) - len(b.parts) })
	sums = map[*Field]Expr{}
	for _, x := range t.terms {
		left := x.parts
		var sum []Expr
		for _, k := range kept {
			if c, rest, ok := without(left, k.parts); ok {
				left = rest
				sum = append(sum, Mul(Const(c), k.field.At()))
			}
		}
		if len(left) > 0 {
			kept = append(kept, x)
		} else {
			sums[x.field] = Add(sum...)
		}
	}
	return kept, sums
}

// without returns a less c times b, if that leaves nothing of b.
func without(a, b map[Expr]float64) (c float64, left map[Expr]float64, ok bool) {
	left = map[Expr]float64{}
	for e, x := range a {
		if y, both := b[e]; !both {
			left[e] = x
		} else if r := x / y; c == 0 || c == r {
			c = r
		} else {
			return 0, nil, false
		}
	}
	return c, left, len(left)+len(b) == len(a)
}
