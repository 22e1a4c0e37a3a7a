package verify

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/d52adeda/wave/equation"
)

// decayed turns the PML memory psi that the reference has of the scalar equations, the
// convolution of the paper, into the engine's, which is a times that; other arrays are left
// alone.
func (c *Case) decayed(name string, v Values) (Values, error) {
	_, axis, ok := strings.Cut(name, "_psi")
	if !ok || axis == "" || axis[0] == '_' { // of the staggered equations it is the engine's
		return v, nil
	}
	m := c.Meta
	ndim := len(m.GridSpacing)
	dim := slices.IndexFunc(equation.Axes(ndim), func(own string) bool { return axesOf(ndim, own) == axis[:1] })
	if dim < 0 || len(v.Shape) != ndim+1 {
		return v, fmt.Errorf("verify: %s: %s %v: want [shot] and %d extents", c.Name, name, v.Shape, ndim)
	}
	profile, accuracy, err := c.profile()
	if err != nil {
		return v, err
	}
	n, halo := v.Shape[dim+1], accuracy/2
	a, _, _ := profile.Profile(dim, n+2*halo, halo, accuracy)
	stride := 1
	for _, n := range v.Shape[dim+2:] {
		stride *= n
	}
	data := slices.Clone(v.Data)
	for i := range data {
		data[i] *= a[halo+i/stride%n]
	}
	return Values{v.Shape, data}, nil
}

// profile returns the PML of a scalar case and its accuracy, with the defaults of what meta lacks.
func (c *Case) profile() (equation.PML, int, error) {
	m := c.Meta
	p, accuracy := equation.PML{Spacing: m.GridSpacing, DT: m.InnerDT, Freq: 25}, 4
	if m.PMLFreq != nil {
		p.Freq = *m.PMLFreq
	}
	if m.Accuracy != nil {
		accuracy = *m.Accuracy
	}
	if m.MaxVel != nil {
		p.MaxVel = *m.MaxVel
	} else {
		v, err := c.values("in_v")
		if err != nil {
			return p, 0, err
		}
		for _, x := range v.Data {
			p.MaxVel = max(p.MaxVel, math.Abs(x))
		}
	}
	if p.DT == 0 {
		p.DT, _ = equation.CFL(m.DT, m.GridSpacing, p.MaxVel)
	}
	width := func(side int) int {
		if len(m.PMLWidth) == 0 {
			return 20
		}
		return m.PMLWidth[side%len(m.PMLWidth)] // one for all, or one each
	}
	for d := range m.GridSpacing {
		p.Width = append(p.Width, [2]int{width(2 * d), width(2*d + 1)})
	}
	return p, accuracy, nil
}
