package job

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
	"github.com/d52adeda/wave/cmd/wavebench/internal/segy"
)

// Hooks tell a caller what a job is doing. Any may be nil.
type Hooks struct {
	Progress func(wave.Progress)
	Warn     func(record.Warning)
	// Staged is given a function that removes unfinished results, for a caller that
	// has to end the program before Run returns.
	Staged func(discard func())
}

// Run does the job and returns its record, which is in the output folder too.
// When it fails or ctx ends, nothing of its own is left there.
func (j *Job) Run(ctx context.Context, h Hooks) (*record.Record, error) {
	began := time.Now()
	old := j.earlier()
	st, err := newStage(j.Dir, j.estimate())
	if err != nil {
		return nil, err
	}
	defer st.discard()
	if h.Staged != nil {
		h.Staged(st.discard)
	}

	o := j.options()
	o.Progress = h.Progress
	warnings := []record.Warning{}
	warn := func(w ...record.Warning) {
		warnings = append(warnings, w...)
		for _, w := range w {
			if h.Warn != nil {
				h.Warn(w)
			}
		}
	}
	warn(j.warnings...)
	o.Warn = func(w wave.Warning) { warn(record.Warning{Kind: string(w.Kind), Field: w.Field, Text: w.Text}) }
	if j.snapshots != nil {
		j.snapshots.write = st.write
		o.CallbackEvery = j.snapshots.every
		o.Callback = j.snapshots.add
	}
	simulation := time.Now()
	res, err := wave.Scalar(ctx, j.model.v, j.survey(), o)
	if err != nil {
		return nil, j.explain(err)
	}
	spent := time.Since(simulation)
	if j.snapshots != nil {
		spent -= j.snapshots.spent
	}
	seconds := spent.Seconds()
	warn(j.smallSEGY(res.Receivers)...)
	if err := j.writeResults(ctx, st, res); err != nil {
		return nil, err
	}

	r := j.record(res)
	r.Warnings = warnings
	if r.Outputs, err = st.files(); err != nil {
		return nil, err
	}
	points := float64(len(j.geometry.Sources)) * float64(res.Steps)
	for d, n := range res.Region {
		points *= float64(n + res.PMLWidth[2*d] + res.PMLWidth[2*d+1])
	}
	r.Timing = record.Timing{
		Started: began.UTC().Format(time.RFC3339), Simulation: seconds,
		Total: time.Since(began).Seconds(), CellsPerSecond: points / seconds,
	}
	if err := st.write(RecordName, func(w io.Writer) error { return writeJSON(w, r) }); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return r, st.commit(old)
}

// writeResults writes the data and the pictures, looking up between files whether
// to go on.
func (j *Job) writeResults(ctx context.Context, st *stage, res *wave.Result) error {
	o := j.Survey.Output
	type result struct {
		name string
		fn   func(io.Writer) error
	}
	var results []result
	if o.Receivers {
		results = append(results, result{"receivers.npy", func(w io.Writer) error { return writeNPY(w, res.Receivers) }})
	}
	if o.SEGY {
		results = append(results, result{"receivers.sgy", func(w io.Writer) error { return j.writeSEGY(w, res.Receivers) }})
	}
	if o.Model {
		results = append(results, result{"model.png", j.drawModel})
	}
	for _, shot := range gatherShots(len(j.geometry.Sources), o.Gathers) {
		results = append(results, result{fmt.Sprintf("gather_shot%03d.png", shot), func(w io.Writer) error { return j.drawGather(w, res.Receivers, shot) }})
	}
	for _, r := range results {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := st.write(r.name, r.fn); err != nil {
			return err
		}
	}
	if j.snapshots == nil {
		return nil
	}
	return j.snapshots.finish()
}

// record collects all that is known but for files and times.
func (j *Job) record(res *wave.Result) *record.Record {
	s := j.Summary()
	return &record.Record{
		Format: record.Format,
		Survey: j.Survey,
		Inputs: append([]record.File{}, j.inputs...),
		Run: record.Run{
			Shape: s.Shape, Spacing: s.Spacing, Velocity: []float64{s.MinVel, s.MaxVel},
			Shots: s.Shots, Sources: s.Sources, Receivers: s.Receivers, BetweenCells: s.Between,
			NT: s.NT, DT: s.DT, StepRatio: res.StepRatio, InnerDT: res.DT, Steps: res.Steps,
			Accuracy: res.Accuracy, PMLWidth: res.PMLWidth, PMLFreq: res.PMLFreq, MaxVel: res.MaxVel,
			Origin: res.Origin, Region: res.Region, Device: res.Device, Bytes: res.Bytes, BytesPerCell: res.BytesPerCell,
		},
		Versions: record.Build(),
	}
}

// estimate returns about how many bytes the results take on disk.
func (j *Job) estimate() int64 {
	samples := int64(len(j.geometry.Receivers)) * int64(len(j.geometry.Receivers[0])) * int64(j.signal.nt)
	total := int64(4 << 20) // pictures and record
	if j.Survey.Output.Receivers {
		total += samples * int64(dtypeOf(j.Survey).Size())
	}
	if j.Survey.Output.SEGY {
		f := j.segyFile()
		size := int64(240 + 4*f.Samples)
		if f.Revision == segy.Rev2_1 {
			size += 240
		}
		if f.Double {
			size += int64(4 * f.Samples)
		}
		total += size * int64(f.Traces)
	}
	if f := j.snapshots; f != nil {
		total += int64(len(f.pictures)) << 19
		total += int64(f.count) << 18
	}
	return total
}

func writeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}
