package verify

import (
	"math"
	"slices"
	"strings"

	"github.com/d52adeda/wave/array"
)

// Values are numbers with a shape, row-major.
type Values struct {
	Shape []int
	Data  []float64
}

// ofArray reads an array.
func ofArray(a *array.Array) (Values, error) {
	if err := a.Err(); err != nil {
		return Values{}, err
	}
	return Values{a.Shape(), a.Float64s()}, nil
}

// difference returns the greatest |got-want| relative to the greatest |want|, or
// absolute if that is 0. It is +Inf where shapes differ and where any value is
// not finite.
func difference(got, want Values) float64 {
	if !slices.Equal(got.Shape, want.Shape) || len(got.Data) != len(want.Data) {
		return math.Inf(1)
	}
	scale, worst := 0.0, 0.0
	for i, w := range want.Data {
		d := math.Abs(got.Data[i] - w)
		if math.IsNaN(d) || math.IsInf(d, 0) {
			return math.Inf(1)
		}
		scale, worst = max(scale, math.Abs(w)), max(worst, d)
	}
	if scale == 0 {
		return worst
	}
	return worst / scale
}

// Tolerances, relative to the greatest value of an array.
const (
	tolerance64 = 1e-10
	tolerance32 = 1e-4
	toleranceT  = 5e-6 // the reference computed its tapers in single precision
	toleranceH  = 1e-8 // and the parameter of its Hicks window
	toleranceD  = 1e-5 // a finite difference
)

// tolerance returns how far an output may be off when computed in dt.
func (c *Case) tolerance(output string, dt array.DType) float64 {
	switch {
	case dt == array.Float32 || c.dtype() == array.Float32:
		return tolerance32
	case c.Meta.FreqTaperFrac > 0 || c.Meta.TimeTaper || taperedPiece(output):
		return toleranceT
	case strings.HasPrefix(output, "hicks_"):
		return toleranceH
	case strings.HasSuffix(output, "_central_difference"):
		return toleranceD
	}
	return tolerance64
}
