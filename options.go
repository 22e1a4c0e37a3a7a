package wave

import (
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
)

// Options are how to simulate; the zero value is a good default.
type Options struct {
	// Backend names the device: "cpu" (the default), "eager", "vulkan:1", ...
	Backend string
	// Accuracy is the order of the spatial differences: 2, 4 (0 means 4), 6 or 8.
	Accuracy int
	// PMLWidth is the width of the absorbing layer in cells: nil means 20 on every
	// side, one value serves all sides, else begin and end of each dimension.
	PMLWidth []int
	// Edges says what the sides are, in the same order: Absorbing (by the PML), Free or Rigid,
	// where PMLWidth is of no account. nil means absorbing where PMLWidth is above 0, and
	// elsewhere what the equation's grid ends in: Free for Scalar, whose wavefield is zero one
	// cell beyond the model, Rigid for staggered ones, half a cell beyond it. Of those a side is
	// made free by a row of vacuum, half a cell beyond the model, too; above accuracy 2 what
	// it reflects is of first order in the spacing.
	Edges []Edge
	// PMLFreq is the frequency, Hz, that the PML absorbs best: the dominant one of
	// the sources. 0 means 25 Hz, with a warning.
	PMLFreq float64
	// MaxVel is the speed, m/s, that the time step must be stable for; 0 means the
	// greatest of the model. It fixes the PML's profile too.
	MaxVel float64
	// SurveyPad restricts the simulated region to the sources and receivers and so
	// many cells around: nil means the whole model, one value serves all sides, else
	// begin and end of each dimension; ToEdge reaches to the model's edge, and so do
	// sides that Edges says are free or rigid.
	SurveyPad []int

	// When the time step has to be divided, amplitudes are interpolated, which keeps
	// their samples, and of records every so many-th sample is taken: what is
	// recorded is the wavefield at that time. FreqTaperFrac of the spectrum of both
	// is tapered (0: none), and TimeTaper applies a Hann window in time.
	FreqTaperFrac float64
	TimeTaper     bool
	// TimePadFrac, if not nil, asks for the reference's method instead, with the same
	// numbers: both are resampled in the frequency domain, taken for periodic after
	// zeros in so much of their length (0 or more, less than 1), and without a taper
	// the last frequency is zeroed. What stands at the end shows at the beginning
	// where the zeros are too few.
	TimePadFrac *float64

	// Threads bounds what the cpu backend uses; 0 means all processors.
	Threads int
	// TimeTile bounds how many time steps the cpu backend advances together over the
	// grid: 0 means as many as suit the caches, 1 one after the other. Results are the
	// same to the bit.
	TimeTile int
	// ShotsAtOnce is how many shots are simulated together, the others after them with the device
	// kept: 0 means all, AsManyAsFit what the memory allows, of equal numbers. Results are the
	// same to the bit, and need memory for all shots. With traced arrays it is all.
	ShotsAtOnce int
	// MaxMemory is the number of bytes a run may take (see Result.Bytes); 0 means what is
	// free, of which a device that has memory of its own takes none for the wavefields, and
	// less than 0 no limit. A run that needs more is refused before it starts. What is free
	// is what the machine has, the process's control groups and its limits leave (on Linux):
	// of a limit on address space 128 MiB and an eighth of the rest are not for arrays, and,
	// where a driver computes, 512 MiB and 72 MiB for each processor.
	MaxMemory int64

	// OmitWavefields leaves Result.Wavefields nil, which saves memory.
	OmitWavefields bool

	// Callback, if not nil, is called before the first step and then every
	// CallbackEvery (0 means 1) internal steps, of the shots that are simulated together. An error from it ends the run. So does a
	// panic, here and in the functions below: what the run holds is freed, and it goes on.
	Callback      func(*Frame) error
	CallbackEvery int
	// CallbackBytes, if not nil, returns how much memory Callback takes, the fields that it
	// asks for included (two copies of a shot's cells for FieldOf), where each shot has so
	// many cells, PML included. It counts as what the run takes.
	CallbackBytes func(cells int) int64
	// Progress, if not nil, is told now and then how many internal steps are done, from
	// the goroutine that runs them: those of all shots that are simulated one after the other.
	Progress func(done, total int)
	// Resampling is the same for the series that are resampled where the time step has to
	// be divided: amplitudes before the steps, records after.
	Resampling func(done, total int)
	// Warn, if not nil, gets each warning as it arises; Result.Warnings has all.
	Warn func(Warning)
}

// Edge is what waves meet at a side of the simulated region.
type Edge = equation.Edge

// The edges.
const (
	Absorbing = equation.Absorbing
	Free      = equation.Free
	Rigid     = equation.Rigid
)

// AsManyAsFit in Options.ShotsAtOnce means as many shots as the memory allows.
const AsManyAsFit = -1

// ToEdge in Options.SurveyPad means to the edge of the model.
const ToEdge = -1

// View says how much of a wavefield a Frame returns.
type View uint8

// The views.
const (
	ViewModel View = iota // the simulated region without PML
	ViewPML               // with its PML
	ViewFull              // with the outermost cells that are always zero too
)

// Frame is a moment of a simulation, given to Options.Callback and valid only
// during the call.
type Frame struct {
	// Step internal steps of DT have been done, of Steps.
	Step, Steps int
	// DT is the internal time step, s.
	DT float64
	// Origin is the model cell at which the simulated region begins.
	Origin []int
	// First is the first of the shots that are simulated at this time, Shots their number.
	First, Shots int

	field func(name string, shot int, v View) (*array.Array, error) // shot: or allShots
	names []string
}

// Time returns Step times DT, s.
func (f *Frame) Time() float64 { return float64(f.Step) * f.DT }

// Names lists the fields that Field knows: models of the equation's program, wavefields and the
// memory of the PML.
func (f *Frame) Names() []string { return f.names }

// Field returns a copy of a field, [shot][...] (models: [1 or shot][...]), of those Shots.
func (f *Frame) Field(name string, v View) (*array.Array, error) { return f.field(name, allShots, v) }

// FieldOf returns a copy of a field of one shot of the survey, [...]: from a device, that and no more.
func (f *Frame) FieldOf(name string, shot int, v View) (*array.Array, error) {
	if shot < 0 {
		return nil, bad("shot", shot, "0 or more")
	}
	a, err := f.field(name, shot, v)
	if err != nil {
		return nil, err
	}
	a = array.Reshape(a, a.Shape()[1:]...)
	return a, a.Err()
}
