package array

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/d52adeda/wave/internal/crew"
)

// RowMap is a linear map of rows, for LinearRows.
type RowMap struct {
	// Forward takes a row to one of another length, Transpose the reverse. Both work in
	// float64 and must not depend on earlier calls.
	Forward, Transpose func(dst, src []float64)
	// Threads is how many goroutines may call them at a time; 0 means one, that of LinearRows.
	Threads int
	// Between, if not nil, is called by the goroutine of LinearRows before the first row, now
	// and then, and after the last, with how many of how many rows are done. An error from
	// it ends the work and is the result's.
	Between func(done, total int) error
}

// reversed is the map's transpose.
func (m RowMap) reversed() RowMap {
	m.Forward, m.Transpose = m.Transpose, m.Forward
	return m
}

// LinearRows applies a linear map to every row (run along the last axis), whose
// results have n elements. What is derived of it calls the same functions, later
// too: Transpose, and Between with counts of its own.
func LinearRows(a *Array, n int, m RowMap) *Array {
	return apply([]*Array{a}, linear(op{name: "LinearRows", eval: func(args []*dense) (*dense, error) {
		d := args[0]
		if len(d.shape) == 0 {
			return nil, fmt.Errorf("of an array without axes: %w", ErrShape)
		}
		shape := append(slices.Clone(d.shape[:len(d.shape)-1]), n)
		if _, err := sizeOf(shape); err != nil {
			return nil, fmt.Errorf("of %v to rows of %d: %w", d.shape, n, err)
		}
		out, err := newDense(d, shape)
		if err != nil {
			return nil, err
		}
		if d.dt == Float32 {
			return out, linearRows[float32](out, d, m)
		}
		return out, linearRows[float64](out, d, m)
	}},
		func(shape []int, ct *Array) *Array { return LinearRows(ct, lastExtent(shape), m.reversed()) },
		func(_ int, x *Array) *Array {
			if x.NDim() < 2 { // the examples are not a row
				return fail("array: LinearRows of a number: %w", ErrShape)
			}
			return LinearRows(x, n, m)
		},
		func(x *Array) *Array { return LinearRows(x, n, m) }))
}

func linearRows[T Float](out, d *dense, m RowMap) error {
	const often = 50 * time.Millisecond // from one call of Between to the next
	from, to := lastExtent(d.shape), lastExtent(out.shape)
	src, err := packed[T](d)
	if err != nil {
		return err
	}
	dst := elems[T](out)
	total := 0
	if to > 0 {
		total = len(dst) / to
	}
	between := func(done int) error {
		if m.Between == nil {
			return nil
		}
		return m.Between(done, total)
	}
	var next atomic.Int64 // the row that is taken next
	work := func(until time.Time) {
		in, res := make([]float64, from), make([]float64, to)
		for m.Between == nil || time.Now().Before(until) {
			k := int(next.Add(1)) - 1
			if k >= total {
				return
			}
			for i, v := range src[k*from : (k+1)*from] {
				in[i] = float64(v)
			}
			m.Forward(res, in)
			for i, v := range res {
				dst[k*to+i] = T(v)
			}
		}
	}
	for done := 0; done < total; done = min(int(next.Load()), total) {
		if err := between(done); err != nil {
			return err
		}
		until := time.Now().Add(often)
		crew.Together(min(m.Threads, total-done), func() { work(until) })
	}
	return between(total)
}
