package cpu

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

const (
	surveyStep  = 0.0005 // s
	surveySpeed = 2500   // m/s at most
)

var surveySpacing = []float64{5, 6, 4.5}

// randomProgram draws an equation of the engine, Born modelling, the transpose of that, or
// an equation that nobody has seen before.
func randomProgram(t *testing.T, r *rand.Rand, ndim int) *stencil.Program {
	t.Helper()
	accuracy := 2 + 2*r.IntN(4)
	params := equation.Params(surveyStep, surveySpacing[:ndim])
	var p *stencil.Program
	switch r.IntN(6) {
	case 0:
		p = equation.Scalar().Program(ndim, accuracy).Bind(params)
	case 1:
		p = equation.Born(equation.Scalar()).Program(ndim, accuracy).Bind(params)
	case 2:
		p = transposed(t, equation.Scalar().Program(ndim, accuracy).Bind(params))
	case 3:
		e := []*equation.Equation{equation.Acoustic(), equation.Elastic()}[r.IntN(2)]
		p = e.Program(ndim, accuracy).Without(func(*stencil.Series) bool { return r.IntN(3) > 0 }).Bind(params)
	default:
		p = randomEquation(r, ndim, false, 1+r.IntN(3))
	}
	if r.IntN(2) == 0 {
		p = p.Premultiplied()
	}
	if err := p.Verify(); err != nil {
		t.Fatalf("%v\n%s", err, p)
	}
	return p
}

// transposed is the reverse program of a program's derivative with respect to its speed.
func transposed(t *testing.T, p *stencil.Program) *stencil.Program {
	t.Helper()
	pair, err := stencil.Adjoint(p, nil, []*stencil.Field{p.Field("v")}, p.Inputs()...)
	if err != nil {
		t.Fatal(err)
	}
	return pair.Reverse
}

// randomGrid draws the shape of a grid, PML included, and the widths of its PML: some
// large enough for three goroutines to share a shot, some with strips that meet.
func randomGrid(r *rand.Rand, ndim, reach int) (shape []int, pml [][2]int) {
	for d := range ndim {
		n := reach + 1 + r.IntN([]int{150, 30, 14}[ndim-1])
		if d == 0 && r.IntN(2) == 0 {
			n += []int{0, 75, 12}[ndim-1]
		}
		var w [2]int
		for side := range w {
			if r.IntN(4) > 0 {
				w[side] = 1 + r.IntN(min(7, n/2))
			}
		}
		shape, pml = append(shape, n), append(pml, w)
	}
	return shape, pml
}

// randomPlan draws a program, a grid, models and initial wavefields, and sources and
// receivers in every region: the interior, and the edges and corners of the PML.
func randomPlan(t *testing.T, r *rand.Rand, dt array.DType) *backend.Plan {
	t.Helper()
	ndim := 1 + r.IntN(3)
	return planFor(t, r, randomProgram(t, r, ndim), dt, 1+r.IntN(3), 1+r.IntN(40))
}

func planFor(t *testing.T, r *rand.Rand, prog *stencil.Program, dt array.DType, shots, steps int) *backend.Plan {
	t.Helper()
	shape, pml := randomGrid(r, prog.NDim, prog.Reach())
	layout, err := stencil.NewLayout(prog, shape, pml)
	if err != nil {
		t.Fatal(err)
	}
	return planOn(r, prog, layout, dt, shots, steps)
}

func planOn(r *rand.Rand, prog *stencil.Program, layout *stencil.Layout, dt array.DType, shots, steps int) *backend.Plan {
	p := &backend.Plan{
		Program: prog, Layout: layout, DType: dt, Shots: shots, Steps: steps,
		Fields: map[string]*array.Array{}, Series: map[string]*array.Array{}, Points: map[string][]stencil.Points{},
	}
	profile := equation.PML{Width: layout.PML, Spacing: surveySpacing[:prog.NDim], DT: surveyStep, MaxVel: surveySpeed, Freq: 25}
	models := 1
	if r.IntN(2) == 0 {
		models = shots
	}
	for _, f := range prog.Fields() {
		switch f.Kind {
		case stencil.Profile:
			x, ok := profile.Of(f, layout)
			if !ok { // of a random equation
				a, b, _ := profile.Profile(f.Dim, layout.Shape[f.Dim], layout.Halo, 2)
				x = map[byte][]float64{'a': a, 'b': b}[f.Name[0]]
			}
			p.Fields[f.Name] = array.Convert(dt, x, len(x))
		case stencil.Model:
			x := make([]float64, models*layout.Padded())
			for i := range x {
				x[i] = r.Float64()
				if f.Name == "v" {
					x[i] = surveySpeed * (0.6 + 0.4*x[i])
				}
			}
			p.Fields[f.Name] = array.Convert(dt, x, append([]int{models}, layout.Shape...)...)
		case stencil.State, stencil.Memory:
			x := make([]float64, shots*layout.Padded())
			for i := range x {
				if mayBeNonZero(layout, f, i%layout.Padded()) {
					x[i] = r.NormFloat64()
				}
			}
			p.Fields[f.Name] = array.Convert(dt, x, append([]int{shots}, layout.Shape...)...)
		}
	}
	for _, s := range append(prog.Inputs(), prog.Outputs()...) {
		if p.Points[s.Points] == nil {
			p.Points[s.Points] = pointsEverywhere(r, layout, shots)
		}
	}
	for _, s := range prog.Inputs() {
		n := len(p.Points[s.Points][0])
		x := make([]float64, shots*n*steps)
		for i := range x {
			x[i] = r.NormFloat64()
		}
		p.Series[s.Name] = array.Convert(dt, x, shots, n, steps)
	}
	if slices.ContainsFunc(prog.Fields(), func(f *stencil.Field) bool { return f.Kind == stencil.Tape }) {
		p.Tape = randomTape(r, p)
	}
	return p
}

// randomTape returns a tape of numbers, of some steps of a plan.
func randomTape(r *rand.Rand, p *backend.Plan) backend.Tape {
	out, err := device{}.NewTape(p, 1+r.IntN(p.Steps))
	if err != nil {
		panic(err)
	}
	switch t := out.(type) {
	case *tape[float32]:
		t.fillWith(r)
	case *tape[float64]:
		t.fillWith(r)
	}
	return out
}

func (t *tape[T]) fillWith(r *rand.Rand) {
	for _, b := range t.buf {
		for i := range b {
			b[i] = T(r.NormFloat64())
		}
	}
}

// mayBeNonZero reports whether a wavefield may have a value at a padded cell: inside
// the halo and, for a memory field, inside its PML.
func mayBeNonZero(l *stencil.Layout, f *stencil.Field, cell int) bool {
	if !l.Inside(cell) || f.Kind != stencil.Memory {
		return l.Inside(cell)
	}
	x, n := l.Coordinate(cell, f.Dim), l.Shape[f.Dim]
	return x < l.Halo+l.PML[f.Dim][0] || x >= n-l.Halo-l.PML[f.Dim][1]
}

// pointsEverywhere returns a point in each region, some that spread over several cells
// and share some, near each other or not, and one without any.
func pointsEverywhere(r *rand.Rand, l *stencil.Layout, shots int) []stencil.Points {
	regions := l.Regions()
	cellOf := func(g stencil.Region) int {
		cell := 0
		for d, n := range l.Shape {
			cell = cell*n + g.Lo[d] + r.IntN(g.Hi[d]-g.Lo[d])
		}
		return cell
	}
	near := r.IntN(2) == 0
	beside := func(cell int) int { // another one near a cell
		out := 0
		for d, n := range l.Shape {
			x := l.Coordinate(cell, d) - 3 + r.IntN(6)
			out = out*n + min(max(x, l.Halo), n-l.Halo-1)
		}
		return out
	}
	var out []stencil.Points
	for range shots {
		points := stencil.Points{nil}
		shared := cellOf(regions[r.IntN(len(regions))])
		for _, g := range regions {
			points = append(points, []stencil.Entry{{Cell: cellOf(g), Weight: 1}})
		}
		for range 2 {
			wide := []stencil.Entry{{Cell: shared, Weight: r.NormFloat64()}}
			for range 1 + r.IntN(12) {
				cell := cellOf(regions[r.IntN(len(regions))])
				if near {
					cell = beside(shared)
				}
				wide = append(wide, stencil.Entry{Cell: cell, Weight: r.NormFloat64()})
			}
			points = append(points, wide)
		}
		out = append(out, points)
	}
	return out
}

// about says what a plan is, for a failure.
func about(p *backend.Plan) string {
	return fmt.Sprintf("%s, %s, grid %v, PML %v, halo %d, %d shots, %d steps", p.Program.Name, p.DType, p.Layout.Shape, p.Layout.PML, p.Layout.Halo, p.Shots, p.Steps)
}
