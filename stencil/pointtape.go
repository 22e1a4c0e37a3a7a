package stencil

// PointTape is a tape that is kept at points: of what a Record multiplies models by, where it
// reads wavefields times models or each other. Forward records Tape; Reverse injects To, which
// whoever runs it makes of Tape and By, the cotangent of what was recorded, by Points.Times.
//
// Tape and To have points of their own, Points.Cells of those of By.
type PointTape struct{ Tape, By, To *Series }

// Cells returns the cells of all points, each as a point of weight 1.
func (p Points) Cells() Points {
	out := Points{}
	for _, entries := range p {
		for _, e := range entries {
			out = append(out, []Entry{{e.Cell, 1}})
		}
	}
	return out
}

// Times returns, for each of Cells, its sample times the weight and the sample of its point.
func (p Points) Times(cells, points []float64) []float64 {
	out := make([]float64, 0, len(cells))
	for i, entries := range p {
		for _, e := range entries {
			out = append(out, cells[len(out)]*e.Weight*points[i])
		}
	}
	return out
}

// tapeAtPoints replaces the tapes that the transposes of Records read, each of which stands for one
// of the terms, by point tapes.
func (c *Pair) tapeAtPoints(terms map[*Field]Expr) {
	names := c.Reverse.names()
	for n := range c.Forward.names() {
		names[n] = true
	}
	recorded := map[*Series]*Series{}
	for s, bar := range c.Series {
		recorded[bar] = s
	}
	pool := newPool()
	intern := pool.builder(func(e Expr) Expr { return e })
	type key struct {
		x  int // what is taped
		by *Series
	}
	known := map[key]*Series{}
	tapes := map[*Series][]Stmt{}
	inject := func(i Inject) (out []Stmt) {
		parts := map[*Series][]Expr{}
		var order []*Series
		for _, factors := range expanded(i.Coeff) {
			var taped, rest []Expr
			for _, f := range factors {
				if l, ok := f.(Load); ok && terms[l.Field] != nil {
					taped = append(taped, shift(terms[l.Field], l.Off.plus(i.Off), map[Expr]Expr{}))
				} else {
					rest = append(rest, f)
				}
			}
			from := i.From
			if len(taped) > 0 {
				x := intern(Mul(taped...))
				k := key{pool.id[x], i.From}
				if known[k] == nil {
					of := recorded[i.From]
					tape := &Series{names.fresh(of.Name + "_tape"), of.Points + "_cells"}
					known[k] = &Series{names.fresh(tape.Name + "_bar"), tape.Points}
					c.Points = append(c.Points, PointTape{tape, i.From, known[k]})
					tapes[of] = append(tapes[of], Record{tape, x})
				}
				from = known[k]
			}
			if parts[from] == nil {
				order = append(order, from)
			}
			parts[from] = append(parts[from], Mul(rest...))
		}
		for _, from := range order {
			out = append(out, Inject{i.Dst, Add(parts[from]...), from, i.Off})
		}
		return out
	}
	c.Reverse = c.Reverse.expand(func(s Stmt) []Stmt {
		if i, ok := s.(Inject); ok && recorded[i.From] != nil {
			return inject(i)
		}
		return []Stmt{s}
	})
	c.Forward = c.Forward.expand(func(s Stmt) []Stmt {
		if r, ok := s.(Record); ok {
			return append([]Stmt{s}, tapes[r.To]...)
		}
		return []Stmt{s}
	})
}

// expand returns the program with several statements in place of one.
func (p *Program) expand(f func(Stmt) []Stmt) *Program {
	out := &Program{Name: p.Name, NDim: p.NDim}
	for _, s := range p.Body {
		out.Body = append(out.Body, f(s)...)
	}
	return out.Simplify()
}

// expanded returns e multiplied out, as terms of factors, as far as it holds a tape.
func expanded(e Expr) (terms [][]Expr) {
	if !holdsTape(e) {
		return [][]Expr{{e}}
	}
	switch n := e.(type) {
	case *Let:
		return expanded(n.X)
	case *Sum:
		for _, x := range n.Terms {
			terms = append(terms, expanded(x)...)
		}
		return terms
	case *Prod:
		terms = [][]Expr{nil}
		for _, f := range n.Factors {
			var longer [][]Expr
			for _, t := range terms {
				for _, x := range expanded(f) {
					longer = append(longer, append(t[:len(t):len(t)], x...))
				}
			}
			terms = longer
		}
		return terms
	}
	return [][]Expr{{e}}
}
