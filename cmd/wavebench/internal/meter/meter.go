// Package meter is how commands tell how far they are: the bar of a terminal shows
// it. It imports nothing.
package meter

// Reading is how far a stage of a command is.
type Reading struct {
	Stage string // what is being done: "simulating"
	// Done of Total are done, of what the stage counts.
	Done, Total int
}

// The stages of a simulation.
const (
	Simulating = "simulating" // internal time steps
	Resampling = "resampling" // amplitudes or records
)

// Of returns what reports to read, which may be nil, how far a stage is.
func Of(stage string, read func(Reading)) func(done, total int) {
	if read == nil {
		return nil
	}
	return func(done, total int) { read(Reading{stage, done, total}) }
}
