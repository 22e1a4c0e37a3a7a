package job

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
)

// fileError says of an error about the file that a key names which key is to be
// changed.
func (j *Job) fileError(key, path string, err error) error {
	var spec *gridfile.SpecError
	if !errors.As(err, &spec) {
		return j.Survey.At(key, err)
	}
	other := strings.TrimSuffix(key, "file") + strings.ToLower(spec.Field) // model.member, model.shape, ...
	switch {
	case spec.Field == "Member" && spec.Has == "no arrays":
		return j.Survey.At(key, fmt.Errorf("%s has no arrays", filepath.Base(path)))
	case spec.Field == "Member" && spec.Asked == "":
		return j.Survey.At(other, fmt.Errorf("which of %s?", spec.Has))
	case spec.Field == "Member":
		return j.Survey.Problem(other, fmt.Sprintf("%q", spec.Asked), "one of "+spec.Has)
	case j.Survey.Given(other):
		return j.Survey.Problem(other, spec.Asked, fmt.Sprintf("%s as %s has, or to leave it out", spec.Has, filepath.Base(path)))
	}
	return j.Survey.Problem(key, fmt.Sprintf("of %s %s", strings.ToLower(spec.Field), spec.Has), spec.Asked)
}

// unfit returns the first of the numbers that dt does not hold: too large, or, if
// small ones count, so small that it becomes zero. It is -1 if there is none.
func unfit(dt array.DType, x []float64, small bool) int {
	if dt == array.Float64 {
		return -1
	}
	for i, v := range x {
		if f := float32(v); math.IsInf(float64(f), 0) && !math.IsInf(v, 0) || small && f == 0 && v != 0 {
			return i
		}
	}
	return -1
}

// float32Holds is what is wanted of numbers that do not fit.
const float32Holds = "numbers that float32 holds (1.4e-45 to 3.4e+38 in size), or options.dtype float64"

// toArray makes an array of type dt, copying only if it must.
func toArray(dt array.DType, d gridfile.Data) *array.Array {
	switch {
	case d.F64 != nil && dt == array.Float64:
		return array.Of64(d.F64, d.Shape...)
	case d.F64 != nil:
		return array.Convert(dt, d.F64, d.Shape...)
	case dt == array.Float32:
		return array.Of32(d.F32, d.Shape...)
	}
	if err := array.Fits(dt, d.Shape...); err != nil {
		return array.Zeros(dt, d.Shape...) // carries the error
	}
	return array.Of64(array.Of32(d.F32, d.Shape...).Float64s(), d.Shape...)
}

// fromArray returns the elements of an array that nothing else has.
func fromArray(a *array.Array) (d gridfile.Data, err error) {
	d.Shape = a.Shape()
	if a.DType() == array.Float64 {
		d.F64, err = a.Data64()
	} else {
		d.F32, err = a.Data32()
	}
	return d, err
}

// value returns an element.
func value(d gridfile.Data, i int) float64 {
	if d.F64 != nil {
		return d.F64[i]
	}
	return float64(d.F32[i])
}

// set changes an element.
func set(d gridfile.Data, i int, x float64) {
	if d.F64 != nil {
		d.F64[i] = x
	} else {
		d.F32[i] = float32(x)
	}
}

// each calls fn for the numbers below n until it returns false, or ctx ends.
func each(ctx context.Context, n int, fn func(i int) bool) error {
	for i := range n {
		if i%(1<<20) == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if !fn(i) {
			return nil
		}
	}
	return nil
}
