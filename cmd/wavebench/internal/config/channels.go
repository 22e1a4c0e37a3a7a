package config

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/d52adeda/wave/equation"
)

// Words is a list of words; a single word stands for a list of one.
type Words []string

// Moment is a moment tensor: its components by the names of two axes, such as xz. What is not
// said is 0.
type Moment map[string]float64

// DoubleCouple is slip on a fault, degrees.
type DoubleCouple struct {
	Strike float64  `json:"strike,omitempty"` // of the fault, from x towards y; in three dimensions
	Dip    *float64 `json:"dip"`              // down from the horizontal: to the right of the strike, or towards x
	Rake   float64  `json:"rake"`             // of the slip, up the fault from the strike; 90 is reverse, -90 normal
}

func (c *DoubleCouple) presets() { c.Rake = 90 }

// Receivers are sets of receivers, each with channels and positions of its own. In a survey, one
// set stands for a list of one.
type Receivers []ReceiverSet

// ReceiverSet is positions that record every shot.
type ReceiverSet struct {
	Channels Words `json:"channels,omitempty"` // what they record; absent: pressure
	Points
	// Relative makes the positions offsets from the shot's source.
	Relative bool `json:"relative,omitempty"`
}

// Key is the key of a set of receivers.
func (r Receivers) Key(set int) string {
	if len(r) == 1 {
		return "receivers"
	}
	return fmt.Sprintf("receivers[%d]", set)
}

// Traces returns how many traces a shot has: one for each receiver and channel.
func (r Receivers) Traces() int {
	n := 0
	for i := range r {
		n += r[i].Points.Count() * max(1, len(r[i].Channels))
	}
	return n
}

// decode lets one set stand for a list of one.
func (r *Receivers) decode(d *decoder, path string, n ast.Node) bool {
	if seq, ok := n.(*ast.SequenceNode); ok && len(seq.Values) == 1 && seq.Values[0] != nil {
		n = seq.Values[0]
	} else if ok {
		return false
	}
	*r = make(Receivers, 1)
	d.into(path, n, &(*r)[0])
	return true
}

// Emission is what the sources do: a channel of the equation, and by how much the wavelet
// is multiplied there.
type Emission struct {
	Channel string
	Scale   float64
}

// check validates what sources emit as far as it can be done without the model.
func (s *Sources) check(r *report) {
	n := 0
	for _, given := range []bool{s.Channel != "", s.Moment != nil, s.DoubleCouple != nil} {
		if given {
			n++
		}
	}
	if n > 1 {
		r.add("sources", "given several ways to emit", "one of channel, moment and double_couple")
	}
	any := false
	for _, name := range slices.Sorted(maps.Keys(s.Moment)) {
		finiteValue(r, "sources.moment."+name, s.Moment[name])
		any = any || s.Moment[name] != 0
	}
	if s.Moment != nil && !any {
		r.add("sources.moment", "zero", "at least one component, such as xx: 1")
	}
	if c := s.DoubleCouple; c != nil {
		const at = "sources.double_couple"
		if c.Dip == nil {
			r.missing(at+".dip", "the dip of the fault in degrees")
		} else if !(*c.Dip >= 0 && *c.Dip <= 90) {
			r.add(at+".dip", *c.Dip, "0 to 90 degrees")
		}
		for key, x := range map[string]float64{"strike": c.Strike, "rake": c.Rake} {
			if !(math.Abs(x) <= 360) {
				r.add(at+"."+key, x, "-360 to 360 degrees")
			}
		}
	}
}

// Emissions returns what the sources do in a model of so many dimensions. Errors are *Error.
func (s *Survey) Emissions(ndim int) ([]Emission, error) {
	r := &report{origin: &s.origin}
	src := &s.Sources
	known := channelNames(s.system(ndim).Sources)
	moment, at := src.Moment, "sources.moment"
	switch {
	case src.DoubleCouple != nil:
		at = "sources.double_couple"
		if moment = src.DoubleCouple.moment(r, at, ndim); moment == nil {
			return nil, r.err()
		}
	case src.Moment == nil:
		name := src.Channel
		if name == "explosion" || name == "" {
			name = pressure
		}
		oneOf(r, "sources.channel", name, known...)
		return []Emission{{name, 1}}, r.err()
	}
	var parts []string
	for _, name := range known {
		if part, ok := strings.CutPrefix(name, "moment_"); ok {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		r.add(at, "given", "sources.channel, "+list(known)+": equation "+s.Equation+" has no moments")
		return nil, r.err()
	}
	var out []Emission
	for _, part := range slices.Sorted(maps.Keys(moment)) {
		letters := []byte(part)
		slices.Sort(letters)
		name := string(letters) // zx is xz
		if !slices.Contains(parts, name) {
			r.add(at, fmt.Sprintf("of a component %q", part), list(parts))
		} else if _, twice := moment[name]; twice && name != part {
			r.add(at+"."+part, "given beside "+name, "one of them: the tensor is symmetric")
		} else if moment[part] != 0 {
			out = append(out, Emission{"moment_" + name, moment[part]})
		}
	}
	return out, r.err()
}

// Source returns the channel of that name in a model of so many dimensions.
func (s *Survey) Source(name string, ndim int) equation.Channel {
	known := s.system(ndim).Sources
	return known[slices.IndexFunc(known, func(c equation.Channel) bool { return c.Name == name })]
}

// moment returns the tensor of slip on a fault (Aki and Richards 2002, box 4.4) with x north,
// y east and z down. In two dimensions the fault strikes against y, so that it dips towards
// x, and the slip is in the plane.
func (c *DoubleCouple) moment(r *report, at string, ndim int) Moment {
	strike := c.Strike
	switch ndim {
	case 1:
		r.add(at, "given in one dimension", "two or three")
		return nil
	case 2:
		strike = -90
		if c.Strike != 0 {
			r.add(at+".strike", c.Strike, "none in two dimensions")
			return nil
		}
		if math.Abs(c.Rake) != 90 {
			r.add(at+".rake", c.Rake, "90 (reverse) or -90 (normal): in two dimensions slip is in the plane")
			return nil
		}
	}
	sin, cos := degrees(*c.Dip)
	sin2, cos2 := degrees(2 * *c.Dip)
	sinR, cosR := degrees(c.Rake)
	sinS, cosS := degrees(strike)
	sin2S, cos2S := degrees(2 * strike)
	m := Moment{
		"xx": -(sin*cosR*sin2S + sin2*sinR*sinS*sinS),
		"xy": sin*cosR*cos2S + sin2*sinR*sin2S/2,
		"xz": -(cos*cosR*cosS + cos2*sinR*sinS),
		"yy": sin*cosR*sin2S - sin2*sinR*cosS*cosS,
		"yz": -(cos*cosR*sinS - cos2*sinR*cosS),
		"zz": sin2 * sinR,
	}
	if ndim == 2 {
		maps.DeleteFunc(m, func(name string, _ float64) bool { return strings.Contains(name, "y") })
	}
	return m
}

// degrees returns sine and cosine, exact for multiples of 90 degrees.
func degrees(x float64) (sin, cos float64) {
	switch math.Mod(x+720, 360) {
	case 0:
		return 0, 1
	case 90:
		return 1, 0
	case 180:
		return 0, -1
	case 270:
		return -1, 0
	}
	return math.Sincos(x * math.Pi / 180)
}

// pressure is the channel that is meant where none is named.
const pressure = "pressure"

// Record is a channel that a set of receivers records.
type Record struct {
	equation.Channel
	Set int // of Survey.Receivers
}

// Records lists what is recorded in a model of so many dimensions, each channel once. Errors
// are *Error.
func (s *Survey) Records(ndim int) ([]Record, error) {
	r := &report{origin: &s.origin}
	known := s.system(ndim).Receivers
	var out []Record
	for i := range s.Receivers {
		at := s.Receivers.Key(i) + ".channels"
		for _, name := range s.Receivers[i].Channels {
			k := slices.IndexFunc(known, func(c equation.Channel) bool { return c.Name == name })
			if k < 0 {
				oneOf(r, at, name, channelNames(known)...)
			} else if slices.ContainsFunc(out, func(o Record) bool { return o.Name == name }) {
				r.add(at, fmt.Sprintf("%q again", name), "each channel once")
			} else {
				out = append(out, Record{known[k], i})
			}
		}
	}
	return out, r.err()
}

// Shown returns the field of the equation that snapshots show, in a model of so many dimensions,
// and the channel that records it. Errors are *Error.
func (s *Survey) Shown(ndim int) (field string, c equation.Channel, err error) {
	system := s.system(ndim)
	fields := s.Physics().Show(equation.Grid{NDim: ndim, Accuracy: 2})
	for _, f := range system.Program.Fields() {
		if !slices.Contains(fields, f.Name) {
			fields = append(fields, f.Name)
		}
	}
	var known []string
	for _, name := range fields {
		c, ok := system.Plain(name)
		if wanted := s.Output.Snapshots.Field; ok && (wanted == "" || wanted == c.Name) {
			return name, c, nil
		}
		if ok {
			known = append(known, c.Name)
		}
	}
	r := &report{origin: &s.origin}
	oneOf(r, "output.snapshots.field", s.Output.Snapshots.Field, known...)
	return "", c, r.err()
}

// system is the survey's equation in so many dimensions.
func (s *Survey) system(ndim int) *equation.System {
	return s.Physics().Write(equation.Grid{NDim: ndim, Accuracy: 2})
}

func channelNames(list []equation.Channel) []string {
	var out []string
	for _, c := range list {
		out = append(out, c.Name)
	}
	return out
}
