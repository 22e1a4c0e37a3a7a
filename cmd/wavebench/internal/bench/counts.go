package bench

import (
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/shaders"
	"github.com/d52adeda/wave/stencil"
)

// counts is what the equation's program says of a case, in bytes for each cell that a step
// updates.
type counts struct {
	moved  float64 // in a step at least, if every value comes from memory once for each Update
	stored float64 // at least: one copy of each wavefield and model, memory fields in their PML
	padded float64 // cells with the halo, over those that a step updates
}

// counts asks the program, PML included: an average over the grid.
func (c Case) counts() (counts, error) {
	ndim := len(c.Shape)
	shape, pml, h := make([]int, ndim), make([][2]int, ndim), make([]float64, ndim)
	for d, n := range c.Shape {
		shape[d], pml[d], h[d] = n+2*c.PML, [2]int{c.PML, c.PML}, spacing
	}
	p := equations[c.Equation].Program(ndim, c.Accuracy).Bind(equation.Params(1, h))
	var out counts
	for _, f := range p.Fields() {
		switch f.Kind {
		case stencil.State:
			out.stored++
		case stencil.Model: // shots share it
			out.stored += 1 / float64(c.Shots)
		case stencil.Memory:
			out.stored += float64(2*c.PML) / float64(shape[f.Dim])
		}
	}
	l, err := stencil.NewLayout(p, shape, pml)
	if err != nil {
		return out, err
	}
	s, err := stencil.NewSchedule(p)
	if err != nil {
		return out, err
	}
	m, err := shaders.NewModule(s, shaders.Kinds(l))
	if err != nil {
		return out, err
	}
	g, err := shaders.NewGrid(l, s, 1, func(*stencil.Field) int { return 1 }, 1)
	if err != nil {
		return out, err
	}
	out.moved = m.Traffic(g) * float64(c.Shots) / c.Cells() * c.valueBytes()
	out.stored *= c.valueBytes()
	out.padded = float64(l.Padded()) / float64(l.Cells())
	return out, nil
}
