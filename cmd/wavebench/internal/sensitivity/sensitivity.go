// Package sensitivity answers how the records of a survey change with the model,
// to first order, in two independent ways: Born modelling (wave.ScalarBorn), and
// forward-mode differentiation of the propagator (functional.JVP, and VMap for
// several changes at once). It compares and times them, and draws the records.
//
// It imports wave, functional, array, picture and meter.
package sensitivity

import (
	"context"
	"fmt"
	"time"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
	"github.com/d52adeda/wave/functional"
)

// Problem is a model, changes of it, and a survey.
type Problem struct {
	V     *array.Array   // speed, m/s, [z][y][x], [z][x] or [x]
	DV    []*array.Array // changes of it, of its shape; at least one
	Names []string       // of the changes

	Survey wave.Survey
	// Options are those of Born modelling. The functional layer runs with the same
	// on the backend eager; MaxVel must be given.
	Options wave.Options
	// Chunk bounds how many changes are computed at once; 0 means all.
	Chunk int
	// Native asks for batched Born modelling only. The functional layer then runs
	// just long enough to tell its speed.
	Native bool
	// Progress, if not nil, is told how much of all runs is done.
	Progress func(meter.Reading)
}

// Answer is the derivative of the records; what was not asked for is nil.
type Answer struct {
	Report
	// Forward is what the receivers record, Born and JVP the change by the first
	// perturbation: [shot][receiver][time].
	Forward, Born, JVP *array.Array
	// BornBatch and VMapJVP are the changes by each: [perturbation][shot][receiver][time].
	BornBatch, VMapJVP *array.Array
}

// solver is a problem being solved.
type solver struct {
	*Problem
	answer        *Answer
	stage, stages int
	repeated      bool // this stage runs again, for its time
}

// Run computes the answer.
func (p *Problem) Run(ctx context.Context) (*Answer, error) {
	q := *p
	q.Options.Warn = once(p.Options.Warn)
	s := &solver{Problem: &q, answer: &Answer{Report: Report{
		DType: p.V.DType().String(), Perturbations: p.Names, Shots: p.shots(), Differences: []Difference{},
	}}}
	stages := []func(context.Context) error{s.born, s.jvp, s.bornBatch, s.vmapJVP}
	if p.Native {
		stages = []func(context.Context) error{s.bornBatch, s.vmapSpeed}
	}
	s.stages = len(stages)
	for i, stage := range stages {
		s.stage = i
		if err := stage(ctx); err != nil {
			return nil, err
		}
	}
	if p.Native {
		return s.answer, nil
	}
	return s.answer, s.compare()
}

// once passes on each warning the first time.
func once(warn func(wave.Warning)) func(wave.Warning) {
	seen := map[wave.Warning]bool{}
	return func(w wave.Warning) {
		if warn != nil && !seen[w] {
			warn(w)
		}
		seen[w] = true
	}
}

// shots is the number of shots of the survey.
func (p *Problem) shots() int {
	if a := p.Survey.Sources.Amplitudes; a != nil && a.NDim() > 0 {
		return a.Shape()[0]
	}
	return 1
}

// chunk is how many changes are computed at once.
func (p *Problem) chunk() int {
	if p.Chunk <= 0 {
		return len(p.DV)
	}
	return min(p.Chunk, len(p.DV))
}

// runs is how many chunks there are.
func (p *Problem) runs() int { return (len(p.DV) + p.chunk() - 1) / p.chunk() }

// progress returns a wave.Options.Progress for one of several runs of a stage.
func (s *solver) progress(run, runs int) func(done, total int) {
	if s.Progress == nil {
		return nil
	}
	const parts = 1000 // of a stage
	return func(done, total int) {
		if !s.repeated {
			s.Progress(meter.Reading{Stage: meter.Simulating, Done: s.stage*parts + parts*(run*total+done)/max(runs*total, 1), Total: s.stages * parts})
		}
	}
}

// timed runs a stage, up to three times if it is short, and notes the shortest
// time.
func (s *solver) timed(t Time, fn func() error) error {
	defer func() { s.repeated = false }()
	spent := 0.0
	for i := 0; i < 3 && spent < 1; i++ {
		s.repeated = i > 0
		began := time.Now()
		if err := fn(); err != nil {
			return err
		}
		now := time.Since(began).Seconds()
		if spent += now; i == 0 || now < t.Seconds {
			t.Seconds = now
		}
	}
	t.Share = 1
	s.answer.Times = append(s.answer.Times, t)
	return nil
}

// born models what the first perturbation scatters.
func (s *solver) born(ctx context.Context) error {
	o := s.Options
	o.OmitWavefields, o.Progress = true, s.progress(0, 1)
	return s.timed(Time{Of: Born, Backend: s.backend(), Perturbations: 1}, func() error {
		survey := s.Survey
		survey.Receivers.Channels = []string{scattered}
		res, err := wave.ScalarBorn(ctx, s.V, s.DV[0], survey, o)
		if err != nil {
			return err
		}
		s.answer.Born = res.Records[scattered]
		s.noteRun(res)
		return nil
	})
}

// backend is the name of the one for Born modelling.
func (p *Problem) backend() string {
	if p.Options.Backend == "" {
		return "cpu"
	}
	return p.Options.Backend
}

// noteRun keeps what all runs have in common.
func (s *solver) noteRun(res *wave.Result) {
	a := s.answer
	if a.Device != "" {
		return
	}
	a.Device, a.Steps = res.Device, res.Steps
	for i, dv := range s.DV {
		if atEdge(dv, res.Origin, res.Region, res.PMLWidth) {
			a.AtEdge = append(a.AtEdge, s.Names[i])
		}
	}
}

// forward returns the function that the functional layer differentiates.
func (s *solver) forward(ctx context.Context, progress func(done, total int)) functional.Func {
	o := s.Options
	o.Backend, o.Threads = "eager", 0
	o.OmitWavefields, o.Progress = true, progress
	return func(v *array.Array) (*array.Array, error) {
		res, err := wave.Scalar(ctx, v, s.Survey, o)
		if err != nil {
			return nil, err
		}
		return res.Records["pressure"], nil
	}
}

// jvp differentiates the records in the direction of the first perturbation.
func (s *solver) jvp(ctx context.Context) error {
	f := s.forward(ctx, s.progress(0, 1))
	return s.timed(Time{Of: JVP, Backend: "eager", Perturbations: 1}, func() (err error) {
		s.answer.Forward, s.answer.JVP, err = functional.JVP(f, s.V, s.DV[0])
		return err
	})
}

// vmapJVP differentiates the records in the directions of all perturbations.
func (s *solver) vmapJVP(ctx context.Context) error {
	run := -1
	f := s.forward(ctx, func(done, total int) {
		if done == 0 {
			run++
		}
		if f := s.progress(run, s.runs()); f != nil {
			f(done, total)
		}
	})
	return s.timed(Time{Of: VMapJVP, Backend: "eager", Perturbations: len(s.DV)}, func() (err error) {
		run = -1
		s.answer.VMapJVP, err = s.vmap(f)
		return err
	})
}

// vmap is VMap(JVP) of f over the perturbations.
func (p *Problem) vmap(f functional.Func) (*array.Array, error) {
	jvp := func(x []*array.Array) ([]*array.Array, error) {
		_, dy, err := functional.JVP(f, p.V, x[0])
		return []*array.Array{dy}, err
	}
	out, err := functional.VMapN(jvp, functional.VMapOptions{Chunk: p.chunk()})([]*array.Array{stack(p.DV)})
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// leastSpeed is how long vmapSpeed measures at least, s.
var leastSpeed = 1.0

// vmapSpeed runs vmap as long as batched Born modelling took, at least leastSpeed
// and until something is done, and notes which share of it that was.
func (s *solver) vmapSpeed(ctx context.Context) error {
	budget := max(s.answer.Times[0].Seconds, leastSpeed)
	partial, cancel := context.WithCancel(ctx)
	defer cancel()
	began := time.Now()
	t := Time{Of: VMapJVP, Backend: "eager", Perturbations: len(s.DV), Share: 1}
	run := -1
	f := s.forward(partial, func(done, total int) {
		if done == 0 {
			run++
		}
		if f := s.progress(run, s.runs()); f != nil {
			f(done, total)
		}
		if spent := time.Since(began).Seconds(); done > 0 && spent > budget && partial.Err() == nil {
			t.Share, t.Seconds = float64(run*total+done)/float64(s.runs()*total), spent
			if t.Share < 1 {
				cancel()
			}
		}
	})
	_, err := s.vmap(f)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case partial.Err() == nil && err != nil:
		return fmt.Errorf("sensitivity: %w", err)
	case partial.Err() == nil:
		t.Seconds = time.Since(began).Seconds()
	}
	s.answer.Times = append(s.answer.Times, t)
	return nil
}
