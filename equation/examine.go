package equation

import (
	"context"
	"fmt"
	"math"

	"github.com/d52adeda/wave/array"
)

// Finding is something about a model that a user should know before a run.
type Finding struct {
	Model string // its name
	Got   string
	Want  string
	// Fatal findings have no answer; others are odd, as if a unit were mistaken.
	Fatal bool
}

func (f Finding) String() string { return fmt.Sprintf("%s: %s, want %s", f.Model, f.Got, f.Want) }

// Examine looks at the models given, [1 or shots][grid] or without shots. Traced ones are left
// alone. It ends with ctx.
func (e *Equation) Examine(ctx context.Context, given Models) ([]Finding, error) {
	var out []Finding
	for i := range e.Models {
		m := &e.Models[i]
		a := given[m.Name]
		if a == nil || a.Err() != nil || a.Traced() {
			continue
		}
		f, ok, err := m.examine(ctx, a)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, f)
		}
	}
	for _, r := range e.Relations {
		f, ok, err := r.examine(ctx, given)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, f)
		}
	}
	return out, nil
}

func (m *Property) examine(ctx context.Context, a *array.Array) (f Finding, odd bool, err error) {
	lo, hi, err := a.Sizes(ctx)
	if err != nil {
		return f, false, err
	}
	if math.IsNaN(hi) || math.IsInf(hi, 0) || !math.IsInf(m.Least, -1) {
		value, _ := a.Reader()
		for i := range a.Len() {
			if i%partCells == 0 && ctx.Err() != nil {
				return f, false, ctx.Err()
			}
			if want := m.wanted(value(i)); want != "" {
				return Finding{m.Name, fmt.Sprint(value(i)), want, true}, true, nil
			}
		}
	}
	if hi > 0 && !(m.IsPlausible(lo) && m.IsPlausible(hi)) {
		return Finding{m.Name, fmt.Sprintf("%.4g to %.4g %s", lo, hi, m.Unit), fmt.Sprintf("sizes of %g to %g (or 0): is it in another unit?", m.Plausible[0], m.Plausible[1]), false}, true, nil
	}
	return f, false, nil
}

// Relation is what models must be to each other in a cell.
type Relation struct {
	Models []string
	// Holds reports whether values of the models are as wanted.
	Holds func(x []float64) bool
	Want  string
	Fatal bool
}

func (r *Relation) examine(ctx context.Context, given Models) (f Finding, broken bool, err error) {
	var value []func(int) float64
	var length []int
	n := 0
	for _, name := range r.Models {
		a := given[name]
		if a == nil || a.Err() != nil || a.Traced() || a.Len() == 0 {
			return f, false, nil
		}
		at, _ := a.Reader()
		value, length = append(value, at), append(length, a.Len())
		n = max(n, a.Len())
	}
	x, where, first := make([]float64, len(value)), 0, ""
	for i := range n {
		if i%partCells == 0 && ctx.Err() != nil {
			return f, false, ctx.Err()
		}
		for k := range x {
			x[k] = value[k](i % length[k]) // shots may share one
		}
		if r.Holds(x) {
			continue
		}
		if where++; where == 1 {
			for k, name := range r.Models {
				first += fmt.Sprintf(", %s %.4g", name, x[k])
			}
		}
	}
	if where == 0 {
		return f, false, nil
	}
	return Finding{r.Models[0], fmt.Sprintf("in %d of %d cells not as wanted (the first has %s)", where, n, first[2:]), r.Want, r.Fatal}, true, nil
}
