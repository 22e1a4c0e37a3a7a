package wave_test

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
)

// TestSetModelsMovesVacuum: where models that are replaced have vacuum elsewhere, points are as New
// places them, or refused, and the simulation stays as it was.
func TestSetModelsMovesVacuum(t *testing.T) {
	const nz, nx = 20, 21
	eq := equation.ElasticSpeeds()
	ground := func(surface int) wave.Models {
		models := wave.Models{}
		for name, a := range medium(random(t, 1), eq, array.Float64, 0, nz, nx) {
			below := array.Slice(a, []int{surface, 0}, []int{nz - surface, nx})
			models[name] = array.Assemble(array.Float64, []int{nz, nx}, [][]int{{surface, 0}}, below)
		}
		return models
	}
	s := wave.Survey{Spacing: []float64{5}, DT: 0.0005}
	s.Sources.Positions = [][][]float64{{{7.3, 9.2}}} // its footprint is cut off at the surface
	s.Sources.Amplitudes = array.Of64(bump(40), 1, 1, 40)
	s.Receivers = wave.Receivers{Points: wave.Points{Cells: [][][]int{{{9, 4}}}}, Channels: []string{"vz", "pressure"}}
	o := wave.Options{PMLFreq: 25, PMLWidth: []int{3}, MaxVel: 3000}
	sim, err := wave.New(t.Context(), eq, ground(4), s, o)
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	is := func(surface int) {
		t.Helper()
		res, err := sim.Forward(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sameBits(t, res, simulate(t, eq, ground(surface), s, o))
	}
	is(4)
	for _, surface := range []int{6, 0, 4} {
		if err := sim.SetModels(t.Context(), ground(surface)); err != nil {
			t.Fatal(err)
		}
		is(surface)
	}
	if err := sim.SetModels(t.Context(), ground(15)); err == nil || !strings.Contains(err.Error(), "Survey.Sources.Positions[0][0] is in vacuum") {
		t.Error(err)
	}
	is(4)
}

// TestSetModelsWarns: of the models that are there now, once, and of none that were refused.
func TestSetModelsWarns(t *testing.T) {
	s := wave.Survey{Spacing: []float64{5}, DT: 0.0005, NT: 3}
	speed := func(v float64) wave.Models { return wave.Models{"v": constant(array.Float64, v, 12, 13)} }
	sim, err := wave.New(t.Context(), equation.Scalar(), speed(2000), s, wave.Options{MaxVel: 2000})
	if err != nil {
		t.Fatal(err)
	}
	check := func(want ...wave.WarningKind) {
		t.Helper()
		got, missing := map[wave.WarningKind]int{}, map[wave.WarningKind]int{}
		for _, w := range sim.Plan().Warnings {
			got[w.Kind]++
		}
		for _, kind := range append(want, wave.WarnPMLFreq) {
			missing[kind]++
		}
		if !maps.Equal(got, missing) {
			t.Errorf("warnings %v, want %v", got, missing)
		}
	}
	check()
	for range 3 {
		if err := sim.SetModels(t.Context(), speed(60)); err != nil {
			t.Fatal(err)
		}
		check(wave.WarnModel)
	}
	if err := sim.SetModels(t.Context(), speed(2500)); err != nil {
		t.Fatal(err)
	}
	check(wave.WarnMaxVel)
	if err := sim.SetModels(t.Context(), wave.Models{"v": constant(array.Float64, 60, 5)}); err == nil {
		t.Error("another shape is taken")
	}
	check(wave.WarnMaxVel)
	var none context.Context
	if err := sim.SetModels(none, speed(2000)); err == nil || !strings.Contains(err.Error(), "ctx is nil") {
		t.Error(err)
	}
}
