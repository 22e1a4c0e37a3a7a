package stencil

// Offset is a displacement in cells along each grid axis.
type Offset [3]int

// Along returns the offset of n cells along dimension dim.
func Along(dim, n int) Offset {
	var o Offset
	o[dim] = n
	return o
}

func (o Offset) plus(p Offset) Offset {
	for d := range o {
		o[d] += p[d]
	}
	return o
}

func (o Offset) neg() Offset {
	for d := range o {
		o[d] = -o[d]
	}
	return o
}

// Expr is a value at a grid point: Const, Param, Load, *Sum, *Prod, *Tap or
// *Let. Expressions form a graph: a node used in two places is computed once.
type Expr interface{ isExpr() }

type (
	// Const is a number.
	Const float64

	// Param is a scalar known at run time (a time step, a spacing); Bind replaces it.
	Param string

	// Load reads a field at an offset from the point.
	Load struct {
		Field *Field
		Off   Offset
	}

	// Sum adds its terms in order.
	Sum struct{ Terms []Expr }

	// Prod multiplies its factors in order.
	Prod struct{ Factors []Expr }

	// Tap is a weighted sum of X at shifted points, sum_k W[k] X(point + Off[k]):
	// a finite-difference derivative, kept whole so that a backend can run it as
	// one operation. X holds no further Tap in a program that runs.
	Tap struct {
		Off []Offset
		W   []float64
		X   Expr
	}

	// Let names a common term. It is computed once at each point, and
	// simplification does not look through it.
	Let struct {
		Name string
		X    Expr
	}
)

func (Const) isExpr() {}
func (Param) isExpr() {}
func (Load) isExpr()  {}
func (*Sum) isExpr()  {}
func (*Prod) isExpr() {}
func (*Tap) isExpr()  {}
func (*Let) isExpr()  {}

// Add returns the sum of its arguments.
func Add(terms ...Expr) Expr { return &Sum{terms} }

// Mul returns the product of its arguments.
func Mul(factors ...Expr) Expr { return &Prod{factors} }

// Neg returns -x.
func Neg(x Expr) Expr { return Mul(Const(-1), x) }

// Named returns x as a common term with a name.
func Named(name string, x Expr) Expr { return &Let{name, x} }

// children returns the operands of e.
func children(e Expr) []Expr {
	switch e := e.(type) {
	case *Sum:
		return e.Terms
	case *Prod:
		return e.Factors
	case *Tap:
		return []Expr{e.X}
	case *Let:
		return []Expr{e.X}
	}
	return nil
}

// mapped returns e with f of each of its operands.
func mapped(e Expr, f func(Expr) Expr) Expr {
	each := func(es []Expr) []Expr {
		out := make([]Expr, len(es))
		for i, x := range es {
			out[i] = f(x)
		}
		return out
	}
	switch e := e.(type) {
	case *Sum:
		return &Sum{each(e.Terms)}
	case *Prod:
		return &Prod{each(e.Factors)}
	case *Tap:
		return &Tap{e.Off, e.W, f(e.X)}
	case *Let:
		return &Let{e.Name, f(e.X)}
	}
	return e
}

// replacing returns a function that gives an expression with f of them in place of loads.
func replacing(f func(Load) Expr) func(Expr) Expr {
	memo := map[Expr]Expr{}
	var rec func(Expr) Expr
	rec = func(e Expr) Expr {
		r, ok := memo[e]
		if !ok {
			if l, is := e.(Load); is {
				r = f(l)
			} else {
				r = mapped(e, rec)
			}
			memo[e] = r
		}
		return r
	}
	return rec
}

// Holds reports whether e loads a field of a kind.
func Holds(e Expr, kind Kind) bool {
	found := false
	walk(func(e Expr) {
		if l, ok := e.(Load); ok && l.Field.Kind == kind {
			found = true
		}
	}, e)
	return found
}

// holdsTap reports whether a Tap can be reached from e.
func holdsTap(e Expr) bool {
	found := false
	walk(func(e Expr) {
		if _, ok := e.(*Tap); ok {
			found = true
		}
	}, e)
	return found
}

// walk visits every node reachable from the roots once, operands first.
func walk(visit func(Expr), roots ...Expr) {
	seen := map[Expr]bool{}
	var rec func(Expr)
	rec = func(e Expr) {
		if seen[e] {
			return
		}
		seen[e] = true
		for _, c := range children(e) {
			rec(c)
		}
		visit(e)
	}
	for _, e := range roots {
		rec(e)
	}
}
