package stencil

import "fmt"

// Interpreter runs a program point by point in float64, slowly and without any
// of the machinery of the backends (no strips, no schedule, no regions): it is
// the definition that they are tested against.
type Interpreter struct {
	Program *Program
	// Layout gives the padded shape and the halo.
	Layout *Layout
	// Data holds each field for one shot, on the whole padded grid (memory fields
	// too), profiles on their dimension. Absent State and Memory fields start at zero.
	Data map[*Field][]float64
	// Points by their name; In and Out the series: [step][point].
	Points map[string]Points
	In     map[*Series][][]float64
	Out    map[*Series][][]float64
	step   int
}

// Step advances by one step.
func (r *Interpreter) Step() {
	for _, f := range r.Program.Fields() {
		if r.Data[f] == nil && f.Kind != Profile {
			r.Data[f] = make([]float64, r.Layout.Padded())
		}
	}
	if r.Out == nil {
		r.Out = map[*Series][][]float64{}
	}
	for _, s := range r.Program.Body {
		switch s := s.(type) {
		case Update:
			r.update(s)
		case Inject:
			for i, entries := range r.Points[s.From.Points].Moved(r.Layout, s.Off) {
				for _, e := range entries {
					r.Data[s.Dst][e.Cell] += r.eval(s.Coeff, r.index(e.Cell)) * e.Weight * r.In[s.From][r.step][i]
				}
			}
		case Record:
			var row []float64
			for _, entries := range r.Points[s.To.Points] {
				sum := 0.0
				for _, e := range entries {
					sum += e.Weight * r.eval(s.X, r.index(e.Cell))
				}
				row = append(row, sum)
			}
			r.Out[s.To] = append(r.Out[s.To], row)
		}
	}
	r.step++
}

func (r *Interpreter) update(u Update) {
	next := make([][]float64, len(u))
	for i, a := range u {
		next[i] = make([]float64, r.Layout.Padded())
		r.interior(func(cell int, at Offset) { next[i][cell] = r.eval(a.RHS, at) })
	}
	for i, a := range u {
		r.Data[a.Dst] = next[i]
	}
}

// interior visits every cell inside the halo.
func (r *Interpreter) interior(visit func(cell int, at Offset)) {
	for cell := range r.Layout.Padded() {
		if r.Layout.Inside(cell) {
			visit(cell, r.index(cell))
		}
	}
}

// index returns the coordinates of a padded cell.
func (r *Interpreter) index(cell int) Offset {
	var at Offset
	for d := range r.Layout.NDim {
		at[d] = r.Layout.Coordinate(cell, d)
	}
	return at
}

func (r *Interpreter) eval(e Expr, at Offset) float64 {
	switch e := e.(type) {
	case Const:
		return float64(e)
	case Load:
		p := at.plus(e.Off)
		if e.Field.Kind == Profile {
			return r.Data[e.Field][p[e.Field.Dim]]
		}
		cell := 0
		for d, n := range r.Layout.Shape {
			cell = cell*n + p[d]
		}
		return r.Data[e.Field][cell]
	case *Sum:
		s := 0.0
		for _, t := range e.Terms {
			s += r.eval(t, at)
		}
		return s
	case *Prod:
		s := 1.0
		for _, f := range e.Factors {
			s *= r.eval(f, at)
		}
		return s
	case *Tap:
		s := 0.0
		for k, o := range e.Off {
			s += e.W[k] * r.eval(e.X, at.plus(o))
		}
		return s
	case *Let:
		return r.eval(e.X, at)
	}
	panic(fmt.Sprintf("stencil: cannot evaluate %T", e)) // Bind and Verify come first
}
