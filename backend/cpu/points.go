package cpu

import (
	"sort"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/stencil"
)

// injector adds a series to a field, one entry a cell.
type injector[T array.Float] struct {
	name  string // of the series
	slot  int
	shots []injectShot[T]
	value *pointValue[T]
}

type injectShot[T array.Float] struct {
	cells []place // by row
	// Cell c receives weight[k] times point[k], k from start[c] to start[c+1].
	start, point []int32
	weight       []T
	// coeff by cell where it is constant in time, else nil.
	coeff  []T
	series []T // [step][point]
	points int
}

// place is a cell of the padded grid.
type place struct {
	row [2]int // coordinates as a box has them
	at  int    // in fields that span the grid
}

func newPlace(m *places, cell int) place {
	p := place{at: m.cell(cell)}
	p.row[0] = m.layout.Coordinate(cell, 0)
	if m.layout.NDim == 3 {
		p.row[1] = m.layout.Coordinate(cell, 1)
	}
	return p
}

// in calls visit for the places of a box, which are sorted by row.
func (b box) in(ps []place, visit func(i int)) {
	if len(ps) == 0 {
		return
	}
	from := sort.Search(len(ps), func(i int) bool { return ps[i].row[0] >= b.lo[0] })
	for i := from; i < len(ps) && ps[i].row[0] < b.hi[0]; i++ {
		if y := ps[i].row[1]; y >= b.lo[1] && y < b.hi[1] {
			visit(i)
		}
	}
}

// newInjector makes the tables of an Inject.
func newInjector[T array.Float](p *backend.Plan, op stencil.Op, s stencil.Inject, m *places) (*injector[T], error) {
	value, err := newPointValue[T](op, s.Coeff, m)
	if err != nil {
		return nil, err
	}
	in := &injector[T]{name: s.From.Name, slot: op.Dst, value: value}
	for _, points := range p.Points[s.From.Points] {
		by := points.Moved(p.Layout, s.Off).ByCell()
		is := injectShot[T]{start: []int32{0}, points: len(points)}
		for _, c := range sorted(by.Cells) { // padded cells are numbered row by row
			is.cells = append(is.cells, newPlace(m, by.Cells[c]))
			for k := by.Start[c]; k < by.Start[c+1]; k++ {
				is.point, is.weight = append(is.point, int32(by.Point[k])), append(is.weight, T(by.Weight[k]))
			}
			is.start = append(is.start, int32(len(is.point)))
		}
		in.shots = append(in.shots, is)
	}
	return in, nil
}

// load takes what it injects, by shot, and the coefficients of present models.
func (in *injector[T]) load(m *memory[T], series [][]T) {
	tmp := in.value.newTemp()
	for shot := range in.shots {
		is := &in.shots[shot]
		is.series = series[shot]
		if !in.value.constant {
			continue
		}
		is.coeff = is.coeff[:0]
		for _, c := range is.cells {
			is.coeff = append(is.coeff, in.value.at(m, shot, 0, c, tmp))
		}
	}
}

// run injects a row of the series in a box.
func (in *injector[T]) run(m *memory[T], shot, row int, b box, tmp []T) {
	is := &in.shots[shot]
	dst := m.buf[in.slot][shot*m.shot[in.slot]:]
	samples := is.series[row*is.points:][:is.points]
	b.in(is.cells, func(c int) {
		var sum T
		for k := is.start[c]; k < is.start[c+1]; k++ {
			sum += is.weight[k] * samples[is.point[k]]
		}
		if is.coeff != nil {
			dst[is.cells[c].at] += is.coeff[c] * sum
		} else {
			dst[is.cells[c].at] += in.value.at(m, shot, row, is.cells[c], tmp) * sum
		}
	})
}

// recorder samples an expression into a series.
type recorder[T array.Float] struct {
	name  string
	value *pointValue[T]
	shots []recordShot[T]
	n     int // points of a shot
	steps int
	out   []T // [shot][point][step]
}

// recordShot lists the entries of all points, by row: sums are formed in this order,
// however rows are taken.
type recordShot[T array.Float] struct {
	cells  []place
	weight []T
	point  []int
	// Where points begin, along each coordinate of its own, and where all of their entries
	// are in cells.
	first   []place
	entries [][]int
}

func newRecorder[T array.Float](p *backend.Plan, op stencil.Op, s stencil.Record, m *places) (*recorder[T], error) {
	value, err := newPointValue[T](op, s.X, m)
	if err != nil {
		return nil, err
	}
	all := p.Points[s.To.Points]
	r := &recorder[T]{name: s.To.Name, value: value, n: len(all[0]), steps: p.Steps}
	for _, points := range all {
		var cells, point []int
		var weight []float64
		for i, entries := range points {
			for _, e := range entries {
				cells, point, weight = append(cells, e.Cell), append(point, i), append(weight, e.Weight)
			}
		}
		var rs recordShot[T]
		for _, k := range sorted(cells) {
			rs.cells = append(rs.cells, newPlace(m, cells[k]))
			rs.point, rs.weight = append(rs.point, point[k]), append(rs.weight, T(weight[k]))
		}
		of := make([][]int, r.n)
		for k, point := range rs.point {
			of[point] = append(of[point], k)
		}
		for k, point := range rs.point {
			if of[point][0] == k {
				first := rs.cells[k]
				for _, e := range of[point] {
					first.row[1] = min(first.row[1], rs.cells[e].row[1])
				}
				rs.first, rs.entries = append(rs.first, first), append(rs.entries, of[point])
			}
		}
		r.shots = append(r.shots, rs)
	}
	r.out = make([]T, p.Shots*r.n*p.Steps)
	return r, nil
}

// clear sets rows to zero, which the steps that have them add to.
func (r *recorder[T]) clear(from, to int) {
	for i := 0; i < len(r.out); i += r.steps {
		clear(r.out[i:][from:to])
	}
}

// run records a row of the series in a box: the entries that lie in it or, whole, all entries of points that
// begin in it.
func (r *recorder[T]) run(m *memory[T], shot, row int, b box, whole bool, tmp []T) {
	rs := &r.shots[shot]
	if !whole {
		b.in(rs.cells, func(k int) { r.add(m, shot, row, k, tmp) })
		return
	}
	b.in(rs.first, func(i int) {
		for _, k := range rs.entries[i] {
			r.add(m, shot, row, k, tmp)
		}
	})
}

// add adds entry k of a shot to its point.
func (r *recorder[T]) add(m *memory[T], shot, row, k int, tmp []T) {
	rs := &r.shots[shot]
	r.out[(shot*r.n+rs.point[k])*r.steps+row] += rs.weight[k] * r.value.at(m, shot, row, rs.cells[k], tmp)
}

// span returns how many rows there are at most between the first and the last of a
// point, along either coordinate of a box.
func (r *recorder[T]) span() int {
	most := 0
	for i := range r.shots {
		rs := &r.shots[i]
		for p, entries := range rs.entries {
			for _, k := range entries {
				for d, first := range rs.first[p].row {
					most = max(most, rs.cells[k].row[d]-first)
				}
			}
		}
	}
	return most
}

// pointValue evaluates an expression at single cells.
type pointValue[T array.Float] struct {
	g        *stencil.Graph
	constant bool  // depends on models only
	slot     int   // of the one load it is, at the cell itself, or -1
	away     []int // by node: how far from the cell's value that is which it loads
}

func newPointValue[T array.Float](op stencil.Op, x stencil.Expr, p *places) (*pointValue[T], error) {
	g, err := stencil.NewPointGraph(op, x)
	if err != nil {
		return nil, err
	}
	v := &pointValue[T]{g: g, constant: true, slot: -1, away: make([]int, len(g.Nodes))}
	for i, n := range g.Nodes {
		if n.Kind == stencil.OpLoad && n.Field.Kind != stencil.Model {
			v.constant = false
		}
		for d, s := range p.grid {
			v.away[i] += s * n.Off[d]
		}
	}
	if n := g.Nodes[g.Outputs[0].Node]; n.Kind == stencil.OpLoad && n.Off == (stencil.Offset{}) {
		v.slot = n.Slot
	}
	return v, nil
}

func (v *pointValue[T]) newTemp() []T { return make([]T, len(v.g.Nodes)) }

// at returns the value at a place; row is which of a tape, tmp is from newTemp.
func (v *pointValue[T]) at(m *memory[T], shot, row int, c place, tmp []T) T {
	if v.slot >= 0 {
		return m.buf[v.slot][m.of(v.slot, shot, row)+c.at]
	}
	for i := range v.g.Nodes {
		n := &v.g.Nodes[i]
		var x T
		switch n.Kind {
		case stencil.OpConst:
			x = T(n.Value)
		case stencil.OpLoad:
			x = m.buf[n.Slot][m.of(n.Slot, shot, row)+c.at+v.away[i]]
		case stencil.OpAdd:
			for _, a := range n.Args {
				x += tmp[a]
			}
		case stencil.OpMul:
			x = 1
			for _, a := range n.Args {
				x *= tmp[a]
			}
		case stencil.OpLinear:
			for k, a := range n.Args {
				x += T(n.W[k]) * tmp[a]
			}
		}
		tmp[i] = x
	}
	return tmp[v.g.Outputs[0].Node]
}
