package wave

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/internal/hicks"
	"github.com/d52adeda/wave/internal/resample"
	"github.com/d52adeda/wave/stencil"
)

// Models are what is given of the medium, by name: each [z][y][x] ([z][x] or [x]), or with the
// shots in front if each shot has its own; all of one element type, which is that of everything.
type Models = equation.Models

// Simulation is an equation with its models and a survey, ready to run any number of times: the
// device, its kernels and buffers are kept between runs. It belongs to one goroutine at a time.
type Simulation struct {
	eq     *equation.Equation
	models Models
	survey Survey
	opt    Options // defaults filled in

	ndim    int
	shots   int
	atOnce  int // of them
	nt      int // samples recorded
	dtype   array.DType
	spacing []float64
	cells   []int // of the models
	edges   [][2]Edge
	pml     [][2]int // widths
	pad     [][2]int // cells around the region: PML, or one of vacuum

	origin, region []int // the simulated part of the model

	slowest, fastest float64 // see equation.Speeds

	dt    float64 // internal step
	ratio int

	system             *equation.System
	sources, receivers []group

	bound    *stencil.Program // of the channels used, with numbers for its parameters
	program  *stencil.Program // the same, premultiplied
	layout   *stencil.Layout
	bytes    int64
	tight    bool // little else is free
	warnings []Warning

	maxVelGiven bool
	run         *running // nil before the first Forward
	both        *both    // nil before the first Gradient
}

// group is the points of one channel.
type group struct {
	channel    equation.Channel
	field      string // what errors call the points: "Survey.Sources"
	of         Points
	points     [][]footprint // [shot][point]
	amplitudes *array.Array  // of sources
	placed     [][]footprint // points as they are without vacuum
}

// New prepares a simulation. It checks all that can be checked, cheapest first, and does no long
// work; nothing is opened before the first Forward.
//
// What is given belongs to the simulation: nothing of it may be written while that is in use.
//
// Errors are the context's or of type *FieldError, and match (errors.Is) ErrMemory, ErrOutside,
// array.ErrDType, ErrTraced, ErrMaxVel or ErrBackend where that is what is wrong.
func New(ctx context.Context, eq *equation.Equation, models Models, s Survey, o Options) (*Simulation, error) {
	if ctx == nil {
		return nil, bad("ctx", "nil", "a context")
	}
	if eq == nil {
		return nil, bad("eq", "nil", "an equation, such as equation.Scalar()")
	}
	sim := &Simulation{eq: eq, models: maps.Clone(models), survey: s, opt: o}
	for _, check := range []func() error{
		sim.checkOptions,
		sim.checkDimensions,
		sim.checkSpacing,
		sim.checkEdges,
		sim.checkChannels,
		sim.checkTime,
		sim.checkShots,
		func() error { return sim.checkModels(ctx) },
		sim.initialRegion,
		sim.locate,
		sim.surveyRegion,
		sim.checkHalf,
		sim.chooseTimeStep,
		sim.layOut,
		sim.checkMemory,
		sim.advise,
	} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := check(); err != nil {
			return nil, err
		}
	}
	return sim, nil
}

func (sim *Simulation) warn(kind WarningKind, field, text string, args ...any) {
	w := Warning{kind, field, fmt.Sprintf(text, args...)}
	sim.warnings = append(sim.warnings, w)
	if sim.opt.Warn != nil {
		sim.opt.Warn(w)
	}
}

// SetModels replaces models by others of the same shapes for the runs to come; those that are not
// given stay. Time step and PML stay as they are, so that nothing is compiled anew: models with
// greater speeds than New found need an Options.MaxVel that covers them. What New warned of models
// gives way to what there is to warn of now.
//
// Errors are as those of New. After one the simulation is as it was.
func (sim *Simulation) SetModels(ctx context.Context, models Models) error {
	if ctx == nil {
		return bad("ctx", "nil", "a context")
	}
	before := *sim
	sim.models, sim.sources, sim.receivers = maps.Clone(sim.models), slices.Clone(sim.sources), slices.Clone(sim.receivers)
	maps.Copy(sim.models, models)
	sim.warnings = slices.DeleteFunc(slices.Clone(sim.warnings), func(w Warning) bool {
		return w.Kind == WarnModel || w.Kind == WarnVacuum || w.Kind == WarnMaxVel
	})
	if err := sim.checkReplaced(ctx, before.models); err != nil {
		*sim = before
		return err
	}
	if sim.run != nil {
		sim.run.stale = true
	}
	if sim.both != nil {
		sim.both.stale = true
	}
	if !slices.EqualFunc(sim.sources, before.sources, samePoints) { // of which the device has tables
		return sim.Close()
	}
	return nil
}

func samePoints(a, b group) bool {
	sameEntry := func(x, y hicks.Entry) bool { return x.Weight == y.Weight && slices.Equal(x.Cell, y.Cell) }
	samePoint := func(x, y footprint) bool { return slices.EqualFunc(x, y, sameEntry) }
	return slices.EqualFunc(a.points, b.points, func(x, y []footprint) bool { return slices.EqualFunc(x, y, samePoint) })
}

func (sim *Simulation) checkReplaced(ctx context.Context, before Models) error {
	if err := sim.checkNames(); err != nil {
		return err
	}
	if err := sim.checkArrays(); err != nil {
		return err
	}
	for name, a := range sim.models {
		if !slices.Equal(a.Shape(), before[name].Shape()) {
			return bad("model "+name, ofShape(a.Shape()), "%v, as it was", before[name].Shape())
		}
	}
	if err := sim.checkModels(ctx); err != nil {
		return err
	}
	if sim.traced() {
		sim.atOnce = sim.shots
	}
	if err := sim.checkVacuum(); err != nil {
		return err
	}
	if sim.fastest <= sim.opt.MaxVel {
		return nil
	}
	if sim.maxVelGiven {
		sim.warnMaxVel()
		return nil
	}
	return bad("Options.MaxVel", fmt.Sprintf("%g m/s, the greatest speed of the models at first", sim.opt.MaxVel), "at least %g m/s, that of the models now, given from the beginning", sim.fastest)
}

// layOut makes the program and lays its fields out.
func (sim *Simulation) layOut() error {
	used := map[*stencil.Series]bool{}
	for _, g := range slices.Concat(sim.sources, sim.receivers) {
		used[g.channel.Series] = true
	}
	sim.bound = sim.system.Program.Without(func(s *stencil.Series) bool { return !used[s] }).Bind(equation.Params(sim.dt, sim.spacing))
	sim.program = sim.bound.Premultiplied()
	if left := sim.program.Params(); len(left) > 0 {
		return badEquation(fmt.Errorf("equation %s: parameters %v have no value, want those that equation.Params has", sim.eq.Name, left))
	}
	var err error
	if sim.layout, err = stencil.NewLayout(sim.program, sim.padded(), sim.pml); err != nil {
		return err
	}
	for _, f := range sim.program.Fields() {
		if _, ok := sim.profile().Of(f, sim.layout); !ok && f.Kind == stencil.Profile {
			return badEquation(fmt.Errorf("equation %s: %s has no values, want profiles that equation.PML has", sim.eq.Name, f))
		}
	}
	return nil
}

// profile is what the PML's profiles depend on.
func (sim *Simulation) profile() equation.PML {
	return equation.PML{Width: sim.pml, Spacing: sim.spacing, DT: sim.dt, MaxVel: sim.opt.MaxVel, Freq: sim.opt.PMLFreq}
}

// padded returns the shape of the region with the cells around it.
func (sim *Simulation) padded() []int {
	shape := slices.Clone(sim.region)
	for d, w := range sim.pad {
		shape[d] += w[0] + w[1]
	}
	return shape
}

// grid is what the equation's program depends on.
func (sim *Simulation) grid() equation.Grid {
	return equation.Grid{NDim: sim.ndim, Accuracy: sim.opt.Accuracy}
}

// staggered reports whether fields of the equation sit between cells.
func (sim *Simulation) staggered() bool {
	return slices.ContainsFunc(sim.system.Program.Fields(), func(f *stencil.Field) bool { return f.Half != [3]bool{} })
}

// wavefields lists the fields that a simulation can be continued from.
func (sim *Simulation) wavefields() []*stencil.Field {
	return slices.DeleteFunc(sim.system.Program.Fields(), func(f *stencil.Field) bool {
		return f.Kind != stencil.State && f.Kind != stencil.Memory
	})
}

// traced reports whether a transformation traces a model.
func (sim *Simulation) traced() bool {
	for _, a := range sim.models {
		if a.Traced() {
			return true
		}
	}
	return false
}

// steps returns the number of internal time steps.
func (sim *Simulation) steps() int { return sim.nt * sim.ratio }

func (sim *Simulation) resampling() resample.Params {
	return resample.Params{
		Ratio: sim.ratio, FreqTaperFrac: sim.opt.FreqTaperFrac,
		TimePadFrac: sim.opt.TimePadFrac, TimeTaper: sim.opt.TimeTaper,
	}
}

// Plan returns what a run will take and do.
func (sim *Simulation) Plan() Plan {
	p := Plan{
		Shots: sim.shots, ShotsAtOnce: sim.atOnce, Origin: slices.Clone(sim.origin), Region: slices.Clone(sim.region),
		StepRatio: sim.ratio, DT: sim.dt, Steps: sim.steps(),
		MaxVel: sim.opt.MaxVel, PMLFreq: sim.opt.PMLFreq, Accuracy: sim.opt.Accuracy,
		Bytes: sim.bytes, Warnings: slices.Clone(sim.warnings),
	}
	for d, w := range sim.pml {
		p.PMLWidth = append(p.PMLWidth, w[0], w[1])
		p.Edges = append(p.Edges, sim.edges[d][:]...)
	}
	return p
}
