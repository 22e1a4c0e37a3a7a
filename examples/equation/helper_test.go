package main

import (
	"math"
	"slices"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
)

// forward is wave.Run for what must work, at full speed.
func forward(t *testing.T, eq *equation.Equation, models wave.Models, s wave.Survey, o wave.Options) *wave.Result {
	t.Helper()
	res, err := wave.Run(t.Context(), eq, models, s, o)
	if err != nil {
		t.Fatal(err)
	}
	if res.StepRatio != 1 || len(res.Slow) > 0 {
		t.Fatalf("StepRatio is %d, want 1; slow: %v", res.StepRatio, res.Slow)
	}
	return res
}

// everything lists a result's records and wavefields.
func everything(res *wave.Result) map[string]*array.Array {
	out := map[string]*array.Array{}
	for name, a := range res.Records {
		out["record "+name] = a
	}
	for name, a := range res.Wavefields {
		out[name] = a
	}
	return out
}

// of returns a shot's part of an array.
func of(a *array.Array, shot int) *array.Array {
	size := a.Shape()
	lo := make([]int, len(size))
	lo[0], size[0] = shot, 1
	return array.Slice(a, lo, size)
}

func norm(a *array.Array) float64 {
	n, _ := array.Dot(a, a).At()
	return math.Sqrt(n)
}

// near fails unless got is want up to a part of want's greatest value, which is not zero.
func near(t *testing.T, name string, got, want *array.Array, tolerance float64) {
	t.Helper()
	off := array.Sub(got, want)
	if most := want.Peak(); off.Err() != nil || !(most > 0) || !(off.Peak() <= tolerance*most) {
		t.Errorf("%s is off by %.3g of %.3g, %v", name, off.Peak(), most, off.Err())
	}
}

func same(t *testing.T, name string, got, want *array.Array) {
	t.Helper()
	if !slices.Equal(got.Shape(), want.Shape()) || !slices.Equal(got.Float64s(), want.Float64s()) {
		t.Errorf("%s is another", name)
	}
}

func sameBits(t *testing.T, got, want *wave.Result) {
	t.Helper()
	g, w := everything(got), everything(want)
	if len(g) != len(w) {
		t.Errorf("%d arrays, want %d", len(g), len(w))
	}
	for name := range w {
		same(t, name, g[name], w[name])
	}
}
