package job

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
	"github.com/d52adeda/wave/internal/memory"
)

// model is a velocity model, m/s.
type model struct {
	cells    []int
	v        *array.Array // nil until its values are read
	spacing  []float64    // m, one an axis
	min, max float64
}

func (m *model) shape() []int { return m.cells }

// readModel makes the model that the survey describes, after all has been checked
// that does not depend on its values: place does, given its shape. free is how many bytes the model may take; 0
// means that it is not known.
func (j *Job) readModel(ctx context.Context, free int64, place func(shape []int) error, progress func(meter.Reading)) error {
	s, dt := j.Survey, dtypeOf(j.Survey)
	var data gridfile.Data
	var err error
	if s.Model.File != "" {
		data, err = j.readArray(ctx, "model.file", s.Model.File, gridfile.Spec{
			Member: s.Model.Member, Shape: s.Model.Shape, DType: s.Model.DType, BigEndian: s.Model.BigEndian,
			Check: place, Limits: gridfile.Limits{MaxBytes: free},
		}, progress)
		if errors.Is(err, gridfile.ErrLimit) && free > 0 {
			err = fmt.Errorf("%w (%s of memory are free)", err, memory.Size(free))
		}
		if err != nil {
			return err
		}
	} else {
		need := float64(dt.Size())
		for _, n := range s.Model.Shape {
			need *= float64(n)
		}
		if free > 0 && need > float64(free) {
			return s.Problem("model.shape", fmt.Sprintf("%v, which takes %s", s.Model.Shape, memory.Size(need)), "a model that fits the "+memory.Size(free)+" of free memory")
		}
		if value := *s.Model.Value; unfit(dt, []float64{value}, true) >= 0 {
			return s.Problem("model.value", value, float32Holds)
		}
		for i, l := range s.Model.Layers {
			if unfit(dt, []float64{l.Value}, true) >= 0 {
				return s.Problem(fmt.Sprintf("model.layers[%d].value", i), l.Value, float32Holds)
			}
		}
		if err := place(s.Model.Shape); err != nil {
			return err
		}
		data = layered(s)
	}
	if i := unfit(dt, data.F64, true); i >= 0 {
		return velocityProblem(s, fmt.Sprintf("%v m/s at cell %v", data.F64[i], unravel(i, data.Shape)), float32Holds)
	}
	if j.model.v = toArray(dt, data); j.model.v.Err() != nil {
		return s.At("model.file", j.model.v.Err())
	}
	if data.F32 != nil {
		j.model.min, j.model.max, err = extremes(s, data.F32, data.Shape)
	} else {
		j.model.min, j.model.max, err = extremes(s, data.F64, data.Shape)
	}
	return err
}

func dtypeOf(s *config.Survey) array.DType {
	if s.Options.DType == "float64" {
		return array.Float64
	}
	return array.Float32
}

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

// layered fills a model from model.value and model.layers.
func layered(s *config.Survey) gridfile.Data {
	shape := s.Model.Shape
	row := 1 // cells at one depth
	for _, n := range shape[1:] {
		row *= n
	}
	d := gridfile.Data{Shape: shape}
	if dtypeOf(s) == array.Float64 {
		d.F64 = make([]float64, shape[0]*row)
	} else {
		d.F32 = make([]float32, shape[0]*row)
	}
	tops := s.Model.TopCells(shape[0])
	for z := range shape[0] {
		v := *s.Model.Value
		for i, l := range s.Model.Layers {
			if z >= tops[i] {
				v = l.Value
			}
		}
		for i := z * row; i < (z+1)*row; i++ {
			if d.F64 != nil {
				d.F64[i] = v
			} else {
				d.F32[i] = float32(v)
			}
		}
	}
	return d
}

// extremes returns the least and greatest velocity, and refuses what no wave
// equation can use.
func extremes[T float32 | float64](s *config.Survey, v []T, shape []int) (lo, hi float64, err error) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for i, x := range v {
		f := float64(x)
		if math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
			return 0, 0, velocityProblem(s, fmt.Sprintf("%v m/s at cell %v", f, unravel(i, shape)), "finite velocities of 0 or more")
		}
		lo, hi = min(lo, f), max(hi, f)
	}
	if hi == 0 && s.Options.MaxVel == 0 {
		return 0, 0, velocityProblem(s, "0 m/s everywhere", "a velocity above 0 somewhere, or options.max_vel")
	}
	return lo, hi, nil
}

func velocityProblem(s *config.Survey, got, want string) error {
	if s.Model.File == "" {
		return s.Problem("model.value", got, want)
	}
	return s.Problem("model.file", fmt.Sprintf("%s, with %s", filepath.Base(s.Model.File), got), want)
}

// unravel returns the indices of a row-major element.
func unravel(i int, shape []int) []int {
	at := make([]int, len(shape))
	for d := len(shape) - 1; d >= 0; d-- {
		at[d], i = i%shape[d], i/shape[d]
	}
	return at
}
