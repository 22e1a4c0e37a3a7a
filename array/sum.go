package array

import (
	"fmt"
	"slices"
)

// SumTo adds elements along the axes where shape has extent 1 and a has not: the
// transpose of Expand.
func SumTo(a *Array, shape ...int) *Array {
	if err := a.Err(); err == nil && slices.Equal(a.v.Shape(), shape) {
		return a
	}
	shape = slices.Clone(shape)
	return apply([]*Array{a}, linear(op{name: "SumTo", eval: func(args []*dense) (*dense, error) {
		d := args[0]
		if !expandable(shape, d.shape) {
			return nil, fmt.Errorf("of %v to %v: %w", d.shape, shape, ErrShape)
		}
		if d.ghost {
			return ghostOf(d.dt, shape), nil
		}
		to, err := newZero(d, shape)
		if err != nil {
			return nil, err
		}
		wide, err := to.expand(d.shape)
		if err != nil {
			return nil, err
		}
		if d.dt == Float32 {
			addTo[float32](wide, d)
		} else {
			addTo[float64](wide, d)
		}
		return to, nil
	}},
		func(from []int, ct *Array) *Array { return Expand(ct, from...) },
		func(n int, x *Array) *Array { return SumTo(x, prepend(n, shape)...) },
		func(x *Array) *Array { return SumTo(x, shape...) }))
}

// addTo adds the elements of src to the view dst, which may repeat elements.
func addTo[T Float](dst, src *dense) {
	to, from := elems[T](dst), elems[T](src)
	w := walk(src.shape)
	w.operand(dst.strides, dst.off)
	w.operand(src.strides, src.off)
	n, d, s := w.start()
	for more := n > 0; more; more = w.next() {
		if d == 0 {
			sum := to[w.at[0]]
			for i := range n {
				sum += from[w.at[1]+i*s]
			}
			to[w.at[0]] = sum
			continue
		}
		addRow(to[w.at[0]:][:(n-1)*d+1], d, from[w.at[1]:], s, 1)
	}
	w.done()
}

// Sum returns the sum of all elements, an array without axes.
func Sum(a *Array) *Array {
	ones := make([]int, a.NDim())
	for k := range ones {
		ones[k] = 1
	}
	return Reshape(SumTo(a, ones...))
}

// Dot returns the sum of the products of elements, an array without axes.
func Dot(a, b *Array) *Array { return Sum(Mul(a, b)) }
