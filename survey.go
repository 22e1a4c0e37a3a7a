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
	Receivers Points
	// Background are receivers of the background wavefield, for ScalarBorn only,
	// whose Receivers record the scattered one.
	Background Points
	// Initial is the state to start from; nil means at rest.
	Initial *Wavefields
	// InitialScattered is the same for the scattered wavefield of ScalarBorn.
	InitialScattered *Wavefields
	// Origin is the model cell at which the model region of Initial begins, one
	// index for each dimension; nil means zeros. It needs Initial.
	Origin []int
}

// Points are positions in the model: whole cells, or positions between them, not
// both. Both count in cells from the model's first, one coordinate a dimension.
type Points struct {
	// Cells [shot][point][dimension].
	Cells [][][]int
	// Positions [shot][point][dimension], interpolated by windowed sinc functions
	// (Hicks 2002, "Arbitrary source and receiver positioning in finite-difference
	// schemes using Kaiser windowed sinc functions"). They must be inside the model (or
	// no further than one cell beyond a free surface), the cells around them may be in
	// the PML, with a warning. Within 1e-6 of a cell they are on it.
	Positions [][][]float64
	// HalfWidth of the sinc in cells, 1 to 10; 0 means 4. For Positions only.
	HalfWidth int
	// Dipole, when set, is 1 + the dimension along which each of the Positions is a
	// dipole (the derivative towards greater indices, per cell); 0 means monopoles.
	Dipole int
}

// Sources are points with a time series each.
type Sources struct {
	Points
	// Amplitudes [shot][source][time], of the model's element type.
	Amplitudes *array.Array
}

// Wavefields is the state of a simulation between two steps, on the simulated
// region with its PML: each array is [shot][...n + PML begin + PML end...].
// Absent (nil) arrays are zero.
type Wavefields struct {
	// Current is u at the step to come next, Previous at the one before it.
	Current, Previous *array.Array
	// Psi and Zeta are the PML memory fields of each dimension, slowest first, after
	// Pasalic and McGarry (2010); Psi is theirs times the profile a = exp(-(sigma+alpha)
	// DT): what is left of it at the next step.
	Psi, Zeta []*array.Array
}
