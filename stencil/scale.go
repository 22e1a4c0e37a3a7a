package stencil

import "slices"

// Scale is what a cotangent is stored times: a number and, at the point, models.
type Scale struct {
	Number float64
	Models []*Field // one may be there twice: its square
}

// scaler chooses the scales of a program's cotangents, so that its transpose takes derivatives of
// cotangents. Of x' = c D(y) it would take those of products with a model, y_bar = D^T(c x_bar), with a load
// and a multiplication more at each neighbour; with w = c x_bar in x_bar's place it is D^T(w).
//
// What is scaled is the tangent program, before its transpose: w is the cotangent of X where
// x = c X, and the program of X is X' = D(y). So c has to divide all that x is assigned.
type scaler struct {
	tangent *Program
	dots    map[*Field]bool
	by      map[*Field]Scale // of tangents; others have none
}

// newScaler finds the scales of tangents, made of models that are nowhere zero.
func newScaler(tangent *Program, dots []*Field, nonZero func(*Field) bool) *scaler {
	s := &scaler{tangent: tangent.Simplify(), dots: map[*Field]bool{}}
	for _, f := range dots {
		s.dots[f] = true
	}
	var models []*Field
	for _, f := range s.tangent.Fields() {
		if f.Kind == Model && !s.dots[f] && nonZero != nil && nonZero(f) {
			models = append(models, f)
		}
	}
	for {
		s.candidates(models)
		_, lack := s.scaled()
		for lack != nil && s.widen(lack.term, lack.model) {
			_, lack = s.scaled()
		}
		if lack == nil {
			return s
		}
		models = slices.DeleteFunc(models, func(f *Field) bool { return f == lack.model })
	}
}

// candidates scales each wavefield by the models that multiply every derivative in it.
func (s *scaler) candidates(models []*Field) {
	derivatives := map[*Field][]Expr{}
	for _, stmt := range s.tangent.Body {
		u, _ := stmt.(Update)
		for _, a := range u {
			for _, e := range terms(a.RHS) {
				if holdsTap(e) && a.Dst.Kind == State {
					derivatives[a.Dst] = append(derivatives[a.Dst], e)
				}
			}
		}
	}
	s.by = map[*Field]Scale{}
	for f, es := range derivatives {
		for _, m := range models {
			for {
				rest, ok := divideAll(es, m)
				if !ok {
					break
				}
				es = rest
				s.widenField(f, m)
			}
		}
	}
}

func (s *scaler) widenField(f, m *Field) {
	s.by[f] = Scale{1, append(slices.Clone(s.by[f].Models), m)}
}

// lack is what keeps a scale from dividing what a tangent is assigned.
type lack struct {
	term  Expr
	model *Field // that it is no multiple of
}

// scaled returns the program of the scaled tangents, or the first thing that it lacks.
func (s *scaler) scaled() (*Program, *lack) {
	out := s.tangent.rewrite(replacing(func(l Load) Expr {
		x, ok := s.by[l.Field]
		if !ok {
			return l
		}
		factors := []Expr{Const(x.Number)}
		for _, m := range x.Models {
			factors = append(factors, Load{m, l.Off})
		}
		return &Prod{append(factors, l)}
	})).Simplify()
	var first *lack
	quotient := func(f *Field, e Expr) Expr {
		x, ok := s.by[f]
		if !ok {
			return e
		}
		all := slices.Clone(terms(e))
		for _, m := range x.Models {
			for i, t := range all {
				if q, ok := divide(t, m); ok {
					all[i] = q
				} else if first == nil {
					first = &lack{t, m}
				}
			}
		}
		return Mul(Const(1/x.Number), Add(all...))
	}
	for i, stmt := range out.Body {
		switch stmt := stmt.(type) {
		case Update:
			for j, a := range stmt {
				stmt[j].RHS = quotient(a.Dst, a.RHS)
			}
		case Inject:
			stmt.Coeff = quotient(stmt.Dst, stmt.Coeff)
			out.Body[i] = stmt
		}
	}
	return out.Simplify(), first
}

// program is scaled's, of scales that lack nothing.
func (s *scaler) program() *Program {
	p, _ := s.scaled()
	return p
}

// widen makes e a multiple of a model by scaling its tangents, if it has them at the point.
func (s *scaler) widen(e Expr, m *Field) bool {
	switch n := e.(type) {
	case *Let:
		return s.widen(n.X, m)
	case *Sum:
		for _, t := range n.Terms {
			if _, ok := divide(t, m); !ok && !s.widen(t, m) {
				return false
			}
		}
		return true
	}
	done, fits := false, true
	walk(func(e Expr) {
		switch e := e.(type) {
		case *Tap:
			fits = false
		case Load:
			if s.dots[e.Field] {
				fits = fits && e.Off == (Offset{}) && e.Field.Kind != Memory
				s.widenField(e.Field, m)
				done = true
			}
		}
	}, e)
	return done && fits
}

// renumber gives cotangents that are assigned another times a number the inverse for a scale, so that
// the assignment is a change of names, and reports whether there are such.
func (s *scaler) renumber(c *Cotangent) (found bool) {
	of := map[*Field]*Field{}
	for f, bar := range c.Bar {
		of[bar] = f
	}
	for _, stmt := range c.Program.Body {
		u, _ := stmt.(Update)
		for _, a := range u {
			n, rest := factored(a.RHS)
			if f := of[a.Dst]; f != nil && a.Dst.Kind == State && n != 1 && len(rest) == 1 {
				if l, ok := rest[0].(Load); ok && of[l.Field] != nil && l.Field != a.Dst && l.Off == (Offset{}) {
					s.by[f] = Scale{1 / n, s.by[f].Models}
					found = true
				}
			}
		}
	}
	return found
}

// terms returns the summands of a simplified expression.
func terms(e Expr) []Expr {
	if s, ok := e.(*Sum); ok {
		return s.Terms
	}
	return []Expr{e}
}

// divide returns e divided by a model at the point, if e is a multiple of it.
func divide(e Expr, m *Field) (Expr, bool) {
	switch n := e.(type) {
	case Const:
		return e, n == 0
	case Load:
		return Const(1), n == m.At()
	case *Sum:
		out, ok := divideAll(n.Terms, m)
		return &Sum{out}, ok
	case *Prod:
		for i, f := range n.Factors {
			if q, ok := divide(f, m); ok {
				return withFactor(n.Factors, i, q), true
			}
		}
	case *Let:
		q, ok := divide(n.X, m)
		return &Let{n.Name, q}, ok
	}
	return nil, false
}

// divideAll divides several expressions, if all are multiples.
func divideAll(es []Expr, m *Field) ([]Expr, bool) {
	out := make([]Expr, len(es))
	for i, e := range es {
		q, ok := divide(e, m)
		if !ok {
			return nil, false
		}
		out[i] = q
	}
	return out, true
}
