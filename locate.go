package wave

import (
	"fmt"
	"math"

	"github.com/d52adeda/wave/internal/hicks"
	"github.com/d52adeda/wave/stencil"
)

// footprint is a point as cells of the model with weights; none for one that is
// ignored.
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
	spec := hicks.Spec{HalfWidth: p.HalfWidth, Shape: sim.cells, Dipole: p.Dipole > 0, DipoleDim: p.Dipole - 1}
	for _, w := range sim.pml {
		spec.FreeSurface = append(spec.FreeSurface, [2]bool{w[0] == 0, w[1] == 0})
	}
	out := make([][]footprint, sim.shots)
	for shot := range p.shots() {
		n := 0
		if len(p.Cells) > 0 {
			n = len(p.Cells[shot])
		} else {
			n = len(p.Positions[shot])
		}
		for i := range n {
			var f footprint
			var err error
			if len(p.Cells) > 0 {
				f, err = sim.cell(fmt.Sprintf("%s.Cells[%d][%d]", name, shot, i), p.Cells[shot][i])
			} else {
				f, err = sim.position(fmt.Sprintf("%s.Positions[%d][%d]", name, shot, i), spec, p.Positions[shot][i])
			}
			if err != nil {
				return nil, err
			}
			out[shot] = append(out[shot], f)
		}
		if len(out[shot]) != len(out[0]) {
			return nil, bad(fmt.Sprintf("number of points in %s, shot %d", name, shot), len(out[shot]), "%d, as in shot 0 (fill up with IgnoreLocation)", len(out[0]))
		}
	}
	return out, nil
}

// cell returns the footprint of a whole cell.
func (sim *simulation) cell(name string, c []int) (footprint, error) {
	if len(c) != sim.ndim {
		return nil, bad(name, c, "%d coordinates", sim.ndim)
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
		return nil, bad(name, c, "IgnoreLocation in every coordinate or in none")
	}
	for d, x := range c {
		if x < 0 || x >= sim.cells[d] {
			return nil, outside(name, c, sim.cells)
		}
	}
	return footprint{{Cell: c, Weight: 1}}, nil
}

func outside(name string, got any, cells []int) error {
	last := make([]int, len(cells))
	for d, n := range cells {
		last[d] = n - 1
	}
	return &FieldError{Field: name, Got: fmt.Sprint(got), Want: fmt.Sprintf("%v to %v, the cells of the model", make([]int, len(cells)), last), Err: ErrOutside}
}

// position returns the footprint of a location between cells.
func (sim *simulation) position(name string, spec hicks.Spec, x []float64) (footprint, error) {
	if len(x) != sim.ndim {
		return nil, bad(name, x, "%d coordinates", sim.ndim)
	}
	ignored := 0
	for _, v := range x {
		if v == IgnoreLocation {
			ignored++
		} else if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, bad(name, x, "finite numbers (cells)")
		}
	}
	if ignored == len(x) {
		return nil, nil
	}
	if ignored > 0 {
		return nil, bad(name, x, "IgnoreLocation in every coordinate or in none")
	}
	f, err := spec.Entries(x)
	if err != nil {
		return nil, &FieldError{Field: name, Got: fmt.Sprint(x), Want: "a footprint inside the model (" + err.Error() + ")", Err: ErrOutside}
	}
	return f, nil
}

// points returns footprints as the backends want them: cells of the padded grid of
// the simulated region.
func (sim *simulation) points(name string, all [][]footprint) ([]stencil.Points, error) {
	out := make([]stencil.Points, sim.shots)
	for shot, list := range all {
		out[shot] = make(stencil.Points, len(list))
		for i, f := range list {
			for _, e := range f {
				cell := 0
				for d, x := range e.Cell {
					x -= sim.origin[d]
					if x < 0 || x >= sim.region[d] {
						return nil, &FieldError{
							Field: fmt.Sprintf("%s, shot %d, point %d", name, shot, i), Got: fmt.Sprintf("on cell %v", e.Cell),
							Want: fmt.Sprintf("one of the %v cells from %v on, the region of the initial wavefields", sim.region, sim.origin), Err: ErrOutside,
						}
					}
					cell = cell*sim.layout.Shape[d] + sim.layout.Halo + sim.pml[d][0] + x
				}
				out[shot][i] = append(out[shot][i], stencil.Entry{Cell: cell, Weight: e.Weight})
			}
		}
	}
	return out, nil
}
