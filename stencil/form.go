package stencil

// form checks that the program is a tree of known parts with none missing.
func (v *verifier) form() {
	if v.p.NDim < 1 || v.p.NDim > 3 {
		v.fail("NDim is %d, want 1, 2 or 3", v.p.NDim)
	}
	for i, s := range v.p.Body {
		switch s := s.(type) {
		case Update:
			for _, a := range s {
				v.field(a.Dst)
				v.expr(a.RHS, map[Expr]bool{})
			}
		case Inject:
			v.field(s.Dst)
			v.series(s.From)
			v.expr(s.Coeff, map[Expr]bool{})
		case Record:
			v.series(s.To)
			v.expr(s.X, map[Expr]bool{})
		default:
			v.fail("statement %d is a %T, want an Update, Inject or Record", i, s)
		}
	}
}

func (v *verifier) field(f *Field) {
	if f == nil {
		v.fail("a field is nil")
	} else if f.Kind > Tape {
		v.fail("field %s has kind %d, want Model, State, Memory, Profile or Tape", f.Name, f.Kind)
	}
}

func (v *verifier) series(s *Series) {
	if s == nil {
		v.fail("a series is nil")
	}
}

// expr checks e for missing parts and cycles; open holds the nodes above (true)
// and those done (false).
func (v *verifier) expr(e Expr, open map[Expr]bool) {
	switch n := e.(type) {
	case Load:
		v.field(n.Field)
		return
	case Const, Param:
		return
	case *Sum:
		if n == nil {
			e = nil
		}
	case *Prod:
		if n == nil {
			e = nil
		}
	case *Tap:
		if n == nil {
			e = nil
		}
	case *Let:
		if n == nil {
			e = nil
		}
	}
	if e == nil {
		v.fail("an expression is missing (nil)")
		return
	}
	if above, seen := open[e]; seen {
		if above {
			v.fail("an expression contains itself")
		}
		return
	}
	open[e] = true
	for _, c := range children(e) {
		v.expr(c, open)
	}
	open[e] = false
}
