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
		// Sizes are ordered as their bits are, as whole numbers, NaN last.
		return sizes(ctx, x, func(x []float32, lo, hi uint64) (uint64, uint64) {
			l, h := uint32(lo), uint32(hi)
			for _, v := range x {
				b := math.Float32bits(v) &^ (1 << 31)
				l, h = min(l, b-1), max(h, b) // of 0, all ones
			}
			return uint64(l), uint64(h)
		}, func(b uint64) float64 { return float64(math.Float32frombits(uint32(b))) })
	}
	x, _ := Data[float64](a)
	return sizes(ctx, x, func(x []float64, lo, hi uint64) (uint64, uint64) {
		for _, v := range x {
			b := math.Float64bits(v) &^ (1 << 63)
			lo, hi = min(lo, b-1), max(hi, b)
		}
		return lo, hi
	}, math.Float64frombits)
}

func sizes[T Float](ctx context.Context, x []T, scan func(x []T, lo, hi uint64) (uint64, uint64), size func(bits uint64) float64) (float64, float64, error) {
	lo, hi := uint64(math.MaxUint64), uint64(0) // lo less 1
	for part := range slices.Chunk(x, 1<<24) {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		lo, hi = scan(part, lo, hi)
	}
	if hi == 0 {
		return math.Inf(1), 0, nil
	}
	return size(lo + 1), size(hi), nil
}
