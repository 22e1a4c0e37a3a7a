package stencil

import "slices"

// Premultiplied returns the program with memory fields stored times a profile, where a
// derivative is taken of their product with it and whatever reads them multiplies them by
// it: the derivative then is of a field, and no product is computed at each of its points.
// Only what those fields mean changes: they are the former times the profile.
//
// It is for programs that run. A transpose is taken of the original: the memory fields of
// a premultiplied program's transpose would not vanish outside the PML.
func (p *Program) Premultiplied() *Program {
	by := p.premultipliers()
	if len(by) == 0 {
		return p
	}
	memo := map[Expr]Expr{}
	var rec func(e Expr) Expr
	rec = func(e Expr) Expr {
		if r, ok := memo[e]; ok {
			return r
		}
		r := e
		if n, ok := e.(*Prod); ok {
			factors := slices.Clone(n.Factors)
			for _, f := range n.Factors {
				if l, ok := f.(Load); ok && by[l.Field] != nil {
					at := slices.Index(factors, Expr(profileOf(l, by[l.Field])))
					factors = slices.Delete(factors, at, at+1)
				}
			}
			r = &Prod{factors}
		}
		r = mapped(r, rec)
		memo[e] = r
		return r
	}
	out := p.rewrite(rec)
	for _, s := range out.Body {
		if u, ok := s.(Update); ok {
			for i, a := range u {
				if f := by[a.Dst]; f != nil {
					u[i].RHS = Mul(f.At(), a.RHS)
				}
			}
		}
	}
	return out.Simplify()
}

// profileOf is the load of a profile where a memory field is read.
func profileOf(l Load, profile *Field) Load {
	return Load{profile, Along(profile.Dim, l.Off[profile.Dim])}
}

// premultipliers finds the memory fields that Premultiplied stores times a profile, and
// which.
func (p *Program) premultipliers() map[*Field]*Field {
	candidates := map[*Field][]*Field{} // what all products seen so far have
	differentiated := map[*Field]bool{}
	memory := func(e Expr) (Load, bool) {
		l, ok := e.(Load)
		return l, ok && l.Field.Kind == Memory
	}
	see := func(l Load, profiles []*Field) {
		old, seen := candidates[l.Field]
		candidates[l.Field] = slices.DeleteFunc(profiles, func(f *Field) bool { return seen && !slices.Contains(old, f) })
	}
	bare := func(e Expr) {
		if l, ok := memory(e); ok {
			see(l, nil)
		}
	}
	for _, s := range p.Body {
		for _, e := range s.exprs() {
			bare(e)
		}
	}
	p.walk(func(e Expr) {
		n, ok := e.(*Prod)
		if !ok {
			for _, c := range children(e) {
				bare(c)
			}
		} else {
			for _, f := range n.Factors {
				if l, ok := memory(f); ok {
					see(l, n.profilesOf(l))
				}
			}
		}
		if t, ok := e.(*Tap); ok {
			walk(func(e Expr) {
				if l, ok := memory(e); ok {
					differentiated[l.Field] = true
				}
			}, t.X)
		}
	})
	out, written := map[*Field]*Field{}, written(p.Body...)
	for m, profiles := range candidates {
		if len(profiles) > 0 && differentiated[m] && written[m] != nil {
			out[m] = profiles[0]
		}
	}
	return out
}

// profilesOf returns the profiles that a memory field is multiplied by in a product, at
// the place where it is read; none if the product has several memory fields.
func (n *Prod) profilesOf(l Load) []*Field {
	var out []*Field
	memory := 0
	for _, f := range n.Factors {
		switch o, ok := f.(Load); {
		case !ok:
		case o.Field.Kind == Memory:
			memory++
		case o.Field.Kind == Profile && o == profileOf(l, o.Field) && o.Field.Dim == l.Field.Dim:
			out = append(out, o.Field)
		}
	}
	if memory > 1 {
		return nil
	}
	return out
}
