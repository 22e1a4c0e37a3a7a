package wave_test

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
)

// dispersed models waves between two points in a medium of 1500 m/s and returns by how
// much the record differs (relative L2) from that of a grid and a time step finer four
// times, of accuracy 8, and what was warned of.
func dispersed(t *testing.T, ndim int, h, dt, freq, distance float64, accuracy int) (actual float64, warnings []wave.Warning) {
	t.Helper()
	const v, aside, finer = 1500.0, 150, 4
	duration := distance/v + 4/freq
	model := func(h, dt float64, accuracy, width int) ([]float64, []wave.Warning) {
		off := int(math.Round(aside / h))
		n := int(math.Round(distance / h))
		shape, source, receiver := []int{n + 2*off + 1}, []int{off}, []int{off + n}
		for range ndim - 1 {
			shape, source, receiver = append([]int{2*off + 1}, shape...), append([]int{off}, source...), append([]int{off}, receiver...)
		}
		nt := int(math.Round(duration / dt))
		s := fire(h, dt, array.Of64(ricker(t, freq, nt, dt), nt), source, receiver)
		res := run(t, constant(array.Float64, v, shape...), s, wave.Options{Accuracy: accuracy, PMLFreq: freq, PMLWidth: []int{width}, OmitWavefields: true})
		return trace(res.Records["pressure"], 0, 0), res.Warnings
	}
	coarse, warnings := model(h, dt, accuracy, 20)
	fine, _ := model(h/finer, dt/finer, 8, 20*finer)
	var num, den float64
	for i, x := range coarse {
		if i*finer >= len(fine) {
			break
		}
		y := fine[i*finer] * math.Pow(finer, float64(ndim)) // the source fills a smaller cell
		num, den = num+(x-y)*(x-y), den+y*y
	}
	return math.Sqrt(num / den), warnings
}

// The estimate of what dispersion does is near what it does, and warned of when it is
// much: a quarter off, since the finer grid disperses too and a worst direction is taken.
func TestDispersion(t *testing.T) {
	slow(t)
	number := regexp.MustCompile(`off by about (\d+)%`)
	for _, c := range []struct {
		ndim                  int
		h, dt, freq, distance float64
		accuracy              int
		warned                bool
	}{
		{1, 10, 0.002, 24.9, 3000, 4, true},
		{1, 10, 0.002, 24.9, 3000, 8, true}, // by the time step, 12 a period
		{1, 10, 0.0005, 24.9, 3000, 4, true},
		{1, 2.5, 0.002, 24.9, 3000, 4, false},
		{1, 5, 0.0005, 24.9, 3000, 8, false},
		{1, 10, 0.004, 10, 3000, 4, false},
		{1, 10, 0.002, 40, 300, 2, true},
		{2, 10, 0.002, 15, 800, 4, false},
		{2, 10, 0.002, 25, 800, 4, true},
		{2, 10, 0.002, 25, 800, 2, true},
		{2, 5, 0.001, 25, 400, 8, false},
	} {
		actual, warnings := dispersed(t, c.ndim, c.h, c.dt, c.freq, c.distance, c.accuracy)
		t.Logf("%+v: %.2f off, %v", c, actual, warnings)
		i := slices.IndexFunc(warnings, func(w wave.Warning) bool { return w.Kind == wave.WarnDispersion })
		if got := i >= 0; got != c.warned || len(warnings) > 1 || got != (actual > 0.2) {
			t.Errorf("%+v: %.2f off, warnings %v", c, actual, warnings)
		}
		if i < 0 || actual > 0.9 { // beyond that, it is noise
			continue
		}
		m := number.FindStringSubmatch(warnings[i].Text)
		if m == nil || !strings.Contains(warnings[i].Text, "cells a wavelength") {
			t.Fatalf("text %q", warnings[i].Text)
		}
		if said, _ := strconv.ParseFloat(m[1], 64); math.Abs(said/100-actual) > 0.25*actual {
			t.Errorf("%+v: %.2f off, said %s%%", c, actual, m[1])
		}
	}
}

// Waves that come back to receivers beside the source have travelled, too; and time steps
// too short to have a frequency are no reason to fail.
func TestDispersionNearby(t *testing.T) {
	slow(t)
	const h, freq, nt = 20.0, 15.0, 600
	layers := func(below float64) *array.Array {
		v := make([]float64, 400)
		for i := range v {
			if v[i] = 1500; i >= 300 {
				v[i] = below
			}
		}
		return array.Of64(v, len(v))
	}
	warned := func(v *array.Array, dt float64) bool {
		s := fire(h, dt, array.Of64(ricker(t, freq, nt, 0.002), nt), []int{10}, []int{10})
		res := run(t, v, s, wave.Options{PMLFreq: freq, OmitWavefields: true})
		return slices.ContainsFunc(res.Warnings, func(w wave.Warning) bool { return w.Kind == wave.WarnDispersion })
	}
	for _, c := range []struct {
		below, dt float64
		want      bool
	}{{1500, 0.002, false}, {3000, 0.002, true}, {1500, 1e-320, false}} {
		if got := warned(layers(c.below), c.dt); got != c.want {
			t.Errorf("%g m/s below, samples of %g s: warned %v, want %v", c.below, c.dt, got, c.want)
		}
	}
}

// TestDispersionOfStaggeredGrids does the same for staggered equations: pressure in a fluid, and S
// waves of a force across the way in a solid.
func TestDispersionOfStaggeredGrids(t *testing.T) {
	slow(t)
	const v, rho, aside, finer = 1500.0, 2000.0, 150, 4
	for _, c := range []struct {
		eq                    *equation.Equation
		ndim                  int
		h, dt, freq, distance float64
		accuracy              int
	}{
		{equation.Acoustic(), 1, 10, 0.002, 30, 3000, 4},
		{equation.Acoustic(), 1, 10, 0.002, 10, 1500, 4},
		{equation.Acoustic(), 1, 5, 0.0005, 24.9, 3000, 8},
		{equation.Acoustic(), 1, 10, 0.002, 30, 600, 2},
		{equation.Acoustic(), 2, 10, 0.002, 12, 500, 4},
		{equation.ElasticSpeeds(), 2, 10, 0.001, 10, 500, 4},
		{equation.ElasticSpeeds(), 2, 10, 0.001, 15, 800, 2},
	} {
		duration := c.distance/v + 4/c.freq
		model := func(h, dt float64, accuracy, width int) ([]float64, []wave.Warning) {
			off := int(math.Round(aside / h))
			n := int(math.Round(c.distance / h))
			shape, source, receiver := []int{n + 2*off + 1}, []int{off}, []int{off + n}
			if c.ndim == 2 {
				shape, source, receiver = []int{2*off + 1, shape[0]}, []int{off, off}, []int{off, off + n}
			}
			channel, act := "pressure", 0.5
			if c.eq.Name == "elastic" {
				channel, act = "force_z", 0
			}
			x := make([]float64, int(math.Round(duration/dt)))
			for k := range x {
				a := math.Pow(math.Pi*c.freq*((float64(k)+act)*dt-1.5/c.freq), 2)
				x[k] = (1 - 2*a) * math.Exp(-a)
			}
			s := fire(h, dt, array.Of64(x, len(x)), source, receiver)
			s.Sources.Channel, s.Receivers.Channels = channel, []string{strings.Replace(channel, "force_", "v", 1)}
			models := wave.Models{}
			for name, value := range map[string]float64{"v": v, "vp": 1.8 * v, "vs": v, "rho": rho} {
				if slices.ContainsFunc(c.eq.Models, func(m equation.Property) bool { return m.Name == name }) {
					models[name] = constant(array.Float64, value, shape...)
				}
			}
			res := simulate(t, c.eq, models, s, wave.Options{Accuracy: accuracy, PMLFreq: c.freq, PMLWidth: []int{width}, OmitWavefields: true})
			if res.StepRatio != 1 {
				t.Fatalf("%+v: StepRatio %d: amplitudes act elsewhere in time", c, res.StepRatio)
			}
			return trace(res.Records[s.Receivers.Channels[0]], 0, 0), res.Warnings
		}
		coarse, warnings := model(c.h, c.dt, c.accuracy, 20)
		fine, _ := model(c.h/finer, c.dt/finer, 8, 20*finer)
		early := 0.0 // velocities are half a step early
		if c.eq.Name == "elastic" {
			early = 0.5
		}
		var num, den float64
		for i, x := range coarse {
			at := float64(i)*finer - early*finer + early
			k := int(math.Floor(at))
			if k < 0 || k+1 >= len(fine) {
				continue
			}
			f := at - float64(k)
			y := ((1-f)*fine[k] + f*fine[k+1]) * math.Pow(1./finer, float64(-c.ndim))
			num, den = num+(x-y)*(x-y), den+y*y
		}
		actual := math.Sqrt(num / den)
		i := slices.IndexFunc(warnings, func(w wave.Warning) bool { return w.Kind == wave.WarnDispersion })
		t.Logf("%s %+v: %.2f off, %v", c.eq.Name, c, actual, warnings)
		if (i >= 0) != (actual > 0.2) || len(warnings) > 1 {
			t.Errorf("%s %+v: %.2f off, warnings %v", c.eq.Name, c, actual, warnings)
		}
	}
}
