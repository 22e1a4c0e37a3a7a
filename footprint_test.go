package wave_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/internal/hicks"
)

// nearEdges are locations whose footprints of half width 4 reach into a PML, and
// beyond one of two cells.
func nearEdges(cells []int) [][]float64 {
	var out [][]float64
	for d, n := range cells {
		for _, x := range []float64{0.25, 2.5, float64(n) - 1.75, float64(n) - 3.5} {
			at := make([]float64, len(cells))
			for k := range at {
				at[k] = float64(cells[k]/2) + 0.375*float64(k)
			}
			at[d] = x
			out = append(out, at)
		}
	}
	return out
}

// freeAxes are those of a grid whose field is zero one cell beyond it.
func freeAxes(cells []int) []hicks.Axis {
	var out []hicks.Axis
	for _, n := range cells {
		out = append(out, hicks.Axis{Low: -1, High: float64(n), Last: n - 1, Mirrors: [2]hicks.Mirror{{At: -1, Sign: -1}, {At: float64(n), Sign: -1}}})
	}
	return out
}

// weights spreads a location over the grid of a model with its PML, whose cells
// beyond are zero.
func weights(t *testing.T, cells []int, pml, dipole int, at []float64) []float64 {
	t.Helper()
	spec := hicks.Spec{Dipole: dipole > 0, DipoleDim: dipole - 1}
	shifted := slices.Clone(at)
	var shape []int
	for d, n := range cells {
		shape = append(shape, n+2*pml)
		shifted[d] += float64(pml)
	}
	spec.Axes = freeAxes(shape)
	entries, err := spec.Entries(shifted)
	if err != nil {
		t.Fatal(err)
	}
	w := make([]float64, size(shape))
	for _, e := range entries {
		i := 0
		for d, c := range e.Cell {
			i = i*shape[d] + c
		}
		w[i] += e.Weight
	}
	return w
}

// Footprints reach into the PML: a receiver is the weighted sum of the wavefield
// there too, and a source adds to it.
func TestFootprintsInPML(t *testing.T) {
	slow(t)
	for ndim := 1; ndim <= 3; ndim++ {
		cells := []int{14, 12, 13}[:ndim]
		for _, dt := range dtypes {
			for _, backend := range append(slices.Clone(backends), devices(t, dt)...) {
				for _, pml := range []int{2, 6} {
					for dipole := 0; dipole <= ndim; dipole++ {
						t.Run(fmt.Sprintf("%d-D/%s/%s/PML %d/dipole %d", ndim, dt, backend, pml, dipole), func(t *testing.T) {
							at := nearEdges(cells)
							v, nt := constant(dt, 2000, cells...), 12
							o := wave.Options{Backend: backend, PMLFreq: 25, PMLWidth: []int{pml}}
							s := fire(5, 0.0005, uniform(random(t, 1), dt, -1, 1, nt), slices.Repeat([]int{6}, ndim))
							s.Receivers = wave.Receivers{Points: wave.Points{Positions: [][][]float64{at}, Dipole: dipole}}
							var want, weighted [][]float64
							for _, x := range at {
								want, weighted = append(want, make([]float64, nt)), append(weighted, weights(t, cells, pml, dipole, x))
							}
							o.Callback = func(f *wave.Frame) error {
								u, err := f.FieldOf("u", 0, wave.ViewPML)
								if err != nil || f.Step == f.Steps {
									return err
								}
								x := u.Float64s()
								for r := range at {
									for i, w := range weighted[r] {
										want[r][f.Step] += w * x[i]
									}
								}
								return nil
							}
							got := run(t, v, s, o)
							for r := range at {
								near(t, fmt.Sprintf("receiver at %v", at[r]), trace(got.Records["pressure"], 0, r), want[r], dt)
							}
							checkFootprintWarning(t, got, "Survey.Receivers.Positions[0][0]", len(at)-1)

							// After one step from rest a source's field is its weights.
							o.Callback = nil
							s = wave.Survey{Spacing: []float64{5}, DT: 0.0005}
							s.Sources = wave.Sources{Points: wave.Points{Dipole: dipole}, Amplitudes: constant(dt, 1, len(at), 1, 1)}
							for _, x := range at { // a shot each
								s.Sources.Positions = append(s.Sources.Positions, [][]float64{x})
							}
							u := run(t, v, s, o).Wavefields["u"].Float64s()
							for r, w := range weighted {
								for i := range w {
									w[i] *= -2000 * 2000 * 0.0005 * 0.0005
								}
								near(t, fmt.Sprintf("source at %v", at[r]), u[r*len(w):(r+1)*len(w)], w, dt)
							}
						})
					}
				}
			}
		}
	}
}

func checkFootprintWarning(t *testing.T, res *wave.Result, field string, others int) {
	t.Helper()
	for _, w := range res.Warnings {
		if w.Kind == wave.WarnFootprint && w.Field == field && strings.Contains(w.Text, fmt.Sprintf("as it does for %d others", others)) {
			return
		}
	}
	t.Errorf("warnings %v, want one of %s and %d others", res.Warnings, field, others)
}

// Born modelling with such locations is the derivative, on every backend.
func TestBornFootprintsInPML(t *testing.T) {
	slow(t)
	for _, backend := range append(slices.Clone(backends), devices(t, array.Float64)...) {
		t.Run(backend, func(t *testing.T) {
			cells, nt, rng := []int{14, 12}, 30, random(t, 1)
			v, dv := uniform(rng, array.Float64, 1500, 2000, cells...), array.Assemble(array.Float64, cells, [][]int{{1, 1}}, uniform(rng, array.Float64, -1, 1, 12, 10))
			s := fire(5, 0.0005, uniform(rng, array.Float64, -1, 1, nt), nil)
			s.Sources.Cells, s.Sources.Positions = nil, [][][]float64{{{0.5, 5.5}}}
			s.Receivers = wave.Receivers{Points: wave.Points{Positions: [][][]float64{nearEdges(cells)}}}
			o := wave.Options{Backend: backend, PMLFreq: 25, PMLWidth: []int{3}, MaxVel: 2100}
			const h = 1e-3
			plus := run(t, array.Add(v, array.Scale(h, dv)), s, o).Records["pressure"]
			minus := run(t, array.Sub(v, array.Scale(h, dv)), s, o).Records["pressure"]
			want := array.Scale(1/(2*h), array.Sub(plus, minus)).Float64s()
			res, err := wave.ScalarBorn(t.Context(), v, dv, s, o)
			if err != nil {
				t.Fatal(err)
			}
			// Central differences: h^2 and rounding over h, both below 1e-7 of the change.
			if e := difference(res.Records["dpressure"].Float64s(), want); !(e < 1e-7) || maxAbs(want) == 0 {
				t.Errorf("differ by %.3g", e)
			}
		})
	}
}

// A region of the model is as the model cut to it, footprints beyond its edges
// included; one around the survey keeps what the whole model has.
func TestFootprintsOfRegions(t *testing.T) {
	eachBackend(t, func(t *testing.T, backend string, dt array.DType) {
		const nt, pml = 20, 3
		at := nearEdges([]int{12, 13})
		state := uniform(random(t, 1), dt, -1, 1, 1, 12+2*pml, 13+2*pml)
		o := wave.Options{Backend: backend, PMLFreq: 25, PMLWidth: []int{pml}}
		s := wave.Survey{Spacing: []float64{5}, DT: 0.0005, NT: nt, Initial: wave.Wavefields{"u": state}}
		s.Receivers.Positions = [][][]float64{at}
		want := run(t, constant(dt, 2000, 12, 13), s, o)
		s.Origin = []int{5, 7}
		s.Receivers.Positions = [][][]float64{nil}
		for _, x := range at {
			s.Receivers.Positions[0] = append(s.Receivers.Positions[0], []float64{x[0] + 5, x[1] + 7})
		}
		got := run(t, constant(dt, 2000, 30, 30), s, o)
		sameBits(t, got, want)
		checkFootprintWarning(t, got, "Survey.Receivers.Positions[0][0]", len(at)-1)

		// Where a location is near the model's edge, the region around the survey
		// ends there; it is run in one piece, and in two.
		s = fire(5, 0.0005, uniform(random(t, 2), dt, -1, 1, 2*nt), nil)
		s.Sources.Cells, s.Sources.Positions = nil, [][][]float64{{{0.3, 8.4}}}
		s.Receivers = wave.Receivers{Points: wave.Points{Positions: [][][]float64{{{0.6, 12.5}}}}}
		o.SurveyPad = []int{2}
		v := uniform(random(t, 3), dt, 1500, 2000, 30, 30)
		whole := run(t, v, s, o)
		if !slices.Equal(whole.Origin, []int{0, 3}) || !slices.Equal(whole.Region, []int{7, 16}) {
			t.Errorf("region of %v cells from %v on", whole.Region, whole.Origin)
		}
		half := func(from int) *array.Array {
			return array.Slice(s.Sources.Amplitudes, []int{0, 0, from}, []int{1, 1, nt})
		}
		first := s
		first.Sources.Amplitudes = half(0)
		one := run(t, v, first, o)
		second := s
		second.Sources.Amplitudes, second.Initial, second.Origin = half(nt), one.Wavefields, one.Origin
		o.SurveyPad, o.MaxVel = nil, one.MaxVel
		two := run(t, v, second, o)
		if !slices.Equal(slices.Concat(one.Records["pressure"].Float64s(), two.Records["pressure"].Float64s()), whole.Records["pressure"].Float64s()) {
			t.Error("two halves are not the whole")
		}
	})
}
