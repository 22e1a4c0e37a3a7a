package array

import (
	"fmt"
	"slices"
)

// Stack returns the parts, of one shape, along a new last axis.
func Stack(parts ...*Array) *Array {
	if len(parts) == 0 {
		return fail("array: Stack of nothing: %w", ErrShape)
	}
	if ds, ok := plainAll(make([]*dense, 0, len(parts)), parts); ok {
		return direct("Stack").result(evalStack(ds))
	}
	return apply(parts, op{
		name: "Stack",
		eval: evalStack,
		jvp: func(x, dx []*Array) *Array {
			all := slices.Clone(dx)
			var zero *Array
			for i, d := range all {
				if d == nil {
					if zero == nil {
						zero = zerosBeside(dx, x[i].v.Shape())
					}
					all[i] = zero
				}
			}
			return Stack(all...)
		},
		vjp: func(x []*Array, ct *Array, want []bool) []*Array {
			shape := ct.v.Shape()
			nd := len(shape) - 1
			out := make([]*Array, len(x))
			for i := range x {
				if want[i] {
					lo, size := make([]int, nd+1), slices.Clone(shape)
					lo[nd], size[nd] = i, 1
					out[i] = Reshape(Slice(ct, lo, size), shape[:nd]...)
				}
			}
			return out
		},
		batch: func(n int, x []*Array, mapped []bool) *Array {
			for i := range x {
				x[i] = lead(n, x[i], mapped[i])
			}
			return Stack(x...)
		},
		saves: func([]bool) []bool { return make([]bool, len(parts)) },
	})
}

// zerosBeside returns zeros of the element type of whichever array is not nil.
func zerosBeside(as []*Array, shape []int) *Array {
	for _, a := range as {
		if a != nil {
			return Zeros(a.DType(), shape...)
		}
	}
	return fail("array: no element type for zeros: %w", ErrDType)
}

func evalStack(ds []*dense) (*dense, error) {
	if err := sameType(ds); err != nil {
		return nil, err
	}
	for _, d := range ds {
		if !slices.Equal(d.shape, ds[0].shape) {
			return nil, fmt.Errorf("%v and %v: %w", ds[0].shape, d.shape, ErrShape)
		}
	}
	shape := append(slices.Clone(ds[0].shape), len(ds))
	if _, err := sizeOf(shape); err != nil {
		return nil, fmt.Errorf("%d of %v: %w", len(ds), ds[0].shape, err)
	}
	out, err := newDense(ds[0], shape)
	if err != nil {
		return nil, err
	}
	if out.dt == Float32 {
		return out, stack[float32](out, ds)
	}
	return out, stack[float64](out, ds)
}

func stack[T Float](out *dense, ds []*dense) error {
	dst := elems[T](out)
	for j, d := range ds {
		src, err := packed[T](d)
		if err != nil {
			return err
		}
		for i, v := range src {
			dst[i*len(ds)+j] = v
		}
	}
	return nil
}
