package job

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
	"github.com/d52adeda/wave/cmd/wavebench/internal/picture"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
	"github.com/d52adeda/wave/cmd/wavebench/internal/sensitivity"
)

// SensitivityOptions choose how to answer.
type SensitivityOptions struct {
	Native bool // by batched Born modelling only
	Chunk  int  // perturbations at once; 0: all
}

// Sensitivity models how the records change with each of the survey's
// perturbations and writes data and figures to the output folder. It returns what
// it found and the names of the files. When it fails or ctx ends, nothing of its
// own is left there.
func (j *Job) Sensitivity(ctx context.Context, so SensitivityOptions, h Hooks) (*sensitivity.Report, []record.File, error) {
	p, err := j.sensitivityProblem()
	if err != nil {
		return nil, nil, err
	}
	p.Native, p.Chunk, p.Progress = so.Native, so.Chunk, h.Progress
	p.Options.Warn = func(w wave.Warning) {
		if h.Warn != nil {
			h.Warn(record.Warning{Kind: string(w.Kind), Field: w.Field, Text: w.Text})
		}
	}
	samples := int64(len(j.geometry.Receivers)) * int64(len(j.geometry.Receivers[0])) * int64(j.signal.nt)
	need := 4<<20 + 2*samples*int64(len(p.DV)+2)*int64(dtypeOf(j.Survey).Size())
	st, err := newStage(j.Dir, need)
	if err != nil {
		return nil, nil, err
	}
	defer st.discard()
	if h.Staged != nil {
		h.Staged(st.discard)
	}
	a, err := p.Run(ctx)
	if err != nil {
		return nil, nil, j.explain(err)
	}
	if err := j.writeAnswer(ctx, st, a); err != nil {
		return nil, nil, err
	}
	files, err := st.files()
	if err != nil {
		return nil, nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	return &a.Report, files, st.commit(nil)
}

// sensitivityProblem is the job in terms of the library.
func (j *Job) sensitivityProblem() (*sensitivity.Problem, error) {
	p := &sensitivity.Problem{V: j.model.v, Survey: j.survey(), Options: j.options()}
	if len(j.Survey.Perturbations) == 0 {
		return nil, j.Survey.Problem("perturbations", "", "at least one change of the model: - {name: ..., box: {unit: cells, from: [...], to: [...], value: ...}}")
	}
	for i, q := range j.Survey.Perturbations {
		dv, err := j.perturbation(i)
		if err != nil {
			return nil, err
		}
		p.DV, p.Names = append(p.DV, dv), append(p.Names, q.Name)
	}
	return p, nil
}

// perturbation makes the change of the model that the i-th entry describes, m/s.
func (j *Job) perturbation(i int) (*array.Array, error) {
	s, shape := j.Survey, j.model.shape()
	q, at := s.Perturbations[i], fmt.Sprintf("perturbations[%d]", i)
	dv := make([]float64, j.model.v.Len())
	if q.File != "" {
		d, err := gridfile.Read(q.File, gridfile.Spec{Member: q.Member, Shape: shape})
		if err != nil {
			return nil, s.At(at+".file", err)
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
	changes := false
	for k, x := range dv {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, s.Problem(at, fmt.Sprintf("%v m/s at cell %v", x, unravel(k, shape)), "finite changes of velocity")
		}
		changes = changes || x != 0
	}
	if !changes {
		return nil, s.Problem(at, "0 m/s everywhere", "a change of velocity somewhere")
	}
	return array.Convert(dtypeOf(s), dv, shape...), nil
}

// writeAnswer writes arrays and figures.
func (j *Job) writeAnswer(ctx context.Context, st *stage, a *sensitivity.Answer) error {
	f := sensitivity.Figure{Shot: a.Shots / 2, DT: j.Survey.Time.DT}
	f.Receivers = j.receiverSide(f.Shot)
	results := []struct {
		name string
		of   *array.Array
		draw func(io.Writer, sensitivity.Figure) error
	}{
		{name: "forward.npy", of: a.Forward},
		{name: "born.npy", of: a.Born},
		{name: "jvp.npy", of: a.JVP},
		{name: "born_batch.npy", of: a.BornBatch},
		{name: "vmap_jvp.npy", of: a.VMapJVP},
		{name: "sensitivity.png", of: a.Born, draw: a.DrawPair},
		{name: "sensitivity_batch.png", of: a.BornBatch, draw: a.DrawBatch},
	}
	for _, r := range results {
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.of == nil {
			continue
		}
		err := st.write(r.name, func(w io.Writer) error {
			if r.draw != nil {
				return r.draw(w, f)
			}
			return writeNPY(w, r.of)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// receiverSide labels the receivers of a shot by their coordinate if they are
// evenly spaced along it, else by number.
func (j *Job) receiverSide(shot int) picture.Side {
	x, label := j.gatherAxis(shot)
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
