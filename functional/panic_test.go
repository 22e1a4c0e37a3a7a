package functional_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// recovered calls f and returns what it panics with.
func recovered(f func()) (got any) {
	defer func() { got = recover() }()
	f()
	return nil
}

// noneLeft fails unless there are no more goroutines than before, after a moment.
func noneLeft(t *testing.T, before int) {
	t.Helper()
	for wait := time.Millisecond; runtime.NumGoroutine() > before; wait *= 2 {
		if wait > 2*time.Second {
			t.Fatalf("%d goroutines, want the %d there were", runtime.NumGoroutine(), before)
		}
		time.Sleep(wait)
	}
}

// A function that panics, wherever it is called from, can be transformed again when
// it no longer does, with the numbers of one that never did, and leaves no goroutine
// behind.
func TestPanicsInFunctions(t *testing.T) {
	before := runtime.NumGoroutine()
	x := uniform(random(t, 1), array.Float64, 1, 2, 400, 60)
	// f is a staged function with a linear map of the user's in it, called several times
	// in a checkpoint. It panics at call number at of the map (0: never).
	newFunc := func() (f functional.Func, at *int) {
		calls := 0
		at = new(int)
		user := func(dst, src []float64) {
			if calls++; calls == *at {
				panic("mine")
			}
			copy(dst, src)
		}
		stage := array.NewStage(func(a []*array.Array) ([]*array.Array, error) {
			y := array.Mul(a[0], a[0])
			return []*array.Array{array.Scale(0.5, array.LinearRows(y, 60, array.RowMap{Forward: user, Transpose: user}))}, nil
		}, 1)
		return func(x *array.Array) (*array.Array, error) {
			calls = 0
			out, err := array.Checkpoint(func(a []*array.Array) ([]*array.Array, error) {
				pool := array.PoolOf(a[0])
				if pool != nil {
					pool.Hire(3)
				}
				var err error
				for range 3 {
					if a, err = stage.Call(a); err != nil {
						return nil, err
					}
				}
				return a, nil
			}, []*array.Array{x})
			if err != nil {
				return nil, err
			}
			return array.Sum(out[0]), nil
		}, at
	}
	ones := onesLike(x)
	for name, transformed := range map[string]func(f functional.Func) (*array.Array, error){
		"plain": func(f functional.Func) (*array.Array, error) { return f(x) },
		"JVP": func(f functional.Func) (*array.Array, error) {
			_, dy, err := functional.JVP(f, x, ones)
			return dy, err
		},
		"Grad": func(f functional.Func) (*array.Array, error) { return functional.Grad(f)(x) },
		"VMap": func(f functional.Func) (*array.Array, error) {
			return functional.VMap(f)(array.Reshape(x, 4, 100, 60))
		},
		"HVP": func(f functional.Func) (*array.Array, error) {
			_, p, err := functional.HVP(f, x, ones)
			return p, err
		},
	} {
		f, _ := newFunc()
		want, err := transformed(f)
		noError(t, err)
		panics := 0
		for _, call := range []int{1, 399, 401, 1199, 1201, 1601, 2001, 2399} {
			f, at := newFunc()
			*at = call
			if got := recovered(func() { transformed(f) }); got != nil {
				panics++
				if got != "mine" {
					t.Errorf("%s, call %d: recovered %v, want what was thrown", name, call, got)
				}
			}
			*at = 0
			for range 2 {
				got, err := transformed(f)
				noError(t, err)
				sameBits(t, name, got, want)
			}
		}
		if panics < 3 {
			t.Errorf("%s: %d panics, want 3 at least", name, panics)
		}
	}
	noneLeft(t, before)
}

// So can one whose propagator's callback panics.
func TestPanicsInPropagators(t *testing.T) {
	before := runtime.NumGoroutine()
	s := wave.Survey{Spacing: []float64{10}, DT: 0.001}
	s.Sources.Cells = [][][]int{{{10, 10}}}
	s.Sources.Amplitudes = uniform(random(t, 1), array.Float64, -1, 1, 1, 1, 40)
	s.Receivers.Cells = [][][]int{{{5, 10}}}
	v := uniform(random(t, 2), array.Float64, 1500, 2000, 30, 30)
	at := -1
	grad := functional.Grad(func(v *array.Array) (*array.Array, error) {
		res, err := wave.Scalar(context.Background(), v, s, wave.Options{
			Backend: "eager", MaxVel: 2000, PMLFreq: 25, PMLWidth: []int{5}, CallbackEvery: 10,
			Callback: func(f *wave.Frame) error {
				if f.Step == at {
					panic("mine")
				}
				return nil
			},
		})
		if err != nil {
			return nil, err
		}
		return array.Dot(res.Records["pressure"], res.Records["pressure"]), nil
	})
	want, err := grad(v)
	noError(t, err)
	for _, at = range []int{0, 20, 40} {
		if got := recovered(func() { grad(v) }); got != "mine" {
			t.Errorf("recovered %v, want what was thrown", got)
		}
	}
	at = -1
	got, err := grad(v)
	noError(t, err)
	sameBits(t, "after panics", got, want)
	noneLeft(t, before)
}
