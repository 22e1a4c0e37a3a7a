package verify

import (
	"strings"

	"github.com/d52adeda/wave/equation"
)

// propagator is an equation, and how the reference files name what it has. Where they have no
// name for something, it is "" or has no locations.
type propagator struct {
	*equation.Equation
	model    func(name string) string
	source   func(channel string, ndim int) points
	receiver func(channel string, ndim int) points
	// field names a wavefield as input and as output.
	field func(name string, ndim int) (initial, final string)
}

// points are the arrays of a channel.
type points struct{ locations, amplitudes, weight string }

// propagators, by their names in meta. A new one is a line here.
var propagators = map[string]*propagator{
	"scalar":      {equation.Scalar(), same, scalarSource, scalarReceiver, scalarField},
	"scalar_born": {equation.Born(equation.Scalar()), bornModel, scalarSource, bornReceiver, scalarField},
	"acoustic":    {equation.Acoustic(), same, staggeredSource, staggeredReceiver, staggeredField},
	"elastic":     {unguarded(equation.Elastic()), same, staggeredSource, staggeredReceiver, staggeredField},
}

// unguarded returns an equation in which sources act in vacuum, too, as those of the reference do:
// of the elastic one, what they add stays there, and the library refuses that.
func unguarded(e *equation.Equation) *equation.Equation {
	e.Vacuum = ""
	return e
}

func same(name string) string { return name }

func bornModel(name string) string {
	if name == "dv" {
		return "scatter"
	}
	return name
}

func scalarSource(string, int) points {
	return points{locations: "source_locations", amplitudes: "source_amplitudes"}
}

func scalarReceiver(string, int) points {
	return points{"receiver_locations", "receiver_amplitudes", "loss_weight"}
}

func bornReceiver(channel string, ndim int) points {
	if channel == "pressure" {
		return points{"bg_receiver_locations", "bg_receiver_amplitudes", "loss_weight_bg"}
	}
	return scalarReceiver(channel, ndim)
}

// scalarField knows u and um1, psi_x, zeta_x ... and, with a d in front, those that are scattered.
func scalarField(name string, ndim int) (initial, final string) {
	scattered := ""
	if own, ok := strings.CutPrefix(name, "d"); ok {
		name, scattered = own, "_sc"
	}
	switch name {
	case "u":
		return "wavefield" + scattered + "_0", "wavefield_nt" + scattered
	case "um1":
		return "wavefield" + scattered + "_m1", "wavefield_ntm1" + scattered
	}
	memory, axis, _ := strings.Cut(name, "_")
	name = memory + axesOf(ndim, axis)
	return name + scattered + "_m1", name + scattered
}

func staggeredSource(channel string, ndim int) points {
	if axis, ok := strings.CutPrefix(channel, "force_"); ok {
		return staggered("source", axesOf(ndim, axis))
	}
	return staggeredPressure("source", channel)
}

func staggeredReceiver(channel string, ndim int) points {
	if axis, ok := strings.CutPrefix(channel, "v"); ok {
		return staggered("receiver", axesOf(ndim, axis))
	}
	return staggeredPressure("receiver", channel)
}

func staggeredPressure(what, channel string) points {
	if channel == "pressure" {
		return staggered(what, "p")
	}
	return points{}
}

func staggered(what, kind string) points {
	return points{what + "_locations_" + kind, what + "_amplitudes_" + kind, "loss_weight_" + kind}
}

func staggeredField(name string, ndim int) (initial, final string) {
	if name == "p" {
		name = "pressure"
	} else {
		name = axesOf(ndim, name)
	}
	return name + "_0", name
}

// axesOf renames the axes in a name to the reference's, which has y where a section has z.
func axesOf(ndim int, name string) string {
	if ndim == 2 {
		return strings.ReplaceAll(name, "z", "y")
	}
	return name
}
