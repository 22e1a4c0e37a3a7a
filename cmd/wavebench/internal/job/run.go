package job

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"time"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
	"github.com/d52adeda/wave/cmd/wavebench/internal/outdir"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
	"github.com/d52adeda/wave/equation"
)

// Hooks tell a caller what a job is doing. Any may be nil.
type Hooks struct {
	Progress func(meter.Reading)
	Warn     func(record.Warning)
	// Staged is given a function that ends the writing of results, and says what
	// became of them, for a caller that has to end the program before Run returns.
	Staged func(end func() string)
}

// KindPicture is the kind of warning for a picture that could not be made, and
// KindFolder for what was found in the output folder.
const (
	KindPicture = "picture"
	KindFolder  = "folder"
)

// result is a file that is written after the simulation.
type result struct {
	name    string
	about   int64 // bytes; 0 if there are few
	picture bool  // the run goes on without it
	cheap   bool  // made again without a simulation
	write   func(io.Writer) error
}

// results lists what a run writes after the simulation but for the record and what
// snapshots leave, data first. Before it, res is nil, and nothing may be written.
func (j *Job) results(ctx context.Context, res *wave.Result) []result {
	o := j.Survey.Output
	var out []result
	for _, c := range j.channels {
		if o.Receivers {
			about := j.samples(c) * int64(dtypeOf(j.Survey).Size())
			out = append(out, result{name: j.named("receivers", ".npy", c), about: about, write: func(w io.Writer) error { return writeNPY(w, recorded(res, c)) }})
		}
		if o.SEGY {
			out = append(out, result{name: j.named("receivers", ".sgy", c), about: j.segyFile(c).Size(), write: func(w io.Writer) error { return j.writeSEGY(ctx, w, c, recorded(res, c)) }})
		}
	}
	if o.Model {
		for _, p := range j.Survey.Properties() {
			out = append(out, result{name: j.modelFile(p.Name), picture: true, cheap: true, write: func(w io.Writer) error { return j.drawModel(w, p) }})
		}
	}
	for _, shot := range gatherShots(len(j.geometry.Sources), o.Gathers) {
		for _, c := range j.channels {
			name := j.named("gather", fmt.Sprintf("_shot%03d.png", shot), c)
			out = append(out, result{name: name, picture: true, write: func(w io.Writer) error { return j.drawGather(w, c, recorded(res, c), shot) }})
		}
	}
	return out
}

// named returns the name of a file of a channel, which is said where there are several.
func (j *Job) named(base, end string, c config.Record) string {
	if len(j.channels) > 1 {
		base += "_" + c.Name
	}
	return base + end
}

// shift is where a channel is of a source, or a receiver of a set, in cells beyond its position
// along each axis.
func (j *Job) shift(c equation.Channel, set int) []float64 {
	p, at := &j.Survey.Sources.Points, j.geometry.Sources
	if set != config.Source {
		p, at = &j.Survey.Receivers[set].Points, j.geometry.Receivers[set]
	}
	onCells := config.Whole(at) && !p.Exact
	out := make([]float64, len(j.model.cells))
	for d := range out {
		if c.Half[d] && onCells {
			out[d] = 0.5
		}
	}
	return out
}

// late is the time at which a channel has its first sample, s.
func (j *Job) late(c equation.Channel) float64 {
	return c.Time * j.Survey.Time.DT / float64(max(1, j.ratio))
}

// samples is how many samples a channel records.
func (j *Job) samples(c config.Record) int64 {
	set := j.geometry.Receivers[c.Set]
	return int64(len(set)) * int64(len(set[0])) * int64(j.signal.nt)
}

// Run does the job and returns its record, which is in the output folder too. When
// it fails or ctx ends, that folder is as it was, but for what was computed, which
// is kept beside it under another name.
func (j *Job) Run(ctx context.Context, h Hooks) (*record.Record, error) {
	began := time.Now()
	plan := outdir.Plan{Record: RecordName, Need: 4 << 20} // pictures and record
	for _, r := range j.results(ctx, nil) {
		plan.Names = append(plan.Names, r.name)
		plan.Need += r.about
		if r.cheap {
			plan.Cheap = append(plan.Cheap, r.name)
		}
	}
	if f := j.snapshots; f != nil {
		plan.Names = append(plan.Names, f.names()...)
		plan.Need += int64(len(f.pictures))<<19 + int64(f.count)<<18
	}
	warnings := []record.Warning{}
	warn := j.warner(h, &warnings)
	warn(j.warnings...)
	var r *record.Record
	err := j.stage(ctx, plan, h, warn, func(st *outdir.Stage) error {
		o := j.options()
		o.Progress, o.Resampling = meter.Of(meter.Simulating, h.Progress), meter.Of(meter.Resampling, h.Progress)
		o.Warn = func(w wave.Warning) { warn(record.Warning{Kind: string(w.Kind), Field: w.Field, Text: w.Text}) }
		draw := &drawing{ctx: ctx, warn: warn}
		if f := j.snapshots; f != nil {
			f.write = func(name string, fn func(io.Writer) error) error {
				what := name
				if folder := path.Dir(name); folder != "." {
					what = folder // of which one warning is enough
				}
				return draw.try(what, func() error { return st.Write(ctx, name, 0, fn) })
			}
			f.next = func(done, total int) error {
				if h.Progress != nil {
					h.Progress(meter.Reading{Stage: "drawing", Done: done, Total: total})
				}
				return ctx.Err()
			}
			o.CallbackEvery, o.CallbackBytes = f.every, f.bytes
			o.Callback = func(w *wave.Frame) error { return draw.try("frames", func() error { return f.add(w) }) }
		}
		simulation := time.Now()
		res, err := wave.Run(ctx, j.model.physics, j.model.values, j.survey(), o)
		if err != nil {
			return j.explain(err)
		}
		spent := time.Since(simulation)
		if j.snapshots != nil {
			spent -= j.snapshots.spent
		}
		st.Computed()
		for _, c := range j.channels {
			warn(j.smallSEGY(c, recorded(res, c))...)
		}
		err = j.writeResults(ctx, st, j.results(ctx, res), draw)
		if f := j.snapshots; f != nil && ctx.Err() == nil {
			err = errors.Join(err, draw.try("frames", f.finish))
		}
		if err != nil {
			return err
		}

		r = j.record()
		r.Run = j.outcome(res)
		r.Warnings, r.Outputs = warnings, st.Files()
		points := float64(len(j.geometry.Sources)) * float64(res.Steps)
		for d, n := range res.Region {
			points *= float64(n + res.PMLWidth[2*d] + res.PMLWidth[2*d+1])
		}
		r.Timing = record.Timing{
			Started: began.UTC().Format(time.RFC3339), Simulation: spent.Seconds(),
			Total: time.Since(began).Seconds(), CellsPerSecond: points / spent.Seconds(),
		}
		return st.Commit(ctx, func(w io.Writer) error { return writeJSON(w, r) })
	})
	return r, err
}

// stage opens a stage for fn, and says where things are if fn fails.
func (j *Job) stage(ctx context.Context, plan outdir.Plan, h Hooks, warn func(...record.Warning), fn func(*outdir.Stage) error) error {
	plan.Dir, plan.Inputs, plan.Overwrite, plan.Progress = j.Dir, j.reads(), j.overwrite, h.Progress
	st, err := outdir.Open(ctx, plan)
	for _, n := range st.Notes {
		warn(record.Warning{Kind: KindFolder, Text: n})
	}
	if err != nil {
		return err
	}
	defer st.End()
	if h.Staged != nil {
		h.Staged(st.End)
	}
	if err := fn(st); err != nil {
		if kept := st.Kept(); kept != "" && ctx.Err() == nil {
			return fmt.Errorf("%w\n%s", err, kept)
		}
		return err
	}
	return nil
}

// writeResults writes the data and the pictures. What can be written is, even if
// something else cannot.
func (j *Job) writeResults(ctx context.Context, st *outdir.Stage, results []result, draw *drawing) error {
	var lost []error
	for _, r := range results {
		write := func() error { return st.Write(ctx, r.name, r.about, r.write) }
		if r.picture {
			if err := draw.try(r.name, write); err != nil {
				return err
			}
		} else if err := write(); ctx.Err() != nil {
			return ctx.Err()
		} else if err != nil {
			lost = append(lost, err)
			_ = st.Spill(ctx, r.name, r.about, r.write) // what became of it is said in the end
		}
	}
	return errors.Join(lost...)
}

// drawing keeps a picture that cannot be made from ending the run.
type drawing struct {
	ctx    context.Context
	warn   func(...record.Warning)
	failed map[string]bool
}

// try calls fn, and warns if it fails; what has failed is not tried again. The
// error is that of the context.
func (d *drawing) try(what string, fn func() error) error {
	if d.failed[what] {
		return nil
	}
	err := d.guarded(fn)
	if err == nil || d.ctx.Err() != nil {
		return d.ctx.Err()
	}
	if d.failed == nil {
		d.failed = map[string]bool{}
	}
	d.failed[what] = true
	d.warn(record.Warning{Kind: KindPicture, Field: "output", Text: fmt.Sprintf("%s cannot be drawn or written, and the run goes on without: %s", what, Plain(err.Error()))})
	return nil
}

// guarded makes an error of a panic: packages that draw are not to be trusted with
// hours of computing.
func (d *drawing) guarded(fn func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("internal error: %v", r)
		}
	}()
	return fn()
}

// record collects what is known without the results.
func (j *Job) record() *record.Record {
	return &record.Record{
		Format: record.Format, Survey: j.Survey, Inputs: append([]record.File{}, j.inputs...),
		Warnings: []record.Warning{}, Versions: record.Build(),
	}
}

// outcome is what followed from the settings.
func (j *Job) outcome(res *wave.Result) *record.Run {
	s := j.Summary()
	r := &record.Run{
		Shape: s.Shape, Spacing: s.Spacing, Equation: s.Equation, Models: s.Models, Vacuum: s.Vacuum,
		Shots: s.Shots, ShotsAtOnce: res.ShotsAtOnce, Batches: (res.Shots + res.ShotsAtOnce - 1) / res.ShotsAtOnce, Sources: s.Sources, Receivers: s.Receivers, BetweenCells: s.Between,
		NT: s.NT, DT: s.DT, StepRatio: res.StepRatio, InnerDT: res.DT, Steps: res.Steps,
		Accuracy: res.Accuracy, PMLWidth: res.PMLWidth, PMLFreq: res.PMLFreq, MaxVel: res.MaxVel,
		Origin: res.Origin, Region: res.Region, Device: res.Device, Bytes: res.Bytes, BytesPerCell: res.BytesPerCell, Slow: res.Slow,
	}
	for _, c := range j.channels {
		set := j.geometry.Receivers[c.Set]
		r.Channels = append(r.Channels, record.Channel{
			Name: c.Name, Unit: c.Unit, File: j.named("receivers", "", c), Receivers: len(set[0]), Shift: j.shift(c.Channel, c.Set), Delay: j.late(c.Channel),
		})
	}
	for _, e := range j.emissions {
		c := j.Survey.Source(e.Channel, len(j.model.cells))
		r.Emitted = append(r.Emitted, record.Emission{Name: c.Name, Unit: c.Unit, Scale: e.Scale, Shift: j.shift(c, config.Source), Delay: j.late(c)})
	}
	return r
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

// recorded returns what a channel has recorded, [shot][receiver][time].
func recorded(res *wave.Result, c config.Record) *array.Array { return res.Records[c.Name] }
