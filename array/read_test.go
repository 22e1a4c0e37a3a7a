package array

import (
	"context"
	"errors"
	"math"
	"testing"
)

func TestReaderAndSizes(t *testing.T) {
	for _, dt := range []DType{Float32, Float64} {
		a := Convert(dt, []float64{0, -3, 0.5, 2}, 2, 2)
		at, err := a.Reader()
		if err != nil || at(1) != -3 || at(2) != 0.5 {
			t.Errorf("%v: reads %g and %g, %v", dt, at(1), at(2), err)
		}
		if lo, hi, err := a.Sizes(context.Background()); lo != 0.5 || hi != 3 || err != nil {
			t.Errorf("%v: sizes %g to %g, %v; want 0.5 to 3", dt, lo, hi, err)
		}
		if lo, hi, _ := Zeros(dt, 3).Sizes(context.Background()); !math.IsInf(lo, 1) || hi != 0 {
			t.Errorf("%v: sizes of zeros are %g and %g", dt, lo, hi)
		}
		if _, hi, _ := Convert(dt, []float64{1, math.NaN(), 2}, 3).Sizes(context.Background()); !math.IsNaN(hi) {
			t.Errorf("%v: the greatest size beside a NaN is %g", dt, hi)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, _, err := a.Sizes(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%v: %v after it was cancelled", dt, err)
		}
	}
}
