package job

import (
	"context"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
	"github.com/d52adeda/wave/cmd/wavebench/internal/outdir"
	"github.com/d52adeda/wave/cmd/wavebench/internal/picture"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
	"github.com/d52adeda/wave/cmd/wavebench/internal/sensitivity"
)

// SensitivityOptions choose how to answer.
type SensitivityOptions struct {
	Native bool // by batched Born modelling only
	Chunk  int  // perturbations at once; 0: all
}

// SensitivityRecordName is the file, in the output folder, that lists what
// Sensitivity has written there; it can be repeated from it.
const SensitivityRecordName = "sensitivity.json"

// Sensitivity models how the records change with each of the survey's
// perturbations and writes data, figures and a record to the output folder. It
// returns what it found and the names of the files. When it fails or ctx ends, that
// folder is as it was, but for what was computed, which is kept beside it under
// another name.
func (j *Job) Sensitivity(ctx context.Context, so SensitivityOptions, h Hooks) (*sensitivity.Report, []record.File, error) {
	began := time.Now()
	p, err := j.sensitivityProblem(ctx, h.Progress)
	if err != nil {
		return nil, nil, err
	}
	warnings := []record.Warning{}
	warn := j.warner(h, &warnings)
	warn(j.warnings...)
	p.Native, p.Chunk, p.Progress = so.Native, so.Chunk, h.Progress
	p.Options.Warn = func(w wave.Warning) {
		warn(record.Warning{Kind: string(w.Kind), Field: w.Field, Text: w.Text})
	}
	plan := outdir.Plan{Record: SensitivityRecordName, Need: 4<<20 + 2*j.samples(j.channels[0])*int64(len(p.DV)+2)*int64(dtypeOf(j.Survey).Size())}
	for _, r := range j.answers(nil, so.Native) {
		plan.Names = append(plan.Names, r.name)
	}
	var report *sensitivity.Report
	var files []record.File
	err = j.stage(ctx, plan, h, warn, func(st *outdir.Stage) error {
		a, err := p.Run(ctx)
		if err != nil {
			return j.explain(err)
		}
		st.Computed()
		if err := j.writeResults(ctx, st, j.answers(a, so.Native), &drawing{ctx: ctx, warn: warn}); err != nil {
			return err
		}
		report, files = &a.Report, st.Files()
		r := j.record()
		r.Report, r.Outputs, r.Warnings = report, files, warnings
		r.Timing = record.Timing{Started: began.UTC().Format(time.RFC3339), Total: time.Since(began).Seconds()}
		return st.Commit(ctx, func(w io.Writer) error { return writeJSON(w, r) })
	})
	return report, files, err
}

// sensitivityProblem is the job in terms of the library.
func (j *Job) sensitivityProblem(ctx context.Context, progress func(meter.Reading)) (*sensitivity.Problem, error) {
	p := &sensitivity.Problem{V: j.model.first(), Survey: j.survey(), Options: j.options()}
	p.Survey.Receivers.Channels = nil // the background's, and what is scattered
	if len(j.Survey.Perturbations) == 0 {
		return nil, j.Survey.Problem("perturbations", "", "at least one change of the model: - {name: ..., box: {unit: cells, from: [...], to: [...], value: ...}}")
	}
	for i, q := range j.Survey.Perturbations {
		dv, err := j.perturbation(ctx, i, progress)
		if err != nil {
			return nil, err
		}
		p.DV, p.Names = append(p.DV, dv), append(p.Names, q.Name)
	}
	return p, nil
}

// perturbation makes the change of the model that the i-th entry describes, m/s.
func (j *Job) perturbation(ctx context.Context, i int, progress func(meter.Reading)) (*array.Array, error) {
	s, shape := j.Survey, j.model.shape()
	q, at := s.Perturbations[i], fmt.Sprintf("perturbations[%d]", i)
	dv := make([]float64, j.model.first().Len())
	if q.File != "" {
		d, err := j.readArray(ctx, at+".file", q.File, gridfile.Spec{Member: q.Member, Shape: shape}, progress)
		if err != nil {
			return nil, err
		}
		dv = toArray(array.Float64, d).Float64s()
	}
	lo, hi, ok, err := s.BoxCells(i, shape, j.model.spacing)
	if err != nil {
		return nil, err
	}
	if ok {
		for k := range dv {
			inside := true
			for d, c := range unravel(k, shape) {
				inside = inside && c >= lo[d] && c <= hi[d]
			}
			if inside {
				dv[k] += q.Box.Value
			}
		}
	}
	if !ok {
		at += ".file"
	}
	changes := false
	for k, x := range dv {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, s.Problem(at, fmt.Sprintf("%v m/s at cell %v", x, unravel(k, shape)), "finite changes of velocity")
		}
		changes = changes || x != 0
	}
	if k := unfit(dtypeOf(s), dv, true); k >= 0 {
		return nil, s.Problem(at, fmt.Sprintf("%v m/s at cell %v", dv[k], unravel(k, shape)), float32Holds)
	}
	if !changes {
		return nil, s.Problem(at, "0 m/s everywhere", "a change of velocity somewhere")
	}
	return array.Convert(dtypeOf(s), dv, shape...), nil
}

// answers lists the files that Sensitivity writes but for the record, data first.
// Before there is an answer, a is nil, and nothing may be written.
func (j *Job) answers(a *sensitivity.Answer, native bool) []result {
	data := func(name string, of func() *array.Array) result {
		return result{name: name, write: func(w io.Writer) error { return writeNPY(w, of()) }}
	}
	figure := func(name string, draw func(*sensitivity.Answer, io.Writer, sensitivity.Figure) error) result {
		return result{name: name, picture: true, write: func(w io.Writer) error {
			shot := a.Shots / 2
			return draw(a, w, sensitivity.Figure{Shot: shot, DT: j.Survey.Time.DT, Receivers: j.receiverSide(shot)})
		}}
	}
	all := []result{data("born_batch.npy", func() *array.Array { return a.BornBatch })}
	if !native {
		all = append(all,
			data("forward.npy", func() *array.Array { return a.Forward }),
			data("born.npy", func() *array.Array { return a.Born }),
			data("jvp.npy", func() *array.Array { return a.JVP }),
			data("vmap_jvp.npy", func() *array.Array { return a.VMapJVP }),
			figure("sensitivity.png", (*sensitivity.Answer).DrawPair))
	}
	return append(all, figure("sensitivity_batch.png", (*sensitivity.Answer).DrawBatch))
}

// receiverSide labels the receivers of a shot by their coordinate if they are
// evenly spaced along it, else by number.
func (j *Job) receiverSide(shot int) picture.Side {
	x, label := j.gatherAxis(0, shot)
	side := picture.Side{Name: "receiver", Step: 1}
	if len(x) < 2 {
		return side
	}
	step := (x[len(x)-1] - x[0]) / float64(len(x)-1)
	for i := range x {
		if math.Abs(x[0]+float64(i)*step-x[i]) > 1e-3*math.Abs(step) {
			return side
		}
	}
	return picture.Side{Name: label, First: x[0], Step: step}
}
