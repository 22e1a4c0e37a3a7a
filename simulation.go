package wave

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/internal/resample"
	"github.com/d52adeda/wave/stencil"
)

// problem is an equation and the models it is solved for: what one propagator
// differs by from another.
type problem struct {
	program func(ndim, accuracy int) *stencil.Program
	models  []model // the first is the velocity, which sets the time step
}

// model is a property of the medium.
type model struct {
	name     string
	of       *array.Array
	zeroEdge bool // padded by zeros instead of its edge values
}

// simulation is a problem with everything resolved: defaults filled in, arguments
// checked, sizes known. Making one does no long work.
type simulation struct {
	problem
	survey Survey
	opt    Options // defaults filled in

	ndim    int
	shots   int
	nt      int // samples recorded
	dtype   array.DType
	spacing []float64
	cells   []int    // of the model
	pml     [][2]int // widths

	origin, region []int // the simulated part of the model

	slowest, fastest float64 // see array.Sizes

	dt    float64 // internal step
	ratio int

	sources, receivers, background [][]footprint // [shot][point]

	equation *stencil.Program // with numbers for its parameters
	layout   *stencil.Layout
	bytes    int64
	tight    bool // little else is free
	warnings []Warning
}

// newSimulation checks arguments, cheapest first.
func newSimulation(ctx context.Context, p problem, s Survey, o Options) (*simulation, error) {
	sim := &simulation{problem: p, survey: s, opt: o}
	for _, check := range []func() error{
		sim.checkOptions,
		sim.checkDimensions,
		sim.checkSpacing,
		sim.checkPML,
		sim.checkTime,
		sim.checkShots,
		func() error { return sim.checkModels(ctx) },
		sim.initialRegion,
		sim.locate,
		sim.surveyRegion,
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

func (sim *simulation) warn(kind WarningKind, field, text string, args ...any) {
	w := Warning{kind, field, fmt.Sprintf(text, args...)}
	sim.warnings = append(sim.warnings, w)
	if sim.opt.Warn != nil {
		sim.opt.Warn(w)
	}
}

// chooseTimeStep applies the CFL condition and warns of what it finds.
func (sim *simulation) chooseTimeStep() error {
	if sim.opt.MaxVel == 0 {
		sim.opt.MaxVel = sim.fastest
	}
	s := &sim.survey
	if cells := math.Abs(s.DT) * sim.opt.MaxVel / slices.Min(sim.spacing); !(cells < maxSteps) {
		return bad("Survey.DT", s.DT, "an interval in which waves cross fewer cells than %.3g (s), at %g m/s in cells of %v m", float64(maxSteps), sim.opt.MaxVel, sim.spacing)
	}
	sim.dt, sim.ratio = equation.CFL(s.DT, sim.spacing, sim.opt.MaxVel)
	if float64(sim.nt)*float64(sim.ratio) > maxSteps {
		return &FieldError{
			Field: "Survey.DT", Got: fmt.Sprintf("%g s, which makes %d samples of %d internal steps", s.DT, sim.nt, sim.ratio),
			Want: fmt.Sprintf("at most %d: fewer or shorter samples or larger cells", maxSteps),
		}
	}
	sim.warnAbout()
	return nil
}

// maxSteps is the greatest number of internal steps; a run of that many would take
// days at least.
const maxSteps = 1 << 29

// layOut binds the program's parameters and lays its fields out.
func (sim *simulation) layOut() error {
	sim.equation = sim.program(sim.ndim, sim.opt.Accuracy).Bind(equation.Params(sim.dt, sim.spacing)).Premultiplied()
	shape := make([]int, sim.ndim)
	for d, n := range sim.region {
		shape[d] = n + sim.pml[d][0] + sim.pml[d][1]
	}
	var err error
	sim.layout, err = stencil.NewLayout(sim.equation, shape, sim.pml)
	return err
}

// traced reports whether a transformation traces a model.
func (sim *simulation) traced() bool {
	return slices.ContainsFunc(sim.models, func(m model) bool { return m.of.Traced() })
}

// steps returns the number of internal time steps.
func (sim *simulation) steps() int { return sim.nt * sim.ratio }

func (sim *simulation) resampling() resample.Params {
	return resample.Params{
		Ratio: sim.ratio, FreqTaperFrac: sim.opt.FreqTaperFrac,
		TimePadFrac: sim.opt.TimePadFrac, TimeTaper: sim.opt.TimeTaper,
	}
}

// result returns what is known without running.
func (sim *simulation) result() *Result {
	res := &Result{
		Origin: sim.origin, Region: sim.region,
		StepRatio: sim.ratio, DT: sim.dt, Steps: sim.steps(),
		MaxVel: sim.opt.MaxVel, PMLFreq: sim.opt.PMLFreq, Accuracy: sim.opt.Accuracy,
		Bytes: sim.bytes, Warnings: sim.warnings,
	}
	for _, w := range sim.pml {
		res.PMLWidth = append(res.PMLWidth, w[0], w[1])
	}
	return res
}
