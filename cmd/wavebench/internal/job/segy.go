package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
	"github.com/d52adeda/wave/cmd/wavebench/internal/segy"
	"github.com/d52adeda/wave/equation"
)

// segyFile describes the SEG-Y file of a channel, without samples.
func (j *Job) segyFile(c config.Record) *segy.File {
	shots := j.geometry.Receivers[c.Set]
	perShot := len(shots[0])
	f := &segy.File{
		Interval: j.Survey.Time.DT, Samples: j.signal.nt, Traces: len(shots) * perShot,
		Text: []string{
			fmt.Sprintf("SYNTHETIC DATA: %s WAVE EQUATION, MADE BY WAVEBENCH", strings.ToUpper(j.model.physics.Name)),
			fmt.Sprintf("%s IN %s", strings.ToUpper(c.Name), c.Unit),
			fmt.Sprintf("%d SHOTS OF %d RECEIVERS", len(shots), perShot),
			fmt.Sprintf("%d SAMPLES OF %g S", j.signal.nt, j.Survey.Time.DT),
			"POSITIONS IN METRES FROM THE MODEL'S FIRST CELL, Z DOWNWARD",
			"OFFSETS ARE NEGATIVE WHERE THE RECEIVER LIES AT SMALLER X (OR Y, ALONG Y)",
			"CDP NUMBERS COUNT MIDPOINTS IN HALF CELLS, ALONG X FIRST",
		},
	}
	f.Sensor, f.Unit = sensor(c)
	if shift := j.shift(c.Channel, c.Set); slices.Contains(shift, 0.5) {
		var along []string
		for d, axis := range equation.Axes(len(shift)) {
			if shift[d] != 0 {
				along = append(along, strings.ToUpper(axis))
			}
		}
		f.Text = append(f.Text, fmt.Sprintf("RECORDED HALF A CELL FURTHER ALONG %s THAN RECEIVER POSITIONS SAY", strings.Join(along, ", ")))
	}
	if late := j.late(c.Channel); late != 0 {
		f.Text = append(f.Text, fmt.Sprintf("THE FIRST SAMPLE IS AT %.6g S", late))
	}
	if f.Revision = j.revision(); f.Revision == segy.Rev2_1 {
		f.Double = dtypeOf(j.Survey) == array.Float64
	} else {
		f.Text = append(f.Text, "OFFSETS (BYTES 37-40) ARE WHOLE METRES, AS THE STANDARD HAS THEM")
	}
	if n := len(j.geometry.Sources[0]); n > 1 {
		f.Text = append(f.Text, fmt.Sprintf("SOURCE POSITIONS ARE THOSE OF THE FIRST OF %d SOURCES", n))
	}
	f.Text = append(f.Text, "ALL SETTINGS ARE IN "+RecordName+" BESIDE THIS FILE")
	shape := j.model.shape()
	f.Trace = func(i int) segy.Trace {
		shot, channel := i/perShot, i%perShot
		source, receiver := j.geometry.Sources[shot][0], shots[shot][channel]
		t := segy.Trace{Shot: shot + 1, Channel: channel + 1, CMP: midpoint(shape, source, receiver)}
		t.SourceX, t.SourceY, t.SourceZ = j.xyz(source)
		t.ReceiverX, t.ReceiverY, t.ReceiverZ = j.xyz(receiver)
		return t
	}
	return f
}

// sensor returns what SEG-Y calls the sensor of a channel, and its unit. A line of receivers has x
// along it.
func sensor(c config.Record) (segy.Sensor, segy.Unit) {
	unit, known := map[string]segy.Unit{"Pa": segy.Pascal, "m/s": segy.MetresPerSecond}[c.Unit]
	if !known {
		unit = segy.OtherUnit
	}
	switch {
	case c.Name == "pressure":
		return segy.Pressure, unit
	case unit == segy.MetresPerSecond: // SeismicData if it is none of these
		return map[string]segy.Sensor{"vz": segy.Vertical, "vy": segy.CrossLine, "vx": segy.InLine}[c.Name], unit
	}
	return segy.SeismicData, unit
}

// revision is that of receivers.sgy.
func (j *Job) revision() segy.Revision {
	if j.Survey.Output.SEGYRevision == 2.1 {
		return segy.Rev2_1
	}
	return segy.Rev1
}

// midpoint numbers the common midpoint of two positions in cells, from 1: in half
// cells along x, then along y. It is 0 where there are more than numbers.
func midpoint(shape []int, a, b []float64) int {
	horizontal := min(1, len(shape)-1) // the first axis that is
	n := 0
	for d := horizontal; d < len(shape); d++ {
		n = n*(2*shape[d]-1) + int(math.Round(a[d]+b[d]))
		if n >= math.MaxInt32 {
			return 0
		}
	}
	return n + 1
}

// wider is the way out of what revision 1 does not hold.
const wider = "output.segy_revision 2.1, which holds it, or output.segy false"

// checkSEGY refuses what the file cannot hold and warns of what it rounds.
func (j *Job) checkSEGY(ctx context.Context, c config.Record, progress func(meter.Reading)) error {
	f := j.segyFile(c)
	if one := f.Trace; progress != nil && f.Traces >= 1<<20 {
		f.Trace = func(i int) segy.Trace {
			if i%(1<<16) == 0 {
				progress(meter.Reading{Stage: "checking SEG-Y", Done: i, Total: f.Traces})
			}
			return one(i)
		}
	}
	rounded, err := f.Rounded(ctx, slices.Min(j.model.spacing))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return j.segyProblem(err)
	}
	var texts []string
	for _, r := range rounded {
		text := fmt.Sprintf("%s to %g m (off by up to %.2g m", r.What, r.Unit, r.Error)
		if r.Stored < r.Differ {
			text += fmt.Sprintf("; the %d of a shot become %d", r.Differ, r.Stored)
		}
		texts = append(texts, text+")")
	}
	if len(texts) > 0 {
		texts = []string{"rounds " + strings.Join(texts, ", ")}
	}
	if n := len(j.geometry.Receivers[c.Set][0]); n > math.MaxInt16 && f.Revision == segy.Rev1 {
		texts = append(texts, fmt.Sprintf("has no room for the number of traces a shot, %d", n))
	}
	if len(texts) > 0 {
		j.warnings = append(j.warnings, segyWarning("SEG-Y revision 1 %s", strings.Join(texts, ", and ")))
	}
	return nil
}

// segyProblem says of what the file cannot hold which key it is about.
func (j *Job) segyProblem(err error) error {
	want := "false"
	if j.revision() == segy.Rev1 {
		want = wider
	}
	switch {
	case errors.Is(err, segy.ErrInterval):
		return j.Survey.Problem("time.dt", j.Survey.Time.DT, fmt.Sprintf("a whole number of microseconds up to 32767 for SEG-Y revision 1, or %s", want))
	case errors.Is(err, segy.ErrSamples):
		key, got := samplesKey(j.Survey)
		return j.Survey.Problem(key, got, fmt.Sprintf("at most 32767 samples for SEG-Y revision 1, or %s", want))
	}
	return j.Survey.Problem("output.segy", true, fmt.Sprintf("%s (%v)", want, err))
}

func segyWarning(format string, args ...any) record.Warning {
	return record.Warning{Kind: "segy", Field: "output.segy", Text: fmt.Sprintf(format, args...) + ": output.segy_revision 2.1 holds all"}
}

// smallSEGY warns of records that float32, all that revision 1 has, does not hold
// to its seven digits.
func (j *Job) smallSEGY(c config.Record, receivers *array.Array) []record.Warning {
	if !j.Survey.Output.SEGY || receivers.DType() == array.Float32 || j.segyFile(c).Double {
		return nil
	}
	const normal = 0x1p-126 // smaller ones have fewer digits
	at, err := receivers.Reader()
	if err != nil {
		return nil // writing it will say so
	}
	most := 0.0
	for i := range receivers.Len() {
		if x := math.Abs(at(i)); x > most && !math.IsInf(x, 0) {
			most = x
		}
	}
	if most == 0 || most >= 1e6*normal && most <= math.MaxFloat32 {
		return nil
	}
	return []record.Warning{segyWarning("%s holds float32, from %.2g to %.2g, and the greatest sample is %.2g", j.named("receivers", ".sgy", c), normal, math.MaxFloat32, most)}
}

// writeSEGY writes the records.
func (j *Job) writeSEGY(ctx context.Context, w io.Writer, c config.Record, receivers *array.Array) error {
	f := j.segyFile(c)
	if receivers.DType() == array.Float64 {
		all, err := receivers.Data64()
		if err != nil {
			return err
		}
		f.Data = func(i int) []float64 { return all[i*f.Samples:][:f.Samples] }
		return segy.Write(ctx, w, f)
	}
	all, err := receivers.Data32()
	if err != nil {
		return err
	}
	trace := make([]float64, f.Samples)
	f.Data = func(i int) []float64 {
		for k, x := range all[i*f.Samples:][:f.Samples] {
			trace[k] = float64(x)
		}
		return trace
	}
	return segy.Write(ctx, w, f)
}
