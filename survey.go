package wave

import (
	"math"

	"github.com/d52adeda/wave/array"
)

// IgnoreLocation in every coordinate of a cell leaves a source out, or makes a
// receiver record zeros: it fills up shots that have fewer than others.
const IgnoreLocation = math.MinInt32

// Survey is an experiment: grid spacing, time sampling, sources and receivers.
type Survey struct {
	// Spacing between cells, m, one for each dimension (one value alone serves all).
	Spacing []float64
	// DT is the sampling interval of amplitudes and records, s. It may be negative.
	DT float64
	// NT is the number of samples to record; give it only when there are no
	// sources, else it is that of their amplitudes.
	NT int
	// Sources and Receivers; either may be empty.
	Sources   Sources
	Receivers Receivers
	// MoreSources and MoreReceivers are of other channels, if any: each channel has one set of points.
	MoreSources   []Sources
	MoreReceivers []Receivers
	// Initial is the state to start from; nil means at rest, and so are fields that it lacks.
	Initial Wavefields
	// Origin is the model cell at which the model region of Initial begins, one
	// index for each dimension; nil means zeros. It needs Initial.
	Origin []int
}

// Points are positions in the model: whole cells, or positions between them, not
// both. Both count in cells from the model's first, one coordinate a dimension. A channel whose
// field sits half a cell further on acts there for whole cells, and is interpolated from there for
// positions.
type Points struct {
	// Cells [shot][point][dimension].
	Cells [][][]int
	// Positions [shot][point][dimension], interpolated by windowed sinc functions
	// (Hicks 2002, "Arbitrary source and receiver positioning in finite-difference
	// schemes using Kaiser windowed sinc functions"). They must be inside the model, or
	// up to a free or rigid side of it: one cell beyond the last (Scalar), half a cell in
	// staggered equations. The cells around them may be in the PML, with a warning. Within
	// 1e-6 of a point of the field they are on it.
	Positions [][][]float64
	// HalfWidth of the sinc in cells, 1 to 10; 0 means 4. For Positions only.
	HalfWidth int
	// Dipole, when set, is 1 + the dimension along which each of the Positions is a
	// dipole (the derivative towards greater indices, per cell); 0 means monopoles.
	Dipole int
}

// Sources are points of a channel with a time series each.
type Sources struct {
	Points
	// Channel is one of the equation's: "pressure", "force_z" and the like. Empty: the main one, which
	// is "pressure" in the equations of package equation, or the first of an equation that says none.
	Channel string
	// Amplitudes [shot][source][time], of the models' element type, in the channel's unit.
	Amplitudes *array.Array
}

// Receivers are points at which channels are recorded.
type Receivers struct {
	Points
	// Channels are some of the equation's: "pressure", "vz" and the like. Empty: the main one, as of
	// Sources, and of Born forms "dpressure", too.
	Channels []string
}

// Wavefields is the state of a simulation between two steps, by field of the equation's program,
// on the simulated region with the cells around it (PML, or one row of vacuum at a free side of a
// staggered grid): each array is [shot][...n + begin + end...]. Beside the wavefields it holds
// the memory fields of the PML. Scalar has
//
//	u        at the step to come next
//	um1      at the one before it
//	psi_x, zeta_x   of each dimension, after Pasalic and McGarry (2010); psi is theirs times the
//	         profile a = exp(-(sigma+alpha) DT): what is left of it at the next step
//
// Velocities of staggered equations are half a step earlier than pressure and stress.
type Wavefields map[string]*array.Array
