package wave

import (
	"maps"
	"slices"
	"strings"

	"github.com/d52adeda/wave/array"
)

// The part of the model that is simulated is all of it, that of the initial
// wavefields, or (SurveyPad) the surroundings of the survey.

// initialRegion takes the region from the shape of the initial wavefields, if there
// are any, else all of the model.
func (sim *Simulation) initialRegion() error {
	sim.origin, sim.region = make([]int, sim.ndim), slices.Clone(sim.cells)
	s, pad := &sim.survey, sim.opt.SurveyPad
	switch initial := s.Initial != nil; {
	case initial && pad != nil:
		return bad("Options.SurveyPad", pad, "nil with Survey.Initial, whose shape and Origin give the region")
	case !initial && s.Origin != nil:
		return bad("Survey.Origin", s.Origin, "nil without Survey.Initial")
	case !initial:
		return nil
	}
	if s.Origin != nil {
		if len(s.Origin) != sim.ndim {
			return bad("Survey.Origin", s.Origin, "%d indices", sim.ndim)
		}
		copy(sim.origin, s.Origin)
	}
	names := slices.Sorted(maps.Keys(s.Initial))
	if len(names) == 0 {
		return bad("Survey.Initial", "empty", "at least one wavefield")
	}
	var known []string
	for _, f := range sim.wavefields() {
		known = append(known, f.Name)
	}
	var first []int
	for _, name := range names {
		a, field := s.Initial[name], "Survey.Initial["+name+"]"
		if !slices.Contains(known, name) {
			return bad(field, "given", "only wavefields that equation %s has: %s", sim.eq.Name, strings.Join(known, ", "))
		}
		if first == nil {
			first = a.Shape()
			if err := sim.regionOf(field, first); err != nil {
				return err
			}
		}
		if !slices.Equal(a.Shape(), first) {
			return bad(field, ofShape(a.Shape()), "%v, as Survey.Initial[%s] has", first, names[0])
		}
		if a.Traced() {
			return &FieldError{Field: field, Got: "traced", Want: "plain numbers", Err: ErrTraced}
		}
		if a.DType() != sim.dtype {
			return &FieldError{Field: field, Got: "of " + a.DType().String(), Want: sim.dtype.String() + ", as the model", Err: array.ErrDType}
		}
		if !a.Finite() {
			return bad(field, "NaN or infinite somewhere", "finite numbers")
		}
	}
	return nil
}

// regionOf takes the region from the shape of a wavefield.
func (sim *Simulation) regionOf(field string, shape []int) error {
	for d := range sim.ndim {
		n := shape[1+d] - sim.pad[d][0] - sim.pad[d][1]
		if n < 1 || sim.origin[d] < 0 || sim.origin[d] > sim.cells[d]-n {
			return bad(field, ofShape(shape), "PML %v and a region of the model's %v cells from Origin %v on", sim.pad, sim.cells, sim.origin)
		}
		sim.region[d] = n
	}
	return nil
}

// surveyRegion takes, for Options.SurveyPad, the smallest box around all sources and
// receivers of all shots, widened by that and cut off at the model's edges, where those sides stay
// that are said to be free or rigid. Footprints that reach beyond do so in the same PML as before.
func (sim *Simulation) surveyRegion() error {
	pad := sim.opt.SurveyPad
	if pad == nil {
		return nil
	}
	w, err := perSide("Options.SurveyPad", pad, sim.ndim, ToEdge)
	if err != nil {
		return err
	}
	lo, hi := slices.Clone(sim.cells), make([]int, sim.ndim)
	live := false
	for _, g := range slices.Concat(sim.sources, sim.receivers) {
		for _, shot := range g.points {
			for _, f := range shot {
				for _, e := range f {
					live = true
					for d, x := range e.Cell {
						last := x
						if g.channel.Half[d] && len(f) > 1 { // which is beyond the cell
							last++
						}
						lo[d], hi[d] = min(lo[d], x), max(hi[d], last)
					}
				}
			}
		}
	}
	if !live {
		return bad("Options.SurveyPad", pad, "nil without sources and receivers")
	}
	for d := range sim.ndim {
		for _, n := range w[d] {
			if n < 0 && n != ToEdge {
				return bad("Options.SurveyPad", pad, "0 or more cells, or ToEdge")
			}
		}
		begin, end := 0, sim.cells[d]-1
		if n := w[d][0]; n != ToEdge && !sim.stands(d, 0) {
			begin = max(lo[d]-n, begin)
		}
		if n := w[d][1]; n != ToEdge && !sim.stands(d, 1) {
			end = hi[d] + min(n, end-hi[d])
		}
		sim.origin[d], sim.region[d] = begin, end-begin+1
	}
	return nil
}

// stands reports whether Options.Edges says that a side reflects, as that of the model.
func (sim *Simulation) stands(d, side int) bool {
	return len(sim.opt.Edges) > 0 && sim.edges[d][side] != Absorbing
}
