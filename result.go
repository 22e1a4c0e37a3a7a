package wave

import (
	"time"

	"github.com/d52adeda/wave/array"
)

// Plan is what is known of a simulation before it runs.
type Plan struct {
	Shots int
	// ShotsAtOnce is how many of them are simulated together, at most.
	ShotsAtOnce int
	// Origin is the model cell at which the simulated region begins, Region its
	// extent in cells (without PML).
	Origin, Region []int

	// StepRatio is by how much the survey's DT was divided, DT the internal time
	// step, s, and Steps how many of them are run.
	StepRatio int
	DT        float64
	Steps     int
	// MaxVel, PMLFreq, PMLWidth, Edges and Accuracy are the values that are used, the widths 0
	// where nothing absorbs.
	MaxVel   float64
	PMLFreq  float64
	PMLWidth []int
	Edges    []Edge
	Accuracy int
	// Bytes is about what a run takes at its peak, results included: the
	// estimate that Options.MaxMemory bounds. Go's garbage comes on top, and with the
	// eager backend what a transformation keeps.
	Bytes int64
	// Warnings, in the order they arose.
	Warnings []Warning
}

// Result is what a simulation returns.
type Result struct {
	Plan
	// Records by channel: [shot][receiver][time], of the models' element type, in the channel's
	// unit. Sample k is at k DT of the survey, of velocities and what is made of them half an
	// internal step earlier.
	Records map[string]*array.Array
	// Wavefields is the state after the last step; as Survey.Initial, with
	// Origin, it continues the run.
	Wavefields Wavefields
	// Device says what ran it.
	Device string
	// BytesPerCell is what the device kept for each cell of each shot during the
	// steps: models, wavefields, and PML memory (in strips, not grids), over the cells
	// of the region with its PML and halo. Shots share what they have in common.
	BytesPerCell float64
	// CompileTime is how long it took to compile the equation for the device, or to
	// find it compiled; 0 where nothing is, or where it is not known.
	CompileTime time.Duration
	// Slow says what of the equation runs slower on this device than it could, and why; empty
	// if all is as it should be.
	Slow []string
}

// Warning is something that deserves attention but is not an error.
type Warning struct {
	// Kind is stable: callers may branch on it.
	Kind WarningKind
	// Field is the argument it is about, as in a FieldError: "Options.PMLFreq".
	Field string
	// Text says what is odd, with its numbers, and the way out. It names no field.
	Text string
}

func (w Warning) String() string { return w.Field + ": " + w.Text }

// WarningKind says what a Warning is about.
type WarningKind string

// The kinds of warnings.
const (
	WarnManySteps  WarningKind = "many-internal-steps"   // StepRatio is 50 or more
	WarnDispersion WarningKind = "dispersion"            // records are off by 20% or more, as the grid and the sources' spectra say
	WarnSlab       WarningKind = "single-cell-axis"      // an axis of one cell between two PMLs
	WarnSilent     WarningKind = "silent-source"         // amplitudes that are all zero
	WarnCut        WarningKind = "cut-amplitudes"        // amplitudes that begin or end well above zero
	WarnAliased    WarningKind = "aliased-amplitudes"    // energy at the end of the band that DT can hold
	WarnMaxVel     WarningKind = "max-vel-too-low"       // MaxVel below the model's maximum
	WarnThinPML    WarningKind = "thin-pml"              // a PML of 1 or 2 cells, which may grow
	WarnPMLNyquist WarningKind = "pml-freq-over-nyquist" // PMLFreq above 1/(2 DT)
	WarnPMLFreq    WarningKind = "pml-freq-not-given"    // 25 Hz is used
	WarnFootprint  WarningKind = "footprint-in-pml"      // interpolation reaches into the PML
	WarnModel      WarningKind = "implausible-model"     // values that look like those of another unit, or do not go together
	WarnVacuum     WarningKind = "point-in-vacuum"       // sources that do nothing, receivers that record nothing
	WarnContinued  WarningKind = "resampled-restart"     // initial wavefields, and a resampling that sees one part only
)
