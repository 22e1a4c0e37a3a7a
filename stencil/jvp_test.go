package stencil_test

import (
	"math"
	"slices"
	"testing"

	. "github.com/d52adeda/wave/stencil"
)

const steps = 3

// TestTaylor checks the tangent in the direction of the models, of the source
// series, of the initial wavefields, and of all: F(x+h d) - F(x) is of order h and,
// less the tangent, of order h^2.
func TestTaylor(t *testing.T) {
	eachEquation(t, func(t *testing.T, e sample, s setting) {
		var states []*Field
		for _, f := range e.program.Fields() {
			if f.Kind == State || f.Kind == Memory {
				states = append(states, f)
			}
		}
		for _, direction := range []struct {
			name   string
			wrt    []*Field
			series []*Series
		}{
			{"models", e.models, nil}, {"series", nil, e.series}, {"all", slices.Concat(e.models, states), e.series},
		} {
			t.Run(direction.name, func(t *testing.T) {
				taylor(t, e.program, s, direction.wrt, direction.series)
			})
		}
	})
}

func taylor(t *testing.T, p *Program, s setting, wrt []*Field, series []*Series) {
	jvp := JVP(p, wrt, series...)
	mustVerify(t, p, jvp.Program)
	w := newWorld(t, random(t), s.shape, s.pml, p, jvp.Program)
	w.fill(p, steps)
	// The direction: random where asked for, zero in what follows from it.
	start := w.clone()
	for f, d := range jvp.Dot {
		start.data[d] = make([]float64, w.cells())
		if slices.Contains(wrt, f) && f.Kind == Model {
			start.data[d] = w.inside()
		} else if slices.Contains(wrt, f) {
			start.data[d] = w.field(f)
		}
	}
	for _, s := range series {
		start.series[jvp.Series[s]] = w.samples(s, steps)
	}

	fields := values(p, identity(jvp.Dot))
	outs := p.Outputs()
	end := start.clone()
	end.run(jvp.Program, steps)
	base := end.vector(fields, outs)
	tangent := end.vector(mates(fields, jvp.Dot), mates(outs, jvp.Series))

	const n = 7
	var first, second [n]float64
	for k := range n {
		h := math.Ldexp(1, -7-k)
		moved := start.clone()
		for _, f := range wrt {
			moved.data[f] = minus(moved.data[f], -h, start.data[jvp.Dot[f]])
		}
		for _, s := range series {
			rows := slices.Clone(moved.series[s])
			for i := range rows {
				rows[i] = minus(rows[i], -h, start.series[jvp.Series[s]][i])
			}
			moved.series[s] = rows
		}
		moved.run(p, steps)
		diff := minus(moved.vector(fields, outs), 1, base)
		first[k] = norm(diff)
		second[k] = norm(minus(diff, h, tangent))
	}
	checkSlope(t, "first difference", first[n-2], first[n-1], 1)
	if slices.Max(second[:]) < 1e-13*norm(base) {
		return // linear in this direction: nothing remains
	}
	checkSlope(t, "remainder", second[n-2], second[n-1], 2)
}

func checkSlope(t *testing.T, what string, coarse, fine, want float64) {
	t.Helper()
	if slope := math.Log2(coarse / fine); math.Abs(slope-want) > 0.05 || math.IsNaN(slope) {
		t.Errorf("%s: slope %g, want %g (from %g to %g)", what, slope, want, coarse, fine)
	}
}

func mates[K comparable](list []K, of map[K]K) []K {
	var out []K
	for _, k := range list {
		out = append(out, of[k])
	}
	return out
}

// TestSecondOrder composes JVP with itself: its tangent's tangent is the second
// difference.
func TestSecondOrder(t *testing.T) {
	e := nonlinear()
	once := JVP(e.program, e.models)
	twice := JVP(once.Program, e.models)
	mustVerify(t, once.Program, twice.Program)
	w := newWorld(t, random(t), settings[1].shape, settings[1].pml, e.program)
	w.fill(e.program, steps)
	a, b := map[*Field][]float64{}, map[*Field][]float64{}
	for _, m := range e.models {
		a[m], b[m] = w.inside(), w.inside()
	}
	u := e.program.Field("u")
	start := w.clone()
	for _, f := range twice.Program.Fields() {
		if w.data[f] == nil {
			start.data[f] = make([]float64, w.cells())
		}
	}
	for _, m := range e.models {
		start.data[once.Dot[m]], start.data[twice.Dot[m]] = a[m], b[m]
	}
	start.run(twice.Program, steps)
	got := start.data[twice.Dot[once.Dot[u]]]

	at := func(s, t float64) []float64 {
		v := w.clone()
		for _, m := range e.models {
			v.data[m] = minus(minus(v.data[m], -s, a[m]), -t, b[m])
		}
		v.run(e.program, steps)
		return v.data[u]
	}
	const h = 1e-3
	want := minus(minus(minus(at(h, h), 1, at(h, -h)), 1, at(-h, h)), -1, at(-h, -h))
	for i := range want {
		want[i] /= 4 * h * h
	}
	checkNear(t, "second derivative", got, want, 1e-3)
}
