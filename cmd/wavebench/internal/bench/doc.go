// Package bench measures how fast the engine steps: cells updated a second, beside
// the memory bandwidth of the machine.
//
// A case is one call of wave.Run, as a user makes it. Its
// stepping is what lies between the first and the last report of
// wave.Options.Progress: the time loop with sources, receivers and the library's
// looks for values that are not finite; all before that is set-up. The time step
// obeys the CFL condition, so that nothing is resampled.
//
// The package prints nothing. It imports package wave and what it needs of it, and
// record, picture, userfile and meter of wavebench.
package bench
