// Package wave models the propagation of waves: give it a velocity model and a
// survey, and it returns what the receivers record.
//
//	res, err := wave.Scalar(ctx, v, survey, wave.Options{PMLFreq: 25})
//	res.Records["pressure"] // [shot][receiver][time]
//
// Arrays are row-major with x fastest: models [z][y][x], [z][x] or [x], or batched
// [shot][z][x]. Everything that has a value a dimension (spacing, PML widths,
// locations) follows that order, slowest first. Units are metres, seconds, hertz
// and m/s.
//
// The physics is stated once, in package equation; what runs it is one of the
// backends: "cpu" and "eager" are always there, others register by blank import.
//
// Functions of this package may be called by several goroutines; the arrays
// given to a call must not be written until it returns.
package wave

import (
	_ "github.com/d52adeda/wave/backend/cpu"   // the default backend
	_ "github.com/d52adeda/wave/backend/eager" // the one that can be traced
)
