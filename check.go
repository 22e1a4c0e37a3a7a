package wave

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/equation"
)

// The checks of arguments, in the order that New calls them.

func (sim *Simulation) checkOptions() error {
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
	if o.ShotsAtOnce < AsManyAsFit {
		return bad("Options.ShotsAtOnce", o.ShotsAtOnce, "0 or more, or AsManyAsFit")
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
// there are any, else of Spacing, else of the first model.
func (sim *Simulation) checkDimensions() error {
	if err := sim.eq.Check(); err != nil {
		return badEquation(err)
	}
	if err := sim.checkNames(); err != nil {
		return err
	}
	first := sim.models[sim.eq.Models[0].Name]
	sim.ndim = sim.survey.dimensions()
	if sim.ndim == 0 && len(sim.survey.Spacing) > 1 {
		sim.ndim = len(sim.survey.Spacing)
	}
	if sim.ndim == 0 {
		sim.ndim = first.NDim()
	}
	if sim.ndim < 1 || sim.ndim > 3 {
		return bad("model "+sim.eq.Models[0].Name, fmt.Sprintf("of %d dimensions by the locations, the spacing or its shape", sim.ndim), "1, 2 or 3")
	}
	sim.dtype = first.DType()
	if err := sim.checkArrays(); err != nil {
		return err
	}
	var err error
	if sim.system, err = sim.eq.System(sim.grid()); err != nil {
		return badEquation(err)
	}
	return nil
}

func badEquation(err error) error {
	return &FieldError{Field: "eq", Got: "unusable", Want: "one that can be run", Err: err}
}

// checkNames checks that there are the models that the equation has, and no others.
func (sim *Simulation) checkNames() error {
	for name := range sim.models {
		if !slices.ContainsFunc(sim.eq.Models, func(m equation.Property) bool { return m.Name == name }) {
			return bad("model "+name, "given", "only %s: equation %s has no other", sim.modelNames(), sim.eq.Name)
		}
	}
	for _, m := range sim.eq.Models {
		a := sim.models[m.Name]
		if a == nil {
			return bad("model "+m.Name, "missing", "an array (%s)", m.Unit)
		}
		if err := a.Err(); err != nil {
			return &FieldError{Field: "model " + m.Name, Got: "unusable", Want: "an array", Err: err}
		}
	}
	return nil
}

func (sim *Simulation) modelNames() string {
	var names []string
	for _, m := range sim.eq.Models {
		names = append(names, m.Name)
	}
	return strings.Join(names, ", ")
}

// checkArrays checks shapes and types of the models.
func (sim *Simulation) checkArrays() error {
	first := sim.eq.Models[0].Name
	for _, m := range sim.eq.Models {
		a := sim.models[m.Name]
		shape := a.Shape()
		if n := len(shape) - sim.ndim; n != 0 && n != 1 {
			return bad("model "+m.Name, ofShape(shape), "%d extents, or one more for a batch of shots: locations and spacing have %d dimensions", sim.ndim, sim.ndim)
		}
		cells := shape[len(shape)-sim.ndim:]
		if sim.cells == nil {
			sim.cells = cells
		}
		if !slices.Equal(cells, sim.cells) {
			return bad("model "+m.Name, ofShape(shape), "%v after the shots, as model %s has", sim.cells, first)
		}
		if a.DType() != sim.dtype {
			return &FieldError{Field: "model " + m.Name, Got: "of " + a.DType().String(), Want: sim.dtype.String() + ", as model " + first + " has", Err: array.ErrDType}
		}
		if a.Len() == 0 {
			return bad("model "+m.Name, ofShape(shape), "at least one cell")
		}
	}
	return nil
}

func (sim *Simulation) checkSpacing() error {
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

// checkEdges finds what each side of the region is, and the cells around it.
func (sim *Simulation) checkEdges() error {
	w, err := perSide("Options.PMLWidth", sim.opt.PMLWidth, sim.ndim, 20)
	if err != nil {
		return err
	}
	said, err := perSide("Options.Edges", sim.opt.Edges, sim.ndim, Absorbing)
	if err != nil {
		return err
	}
	sim.pml, sim.edges, sim.pad = w, said, make([][2]int, sim.ndim)
	most := 0
	for d := range w {
		for side, n := range w[d] {
			// Wider than this absorbs nothing more and is a slip of the finger.
			if limit := max(1000, 10*sim.cells[d]); n < 0 || n > limit {
				return bad("Options.PMLWidth", sim.opt.PMLWidth, "0 to %d cells along dimension %d, which has %d", limit, d, sim.cells[d])
			}
			if err := sim.checkEdge(d, side); err != nil {
				return err
			}
			most = max(most, w[d][side])
		}
	}
	if sim.opt.PMLFreq == 0 {
		sim.opt.PMLFreq = 25
		if most > 0 {
			sim.warn(WarnPMLFreq, "Options.PMLFreq", "the frequency that the PML absorbs best is not given; 25 Hz is used. Give the dominant frequency of the sources for best absorption.")
		}
	}
	return nil
}

// checkEdge finds what a side is: what is said, else absorbing where there is a PML and
// elsewhere what the equation's grid ends in.
func (sim *Simulation) checkEdge(d, side int) error {
	edge, width, pad := &sim.edges[d][side], &sim.pml[d][side], &sim.pad[d][side]
	switch {
	case len(sim.opt.Edges) == 0 && *width == 0:
		*edge = sim.eq.End
	case *edge == Absorbing && *width == 0:
		return bad("Options.PMLWidth", sim.opt.PMLWidth, "1 or more cells on the sides that Options.Edges says are absorbing")
	case *edge == Absorbing:
		*pad = *width
	case *edge == sim.eq.End:
		*width = 0
	case *edge == Free && sim.eq.Vacuum != "":
		*width, *pad = 0, 1
	default:
		want := []string{Absorbing.String(), sim.eq.End.String()}
		if sim.eq.Vacuum != "" {
			want = append(want, Free.String())
		}
		return bad("Options.Edges", sim.opt.Edges, "%s for sides of equation %s", strings.Join(want, " or "), sim.eq.Name)
	}
	return nil
}

// vacuum reports whether a side has a row of vacuum beyond it, which makes it free.
func (sim *Simulation) vacuum(d, side int) bool {
	return sim.pml[d][side] == 0 && sim.pad[d][side] > 0
}

// perSide expands nil, one value, or begin and end of each dimension.
func perSide[T any](field string, v []T, ndim int, byDefault T) ([][2]T, error) {
	out := make([][2]T, ndim)
	for d := range out {
		switch len(v) {
		case 0:
			out[d] = [2]T{byDefault, byDefault}
		case 1:
			out[d] = [2]T{v[0], v[0]}
		case 2 * ndim:
			out[d] = [2]T{v[2*d], v[2*d+1]}
		default:
			return nil, bad(field, v, "nothing, one value, or %d: begin and end of each dimension", 2*ndim)
		}
	}
	return out, nil
}

// checkChannels finds the channels of the survey's points.
func (sim *Simulation) checkChannels() error {
	s := &sim.survey
	for i, source := range append([]Sources{s.Sources}, s.MoreSources...) {
		if source.empty() && source.Amplitudes == nil {
			if source.Channel != "" {
				return bad(fieldOf("Sources", i), "without points and amplitudes", "them for its channel %s", source.Channel)
			}
			continue
		}
		var names []string
		if source.Channel != "" {
			names = append(names, source.Channel)
		}
		g := group{field: fieldOf("Sources", i), of: source.Points, amplitudes: source.Amplitudes}
		if err := sim.addGroups(&sim.sources, g, "Channel", names, sim.system.Sources); err != nil {
			return err
		}
	}
	for i, r := range append([]Receivers{s.Receivers}, s.MoreReceivers...) {
		if r.empty() {
			if len(r.Channels) > 0 {
				return bad(fieldOf("Receivers", i), "without points", "Cells or Positions for its channels %s", strings.Join(r.Channels, ", "))
			}
			continue
		}
		g := group{field: fieldOf("Receivers", i), of: r.Points}
		if err := sim.addGroups(&sim.receivers, g, "Channels", r.Channels, sim.system.Receivers); err != nil {
			return err
		}
	}
	return nil
}

// fieldOf names the sources or receivers of a survey.
func fieldOf(what string, i int) string {
	if i == 0 {
		return "Survey." + what
	}
	return fmt.Sprintf("Survey.%s[%d]", "More"+what, i-1)
}

// addGroups adds a group for each of the channels named, or the main ones.
func (sim *Simulation) addGroups(list *[]group, g group, field string, names []string, channels []equation.Channel) error {
	var known, mains []string
	for _, c := range channels {
		known = append(known, c.Name)
		if c.Main {
			mains = append(mains, c.Name)
		}
	}
	if len(mains) == 0 {
		mains = known[:min(1, len(known))]
	}
	field = g.field + "." + field
	if len(names) == 0 {
		names = mains
	}
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			return bad(field, fmt.Sprintf("%q", name), "one of equation %s: %s", sim.eq.Name, strings.Join(known, ", "))
		}
		for _, other := range *list {
			if other.channel.Name == name {
				return bad(field, fmt.Sprintf("%q", name), "each channel once: %s has it", other.field)
			}
		}
		g.channel = channels[i]
		*list = append(*list, g)
	}
	return nil
}

// checkTime checks DT and finds the number of samples.
func (sim *Simulation) checkTime() error {
	s := &sim.survey
	if s.DT == 0 || math.IsNaN(s.DT) || math.IsInf(s.DT, 0) {
		return bad("Survey.DT", s.DT, "a finite number other than 0 (s)")
	}
	from := ""
	for _, g := range sim.sources {
		if g.amplitudes == nil {
			continue // locate says what is missing
		}
		n, err := sim.checkAmplitudes(g.field+".Amplitudes", g.amplitudes)
		if err != nil {
			return err
		}
		if from != "" && n != sim.nt {
			return bad(g.field+".Amplitudes", ofShape(g.amplitudes.Shape()), "%d samples, as %s has", sim.nt, from)
		}
		from, sim.nt = g.field, n
	}
	switch {
	case from != "" && s.NT != 0:
		return bad("Survey.NT", s.NT, "0 when there are Sources.Amplitudes, which give the number of samples")
	case from != "":
	case s.NT == 0:
		return bad("Survey.NT", 0, "a number of samples, or Sources.Amplitudes to take it from: both are missing")
	case s.NT < 0:
		return bad("Survey.NT", s.NT, "a positive number of samples")
	default:
		sim.nt = s.NT
	}
	return nil
}

// checkAmplitudes returns the number of samples.
func (sim *Simulation) checkAmplitudes(field string, a *array.Array) (int, error) {
	if err := a.Err(); err != nil {
		return 0, &FieldError{Field: field, Got: "unusable", Want: "an array", Err: err}
	}
	if a.Traced() {
		return 0, &FieldError{Field: field, Got: "traced", Want: "plain numbers", Err: ErrTraced}
	}
	shape := a.Shape()
	if len(shape) != 3 || shape[2] < 1 {
		return 0, bad(field, ofShape(shape), "[shot][source][time] with at least one sample")
	}
	if a.DType() != sim.dtype {
		return 0, &FieldError{Field: field, Got: "of " + a.DType().String(), Want: sim.dtype.String() + ", as the model", Err: array.ErrDType}
	}
	if !a.Finite() {
		return 0, bad(field, "NaN or infinite somewhere", "finite numbers")
	}
	return shape[2], nil
}

// checkShots finds the number of shots: all that have shots must agree, but a
// model may have one for all.
func (sim *Simulation) checkShots() error {
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
	for _, g := range sim.sources {
		if a := g.amplitudes; a != nil {
			if err := agree(g.field+".Amplitudes", a.Shape()[0]); err != nil {
				return err
			}
		}
	}
	for _, g := range slices.Concat(sim.sources, sim.receivers) {
		if !g.of.empty() {
			if err := agree(g.field, g.of.shots()); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(sim.survey.Initial)) {
		a, field := sim.survey.Initial[name], "Survey.Initial["+name+"]"
		if err := a.Err(); err != nil {
			return &FieldError{Field: field, Got: "unusable", Want: "an array", Err: err}
		}
		if a.NDim() != sim.ndim+1 {
			return bad(field, ofShape(a.Shape()), "[shot] and %d extents", sim.ndim)
		}
		if err := agree(field, a.Shape()[0]); err != nil {
			return err
		}
	}
	for _, m := range sim.eq.Models {
		if a := sim.models[m.Name]; a.NDim() == sim.ndim+1 && a.Shape()[0] != 1 {
			if err := agree("model "+m.Name, a.Shape()[0]); err != nil {
				return err
			}
		}
	}
	if sim.shots == 0 {
		sim.shots = 1
	}
	return nil
}

// checkModels examines the models' values and finds the speeds of waves.
func (sim *Simulation) checkModels(ctx context.Context) error {
	for _, m := range sim.eq.Models {
		if sim.models[m.Name].Traced() {
			if err := sim.checkTraced(m.Name); err != nil {
				return err
			}
		}
	}
	found, err := sim.eq.Examine(ctx, sim.models)
	if err != nil {
		return err
	}
	for _, f := range found {
		if f.Fatal {
			return bad("model "+f.Model, f.Got, "%s", f.Want)
		}
	}
	lo, hi, err := sim.eq.Speeds(ctx, sim.models)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return &FieldError{Field: "model " + sim.eq.Models[0].Name, Text: err.Error(), Err: err}
	}
	if hi == 0 && sim.opt.MaxVel == 0 {
		return bad("model "+sim.eq.Models[0].Name, "zero everywhere", "a speed above 0 somewhere (m/s), or a maximum speed to make the time step for")
	}
	for _, f := range found {
		sim.warn(WarnModel, "model "+f.Model, "%s, want %s", f.Got, f.Want)
	}
	sim.slowest, sim.fastest = lo, hi
	return nil
}

// checkTraced checks what a model that a transformation traces needs: a backend
// that can trace, and a time step that does not depend on the model.
func (sim *Simulation) checkTraced(name string) error {
	if sim.opt.MaxVel == 0 {
		return &FieldError{Field: "Options.MaxVel", Got: "not given", Want: "the greatest speed of the models, since model " + name + " is traced and has no maximum to look up", Err: ErrMaxVel}
	}
	dev, err := backend.Open(sim.opt.Backend)
	if err != nil {
		return badBackend(sim.opt.Backend, err)
	}
	defer dev.Close()
	if !dev.Info().Traces {
		return &FieldError{Field: "Options.Backend", Got: sim.opt.Backend, Want: `"eager", since model ` + name + " is traced by a transformation of package functional (a batch of models alone needs no VMap: give it to any backend with the shots in front)", Err: ErrBackend}
	}
	return nil
}
