package equation

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/stencil"
)

// Equation is a wave equation as a value: all that the engine wants to know of it. Those of
// this package are made by Scalar, Acoustic, Elastic ...; a user's own is made likewise.
type Equation struct {
	Name string
	// Models are what a user gives of the medium.
	Models []Property
	// Relations are what the models must be to each other.
	Relations []Relation
	// Derive returns the models of the program from those given, all [1 or shots][padded grid],
	// of which the outermost halo cells are beyond the grid; what it does not return is taken as
	// given. It is traced when derivatives are wanted. Nil: the program has the models given.
	//
	// A model that sits half a cell further on along a dimension must be zero in the last cell
	// before the halo there: what lies beyond it is then never seen. A value depends on those of
	// cells up to halo away: large grids are given in parts, which overlap.
	Derive func(given Models, halo int) (Models, error)
	// Write returns the program and its channels for a grid.
	Write func(Grid) *System
	// Waves returns the speeds of all waves, m/s, cell by cell, from the models given.
	Waves func(given Models) []*array.Array
	// Vacuum names the model that is zero where there is nothing: cells of zeros, in all models,
	// have a free surface around them. Empty if there is none such.
	Vacuum string
	// End is what a side of the grid is that neither absorbs nor has vacuum beyond it.
	End Edge
	// Show lists the fields that are worth a picture, the best first.
	Show func(Grid) []string
	// Watch lists the fields that tell whether a simulation grows without bound. Nil: Show.
	Watch func(Grid) []string

	wrong error // found where it was made
}

// Edge is what waves meet at a side of the grid.
type Edge uint8

// The edges. At a Rigid one the velocity across it and shear stress are zero, at a Free one
// pressure (the traction).
const (
	Absorbing Edge = iota
	Free
	Rigid
)

func (e Edge) String() string {
	if e > Rigid {
		return fmt.Sprintf("Edge(%d)", e)
	}
	return []string{"absorbing", "free", "rigid"}[e]
}

// Watched lists the fields that Watch says.
func (e *Equation) Watched(g Grid) []string {
	if e.Watch != nil {
		return e.Watch(g)
	}
	return e.Show(g)
}

// Check reports what an equation lacks: models of different names, and functions.
func (e *Equation) Check() error {
	wrong := func(text string, args ...any) error {
		return fmt.Errorf("equation %s: "+text, append([]any{e.Name}, args...)...)
	}
	switch {
	case e.wrong != nil:
		return e.wrong
	case len(e.Models) == 0:
		return wrong("it has no Models, want at least one")
	case e.Write == nil || e.Waves == nil || e.Show == nil:
		return wrong("Write, Waves or Show is nil, want all of them")
	}
	seen := map[string]bool{}
	for _, m := range e.Models {
		if m.Name == "" || seen[m.Name] {
			return wrong("models are called %q twice, or not at all", m.Name)
		}
		seen[m.Name] = true
	}
	return nil
}

// System writes the equation for a grid, and checks what it says: the program (stencil.Program.Verify),
// its channels, and the fields to be shown and watched.
func (e *Equation) System(g Grid) (*System, error) {
	s := e.Write(g)
	if s == nil || s.Program == nil {
		return nil, fmt.Errorf("equation %s: Write returns no program", e.Name)
	}
	if err := s.Program.Verify(); err != nil {
		return nil, fmt.Errorf("equation %s: %w", e.Name, err)
	}
	for _, list := range []struct {
		what     string
		channels []Channel
		series   []*stencil.Series
	}{{"source", s.Sources, s.Program.Inputs()}, {"receiver", s.Receivers, s.Program.Outputs()}} {
		seen := map[string]bool{}
		for _, c := range list.channels {
			if c.Name == "" || seen[c.Name] {
				return nil, fmt.Errorf("equation %s: %s channels are called %q twice, or not at all", e.Name, list.what, c.Name)
			}
			if !slices.Contains(list.series, c.Series) {
				return nil, fmt.Errorf("equation %s: %s channel %s has a series that is none of the program's", e.Name, list.what, c.Name)
			}
			seen[c.Name] = true
		}
	}
	for _, name := range slices.Concat(e.Show(g), e.Watched(g)) {
		if s.Program.Field(name) == nil {
			return nil, fmt.Errorf("equation %s: Show or Watch lists %q, which is no field of the program", e.Name, name)
		}
	}
	return s, nil
}

// Program returns the program alone.
func (e *Equation) Program(ndim, accuracy int) *stencil.Program {
	return e.Write(Grid{ndim, accuracy}).Program
}

// Models are arrays by name.
type Models map[string]*array.Array

// Property is a model, a property of the medium that a user gives.
type Property struct {
	Name, Unit string
	// Least is the least value that has a meaning.
	Least float64
	// Plausible says between which sizes values lie unless a unit is mistaken; the value 0 is
	// always plausible, and all values are where Plausible is not given.
	Plausible [2]float64
	// ZeroPad continues it by zeros around the model, not by its edge values.
	ZeroPad bool
}

// Check reports a value of x that has no meaning for the model: what was got and what is
// wanted.
func (m *Property) Check(x float64) error {
	if want := m.wanted(x); want != "" {
		return fmt.Errorf("%g, want %s", x, want)
	}
	return nil
}

// wanted says what is wanted in place of x; nothing if x will do.
func (m *Property) wanted(x float64) string {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return fmt.Sprintf("finite numbers (%s)", m.Unit)
	case x < m.Least:
		return fmt.Sprintf("at least %g (%s)", m.Least, m.Unit)
	}
	return ""
}

// IsPlausible reports whether a value looks as if it were in the model's unit.
func (m *Property) IsPlausible(x float64) bool {
	x = math.Abs(x)
	return x == 0 || m.Plausible == [2]float64{} || x >= m.Plausible[0] && x <= m.Plausible[1]
}

// Derived returns the models of the program, see Derive, from those that the equation lists. It
// stops within a second of ctx being cancelled.
func (e *Equation) Derived(ctx context.Context, given Models, halo int) (Models, error) {
	out := Models{}
	for _, m := range e.Models {
		a := given[m.Name]
		if a == nil {
			return nil, fmt.Errorf("equation %s: model %s is missing", e.Name, m.Name)
		}
		if a.Err() != nil {
			return nil, fmt.Errorf("equation %s: model %s: %w", e.Name, m.Name, a.Err())
		}
		first := given[e.Models[0].Name].Shape()
		if n := a.NDim() - 1; n < 1 || n > 3 || n != len(first)-1 || !slices.Equal(a.Shape()[1:], first[1:]) {
			return nil, fmt.Errorf("equation %s: model %s has shape %v, want 1 to 3 dimensions after the shots, the same for all models: %w", e.Name, m.Name, a.Shape(), array.ErrShape)
		}
		out[m.Name] = a
	}
	if e.Derive == nil {
		return out, nil
	}
	own, err := e.derive(ctx, out, halo)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("equation %s: %w", e.Name, err)
	}
	maps.Copy(out, own)
	return out, nil
}

// batched returns models all with an axis of shots if one has it.
func batched(given Models) Models {
	out, ndim := maps.Clone(given), 0
	for _, a := range out {
		ndim = max(ndim, a.NDim())
	}
	for name, a := range out {
		if a.NDim() == ndim-1 {
			out[name] = array.Reshape(a, append([]int{1}, a.Shape()...)...)
		}
	}
	return out
}

// Speeds returns the least speed of any wave, zeros left out (infinity if there is none), and the
// greatest, m/s; of models that are traced, 0. It ends with ctx.
func (e *Equation) Speeds(ctx context.Context, given Models) (lo, hi float64, err error) {
	lo, traced := math.Inf(1), false
	err = inParts(ctx, batched(given), 0, 0, func(part Models, _, _, _ int) error {
		for _, a := range e.Waves(part) {
			if err := a.Err(); err != nil {
				return err
			}
			if traced = traced || a.Traced(); traced {
				return nil
			}
			l, h, err := a.Sizes(ctx)
			if err != nil {
				return err
			}
			lo, hi = min(lo, l), max(hi, h)
		}
		return nil
	})
	if err != nil || traced {
		return 0, 0, err
	}
	if math.IsNaN(hi) || math.IsInf(hi, 0) {
		var names []string
		for _, m := range e.Models {
			names = append(names, m.Name)
		}
		return 0, 0, fmt.Errorf("equation %s: models %s give waves no speed somewhere: its square is negative, or infinite", e.Name, strings.Join(names, ", "))
	}
	return lo, hi, nil
}
