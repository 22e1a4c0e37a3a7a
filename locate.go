package wave

import (
	"fmt"
	"math"
	"slices"

	"github.com/d52adeda/wave/internal/hicks"
	"github.com/d52adeda/wave/stencil"
)

// footprint is a point as cells with weights; none for one that is ignored. Cells
// count from the model's first and may lie in the PML.
type footprint []hicks.Entry

// empty reports whether there are no points.
func (p Points) empty() bool { return len(p.Cells) == 0 && len(p.Positions) == 0 }

func (p Points) shots() int { return max(len(p.Cells), len(p.Positions)) }

// dimensions returns the number of coordinates of the first location; 0 if there
// is none.
func (s *Survey) dimensions() int {
	for _, p := range []Points{s.Sources.Points, s.Receivers, s.Background} {
		for _, shot := range p.Cells {
			for _, c := range shot {
				return len(c)
			}
		}
		for _, shot := range p.Positions {
			for _, c := range shot {
				return len(c)
			}
		}
	}
	return 0
}

// locate turns locations into footprints.
func (sim *simulation) locate() error {
	s := &sim.survey
	var err error
	if sim.sources, err = sim.footprints("Survey.Sources", s.Sources.Points); err != nil {
		return err
	}
	if sim.receivers, err = sim.footprints("Survey.Receivers", s.Receivers); err != nil {
		return err
	}
	if sim.background, err = sim.footprints("Survey.Background", s.Background); err != nil {
		return err
	}
	a := s.Sources.Amplitudes
	switch n := pointsPerShot(sim.sources); {
	case a == nil && n > 0:
		return bad("Survey.Sources.Amplitudes", "missing", "[%d][%d][time] for the sources' locations", sim.shots, n)
	case a != nil && a.Shape()[1] != n:
		return bad("Survey.Sources.Amplitudes", ofShape(a.Shape()), "[%d][%d][time], one series a source", sim.shots, n)
	}
	return nil
}

func pointsPerShot(f [][]footprint) int {
	if len(f) == 0 {
		return 0
	}
	return len(f[0])
}

func (sim *simulation) footprints(name string, p Points) ([][]footprint, error) {
	if len(p.Cells) > 0 && len(p.Positions) > 0 {
		return nil, bad(name, "given as Cells and as Positions", "one of the two")
	}
	if (p.HalfWidth != 0 || p.Dipole != 0) && len(p.Positions) == 0 && len(p.Cells) > 0 {
		return nil, bad(name+".Cells", "given with HalfWidth or Dipole", "Positions, which those are for")
	}
	if p.Dipole < 0 || p.Dipole > sim.ndim {
		return nil, bad(name+".Dipole", p.Dipole, "0, or 1 to %d", sim.ndim)
	}
	if p.HalfWidth < 0 || p.HalfWidth > 10 {
		return nil, bad(name+".HalfWidth", p.HalfWidth, "1 to 10, or 0 for 4")
	}
	spec := hicks.Spec{
		HalfWidth: p.HalfWidth, Shape: sim.region, Origin: sim.origin, Margin: sim.pml,
		Dipole: p.Dipole > 0, DipoleDim: p.Dipole - 1,
	}
	out := make([][]footprint, sim.shots)
	damped, first := 0, "" // locations whose footprint reaches into the PML
	for shot := range p.shots() {
		kind, n := ".Cells", 0
		if len(p.Cells) > 0 {
			n = len(p.Cells[shot])
		} else {
			kind, n = ".Positions", len(p.Positions[shot])
		}
		for i := range n {
			at := func() string { return fmt.Sprintf("%s%s[%d][%d]", name, kind, shot, i) } // there may be millions
			var f footprint
			var err error
			if len(p.Cells) > 0 {
				f, err = sim.cell(at, p.Cells[shot][i])
			} else {
				f, err = sim.position(at, spec, p.Positions[shot][i])
			}
			if err != nil {
				return nil, err
			}
			out[shot] = append(out[shot], f)
			if sim.reachesPML(f) {
				if damped++; damped == 1 {
					first = at()
				}
			}
		}
		if len(out[shot]) != len(out[0]) {
			return nil, bad(name, fmt.Sprintf("of %d points in shot %d", len(out[shot]), shot), "%d, as in shot 0 (fill up with IgnoreLocation)", len(out[0]))
		}
	}
	if damped > 0 {
		others := ""
		if damped > 1 {
			others = fmt.Sprintf(", as it does for %d others", damped-1)
			if damped == 2 {
				others = ", as it does for another one"
			}
			if sim.shots > 1 {
				others += " in all shots"
			}
		}
		sim.warn(WarnFootprint, first, "interpolation between cells reaches into the absorbing layer here%s, and the layer damps waves: locations on cells, "+
			"a smaller half width, a free surface (no layer on that side), or a model that begins further out avoid it", others)
	}
	return out, nil
}

// cell returns the footprint of a whole cell.
func (sim *simulation) cell(name func() string, c []int) (footprint, error) {
	if len(c) != sim.ndim {
		return nil, bad(name(), c, "%d coordinates", sim.ndim)
	}
	ignored := 0
	for _, x := range c {
		if x == IgnoreLocation {
			ignored++
		}
	}
	if ignored == len(c) {
		return nil, nil
	}
	if ignored > 0 {
		return nil, bad(name(), c, "IgnoreLocation in every coordinate or in none")
	}
	if f := (footprint{{Cell: c, Weight: 1}}); !sim.reachesPML(f) {
		return f, nil
	}
	last := make([]int, sim.ndim)
	for d, n := range sim.region {
		last[d] = sim.origin[d] + n - 1
	}
	return nil, sim.outside(name(), c, sim.origin, last)
}

func (sim *simulation) outside(name string, got any, first, last []int) error {
	what := "the cells of the model"
	if !slices.Equal(sim.region, sim.cells) {
		what = "the cells of the initial wavefields"
	}
	return &FieldError{Field: name, Got: fmt.Sprint(got), Want: fmt.Sprintf("%v to %v, %s", first, last, what), Err: ErrOutside}
}

// reachesPML reports whether a footprint has cells outside the region.
func (sim *simulation) reachesPML(f footprint) bool {
	for _, e := range f {
		for d, x := range e.Cell {
			if x < sim.origin[d] || x >= sim.origin[d]+sim.region[d] {
				return true
			}
		}
	}
	return false
}

// position returns the footprint of a location between cells.
func (sim *simulation) position(name func() string, spec hicks.Spec, x []float64) (footprint, error) {
	if len(x) != sim.ndim {
		return nil, bad(name(), x, "%d coordinates", sim.ndim)
	}
	ignored := 0
	for _, v := range x {
		if v == IgnoreLocation {
			ignored++
		} else if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, bad(name(), x, "finite numbers (cells)")
		}
	}
	if ignored == len(x) {
		return nil, nil
	}
	if ignored > 0 {
		return nil, bad(name(), x, "IgnoreLocation in every coordinate or in none")
	}
	f, err := spec.Entries(x)
	if err != nil {
		first, last := make([]int, sim.ndim), make([]int, sim.ndim)
		for d := range first {
			first[d], last[d] = spec.Limits(d)
		}
		return nil, sim.outside(name(), x, first, last)
	}
	return f, nil
}

// points returns footprints as the backends want them: cells of the padded grid of
// the simulated region.
func (sim *simulation) points(all [][]footprint) []stencil.Points {
	out := make([]stencil.Points, sim.shots)
	for shot, list := range all {
		out[shot] = make(stencil.Points, len(list))
		for i, f := range list {
			for _, e := range f {
				cell := 0
				for d, x := range e.Cell {
					cell = cell*sim.layout.Shape[d] + sim.layout.Halo + sim.pml[d][0] + x - sim.origin[d]
				}
				out[shot][i] = append(out[shot][i], stencil.Entry{Cell: cell, Weight: e.Weight})
			}
		}
	}
	return out
}
