// Package functional transforms functions of arrays: it differentiates them
// forward (JVP, Linearize, JacFwd) and in reverse (VJP, Grad, JacRev), maps them
// over a batch (VMap), and composes: any of these inside any other, any number of
// times.
//
//	forward := func(v *array.Array) (*array.Array, error) {
//		res, err := wave.Scalar(ctx, v, survey, wave.Options{Backend: "eager", MaxVel: 2000})
//		...
//	}
//	data, scattered, err := functional.JVP(forward, background, perturbation)
//
// A function to be transformed takes and returns arrays and computes with the
// operations of package array and the propagators of package wave; these must run
// on the backend "eager" and be given Options.MaxVel. Source amplitudes,
// locations and settings cannot be traced. The functions are called with arrays
// that have a shape but no numbers to read, and must compute the same each time
// they are called: reverse mode calls propagators' time loops again instead of
// remembering them. A context given to a propagator must therefore live until the
// gradient is there (no defer cancel() in the function). Functions may compute in
// goroutines of their own that end before they do.
//
// What each costs, in runs of the function f (time) and in memory beyond f's own:
//
//	JVP            about 2 to 3 runs, memory twice f's
//	VMap(JVP), n   the primal once, and n tangents; memory for n (bounded by Chunk)
//	Linearize      a run, and keeps what nonlinear operations need (about one wavefield
//	               an internal step); then each tangent about as much as a JVP
//	VJP, Grad      about 4 to 6 runs; memory for about 4 sqrt(steps) states
//	JacFwd, JacRev VMap over the inputs, or the outputs
//	HVP, Hessian   forward over reverse: twice Grad, and VMap of that
//
// Each form comes twice: for functions of one array, and (N) of several with
// several outputs. Functions here may be called by several goroutines at once.
//
// The package imports array and internal/trace only; it knows nothing of waves.
package functional

import (
	"errors"
	"fmt"
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/internal/trace"
)

// Errors that callers may branch on with errors.Is.
var (
	// ErrTangent: a tangent or cotangent does not fit its array in number, shape or
	// element type.
	ErrTangent = errors.New("a derivative has the shape and element type of its array")
	// ErrAxis: axes to map differ in length, or are not there.
	ErrAxis = errors.New("mapped axes need one length")
	// ErrNotScalar: Grad of a function whose result is not a single number.
	ErrNotScalar = errors.New("a gradient needs a result that is a single number: reduce it, for example by array.Sum")
	// ErrNotLinear: LinearTranspose of a function that is not linear.
	ErrNotLinear = trace.ErrNotLinear
	// ErrEscaped: a traced array was used after its transformation ended: return it
	// from the transformed function instead of storing it elsewhere.
	ErrEscaped = trace.ErrEscaped
)

// Func is a function of one array.
type Func = func(x *array.Array) (*array.Array, error)

// FuncN is a function of several arrays with several outputs.
type FuncN = func(x []*array.Array) ([]*array.Array, error)

// several makes a FuncN of a Func.
func several(f Func) FuncN {
	return func(x []*array.Array) ([]*array.Array, error) {
		y, err := f(x[0])
		return []*array.Array{y}, err
	}
}

// only returns the single array of a list.
func only(x []*array.Array, err error) (*array.Array, error) {
	if err != nil {
		return nil, err
	}
	return x[0], nil
}

// lower makes a function of traced values of f.
func lower(name string, f FuncN) trace.Func {
	return func(args []trace.Value) ([]trace.Value, error) {
		out, err := f(wrap(args))
		if err != nil {
			return nil, err
		}
		return unwrap(name+": output", out)
	}
}

func wrap(vs []trace.Value) []*array.Array {
	out := make([]*array.Array, len(vs))
	for i, v := range vs {
		if v != nil {
			out[i] = array.Wrap(v)
		}
	}
	return out
}

// unwrap returns the values of arrays, or the first error that one carries, or
// ErrEscaped if one is of a transformation that has ended.
func unwrap(what string, as []*array.Array) ([]trace.Value, error) {
	out := make([]trace.Value, len(as))
	for i, a := range as {
		if err := a.Err(); err != nil {
			return nil, fmt.Errorf("functional: %s %d: %w", what, i, err)
		}
		out[i] = a.Unwrap()
		if err := trace.Live(out[i]); err != nil {
			return nil, fmt.Errorf("functional: %s %d: %w", what, i, err)
		}
	}
	return out, nil
}

// fitting returns the values of derivatives d of x; nil is zero.
func fitting(name string, x, d []*array.Array) ([]trace.Value, error) {
	if len(x) != len(d) {
		return nil, fmt.Errorf("functional: %s: %d derivatives for %d arrays: %w", name, len(d), len(x), ErrTangent)
	}
	out := make([]trace.Value, len(x))
	for i := range x {
		if d[i] == nil {
			continue
		}
		if _, err := unwrap(name+": derivative", d[i:i+1]); err != nil {
			return nil, err
		}
		if !slices.Equal(x[i].Shape(), d[i].Shape()) || x[i].DType() != d[i].DType() {
			return nil, fmt.Errorf("functional: %s: derivative %d is %s %v, want %s %v: %w",
				name, i, d[i].DType(), d[i].Shape(), x[i].DType(), x[i].Shape(), ErrTangent)
		}
		out[i] = d[i].Unwrap()
	}
	return out, nil
}

// filled returns derivatives of like, with zeros for nil.
func filled(vs []trace.Value, like []*array.Array) []*array.Array {
	out := wrap(vs)
	for i, a := range out {
		if a == nil {
			out[i] = array.Zeros(like[i].DType(), like[i].Shape()...)
		}
	}
	return out
}

// firstErr returns the first error that an array carries.
func firstErr(name string, lists ...[]*array.Array) error {
	for _, l := range lists {
		if _, err := unwrap(name+": result", l); err != nil {
			return err
		}
	}
	return nil
}

func all(n int) []bool { return slices.Repeat([]bool{true}, n) }
