package gridfile

import (
	"fmt"
	"math"
)

// Member is an array of any type that is read: float32, float64, and signed
// and unsigned integers of 8 to 64 bits. Its slices must not be written to.
type Member struct {
	Shape []int
	DType string // such as "float32" or "int64"

	values any // row-major slice of DType
}

// Data returns the array as F32 if its type is float32, else as F64. The
// slice is shared with m where no conversion is needed. An integer that
// float64 cannot hold is an error.
func (m Member) Data() (Data, error) {
	if v, ok := m.values.([]float32); ok {
		return Data{Shape: m.Shape, F32: v}, nil
	}
	v, err := m.Float64()
	if err != nil {
		return Data{}, err
	}
	return Data{Shape: m.Shape, F64: v}, nil
}

// Float64 returns the values as float64, row-major. An integer that float64
// cannot hold is an error.
func (m Member) Float64() ([]float64, error) {
	switch v := m.values.(type) {
	case []float64:
		return v, nil
	case []float32:
		return toFloat(v), nil
	case []int8:
		return toFloat(v), nil
	case []int16:
		return toFloat(v), nil
	case []int32:
		return toFloat(v), nil
	case []uint8:
		return toFloat(v), nil
	case []uint16:
		return toFloat(v), nil
	case []uint32:
		return toFloat(v), nil
	case []int64:
		return longToFloat(v)
	case []uint64:
		return longToFloat(v)
	}
	return nil, m.mismatch("a number")
}

// Int returns the values of an integer array, row-major. A value that int
// cannot hold is an error, as is an array of another type.
func (m Member) Int() ([]int, error) {
	switch v := m.values.(type) {
	case []int8:
		return toInt(v)
	case []int16:
		return toInt(v)
	case []int32:
		return toInt(v)
	case []int64:
		return toInt(v)
	case []uint8:
		return toInt(v)
	case []uint16:
		return toInt(v)
	case []uint32:
		return toInt(v)
	case []uint64:
		return toInt(v)
	}
	return nil, m.mismatch("an integer")
}

// Bytes returns the values of a uint8 array, row-major.
func (m Member) Bytes() ([]byte, error) {
	if v, ok := m.values.([]uint8); ok {
		return v, nil
	}
	return nil, m.mismatch("uint8")
}

func (m Member) mismatch(want string) error {
	return misfit(fmt.Sprintf("dtype is %s, want %s", m.DType, want))
}

func toFloat[T int8 | int16 | int32 | uint8 | uint16 | uint32 | float32](v []T) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}

func longToFloat[T int64 | uint64](v []T) ([]float64, error) {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
		if math.Abs(out[i]) >= 1<<53 { // from there on float64 rounds integers
			return nil, misfit(fmt.Sprintf("value %d is %d, want less than 2^53 in size", i, x))
		}
	}
	return out, nil
}

func toInt[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64](v []T) ([]int, error) {
	out := make([]int, len(v))
	for i, x := range v {
		out[i] = int(x)
		if T(out[i]) != x || (x > 0) != (out[i] > 0) {
			return nil, misfit(fmt.Sprintf("value %d is %d, want one that int holds", i, x))
		}
	}
	return out, nil
}
