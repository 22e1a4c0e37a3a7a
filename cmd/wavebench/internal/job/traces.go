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
	h := j.model.spacing
	switch len(cells) {
	case 1:
		return cells[0] * h[0], 0, 0
	case 2:
		return cells[1] * h[1], 0, cells[0] * h[0]
	}
	return cells[2] * h[2], cells[1] * h[1], cells[0] * h[0]
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
