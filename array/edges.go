package array

import (
	"fmt"
	"slices"
)

// PadEdge returns a with before[k] and after[k] elements more along axis k,
// copies of the edge element.
func PadEdge(a *Array, before, after []int) *Array {
	before, after = slices.Clone(before), slices.Clone(after)
	return apply([]*Array{a}, linear(op{name: "PadEdge", eval: func(args []*dense) (*dense, error) {
		d := args[0]
		shape, err := paddedShape(d.shape, before, after)
		if err != nil {
			return nil, err
		}
		out, err := newDense(d, shape)
		if err != nil {
			return nil, err
		}
		if d.dt == Float32 {
			padEdge[float32](out, d, before)
		} else {
			padEdge[float64](out, d, before)
		}
		return out, nil
	}},
		func(_ []int, ct *Array) *Array { return foldEdge(ct, before, after) },
		func(_ int, x *Array) *Array { return PadEdge(x, prepend(0, before), prepend(0, after)) },
		func(x *Array) *Array { return PadEdge(x, before, after) }))
}

// foldEdge is the transpose of PadEdge: it adds what lies beyond the edges to them.
func foldEdge(a *Array, before, after []int) *Array {
	return apply([]*Array{a}, linear(op{name: "FoldEdge", eval: func(args []*dense) (*dense, error) {
		d := args[0]
		shape := slices.Clone(d.shape)
		for k := range shape {
			shape[k] -= before[k] + after[k]
		}
		out, err := newZero(d, shape)
		if err != nil {
			return nil, err
		}
		if d.dt == Float32 {
			return out, addEdge[float32](out, d, before)
		}
		return out, addEdge[float64](out, d, before)
	}},
		func(_ []int, ct *Array) *Array { return PadEdge(ct, before, after) },
		func(_ int, x *Array) *Array { return foldEdge(x, prepend(0, before), prepend(0, after)) },
		func(x *Array) *Array { return foldEdge(x, before, after) }))
}

func paddedShape(from, before, after []int) ([]int, error) {
	if len(before) != len(from) || len(after) != len(from) {
		return nil, fmt.Errorf("%v by %v and %v: %w", from, before, after, ErrShape)
	}
	shape := make([]int, len(from))
	for k, n := range from {
		shape[k] = before[k] + n + after[k]
		if before[k] < 0 || after[k] < 0 || n == 0 || shape[k] < n {
			return nil, fmt.Errorf("%v by %v and %v: %w", from, before, after, ErrShape)
		}
	}
	if _, err := sizeOf(shape); err != nil {
		return nil, fmt.Errorf("%v to %v: %w", from, shape, err)
	}
	return shape, nil
}

func padEdge[T Float](out, d *dense, before []int) {
	dst, src := elems[T](out), elems[T](d)
	edgeMap(out.shape, d, before, func(padded, at int) { dst[padded] = src[at] })
}

func addEdge[T Float](out, d *dense, before []int) error {
	src, err := packed[T](d)
	if err != nil {
		return err
	}
	dst := elems[T](out)
	edgeMap(d.shape, out, before, func(padded, at int) { dst[at] += src[padded] })
	return nil
}

// edgeMap visits each element of a padded shape, row-major, with the index of the
// element of d that it is a copy of.
func edgeMap(padded []int, d *dense, before []int, visit func(padded, at int)) {
	idx := make([]int, len(padded))
	n, _ := sizeOf(padded)
	for i := range n {
		at := d.off
		for k, x := range idx {
			at += min(max(x-before[k], 0), d.shape[k]-1) * d.strides[k]
		}
		visit(i, at)
		for k := len(idx) - 1; k >= 0; k-- {
			idx[k]++
			if idx[k] < padded[k] {
				break
			}
			idx[k] = 0
		}
	}
}
