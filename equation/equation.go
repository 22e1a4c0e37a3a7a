package equation

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

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
	// before the halo there: what lies beyond it is then never seen.
	Derive func(given Models, halo int) Models
	// Write returns the program and its channels for a grid.
	Write func(Grid) *System
	// Speeds returns the least speed of any wave, zeros left out, and the greatest (m/s); of
	// models that are traced, 0. It is an error if there is no speed.
	Speeds func(given Models) (lo, hi float64, err error)
	// Show lists the fields that are worth a picture, the best first.
	Show func(Grid) []string
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
	// Plausible says between which sizes values lie unless a unit is mistaken; zeros are
	// always plausible.
	Plausible [2]float64
}

// Check reports a value of x that has no meaning for the model: what was got and what is
// wanted.
func (m *Property) Check(x float64) error {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return fmt.Errorf("%g, want finite numbers (%s)", x, m.Unit)
	}
	if x < m.Least {
		return fmt.Errorf("%g, want at least %g (%s)", x, m.Least, m.Unit)
	}
	return nil
}

// IsPlausible reports whether a value looks as if it were in the model's unit.
func (m *Property) IsPlausible(x float64) bool {
	x = math.Abs(x)
	return x == 0 || x >= m.Plausible[0] && x <= m.Plausible[1]
}

// Derived returns the models of the program, see Derive, from those that the equation lists.
func (e *Equation) Derived(given Models, halo int) (Models, error) {
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
	for name, a := range e.Derive(out, halo) {
		if a.Err() != nil {
			return nil, fmt.Errorf("equation %s: model %s of the program: %w", e.Name, name, a.Err())
		}
		out[name] = a
	}
	return out, nil
}

// speeds returns the least size other than 0 of all values, infinity if there is none, and
// the greatest.
func speeds(of ...*array.Array) (lo, hi float64, err error) {
	lo = math.Inf(1)
	for _, a := range of {
		if err := a.Err(); err != nil {
			return 0, 0, err
		}
		if a.Traced() {
			return 0, 0, nil
		}
		l, h, _ := a.Sizes(context.Background())
		lo, hi = min(lo, l), max(hi, h)
	}
	return lo, hi, nil
}

// elasticSpeeds returns those of all P and S waves: vp^2 = (lamb + 2 mu) b, vs^2 = mu b.
func elasticSpeeds(lamb, mu, buoyancy *array.Array) (lo, hi float64, err error) {
	p := array.Sqrt(array.Mul(array.Add(lamb, array.Scale(2, mu)), buoyancy))
	s := array.Sqrt(array.Mul(mu, buoyancy))
	lo, hi, err = speeds(p, s)
	if math.IsNaN(hi) || math.IsInf(hi, 0) {
		err = errors.New("models lamb, mu and buoyancy give waves no speed somewhere, want mu and lamb + 2 mu not negative")
	}
	return lo, hi, err
}
