package stencil

import (
	"slices"
	"sync/atomic"
)

// Program is one time step of an equation: statements in the order they happen.
type Program struct {
	Name string
	NDim int
	Body []Stmt

	found atomic.Pointer[fields] // what Fields found
}

// fields are those of a program.
type fields struct {
	list   []*Field
	byName map[string]*Field
}

// Stmt is an Update, an Inject or a Record.
type Stmt interface {
	exprs() []Expr
	// rewrite returns the statement with every expression replaced by f of it.
	rewrite(f func(Expr) Expr) Stmt
}

// Assign gives Dst the value of RHS at every point inside the halo.
type Assign struct {
	Dst *Field
	RHS Expr
}

// Update assigns several fields at once: each RHS sees the state before it.
type Update []Assign

// Inject adds Coeff times the series From to Dst at the cells of the series' points
// plus Off, where Coeff is evaluated; nothing in the halo. Coeff does not read Dst.
type Inject struct {
	Dst   *Field
	Coeff Expr
	From  *Series
	Off   Offset
}

// Record samples X at the series' points into To: values of fields that span the grid,
// at the point or near it, or derivatives. A step records a series once.
type Record struct {
	To *Series
	X  Expr
}

func (u Update) exprs() []Expr {
	out := make([]Expr, len(u))
	for i, a := range u {
		out[i] = a.RHS
	}
	return out
}
func (s Inject) exprs() []Expr { return []Expr{s.Coeff} }
func (s Record) exprs() []Expr { return []Expr{s.X} }

func (u Update) rewrite(f func(Expr) Expr) Stmt {
	out := make(Update, len(u))
	for i, a := range u {
		out[i] = Assign{a.Dst, f(a.RHS)}
	}
	return out
}
func (s Inject) rewrite(f func(Expr) Expr) Stmt { s.Coeff = f(s.Coeff); return s }
func (s Record) rewrite(f func(Expr) Expr) Stmt { s.X = f(s.X); return s }

func (p *Program) rewrite(f func(Expr) Expr) *Program {
	out := &Program{Name: p.Name, NDim: p.NDim, Body: make([]Stmt, len(p.Body))}
	for i, s := range p.Body {
		out.Body[i] = s.rewrite(f)
	}
	return out
}

func (p *Program) walk(visit func(Expr)) {
	var roots []Expr
	for _, s := range p.Body {
		roots = append(roots, s.exprs()...)
	}
	walk(visit, roots...)
}

// Fields returns every field of the program in order of first appearance.
func (p *Program) Fields() []*Field { return slices.Clone(p.fields().list) }

// Field returns the field with that name, or nil.
func (p *Program) Field(name string) *Field { return p.fields().byName[name] }

// fields looks through the program once: it does not change.
func (p *Program) fields() *fields {
	if found := p.found.Load(); found != nil {
		return found
	}
	out := &fields{byName: map[string]*Field{}}
	seen := map[*Field]bool{}
	add := func(f *Field) {
		if seen[f] {
			return
		}
		seen[f] = true
		out.list = append(out.list, f)
		if out.byName[f.Name] == nil {
			out.byName[f.Name] = f
		}
	}
	for _, s := range p.Body {
		switch s := s.(type) {
		case Update:
			for _, a := range s {
				add(a.Dst)
			}
		case Inject:
			add(s.Dst)
		}
	}
	p.walk(func(e Expr) {
		if l, ok := e.(Load); ok {
			add(l.Field)
		}
	})
	p.found.Store(out)
	return out
}

// written returns the set of fields that statements write.
func written(body ...Stmt) map[*Field]*Field {
	out := map[*Field]*Field{}
	for _, s := range body {
		switch s := s.(type) {
		case Update:
			for _, a := range s {
				out[a.Dst] = a.Dst
			}
		case Inject:
			out[s.Dst] = s.Dst
		}
	}
	return out
}

// Params returns the names of the parameters that Bind has yet to replace.
func (p *Program) Params() []string {
	var out []string
	p.walk(func(e Expr) {
		if s, ok := e.(Param); ok {
			out = append(out, string(s))
		}
	})
	return out
}

// Inputs returns the series that are injected, in order of first appearance.
func (p *Program) Inputs() []*Series { in, _ := p.series(); return in }

// Outputs returns the series that are recorded, in order of first appearance.
func (p *Program) Outputs() []*Series { _, out := p.series(); return out }

func (p *Program) series() (in, out []*Series) {
	for _, s := range p.Body {
		switch s := s.(type) {
		case Inject:
			if !slices.Contains(in, s.From) {
				in = append(in, s.From)
			}
		case Record:
			if !slices.Contains(out, s.To) {
				out = append(out, s.To)
			}
		}
	}
	return in, out
}

// Reach returns how many cells away from a point the program reads: the width
// of the halo that the grid needs.
func (p *Program) Reach() int {
	reach := 0
	p.eachLoad(func(_ Load, total Offset) {
		for _, o := range total {
			reach = max(reach, abs(o))
		}
	})
	return reach
}

// Spread returns how many cells beyond a PML a term that belongs to it can be
// non-zero: profiles and memory fields are read at offsets. The transpose of a
// program spreads wider than the program.
func (p *Program) Spread() int {
	spread := 0
	p.eachLoad(func(l Load, total Offset) {
		if d, ok := l.Field.pmlDim(); ok {
			spread = max(spread, l.Field.Extent+abs(total[d]))
		}
	})
	for f := range written(p.Body...) {
		spread = max(spread, f.Extent)
	}
	return spread
}

// eachLoad visits every load with its total offset, Taps around it included.
func (p *Program) eachLoad(visit func(Load, Offset)) {
	type key struct {
		e Expr
		o Offset
	}
	seen := map[key]bool{}
	var rec func(Expr, Offset)
	rec = func(e Expr, o Offset) {
		if seen[key{e, o}] {
			return
		}
		seen[key{e, o}] = true
		switch e := e.(type) {
		case Load:
			visit(e, o.plus(e.Off))
		case *Tap:
			for _, t := range e.Off {
				rec(e.X, o.plus(t))
			}
		default:
			for _, c := range children(e) {
				rec(c, o)
			}
		}
	}
	for _, s := range p.Body {
		for _, e := range s.exprs() {
			rec(e, Offset{})
		}
	}
}

func abs(n int) int { return max(n, -n) }

// Without returns the program without the statements of the series that drop chooses: sources
// and receivers that a survey does not have.
func (p *Program) Without(drop func(*Series) bool) *Program {
	out := &Program{Name: p.Name, NDim: p.NDim}
	for _, s := range p.Body {
		switch s := s.(type) {
		case Inject:
			if drop(s.From) {
				continue
			}
		case Record:
			if drop(s.To) {
				continue
			}
		}
		out.Body = append(out.Body, s)
	}
	return out
}
