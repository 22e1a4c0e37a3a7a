package equation

import (
	"fmt"
	"math"

	"github.com/d52adeda/wave/array"
)

// Finding is something about a model that a user should know before a run.
type Finding struct {
	Model string // its name
	Text  string // what was got and what is wanted
	// Fatal findings have no answer; others are odd, as if a unit were mistaken.
	Fatal bool
}

// Examine looks at the models given, [1 or shots][grid] or without shots. Traced ones are left
// alone.
func (e *Equation) Examine(given Models) []Finding {
	var out []Finding
	for i := range e.Models {
		m := &e.Models[i]
		a := given[m.Name]
		if a == nil || a.Err() != nil || a.Traced() {
			continue
		}
		if f, ok := m.examine(a); ok {
			out = append(out, f)
		}
	}
	for _, r := range e.Relations {
		if f, ok := r.examine(given); ok {
			out = append(out, f)
		}
	}
	return out
}

func (m *Property) examine(a *array.Array) (Finding, bool) {
	value, _ := a.Reader()
	lo, hi := math.Inf(1), 0.0 // of sizes other than 0
	for i := range a.Len() {
		x := value(i)
		if err := m.Check(x); err != nil {
			return Finding{m.Name, err.Error(), true}, true
		}
		if x != 0 {
			lo, hi = min(lo, math.Abs(x)), max(hi, math.Abs(x))
		}
	}
	if hi > 0 && !(m.IsPlausible(lo) && m.IsPlausible(hi)) {
		return Finding{m.Name, fmt.Sprintf("%.4g to %.4g %s, want sizes of %g to %g (or 0): is it in another unit?", lo, hi, m.Unit, m.Plausible[0], m.Plausible[1]), false}, true
	}
	return Finding{}, false
}

// Relation is what models must be to each other in a cell.
type Relation struct {
	Models []string
	// Holds reports whether values of the models are as wanted.
	Holds func(x []float64) bool
	Want  string
	Fatal bool
}

func (r *Relation) examine(given Models) (Finding, bool) {
	var value []func(int) float64
	var length []int
	n := 0
	for _, name := range r.Models {
		a := given[name]
		if a == nil || a.Err() != nil || a.Traced() || a.Len() == 0 {
			return Finding{}, false
		}
		at, _ := a.Reader()
		value, length = append(value, at), append(length, a.Len())
		n = max(n, a.Len())
	}
	x, broken, first := make([]float64, len(value)), 0, ""
	for i := range n {
		for k := range x {
			x[k] = value[k](i % length[k]) // shots may share one
		}
		if r.Holds(x) {
			continue
		}
		if broken++; broken == 1 {
			for k, name := range r.Models {
				first += fmt.Sprintf(", %s %.4g", name, x[k])
			}
		}
	}
	if broken == 0 {
		return Finding{}, false
	}
	return Finding{r.Models[0], fmt.Sprintf("in %d of %d cells not as wanted (the first has %s), want %s", broken, n, first[2:], r.Want), r.Fatal}, true
}
