package equation

import (
	"math"
	"testing"
)

// TestWavenumber puts the wavenumbers found back into the dispersion relation, taken from the
// stencils themselves, up to the shortest waves that the grid carries.
func TestWavenumber(t *testing.T) {
	directions := [][]float64{{1, 0}, {0, 1}, {math.Sqrt2 / 2, math.Sqrt2 / 2}, {0.6, 0.8}}
	found, none := 0, 0
	for _, staggered := range []bool{false, true} {
		for _, accuracy := range []int{2, 4, 6, 8} {
			s := Scheme{Accuracy: accuracy, Spacing: []float64{10, 4}, DT: 0.0008, Staggered: staggered}
			const v = 2000.0
			for _, direction := range directions {
				for omega := 0.0; omega < 1400; omega += 1.5 {
					k, ok := s.Wavenumber(omega, v, direction)
					if !ok {
						none++
						continue
					}
					sum := 0.0
					for d, h := range s.Spacing {
						a, x := k*direction[d]*h, 0.0
						if staggered {
							for j, c := range staggeredWeights[accuracy] {
								x += 2 * c * math.Sin((float64(j)+0.5)*a)
							}
							x *= x
						} else {
							for j, w := range secondWeights[accuracy] {
								if j > 0 {
									w *= 2
								}
								x -= w * math.Cos(float64(j)*a)
							}
						}
						sum += x / (h * h)
					}
					want := math.Pow(2/s.DT*math.Sin(omega*s.DT/2)/v, 2)
					if math.Abs(sum-want) > 1e-11*want+1e-13 {
						t.Errorf("%+v, %v, omega %g: k %g gives %g, want %g", s, direction, omega, k, sum, want)
					}
					found++
				}
			}
		}
	}
	if found < 10000 || none < 1000 {
		t.Errorf("%d wavenumbers, %d times none: not all cases were there", found, none)
	}
}
