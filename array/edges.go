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
	eachEdgeRow(out.shape, d, before, func(row, at int, e edge) {
		r := dst[row : row+e.padded]
		if e.stride == 1 {
			copy(r[e.before:], src[at:at+e.n])
		} else {
			for i := range e.n {
				r[e.before+i] = src[at+i*e.stride]
			}
		}
		fill(r[:e.before], r[e.before])
		fill(r[e.before+e.n:], r[e.before+e.n-1])
	})
}

func fill[T Float](x []T, v T) {
	for i := range x {
		x[i] = v
	}
}

func addEdge[T Float](out, d *dense, before []int) error {
	src, err := packed[T](d)
	if err != nil {
		return err
	}
	dst := elems[T](out)
	eachEdgeRow(d.shape, out, before, func(row, at int, e edge) {
		for i := range e.padded {
			dst[at+min(max(i-e.before, 0), e.n-1)*e.stride] += src[row+i]
		}
	})
	return nil
}

// edge is what rows along the last axis have in common: n elements become padded
// ones, before of them in front.
type edge struct{ n, stride, before, padded int }

// eachEdgeRow visits the rows of a padded shape, in order: where each begins, and the
// first element of the row of d that it is a copy of.
func eachEdgeRow(padded []int, d *dense, before []int, visit func(row, at int, e edge)) {
	e, last := edge{1, 1, 0, 1}, len(padded)-1
	if last >= 0 {
		e = edge{d.shape[last], d.strides[last], before[last], padded[last]}
	}
	n, _ := sizeOf(padded)
	idx := make([]int, max(last, 0))
	for row := 0; row < n; row += e.padded {
		at := d.off
		for k, x := range idx {
			at += min(max(x-before[k], 0), d.shape[k]-1) * d.strides[k]
		}
		visit(row, at, e)
		for k := last - 1; k >= 0; k-- {
			idx[k]++
			if idx[k] < padded[k] {
				break
			}
			idx[k] = 0
		}
	}
}
