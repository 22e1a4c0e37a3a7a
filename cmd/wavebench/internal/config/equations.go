package config

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d52adeda/wave/equation"
)

// equations are those that a survey can name. Where several have one name, the models given
// say which is meant, and the first is the usual one.
var equations = []func() *equation.Equation{equation.Scalar, equation.Acoustic, equation.ElasticSpeeds, equation.Elastic}

// named returns the equations of a name.
func named(name string) []*equation.Equation {
	var out []*equation.Equation
	for _, e := range equations {
		if e := e(); e.Name == name {
			out = append(out, e)
		}
	}
	return out
}

// Physics returns the equation that the survey is of.
func (s *Survey) Physics() *equation.Equation {
	var best *equation.Equation
	most := -1
	for _, e := range named(s.Equation) {
		known := 0
		for _, m := range e.Models {
			if s.Model.Named[m.Name] != nil {
				known++
			}
		}
		if known > most {
			best, most = e, known
		}
	}
	return best
}

// Property is a model of the survey's equation with what the survey says of it.
type Property struct {
	equation.Property
	Key    string // "model.vp", or "model" of the velocity given without its name
	Values *Values
	From   Derived
}

// At is the key that says what the values are.
func (p *Property) At() string {
	switch {
	case p.Values.File != "":
		return p.Key + ".file"
	case p.From.Relation != "":
		return p.Key + ".relation"
	case p.From.Ratio != nil:
		return p.Key + ".ratio"
	}
	return p.Key + ".value"
}

// Made says what the values come from.
func (p *Property) Made() string {
	switch {
	case p.Values.File != "":
		return filepath.Base(p.Values.File)
	case p.From.Relation != "":
		return "by relation " + p.From.Relation
	case p.From.Ratio != nil:
		return fmt.Sprintf("%g times %s", *p.From.Ratio, cmp.Or(p.From.Of, "the velocity"))
	case len(p.Values.Layers) > 0:
		return "layers"
	}
	return "constant"
}

// SI returns a value that the survey gives, or its file, in the unit of the equation. digits
// is how many the number has.
func (p *Property) SI(x float64, digits int) float64 {
	return decimal(x, size(p.Unit, p.Values.Unit), digits)
}

// Properties lists the models of the survey's equation.
func (s *Survey) Properties() []Property {
	e := s.Physics()
	var out []Property
	for i, m := range e.Models {
		p := Property{Property: m, Key: "model." + m.Name}
		if given := s.Model.Named[m.Name]; given != nil {
			p.Values, p.From = &given.Values, given.Derived
		} else if i == 0 && isSpeed(m) {
			p.Key, p.Values = "model", &s.Model.Values
		} else {
			p.Values = &Values{}
		}
		out = append(out, p)
	}
	return out
}

// isSpeed says whether a model is a velocity, which needs no name if it is the first.
func isSpeed(m equation.Property) bool { return m.Unit == "m/s" }

// checkEquation checks that the survey names an equation and gives its models.
func (s *Survey) checkEquation(r *report) {
	e := s.Physics()
	if e == nil {
		var names []string
		for _, e := range equations {
			names = append(names, e().Name)
		}
		oneOf(r, "equation", s.Equation, slices.Compact(names)...)
		return
	}
	var sets []string
	for _, e := range named(s.Equation) {
		var names []string
		for _, m := range e.Models {
			names = append(names, m.Name)
		}
		sets = append(sets, strings.Join(names, ", "))
	}
	want := strings.Join(sets, ", or ")
	for _, name := range slices.Sorted(maps.Keys(s.Model.Named)) {
		if !slices.ContainsFunc(e.Models, func(m equation.Property) bool { return m.Name == name }) {
			r.add("model."+name, "given", "the models of equation "+e.Name+": "+want)
		}
	}
	unnamed := s.Model.Values.given()
	switch first := e.Models[0]; {
	case unnamed && !isSpeed(first):
		r.add("model", "given without a name", "the models of equation "+e.Name+" by theirs: "+want)
	case unnamed && s.Model.Named[first.Name] != nil:
		r.add("model."+first.Name, "given twice", "it by its name, or directly under model")
	}
	for _, p := range s.Properties() {
		switch {
		case p.Values.given() || p.From.given():
			p.check(r, s)
		case p.Key == "model" && len(s.Model.Named) == 0:
			r.missing("model.file", "the file of a velocity model, or model.shape and model.value for one without a file")
		default:
			r.missing("model."+p.Name, fmt.Sprintf("a file, a value or a relation (%s)", p.Unit))
		}
	}
}
