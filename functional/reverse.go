package functional

import (
	"fmt"
	"sync"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/internal/trace"
)

// VJP returns f(x) and the transpose of its derivative at x: a function that
// takes a cotangent of the output, of its shape, to that of x. It may be called
// several times and by several goroutines.
func VJP(f Func, x *array.Array) (y *array.Array, pull Func, err error) {
	ys, p, err := VJPN(several(f), []*array.Array{x})
	if err != nil {
		return nil, nil, err
	}
	return ys[0], func(ct *array.Array) (*array.Array, error) { return only(p([]*array.Array{ct})) }, nil
}

// VJPN is VJP for several arrays and outputs; a nil cotangent is zero.
func VJPN(f FuncN, x []*array.Array) (y []*array.Array, pull FuncN, err error) {
	xs, err := unwrap("VJP: argument", x)
	if err != nil {
		return nil, nil, err
	}
	tape, err := trace.Record(lower("VJP", f), xs, all(len(xs)))
	if err != nil {
		return nil, nil, err
	}
	y = wrap(tape.Values())
	return y, pullback("VJP", tape, y, x), firstErr("VJP", y)
}

// pullback makes a function of a tape's Pull; x are the inputs, y the outputs.
func pullback(name string, tape *trace.Tape, y, x []*array.Array) FuncN {
	var mu sync.Mutex // a tape belongs to one goroutine at a time
	return func(ct []*array.Array) ([]*array.Array, error) {
		cts, err := fitting(name, y, ct)
		if err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		dxs, err := tape.Pull(cts)
		if err != nil {
			return nil, err
		}
		dx := filled(dxs, x)
		return dx, firstErr(name, dx)
	}
}

// Grad returns the gradient of f, whose result is a single number, as a function.
func Grad(f Func) Func {
	vg := ValueAndGrad(f)
	return func(x *array.Array) (*array.Array, error) {
		_, g, err := vg(x)
		return g, err
	}
}

// ValueAndGrad returns a function that returns f(x) and its gradient.
func ValueAndGrad(f Func) func(x *array.Array) (value, grad *array.Array, err error) {
	vg := ValueAndGradN(several(f))
	return func(x *array.Array) (value, grad *array.Array, err error) {
		v, g, _, err := vg([]*array.Array{x})
		if err != nil {
			return nil, nil, err
		}
		return v, g[0], nil
	}
}

// ValueAndGradN returns a function that returns the first output of f, a single
// number, its gradients with respect to the arguments whose numbers are given
// (none: all), and f's other outputs, which are auxiliary: computed along the way
// and not differentiated.
func ValueAndGradN(f FuncN, arguments ...int) func(x []*array.Array) (value *array.Array, grads, aux []*array.Array, err error) {
	return func(x []*array.Array) (value *array.Array, grads, aux []*array.Array, err error) {
		xs, err := unwrap("Grad: argument", x)
		if err != nil {
			return nil, nil, nil, err
		}
		which := arguments
		if len(which) == 0 {
			which = nil
			for i := range x {
				which = append(which, i)
			}
		}
		active := make([]bool, len(x))
		for _, i := range which {
			if i < 0 || i >= len(x) {
				return nil, nil, nil, fmt.Errorf("functional: Grad with respect to argument %d, want 0 to %d", i, len(x)-1)
			}
			active[i] = true
		}
		tape, err := trace.Record(lower("Grad", f), xs, active)
		if err != nil {
			return nil, nil, nil, err
		}
		y := wrap(tape.Values())
		if len(y) == 0 || y[0].Len() != 1 {
			shape := []int(nil)
			if len(y) > 0 {
				shape = y[0].Shape()
			}
			return nil, nil, nil, fmt.Errorf("functional: result has shape %v: %w", shape, ErrNotScalar)
		}
		ct := make([]*array.Array, len(y))
		ct[0] = array.AddConst(1, array.Zeros(y[0].DType(), y[0].Shape()...))
		dx, err := pullback("Grad", tape, y, x)(ct)
		if err != nil {
			return nil, nil, nil, err
		}
		for _, i := range which {
			grads = append(grads, dx[i])
		}
		return y[0], grads, y[1:], nil
	}
}

// LinearTranspose returns the transpose of a linear function f of an array like
// example, of which only shape and element type count. That f is linear is
// checked: an operation that is not, or f(0) other than 0, is ErrNotLinear.
func LinearTranspose(f Func, example *array.Array) (Func, error) {
	if _, err := unwrap("LinearTranspose: argument", []*array.Array{example}); err != nil {
		return nil, err
	}
	zero := []*array.Array{array.Zeros(example.DType(), example.Shape()...)}
	xs, err := unwrap("LinearTranspose: argument", zero)
	if err != nil {
		return nil, err
	}
	tape, err := trace.RecordLinear(lower("LinearTranspose", several(f)), xs, all(1))
	if err != nil {
		return nil, err
	}
	y := wrap(tape.Values())
	trace.Leaves(y[0].Unwrap(), func(v trace.Value) { // of a traced f(0), all that is inside is 0, too
		for _, v := range array.Wrap(v).Float64s() {
			if v != 0 && err == nil {
				err = fmt.Errorf("functional: LinearTranspose: f(0) holds %g: %w", v, ErrNotLinear)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	pull := pullback("LinearTranspose", tape, y, zero)
	return func(ct *array.Array) (*array.Array, error) { return only(pull([]*array.Array{ct})) }, nil
}
