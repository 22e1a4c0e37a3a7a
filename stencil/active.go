package stencil

import (
	"slices"
	"strconv"
)

// activate fills fields and series: a mate for each of wrt and the series given,
// and for all in p that depends on them. It returns the fields in the order found.
func activate(p *Program, fields map[*Field]*Field, series map[*Series]*Series, wrt []*Field, given []*Series,
	field func(*Field) *Field, one func(*Series) *Series) []*Field {
	var order []*Field
	mark := func(f *Field) bool {
		if fields[f] != nil {
			return false
		}
		fields[f] = field(f)
		order = append(order, f)
		return true
	}
	markSeries := func(s *Series) {
		if series[s] == nil {
			series[s] = one(s)
		}
	}
	for _, f := range wrt {
		mark(f)
	}
	for _, s := range given {
		markSeries(s)
	}
	for changed := true; changed; {
		changed = false
		for _, s := range p.Body {
			switch s := s.(type) {
			case Update:
				for _, a := range s {
					if dependsOn(fields, a.RHS) {
						changed = mark(a.Dst) || changed
					}
				}
			case Inject:
				if series[s.From] != nil || dependsOn(fields, s.Coeff) {
					changed = mark(s.Dst) || changed
				}
			case Record:
				if dependsOn(fields, s.X) {
					markSeries(s.To)
				}
			}
		}
	}
	return order
}

// dependsOn reports whether e loads a field in the set.
func dependsOn(fields map[*Field]*Field, e Expr) bool {
	return loading(func(l Load) bool { return fields[l.Field] != nil })(e)
}

// loading returns a function that reports whether an expression holds a load of some kind.
func loading(is func(Load) bool) func(Expr) bool {
	memo := map[Expr]bool{}
	var rec func(Expr) bool
	rec = func(e Expr) bool {
		found, seen := memo[e]
		if seen {
			return found
		}
		if l, ok := e.(Load); ok {
			found = is(l)
		} else {
			found = slices.ContainsFunc(children(e), rec)
		}
		memo[e] = found
		return found
	}
	return rec
}

// names is a set of names in use.
type names map[string]bool

// names returns those of the program's fields and series.
func (p *Program) names() names {
	n := names{}
	for _, f := range p.Fields() {
		n[f.Name] = true
	}
	in, out := p.series()
	for _, s := range append(in, out...) {
		n[s.Name] = true
	}
	return n
}

// fresh returns a name like base that is not in use, and takes it.
func (n names) fresh(base string) string {
	name := base
	for i := 2; n[name]; i++ {
		name = base + "_" + strconv.Itoa(i)
	}
	n[name] = true
	return name
}
