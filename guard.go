package wave

import (
	"fmt"
	"math"
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/stencil"
)

// checkEvery returns how many internal steps pass between looks at the wavefield,
// reports of progress and the like: enough that these cost next to nothing and that
// steps can be advanced together, but, on large grids, not so many that it takes long.
func (sim *Simulation) checkEvery() int {
	const cells, most, least = 5e9, 200, 16
	check := max(least, int(min(most, cells/(float64(sim.layout.Cells())*float64(sim.atOnce)))))
	total := sim.steps()
	if sim.traced() { // the segments that reverse mode keeps should not be shorter
		return max(check, int(math.Sqrt(float64(total)))+1)
	}
	return min(check, (total+1)/2) // growth shows between two looks
}

// guard notices when the wavefield turns infinite, or grows without bound.
//
// What is unstable grows exponentially, so it is soon above any factor times what it was
// in the first half of the run so far. What is stable stays far below: with sources that
// are no stronger than before, the wavefield grows in proportion to time at most
// (resonance, a mean other than zero), to twice the value; and waves that meet in a focus are
// higher there than where they come from by their distance in wavelengths (three dimensions) or
// its root (two).
type guard struct {
	sim    *Simulation
	strong int    // step by which sources have been about as strong as they get
	looks  []look // from the last one of the first half on
	factor func(*stencil.Series) float64
}

// look is what was seen after some steps: the greatest magnitude, then and so far.
type look struct {
	step       int
	peak, most float64
}

// growth is what the guard stops at.
const growth = 1e4

// look takes the wavefield's greatest magnitude after so many steps.
func (g *guard) look(step int, peak float64) error {
	for len(g.looks) > 1 && g.looks[1].step <= step/2 {
		g.looks = g.looks[1:]
	}
	var before, early look // the last one, and the last of the first half
	if n := len(g.looks); n > 0 {
		before = g.looks[n-1]
		if g.looks[0].step <= step/2 {
			early = g.looks[0]
		}
	}
	if !(peak <= math.MaxFloat64) {
		return g.sim.nonFinite(fmt.Sprintf("after internal step %d of %d (it was after step %d)", step, g.sim.steps(), before.step), g.factor)
	}
	g.looks = append(g.looks, look{step, peak, max(before.most, peak)})
	// Of a traced model the peak is that of the tangents too, which may begin at any time.
	if early.step < g.strong || early.most == 0 || peak <= growth*early.most || g.sim.traced() {
		return nil
	}
	field, cause := g.sim.unstableBecause()
	return &FieldError{Field: field, Err: ErrUnstable, Text: fmt.Sprintf(
		"%v: its greatest value is %.3g after internal step %d of %d and was %.3g until step %d. Likely cause: %s",
		ErrUnstable, peak, step, g.sim.steps(), early.most, early.step, cause)}
}

// strongAt returns the step by which a source has reached half of the greatest
// amplitude of its channel, 0 if there are none.
func (sim *Simulation) strongAt() int {
	last := 0
	for _, g := range sim.sources {
		at, a := sim.nt, g.amplitudes
		if x, err := array.Data[float32](a); err == nil {
			at = reached(x, sim.nt, float32(a.Peak()/2))
		} else if x, err := array.Data[float64](a); err == nil {
			at = reached(x, sim.nt, a.Peak()/2)
		}
		last = max(last, at)
	}
	return last * sim.ratio
}

// reached returns how many samples it takes until one of the rows of n is so great.
func reached[T array.Float](x []T, n int, level T) int {
	at := n
	for ; len(x) > 0; x = x[n:] {
		for k, a := range x[:at] {
			if a >= level || -a >= level {
				at = k + 1
				break
			}
		}
	}
	return at
}

// unstableBecause says what makes the wavefield grow, and which field is to blame.
func (sim *Simulation) unstableBecause() (field, cause string) {
	hi := sim.fastest
	switch {
	case hi > sim.opt.MaxVel:
		return "Options.MaxVel", fmt.Sprintf("the time step is made for speeds up to %g m/s, and the model's greatest is %g m/s: leave the maximum speed out, or give at least that", sim.opt.MaxVel, hi)
	case sim.thinPML():
		return "Options.PMLWidth", "a PML of 1 or 2 cells, which grows by itself: make it 3 or more wide, better 10 to 20, or 0, which reflects"
	}
	if sim.shears() && slices.ContainsFunc(sim.pml, func(w [2]int) bool { return w != [2]int{} }) {
		return "Options.PMLWidth", "what enters the PML: thin soft layers and rough media guide waves that an elastic PML makes grow. Let the model become smooth towards it, or absorb at a frequency near that of what is guided"
	}
	return "Survey.DT", "a time step too long for the model (a smaller sampling interval or a greater maximum speed shortens it), or a PML too thin for it"
}

// shears reports whether the equation has shear stress, which sits half a cell off along two
// dimensions.
func (sim *Simulation) shears() bool {
	return slices.ContainsFunc(sim.system.Program.Fields(), func(f *stencil.Field) bool {
		n := 0
		for _, half := range f.Half {
			if half {
				n++
			}
		}
		return n > 1
	})
}

// thinPML reports whether a side's PML is of a width that lets the wavefield grow: of 1
// cell it does in any model, of 2 where the speed varies, and the faster the higher the
// accuracy, as runs of 60,000 steps show. From 3 cells on it does not, however rough the model.
func (sim *Simulation) thinPML() bool {
	for _, w := range sim.pml {
		for _, n := range w {
			if n == 1 || n == 2 && sim.slowest < sim.fastest {
				return true
			}
		}
	}
	return false
}

// nonFinite says what is the likely cause. factor returns the greatest number by which the
// amplitudes of a channel are multiplied as they are injected.
func (sim *Simulation) nonFinite(where string, factor func(*stencil.Series) float64) error {
	field, cause := sim.unstableBecause()
	if sim.dtype == array.Float32 && !sim.traced() && sim.fastest <= sim.opt.MaxVel {
		for _, g := range sim.sources {
			if most := g.amplitudes.Peak(); most*factor(g.channel.Series) > math.MaxFloat32/1e6 {
				field, cause = g.field+".Amplitudes", fmt.Sprintf("source amplitudes up to %.3g, times what the equation multiplies them by as they are injected, overflow float32: scale them down or use float64", most)
			}
		}
	}
	return &FieldError{Field: field, Err: ErrNonFinite, Text: fmt.Sprintf("%v %s. Likely cause: %s", ErrNonFinite, where, cause)}
}
