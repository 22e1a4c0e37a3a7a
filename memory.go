package wave

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/internal/memory"
	"github.com/d52adeda/wave/stencil"
)

// checkMemory estimates what the run takes and refuses it if that is not there.
func (sim *simulation) checkMemory() error {
	schedule, err := stencil.NewSchedule(sim.equation)
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
			copies = sim.modelShots(f.Name)
			before += copies * grid
		}
		device += copies * sim.filledUp(f)
	}
	before += float64(len(sim.initial())) * shots * grid
	if !sim.opt.OmitWavefields {
		for _, f := range sim.equation.Fields() {
			if f.Kind == stencil.State || f.Kind == stencil.Memory {
				after += shots * grid
			}
		}
		after += shots * grid // the halo is cut off a copy
	}
	for _, points := range [][][]footprint{sim.sources, sim.receivers, sim.background} {
		for _, shot := range points {
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
	sources := shots * float64(pointsPerShot(sim.sources)) * steps
	device += sources
	before += sources
	records := shots * float64(pointsPerShot(sim.receivers)+pointsPerShot(sim.background)) * steps
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
		field := "model v" // what most of it comes from
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
func (sim *simulation) collectGarbage() {
	if sim.tight {
		runtime.GC()
	}
}

// filledUp returns the number of values of a field of one shot, its rows filled up to
// cache lines as backends may store them.
func (sim *simulation) filledUp(f *stencil.Field) float64 {
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

// modelShots returns for how many shots a model has values of its own.
func (sim *simulation) modelShots(name string) float64 {
	for _, m := range sim.models {
		if m.name == name && m.of.NDim() > sim.ndim {
			return float64(m.of.Shape()[0])
		}
	}
	return 1
}
