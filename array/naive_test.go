package array_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/d52adeda/wave/array"
)

// naive is an array as plainly as can be: what operations are compared with.
type naive struct {
	shape []int
	data  []float64 // row-major
}

func (n naive) at(index []int) float64 { return n.data[n.number(index)] }

// number returns the row-major position of an index.
func (n naive) number(index []int) int {
	k := 0
	for d, i := range index {
		k = k*n.shape[d] + i
	}
	return k
}

// each visits every index of a shape, row-major.
func each(shape []int, visit func(index []int)) {
	if slices.Contains(shape, 0) {
		return
	}
	index := make([]int, len(shape))
	for {
		visit(index)
		d := len(shape) - 1
		for ; d >= 0; d-- {
			if index[d]++; index[d] < shape[d] {
				break
			}
			index[d] = 0
		}
		if d < 0 {
			return
		}
	}
}

// build returns the array of a shape with f of each index.
func build(shape []int, f func(index []int) float64) naive {
	n := naive{shape: slices.Clone(shape)}
	each(shape, func(index []int) { n.data = append(n.data, f(index)) })
	return n
}

// check compares shape, type and elements. Values are small integers and sums of
// few products of them, so float32 and any order of adding are exact.
func check(t *testing.T, what string, got *array.Array, dt array.DType, want naive) {
	t.Helper()
	if err := got.Err(); err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	if !slices.Equal(got.Shape(), want.shape) || got.DType() != dt || got.NDim() != len(want.shape) || got.Len() != len(want.data) {
		t.Errorf("%s: %s%v, want %s%v", what, got.DType(), got.Shape(), dt, want.shape)
		return
	}
	if !slices.Equal(got.Float64s(), want.data) {
		t.Errorf("%s: %v, want %v", what, got.Float64s(), want.data)
		return
	}
	each(want.shape, func(index []int) {
		if x, err := got.At(index...); err != nil || x != want.at(index) {
			t.Errorf("%s: At(%v) is %v, %v, want %v", what, index, x, err, want.at(index))
		}
	})
	var data []float64
	var err error
	if dt == array.Float32 {
		var d []float32
		d, err = got.Data32()
		for _, x := range d {
			data = append(data, float64(x))
		}
	} else {
		data, err = got.Data64()
	}
	if err != nil || !slices.Equal(data, want.data) {
		t.Errorf("%s: data %v, %v, want %v", what, data, err, want.data)
	}
}

// source makes random arrays.
type source struct {
	*rand.Rand
	dt array.DType
}

// shape returns up to 4 extents of 0 to 5, seldom 0.
func (s source) shape(least int) []int {
	out := make([]int, least+s.IntN(5-least))
	for d := range out {
		out[d] = 1 + s.IntN(5)
		if s.IntN(12) == 0 {
			out[d] = 0
		}
	}
	return out
}

// array returns an array of small integers, often a strided view of a larger one.
func (s source) array(shape []int) (*array.Array, naive) {
	if s.IntN(2) == 0 {
		n := build(shape, func([]int) float64 { return float64(s.IntN(9) - 4) })
		return array.Convert(s.dt, n.data, shape...), n
	}
	// Part of an array whose axes are in another order.
	order := s.Perm(len(shape))
	wide, back := make([]int, len(shape)), make([]int, len(shape))
	lo := make([]int, len(shape))
	for d, n := range shape {
		lo[d] = s.IntN(3)
		back[d] = slices.Index(order, d)
		wide[back[d]] = lo[d] + n + s.IntN(2)
	}
	all := build(wide, func([]int) float64 { return float64(s.IntN(9) - 4) })
	a := array.Slice(array.Transpose(array.Convert(s.dt, all.data, wide...), back...), lo, shape)
	return a, build(shape, func(index []int) float64 {
		from := make([]int, len(index))
		for d, i := range index {
			from[back[d]] = lo[d] + i
		}
		return all.at(from)
	})
}

// repeat runs a test on both element types with many seeds.
func repeat(t *testing.T, test func(t *testing.T, s source)) {
	for _, dt := range []array.DType{array.Float32, array.Float64} {
		for seed := range uint64(150) {
			t.Run(fmt.Sprintf("%s/%d", dt, seed), func(t *testing.T) {
				test(t, source{rand.New(rand.NewPCG(seed, uint64(dt))), dt})
			})
		}
	}
}
