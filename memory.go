package wave

import (
	"fmt"
	"runtime"
	"slices"
	"sort"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/internal/memory"
	"github.com/d52adeda/wave/stencil"
)

// estimate is what a run takes, bytes.
type estimate struct {
	need    float64 // at its peak
	apart   float64 // of it what a device has in memory of its own
	state   float64 // of it the fields of the shots that run at once
	series  float64 // amplitudes and records
	records float64 // of those the results of all shots, where not all run at once
}

// checkMemory decides how many shots run at once, estimates what that takes and refuses it if it
// is not there.
func (sim *Simulation) checkMemory() error {
	schedule, err := stencil.NewSchedule(sim.program)
	if err != nil {
		return err
	}
	info, _ := backend.Describe(sim.opt.Backend) // of nothing if there is none
	mapped := 0                                  // by its driver
	if info.Backend != "cpu" && info.Backend != "eager" && info.Backend != "" {
		mapped = driverSpace + runtime.NumCPU()*threadSpace
	}
	limit, whose := float64(sim.opt.MaxMemory), "Options.MaxMemory"
	host := limit == 0 // What the device holds apart is for it to refuse.
	counted := func(e estimate) float64 {
		if host {
			return e.need - e.apart
		}
		return e.need
	}
	all := sim.estimate(schedule, info, sim.shots)
	if host {
		limit, whose = float64(memory.For(int64(counted(all)), int64(mapped))), "what the machine has free"
	}
	fits := func(e estimate) bool {
		own := !host || info.Memory == 0 || e.apart <= 0.9*float64(info.Memory) // some of it has other uses
		return own && (limit <= 0 || counted(e) <= limit)
	}

	sim.atOnce = sim.opt.ShotsAtOnce
	switch {
	case sim.atOnce == AsManyAsFit && !sim.traced() && !fits(all):
		most := max(1, sort.Search(sim.shots-1, func(i int) bool { return !fits(sim.estimate(schedule, info, i+1)) }))
		batches := (sim.shots + most - 1) / most
		sim.atOnce = (sim.shots + batches - 1) / batches
	case sim.atOnce <= 0 || sim.atOnce > sim.shots || sim.traced():
		sim.atOnce = sim.shots
	}
	e := sim.estimate(schedule, info, sim.atOnce)
	sim.bytes = int64(e.need)
	need := counted(e)
	sim.tight = limit > 0 && need > limit/2
	if limit <= 0 || need <= limit {
		return nil
	}
	field, of := "model "+sim.eq.Models[0].Name, "" // what most of it comes from
	way := "a smaller region (Options.SurveyPad), fewer shots or receivers at a time, or float32"
	if sim.opt.ShotsAtOnce == AsManyAsFit {
		way = "a smaller region (Options.SurveyPad), fewer receivers or samples, or float32"
		if sim.shots > 1 {
			of = fmt.Sprintf(", for %d of %d shots", sim.atOnce, sim.shots)
		}
	}
	if e.series > e.state {
		field = "Survey.Receivers"
	}
	if e.records > need/2 {
		of, way = fmt.Sprintf(", and %s of it for the records of all shots", memory.Size(e.records)), "fewer shots or receivers at a time, fewer samples, or float32"
	}
	return &FieldError{Field: field, Err: ErrMemory, Text: fmt.Sprintf(
		"the run needs about %s, want at most %s (%s)%s: %v; use %s", memory.Size(need), memory.Size(limit), whose, of, ErrMemory, way)}
}

// estimate returns what a run takes with so many shots at once.
func (sim *Simulation) estimate(schedule *stencil.Schedule, info backend.Info, atOnce int) estimate {
	grid, shots := 1.0, float64(atOnce)
	for _, n := range sim.layout.Shape {
		grid *= float64(n)
	}

	// The state on the device with tables of the points' cells, and copies on the way there
	// and back.
	device, before, after, all := 0.0, 0.0, 0.0, 0.0
	for _, f := range schedule.Buffers {
		copies := shots
		switch f.Kind {
		case stencil.Profile:
			copies = 1
		case stencil.Model:
			copies = min(shots, sim.copies(f.Name))
			before += copies * grid
		}
		device += copies * sim.filledUp(f)
	}
	if sim.eq.Derive != nil { // from models that are padded first
		most := 1.0
		for _, m := range sim.eq.Models {
			copies := min(shots, sim.copies(m.Name))
			most = max(most, copies)
			before += copies * grid
		}
		before += sim.eq.Spare(most * grid)
	}
	before += float64(len(sim.survey.Initial)) * shots * grid
	if !sim.opt.OmitWavefields {
		for _, f := range sim.program.Fields() {
			if f.Kind == stencil.State || f.Kind == stencil.Memory {
				after += shots * grid
				all += grid
			}
		}
		after += shots * grid // the halo is cut off a copy
	}
	for _, g := range slices.Concat(sim.sources, sim.receivers) {
		entries := 0
		for _, shot := range g.points {
			for _, f := range shot {
				entries += len(f)
			}
		}
		device += float64(entries) * shots / float64(sim.shots) * tableBytes / float64(sim.dtype.Size())
	}
	if info.Backend == "eager" {
		device *= eagerTemporaries
	}
	state, apart := device, 0.0
	if info.Apart {
		apart = device
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
	kept := 0.0 // of all shots
	if atOnce < sim.shots {
		kept = float64(sim.shots) * float64(points(sim.receivers)) * float64(sim.nt)
		all *= float64(sim.shots)
	} else {
		all = 0
	}

	size := float64(sim.dtype.Size())
	e := estimate{
		need: (device + max(before, after) + kept + all) * size, apart: apart * size, state: state * size,
		series: (sources + records + kept) * size, records: kept * size,
	}
	if sim.opt.CallbackBytes != nil {
		e.need += float64(max(0, sim.opt.CallbackBytes(int(grid))))
	}
	return e
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
