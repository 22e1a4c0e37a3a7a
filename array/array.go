// Package array holds Array, the one handle for numbers in this module: a dense
// row-major array of float32 or float64, or a value that a transformation of
// package functional traces.
//
// Operations never panic on shapes or types. One that cannot be done returns an
// Array that carries the error; further operations pass it on, and the next call
// that returns an error (Err, a propagator) reports it.
//
// An Array is immutable through this package; a slice wrapped by Of32 or Of64 is
// not copied and must not be written while the Array is in use, nor may the lists
// of numbers that say what an operation does (cells, offsets, weights, terms) while
// a transformation may still need them. Arrays may be used by several goroutines.
//
// A function that is called again and again, such as a time step, can be made a
// Stage: its operations then run as a few fused kernels, and so do those of its
// derivatives.
//
// The package imports internal/trace, internal/fuse, internal/rows, internal/crew and
// internal/memory of this module.
package array

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/d52adeda/wave/internal/rows"
	"github.com/d52adeda/wave/internal/trace"
)

// DType is the type of an array's elements.
type DType uint8

// The element types.
const (
	Float32 DType = iota + 1
	Float64
)

func (d DType) String() string {
	switch d {
	case Float32:
		return "float32"
	case Float64:
		return "float64"
	}
	return fmt.Sprintf("DType(%d)", uint8(d))
}

// Size returns the bytes an element takes.
func (d DType) Size() int { return 4 * int(d) }

// Errors that callers may branch on, wrapped with the operation and the values.
var (
	// ErrShape: shapes do not fit each other or the data.
	ErrShape = errors.New("shapes do not fit")
	// ErrDType: element types differ, or are not what is wanted.
	ErrDType = errors.New("element types do not fit")
	// ErrTraced: the numbers of a traced array were asked for.
	ErrTraced = errors.New("a traced array has no numbers to read")
)

// Array is an n-dimensional array of numbers, of at most 8 axes.
type Array struct {
	v   trace.Value
	err error
}

// Of32 wraps data, row-major, as an array of the given shape, without copying.
func Of32(data []float32, shape ...int) *Array {
	a := wrap(Float32, len(data), shape)
	if d, ok := a.v.(*dense); ok {
		d.f32 = data
	}
	return a
}

// Of64 wraps data, row-major, as an array of the given shape, without copying.
func Of64(data []float64, shape ...int) *Array {
	a := wrap(Float64, len(data), shape)
	if d, ok := a.v.(*dense); ok {
		d.f64 = data
	}
	return a
}

// Of wraps data as Of32 and Of64 do.
func Of[T Float](data []T, shape ...int) *Array {
	if d, ok := any(data).([]float32); ok {
		return Of32(d, shape...)
	}
	return Of64(any(data).([]float64), shape...)
}

// wrap returns an array of n elements that has no memory yet.
func wrap(dt DType, n int, shape []int) *Array {
	size, err := sizeOf(shape)
	if err != nil || size != n {
		return fail("array: %d values in shape %v (at most %d axes): %w", n, shape, maxAxes, ErrShape)
	}
	return &header(dt, shape).Array
}

// Zeros returns an array of zeros.
func Zeros(dt DType, shape ...int) *Array {
	if dt != Float32 && dt != Float64 {
		return fail("array: Zeros of %s: %w", dt, ErrDType)
	}
	if _, err := sizeOf(shape); err != nil {
		return fail("array: Zeros of shape %v: %w", shape, err)
	}
	return direct("Zeros").result(fresh(dt, shape))
}

// Convert returns a copy of data with elements of type dt.
func Convert(dt DType, data []float64, shape ...int) *Array {
	if dt != Float32 && dt != Float64 {
		return fail("array: Convert to %s: %w", dt, ErrDType)
	}
	if a := wrap(dt, len(data), shape); a.err != nil {
		return a
	}
	d, err := fresh(dt, shape)
	if err != nil {
		return direct("Convert").result(nil, err)
	}
	copy(d.f64, data)
	for i := range d.f32 {
		d.f32[i] = float32(data[i])
	}
	return &d.Array
}

func fail(format string, args ...any) *Array {
	return &Array{err: fmt.Errorf(format, args...)}
}

// maxLen is more elements than any memory holds and few enough for make not to
// panic: 2^44-1, or what an int can count in bytes.
const maxLen = math.MaxInt / 8 & (1<<44 - 1)

// sizeOf returns the number of elements of a shape; ErrShape if an extent is negative
// or there are too many extents, ErrMemory if there are more elements than maxLen.
func sizeOf(shape []int) (int, error) {
	if len(shape) > maxAxes || slices.ContainsFunc(shape, func(n int) bool { return n < 0 }) {
		return 0, ErrShape
	}
	n := 1
	for _, s := range shape {
		if s > 0 && n > maxLen/s {
			return 0, ErrMemory
		}
		n *= s
	}
	return n, nil
}

// Err returns the error of the operation that made the array, or of one before it.
func (a *Array) Err() error {
	if a == nil {
		return errors.New("array: nil array")
	}
	if a.v == nil && a.err == nil {
		return errors.New("array: an Array that nothing made, want one from Of32, Of64 or the like")
	}
	return a.err
}

// Shape returns the extents, slowest axis first; nil for an array with an error.
func (a *Array) Shape() []int {
	if a == nil || a.v == nil {
		return nil
	}
	return slices.Clone(a.v.Shape())
}

// NDim returns the number of axes.
func (a *Array) NDim() int { return len(a.Shape()) }

// Len returns the number of elements.
func (a *Array) Len() int {
	if a == nil || a.v == nil {
		return 0
	}
	n, _ := sizeOf(a.v.Shape())
	return n
}

// DType returns the element type; 0 for an array with an error.
func (a *Array) DType() DType {
	if a == nil || a.v == nil {
		return 0
	}
	var dt DType
	trace.Leaves(a.v, func(v trace.Value) { dt = v.(*dense).dt })
	return dt
}

// Traced reports whether the array belongs to a transformation in progress.
func (a *Array) Traced() bool {
	if a == nil {
		return false
	}
	_, boxed := a.v.(trace.Boxed)
	return boxed
}

// dense returns the numbers, or an error for a traced array or one with an error.
func (a *Array) dense() (*dense, error) {
	if err := a.Err(); err != nil {
		return nil, err
	}
	d, ok := a.v.(*dense)
	if !ok {
		return nil, fmt.Errorf("array: %w", ErrTraced)
	}
	return d, nil
}

// Float64s returns the elements, row-major, as a new slice; nil for an array that
// is traced or carries an error, or if there is no memory for it.
func (a *Array) Float64s() []float64 {
	d, err := a.dense()
	if err != nil {
		return nil
	}
	n, _ := sizeOf(d.shape)
	out, err := numbers[float64](n)
	switch {
	case err != nil:
		return nil
	case d.dt == Float64:
		flatten[float64](out, d)
	default:
		flatten[float32](out, d)
	}
	return out
}

// Data32 returns the elements of a Float32 array, row-major. The slice shares
// memory with the array where it can: read it only.
func (a *Array) Data32() ([]float32, error) { return Data[float32](a) }

// Data64 is Data32 for a Float64 array.
func (a *Array) Data64() ([]float64, error) { return Data[float64](a) }

// Data is Data32 and Data64.
func Data[T Float](a *Array) ([]T, error) {
	d, err := a.dense()
	if err != nil {
		return nil, err
	}
	if want := typeOf[T](); d.dt != want {
		return nil, fmt.Errorf("array: elements are %s, want %s: %w", d.dt, want, ErrDType)
	}
	return packed[T](d)
}

// At returns one element.
func (a *Array) At(index ...int) (float64, error) {
	d, err := a.dense()
	if err != nil {
		return 0, err
	}
	if len(index) != len(d.shape) {
		return 0, fmt.Errorf("array: At(%v) of shape %v: %w", index, d.shape, ErrShape)
	}
	at := d.off
	for k, i := range index {
		if i < 0 || i >= d.shape[k] {
			return 0, fmt.Errorf("array: At(%v) of shape %v: %w", index, d.shape, ErrShape)
		}
		at += i * d.strides[k]
	}
	if d.dt == Float32 {
		return float64(d.f32[at]), nil
	}
	return d.f64[at], nil
}

// Finite reports whether no element is NaN or infinite; of a traced array, no
// element of the plain arrays inside. An array that carries an error is not.
func (a *Array) Finite() bool {
	p := a.Peak()
	return !math.IsNaN(p) && !math.IsInf(p, 0)
}

// Peak returns the greatest magnitude of an element, 0 if there are none and NaN if
// one is; of a traced array, of the plain arrays inside. It is NaN for an array that
// carries an error.
func (a *Array) Peak() float64 {
	if a.Err() != nil {
		return math.NaN()
	}
	most := 0.0
	trace.Leaves(a.v, func(v trace.Value) {
		if d := v.(*dense); d.dt == Float32 {
			most = max(most, peak[float32](d))
		} else {
			most = max(most, peak[float64](d))
		}
	})
	return most
}

func peak[T Float](d *dense) float64 {
	shape := slices.Clone(d.shape)
	for k, s := range d.strides {
		if s == 0 && shape[k] > 1 {
			shape[k] = 1 // one of those that repeat
		}
	}
	src := elems[T](d)
	w := walk(shape)
	defer w.done()
	w.operand(d.strides, d.off)
	n, s, _ := w.start()
	most := 0.0
	for more := n > 0; more; more = w.next() {
		if s == 1 {
			most = max(most, float64(rows.Peak(src[w.at[0]:][:n])))
			continue
		}
		for i := range n {
			most = max(most, float64(rows.Peak(src[w.at[0]+i*s:][:1])))
		}
	}
	return most
}
