package array

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/d52adeda/wave/internal/memory"
)

// ErrMemory: the numbers of an array do not fit the memory that is free.
var ErrMemory = errors.New("not enough memory")

// A Go program that gets no memory ends, so what is free is looked at before: for an
// array that takes a good part of it, and whenever smaller ones together have done.

// taken counts the bytes of arrays since then, of which there may be until before the
// next look.
var taken, until atomic.Int64

// trifle is the size, bytes, of arrays that are not even counted.
const trifle = 4096

// spared is the memory, bytes, that arrays leave to all else.
const spared = 16 << 20

func init() { until.Store(64 << 20) }

// room returns an error if n elements do not fit what is free.
func room(dt DType, n int) error {
	bytes := int64(n) * int64(dt.Size())
	if bytes <= trifle || taken.Add(bytes) < until.Load() {
		return nil
	}
	return look(dt, bytes)
}

func look(dt DType, bytes int64) error {
	free := memory.For(bytes+spared, 0)
	if free == 0 {
		return nil // not known
	}
	if bytes > free-spared {
		return fmt.Errorf("%s of %s, want at most the %s that are free: %w", memory.Size(bytes), dt, memory.Size(max(free-spared, 0)), ErrMemory)
	}
	taken.Store(0)
	until.Store((free - bytes) / 16) // there may be less soon
	return nil
}

// Fits returns an error that matches ErrMemory if there is no room now for an array of
// a shape.
func Fits(dt DType, shape ...int) error {
	n, err := sizeOf(shape)
	if err == nil && (dt == Float32 || dt == Float64) && n > trifle {
		err = look(dt, int64(n)*int64(dt.Size()))
	}
	if err != nil {
		return fmt.Errorf("array: %s of shape %v: %w", dt, shape, err)
	}
	return nil
}

// numbers allocates n of them.
func numbers[T Float](n int) ([]T, error) {
	if err := room(typeOf[T](), n); err != nil {
		return nil, err
	}
	return make([]T, n), nil
}

// typeOf returns the type of elements.
func typeOf[T Float]() DType {
	if _, ok := any(T(0)).(float32); ok {
		return Float32
	}
	return Float64
}
