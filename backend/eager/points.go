package eager

import (
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/stencil"
)

// inject adds a series to a field.
type inject struct {
	stmt   stencil.Inject
	by     []stencil.CellPoints // by shot
	cells  [][]int              // by shot, as many each
	number int                  // of its sums in the state
	coeff  int                  // number of the coefficient where it is constant in time, or -1
}

func newInject(s *stepper, stmt stencil.Inject) *inject {
	p := s.plan
	in := &inject{stmt: stmt, coeff: -1, number: s.injects}
	most := 0
	for _, points := range p.Points[stmt.From.Points] {
		b := points.Moved(p.Layout, stmt.Off).ByCell()
		in.by = append(in.by, b)
		most = max(most, len(b.Cells))
	}
	for _, b := range in.by {
		in.cells = append(in.cells, s.filledUp(b.Cells, most))
	}
	if in.active() {
		s.injects++
	}
	if constantInTime(stmt.Coeff) && in.active() {
		in.coeff = len(s.coeffs)
		s.coeffs = append(s.coeffs, func(st *state) *array.Array { return s.atCells(st, stmt.Coeff, in.cells) })
	}
	return in
}

// sum returns what a row of the series gives each cell, [shots][cells].
func (in *inject) sum(s *stepper, row int) *array.Array {
	p := s.plan
	most := len(in.cells[0])
	sum := make([]float64, p.Shots*most)
	points := len(p.Points[in.stmt.From.Points][0])
	for shot := range in.by {
		b := &in.by[shot]
		samples := s.series[in.stmt.From][(row*p.Shots+shot)*points:][:points]
		for c := range b.Cells {
			for k := b.Start[c]; k < b.Start[c+1]; k++ {
				sum[shot*most+c] += b.Weight[k] * samples[b.Point[k]]
			}
		}
	}
	return array.Convert(p.DType, sum, p.Shots, most)
}

// filledUp adds cells so that there are n: all shots need as many. What is injected
// there is zero.
func (s *stepper) filledUp(cells []int, n int) []int {
	out := append([]int(nil), cells...)
	for len(out) < n {
		out = append(out, s.anyCell())
	}
	return out
}

// anyCell is a cell inside the halo, from which all that expressions reach can be read.
func (s *stepper) anyCell() int {
	cell := 0
	for _, n := range s.plan.Layout.Shape {
		cell = cell*n + s.plan.Layout.Halo
	}
	return cell
}

// active reports whether there is anything to inject.
func (in *inject) active() bool { return len(in.cells[0]) > 0 }

func (in *inject) run(s *stepper, st *state) error {
	if !in.active() {
		return nil
	}
	var coeff *array.Array
	if in.coeff >= 0 {
		coeff = st.coeffs[in.coeff]
	} else {
		coeff = s.atCells(st, in.stmt.Coeff, in.cells)
	}
	x := array.Mul(coeff, st.sums[in.number])
	a := array.AddAt(st.fields[in.stmt.Dst], in.cells, x)
	st.fields[in.stmt.Dst] = a
	return a.Err()
}

// constantInTime reports whether an expression reads models and profiles only.
func constantInTime(x stencil.Expr) bool {
	p := &stencil.Program{Body: []stencil.Stmt{stencil.Record{X: x, To: &stencil.Series{}}}}
	for _, f := range p.Fields() {
		if f.Kind != stencil.Model && f.Kind != stencil.Profile {
			return false
		}
	}
	return true
}

// atCells returns the value of an expression at cells: [shots][cells].
func (s *stepper) atCells(st *state, x stencil.Expr, cells [][]int) *array.Array {
	shape := []int{len(cells), len(cells[0])}
	switch x := x.(type) {
	case stencil.Const:
		return array.SumProd([]array.Term{{Coeff: float64(x)}, {Coeff: 1, Args: []int{0}}}, array.Zeros(s.plan.DType, shape...))
	case stencil.Load:
		return array.Take(st.fields[x.Field], s.beside(cells, x.Off))
	case *stencil.Sum:
		out := s.atCells(st, x.Terms[0], cells)
		for _, t := range x.Terms[1:] {
			out = array.Add(out, s.atCells(st, t, cells))
		}
		return out
	case *stencil.Prod:
		out := s.atCells(st, x.Factors[0], cells)
		for _, f := range x.Factors[1:] {
			out = array.Mul(out, s.atCells(st, f, cells))
		}
		return out
	case *stencil.Tap:
		var out *array.Array
		for k, o := range x.Off {
			part := array.Scale(x.W[k], s.atCells(st, x.X, s.beside(cells, o)))
			if k > 0 {
				part = array.Add(out, part)
			}
			out = part
		}
		return out
	case *stencil.Let:
		return s.atCells(st, x.X, cells)
	}
	return array.Zeros(s.plan.DType, shape...) // Verify allows nothing else here
}

// beside returns the cells o further on.
func (s *stepper) beside(cells [][]int, o stencil.Offset) [][]int {
	by := 0
	for d, n := range s.plan.Layout.Shape {
		by = by*n + o[d]
	}
	if by == 0 {
		return cells
	}
	out := make([][]int, len(cells))
	for i, row := range cells {
		for _, c := range row {
			out[i] = append(out[i], c+by)
		}
	}
	return out
}

// record samples an expression.
type record struct {
	stmt   stencil.Record
	name   string
	points int
	cells  [][]int // by shot: the first entry of each point, then the second, ...
	weight []*array.Array
	number int // of its rows in the state
}

func newRecord(s *stepper, stmt stencil.Record) *record {
	p := s.plan
	all := p.Points[stmt.To.Points]
	r := &record{stmt: stmt, name: stmt.To.Name, points: len(all[0]), number: s.records}
	s.records++
	most := 0
	for _, points := range all {
		for _, entries := range points {
			most = max(most, len(entries))
		}
	}
	weight := make([]float64, most*p.Shots*r.points)
	for shot, points := range all {
		cells := s.filledUp(nil, most*r.points)
		for i, entries := range points {
			for k, e := range entries {
				cells[k*r.points+i] = e.Cell
				weight[(k*p.Shots+shot)*r.points+i] = e.Weight
			}
		}
		r.cells = append(r.cells, cells)
	}
	for k := range most {
		n := p.Shots * r.points
		r.weight = append(r.weight, array.Convert(p.DType, weight[k*n:(k+1)*n], p.Shots, r.points))
	}
	return r
}

func (r *record) run(s *stepper, st *state) error {
	shape := []int{s.plan.Shots, r.points}
	row := array.Zeros(s.plan.DType, shape...)
	if len(r.weight) > 0 {
		all := s.atCells(st, r.stmt.X, r.cells)
		terms := make([]array.Term, len(r.weight))
		var args []*array.Array
		for k, w := range r.weight {
			terms[k] = array.Term{Coeff: 1, Args: []int{2 * k, 2*k + 1}}
			args = append(args, w, array.Slice(all, []int{0, k * r.points}, shape))
		}
		row = array.SumProd(terms, args...)
	}
	st.rows[r.number] = row
	return row.Err()
}

// series returns what has been recorded, zeros for steps to come.
func (r *record) series(s *stepper) (*array.Array, error) {
	rows := slices.Clone(s.state.series[r.number])
	if s.plan.Steps == 0 {
		return array.Zeros(s.plan.DType, s.plan.Shots, r.points, 0), nil
	}
	zero := array.Zeros(s.plan.DType, s.plan.Shots, r.points)
	for i, row := range rows {
		if row == nil {
			rows[i] = zero
		}
	}
	a := array.Stack(rows...)
	return a, a.Err()
}
