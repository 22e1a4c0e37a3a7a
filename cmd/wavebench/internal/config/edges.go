package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Edges is how the model ends on each side: "absorbing", "free" or "rigid"; "" is what
// pml_width makes. A word stands for all sides, a list for those of each axis.
type Edges struct {
	Top    string `json:"top,omitempty"`
	Bottom string `json:"bottom,omitempty"`
	Front  string `json:"front,omitempty"`
	Back   string `json:"back,omitempty"`
	Left   string `json:"left,omitempty"`
	Right  string `json:"right,omitempty"`
}

// SideNames are the sides of a model, begin and end of each axis: the first is depth in one
// dimension, too.
func SideNames(ndim int) []string {
	all := []string{"top", "bottom", "front", "back", "left", "right"}
	if ndim < 3 {
		all = slices.Delete(all, 2, 4)
	}
	return all[:2*ndim]
}

// Side returns that of a name.
func (e *Edges) Side(name string) *string {
	switch name {
	case "top":
		return &e.Top
	case "bottom":
		return &e.Bottom
	case "front":
		return &e.Front
	case "back":
		return &e.Back
	case "left":
		return &e.Left
	}
	return &e.Right
}

// decode reads a word or a list; of the names of sides the usual way is right.
func (e *Edges) decode(d *decoder, path string, n ast.Node) bool {
	var words []string
	switch n := n.(type) {
	case *ast.SequenceNode:
		d.list(path, n, reflect.ValueOf(&words).Elem())
	case ast.MapNode:
		return false
	default:
		word := ""
		d.into(path, n, &word)
		words = slices.Repeat([]string{word}, 6)
	}
	if len(words) != 2 && len(words) != 4 && len(words) != 6 {
		d.add(path, fmt.Sprint(words), "one for each side, 2 for each axis, or one for all")
		return true
	}
	for i, name := range SideNames(len(words) / 2) {
		*e.Side(name) = words[i]
	}
	return true
}

// check validates the words.
func (e *Edges) check(r *report) {
	for _, name := range SideNames(3) {
		if word := *e.Side(name); word != "" {
			key := "options.edges." + name
			if r.lines[key] == 0 {
				key = "options.edges"
			}
			if !oneOf(r, key, word, "absorbing", "free", "rigid") {
				return
			}
		}
	}
}

// Sides fills in, for each side of a model of so many dimensions, the width of its PML and how
// it ends. With a topography, the top is free unless the survey says something of it. Errors are
// *Error.
func (s *Survey) Sides(ndim int) error {
	r := &report{origin: &s.origin}
	o, names := &s.Options, SideNames(ndim)
	widths := len(o.PMLWidth) == len(names) // said one by one
	if len(o.PMLWidth) == 1 {
		o.PMLWidth = slices.Repeat(o.PMLWidth, len(names))
	}
	want := fmt.Sprintf("one number, or %d: begin and end of each axis", len(names))
	if len(o.PMLWidth) != len(names) {
		r.add("options.pml_width", fmt.Sprint(o.PMLWidth), want)
	}
	if len(o.SurveyPad) > 1 && len(o.SurveyPad) != len(names) {
		r.add("options.survey_pad", fmt.Sprint(o.SurveyPad), want)
	}
	if len(r.problems) > 0 {
		return r.err()
	}
	if s.Model.Topography != nil && !widths {
		if o.Edges == nil {
			o.Edges = &Edges{}
		}
		if o.Edges.Top == "" {
			o.Edges.Top = "free"
		}
	}
	if o.Edges == nil {
		return nil
	}
	all := map[string]bool{}
	for _, name := range SideNames(3) {
		all[*o.Edges.Side(name)] = true
	}
	for _, name := range SideNames(3) {
		if word := o.Edges.Side(name); *word != "" && !slices.Contains(names, name) {
			if len(all) > 1 { // else it is the word for all sides
				r.add("options.edges."+name, *word, "only "+strings.Join(names, ", ")+": the model has no other sides")
			}
			*word = ""
		}
	}
	for i, name := range names {
		word := o.Edges.Side(name)
		switch {
		case *word == "absorbing" && o.PMLWidth[i] == 0:
			r.add("options.edges."+name, "absorbing", "an options.pml_width above 0 on that side, or free or rigid")
		case (*word == "free" || *word == "rigid") && o.PMLWidth[i] > 0:
			if widths {
				r.add("options.edges."+name, *word, fmt.Sprintf("an options.pml_width of 0 on that side, which is %d", o.PMLWidth[i]))
			}
			o.PMLWidth[i] = 0
		}
	}
	return r.err()
}
