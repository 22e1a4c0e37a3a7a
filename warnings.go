package wave

import (
	"math"
	"slices"
)

// warnAbout warns of settings that work but are seldom meant; lo and hi are the
// least non-zero and the greatest speed of the model (0 where not known).
func (sim *simulation) warnAbout(lo, hi float64) {
	o := &sim.opt
	if sim.ratio >= 20 {
		sim.warn(WarnManySteps, "Survey.DT", "each sample of %g s takes %d internal steps of %.3g s, as waves of %g m/s need in cells of %v m: is the sampling interval in seconds and the speed in m/s? Larger cells or a lower greatest speed would need fewer steps",
			sim.survey.DT, sim.ratio, sim.dt, o.MaxVel, sim.spacing)
	}
	if cells := lo / o.PMLFreq / slices.Max(sim.spacing); hi > 0 && cells < 6 {
		sim.warn(WarnCoarseGrid, "Survey.Spacing", "%.2g cells a wavelength at %g Hz and %g m/s: fewer than 6 disperse visibly; use smaller cells or a lower frequency", cells, o.PMLFreq, lo)
	}
	if hi > o.MaxVel {
		sim.warn(WarnMaxVel, "Options.MaxVel", "%g m/s is below the model's greatest speed of %g m/s: the simulation may be unstable; leave it out, or give at least the latter", o.MaxVel, hi)
	}
	if sim.thinPML() {
		sim.warn(WarnThinPML, "Options.PMLWidth", "a PML of 1 cell, or of 2 where the speed varies, may let the wavefield grow without bound: make it 3 or more wide, better 10 to 20, or 0 for a free surface")
	}
	if nyquist := 1 / (2 * math.Abs(sim.survey.DT)); o.PMLFreq > nyquist {
		sim.warn(WarnPMLNyquist, "Options.PMLFreq", "%g Hz is above the Nyquist frequency, %g Hz, of samples of %g s: is the interval in seconds and the frequency in hertz?", o.PMLFreq, nyquist, math.Abs(sim.survey.DT))
	}
	whole := sim.survey.Sources.Amplitudes == nil && o.TimePadFrac == nil && o.FreqTaperFrac == 0 && !o.TimeTaper
	if sim.survey.Initial != nil && sim.ratio > 1 && !whole {
		sim.warn(WarnContinued, "Survey.Initial", "there are %d internal steps a sample, and resampling two halves is not resampling the whole: a continued run differs slightly from one run in one piece; a sampling interval of %.3g s or less needs no resampling", sim.ratio, math.Abs(sim.dt))
	}
}
