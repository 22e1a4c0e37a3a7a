// Package wave models the propagation of waves: give it an equation, models of the medium
// and a survey, and it returns what the receivers record.
//
//	sim, err := wave.New(ctx, equation.ElasticSpeeds(), wave.Models{"vp": vp, "vs": vs, "rho": rho}, survey, options)
//	defer sim.Close()
//	res, err := sim.Forward(ctx) // any number of times, with SetModels between
//	res.Records["vz"]            // [shot][receiver][time]
//
// Run does all that once, and Scalar, ScalarBorn, Acoustic and Elastic are Run for one equation.
// Sources and receivers are of channels that the equation has ("pressure", "force_z", "vz"), sides
// of the model absorb, are free or rigid (Options.Edges).
//
// Arrays are row-major with x fastest: models [z][y][x], [z][x] or [x], or batched
// [shot][z][x]. Everything that has a value a dimension (spacing, PML widths,
// locations) follows that order, slowest first. Units are metres, seconds, hertz
// and m/s.
//
// The physics is stated in package equation, or by a user with its parts; what runs it is one
// of the backends: "cpu" and "eager" are always there, others register by blank import.
//
// Functions of this package may be called by several goroutines, a Simulation's methods by one at
// a time; the arrays given to a call must not be written until it returns, those given to New
// while the simulation is in use.
package wave

import (
	_ "github.com/d52adeda/wave/backend/cpu"   // the default backend
	_ "github.com/d52adeda/wave/backend/eager" // the one that can be traced
)
