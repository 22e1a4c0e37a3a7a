package stencil_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	. "github.com/d52adeda/wave/stencil"
)

// executor runs a schedule on buffers of the whole padded grid: every kernel in
// place, cell by cell in an order of its own, the way a backend may.
type executor struct {
	t       *testing.T
	s       *Schedule
	w       *world
	buffers [][]float64
	graphs  []*Graph
	out     map[*Series][][]float64
	step    int
}

func newExecutor(t *testing.T, s *Schedule, w *world) *executor {
	x := &executor{t: t, s: s, w: w, out: map[*Series][][]float64{}}
	for i, f := range s.Buffers {
		b := make([]float64, w.cells())
		if i < len(s.Home) {
			if s.Home[f] != i {
				t.Fatalf("%s is at home in slot %d, buffer %d is its", f, s.Home[f], i)
			}
			b = slices.Clone(w.data[f])
		}
		x.buffers = append(x.buffers, b)
	}
	for _, op := range s.Ops {
		g, err := NewGraph(op, s.Program.NDim, func(int) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		x.graphs = append(x.graphs, g)
	}
	return x
}

// eval returns the values of a graph's nodes at a cell.
func (x *executor) eval(g *Graph, cell int) []float64 {
	out := make([]float64, len(g.Nodes))
	for i, n := range g.Nodes {
		switch n.Kind {
		case OpConst:
			out[i] = n.Value
		case OpLoad:
			out[i] = x.buffers[n.Slot][x.index(n.Field, cell, n.Off)]
		case OpAdd:
			for _, a := range n.Args {
				out[i] += out[a]
			}
		case OpMul:
			out[i] = 1
			for _, a := range n.Args {
				out[i] *= out[a]
			}
		case OpLinear:
			for k, a := range n.Args {
				out[i] += n.W[k] * out[a]
			}
		default:
			x.t.Fatalf("node %d has kind %d", i, n.Kind)
		}
	}
	return out
}

func (x *executor) index(f *Field, cell int, o Offset) int {
	at := x.w.at(cell)
	if f.Kind == Profile {
		return at[f.Dim] + o[f.Dim]
	}
	i := 0
	for d, n := range x.w.layout.Shape {
		i = i*n + at[d] + o[d]
	}
	return i
}

// advance runs one step. Cells are taken in random order if shuffled.
func (x *executor) advance(shuffled bool) {
	order := make([]int, x.w.cells())
	for i := range order {
		order[i] = i
	}
	for k, op := range x.s.Ops {
		if shuffled {
			x.w.r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
		switch stmt := op.Stmt.(type) {
		case Update:
			for _, c := range order {
				if !x.w.layout.Inside(c) {
					continue
				}
				values := x.eval(x.graphs[k], c)
				for _, o := range x.graphs[k].Outputs {
					x.buffers[o.Slot][c] = values[o.Node]
				}
			}
		case Inject:
			g := x.point(op, stmt.Coeff)
			by := x.w.points[stmt.From.Points].Moved(x.w.layout, stmt.Off).ByCell()
			for i, c := range by.Cells {
				coeff := x.eval(g, c)[g.Outputs[0].Node]
				for j := by.Start[i]; j < by.Start[i+1]; j++ {
					x.buffers[op.Dst][c] += coeff * by.Weight[j] * x.w.series[stmt.From][x.step][by.Point[j]]
				}
			}
		case Record:
			g := x.point(op, stmt.X)
			var row []float64
			for _, entries := range x.w.points[stmt.To.Points] {
				sum := 0.0
				for _, e := range entries {
					sum += e.Weight * x.eval(g, e.Cell)[g.Outputs[0].Node]
				}
				row = append(row, sum)
			}
			x.out[stmt.To] = append(x.out[stmt.To], row)
		}
	}
	rotated := make([][]float64, len(x.buffers))
	for i, from := range x.s.Rotate {
		rotated[i] = x.buffers[from]
	}
	x.buffers = rotated
	x.step++
}

func (x *executor) point(op Op, e Expr) *Graph {
	g, err := NewPointGraph(op, e)
	if err != nil {
		x.t.Fatal(err)
	}
	return g
}

// checkSchedule runs a program by its schedule and by the interpreter.
func checkSchedule(t *testing.T, r *rand.Rand, p *Program, s setting, shuffled bool) *Schedule {
	t.Helper()
	const steps = 4
	sched, err := NewSchedule(p)
	if err != nil {
		t.Fatalf("%v\n%s", err, p)
	}
	parts := *sched
	if most := r.IntN(4); most > 0 { // so many assignments at a time
		n := 0
		for _, op := range sched.Ops {
			n += len(op.Assigns)
		}
		parts.Split(func(op Op) bool { return len(op.Assigns) <= most })
		for _, op := range parts.Ops {
			n -= len(op.Assigns)
		}
		if n != 0 || len(parts.Ops) < len(sched.Ops) {
			t.Fatalf("%d assignments are missing, %d statements of %d", n, len(parts.Ops), len(sched.Ops))
		}
	}
	for f, home := range sched.Home {
		constant := f.Kind == Model || f.Kind == Profile || f.Kind == Tape
		if constant && sched.Rotate[home] != home {
			t.Fatalf("%s moves from slot %d to %d", f, home, sched.Rotate[home])
		}
	}
	for _, op := range sched.Ops {
		for _, a := range op.Assigns {
			if a.Field.Kind == Tape && a.Dst != sched.Home[a.Field] {
				t.Fatalf("%s is written to slot %d, want its own, %d", a.Field, a.Dst, sched.Home[a.Field])
			}
		}
	}
	w := newWorld(t, r, s.shape, s.pml, p)
	w.fill(p, steps)
	x := newExecutor(t, &parts, w.clone())
	in := &Interpreter{Program: p, Layout: w.layout, Data: w.data, Points: w.points, In: w.series}
	for n := range steps {
		x.advance(shuffled)
		in.Step()
		for _, f := range p.Fields() {
			if e := norm(minus(x.buffers[sched.Home[f]], 1, w.data[f])); !(e <= 1e-12*(1+norm(w.data[f]))) {
				t.Fatalf("step %d: %s is off by %g in\n%swith buffers %v, ops %+v, rotation %v", n, f, e, p, parts.Buffers, parts.Ops, parts.Rotate)
			}
		}
		for _, s := range p.Outputs() {
			if e := norm(minus(x.out[s][n], 1, in.Out[s][n])); !(e <= 1e-12*(1+norm(in.Out[s][n]))) {
				t.Fatalf("step %d: series %s is off by %g in\n%s", n, s.Name, e, p)
			}
		}
	}
	return sched
}

func TestSchedule(t *testing.T) {
	eachEquation(t, func(t *testing.T, e sample, s setting) {
		r := random(t)
		for _, p := range programs(t, e) {
			checkSchedule(t, r, p, s, true)
		}
	})
}

// TestScheduleScalar pins what the scalar equation costs in memory.
func TestScheduleScalar(t *testing.T) {
	for ndim := 1; ndim <= 3; ndim++ {
		p := scalar(ndim, 4).program
		s, err := NewSchedule(p)
		if err != nil {
			t.Fatal(err)
		}
		spares := 0
		for _, a := range s.Ops[1].Assigns {
			home := s.Home[a.Field]
			switch name := a.Field.Name; {
			case name == "u":
				if a.Dst != s.Home[p.Field("um1")] {
					t.Errorf("%d-D: u goes to slot %d, want um1's, %d", ndim, a.Dst, s.Home[p.Field("um1")])
				}
			case strings.HasPrefix(name, "zeta"):
				if a.Dst != home {
					t.Errorf("%d-D: %s is not computed in place", ndim, a.Field)
				}
			case strings.HasPrefix(name, "psi"):
				spares++
				if a.Dst < len(s.Home) || s.Rotate[home] != a.Dst || s.Rotate[a.Dst] != home {
					t.Errorf("%d-D: %s goes from slot %d to %d, rotation %v: want a swap with a spare", ndim, a.Field, home, a.Dst, s.Rotate)
				}
			default:
				t.Errorf("%d-D: %s is computed, want it renamed", ndim, a.Field)
			}
		}
		if spares != ndim || len(s.Ops[1].Assigns) != 1+2*ndim || len(s.Buffers) != len(p.Fields())+ndim {
			t.Errorf("%d-D: %d buffers for %d fields, want one more for each psi", ndim, len(s.Buffers), len(p.Fields()))
		}
		if s.Static() {
			t.Errorf("%d-D: the rotation is static, want u and um1 swapped", ndim)
		}
		if s.Ops[2].Dst != s.Home[p.Field("um1")] {
			t.Errorf("%d-D: the source goes to slot %d, want u's new one", ndim, s.Ops[2].Dst)
		}
	}
}

// randomProgram assigns fields from each other, in chains, swaps and copies, and
// from expressions that read at the point or away from it, in several statements.
func randomProgram(r *rand.Rand) *Program {
	var fields, states []*Field
	for i := range 2 + r.IntN(4) {
		fields = append(fields, state(fmt.Sprint("s", i)))
	}
	states = slices.Clone(fields)
	for i := range r.IntN(3) {
		fields = append(fields, memory(fmt.Sprint("m", i), 0))
	}
	a, v := profile("a", 0, 0).At(), model("v").At()
	load := func(f *Field) Expr { return Load{Field: f, Off: Along(0, max(0, r.IntN(5)-2)*(1-2*r.IntN(2)))} }
	value := func(dst *Field) Expr {
		copied := fields
		if dst.Kind == Memory {
			copied = fields[len(states):]
		}
		var x Expr
		switch r.IntN(7) {
		case 0, 1, 2:
			return copied[r.IntN(len(copied))].At()
		case 6:
			x = load(fields[r.IntN(len(fields))])
		case 3:
			x = diff(0, -1, fields[r.IntN(len(fields))].At(), 0.3, 0.2, -0.1)
		case 4:
			x = Add(Mul(Const(0.4), load(fields[r.IntN(len(fields))])), Mul(Const(0.3), load(fields[r.IntN(len(fields))])))
		default:
			x = Add(Mul(Const(0.5), v, fields[r.IntN(len(fields))].At()), Mul(Const(0.2), dst.At()))
		}
		if dst.Kind == Memory {
			x = Mul(a, x)
		}
		return x
	}
	p := &Program{Name: "random", NDim: 1}
	for i := range 1 + r.IntN(3) {
		var u Update
		for _, k := range r.Perm(len(fields))[:1+r.IntN(len(fields))] {
			u = append(u, Assign{Dst: fields[k], RHS: value(fields[k])})
		}
		p.Body = append(p.Body, u)
		x, y := states[r.IntN(len(states))], states[r.IntN(len(states))]
		switch r.IntN(3) {
		case 0:
			p.Body = append(p.Body, Record{To: &Series{Name: fmt.Sprint("r", i), Points: "receiver"}, X: Mul(x.At(), y.At())})
		case 1:
			if x != y {
				p.Body = append(p.Body, Inject{Dst: x, Coeff: Mul(Const(0.1), y.At()), From: &Series{Name: fmt.Sprint("f", i), Points: "source"}})
			}
		}
	}
	var keep Update // what nothing assigns is constant
	for _, f := range fields {
		if !slices.ContainsFunc(p.Body, func(s Stmt) bool { return writes(s, f) }) {
			keep = append(keep, Assign{Dst: f, RHS: f.At()})
		}
	}
	if len(keep) > 0 {
		p.Body = append(p.Body, keep)
	}
	return p
}

func writes(s Stmt, f *Field) bool {
	u, _ := s.(Update)
	i, _ := s.(Inject)
	return i.Dst == f || slices.ContainsFunc(u, func(a Assign) bool { return a.Dst == f })
}

// TestScheduleRandom is the proof of the planner: whatever the assignments, its
// buffers hold what the interpreter computes.
func TestScheduleRandom(t *testing.T) {
	r := random(t)
	renamed, inPlace, spare := 0, 0, 0
	for n := range 2000 {
		p := randomProgram(r)
		mustVerify(t, p)
		if n%4 != 0 {
			p = p.Simplify()
		}
		s := checkSchedule(t, r, p, setting{[]int{4}, [][2]int{{1, 1}}}, n%2 == 0)
		for _, op := range s.Ops {
			if u, ok := op.Stmt.(Update); ok {
				renamed += len(u) - len(op.Assigns)
				for _, a := range op.Assigns {
					if a.Dst == op.Slot[a.Field] {
						inPlace++
					}
				}
			}
		}
		spare += len(s.Buffers) - len(s.Home)
	}
	if renamed < 500 || inPlace < 500 || spare < 500 {
		t.Errorf("%d assignments renamed, %d in place, %d spare buffers: too few to tell", renamed, inPlace, spare)
	}
}

func TestScheduleRenames(t *testing.T) {
	a, b, c, tape := state("a"), state("b"), state("c"), &Field{Name: "tape", Kind: Tape}
	half := func(e Expr) Expr { return Mul(Const(0.5), e) }
	next := func(f *Field) Expr { return half(Load{Field: f, Off: Along(0, 1)}) }
	for _, test := range []struct {
		name              string
		u                 Update
		computed, buffers int
		static            bool
	}{
		{"swap", Update{{a, b.At()}, {b, a.At()}}, 0, 2, false},
		{"ring", Update{{a, b.At()}, {b, c.At()}, {c, a.At()}}, 0, 3, false},
		{"itself", Update{{a, a.At()}}, 0, 1, true},
		{"chain to its start", Update{{a, b.At()}, {b, c.At()}, {c, half(a.At())}}, 1, 3, false},
		{"chain to its start, read beside", Update{{a, b.At()}, {b, c.At()}, {c, next(a)}}, 1, 4, false},
		{"two copies of one", Update{{a, c.At()}, {b, c.At()}, {c, half(c.At())}}, 2, 3, false},
		{"copy of what stays", Update{{a, b.At()}, {b, b.At()}}, 1, 2, true},
		{"in place", Update{{a, half(b.At())}, {b, half(a.At())}}, 2, 2, true},
		{"tape of what moves", Update{{a, next(a)}, {tape, a.At()}}, 2, 3, false},
		{"tape of what is computed", Update{{a, half(a.At())}, {b, a.At()}, {tape, half(a.At())}}, 2, 3, false},
		{"crosswise beside", Update{{a, next(b)}, {b, next(a)}}, 2, 4, false},
	} {
		p := &Program{Name: test.name, NDim: 1, Body: []Stmt{test.u}}
		mustVerify(t, p)
		s := checkSchedule(t, random(t), p, setting{[]int{5}, [][2]int{{0, 0}}}, true)
		if len(s.Ops[0].Assigns) != test.computed || len(s.Buffers) != test.buffers || s.Static() != test.static {
			t.Errorf("%s: %d computed, %d buffers, static %v, rotation %v; want %d, %d, %v",
				test.name, len(s.Ops[0].Assigns), len(s.Buffers), s.Static(), s.Rotate, test.computed, test.buffers, test.static)
		}
	}
}

// After as many steps as there are phases, every buffer is where it was.
func TestPhases(t *testing.T) {
	got := fmt.Sprint((&Schedule{Rotate: []int{1, 0, 3, 4, 2, 5}}).Phases())
	if want := "[[0 1 2 3 4 5] [1 0 3 4 2 5] [0 1 4 2 3 5] [1 0 2 3 4 5] [0 1 3 4 2 5] [1 0 4 2 3 5]]"; got != want {
		t.Errorf("phases are %s, want %s", got, want)
	}
	if got := (&Schedule{Rotate: []int{0, 1}}).Phases(); len(got) != 1 {
		t.Errorf("without a rotation there are %d phases, want 1", len(got))
	}
}
