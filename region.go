package wave

import (
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
)

// The part of the model that is simulated is all of it, that of the initial
// wavefields, or (SurveyPad) the surroundings of the survey.

// initialRegion takes the region from the shape of the initial wavefields, if there
// are any, else all of the model.
func (sim *simulation) initialRegion() error {
	sim.origin, sim.region = make([]int, sim.ndim), slices.Clone(sim.cells)
	s, pad := &sim.survey, sim.opt.SurveyPad
	switch initial := s.Initial != nil || s.InitialScattered != nil; {
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
	list := sim.initial()
	if len(list) == 0 {
		return bad("Survey.Initial", "empty", "at least one wavefield")
	}
	first := list[0].of.Shape()
	for d := range sim.ndim {
		n := first[1+d] - sim.pml[d][0] - sim.pml[d][1]
		if n < 1 || sim.origin[d] < 0 || sim.origin[d] > sim.cells[d]-n {
			return bad("Survey."+list[0].name, ofShape(first),
				"PML %v and a region of the model's %v cells from Origin %v on", sim.pml, sim.cells, sim.origin)
		}
		sim.region[d] = n
	}
	for _, w := range list {
		if !slices.Equal(w.of.Shape(), first) {
			return bad("Survey."+w.name, ofShape(w.of.Shape()), "%v, as %s has", first, list[0].name)
		}
		if w.of.Traced() {
			return &FieldError{Field: "Survey." + w.name, Got: "traced", Want: "plain numbers", Err: ErrTraced}
		}
		if w.of.DType() != sim.dtype {
			return &FieldError{Field: "Survey." + w.name, Got: "of " + w.of.DType().String(), Want: sim.dtype.String() + ", as the model", Err: array.ErrDType}
		}
		if !w.of.Finite() {
			return bad("Survey."+w.name, "NaN or infinite somewhere", "finite numbers")
		}
	}
	return nil
}

// surveyRegion takes, for Options.SurveyPad, the smallest box around all sources and
// receivers of all shots, widened by that and cut off at the model's edges. Footprints
// that reach beyond those do so in the same PML as before.
func (sim *simulation) surveyRegion() error {
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
	for _, points := range [][][]footprint{sim.sources, sim.receivers, sim.background} {
		for _, shot := range points {
			for _, f := range shot {
				for _, e := range f {
					live = true
					for d, x := range e.Cell {
						lo[d], hi[d] = min(lo[d], x), max(hi[d], x)
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
		if n := w[d][0]; n != ToEdge {
			begin = max(lo[d]-n, begin)
		}
		if n := w[d][1]; n != ToEdge {
			end = hi[d] + min(n, end-hi[d])
		}
		sim.origin[d], sim.region[d] = begin, end-begin+1
	}
	return nil
}

// named is an array with the name that errors call it by.
type named struct {
	name, field string
	of          *array.Array
}

// initial lists the wavefields to start from.
func (sim *simulation) initial() []named {
	return append(sim.survey.Initial.arrays("Initial", "", sim.ndim), sim.survey.InitialScattered.arrays("InitialScattered", "d", sim.ndim)...)
}

// arrays lists the wavefields that are given, as fields whose names have a prefix.
func (w *Wavefields) arrays(name, prefix string, ndim int) []named {
	if w == nil {
		return nil
	}
	all := []named{{"Current", "u", w.Current}, {"Previous", "um1", w.Previous}}
	for d, axis := range equation.Axes(ndim) {
		if d < len(w.Psi) {
			all = append(all, named{"Psi", "psi_" + axis, w.Psi[d]})
		}
		if d < len(w.Zeta) {
			all = append(all, named{"Zeta", "zeta_" + axis, w.Zeta[d]})
		}
	}
	all = slices.DeleteFunc(all, func(n named) bool { return n.of == nil })
	for i := range all {
		all[i].name, all[i].field = name+"."+all[i].name, prefix+all[i].field
	}
	return all
}
