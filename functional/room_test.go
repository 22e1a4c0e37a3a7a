package functional_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
	"github.com/d52adeda/wave/internal/memory"
)

// A matrix that does not fit the memory of any machine is an error, soon, whatever is
// asked for at a time.
func TestMatricesLargerThanTheMachine(t *testing.T) {
	if memory.Free() == 0 {
		t.Skipf("what is free is not known on %s", runtime.GOOS)
	}
	const n = 2_000_000
	x := array.Zeros(array.Float64, n)
	square := pure(func(x *array.Array) *array.Array { return array.Mul(x, x) })
	energy := pure(func(x *array.Array) *array.Array { return array.Dot(x, x) })
	for name, f := range map[string]functional.Func{
		"JacFwd":           functional.JacFwd(square, 0),
		"JacFwd, chunks":   functional.JacFwd(square, 1),
		"JacRev":           functional.JacRev(square, 0),
		"JacRev, chunks":   functional.JacRev(square, 2),
		"Hessian":          functional.Hessian(energy, 0),
		"Hessian, chunks":  functional.Hessian(energy, 200),
		"JacFwd of JacRev": functional.JacFwd(functional.JacRev(square, 1), 1),
		"Grad of a JacFwd": functional.Grad(func(x *array.Array) (*array.Array, error) {
			j, err := functional.JacFwd(square, 1)(x)
			if err != nil {
				return nil, err
			}
			return array.Sum(j), nil
		}),
		"VMap": func(x *array.Array) (*array.Array, error) {
			return functional.VMap(pure(func(y *array.Array) *array.Array { return array.Add(y, x) }))(array.Reshape(x, n, 1))
		},
	} {
		began := time.Now()
		_, err := f(x)
		is(t, name, err, array.ErrMemory)
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

// So is the Jacobian of a propagator, for a model that is not large otherwise.
func TestJacobianOfALargeModel(t *testing.T) {
	if memory.Free() == 0 {
		t.Skipf("what is free is not known on %s", runtime.GOOS)
	}
	s := wave.Survey{Spacing: []float64{10}, DT: 0.001}
	s.Sources.Cells = [][][]int{{{10, 10}}}
	s.Sources.Amplitudes = uniform(random(t, 1), array.Float32, -1, 1, 1, 1, 4)
	s.Receivers.Cells = [][][]int{{{5, 10}}}
	forward := func(v *array.Array) (*array.Array, error) {
		res, err := wave.Scalar(context.Background(), v, s, wave.Options{Backend: "eager", MaxVel: 2000, PMLFreq: 25, OmitWavefields: true})
		if err != nil {
			return nil, err
		}
		return res.Records["pressure"], nil
	}
	_, err := functional.JacFwd(forward, 0)(uniform(random(t, 2), array.Float32, 1500, 2000, 1000, 1000))
	is(t, "JacFwd of a model of a million cells", err, wave.ErrMemory)
}
