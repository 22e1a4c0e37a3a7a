package job

import (
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
