package wave

import (
	"fmt"
	"math"
	"slices"

	"github.com/d52adeda/wave/equation"
)

// maxSteps is the greatest number of internal steps; a run of that many would take
// days at least.
const maxSteps = 1 << 29

// chooseTimeStep applies the CFL condition and warns of what it finds.
func (sim *Simulation) chooseTimeStep() error {
	if sim.maxVelGiven = sim.opt.MaxVel != 0; !sim.maxVelGiven {
		sim.opt.MaxVel = sim.fastest
	}
	s := &sim.survey
	if cells := math.Abs(s.DT) * sim.opt.MaxVel / slices.Min(sim.spacing); !(cells < maxSteps) {
		return bad("Survey.DT", s.DT, "an interval in which waves cross fewer cells than %.3g (s), at %g m/s in cells of %v m", float64(maxSteps), sim.opt.MaxVel, sim.spacing)
	}
	sim.dt, sim.ratio = equation.CFL(s.DT, sim.spacing, sim.opt.MaxVel)
	if float64(sim.nt)*float64(sim.ratio) > maxSteps {
		return &FieldError{
			Field: "Survey.DT", Got: fmt.Sprintf("%g s, which makes %d samples of %d internal steps", s.DT, sim.nt, sim.ratio),
			Want: fmt.Sprintf("at most %d: fewer or shorter samples or larger cells", maxSteps),
		}
	}
	sim.warnAbout()
	return nil
}
