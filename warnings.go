package wave

import (
	"fmt"
	"math"
	"strings"

	"github.com/d52adeda/wave/array"
)

// manySteps is a ratio of internal steps to samples that more than fine cells make: milliseconds taken
// for seconds make it a thousand times what it is.
const manySteps = 50

// warnAbout warns of settings that work but are seldom meant.
func (sim *Simulation) warnAbout() {
	o, hi := &sim.opt, sim.fastest // 0 where not known
	if sim.ratio >= manySteps {
		sim.warn(WarnManySteps, "Survey.DT", "each sample of %g s takes %d internal steps of %.3g s, as waves of %g m/s need in cells of %v m: is the sampling interval in seconds and the speed in m/s? Larger cells or a lower greatest speed would need fewer steps",
			sim.survey.DT, sim.ratio, sim.dt, o.MaxVel, sim.spacing)
	}
	if hi > o.MaxVel {
		sim.warnMaxVel()
	}
	if sim.thinPML() {
		sim.warn(WarnThinPML, "Options.PMLWidth", "a PML of 1 cell, or of 2 where the speed varies, may let the wavefield grow without bound: make it 3 or more wide, better 10 to 20, or 0, which reflects")
	}
	if nyquist := 1 / (2 * math.Abs(sim.survey.DT)); o.PMLFreq > nyquist {
		sim.warn(WarnPMLNyquist, "Options.PMLFreq", "%g Hz is above the Nyquist frequency, %g Hz, of samples of %g s: is the interval in seconds and the frequency in hertz?", o.PMLFreq, nyquist, math.Abs(sim.survey.DT))
	}
	whole := points(sim.sources) == 0 && o.TimePadFrac == nil && o.FreqTaperFrac == 0 && !o.TimeTaper
	if sim.survey.Initial != nil && sim.ratio > 1 && !whole {
		sim.warn(WarnContinued, "Survey.Initial", "there are %d internal steps a sample, and resampling two halves is not resampling the whole: a continued run differs slightly from one run in one piece; a sampling interval of %.3g s or less needs no resampling", sim.ratio, math.Abs(sim.dt))
	}
}

func (sim *Simulation) warnMaxVel() {
	sim.warn(WarnMaxVel, "Options.MaxVel", "%g m/s is below the model's greatest speed of %g m/s: the simulation may be unstable; leave it out, or give at least the latter", sim.opt.MaxVel, sim.fastest)
}

// advise warns of sources and grids that do not suit each other, by the spectra that the
// sources have. It looks at some of them where there are many.
func (sim *Simulation) advise() error {
	if sim.traced() {
		return nil
	}
	sim.adviseSlab()
	silent, live, all := 0, 0, [][]float64(nil)
	for i := range sim.sources {
		g := &sim.sources[i]
		quiet, loud, rows := sim.look(g)
		silent, live, all = silent+quiet, live+loud, append(all, rows...)
	}
	if silent > 0 && live == 0 && sim.survey.Initial == nil {
		sim.warn(WarnSilent, sim.sources[0].field+".Amplitudes", "all amplitudes are zero, so nothing happens; %s", silence)
	}
	sim.adviseDispersion(all)
	return nil
}

// silence asks about amplitudes of zeros.
const silence = "is the amplitude meant, or does the wavelet begin after the record's end?"

// look looks at the amplitudes of a channel: how many sources are silent and how many are not,
// and the series of some of these.
func (sim *Simulation) look(g *group) (silent, live int, rows [][]float64) {
	a := g.amplitudes
	if a.Len() == 0 {
		return 0, 0, nil
	}
	a = array.Reshape(a, sim.shots*pointsPerShot(g.points), sim.nt)
	const samples, most = 1 << 21, 24 // a fraction of a second's work
	total := a.Shape()[0]
	step := 1 + total/min(most, max(1, samples/sim.nt))
	var quiet, loud []int
	for i := range total {
		if len(g.point(i)) == 0 {
			continue
		}
		if array.Slice(a, []int{i, 0}, []int{1, sim.nt}).Peak() == 0 {
			quiet = append(quiet, i)
		} else {
			loud = append(loud, i)
		}
	}
	if len(quiet) > 0 && len(loud) > 0 && sim.survey.Initial == nil {
		sim.warn(WarnSilent, g.field+".Amplitudes", "amplitudes are zero throughout: %s; %s", g.called(quiet), silence)
	}
	for k := 0; k < len(loud); k += step {
		rows = append(rows, array.Slice(a, []int{loud[k], 0}, []int{1, sim.nt}).Float64s())
	}
	sim.adviseCut(g, rows, loud, step)
	return len(quiet), len(loud), rows
}

// point returns the footprint of a point, counted through all shots.
func (g *group) point(i int) footprint {
	n := pointsPerShot(g.points)
	return g.points[i/n][i%n]
}

// called names sources for a message.
func (g *group) called(list []int) string {
	n := pointsPerShot(g.points)
	var names []string
	for _, i := range list[:min(3, len(list))] {
		names = append(names, fmt.Sprintf("source %d of shot %d", i%n, i/n))
	}
	if more := len(list) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// adviseCut warns of series that begin or end well above zero, and of those that the
// sampling interval cannot hold.
func (sim *Simulation) adviseCut(g *group, rows [][]float64, live []int, step int) {
	var begin, end, folded []int
	var first, last, high float64
	for k, x := range rows {
		peak := 0.0
		for _, a := range x {
			peak = max(peak, math.Abs(a))
		}
		i := live[k*step]
		if a := math.Abs(x[0]) / peak; a > cut && sim.survey.Initial == nil {
			begin, first = append(begin, i), max(first, a)
		}
		if a := math.Abs(x[len(x)-1]) / peak; a > cut {
			end, last = append(end, i), max(last, a)
		}
		const share = 0.1
		if h := spectrumOf(x, math.Abs(sim.survey.DT), 0).high; h > share {
			folded, high = append(folded, i), max(high, h)
		}
	}
	field := g.field + ".Amplitudes"
	if len(begin) > 0 {
		sim.warn(WarnCut, field, "cut at the beginning: %s: the first amplitude is %.0f%% of the greatest, as of a wavelet whose peak comes too early; a jump has all frequencies. Let it begin near zero (later by 1.5/frequency for a Ricker wavelet)", g.called(begin), 100*first)
	}
	if len(end) > 0 {
		sim.warn(WarnCut, field, "cut at the end: %s: the last amplitude is %.0f%% of the greatest, as of a wavelet that comes too late or lasts longer than the record of %.4g s. Let it die out, or record longer", g.called(end), 100*last, float64(sim.nt)*math.Abs(sim.survey.DT))
	}
	if nyquist := 1 / (2 * math.Abs(sim.survey.DT)); len(folded) > 0 && len(begin)+len(end) == 0 {
		sim.warn(WarnAliased, field, "%s: %.0f%% of the energy lies above %.4g Hz, near the %.4g Hz that samples of %g s can hold, so what lies beyond is probably aliased; sample more finely or use lower frequencies", g.called(folded), 100*high, 0.75*nyquist, nyquist, math.Abs(sim.survey.DT))
	}
}

// adviseSlab hints that a model one cell thick is simulated in all its dimensions.
func (sim *Simulation) adviseSlab() {
	var others []int
	for _, n := range sim.cells {
		if n > 1 {
			others = append(others, n)
		}
	}
	for d, n := range sim.cells {
		if w := sim.pml[d]; n == 1 && len(others) > 0 && w[0] > 0 && w[1] > 0 {
			sim.warn(WarnSlab, "Options.PMLWidth", "axis %d of the model has one cell, between absorbing layers of %d and %d, so waves spread in %d dimensions; for a model in %d give it the shape %v", d, w[0], w[1], sim.ndim, len(others), others)
			return
		}
	}
}
