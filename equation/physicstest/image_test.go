package physicstest

import (
	"fmt"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend/backendtest"
	"github.com/d52adeda/wave/equation"
)

// TestVacuumIsAnImage compares a free surface made by vacuum with a full space that is the
// medium and its mirror image, and that has the source's image with the opposite sign: pressure
// is odd about the plane between vacuum and medium, so zero there. At accuracy 2 the two are the
// same but for rounding: B is 1/rho twice over on the plane, and p on its other side is 0 in
// place of -p.
//
// Above, they differ as crossing and onSurface say, half as much on cells half as large.
func TestVacuumIsAnImage(t *testing.T) {
	numbers(t)
	const v, rho = 2000.0, 2200.0
	for _, accuracy := range []int{2, 4, 6, 8} {
		t.Run(fmt.Sprintf("acc%d", accuracy), func(t *testing.T) {
			before := 0.0
			for _, fine := range []int{1, 2} {
				h, p := 5/float64(fine), pulse{16, 0.09}
				const vacuum, pml = 8, 10 // the cells of vacuum above; then the surface
				ny, nx, deep, away := 36*fine, 60*fine, 10*fine, 16*fine
				half := &backendtest.Survey{
					Equation: equation.Acoustic(), Accuracy: accuracy, Spacing: h, DT: 0.3 * h / v, Steps: 400 * fine, Freq: 16,
					PML:       [][2]int{{0, pml}, {pml, pml}},
					Sources:   map[string][]backendtest.Source{"pressure": {{Cell: []int{vacuum + deep, nx/2 - away/2}, Amplitude: p.ricker}}},
					Receivers: map[string][][]int{"pressure": {{vacuum + deep/2, nx/2 + away/2}}, "vz": {{vacuum - 1, nx/2 + away/2}, {vacuum + deep/2, nx/2 + away/2}}},
				}
				density := func(c []int) float64 {
					if c[0] < vacuum {
						return 0
					}
					return rho
				}
				half.Models = equation.Models{"v": constant(v, ny+vacuum, nx), "rho": filled(density, ny+vacuum, nx)}
				whole := *half
				whole.PML = around(pml, 2)
				whole.Models = equation.Models{"v": constant(v, 2*ny, nx), "rho": constant(rho, 2*ny, nx)}
				whole.Sources = map[string][]backendtest.Source{"pressure": {
					{Cell: []int{ny + deep, nx/2 - away/2}, Amplitude: p.ricker},
					{Cell: []int{ny - 1 - deep, nx/2 - away/2}, Amplitude: func(t float64) float64 { return -p.ricker(t) }}}}
				whole.Receivers = map[string][][]int{"pressure": {{ny + deep/2, nx/2 + away/2}}, "vz": {{ny - 1, nx/2 + away/2}, {ny + deep/2, nx/2 + away/2}}}
				got, want := half.Run(t, "cpu"), whole.Run(t, "cpu")

				for i := range want["vz"][0] {
					want["vz"][0][i] *= onSurface(accuracy)
				}
				worst := 0.0
				for name, records := range want {
					for k, y := range records {
						e, tolerance := off(got[name][k], y), 1e-12+crossing(half, y, v, 0)
						t.Logf("cells of %g m: %s %d: error %.2g, tolerance %.2g", h, name, k, e, tolerance)
						if !(e <= tolerance) {
							t.Errorf("%s %d: error %.3g, want at most %.3g", name, k, e, tolerance)
						}
						worst = max(worst, e)
					}
				}
				if accuracy > 2 && fine == 2 && !(worst < 0.6*before && worst > 0.4*before) {
					t.Errorf("errors %.3g and %.3g on half the cells, want half", before, worst)
				}
				before = worst
				if fine == 1 { // another medium is seen
					half.Models["v"] = array.Scale(1.01, half.Models["v"])
					if e := off(half.Run(t, "cpu")["pressure"][0], want["pressure"][0]); !(e > 2*worst+0.01) {
						t.Errorf("1%% of the speed makes %.3g, want more than %.3g", e, 2*worst+0.01)
					}
				}
			}
		})
	}
}
