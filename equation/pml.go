package equation

import (
	"math"
	"strings"

	"github.com/d52adeda/wave/stencil"
)

// PML holds what the C-PML profiles depend on (Pasalic and McGarry 2010; the
// profile of sigma after Collino and Tsogka 2001, with reflection 0.001).
type PML struct {
	Width   [][2]int  // cells, begin and end of each dimension
	Spacing []float64 // m
	DT      float64   // inner time step, s
	MaxVel  float64   // m/s
	Freq    float64   // Hz, the frequency at which absorption is best
}

const (
	reflection = 0.001
	power      = 2
)

// Profile returns the profiles a, b and db of dimension dim, of n cells: the
// padded grid, PML between the outermost halo cells, at least accuracy/2 of them, in
// which a and b keep their value. db is the first derivative of b (1/m) at the given
// accuracy, and is zero in the halo. Without a PML all three are zero.
func (p PML) Profile(dim, n, halo, accuracy int) (a, b, db []float64) {
	a, b = p.along(dim, n, halo, 0)
	db = FirstDerivative(b, p.Spacing[dim], accuracy)
	for x := range min(halo, n) {
		db[x], db[n-1-x] = 0, 0
	}
	return a, b, db
}

// Of returns the values of a profile that an equation of this package has in its program:
// a, b and db, at cells or (Field.Half) between them; false if f is none of them. Between
// cells, they are zero from the last cell on, which has no other half.
func (p PML) Of(f *stencil.Field, l *stencil.Layout) (x []float64, ok bool) {
	n := l.Shape[f.Dim]
	name, _, _ := strings.Cut(f.Name, "_")
	if f.Kind != stencil.Profile {
		return nil, false
	}
	shift := 0.0
	if f.Half[f.Dim] {
		shift = 0.5
	}
	a, b := p.along(f.Dim, n, l.Halo, shift)
	if shift > 0 {
		clear(a[n-1-l.Halo:])
		clear(b[n-1-l.Halo:])
	}
	switch name {
	case "a", "ah":
		return a, true
	case "b", "bh":
		return b, true
	case "db":
		_, _, db := p.Profile(f.Dim, n, l.Halo, 2*f.Extent)
		return db, true
	}
	return nil, false
}

// along returns a and b of n cells, at a place shift cells from each.
func (p PML) along(dim, n, halo int, shift float64) (a, b []float64) {
	a, b = make([]float64, n), make([]float64, n)
	longest := 0.0 // of all sides: one sigma0 for the whole grid
	for d, w := range p.Width {
		longest = max(longest, float64(max(w[0], w[1]))*p.Spacing[d])
	}
	if longest > 0 {
		sigma0 := -(power + 1) * p.MaxVel * math.Log(reflection) / (2 * longest)
		alpha0 := math.Pi * p.Freq
		w := p.Width[dim]
		for x := range n {
			at := float64(x) + shift
			frac := max(depth(float64(halo+w[0])-at, w[0]), depth(at-float64(n-1-halo-w[1]), w[1]))
			if frac == 0 {
				continue
			}
			sigma := sigma0 * math.Pow(frac, power)
			alpha := alpha0 * (1 - frac)
			a[x] = math.Exp(-(sigma + alpha) * math.Abs(p.DT))
			b[x] = sigma / (sigma + alpha) * (a[x] - 1)
		}
	}
	return a, b
}

// depth returns how far cells into a PML of width w, from 0 to 1.
func depth(cells float64, w int) float64 {
	if w == 0 {
		return 0
	}
	return min(max(cells/float64(w), 0), 1)
}
