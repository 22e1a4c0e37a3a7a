package functional

import (
	"fmt"
	"slices"

	"github.com/d52adeda/wave/array"
)

// JacFwd returns the Jacobian of f, of shape [output shape][input shape], by
// forward mode: one tangent for each element of the input, all at once, or chunk
// at a time (0 means all).
func JacFwd(f Func, chunk int) Func {
	return func(x *array.Array) (*array.Array, error) {
		columns, err := overBasis(x, chunk, func(dx *array.Array) (*array.Array, error) {
			_, dy, err := JVP(f, x, dx)
			return dy, err
		})
		if err != nil {
			return nil, err
		}
		// [inputs][outputs] to [outputs][inputs]
		out := columns.Shape()[1:]
		rows := array.Transpose(array.Reshape(columns, x.Len(), columns.Len()/max(x.Len(), 1)), 1, 0)
		j := array.Reshape(rows, append(out, x.Shape()...)...)
		return j, j.Err()
	}
}

// JacRev is JacFwd by reverse mode: one cotangent for each element of the output.
func JacRev(f Func, chunk int) Func {
	return func(x *array.Array) (*array.Array, error) {
		y, pull, err := VJP(f, x)
		if err != nil {
			return nil, err
		}
		rows, err := overBasis(y, chunk, pull)
		if err != nil {
			return nil, err
		}
		j := array.Reshape(rows, append(y.Shape(), x.Shape()...)...)
		return j, j.Err()
	}
}

// overBasis maps f over the unit vectors of arrays like a, chunk of them at a time
// (0: all), and stacks the results.
func overBasis(a *array.Array, chunk int, f Func) (*array.Array, error) {
	if err := a.Err(); err != nil {
		return nil, fmt.Errorf("functional: %w", err)
	}
	n := a.Len()
	if n == 0 {
		return nil, fmt.Errorf("functional: Jacobian of an empty array %v: %w", a.Shape(), array.ErrShape)
	}
	if chunk <= 0 || chunk > n {
		chunk = n
	}
	var parts [][]*array.Array
	for from, m := 0, 1; from < n; from += m {
		if m = min(chunk, n-from); from == 0 && m < n {
			m = 1 // whether all fits is seen before there is much of it
		}
		units, err := unitVectors(a, from, m)
		if err != nil {
			return nil, fmt.Errorf("functional: %d unit vectors at a time (chunk bounds them): %w", m, err)
		}
		part, err := VMap(f)(units)
		if err != nil {
			return nil, err
		}
		if from == 0 && m < n { // twice while the parts are joined
			if err := array.Fits(part.DType(), slices.Insert(part.Shape()[1:], 0, 2*n)...); err != nil {
				return nil, fmt.Errorf("functional: Jacobian: %w", err)
			}
		}
		parts = append(parts, []*array.Array{part})
	}
	if len(parts) == 1 {
		return parts[0][0], nil
	}
	return join(parts, 0, n), nil
}

// unitVectors returns m arrays like a, which are 1 at element from, from+1, ...
func unitVectors(a *array.Array, from, m int) (*array.Array, error) {
	units := array.Zeros(a.DType(), slices.Insert(a.Shape(), 0, m)...)
	if units.Err() != nil {
		return nil, units.Err()
	}
	if a.DType() == array.Float32 {
		return units, setDiagonal[float32](units, from, a.Len())
	}
	return units, setDiagonal[float64](units, from, a.Len())
}

// setDiagonal sets element from+i of row i to 1, of rows of n elements of a new array.
func setDiagonal[T array.Float](units *array.Array, from, n int) error {
	x, err := array.Data[T](units)
	for i := 0; i < len(x); i += n + 1 {
		x[i+from] = 1
	}
	return err
}

// Hessian returns the matrix of second derivatives of f, whose result is a single
// number, of shape [input shape][input shape]: forward over reverse mode.
func Hessian(f Func, chunk int) Func { return JacFwd(Grad(f), chunk) }

// HVP returns the gradient of f at x and the product of its Hessian with v,
// without forming the Hessian: forward over reverse mode.
func HVP(f Func, x, v *array.Array) (grad, product *array.Array, err error) {
	return JVP(Grad(f), x, v)
}
