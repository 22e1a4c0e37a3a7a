package array_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/d52adeda/wave/array"
)

// Operations that cannot be done give an array with an error, never a panic.
func TestErrors(t *testing.T) {
	f32, f64 := array.Zeros(array.Float32, 2, 3), array.Zeros(array.Float64, 2, 3)
	row, one := array.Zeros(array.Float64, 3), array.Zeros(array.Float64, 1, 1)
	scalar, empty := array.Of64([]float64{1}), array.Zeros(array.Float64, 0, 3)
	same := func(dst, src []float64) { copy(dst, src) }
	huge := math.MaxInt

	shape, dtype := array.ErrShape, array.ErrDType
	for _, test := range []struct {
		name string
		got  *array.Array
		is   error
	}{
		{"Of32, too few values", array.Of32(make([]float32, 5), 2, 3), shape},
		{"Of64, negative extent", array.Of64(nil, -1, 0), shape},
		{"Of64 of nothing without axes", array.Of64(nil), shape},
		{"Zeros, negative extent", array.Zeros(array.Float32, 2, -2), shape},
		{"Zeros, overflow", array.Zeros(array.Float64, huge, huge), array.ErrMemory},
		{"Zeros, more than memory", array.Zeros(array.Float64, huge), array.ErrMemory},
		{"Zeros of type 0", array.Zeros(0, 2), dtype},
		{"Convert to type 3", array.Convert(3, nil, 0), dtype},
		{"Convert, too many values", array.Convert(array.Float32, make([]float64, 2), 1), shape},

		{"Slice, too few indices", array.Slice(f64, []int{0}, []int{1}), shape},
		{"Slice, too many extents", array.Slice(f64, []int{0, 0}, []int{1, 1, 1}), shape},
		{"Slice, before", array.Slice(f64, []int{-1, 0}, []int{1, 1}), shape},
		{"Slice, beyond", array.Slice(f64, []int{0, 2}, []int{1, 2}), shape},
		{"Slice, far beyond", array.Slice(f64, []int{0, huge}, []int{1, huge}), shape},
		{"Slice, negative extent", array.Slice(f64, []int{1, 1}, []int{1, -1}), shape},
		{"Reshape, other number", array.Reshape(f64, 7), shape},
		{"Reshape, negative", array.Reshape(f64, -2, -3), shape},
		{"Reshape, overflow to 0", array.Reshape(empty, huge, huge, 2), shape},
		{"Transpose, axis twice", array.Transpose(f64, 0, 0), shape},
		{"Transpose, one axis", array.Transpose(f64, 0), shape},
		{"Transpose, axis 2", array.Transpose(f64, 0, 2), shape},
		{"Transpose, axis -1", array.Transpose(f64, 0, -1), shape},
		{"Expand, other extent", array.Expand(f64, 2, 4), shape},
		{"Expand, other axes", array.Expand(row, 2, 3), shape},
		{"Expand, negative", array.Expand(one, 1, -1), shape},
		{"Expand, more than memory", array.Expand(one, huge, huge), array.ErrMemory},
		{"SumTo, other extent", array.SumTo(f64, 2, 2), shape},
		{"SumTo, other axes", array.SumTo(f64, 3), shape},
		{"SumTo, negative", array.SumTo(f64, 2, -1), shape},

		{"Assemble, float32 into float64", array.Assemble(array.Float64, []int{2, 3}, [][]int{{0, 0}}, f32), dtype},
		{"Assemble of two types", array.Assemble(array.Float64, []int{4, 3}, [][]int{{0, 0}, {2, 0}}, f64, f32), dtype},
		{"Assemble, no place", array.Assemble(array.Float64, []int{2, 3}, nil, f64), shape},
		{"Assemble, beyond", array.Assemble(array.Float64, []int{2, 3}, [][]int{{0, 1}}, f64), shape},
		{"Assemble, far beyond", array.Assemble(array.Float64, []int{2, 3}, [][]int{{0, huge}}, f64), shape},
		{"Assemble, before", array.Assemble(array.Float64, []int{2, 3}, [][]int{{0, -1}}, f64), shape},
		{"Assemble, other axes", array.Assemble(array.Float64, []int{2, 3}, [][]int{{0}}, row), shape},
		{"Assemble, negative extent", array.Assemble(array.Float64, []int{2, -3}, [][]int{{0, 0}}, f64), shape},
		{"Assemble, more than memory", array.Assemble(array.Float64, []int{huge, huge}, [][]int{{0, 0}}, f64), array.ErrMemory},
		{"Assemble of nothing, negative extent", array.Assemble(array.Float64, []int{-1}, nil), shape},

		{"Add, other axes", array.Add(f64, row), shape},
		{"Mul, other extents", array.Mul(f64, array.Zeros(array.Float64, 2, 2)), shape},
		{"Sub of two types", array.Sub(f32, f64), dtype},
		{"SumProd of nothing", array.SumProd(nil), shape},
		{"SumProd, argument 2 of 2", array.SumProd([]array.Term{{Coeff: 1, Args: []int{2}}}, f64, f64), shape},
		{"SumProd, argument -1", array.SumProd([]array.Term{{Coeff: 1, Args: []int{-1}}}, f64), shape},
		{"SumProd, 0 and 2 rows", array.Add(empty, f64), shape},

		{"Tap without weights", array.Tap(f64, []int{0, 0}, []int{1, 1}, nil, nil), shape},
		{"Tap, two weights for an offset", array.Tap(f64, []int{0, 0}, []int{1, 1}, [][]int{{0, 0}}, []float64{1, 2}), shape},
		{"Tap, offset of one index", array.Tap(f64, []int{0, 0}, []int{1, 1}, [][]int{{0}}, []float64{1}), shape},
		{"Tap, offset of three indices", array.Tap(f64, []int{0, 0}, []int{1, 1}, [][]int{{0, 0, 0}}, []float64{1}), shape},
		{"Tap, before", array.Tap(f64, []int{0, 0}, []int{1, 1}, [][]int{{0, -1}}, []float64{1}), shape},
		{"Tap, beyond", array.Tap(f64, []int{0, 0}, []int{1, 3}, [][]int{{0, 1}}, []float64{1}), shape},
		{"Tap, negative extent", array.Tap(f64, []int{0, 0}, []int{1, -1}, [][]int{{0, 0}}, []float64{1}), shape},
		{"Tap, one extent", array.Tap(f64, []int{0, 0}, []int{1}, [][]int{{0, 0}}, []float64{1}), shape},

		{"Take without rows", array.Take(f64, nil), shape},
		{"Take, three rows of two", array.Take(f64, [][]int{{0}, {0}, {0}}), shape},
		{"Take, ragged", array.Take(f64, [][]int{{0}, {0, 1}}), shape},
		{"Take, cell 3 of 3", array.Take(f64, [][]int{{0}, {3}}), shape},
		{"Take, cell -1", array.Take(f64, [][]int{{-1}, {0}}), shape},
		{"Take of a scalar", array.Take(scalar, [][]int{{0}}), shape},
		{"Take of no rows", array.Take(empty, [][]int{{0}}), shape},
		{"AddAt, other values", array.AddAt(f64, [][]int{{0}, {1}}, f64), shape},
		{"AddAt of two types", array.AddAt(f64, [][]int{{0, 1, 2}, {0, 1, 2}}, f32), dtype},
		{"AddAt, cell 3 of 3", array.AddAt(f64, [][]int{{3}, {0}}, array.Zeros(array.Float64, 2, 1)), shape},

		{"PadEdge, one width", array.PadEdge(f64, []int{1}, []int{1}), shape},
		{"PadEdge, negative", array.PadEdge(f64, []int{0, -1}, []int{0, 0}), shape},
		{"PadEdge of nothing", array.PadEdge(empty, []int{1, 1}, []int{1, 1}), shape},
		{"PadEdge, overflow", array.PadEdge(f64, []int{huge, 0}, []int{huge, 0}), shape},
		{"PadEdge, more than memory", array.PadEdge(f64, []int{huge / 2, 0}, []int{0, 0}), array.ErrMemory},
		{"Stack of nothing", array.Stack(), shape},
		{"Stack of two shapes", array.Stack(row, f64), shape},
		{"Stack of two types", array.Stack(f32, f64), dtype},
		{"LinearRows of a scalar", array.LinearRows(scalar, 1, array.RowMap{Forward: same, Transpose: same}), shape},
		{"LinearRows, negative", array.LinearRows(f64, -1, array.RowMap{Forward: same, Transpose: same}), shape},
		{"LinearRows, more than memory", array.LinearRows(f64, huge, array.RowMap{Forward: same, Transpose: same}), array.ErrMemory},
	} {
		err := test.got.Err()
		if !errors.Is(err, test.is) || !strings.HasPrefix(err.Error(), "array: ") {
			t.Errorf("%s: error %v, want %v after \"array: \"", test.name, err, test.is)
			continue
		}
		// The error is carried on, and nothing else can be had.
		a := test.got
		for _, next := range []*array.Array{
			array.Scale(2, a), array.Add(f64, a), array.Slice(a, nil, nil), array.Reshape(a, 6), array.Stack(f64, a), array.Take(a, nil),
			array.Tap(a, nil, nil, nil, nil), array.PadEdge(a, nil, nil), array.LinearRows(a, 1, array.RowMap{Forward: same, Transpose: same}), array.Sum(a), array.Dot(a, a),
			array.SumTo(a, 1), array.Expand(a, 1), array.Transpose(a), array.Exp(a), array.Assemble(array.Float64, nil, nil, a),
		} {
			if next.Err() != err {
				t.Errorf("%s: after another operation the error is %v, want %v", test.name, next.Err(), err)
			}
		}
		nothing(t, test.name, a, err)
	}
}

// nothing fails unless an array that carries an error gives nothing but that.
func nothing(t *testing.T, name string, a *array.Array, want error) {
	t.Helper()
	if a.Shape() != nil || a.NDim() != 0 || a.Len() != 0 || a.DType() != 0 || a.Traced() || a.Finite() || a.Float64s() != nil {
		t.Errorf("%s: an array with an error has shape %v, length %d, type %v, elements %v", name, a.Shape(), a.Len(), a.DType(), a.Float64s())
	}
	_, err32 := a.Data32()
	_, err64 := a.Data64()
	_, errAt := a.At()
	for _, err := range []error{err32, err64, errAt} {
		if err == nil || want != nil && err != want {
			t.Errorf("%s: reading gives the error %v, want %v", name, err, want)
		}
	}
}

func TestNilAndZeroArrays(t *testing.T) {
	for name, a := range map[string]*array.Array{"nil": nil, "zero": new(array.Array)} {
		if a.Err() == nil || array.Add(array.Zeros(array.Float64, 1), a).Err() == nil || array.Sum(a).Err() == nil || array.Stack(a).Err() == nil {
			t.Errorf("%s Array: no error", name)
		}
		nothing(t, name, a, nil)
	}
}

func TestReadErrors(t *testing.T) {
	a := array.Zeros(array.Float32, 2, 3)
	if _, err := a.Data64(); !errors.Is(err, array.ErrDType) {
		t.Errorf("Data64 of float32: %v, want %v", err, array.ErrDType)
	}
	if _, err := array.Zeros(array.Float64, 2).Data32(); !errors.Is(err, array.ErrDType) {
		t.Errorf("Data32 of float64: %v, want %v", err, array.ErrDType)
	}
	for _, index := range [][]int{{}, {0}, {0, 3}, {2, 0}, {-1, 0}, {0, 0, 0}} {
		if _, err := a.At(index...); !errors.Is(err, array.ErrShape) {
			t.Errorf("At(%v): %v, want %v", index, err, array.ErrShape)
		}
	}
}

func TestFinite(t *testing.T) {
	for _, dt := range []array.DType{array.Float32, array.Float64} {
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			a := array.Convert(dt, []float64{1, 2, 3, bad, 5, 6}, 2, 3)
			if a.Finite() {
				t.Errorf("%s with %v is finite", dt, bad)
			}
			if !array.Slice(a, []int{0, 1}, []int{2, 2}).Finite() || !array.Zeros(dt, 0).Finite() {
				t.Errorf("%s: a part without %v is not finite", dt, bad)
			}
		}
	}
	if array.Convert(array.Float32, []float64{1e300}, 1).Finite() {
		t.Error("1e300 as float32 is finite")
	}
}
