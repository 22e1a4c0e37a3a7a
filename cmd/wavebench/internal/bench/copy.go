package bench

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/internal/physics"
	"github.com/d52adeda/wave/shaders"
	"github.com/d52adeda/wave/stencil"
)

// copyBytes is the size of the array that copyBandwidth copies: more than caches hold,
// but no more than small devices let a buffer have.
const copyBytes = 256 << 20

// copyBandwidth returns the bytes a second that a device moves in a step that reads one
// array and writes another, its best of a few. Where so large a buffer cannot be had,
// it takes a smaller one.
func copyBandwidth(ctx context.Context, name string, bytes int) (float64, error) {
	dev, err := backend.Open(name)
	if err != nil {
		return 0, err
	}
	defer dev.Close()
	a, b := &stencil.Field{Name: "a"}, &stencil.Field{Name: "b", Kind: stencil.State}
	p := &stencil.Program{Name: "copy", NDim: 2, Body: []stencil.Stmt{
		stencil.Update{{Dst: b, RHS: stencil.Mul(stencil.Const(2), a.At())}}, // a mere copy would be a change of names
	}}
	for {
		n := int(math.Sqrt(float64(bytes / 4)))
		s, err := copyPlan(ctx, dev, p, n)
		if errors.Is(err, errors.ErrUnsupported) && bytes > 1<<20 {
			bytes /= 2
			continue
		}
		if err != nil {
			return 0, err
		}
		defer s.Close()
		best := 0.0
		steps := 1
		for range 8 {
			began := time.Now()
			if err := s.Step(ctx, steps); err != nil {
				return 0, err
			}
			took := time.Since(began).Seconds()
			if steps > 1 { // the first may compile
				best = max(best, 8*float64(n)*float64(n)*float64(steps)/took)
			}
			steps = copySteps
		}
		return best, nil
	}
}

// copySteps are taken together.
const copySteps = 10

func copyPlan(ctx context.Context, dev backend.Device, p *stencil.Program, n int) (backend.Stepper, error) {
	l, err := stencil.NewLayout(p, []int{n, n}, make([][2]int, 2))
	if err != nil {
		return nil, err
	}
	return dev.Plan(ctx, &backend.Plan{
		Program: p, Layout: l, DType: array.Float32, Shots: 1, Steps: 1 + 7*copySteps, TimeTile: 1,
		Fields: map[string]*array.Array{p.Fields()[1].Name: array.Zeros(array.Float32, 1, n, n)},
	})
}

// required returns the bytes that a cell and step move at least, with the memory
// fields of the PML.
func (c Case) required() (float64, error) {
	ndim := len(c.Shape)
	program := physics.Scalar
	if c.Equation == "scalar_born" {
		program = physics.ScalarBorn
	}
	shape, pml, h := make([]int, ndim), make([][2]int, ndim), make([]float64, ndim)
	for d, n := range c.Shape {
		shape[d], pml[d], h[d] = n+2*c.PML, [2]int{c.PML, c.PML}, spacing
	}
	p := program(ndim, c.Accuracy).Bind(physics.Params(1, h))
	l, err := stencil.NewLayout(p, shape, pml)
	if err != nil {
		return 0, err
	}
	s, err := stencil.NewSchedule(p)
	if err != nil {
		return 0, err
	}
	m, err := shaders.NewModule(s, shaders.Kinds(l))
	if err != nil {
		return 0, err
	}
	g, err := shaders.NewGrid(l, s, 1, func(*stencil.Field) int { return 1 }, 1)
	if err != nil {
		return 0, err
	}
	return m.Traffic(g) * c.valueBytes() * float64(c.Shots) / c.Cells(), nil
}
