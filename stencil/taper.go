package stencil

import "slices"

// taper puts a tape into a tangent program, in place of the wavefields that it reads, and
// finds what has to be taped for each statement.
type taper struct {
	names names
	// background tells what reads the original's wavefields, linear what reads tangents, beside
	// what reads tangents away from the point.
	background, linear, beside func(Expr) bool
	pool                       *pool
	intern                     func(Expr) Expr
	terms                      []term // of the statement at hand
	atPoints                   bool   // whether that is an Inject
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
		beside:     loading(func(l Load) bool { return isDot[l.Field] && l.Off != (Offset{}) }),
		pool:       pool,
		intern:     pool.builder(func(e Expr) Expr { return e }),
	}
}

// tape returns the tangents of a statement with loads of the tape, and what is to be taped
// before the statement.
func (t *taper) tape(of Stmt, tangent []Stmt) (stmts []Stmt, taped Update) {
	t.terms = nil
	_, t.atPoints = of.(Inject)
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

// constant reports whether e depends on wavefields and on no tangent: what is taped.
func (t *taper) constant(e Expr) bool { return t.background(e) && !t.linear(e) }

// rewrite puts the tape in the place of all factors of e that depend on wavefields.
func (t *taper) rewrite(e Expr, rec func(Expr) Expr) Expr {
	if n, ok := e.(*Tap); ok && t.linear(e) && t.apart(n) {
		return rec(untapped(n))
	}
	if n, ok := e.(*Prod); ok {
		var taped, rest []Expr
		for _, f := range n.Factors {
			if t.constant(f) {
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
	if t.constant(e) {
		return t.load([]Expr{e})
	}
	return mapped(e, rec)
}

// apart reports whether a derivative has to be taken apart, so that what it takes of wavefields is taped
// at the point, for each of its own points. Else it reads the tape at these, also in the halo, where
// there is none: all is well if the tangents that the tape multiplies are read at the same place,
// where they are zero.
func (t *taper) apart(n *Tap) bool {
	found := t.atPoints && t.background(n)
	walk(func(e Expr) {
		if p, ok := e.(*Prod); ok && slices.ContainsFunc(p.Factors, t.constant) {
			found = found || slices.ContainsFunc(p.Factors, t.beside)
		}
	}, n.X)
	return found
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
