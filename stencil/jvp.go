package stencil

// Tangent is a program together with its derivative.
type Tangent struct {
	Program *Program
	// Dot maps each active field of the original to its tangent, and Series each
	// active series: what is active depends on what was asked for.
	Dot    map[*Field]*Field
	Series map[*Series]*Series
}

// JVP returns the program that advances p and its tangent with respect to the fields (or
// injected series) given together. A field is active when its value can depend on wrt; its
// tangent, named "d"+Name (with a number behind where p uses that name), is of the same kind.
func JVP(p *Program, wrt []*Field, series ...*Series) *Tangent {
	t := newTangent(p, "d", wrt, series)
	out := &Program{Name: p.Name + "_jvp", NDim: p.NDim}
	for _, s := range p.Body {
		stmts := append(t.stmt(s), s)
		if u, ok := s.(Update); ok {
			// One Update: the tangent reads the state that p's own assignments replace.
			both := append(Update{}, u...)
			for _, d := range stmts[:len(stmts)-1] {
				both = append(both, d.(Update)...)
			}
			stmts = []Stmt{both}
		}
		out.Body = append(out.Body, stmts...)
	}
	t.Program = out.Simplify()
	return &t.Tangent
}

type tangenter struct {
	Tangent
	active []*Field // of Dot, in order
	memo   map[Expr]Expr
}

// newTangent returns what derives the statements of p. Tangents have names with a prefix or,
// without one, those of what they belong to.
func newTangent(p *Program, prefix string, wrt []*Field, series []*Series) *tangenter {
	t := &tangenter{Tangent{Dot: map[*Field]*Field{}, Series: map[*Series]*Series{}}, nil, map[Expr]Expr{}}
	names := names{}
	if prefix != "" {
		names = p.names()
	}
	t.active = activate(p, t.Dot, t.Series, wrt, series,
		func(f *Field) *Field { return f.derived(names.fresh(prefix + f.Name)) },
		func(s *Series) *Series { return &Series{names.fresh(prefix + s.Name), s.Points} })
	return t
}

// stmt returns the tangent statements of s.
func (t *tangenter) stmt(s Stmt) []Stmt {
	switch s := s.(type) {
	case Update:
		var u Update
		for _, a := range s {
			if dot := t.Dot[a.Dst]; dot != nil {
				d := t.expr(a.RHS)
				if d == nil {
					d = Const(0)
				}
				u = append(u, Assign{dot, d})
			}
		}
		if len(u) > 0 {
			return []Stmt{u}
		}
	case Inject:
		var out []Stmt
		if d := t.expr(s.Coeff); d != nil {
			out = append(out, Inject{t.Dot[s.Dst], d, s.From, s.Off})
		}
		if d := t.Series[s.From]; d != nil {
			out = append(out, Inject{t.Dot[s.Dst], s.Coeff, d, s.Off})
		}
		return out
	case Record:
		if d := t.expr(s.X); d != nil {
			return []Stmt{Record{t.Series[s.To], d}}
		}
	}
	return nil
}

// expr returns the tangent of e; nil is zero.
func (t *tangenter) expr(e Expr) Expr {
	if d, ok := t.memo[e]; ok {
		return d
	}
	d := t.derive(e)
	t.memo[e] = d
	return d
}

func (t *tangenter) derive(e Expr) Expr {
	switch e := e.(type) {
	case Load:
		if f := t.Dot[e.Field]; f != nil {
			return Load{f, e.Off}
		}
	case *Sum:
		var terms []Expr
		for _, x := range e.Terms {
			if d := t.expr(x); d != nil {
				terms = append(terms, d)
			}
		}
		if len(terms) > 0 {
			return &Sum{terms}
		}
	case *Prod:
		var terms []Expr
		for i, x := range e.Factors {
			if d := t.expr(x); d != nil {
				terms = append(terms, withFactor(e.Factors, i, d))
			}
		}
		if len(terms) > 0 {
			return &Sum{terms}
		}
	case *Tap:
		if d := t.expr(e.X); d != nil {
			return &Tap{e.Off, e.W, d}
		}
	case *Let:
		if d := t.expr(e.X); d != nil {
			return &Let{"d" + e.Name, d}
		}
	}
	return nil
}

// withFactor returns the product with factor i replaced by x.
func withFactor(factors []Expr, i int, x Expr) Expr {
	out := make([]Expr, len(factors))
	copy(out, factors)
	out[i] = x
	return &Prod{out}
}
