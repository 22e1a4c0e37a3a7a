package job

import (
	"fmt"
	"io"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
	"github.com/d52adeda/wave/cmd/wavebench/internal/segy"
)

// metres returns a position in metres.
func (j *Job) metres(cells []float64) []float64 {
	out := make([]float64, len(cells))
	for d, x := range cells {
		out[d] = x * j.model.spacing[d]
	}
	return out
}

// traces returns the headers of all traces; their samples are consecutive parts
// of samples, or all of it if it is too short for that.
func (j *Job) traces(samples []float32) []segy.Trace {
	var out []segy.Trace
	nt := j.signal.nt
	for shot, receivers := range j.geometry.Receivers {
		sx, sy, sz := j.xyz(j.geometry.Sources[shot][0])
		for i, p := range receivers {
			t := segy.Trace{SourceX: sx, SourceY: sy, SourceZ: sz, Shot: shot + 1, Channel: i + 1, Samples: samples}
			t.ReceiverX, t.ReceiverY, t.ReceiverZ = j.xyz(p)
			if at := len(out) * nt; len(samples) >= at+nt && len(samples) > 1 {
				t.Samples = samples[at : at+nt]
			}
			out = append(out, t)
		}
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

// writeSEGY writes the records, in float32.
func (j *Job) writeSEGY(w io.Writer, receivers *array.Array) error {
	var x []float32
	if receivers.DType() == array.Float32 {
		var err error
		if x, err = receivers.Data32(); err != nil {
			return err
		}
	} else {
		for _, v := range receivers.Float64s() {
			x = append(x, float32(v))
		}
	}
	f := &segy.File{Interval: j.Survey.Time.DT, Traces: j.traces(x)}
	f.Text = []string{
		"SYNTHETIC DATA: SCALAR WAVE EQUATION, MADE BY WAVEBENCH",
		fmt.Sprintf("%d SHOTS OF %d RECEIVERS, %d SAMPLES OF %g S", len(j.geometry.Receivers), len(j.geometry.Receivers[0]), j.signal.nt, j.Survey.Time.DT),
		"POSITIONS IN METRES FROM THE MODEL'S FIRST CELL, Z DOWNWARD",
		"ALL SETTINGS ARE IN " + RecordName + " BESIDE THIS FILE",
	}
	return segy.Write(w, f)
}
