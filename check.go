package wave

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
)

// The checks of arguments, in the order that newSimulation calls them.

func (sim *simulation) checkOptions() error {
	o := &sim.opt
	if o.Backend == "" {
		o.Backend = "cpu"
	}
	name, _, _ := strings.Cut(o.Backend, ":")
	if _, err := backend.Lookup(name); err != nil {
		return badBackend(o.Backend, err)
	}
	switch o.Accuracy {
	case 0:
		o.Accuracy = 4
	case 2, 4, 6, 8:
	default:
		return bad("Options.Accuracy", o.Accuracy, "2, 4, 6 or 8")
	}
	for _, c := range []struct {
		name string
		v    float64
	}{{"Options.MaxVel", o.MaxVel}, {"Options.PMLFreq", o.PMLFreq}} {
		if !(c.v >= 0) || math.IsInf(c.v, 0) {
			return bad(c.name, c.v, "a positive number, or 0 for the default")
		}
	}
	if f := o.FreqTaperFrac; !(f >= 0 && f < 1) {
		return bad("Options.FreqTaperFrac", f, "0 or more and less than 1")
	}
	if f := o.TimePadFrac; f != nil && !(*f >= 0 && *f < 1) {
		return bad("Options.TimePadFrac", *f, "0 or more and less than 1")
	}
	if o.CallbackEvery < 0 {
		return bad("Options.CallbackEvery", o.CallbackEvery, "0 or more")
	}
	if o.Threads < 0 {
		return bad("Options.Threads", o.Threads, "0 or more")
	}
	if o.TimeTile < 0 {
		return bad("Options.TimeTile", o.TimeTile, "0 (automatic) or more")
	}
	return nil
}

func badBackend(name string, err error) error {
	return &FieldError{Field: "Options.Backend", Got: fmt.Sprintf("%q", name), Want: "one that can be opened", Err: err}
}

// checkDimensions finds the number of space dimensions: that of the locations if
// there are any, else of Spacing, else of the model.
func (sim *simulation) checkDimensions() error {
	v := sim.models[0].of
	for _, m := range sim.models {
		if err := m.of.Err(); err != nil {
			return &FieldError{Field: "model " + m.name, Got: "unusable", Want: "an array", Err: err}
		}
	}
	sim.ndim = sim.survey.dimensions()
	if sim.ndim == 0 && len(sim.survey.Spacing) > 1 {
		sim.ndim = len(sim.survey.Spacing)
	}
	if sim.ndim == 0 {
		sim.ndim = v.NDim()
	}
	if sim.ndim < 1 || sim.ndim > 3 {
		return bad("model v", fmt.Sprintf("of %d dimensions by the locations, the spacing or its shape", sim.ndim), "1, 2 or 3")
	}
	sim.dtype = v.DType()
	for _, m := range sim.models {
		shape := m.of.Shape()
		if n := len(shape) - sim.ndim; n != 0 && n != 1 {
			return bad("model "+m.name, ofShape(shape), "%d extents, or one more for a batch of shots: locations and spacing have %d dimensions", sim.ndim, sim.ndim)
		}
		cells := shape[len(shape)-sim.ndim:]
		if sim.cells == nil {
			sim.cells = cells
		}
		if !slices.Equal(cells, sim.cells) {
			return bad("model "+m.name, ofShape(shape), "%v after the shots, as model %s has", sim.cells, sim.models[0].name)
		}
		if m.of.DType() != sim.dtype {
			return &FieldError{Field: "model " + m.name, Got: "of " + m.of.DType().String(), Want: sim.dtype.String() + ", as model " + sim.models[0].name + " has", Err: array.ErrDType}
		}
		if m.of.Len() == 0 {
			return bad("model "+m.name, ofShape(shape), "at least one cell")
		}
	}
	return nil
}

func (sim *simulation) checkSpacing() error {
	h := sim.survey.Spacing
	if len(h) == 1 {
		for range sim.ndim {
			sim.spacing = append(sim.spacing, h[0])
		}
	} else {
		sim.spacing = h
	}
	if len(sim.spacing) != sim.ndim {
		return bad("Survey.Spacing", h, "one value, or %d", sim.ndim)
	}
	for _, x := range sim.spacing {
		if !(x > 0) || math.IsInf(x, 0) {
			return bad("Survey.Spacing", h, "positive finite numbers (m)")
		}
		if r := 1 / (x * x); r == 0 || math.IsInf(r, 0) {
			return bad("Survey.Spacing", h, "numbers whose squares can be divided by (m)")
		}
	}
	return nil
}

func (sim *simulation) checkPML() error {
	w, err := perSide("Options.PMLWidth", sim.opt.PMLWidth, sim.ndim, 20)
	if err != nil {
		return err
	}
	most := 0
	for d, side := range w {
		for _, n := range side {
			// Wider than this absorbs nothing more and is a slip of the finger.
			if limit := max(1000, 10*sim.cells[d]); n < 0 || n > limit {
				return bad("Options.PMLWidth", sim.opt.PMLWidth, "0 to %d cells along dimension %d, which has %d", limit, d, sim.cells[d])
			}
			most = max(most, n)
		}
	}
	sim.pml = w
	if sim.opt.PMLFreq == 0 {
		sim.opt.PMLFreq = 25
		if most > 0 {
			sim.warn(WarnPMLFreq, "Options.PMLFreq", "the frequency that the PML absorbs best is not given; 25 Hz is used. Give the dominant frequency of the sources for best absorption.")
		}
	}
	return nil
}

// perSide expands nil, one value, or begin and end of each dimension.
func perSide(field string, v []int, ndim, byDefault int) ([][2]int, error) {
	out := make([][2]int, ndim)
	for d := range out {
		switch len(v) {
		case 0:
			out[d] = [2]int{byDefault, byDefault}
		case 1:
			out[d] = [2]int{v[0], v[0]}
		case 2 * ndim:
			out[d] = [2]int{v[2*d], v[2*d+1]}
		default:
			return nil, bad(field, v, "nothing, one value, or %d: begin and end of each dimension", 2*ndim)
		}
	}
	return out, nil
}

// checkTime checks DT and finds the number of samples.
func (sim *simulation) checkTime() error {
	s := &sim.survey
	if s.DT == 0 || math.IsNaN(s.DT) || math.IsInf(s.DT, 0) {
		return bad("Survey.DT", s.DT, "a finite number other than 0 (s)")
	}
	a := s.Sources.Amplitudes
	switch {
	case a == nil && s.NT == 0:
		return bad("Survey.NT", 0, "a number of samples, or Sources.Amplitudes to take it from: both are missing")
	case a == nil && s.NT < 0:
		return bad("Survey.NT", s.NT, "a positive number of samples")
	case a == nil:
		sim.nt = s.NT
		return nil
	case s.NT != 0:
		return bad("Survey.NT", s.NT, "0 when there are Sources.Amplitudes, which give the number of samples")
	}
	if err := a.Err(); err != nil {
		return &FieldError{Field: "Survey.Sources.Amplitudes", Got: "unusable", Want: "an array", Err: err}
	}
	if a.Traced() {
		return &FieldError{Field: "Survey.Sources.Amplitudes", Got: "traced", Want: "plain numbers", Err: ErrTraced}
	}
	shape := a.Shape()
	if len(shape) != 3 || shape[2] < 1 {
		return bad("Survey.Sources.Amplitudes", ofShape(shape), "[shot][source][time] with at least one sample")
	}
	if a.DType() != sim.dtype {
		return &FieldError{Field: "Survey.Sources.Amplitudes", Got: "of " + a.DType().String(), Want: sim.dtype.String() + ", as the model", Err: array.ErrDType}
	}
	if !a.Finite() {
		return bad("Survey.Sources.Amplitudes", "NaN or infinite somewhere", "finite numbers")
	}
	sim.nt = shape[2]
	return nil
}

// checkShots finds the number of shots: all that have shots must agree, but a
// model may have one for all.
func (sim *simulation) checkShots() error {
	from := ""
	agree := func(what string, n int) error {
		if n == 0 {
			return bad(what, "of 0 shots", "at least 1")
		}
		if sim.shots == 0 {
			sim.shots, from = n, what
		}
		if n != sim.shots {
			return bad(what, fmt.Sprintf("of %d shots", n), "%d, as %s has", sim.shots, from)
		}
		return nil
	}
	s := &sim.survey
	if a := s.Sources.Amplitudes; a != nil {
		if err := agree("Survey.Sources.Amplitudes", a.Shape()[0]); err != nil {
			return err
		}
	}
	for _, p := range []struct {
		what string
		of   Points
	}{{"Survey.Sources", s.Sources.Points}, {"Survey.Receivers", s.Receivers}, {"Survey.Background", s.Background}} {
		if p.of.empty() {
			continue
		}
		if err := agree(p.what, p.of.shots()); err != nil {
			return err
		}
	}
	for name, w := range map[string]*Wavefields{"Initial": s.Initial, "InitialScattered": s.InitialScattered} {
		if w == nil {
			continue
		}
		for memory, list := range map[string][]*array.Array{"Psi": w.Psi, "Zeta": w.Zeta} {
			if n := len(list); n != 0 && n != sim.ndim {
				return bad("Survey."+name+"."+memory, fmt.Sprintf("of %d arrays", n), "0, or %d: one for each dimension (nil for zeros)", sim.ndim)
			}
		}
	}
	for _, w := range sim.initial() {
		if err := w.of.Err(); err != nil {
			return &FieldError{Field: "Survey." + w.name, Got: "unusable", Want: "an array", Err: err}
		}
		if w.of.NDim() != sim.ndim+1 {
			return bad("Survey."+w.name, ofShape(w.of.Shape()), "[shot] and %d extents", sim.ndim)
		}
		if err := agree("Survey."+w.name, w.of.Shape()[0]); err != nil {
			return err
		}
	}
	for _, m := range sim.models {
		if m.of.NDim() == sim.ndim+1 && m.of.Shape()[0] != 1 {
			if err := agree("model "+m.name, m.of.Shape()[0]); err != nil {
				return err
			}
		}
	}
	if sim.shots == 0 {
		sim.shots = 1
	}
	return nil
}

func (sim *simulation) checkModels(ctx context.Context) error {
	for i, m := range sim.models {
		if m.of.Traced() {
			if err := sim.checkTraced(m); err != nil {
				return err
			}
			continue
		}
		lo, hi, err := m.of.Sizes(ctx)
		if err != nil {
			return err
		}
		if math.IsNaN(hi) || math.IsInf(hi, 0) {
			return bad("model "+m.name, "NaN or infinite somewhere", "finite numbers")
		}
		if i > 0 {
			continue
		}
		if hi == 0 && sim.opt.MaxVel == 0 {
			return bad("model "+m.name, "zero everywhere", "a speed above 0 somewhere (m/s), or a maximum speed to make the time step for")
		}
		sim.slowest, sim.fastest = lo, hi
	}
	return nil
}

// checkTraced checks what a model that a transformation traces needs: a backend
// that can trace, and a time step that does not depend on the model.
func (sim *simulation) checkTraced(m model) error {
	if sim.opt.MaxVel == 0 {
		return &FieldError{Field: "Options.MaxVel", Got: "not given", Want: "the greatest speed of the models, since model " + m.name + " is traced and has no maximum to look up", Err: ErrMaxVel}
	}
	dev, err := backend.Open(sim.opt.Backend)
	if err != nil {
		return badBackend(sim.opt.Backend, err)
	}
	defer dev.Close()
	if !dev.Info().Traces {
		return &FieldError{Field: "Options.Backend", Got: sim.opt.Backend, Want: `"eager", since model ` + m.name + " is traced by a transformation of package functional (a batch of models alone needs no VMap: give it to any backend with the shots in front)", Err: ErrBackend}
	}
	return nil
}
