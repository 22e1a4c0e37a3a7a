package wave

import (
	"fmt"
	"slices"
	"strings"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/stencil"
)

// fieldNames lists the fields of the program that a Frame has.
func (sim *Simulation) fieldNames() []string {
	var names []string
	for _, f := range sim.program.Fields() {
		if f.Kind != stencil.Profile {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return names
}

// allShots stands for a shot's number.
const allShots = -1

// view returns a field of a shot, or of all, as a View of it.
func (r *running) view(name string, shot int, v View) (*array.Array, error) {
	sim := r.sim
	if !slices.Contains(sim.fieldNames(), name) {
		return nil, bad("field", fmt.Sprintf("%q", name), "one of %s", strings.Join(sim.fieldNames(), ", "))
	}
	if last := r.first + r.n - 1; shot != allShots && (shot < r.first || shot > last) {
		return nil, bad("shot", shot, "%d to %d, which are simulated at this time", r.first, last)
	}
	if shot != allShots {
		shot -= r.first
	}
	a, err := r.field(name, shot)
	if err != nil || v == ViewFull {
		return a, err
	}
	if v > ViewFull {
		return nil, bad("View", v, "ViewModel, ViewPML or ViewFull")
	}
	lo, size := []int{0}, a.Shape()[:1:1]
	for d, w := range sim.pad {
		from, n := sim.layout.Halo, sim.region[d]
		if v == ViewModel {
			from += w[0]
		} else {
			n += w[0] + w[1]
		}
		lo, size = append(lo, from), append(size, n)
	}
	out := array.Slice(a, lo, size)
	return out, out.Err()
}

// field copies a field of one of the shots on the device, or of all, [shot][padded grid].
func (r *running) field(name string, shot int) (*array.Array, error) {
	if p, ok := r.stepper.(backend.Picker); ok && shot != allShots {
		return p.FieldOf(name, shot)
	}
	a, err := r.stepper.Field(name)
	if err != nil || shot == allShots {
		return a, err
	}
	shape := a.Shape()
	lo, size := make([]int, len(shape)), slices.Clone(shape)
	lo[0], size[0] = min(shot, shape[0]-1), 1 // shots may share a model
	a = array.Slice(a, lo, size)
	return a, a.Err()
}
