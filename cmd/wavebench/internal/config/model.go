package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/d52adeda/wave/equation"
)

// Model is the medium: what the equation's models are, by name. The velocity may stand
// without its name, so that its keys are those of the model itself.
type Model struct {
	Values                // of the velocity; Shape is also that of a model without a file
	Spacing    Numbers    `json:"spacing"` // m
	Topography *Elevation `json:"topography,omitempty"`
	Water      *Water     `json:"water,omitempty"`

	Named map[string]*Named `json:"-"` // each a key of its own: vp, rho ...
}

// Values are those of a property in all cells: a file, or a value with layers.
type Values struct {
	File      string   `json:"file,omitempty"`
	Member    string   `json:"member,omitempty"`     // of a .npz
	Shape     []int    `json:"shape,omitempty"`      // cells; of a raw file, or without a file
	DType     string   `json:"dtype,omitempty"`      // of a raw file
	BigEndian bool     `json:"big_endian,omitempty"` // of a raw file
	Axes      Words    `json:"axes,omitempty"`       // of the file, slowest first; absent: as the model has them
	Unit      string   `json:"unit,omitempty"`       // of the values; absent: the equation's
	Value     *float64 `json:"value,omitempty"`      // without a file
	Layers    []Layer  `json:"layers,omitempty"`     // without a file
}

// Layer replaces the value from a depth (first axis) downwards.
type Layer struct {
	Top   float64 `json:"top"` // m
	Value float64 `json:"value"`
}

// Named is a property by its name: values, or what follows from another one's.
type Named struct {
	Values
	Derived
}

// Derived is a property that follows from another.
type Derived struct {
	Relation string   `json:"relation,omitempty"` // see relations
	Ratio    *float64 `json:"ratio,omitempty"`    // times it
	Of       string   `json:"of,omitempty"`       // absent: the velocity
}

// Water is where the model has water.
type Water struct {
	// Level is how high it stands, in the unit of the topography: from there down to the
	// ground is water.
	Level *float64 `json:"level,omitempty"`
	// UpTo is the greatest velocity of water (m/s): where it is not exceeded, what follows
	// from the velocity is that of water.
	UpTo *float64 `json:"up_to,omitempty"`
}

func (v *Values) given() bool  { return v.File != "" || v.Value != nil || len(v.Layers) > 0 }
func (d *Derived) given() bool { return d.Relation != "" || d.Ratio != nil }

// names lists what Named may have, of any equation.
func (m *Model) names() []string {
	var out []string
	for _, e := range equations {
		for _, p := range e().Models {
			if !slices.Contains(out, p.Name) {
				out = append(out, p.Name)
			}
		}
	}
	return out
}

// add makes room for a property.
func (m *Model) add(name string) any {
	if m.Named == nil {
		m.Named = map[string]*Named{}
	}
	m.Named[name] = &Named{}
	return m.Named[name]
}

// MarshalJSON writes all properties side by side, as a survey has them.
func (m Model) MarshalJSON() ([]byte, error) {
	type plain Model
	data, err := json.Marshal(plain(m))
	for _, name := range slices.Sorted(maps.Keys(m.Named)) {
		one, bad := json.Marshal(m.Named[name])
		if err == nil {
			err = bad
		}
		data = fmt.Appendf(data[:max(0, len(data)-1)], ",%q:%s}", name, one)
	}
	return data, err
}

// short lets a number stand for the same value everywhere, and the names of a file and of a
// relation for it.
func (n *Named) short(node ast.Node) string {
	if s, ok := node.(ast.ScalarNode); ok {
		if _, ok := relations[s.GetToken().Value]; ok {
			return "relation"
		}
	}
	return valueOrFile(node)
}

func valueOrFile(n ast.Node) string {
	s, ok := n.(ast.ScalarNode)
	if !ok {
		return ""
	}
	text := s.GetToken().Value
	if _, isNumber := number(n, text); !isNumber && filepath.Ext(text) != "" {
		return "file"
	}
	return "value"
}

// check validates what does not depend on the equation.
func (m *Model) check(r *report) {
	if len(m.Spacing) == 0 {
		r.missing("model.spacing", "the size of a cell in metres")
	}
	for _, h := range m.Spacing {
		const least, most = 1e-100, 1e100 // far from where squares are none
		positive(r, "model.spacing", h, "m")
		if h > 0 && finite(h) && (h < least || h > most) {
			r.add("model.spacing", h, fmt.Sprintf("%g to %g m", least, most))
		}
	}
	checkShape(r, "model.shape", m.Shape)
	file := m.File != ""
	for _, n := range m.Named {
		file = file || n.File != ""
	}
	if !file && len(m.Shape) == 0 && (m.Value != nil || len(m.Named) > 0) {
		r.missing("model.shape", "the number of cells of each axis")
	}
	if m.Topography != nil {
		m.Topography.check(r)
	}
	if m.Water != nil {
		m.Water.check(r, m)
	}
}

func checkShape(r *report, key string, shape []int) {
	cells := 1
	for _, n := range shape {
		if n < 1 || n > MaxCells/cells {
			r.add(key, fmt.Sprint(shape), fmt.Sprintf("1 or more cells an axis and at most %d in all", MaxCells))
			break
		}
		cells *= n
	}
	if len(shape) > 3 {
		r.add(key, fmt.Sprint(shape), "1 to 3 extents")
	}
}

// check validates what the survey says of a property.
func (p *Property) check(r *report, s *Survey) {
	v, at := p.Values, p.Key
	if v.Unit != "" && !oneOf(r, at+".unit", v.Unit, unitNames(p.Unit)...) {
		return
	}
	if p.Key != "model" {
		checkShape(r, at+".shape", v.Shape)
	}
	switch {
	case p.From.given():
		p.checkDerived(r, s)
	case v.File != "":
		v.checkFile(r, at)
		v.rawWithout(r, at, s.Model.Shape)
	default:
		p.checkValue(r)
	}
	if p.From.Of != "" && p.From.Ratio == nil {
		r.add(at+".of", fmt.Sprintf("%q", p.From.Of), "it only with a ratio")
	}
}

func (v *Values) checkFile(r *report, at string) {
	if r.has(at+".value") || len(v.Layers) > 0 {
		r.add(at+".file", fmt.Sprintf("%q", v.File), fmt.Sprintf("no file, or neither %s.value nor %[1]s.layers", at))
	}
	if v.DType != "" {
		oneOf(r, at+".dtype", v.DType, "float32", "float64")
	}
	ext := strings.ToLower(filepath.Ext(v.File))
	if ext != ".npz" && v.Member != "" {
		r.add(at+".member", fmt.Sprintf("%q", v.Member), "it only for a .npz file")
	}
	if v.BigEndian && (ext == ".npy" || ext == ".npz") {
		r.add(at+".big_endian", true, "it only for a raw file: "+ext+" files say what they are")
	}
	if r.has(at + ".axes") {
		v.Axes.checkAxes(r, at+".axes", 0)
	}
}

// rawWithout notes what a raw file needs beside it; shape is that of the model, if the survey
// says it.
func (v *Values) rawWithout(r *report, at string, shape []int) {
	if ext := strings.ToLower(filepath.Ext(v.File)); ext == ".npy" || ext == ".npz" {
		return
	}
	if len(v.Shape) == 0 && len(shape) == 0 {
		r.missing(at+".shape", "the extents of the raw file "+v.File)
	}
	if v.DType == "" {
		r.missing(at+".dtype", "float32 or float64 for the raw file "+v.File)
	}
}

func (p *Property) checkValue(r *report) {
	v, at := p.Values, p.Key
	if v.Value == nil {
		r.missing(at+".value", "the value above the first layer, in "+p.unit())
	} else {
		p.checkOne(r, at+".value", *v.Value)
	}
	for _, key := range []string{"member", "dtype", "big_endian", "axes", "shape"} {
		if r.has(at+"."+key) && at+"."+key != "model.shape" {
			r.add(at+"."+key, "given", "it only with "+at+".file")
		}
	}
	for i, l := range v.Layers {
		at := fmt.Sprintf("%s.layers[%d]", at, i)
		if !r.has(at + ".value") {
			r.missing(at+".value", "its value in "+p.unit())
		}
		p.checkOne(r, at+".value", l.Value)
		if !r.has(at + ".top") {
			r.missing(at+".top", "the depth in m from which on it is")
		} else if !finite(l.Top) || l.Top < 0 || i > 0 && l.Top <= v.Layers[i-1].Top {
			r.add(at+".top", l.Top, "a depth of 0 m or more, below the layer before")
		}
	}
}

// unit is what values are in.
func (p *Property) unit() string {
	if p.Values.Unit != "" {
		return p.Values.Unit
	}
	return p.Unit
}

// Least returns the least value that a survey may give, in the equation's unit: no velocity
// is negative, though an equation may not mind.
func (p *Property) Least() float64 {
	if isSpeed(p.Property) {
		return 0
	}
	return p.Property.Least
}

func (p *Property) checkOne(r *report, key string, x float64) {
	switch {
	case p.Least() == 0:
		notNegative(r, key, x, p.unit())
	default:
		finiteValue(r, key, x)
	}
}

// checkDerived validates a property that follows from another.
func (p *Property) checkDerived(r *report, s *Survey) {
	at := p.Key
	if p.Values.given() || p.Values.Unit != "" || p.From.Relation != "" && p.From.Ratio != nil {
		r.add(at, "given in several ways", "one of file, value, relation and ratio")
		return
	}
	of := p.From.Of
	if p.From.Ratio != nil {
		notNegative(r, at+".ratio", *p.From.Ratio, "")
	} else {
		known, ok := relations[p.From.Relation]
		if !ok || known.gives != p.Name {
			var names []string
			for _, name := range slices.Sorted(maps.Keys(relations)) {
				if relations[name].gives == p.Name {
					names = append(names, name)
				}
			}
			if len(names) == 0 {
				r.add(at+".relation", fmt.Sprintf("%q", p.From.Relation), "a file, a value or a ratio: no relation gives "+p.Name)
				return
			}
			oneOf(r, at+".relation", p.From.Relation, names...)
			return
		}
	}
	models := s.Properties()
	if of == "" {
		of = models[0].Name
	}
	i := slices.IndexFunc(models, func(q Property) bool { return q.Name == of })
	switch {
	case i < 0 || of == p.Name:
		var others []string
		for _, q := range models {
			if q.Name != p.Name {
				others = append(others, q.Name)
			}
		}
		oneOf(r, at+".of", of, others...)
	case p.From.Of == "" && !isSpeed(models[i].Property):
		r.missing(at+".of", "which model it is a part of")
	case models[i].From.given():
		r.add(at, "of "+of+", which follows from another one itself", "it of a model with a file or a value")
	}
}

// Base returns the name of the model that another one follows from.
func (s *Survey) Base(d Derived) string {
	if d.Of != "" {
		return d.Of
	}
	return s.Physics().Models[0].Name
}

func (w *Water) check(r *report, m *Model) {
	switch {
	case w.Level == nil && w.UpTo == nil:
		r.missing("model.water.level", "how high it stands (or up_to, the greatest velocity of water)")
	case w.Level != nil && m.Topography == nil:
		r.add("model.water.level", *w.Level, "it only with model.topography, the ground below the water")
	}
	if w.Level != nil {
		finiteValue(r, "model.water.level", *w.Level)
	}
	if w.UpTo == nil {
		return
	}
	positive(r, "model.water.up_to", *w.UpTo, "m/s")
	for _, n := range m.Named {
		if n.Derived.given() {
			return
		}
	}
	r.add("model.water.up_to", *w.UpTo, "it only where a model follows from the velocity, by relation or ratio")
}

// checkAxes checks the names of a file's axes, of which one may be left out at the front:
// skip is how many axes of the model it lacks.
func (w Words) checkAxes(r *report, key string, skip int) {
	for n := 1; n <= 3; n++ {
		if axes := equation.Axes(n); n > skip && len(axes)-skip == len(w) && sameWords(w, axes[skip:]) {
			return
		}
	}
	want := "the model's axes in the order of the file, such as [x, z] or [x, y, z]"
	if skip > 0 {
		want = "[x, y] or [y, x]"
	}
	r.add(key, fmt.Sprint([]string(w)), want)
}

// sameWords says whether both have the same words, in any order.
func sameWords(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// Order returns, for each axis of a file of that many, the axis of the model that it is.
// It is nil where they are in the same order. Errors are *Error.
func (s *Survey) Order(key string, w Words, axes []string) ([]int, error) {
	if len(w) == 0 || slices.Equal(w, axes) {
		return nil, nil
	}
	if !sameWords(w, axes) {
		return nil, s.Problem(key, fmt.Sprint([]string(w)), fmt.Sprintf("the names %s in the order of the file's axes", strings.Join(axes, ", ")))
	}
	out := make([]int, len(w))
	for i, name := range w {
		out[i] = slices.Index(axes, name)
	}
	return out, nil
}

// ReplaceModel makes a file that a flag names the velocity, in place of what the survey
// says, and returns its key. Errors are *Error.
func (s *Survey) ReplaceModel(path, flag string) (key string, err error) {
	p := s.Properties()[0]
	key = p.Key + ".file"
	if !isSpeed(p.Property) {
		return "", s.Problem(p.Key, "no velocity", "models vp, vs and rho for "+flag)
	}
	s.Override(key, flag)
	v := Values{File: path, Axes: p.Values.Axes, Unit: p.Values.Unit}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".npy": // says what it is
	case ".npz":
		v.Member = p.Values.Member
	default:
		v.Shape, v.DType, v.BigEndian = p.Values.Shape, p.Values.DType, p.Values.BigEndian
	}
	*p.Values = v
	r := report{origin: &s.origin}
	v.rawWithout(&r, p.Key, nil)
	return key, r.err()
}
