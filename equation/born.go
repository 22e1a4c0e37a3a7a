package equation

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/internal/trace"
	"github.com/d52adeda/wave/stencil"
)

// Born returns the equation for waves in a background and for what a perturbation of its models
// scatters, to first order (Born modelling): the derivative of e with respect to the models
// perturbed (all, if none is named). It is derived, not written down.
//
// What belongs to the scattered wavefield has a d in front of its name: the perturbation dv of a
// model v, which is zero around the model given; the receivers dpressure; the field du. Sources are
// those of the background. It is no equation to be derived again: Check refuses Born of Born, whose
// names would be ambiguous, and names that are no models of e.
func Born(e *Equation, perturbed ...string) *Equation {
	born := *e
	born.Name = e.Name + "_born"
	born.Models = slices.Clone(e.Models)
	for _, m := range e.Models {
		if len(perturbed) > 0 && !slices.Contains(perturbed, m.Name) {
			continue
		}
		m.Name, m.Least, m.Plausible, m.ZeroPad = "d"+m.Name, math.Inf(-1), [2]float64{}, true
		born.Models = append(born.Models, m)
	}
	for _, name := range perturbed {
		if !slices.ContainsFunc(e.Models, func(m Property) bool { return m.Name == name }) {
			born.wrong = fmt.Errorf("equation %s: it has no model %q that could be perturbed", e.Name, name)
		}
	}
	born.Write = func(g Grid) *System { return e.Write(g).born(born.Name) }
	born.Derive = e.scattering
	born.Watch = e.Watched
	born.Show = func(g Grid) []string {
		var out []string
		for _, name := range e.Show(g) {
			out = append(out, "d"+name)
		}
		return append(out, e.Show(g)...)
	}
	return &born
}

// born returns the system of the Born form.
func (s *System) born(name string) *System {
	var models []*stencil.Field
	for _, f := range s.Program.Fields() {
		if f.Kind == stencil.Model {
			models = append(models, f)
		}
	}
	t := stencil.JVP(s.Program, models)
	t.Program.Name = name
	out := &System{Program: t.Program, Sources: s.Sources, Receivers: slices.Clone(s.Receivers)}
	for _, c := range s.Receivers {
		if d := t.Series[c.Series]; d != nil {
			c.Name, c.Series = "d"+c.Name, d
			d.Points = "receiver_" + c.Name
			out.Receivers = append(out.Receivers, c)
		}
	}
	return out
}

// scattering returns the program's models and, by the chain rule, their perturbations.
func (e *Equation) scattering(given Models, halo int) (Models, error) {
	own, names := maps.Clone(given), []string{}
	var x, dx []trace.Value
	for _, m := range e.Models {
		a, d := given[m.Name], given["d"+m.Name]
		if d == nil {
			d = array.Zeros(a.DType(), a.Shape()...)
			own["d"+m.Name] = d
		}
		if d.Shape()[0] > a.Shape()[0] { // shots share a background
			a = array.Expand(a, d.Shape()...)
		} else if d.Shape()[0] < a.Shape()[0] {
			d = array.Expand(d, a.Shape()...)
		}
		names, x, dx = append(names, m.Name), append(x, a.Unwrap()), append(dx, d.Unwrap())
	}
	if e.Derive == nil {
		return own, nil
	}
	var derived []string
	y, dy, err := trace.JVP(func(args []trace.Value) ([]trace.Value, error) {
		models := Models{}
		for i, name := range names {
			models[name] = array.Wrap(args[i])
		}
		models, err := e.Derive(models, halo)
		derived = slices.Sorted(maps.Keys(models))
		var values []trace.Value
		for _, name := range derived {
			if err == nil {
				err = models[name].Err()
			}
			values = append(values, models[name].Unwrap())
		}
		return values, err
	}, x, dx)
	if err != nil {
		return nil, err
	}
	for i, name := range derived {
		own[name] = array.Wrap(y[i])
		own["d"+name] = array.Zeros(own[name].DType(), own[name].Shape()...)
		if dy[i] != nil {
			own["d"+name] = array.Wrap(dy[i])
		}
	}
	return own, nil
}
