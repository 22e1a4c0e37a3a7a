package wave

import (
	"fmt"

	"github.com/d52adeda/wave/internal/memory"
	"github.com/d52adeda/wave/stencil"
)

// chooseWindow chooses how many steps' tape a gradient keeps: all, if there is room for it, else as
// many as there is beside the wavefields at the beginning of each window.
func (sim *Simulation) chooseWindow(pair *stencil.Pair, l *stencil.Layout, shots int) (int, error) {
	each := float64(shots * sim.dtype.Size())
	slab := each * float64(len(pair.Tape)*l.Padded())
	state, fields := 0.0, 0.0
	for _, f := range pair.Forward.Fields() {
		if f.Kind == stencil.State || f.Kind == stencil.Memory {
			state += each * float64(l.Size(f))
		}
	}
	for _, f := range pair.Reverse.Fields() {
		if f.Kind != stencil.Profile && f.Kind != stencil.Tape {
			fields += each * float64(l.Size(f))
		}
	}
	base := 2*float64(sim.bytes) + 2*fields // spares included
	limit, whose := float64(sim.opt.MaxMemory), "Options.MaxMemory"
	if limit == 0 {
		limit, whose = float64(memory.For(int64(base), 0)), "what the machine has free"
	}
	steps := sim.steps()
	if limit <= 0 || base+float64(steps)*slab <= limit {
		return steps, nil
	}
	least := 0.0
	for n := 2; n <= steps; n++ {
		window := (steps + n - 1) / n
		need := base + float64(window)*slab + float64(n-1)*state
		if need <= limit {
			return window, nil
		}
		if least == 0 || need < least {
			least = need
		}
	}
	return 0, &FieldError{Field: "model " + sim.eq.Models[0].Name, Err: ErrMemory, Text: fmt.Sprintf(
		"the gradient needs %s at least, want at most %s (%s): %v; use a smaller region (Options.SurveyPad), fewer shots at a time, or float32",
		memory.Size(least), memory.Size(limit), whose, ErrMemory)}
}
