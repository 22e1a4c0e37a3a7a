package job

import (
	"io"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
)

// metres returns a position in metres.
func (j *Job) metres(cells []float64) []float64 {
	out := make([]float64, len(cells))
	for d, x := range cells {
		out[d] = x * j.model.spacing[d]
	}
	return out
}

// xyz returns a position in metres; z is the first of several axes.
func (j *Job) xyz(cells []float64) (x, y, z float64) {
	p := j.metres(cells)
	switch len(p) {
	case 1:
		return p[0], 0, 0
	case 2:
		return p[1], 0, p[0]
	}
	return p[2], p[1], p[0]
}

// writeNPY writes an array.
func writeNPY(w io.Writer, a *array.Array) error {
	if a.DType() == array.Float32 {
		x, err := a.Data32()
		if err != nil {
			return err
		}
		return gridfile.WriteNPY(w, a.Shape(), x)
	}
	x, err := a.Data64()
	if err != nil {
		return err
	}
	return gridfile.WriteNPY(w, a.Shape(), x)
}
