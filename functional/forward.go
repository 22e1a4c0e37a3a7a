package functional

import (
	"sync"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/internal/trace"
)

// JVP returns f(x) and its derivative in the direction dx, of x's shape:
// forward mode, both computed together.
func JVP(f Func, x, dx *array.Array) (y, dy *array.Array, err error) {
	ys, dys, err := JVPN(several(f), []*array.Array{x}, []*array.Array{dx})
	if err != nil {
		return nil, nil, err
	}
	return ys[0], dys[0], nil
}

// JVPN is JVP for several arrays; a nil direction is zero.
func JVPN(f FuncN, x, dx []*array.Array) (y, dy []*array.Array, err error) {
	xs, err := unwrap("JVP: argument", x)
	if err != nil {
		return nil, nil, err
	}
	dxs, err := fitting("JVP", x, dx)
	if err != nil {
		return nil, nil, err
	}
	ys, dys, err := trace.JVP(lower("JVP", f), xs, dxs)
	if err != nil {
		return nil, nil, err
	}
	y = wrap(ys)
	dy = filled(dys, y)
	return y, dy, firstErr("JVP", y, dy)
}

// Linearize returns f(x) and its derivative at x as a linear function of the
// direction. f runs once, here; each direction then costs its tangent only. The
// linear function keeps what that needs; it may be called by several goroutines.
func Linearize(f Func, x *array.Array) (y *array.Array, linear Func, err error) {
	ys, lin, err := LinearizeN(several(f), []*array.Array{x})
	if err != nil {
		return nil, nil, err
	}
	return ys[0], func(dx *array.Array) (*array.Array, error) { return only(lin([]*array.Array{dx})) }, nil
}

// LinearizeN is Linearize for several arrays; a nil direction is zero.
func LinearizeN(f FuncN, x []*array.Array) (y []*array.Array, linear FuncN, err error) {
	xs, err := unwrap("Linearize: argument", x)
	if err != nil {
		return nil, nil, err
	}
	tape, err := trace.RecordAll(lower("Linearize", f), xs, all(len(xs)))
	if err != nil {
		return nil, nil, err
	}
	y = wrap(tape.Values())
	if err := firstErr("Linearize", y); err != nil {
		return nil, nil, err
	}
	var mu sync.Mutex // a tape belongs to one goroutine at a time
	return y, func(dx []*array.Array) ([]*array.Array, error) {
		dxs, err := fitting("Linearize", x, dx)
		if err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		dys, err := tape.Push(dxs)
		if err != nil {
			return nil, err
		}
		dy := filled(dys, y)
		return dy, firstErr("Linearize", dy)
	}, nil
}
