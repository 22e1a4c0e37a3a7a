package wave

import (
	"slices"

	"github.com/d52adeda/wave/internal/hicks"
	"github.com/d52adeda/wave/stencil"
)

// checkVacuum deals with points in vacuum. What a source adds to a field there stays, if no model
// multiplies it, as no update removes it, and stencils carry it into the medium: such cells are left
// out, and it is an error if nothing is left. Other sources do nothing there, and receivers record
// zeros: that is warned of.
func (sim *Simulation) checkVacuum() error {
	empty := sim.emptiness()
	if empty == nil {
		return nil
	}
	for i := range sim.sources {
		if err := sim.checkPoints(&sim.sources[i], empty, true); err != nil {
			return err
		}
	}
	for i := range sim.receivers {
		if err := sim.checkPoints(&sim.receivers[i], empty, false); err != nil {
			return err
		}
	}
	return nil
}

// checkPoints is checkVacuum for the points of a channel.
func (sim *Simulation) checkPoints(g *group, empty func(shot int, cell []int) bool, source bool) error {
	stays := source && sim.stays(*g)
	g.points = slices.Clone(g.placed)
	dead, first := 0, ""
	for shot, list := range g.placed {
		for i, f := range list {
			void := func(e hicks.Entry) bool { return sim.inVacuum(empty, shot, e.Cell, g.channel.Half, stays) }
			if !slices.ContainsFunc(f, void) {
				continue
			}
			all := !slices.ContainsFunc(f, func(e hicks.Entry) bool { return !void(e) })
			switch {
			case stays && all:
				return bad(g.name(shot, i), "in vacuum", "in a medium: what it adds would stay there for ever")
			case stays:
				if &g.points[shot][0] == &list[0] {
					g.points[shot] = slices.Clone(list)
				}
				g.points[shot][i] = slices.DeleteFunc(slices.Clone(f), void)
			case all:
				if dead++; dead == 1 {
					first = g.name(shot, i)
				}
			}
		}
	}
	if dead > 0 {
		does := "record zeros"
		if source {
			does = "do nothing"
		}
		sim.warn(WarnVacuum, g.field, "points in vacuum %s: %d, the first is %s", does, dead, first)
	}
	return nil
}

// emptiness returns a function that reports whether a cell is vacuum, or the cell of the model
// whose value continues there; nil if none is known to be.
func (sim *Simulation) emptiness() func(shot int, cell []int) bool {
	a := sim.models[sim.eq.Vacuum]
	if a == nil || a.Traced() {
		return nil
	}
	at, err := a.Reader()
	if err != nil {
		return nil
	}
	own := 0 // values of each shot
	if a.NDim() > sim.ndim && a.Shape()[0] > 1 {
		own = a.Len() / a.Shape()[0]
	}
	return func(shot int, cell []int) bool {
		i := 0
		for d, n := range sim.cells {
			i = i*n + min(max(cell[d], 0), n-1)
		}
		return at(shot*own+i) == 0
	}
}

// inVacuum reports whether a place has only vacuum around it or, with touches, any.
func (sim *Simulation) inVacuum(empty func(shot int, cell []int) bool, shot int, cell []int, half [3]bool, touches bool) bool {
	around := [][]int{cell}
	for d := range cell {
		if half[d] {
			for _, c := range slices.Clone(around) {
				c = slices.Clone(c)
				c[d]++
				around = append(around, c)
			}
		}
	}
	n := 0
	for _, c := range around {
		if empty(shot, c) {
			n++
		}
	}
	return n == len(around) || touches && n > 0
}

// stays reports whether a source's amplitudes are added as they are, times no model.
func (sim *Simulation) stays(g group) bool {
	for _, s := range sim.system.Program.Body {
		if in, ok := s.(stencil.Inject); ok && in.From == g.channel.Series && !stencil.Holds(in.Coeff, stencil.Model) {
			return true
		}
	}
	return false
}
