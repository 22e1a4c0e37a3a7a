package array

import (
	"context"
	"math"
	"slices"
)

// Reader returns a function that reads an element, row-major, as Data32 and Data64
// would; errors are theirs.
func (a *Array) Reader() (at func(i int) float64, err error) {
	if x, err := Data[float32](a); err == nil {
		return func(i int) float64 { return float64(x[i]) }, nil
	}
	x, err := Data[float64](a)
	return func(i int) float64 { return x[i] }, err
}

// Sizes returns the least magnitude of an element that is not 0 (infinity if there is
// none) and the greatest, which is NaN if any is and 0 for a traced array. It may take
// long, and ends with ctx.
func (a *Array) Sizes(ctx context.Context) (lo, hi float64, err error) {
	if x, err := Data[float32](a); err == nil {
		return sizes(ctx, x)
	}
	x, _ := Data[float64](a)
	return sizes(ctx, x)
}

func sizes[T Float](ctx context.Context, x []T) (lo, hi float64, err error) {
	lo = math.Inf(1)
	for part := range slices.Chunk(x, 1<<24) {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		for _, v := range part {
			size := math.Abs(float64(v))
			hi = max(hi, size)
			if size > 0 {
				lo = min(lo, size)
			}
		}
	}
	return lo, hi, nil
}
