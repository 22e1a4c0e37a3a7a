package job

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
)

// model is a velocity model, m/s.
type model struct {
	v        *array.Array
	spacing  []float64 // m, one an axis
	min, max float64
}

func (m *model) shape() []int { return m.v.Shape() }

// readModel makes the model that the survey describes. free is how many bytes
// the model may take; 0 means that it is not known.
func readModel(s *config.Survey, free int64) (*model, error) {
	dt := dtypeOf(s)
	var data gridfile.Data
	if s.Model.File != "" {
		d, err := gridfile.Read(s.Model.File, gridfile.Spec{
			Member: s.Model.Member, Shape: s.Model.Shape, DType: s.Model.DType, BigEndian: s.Model.BigEndian,
			Limits: gridfile.Limits{MaxBytes: free},
		})
		if errors.Is(err, gridfile.ErrLimit) && free > 0 {
			err = fmt.Errorf("%w (%s of memory are free)", err, Size(free))
		}
		if err != nil {
			return nil, s.At("model.file", err)
		}
		data = d
	} else {
		need := int64(dt.Size())
		for _, n := range s.Model.Shape {
			need *= int64(n)
		}
		if free > 0 && need > free {
			return nil, s.Problem("model.shape", fmt.Sprintf("%v, which takes %s", s.Model.Shape, Size(need)), "a model that fits the "+Size(free)+" of free memory")
		}
		data = layered(s)
	}
	if n := len(data.Shape); n < 1 || n > 3 {
		return nil, s.Problem("model.file", fmt.Sprintf("an array of shape %v", data.Shape), "1 to 3 axes")
	}
	m := &model{spacing: s.Model.Spacing}
	switch len(m.spacing) {
	case len(data.Shape):
	case 1:
		m.spacing = slices.Repeat(m.spacing, len(data.Shape))
	default:
		return nil, s.Problem("model.spacing", fmt.Sprint(m.spacing), fmt.Sprintf("one number, or one for each of the %d axes", len(data.Shape)))
	}
	if slices.Contains(data.Shape, 0) {
		return nil, s.Problem("model.file", fmt.Sprintf("an array of shape %v", data.Shape), "at least one cell along every axis")
	}
	m.v = toArray(dt, data)
	var err error
	if data.F32 != nil {
		m.min, m.max, err = extremes(s, data.F32, data.Shape)
	} else {
		m.min, m.max, err = extremes(s, data.F64, data.Shape)
	}
	return m, err
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
	return array.Of64(array.Of32(d.F32, d.Shape...).Float64s(), d.Shape...)
}

// layered fills a model from model.value and model.layers.
func layered(s *config.Survey) gridfile.Data {
	shape := s.Model.Shape
	row := 1 // cells at one depth
	for _, n := range shape[1:] {
		row *= n
	}
	d := gridfile.Data{Shape: shape, F32: make([]float32, shape[0]*row)}
	if dtypeOf(s) == array.Float64 {
		d.F32, d.F64 = nil, make([]float64, shape[0]*row)
	}
	tops := s.Model.TopCells(shape[0])
	for z := range shape[0] {
		v := s.Model.Value
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
	if hi == 0 {
		return 0, 0, velocityProblem(s, "0 m/s everywhere", "a velocity above 0 somewhere")
	}
	return lo, hi, nil
}

func velocityProblem(s *config.Survey, got, want string) error {
	if s.Model.File == "" {
		return s.Problem("model.value", got, want)
	}
	return s.Problem("model.file", fmt.Sprintf("%s, with a velocity of %s", filepath.Base(s.Model.File), got), want)
}

// unravel returns the indices of a row-major element.
func unravel(i int, shape []int) []int {
	at := make([]int, len(shape))
	for d := len(shape) - 1; d >= 0; d-- {
		at[d], i = i%shape[d], i/shape[d]
	}
	return at
}

// Size prints a number of bytes: "3.2 GiB".
func Size(bytes int64) string {
	x, unit := float64(bytes), 0
	for x >= 1000 && unit < 5 {
		x, unit = x/1024, unit+1
	}
	if unit == 0 {
		return fmt.Sprintf("%d bytes", bytes)
	}
	return fmt.Sprintf("%.3g %s", x, []string{"", "KiB", "MiB", "GiB", "TiB", "PiB"}[unit])
}
