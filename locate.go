package wave

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/internal/hicks"
	"github.com/d52adeda/wave/stencil"
)

// footprint is a point as cells with weights; none for one that is ignored. Cells
// count from the model's first and may lie in the PML.
type footprint []hicks.Entry

// empty reports whether there are no points.
func (p Points) empty() bool { return len(p.Cells) == 0 && len(p.Positions) == 0 }

func (p Points) shots() int { return max(len(p.Cells), len(p.Positions)) }

// dimensions returns the number of coordinates of the first location, or of the initial
// wavefields; 0 if there is neither.
func (s *Survey) dimensions() int {
	all := []Points{s.Sources.Points, s.Receivers.Points}
	for _, more := range s.MoreSources {
		all = append(all, more.Points)
	}
	for _, more := range s.MoreReceivers {
		all = append(all, more.Points)
	}
	for _, p := range all {
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
	if names := slices.Sorted(maps.Keys(s.Initial)); len(names) > 0 {
		return max(s.Initial[names[0]].NDim()-1, 0)
	}
	return 0
}

// locate turns locations into footprints.
func (sim *Simulation) locate() error {
	for i := range sim.sources {
		g := &sim.sources[i]
		if err := sim.place(g); err != nil {
			return err
		}
		switch n := pointsPerShot(g.points); {
		case g.amplitudes == nil && n > 0:
			return bad(g.field+".Amplitudes", "missing", "[%d][%d][time] for the sources' locations", sim.shots, n)
		case g.amplitudes != nil && g.amplitudes.Shape()[1] != n:
			return bad(g.field+".Amplitudes", ofShape(g.amplitudes.Shape()), "[%d][%d][time], one series a source", sim.shots, n)
		}
	}
	for i := range sim.receivers {
		if err := sim.place(&sim.receivers[i]); err != nil {
			return err
		}
	}
	return sim.checkVacuum()
}

func pointsPerShot(f [][]footprint) int {
	if len(f) == 0 {
		return 0
	}
	return len(f[0])
}

// place turns the locations of a channel into footprints.
func (sim *Simulation) place(g *group) error {
	name, p := g.field, g.of
	if len(p.Cells) > 0 && len(p.Positions) > 0 {
		return bad(name, "given as Cells and as Positions", "one of the two")
	}
	if (p.HalfWidth != 0 || p.Dipole != 0) && len(p.Positions) == 0 && len(p.Cells) > 0 {
		return bad(name+".Cells", "given with HalfWidth or Dipole", "Positions, which those are for")
	}
	if p.Dipole < 0 || p.Dipole > sim.ndim {
		return bad(name+".Dipole", p.Dipole, "0, or 1 to %d", sim.ndim)
	}
	if p.HalfWidth < 0 || p.HalfWidth > 10 {
		return bad(name+".HalfWidth", p.HalfWidth, "1 to 10, or 0 for 4")
	}
	spec := hicks.Spec{HalfWidth: p.HalfWidth, Dipole: p.Dipole > 0, DipoleDim: p.Dipole - 1}
	for d := range sim.ndim {
		spec.Axes = append(spec.Axes, sim.axis(&g.channel, d))
	}
	out := make([][]footprint, sim.shots)
	damped, first := 0, "" // locations whose footprint reaches into the PML
	for shot := range p.shots() {
		n := 0
		if len(p.Cells) > 0 {
			n = len(p.Cells[shot])
		} else {
			n = len(p.Positions[shot])
		}
		for i := range n {
			at := func() string { return g.name(shot, i) } // there may be millions
			var f footprint
			var err error
			if len(p.Cells) > 0 {
				f, err = sim.cell(at, &g.channel, p.Cells[shot][i])
			} else {
				f, err = sim.position(at, spec, p.Positions[shot][i])
			}
			if err != nil {
				return err
			}
			out[shot] = append(out[shot], f)
			if sim.reachesPML(f) {
				if damped++; damped == 1 {
					first = at()
				}
			}
		}
		if len(out[shot]) != len(out[0]) {
			return bad(name, fmt.Sprintf("of %d points in shot %d", len(out[shot]), shot), "%d, as in shot 0 (fill up with IgnoreLocation)", len(out[0]))
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
			"a smaller half width, a side without a layer (free, rigid), or a model that begins further out avoid it", others)
	}
	g.points, g.placed = out, out
	return nil
}

// name names a point for errors.
func (g *group) name(shot, i int) string {
	kind := "Cells"
	if len(g.of.Cells) == 0 {
		kind = "Positions"
	}
	return fmt.Sprintf("%s.%s[%d][%d]", g.field, kind, shot, i)
}

// axis returns dimension d of the region as the field of a channel sees it.
func (sim *Simulation) axis(c *equation.Channel, d int) hicks.Axis {
	first, last := sim.origin[d], sim.origin[d]+sim.region[d]-1
	a := hicks.Axis{Low: float64(first), High: float64(last), First: first - sim.pad[d][0], Last: last + sim.pad[d][1]}
	plane, inside := 1.0, -1 // cells beyond the last; sign of a rigid side's image
	if sim.staggered() {
		plane, inside = 0.5, 1
	}
	if c.Half[d] {
		a.Shift, inside = 0.5, -inside
		a.Last-- // its other half lies beyond
	}
	sign := [2]int{inside, inside}
	at := [2]float64{float64(first-sim.pad[d][0]) - plane, float64(last+sim.pad[d][1]) + plane}
	for side := range sign {
		if sim.vacuum(d, side) {
			at[side] += []float64{1, -1}[side]
			sign[side] = c.Mirror
		}
		a.Mirrors[side] = hicks.Mirror{At: at[side], Sign: sign[side]}
	}
	if !c.Half[d] { // nothing is in vacuum, but for what is on its surface
		if sim.vacuum(d, 0) {
			a.First++
		}
		if sim.vacuum(d, 1) {
			a.Last--
		}
	}
	if sim.pml[d][0] == 0 {
		a.Low = at[0]
	}
	if sim.pml[d][1] == 0 {
		a.High = at[1]
	}
	return a
}

// cell returns the footprint of a whole cell.
func (sim *Simulation) cell(name func() string, channel *equation.Channel, c []int) (footprint, error) {
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
	last, inside := make([]int, sim.ndim), true
	for d, n := range sim.region {
		last[d] = sim.origin[d] + n - 1
		inside = inside && c[d] >= sim.origin[d] && c[d] <= last[d]
	}
	if !inside {
		return nil, sim.outside(name(), c, sim.origin, last)
	}
	return footprint{{Cell: c, Weight: 1}}, nil
}

func (sim *Simulation) outside(name string, got, first, last any) error {
	what := "the cells of the model"
	if !slices.Equal(sim.region, sim.cells) {
		what = "the cells of the initial wavefields"
	}
	return &FieldError{Field: name, Got: fmt.Sprint(got), Want: fmt.Sprintf("%v to %v, %s", first, last, what), Err: ErrOutside}
}

// checkHalf refuses whole cells in whose other half nothing is computed: the last one along a
// dimension in which the channel sits half a cell further on. (The model's last is refused with a
// PML, too, as by the reference.)
func (sim *Simulation) checkHalf() error {
	for _, g := range slices.Concat(sim.sources, sim.receivers) {
		for shot, list := range g.points {
			for i, f := range list {
				if len(f) != 1 || g.of.Cells == nil {
					continue
				}
				for d, x := range f[0].Cell {
					last := sim.origin[d] + sim.region[d] - 1
					if g.channel.Half[d] && x == last && !sim.vacuum(d, 1) && (sim.pml[d][1] == 0 || x == sim.cells[d]-1) {
						want := fmt.Sprintf("at most %d in dimension %d", last-1, d)
						if last == 0 {
							want = fmt.Sprintf("2 cells or more in dimension %d", d)
						}
						return &FieldError{
							Field: g.name(shot, i), Got: fmt.Sprint(f[0].Cell), Err: ErrOutside,
							Want: want + ", since channel " + g.channel.Name + " sits half a cell further on",
						}
					}
				}
			}
		}
	}
	return nil
}

// reachesPML reports whether a footprint has cells in the PML.
func (sim *Simulation) reachesPML(f footprint) bool {
	for _, e := range f {
		for d, x := range e.Cell {
			if x < sim.origin[d] && sim.pml[d][0] > 0 || x >= sim.origin[d]+sim.region[d] && sim.pml[d][1] > 0 {
				return true
			}
		}
	}
	return false
}

// position returns the footprint of a location between cells.
func (sim *Simulation) position(name func() string, spec hicks.Spec, x []float64) (footprint, error) {
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
		first, last := make([]float64, sim.ndim), make([]float64, sim.ndim)
		for d, a := range spec.Axes {
			first[d], last[d] = a.Low, a.High
		}
		return nil, sim.outside(name(), x, first, last)
	}
	return f, nil
}

// points returns footprints as the backends want them: cells of the padded grid of
// the simulated region.
func (sim *Simulation) points(all [][]footprint) []stencil.Points {
	out := make([]stencil.Points, len(all))
	for shot, list := range all {
		out[shot] = make(stencil.Points, len(list))
		for i, f := range list {
			for _, e := range f {
				cell := 0
				for d, x := range e.Cell {
					cell = cell*sim.layout.Shape[d] + sim.layout.Halo + sim.pad[d][0] + x - sim.origin[d]
				}
				out[shot][i] = append(out[shot][i], stencil.Entry{Cell: cell, Weight: e.Weight})
			}
		}
	}
	return out
}
