package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/d52adeda/wave/equation"
)

// decayed turns a reference's PML memory psi, the convolution of the paper, into the
// engine's, which is a times that; other arrays are left alone.
func (c *Case) decayed(name string, v Values) (Values, error) {
	_, rest, ok := strings.Cut(name, "_psi")
	if !ok {
		return v, nil
	}
	m := c.Meta
	ndim := len(m.GridSpacing)
	dim := slices.Index(axes(ndim), rest[:1])
	if dim < 0 || len(v.Shape) != ndim+1 || m.MaxVel == nil || m.PMLFreq == nil || m.Accuracy == nil || m.InnerDT == 0 || len(m.PMLWidth) == 0 {
		return v, fmt.Errorf("verify: %s: %s %v: want [shot] and %d extents, and max_vel, pml_freq, pml_width, accuracy and dt_inner in meta", c.Name, name, v.Shape, ndim)
	}
	profile := equation.PML{Spacing: m.GridSpacing, DT: m.InnerDT, MaxVel: *m.MaxVel, Freq: *m.PMLFreq}
	side := func(i int) int { return m.PMLWidth[i%len(m.PMLWidth)] } // one for all, or one each
	for d := range ndim {
		profile.Width = append(profile.Width, [2]int{side(2 * d), side(2*d + 1)})
	}
	n, halo := v.Shape[dim+1], *m.Accuracy/2
	a, _, _ := profile.Profile(dim, n+2*halo, halo, *m.Accuracy)
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
