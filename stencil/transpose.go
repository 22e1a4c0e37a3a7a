package stencil

import (
	"errors"
	"fmt"
	"slices"
)

// ErrNotLinear is wrapped by Transpose's error when the program is not linear in
// the fields and series it was asked to transpose.
var ErrNotLinear = errors.New("not linear")

// Cotangent is the transpose of a linear program.
type Cotangent struct {
	Program *Program
	// Bar maps each field of the linear program to its cotangent, Series each of
	// its series: what it recorded is injected here, and the reverse.
	Bar    map[*Field]*Field
	Series map[*Series]*Series
	// Also lists, for a series that is recorded here, others to be added to it: what one
	// statement cannot record, since the original injects in places with an Update between.
	Also map[*Series][]*Series
}

// Transpose returns the adjoint of one step of p, which must be linear in the
// fields and series given and all that depends on them: if p maps the state x to
// A x, the result maps ybar to A^T ybar. Sources of p that depend on none of these
// are left out. Other fields, models, profiles and tapes, are read as p reads them.
// Running the transposes of steps nt-1 ... 0 gives the adjoint of the whole propagation.
// The gradient of a model covers the cells inside the halo.
//
// The error wraps ErrNotLinear, unless it is that a memory field is read without a
// profile of its dimension as a factor: its cotangent leaves the PML.
//
// The load x[i+o] with coefficient c[i] becomes the gather c[i-o] ybar[i-o], so no
// backend needs atomics. Common terms stay common: an expression graph is
// transposed as a graph, in reverse.
func Transpose(p *Program, fields []*Field, series ...*Series) (*Cotangent, error) {
	p = p.Simplify() // drops zeros, which would look like constant terms
	t := &transposer{Cotangent: Cotangent{Bar: map[*Field]*Field{}, Series: map[*Series]*Series{}, Also: map[*Series][]*Series{}}, names: p.names()}
	t.order = activate(p, t.Bar, t.Series, fields, series,
		func(f *Field) *Field {
			bar := f.derived(t.names.fresh(f.Name + "_bar"))
			bar.Extent = 0 // confine finds it
			if f.Kind == Model {
				bar.Kind = State // a model's gradient grows step by step
			}
			return bar
		},
		func(s *Series) *Series { return &Series{t.names.fresh(s.Name + "_bar"), s.Points} })
	out := &Program{Name: p.Name + "_adj", NDim: p.NDim}
	for _, s := range slices.Backward(p.Body) {
		stmts, err := t.stmt(s)
		if err != nil {
			return nil, fmt.Errorf("stencil: transpose of %s: %w", p.Name, err)
		}
		for _, s := range stmts {
			if r, ok := s.(Record); ok {
				out.Body = t.record(out.Body, r)
			} else {
				out.Body = append(out.Body, s)
			}
		}
	}
	t.Program = t.tidied(out.Simplify())
	if err := t.confine(); err != nil {
		return nil, fmt.Errorf("stencil: transpose of %s: %w", p.Name, err)
	}
	return &t.Cotangent, nil
}

type transposer struct {
	Cotangent
	order  []*Field // of Bar, for output that does not depend on map order
	names  names
	before []Stmt // what the Update's transpose wants stored, see stored
}

// record returns body with r at the end, or added to a Record of the same series as long as
// what r reads was not written since: a series injected into several fields is recorded once.
// Where that cannot be, r gets a series of its own.
func (t *transposer) record(body []Stmt, r Record) []Stmt {
	also := t.Also[r.To]
	moves := true
	for i, old := range slices.Backward(body) {
		switch old := old.(type) {
		case Update:
			moves = false
		case Inject:
			moves = moves && !dependsOn(map[*Field]*Field{old.Dst: old.Dst}, r.X)
		case Record:
			if old.To != r.To && !slices.Contains(also, old.To) {
				continue
			}
			if moves {
				body[i] = Record{old.To, Add(old.X, r.X)}
				return body
			}
			own := &Series{t.names.fresh(r.To.Name), r.To.Points}
			t.Also[r.To] = append(also, own)
			return append(body, Record{own, r.X})
		}
	}
	return append(body, r)
}

// tidied returns the program without assignments of a field to itself, as the transposes of
// several Updates have them. Cotangents that nothing else writes keep one.
func (t *transposer) tidied(p *Program) *Program {
	out := &Program{Name: p.Name, NDim: p.NDim}
	for _, s := range p.Body {
		if u, ok := s.(Update); ok {
			u = slices.DeleteFunc(u, func(a Assign) bool { return a.RHS == a.Dst.At() })
			if len(u) == 0 {
				continue
			}
			s = u
		}
		out.Body = append(out.Body, s)
	}
	var keep Update
	written := written(out.Body...)
	for _, f := range t.order {
		if bar := t.Bar[f]; written[bar] == nil {
			keep = append(keep, Assign{bar, bar.At()})
		}
	}
	if len(keep) > 0 {
		out.Body = append(out.Body, keep)
	}
	return out
}

// confine sets the Extent of the cotangents of memory fields.
func (t *transposer) confine() error {
	var last *Field
	for range len(t.order) + 1 {
		last = nil
		for _, s := range t.Program.Body {
			u, _ := s.(Update)
			for _, a := range u {
				if a.Dst.Kind != Memory {
					continue
				}
				if n := extent(a.RHS, a.Dst.Dim); n == Everywhere {
					return fmt.Errorf("%s leaves the PML: want its field read times a profile of dimension %d", a.Dst, a.Dst.Dim)
				} else if n > a.Dst.Extent {
					a.Dst.Extent, last = n, a.Dst
				}
			}
		}
		if last == nil {
			return nil
		}
	}
	return fmt.Errorf("%s spreads ever further out of its PML: want its field read times a profile of dimension %d", last, last.Dim)
}

func (t *transposer) stmt(s Stmt) ([]Stmt, error) {
	switch s := s.(type) {
	case Update:
		return t.update(s)
	case Inject:
		bar := t.Bar[s.Dst]
		if bar == nil {
			return nil, fmt.Errorf("injects into %s, which is not among the linear fields: %w", s.Dst.Name, ErrNotLinear)
		}
		if !dependsOn(t.Bar, s.Coeff) {
			if r := t.Series[s.From]; r != nil {
				return []Stmt{Record{r, shift(Mul(s.Coeff, bar.At()), s.Off, map[Expr]Expr{})}}, nil
			}
			return nil, nil // a constant term: zero derivative
		}
		if t.Series[s.From] != nil {
			return nil, fmt.Errorf("series %s times a linear coefficient: %w", s.From.Name, ErrNotLinear)
		}
		return t.inject(s.Coeff, bar.At(), s.From, s.Off)
	case Record:
		r := t.Series[s.To]
		if r == nil {
			return nil, fmt.Errorf("records %s, which is not among the linear series: %w", s.To.Name, ErrNotLinear)
		}
		return t.inject(s.X, Const(1), r, Offset{})
	}
	return nil, fmt.Errorf("unknown statement %T", s)
}

// inject returns what adds from, times seed and the derivative of x, to the cotangents:
// where x is read at an offset, beside the points.
func (t *transposer) inject(x, seed Expr, from *Series, at Offset) ([]Stmt, error) {
	grads, err := t.reverse([]Expr{untapped(x)}, []Expr{seed})
	if err != nil {
		return nil, err
	}
	var out []Stmt
	for _, f := range t.order {
		var offs []Offset
		by := map[Offset][]Expr{}
		for _, g := range grads[f] {
			if by[g.off] == nil {
				offs = append(offs, g.off)
			}
			by[g.off] = append(by[g.off], g.there())
		}
		for _, o := range offs {
			out = append(out, Inject{t.Bar[f], Add(by[o]...), from, at.plus(o)})
		}
	}
	return out, nil
}

// untapped returns e with every Tap as a sum of what it weighs.
func untapped(e Expr) Expr {
	t, ok := e.(*Tap)
	if !ok {
		return mapped(e, untapped)
	}
	var terms []Expr
	for k, o := range t.Off {
		terms = append(terms, Mul(Const(t.W[k]), shift(t.X, o, map[Expr]Expr{})))
	}
	return Add(terms...)
}

// grad is part of a field's cotangent: y, of the point that reads the field off further on.
type grad struct {
	y   Expr
	off Offset
}

// there is the part where the field is read.
func (g grad) there() Expr { return shift(g.y, g.off.neg(), map[Expr]Expr{}) }

func (t *transposer) update(u Update) ([]Stmt, error) {
	assigned := map[*Field]bool{}
	var roots, seeds []Expr
	for _, a := range u {
		bar := t.Bar[a.Dst]
		if bar == nil {
			return nil, fmt.Errorf("assigns %s, which is not among the linear fields: %w", a.Dst.Name, ErrNotLinear)
		}
		assigned[a.Dst] = true
		roots = append(roots, a.RHS)
		seeds = append(seeds, bar.At())
	}
	t.before = nil
	grads, err := t.reverse(roots, seeds)
	if err != nil {
		return nil, err
	}
	var out Update
	for _, f := range t.order {
		var terms []Expr
		for _, g := range grads[f] {
			if g.off != (Offset{}) && holdsTape(g.y) {
				var taped []Expr
				for _, factors := range expanded(g.y) {
					if x := Mul(factors...); holdsTape(x) {
						taped = append(taped, x)
					} else {
						terms = append(terms, grad{x, g.off}.there())
					}
				}
				g.y = t.stored(Add(taped...))
			}
			terms = append(terms, g.there())
		}
		if !assigned[f] {
			if terms == nil {
				continue // not touched: keeps its cotangent
			}
			terms = append([]Expr{t.Bar[f].At()}, terms...)
		}
		out = append(out, Assign{t.Bar[f], Add(terms...)})
	}
	return append(t.before, out), nil
}

// reverse differentiates sum_k seeds[k]*roots[k], summed over the grid, with
// respect to each linear field: reverse mode over the expression graph.
func (t *transposer) reverse(roots, seeds []Expr) (map[*Field][]grad, error) {
	active := map[Expr]bool{}
	var topo []Expr
	walk(func(e Expr) {
		if l, ok := e.(Load); ok {
			active[e] = t.Bar[l.Field] != nil
		}
		for _, c := range children(e) {
			active[e] = active[e] || active[c]
		}
		topo = append(topo, e)
	}, roots...)

	ct := map[Expr][]Expr{}
	for k, r := range roots {
		if active[r] {
			ct[r] = append(ct[r], seeds[k])
		} else if r != Const(0) {
			return nil, fmt.Errorf("a right-hand side holds no linear field: %w", ErrNotLinear)
		}
	}
	grads := map[*Field][]grad{}
	for _, e := range slices.Backward(topo) {
		if !active[e] || ct[e] == nil {
			continue
		}
		y := Add(ct[e]...)
		switch e := e.(type) {
		case Load:
			grads[e.Field] = append(grads[e.Field], grad{y, e.Off})
		case *Sum:
			for _, x := range e.Terms {
				if !active[x] {
					return nil, fmt.Errorf("a sum mixes linear and constant terms: %w", ErrNotLinear)
				}
				ct[x] = append(ct[x], y)
			}
		case *Prod:
			at := -1
			for i, x := range e.Factors {
				if active[x] {
					if at >= 0 {
						return nil, fmt.Errorf("a product of linear terms: %w", ErrNotLinear)
					}
					at = i
				}
			}
			ct[e.Factors[at]] = append(ct[e.Factors[at]], withFactor(e.Factors, at, y))
		case *Tap:
			if holdsTap(y) || holdsTape(y) {
				y = t.stored(y)
			}
			off := make([]Offset, len(e.Off))
			for i, o := range e.Off {
				off[i] = o.neg()
			}
			ct[e.X] = append(ct[e.X], &Tap{off, e.W, y})
		case *Let:
			ct[e.X] = append(ct[e.X], &Let{e.Name + "_bar", y})
		}
	}
	return grads, nil
}

// stored returns the load of a field of its own that holds y, a part of a cotangent, before an
// Update reads it away from the point: what is a derivative then reaches no further, and a tape is
// read at the point only. Every term of y has a cotangent as a factor, so it vanishes in the halo.
func (t *transposer) stored(y Expr) Expr {
	f := &Field{Name: t.names.fresh("inner_bar"), Kind: State}
	if n := len(t.before); n > 0 && !dependsOn(written(t.before[n-1]), y) {
		t.before[n-1] = append(t.before[n-1].(Update), Assign{f, y})
	} else {
		t.before = append(t.before, Update{{f, y}})
	}
	return f.At()
}

// holdsTape reports whether e loads a tape.
func holdsTape(e Expr) bool {
	return loading(func(l Load) bool { return l.Field.Kind == Tape })(e)
}
