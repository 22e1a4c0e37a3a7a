package stencil

import "fmt"

// shift returns e at the point plus o, with the shift at its loads. The memo is
// for one offset.
func shift(e Expr, o Offset, memo map[Expr]Expr) Expr {
	if o == (Offset{}) {
		return e
	}
	if r, ok := memo[e]; ok {
		return r
	}
	list := func(es []Expr) []Expr {
		out := make([]Expr, len(es))
		for i, x := range es {
			out[i] = shift(x, o, memo)
		}
		return out
	}
	r := e
	switch e := e.(type) {
	case Load:
		r = Load{e.Field, e.Off.plus(o)}
	case *Sum:
		r = &Sum{list(e.Terms)}
	case *Prod:
		r = &Prod{list(e.Factors)}
	case *Tap:
		off := make([]Offset, len(e.Off))
		for i, t := range e.Off {
			off[i] = t.plus(o)
		}
		r = &Tap{off, e.W, e.X}
	case *Let:
		r = &Let{e.Name + offsetName(o), shift(e.X, o, memo)}
	}
	memo[e] = r
	return r
}

// offsetName is o as part of a name: _0_m1_2 is 0, -1, 2.
func offsetName(o Offset) string {
	name := ""
	for _, n := range o {
		if n < 0 {
			name += fmt.Sprintf("_m%d", -n)
		} else {
			name += fmt.Sprintf("_%d", n)
		}
	}
	return name
}
