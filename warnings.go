package wave

import (
	"fmt"
	"math"
	"slices"
)

// warnAbout warns of settings that work but are seldom meant; lo and hi are the
// least non-zero and the greatest speed of the model (0 where not known).
func (sim *simulation) warnAbout(lo, hi float64) {
	o := &sim.opt
	if sim.ratio >= 20 {
		sim.warn(WarnManySteps, fmt.Sprintf("each sample of %g s takes %d internal steps of %.3g s: larger cells or a lower MaxVel (%g m/s) would need fewer",
			sim.survey.DT, sim.ratio, sim.dt, o.MaxVel))
	}
	if cells := lo / o.PMLFreq / slices.Max(sim.spacing); hi > 0 && cells < 6 {
		sim.warn(WarnCoarseGrid, fmt.Sprintf("%.2g cells a wavelength at %g Hz and %g m/s: fewer than 6 disperse visibly; use smaller cells or a lower frequency", cells, o.PMLFreq, lo))
	}
	if hi > o.MaxVel {
		sim.warn(WarnMaxVel, fmt.Sprintf("MaxVel is %g m/s, below the model's greatest speed of %g m/s: the simulation may be unstable", o.MaxVel, hi))
	}
	if nyquist := 1 / (2 * math.Abs(sim.survey.DT)); o.PMLFreq > nyquist {
		sim.warn(WarnPMLNyquist, fmt.Sprintf("PMLFreq is %g Hz, above the Nyquist frequency of %g Hz of DT", o.PMLFreq, nyquist))
	}
	if sim.survey.Initial != nil && sim.ratio > 1 {
		sim.warn(WarnContinued, fmt.Sprintf("initial wavefields with %d internal steps a sample: resampling two halves is not resampling the whole, so a continued run differs slightly from one run in one piece", sim.ratio))
	}
}
