package wave

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/internal/memory"
	"github.com/d52adeda/wave/stencil"
)

// checkMemory estimates what the run takes and refuses it if that is not there.
func (sim *Simulation) checkMemory() error {
	schedule, err := stencil.NewSchedule(sim.program)
	if err != nil {
		return err
	}
	grid, shots := 1.0, float64(sim.shots)
	for _, n := range sim.layout.Shape {
		grid *= float64(n)
	}

	// The state on the device with tables of the points' cells, and copies on the way there
	// and back.
	device, before, after := 0.0, 0.0, 0.0
	for _, f := range schedule.Buffers {
		copies := shots
		switch f.Kind {
		case stencil.Profile:
			copies = 1
		case stencil.Model:
			copies = sim.copies(f.Name)
			before += copies * grid
		}
		device += copies * sim.filledUp(f)
	}
	if sim.eq.Derive != nil { // from models that are padded first
		most := 1.0
		for _, m := range sim.eq.Models {
			most = max(most, sim.copies(m.Name))
			before += sim.copies(m.Name) * grid
		}
		before += derivedTemporaries * most * grid
	}
	before += float64(len(sim.survey.Initial)) * shots * grid
	if !sim.opt.OmitWavefields {
		for _, f := range sim.program.Fields() {
			if f.Kind == stencil.State || f.Kind == stencil.Memory {
				after += shots * grid
			}
		}
		after += shots * grid // the halo is cut off a copy
	}
	for _, g := range slices.Concat(sim.sources, sim.receivers) {
		for _, shot := range g.points {
			for _, f := range shot {
				device += float64(len(f)) * tableBytes / float64(sim.dtype.Size())
			}
		}
	}
	if name, _, _ := strings.Cut(sim.opt.Backend, ":"); name == "eager" {
		device *= eagerTemporaries
	}
	apart := 0.0 // of the device, in memory that is not the machine's
	mapped := 0  // by its driver
	if info, err := backend.Describe(sim.opt.Backend); err == nil {
		if info.Apart {
			apart = device
		}
		if info.Backend != "cpu" && info.Backend != "eager" {
			mapped = driverSpace + runtime.NumCPU()*threadSpace
		}
	}

	// The series, one for each point.
	steps := float64(sim.steps())
	sources := shots * float64(points(sim.sources)) * steps
	device += sources
	before += sources
	records := shots * float64(points(sim.receivers)) * steps
	device += records
	after += records
	if sim.ratio > 1 { // resampled
		after += records / float64(sim.ratio)
	}

	need := (device + max(before, after)) * float64(sim.dtype.Size())
	if sim.opt.CallbackBytes != nil {
		need += float64(max(0, sim.opt.CallbackBytes(int(grid))))
	}
	sim.bytes = int64(need)
	limit, whose := float64(sim.opt.MaxMemory), "Options.MaxMemory"
	if limit == 0 {
		// What the device holds beside the series, which pass through the machine's memory, is
		// for the device to refuse.
		need -= apart * float64(sim.dtype.Size())
		limit, whose = float64(memory.For(int64(need), int64(mapped))), "what the machine has free"
	}
	sim.tight = limit > 0 && need > limit/2
	if limit > 0 && need > limit {
		field := "model " + sim.eq.Models[0].Name // what most of it comes from
		if series := sources + records; series > device-series {
			field = "Survey.Receivers"
		}
		return &FieldError{Field: field, Err: ErrMemory, Text: fmt.Sprintf(
			"the run needs about %s, want at most %s (%s): %v; use a smaller region (Options.SurveyPad), fewer shots or receivers at a time, or float32",
			memory.Size(need), memory.Size(limit), whose, ErrMemory)}
	}
	return nil
}

// collectGarbage makes room for what comes next where there is not much: the estimate
// counts what is in use, not what was.
func (sim *Simulation) collectGarbage() {
	if sim.tight {
		runtime.GC()
	}
}

// filledUp returns the number of values of a field of one shot, its rows filled up to
// cache lines as backends may store them.
func (sim *Simulation) filledUp(f *stencil.Field) float64 {
	n := float64(sim.layout.Size(f))
	if shape := sim.layout.FieldShape(f); n > 0 && f.Kind != stencil.Profile {
		row, line := shape[len(shape)-1], 64/sim.dtype.Size()
		n *= float64((row+line-1)/line*line) / float64(row)
	}
	return n
}

// eagerTemporaries is how many times its state the eager backend takes at most, as
// TestMemoryEstimate measures it.
const eagerTemporaries = 4.5

// tableBytes is what a cell of a point takes in tables, here and in backends, as
// TestMemoryOfFootprints measures it.
const tableBytes = 128

// What drivers map for themselves and for each thread of theirs, bytes: measured of
// lavapipe and PoCL, which compile with LLVM. It counts where address space is limited.
const driverSpace, threadSpace = 512 << 20, 72 << 20

// derivedTemporaries is how many grids Equation.Derive takes at most beside what it is given and
// returns, as TestMemoryOfDerived measures it.
const derivedTemporaries = 12

// copies returns for how many shots a model has values of its own; one of the program's alone, as
// many as any given.
func (sim *Simulation) copies(name string) float64 {
	of := func(a *array.Array) float64 {
		if a.NDim() > sim.ndim {
			return float64(a.Shape()[0])
		}
		return 1
	}
	if a := sim.models[name]; a != nil {
		return of(a)
	}
	most := 1.0
	for _, a := range sim.models {
		most = max(most, of(a))
	}
	return most
}

// points returns how many points a shot has.
func points(groups []group) int {
	n := 0
	for _, g := range groups {
		n += pointsPerShot(g.points)
	}
	return n
}
