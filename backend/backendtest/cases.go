package backendtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/stencil"
)

// testCase is a program on a grid.
type testCase struct {
	name     string
	accuracy int
	program  func(dt float64, spacing []float64) *stencil.Program
	shape    []int // PML included
	pml      [][2]int
	shots    int
	models   int  // 1 or shots
	derived  bool // what runs is the program with a tape, then its reverse program
}

var shapes = map[int][][]int{
	1: {{31}, {600}}, // longer than a stretch of the cpu backend's row kernels
	2: {{21, 33}, {14, 15}},
	3: {{13, 12, 15}},
}

var widths = map[int][][][2]int{
	1: {{{5, 5}}, {{0, 4}}},
	2: {{{4, 5}, {3, 4}}, {{0, 0}, {4, 0}}},
	3: {{{2, 3}, {3, 0}, {0, 3}}},
}

// tiny grids are narrower than what a stencil reaches over.
var tiny = []struct {
	shape []int
	pml   [][2]int
}{
	{[]int{1}, [][2]int{{0, 0}}},
	{[]int{3}, [][2]int{{1, 1}}},
	{[]int{1, 1}, [][2]int{{0, 0}, {0, 0}}},
	{[]int{40, 1}, [][2]int{{3, 0}, {0, 0}}},
	{[]int{2, 21}, [][2]int{{1, 0}, {4, 5}}},
	{[]int{1, 1, 1}, [][2]int{{0, 0}, {0, 0}, {0, 0}}},
	{[]int{3, 1, 19}, [][2]int{{0, 0}, {0, 0}, {3, 0}}},
}

// cases returns the suite: the scalar equation in every dimension and accuracy,
// with PMLs on all, some and no sides and strips that meet; tiny grids; the staggered equations;
// what is derived from them; and an equation that has what none of these have.
func cases() []testCase {
	var out []testCase
	for ndim := 1; ndim <= 3; ndim++ {
		for _, accuracy := range []int{2, 4, 6, 8} {
			for i, shape := range shapes[ndim] {
				w := widths[ndim][i]
				scalar := func(dt float64, h []float64) *stencil.Program {
					return equation.Scalar().Program(ndim, accuracy).Bind(equation.Params(dt, h))
				}
				name := fmt.Sprintf("scalar-%dd-acc%d-%v", ndim, accuracy, shape)
				out = append(out, testCase{name, accuracy, scalar, shape, w, 1 + 2*i, 1, false})
				if accuracy == 4 && ndim == 1 && i == 0 {
					out = append(out, testCase{name + "-second", accuracy, tangent(scalar), shape, w, 2, 1, true})
				}
				if accuracy == 4 {
					out = append(out,
						testCase{name + "-batched", accuracy, scalar, shape, w, 3, 3, false},
						testCase{name + "-tangent", accuracy, tangent(scalar), shape, w, 2, 1, false},
						testCase{name + "-adjoint", accuracy, scalar, shape, w, 2, 1 + i, true})
				}
			}
		}
	}
	for _, c := range tiny {
		for _, accuracy := range []int{2, 8} {
			scalar := func(dt float64, h []float64) *stencil.Program {
				return equation.Scalar().Program(len(c.shape), accuracy).Bind(equation.Params(dt, h))
			}
			name := fmt.Sprintf("tiny-acc%d-%v", accuracy, c.shape)
			out = append(out, testCase{name, accuracy, scalar, c.shape, c.pml, 2, 1, false})
		}
	}
	for _, c := range []struct {
		equation       *equation.Equation
		ndim, accuracy int
	}{{equation.Acoustic(), 1, 6}, {equation.Acoustic(), 2, 4}, {equation.Elastic(), 2, 4}, {equation.Elastic(), 3, 2}} {
		own := func(dt float64, h []float64) *stencil.Program {
			some := []string{"f_force_x", "f_pressure", "f_moment_xy", "r_vx", "r_pressure", "r_divergence", "r_strain_rate_xy"}
			p := c.equation.Write(equation.Grid{NDim: c.ndim, Accuracy: c.accuracy}).Program
			return p.Without(func(s *stencil.Series) bool { return !slices.Contains(some, s.Name) }).Bind(equation.Params(dt, h))
		}
		shape, w := shapes[c.ndim][0], widths[c.ndim][0]
		name := fmt.Sprintf("%s-%dd", c.equation.Name, c.ndim)
		few := w         // PMLs: compilers take long
		if c.ndim == 3 { // and the interpreter
			shape, w, few = []int{6, 7, 5}, [][2]int{{2, 3}, {3, 0}, {0, 2}}, [][2]int{{0, 0}, {0, 0}, {1, 2}}
			out = append(out, testCase{name + "-wide", c.accuracy, wide(own), shape, w, 1, 1, false})
		} else {
			out = append(out, testCase{name + "-tangent", c.accuracy, tangent(own), shape, w, 1, 1, false})
		}
		out = append(out, testCase{name, c.accuracy, own, shape, w, 2, 1, false}, testCase{name + "-adjoint", c.accuracy, own, shape, few, 2, 1, true})
	}
	return append(out,
		testCase{"staggered-2d", 4, staggered, []int{18, 23}, make([][2]int, 2), 2, 1, false},
		testCase{"staggered-3d", 4, staggered, []int{7, 9, 8}, make([][2]int, 3), 2, 2, false})
}

func tangent(of func(float64, []float64) *stencil.Program) func(float64, []float64) *stencil.Program {
	return func(dt float64, h []float64) *stencil.Program {
		p := of(dt, h)
		return stencil.JVP(p, Models(p)).Program
	}
}

// wide advances three wavefields side by side, with more fields than a kernel of the cpu
// backend can have.
func wide(of func(float64, []float64) *stencil.Program) func(float64, []float64) *stencil.Program {
	return func(dt float64, h []float64) *stencil.Program {
		p := of(dt, h)
		two := stencil.JVP(p, nil, p.Inputs()...).Program
		return stencil.JVP(two, nil, p.Inputs()...).Program
	}
}

// Models returns the models of a program.
func Models(p *stencil.Program) []*stencil.Field {
	var out []*stencil.Field
	for _, f := range p.Fields() {
		if f.Kind == stencil.Model {
			out = append(out, f)
		}
	}
	return out
}

// staggered is a velocity-pressure equation on a staggered grid without PML: two
// Updates, of which the second reads what the first wrote, a coefficient that varies
// along an axis, sources beside their points and receivers that record derivatives.
func staggered(dt float64, h []float64) *stencil.Program {
	v := &stencil.Field{Name: "v"}
	p := &stencil.Field{Name: "u", Kind: stencil.State}
	half := func(d, from int, x stencil.Expr, scale float64) stencil.Expr {
		return &stencil.Tap{
			Off: []stencil.Offset{stencil.Along(d, from), stencil.Along(d, from+1)},
			W:   []float64{-scale, scale}, X: x,
		}
	}
	c := &stencil.Field{Name: "c", Kind: stencil.Profile, Dim: len(h) - 1, Extent: stencil.Everywhere}
	var first stencil.Update
	div := []stencil.Expr{}
	var body []stencil.Stmt
	for d := range h {
		w := &stencil.Field{Name: fmt.Sprintf("w%d", d), Kind: stencil.State}
		body = append(body, stencil.Record{To: &stencil.Series{Name: "strain" + fmt.Sprint(d), Points: "receiver"}, X: half(d, -1, stencil.Mul(v.At(), w.At()), 1/h[d])})
		first = append(first, stencil.Assign{Dst: w, RHS: stencil.Add(w.At(), half(d, 0, p.At(), dt/h[d]))})
		div = append(div, half(d, -1, w.At(), dt/h[d]))
	}
	f := &stencil.Series{Name: "f", Points: "source"}
	beside := stencil.Along(0, -2)
	return (&stencil.Program{Name: "staggered", NDim: len(h), Body: append(body,
		first,
		stencil.Update{{Dst: p, RHS: stencil.Add(p.At(), stencil.Mul(v.At(), v.At(), c.At(), stencil.Add(div...)))}},
		stencil.Inject{Dst: p, Coeff: v.At(), From: f},
		stencil.Inject{Dst: p, Coeff: stencil.Add(stencil.Load{Field: v, Off: stencil.Along(0, 1)}, first[0].Dst.At()), From: f, Off: beside},
		stencil.Record{To: &stencil.Series{Name: "r", Points: "receiver"}, X: stencil.Add(p.At(), stencil.Load{Field: p, Off: stencil.Along(len(h)-1, 1)})},
	)}).Simplify()
}

// plan makes a random problem: models, initial wavefields, sources and receivers
// whose footprints overlap, one of them without entries.
func (c testCase) plan(t *testing.T, rnd *rand.Rand, dt array.DType) *backend.Plan {
	t.Helper()
	return c.planOf(t, rnd, dt, c.program(timeStep, c.spacing()))
}

const timeStep = 0.0005

func (c testCase) spacing() []float64 { return []float64{5, 6, 4.5}[:len(c.shape)] }

// planOf is the same for a program that shares models and a tape with others.
func (c testCase) planOf(t *testing.T, rnd *rand.Rand, dt array.DType, prog *stencil.Program, others ...*stencil.Program) *backend.Plan {
	t.Helper()
	const steps = 7
	if err := prog.Verify(); err != nil {
		t.Fatal(err)
	}
	layout, err := stencil.NewLayout(prog, c.shape, c.pml, others...)
	if err != nil {
		t.Fatal(err)
	}
	p := &backend.Plan{
		Program: prog, Layout: layout, DType: dt, Shots: c.shots, Steps: steps,
		Fields: map[string]*array.Array{}, Series: map[string]*array.Array{}, Points: map[string][]stencil.Points{},
	}
	profile := equation.PML{Width: c.pml, Spacing: c.spacing(), DT: timeStep, MaxVel: 2500, Freq: 25}
	cells := layout.Padded()
	for _, f := range prog.Fields() {
		switch f.Kind {
		case stencil.Profile:
			x, ok := profile.Of(f, layout)
			if !ok { // a coefficient that varies along the axis
				x = make([]float64, layout.Shape[f.Dim])
				for i := range x {
					x[i] = 0.5 + 0.5*rnd.Float64()
				}
			}
			p.Fields[f.Name] = array.Convert(dt, x, len(x))
		case stencil.Model:
			x := make([]float64, c.models*cells)
			for i := range x {
				x[i] = 1500 + 1000*rnd.Float64()
			}
			p.Fields[f.Name] = array.Convert(dt, x, append([]int{c.models}, layout.Shape...)...)
		case stencil.State, stencil.Memory:
			x := make([]float64, c.shots*cells)
			for i := range x {
				if inPML(layout, f, i%cells) {
					x[i] = rnd.NormFloat64()
				}
			}
			p.Fields[f.Name] = array.Convert(dt, x, append([]int{c.shots}, layout.Shape...)...)
		}
	}
	for _, s := range append(prog.Inputs(), prog.Outputs()...) {
		if p.Points[s.Points] == nil {
			p.Points[s.Points] = randomPoints(rnd, layout, c.shots, 4)
		}
	}
	for _, s := range prog.Inputs() {
		x := make([]float64, c.shots*4*steps)
		for i := range x {
			x[i] = rnd.NormFloat64()
		}
		p.Series[s.Name] = array.Convert(dt, x, c.shots, 4, steps)
	}
	return p
}

// inPML reports whether a wavefield may be non-zero at a padded cell: inside the
// halo and, for a memory field, inside its PML.
func inPML(l *stencil.Layout, f *stencil.Field, cell int) bool {
	if !l.Inside(cell) || f.Kind != stencil.Memory {
		return l.Inside(cell)
	}
	x, n := l.Coordinate(cell, f.Dim), l.Shape[f.Dim]
	return x < l.Halo+l.PML[f.Dim][0] || x >= n-l.Halo-l.PML[f.Dim][1]
}

func randomPoints(rnd *rand.Rand, l *stencil.Layout, shots, n int) []stencil.Points {
	cell := func() int {
		c := 0
		for _, size := range l.Shape {
			c = c*size + l.Halo + rnd.IntN(size-2*l.Halo)
		}
		return c
	}
	var out []stencil.Points
	for range shots {
		shared := cell()
		pts := make(stencil.Points, n)
		for i := range n - 1 { // the last has no entries
			pts[i] = []stencil.Entry{{Cell: cell(), Weight: 1}, {Cell: shared, Weight: rnd.NormFloat64()}}
		}
		out = append(out, pts)
	}
	return out
}

// interpret runs the plan through stencil.Interpreter, shot by shot, on the
// numbers as the device sees them.
func interpret(p *backend.Plan) map[string][]float64 {
	nothing := func(*stencil.Interpreter, int, int) {}
	return interpretWith(p, nothing, nothing)
}

// interpretWith is the same; before and after see the interpreter at each row.
func interpretWith(p *backend.Plan, before, after func(r *stencil.Interpreter, shot, row int)) map[string][]float64 {
	out := map[string][]float64{}
	for shot := range p.Shots {
		r := interpreter(p, shot)
		for step := range p.Steps {
			before(r, shot, p.Row(step))
			r.Step()
			after(r, shot, p.Row(step))
		}
		for _, f := range wavefields(p.Program) {
			out[f.Name] = append(out[f.Name], r.Data[f]...)
		}
		for _, s := range p.Program.Outputs() {
			name := "series " + s.Name
			for i := range r.Points[s.Points] {
				for row := range p.Steps {
					out[name] = append(out[name], r.Out[s][p.Row(row)][i])
				}
			}
		}
	}
	return out
}

// interpreter returns one for a shot of a plan, before its first step.
func interpreter(p *backend.Plan, shot int) *stencil.Interpreter {
	r := &stencil.Interpreter{
		Program: p.Program, Layout: p.Layout,
		Data: map[*stencil.Field][]float64{}, Points: map[string]stencil.Points{}, In: map[*stencil.Series][][]float64{},
	}
	for _, f := range p.Program.Fields() {
		a := p.Fields[f.Name]
		if a == nil { // it starts at zero
			continue
		}
		x := a.Float64s()
		if f.Kind != stencil.Profile {
			n := len(x) / a.Shape()[0]
			x = x[min(shot, a.Shape()[0]-1)*n:][:n]
		}
		r.Data[f] = append([]float64(nil), x...)
	}
	for name, pts := range p.Points {
		r.Points[name] = pts[shot]
	}
	for _, s := range p.Program.Inputs() {
		x, n := p.Series[s.Name].Float64s(), len(r.Points[s.Points])
		r.In[s] = make([][]float64, p.Steps)
		for t := range p.Steps {
			for i := range n {
				r.In[s][t] = append(r.In[s][t], x[(shot*n+i)*p.Steps+p.Row(t)])
			}
		}
	}
	return r
}
