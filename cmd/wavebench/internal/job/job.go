// Package job runs a survey file: it reads the model, places sources and
// receivers, calls the propagator and writes data, pictures and the record.
//
// Prepare finds what is wrong with a survey before any long work; Job.Run does
// the work. Results appear in the output folder together at the end, or not at
// all. The package prints nothing.
//
// It imports package wave and what it needs of it, and the other internal
// packages of wavebench.
package job

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
	"github.com/d52adeda/wave/cmd/wavebench/internal/outdir"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/internal/memory"
)

// RecordName is the file, in the output folder, that a run can be repeated from.
const RecordName = "record.json"

// Job is a survey ready to run. It is for one goroutine.
type Job struct {
	Survey *config.Survey // with all defaults filled in
	Dir    string         // output folder
	Notes  []string       // what the user should know before it runs

	source    string
	overwrite bool
	segy      bool // receivers.sgy is wanted
	model     *model
	signal    *signal
	amps      *array.Array // [shot][source][time]
	geometry  *config.Geometry
	channels  []config.Record // what is recorded
	emissions []config.Emission
	inputs    []record.File
	ratio     int // internal steps a sample
	between   bool
	inaudible bool    // what the sources emit is next to nothing of the wavelet
	snapshots *frames // nil if none are wanted
	shown     string  // the field that they show
	quantity  string  // and what it is
	maxMemory int64   // bytes of a simulation; 0: what is free
	warnings  []record.Warning
}

// Summary is what a job is about to do, for display.
type Summary struct {
	Shape              []int
	Spacing            []float64
	Models             []record.Model
	Vacuum             float64 // part of the cells that are vacuum
	Shots              int
	Sources, Receivers int // a shot, of all sets
	Equation           string
	Emitted, Recorded  []string // channels
	Between            bool
	NT                 int
	DT                 float64
	StepRatio, Steps   int
}

// Target is where results go.
type Target struct {
	Dir       string // is made if it does not exist
	Overwrite bool   // replace files that no earlier run wrote there
	// Sensitivity says that they are those of Job.Sensitivity, so that what a survey says
	// of others is not looked at.
	Sensitivity bool
}

// Prepare checks everything about s that can be checked without running it, what
// takes no time first. It stops with ctx; progress may be nil.
func Prepare(ctx context.Context, s *config.Survey, src Source, to Target, progress func(meter.Reading)) (*Job, error) {
	j := &Job{Survey: s, Dir: to.Dir, overwrite: to.Overwrite, segy: s.Output.SEGY && !to.Sensitivity}
	if src.Earlier == nil { // a record may be replaced by that of its repetition, which says the same
		j.source = src.Path
	}
	if err := checkBackend(s); err != nil {
		return nil, err
	}
	if to.Sensitivity && s.Equation != "scalar" {
		return nil, s.Problem("equation", fmt.Sprintf("%q", s.Equation), "scalar for a sensitivity")
	}
	if err := outdir.Look(to.Dir); err != nil {
		return nil, err
	}
	if err := j.locate(ctx, src, progress); err != nil {
		return nil, err
	}
	var err error
	if j.signal, err = j.readSignal(ctx, progress); err != nil {
		return nil, err
	}
	s.Time.NT = j.signal.nt
	place := func(shape []int) error {
		if err := j.place(ctx, shape, progress); err != nil || !j.segy {
			return err
		}
		checked := map[int]bool{} // sets
		for _, c := range j.channels {
			if !checked[c.Set] {
				checked[c.Set] = true
				if err := j.checkSEGY(ctx, c, progress); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := j.readModel(ctx, memory.Free(), place, progress); err != nil {
		return nil, err
	}
	for _, p := range s.Properties() {
		n, h := j.model.shape()[0], j.model.spacing[0]
		for i, top := range p.Values.TopCells(h, n) {
			if top == n {
				j.warnings = append(j.warnings, record.Warning{Kind: "survey", Field: fmt.Sprintf("%s.layers[%d].top", p.Key, i),
					Text: fmt.Sprintf("%g m is below the last cell, at %g m: the layer has no cells", p.Values.Layers[i].Top, float64(n-1)*h)})
			}
		}
	}
	for _, p := range s.Notes() {
		j.warnings = append(j.warnings, record.Warning{Kind: "survey", Field: p.Field, Text: p.Text})
	}
	j.warnings = append(j.warnings, j.odd(ctx)...)
	if j.amps, err = j.signal.amplitudes(s, j.geometry.Sources); err != nil {
		return nil, err
	}
	if s.Options.MaxVel == 0 {
		s.Options.MaxVel = j.model.max
	}
	_, j.ratio = equation.CFL(s.Time.DT, j.model.spacing, s.Options.MaxVel)
	if s.Output.Snapshots != nil && !to.Sensitivity {
		if j.snapshots, err = j.newFrames(); err != nil {
			return nil, err
		}
	}
	for i, q := range s.Perturbations {
		if q.File != "" {
			if err := j.noteArray(ctx, fmt.Sprintf("perturbations[%d].file", i), q.File, q.Member, progress); err != nil {
				return nil, err
			}
		}
	}
	return j, nil
}

// place puts sources and receivers into a model of that shape and checks what
// depends on it, before the model's values are read.
func (j *Job) place(ctx context.Context, shape []int, progress func(meter.Reading)) (err error) {
	s := j.Survey
	j.model = &model{physics: s.Physics(), cells: shape, spacing: s.Model.Spacing}
	switch len(j.model.spacing) {
	case len(shape):
	case 1:
		j.model.spacing = slices.Repeat(j.model.spacing, len(shape))
	default:
		return s.Problem("model.spacing", fmt.Sprint(j.model.spacing), fmt.Sprintf("one number, or one for each of the %d axes", len(shape)))
	}
	if j.emissions, err = s.Emissions(len(shape)); err != nil {
		return err
	}
	if j.channels, err = s.Records(len(shape)); err != nil {
		return err
	}
	if err := s.Sides(len(shape)); err != nil {
		return err
	}
	if err := j.readSurface(ctx, progress); err != nil {
		return err
	}
	if j.geometry, err = s.Geometry(shape, j.model.spacing, j.model.ground); err != nil {
		return err
	}
	j.between = !config.Whole(j.geometry.Sources)
	for _, set := range j.geometry.Receivers {
		j.between = j.between || !config.Whole(set)
	}
	if s.Options.PMLFreq == 0 {
		s.Options.PMLFreq = s.Sources.Wavelet.Dominant()
	}
	f := s.Output.Snapshots
	if f == nil {
		return nil
	}
	if f.Shot >= len(j.geometry.Sources) {
		return s.Problem("output.snapshots.shot", f.Shot, fmt.Sprintf("0 to %d", len(j.geometry.Sources)-1))
	}
	field, c, err := s.Shown(len(shape))
	j.shown, j.quantity = field, quantity(c.Name, c.Unit)
	return err
}

func checkBackend(s *config.Survey) error {
	name, _, _ := strings.Cut(s.Options.Backend, ":")
	if _, err := backend.Lookup(name); err != nil {
		if how, absent := backend.Absent()[name]; absent {
			return s.Problem("options.backend", fmt.Sprintf("%q", s.Options.Backend), "one of this build: "+how)
		}
		want := strings.Join(backend.Names(), ", ")
		if n := config.Nearest(name, backend.Names()); n != "" {
			want += fmt.Sprintf(" (did you mean %q?)", n)
		}
		return s.Problem("options.backend", fmt.Sprintf("%q", s.Options.Backend), "one of "+want)
	}
	return nil
}

// Summary describes the job.
func (j *Job) Summary() Summary {
	s := Summary{
		Shape: j.model.shape(), Spacing: j.model.spacing, Vacuum: j.model.empty,
		Shots: len(j.geometry.Sources), Sources: len(j.geometry.Sources[0]), Between: j.between, Equation: j.model.physics.Name,
		NT: j.signal.nt, DT: j.Survey.Time.DT, StepRatio: j.ratio, Steps: j.signal.nt * j.ratio,
	}
	for _, p := range j.Survey.Properties() {
		r := j.model.ranges[p.Name]
		s.Models = append(s.Models, record.Model{Name: p.Name, Unit: p.Unit, Least: r[0], Greatest: r[1]})
	}
	for _, set := range j.geometry.Receivers {
		s.Receivers += len(set[0])
	}
	for _, c := range j.channels {
		s.Recorded = append(s.Recorded, c.Name)
	}
	for _, e := range j.emissions {
		s.Emitted = append(s.Emitted, e.Channel)
	}
	return s
}

// survey is the job in the library's terms.
func (j *Job) survey() wave.Survey {
	w := wave.Survey{Spacing: j.model.spacing, DT: j.Survey.Time.DT}
	at := points(j.geometry.Sources, &j.Survey.Sources.Points)
	for i, e := range j.emissions {
		amps := j.amps
		if e.Scale != 1 {
			amps = array.Scale(e.Scale, amps)
		}
		source := wave.Sources{Points: at, Channel: e.Channel, Amplitudes: amps}
		if i == 0 {
			w.Sources = source
		} else {
			w.MoreSources = append(w.MoreSources, source)
		}
	}
	for i, positions := range j.geometry.Receivers {
		set := &j.Survey.Receivers[i]
		receivers := wave.Receivers{Points: points(positions, &set.Points), Channels: set.Channels}
		if i == 0 {
			w.Receivers = receivers
		} else {
			w.MoreReceivers = append(w.MoreReceivers, receivers)
		}
	}
	return w
}

// points uses whole cells where all are, unless they are to be exact: a component sits half a cell
// further on than its cell.
func points(positions [][][]float64, p *config.Points) wave.Points {
	if !config.Whole(positions) || p.Exact {
		return wave.Points{Positions: positions, HalfWidth: p.HalfWidth}
	}
	cells := make([][][]int, len(positions))
	for s, shot := range positions {
		cells[s] = make([][]int, len(shot))
		for i, p := range shot {
			for _, x := range p {
				cells[s][i] = append(cells[s][i], int(x))
			}
		}
	}
	return wave.Points{Cells: cells}
}

// edges are the sides in the library's terms: nil if the survey says nothing of them.
func (j *Job) edges() []wave.Edge {
	e := j.Survey.Options.Edges
	if e == nil {
		return nil
	}
	words := map[string]wave.Edge{}
	for _, edge := range []wave.Edge{wave.Absorbing, wave.Free, wave.Rigid} {
		words[edge.String()] = edge
	}
	var out []wave.Edge
	for i, name := range config.SideNames(len(j.model.cells)) {
		edge, said := words[*e.Side(name)]
		if !said && j.Survey.Options.PMLWidth[i] == 0 {
			edge = j.model.physics.End
		}
		out = append(out, edge)
	}
	return out
}

// options is how to run it in the library's terms.
func (j *Job) options() wave.Options {
	o := j.Survey.Options
	return wave.Options{
		Backend: o.Backend, Accuracy: o.Accuracy, PMLWidth: o.PMLWidth, Edges: j.edges(), PMLFreq: o.PMLFreq, MaxVel: o.MaxVel, SurveyPad: o.SurveyPad,
		FreqTaperFrac: o.FreqTaperFrac, TimePadFrac: o.TimePadFrac, TimeTaper: o.TimeTaper, Threads: o.Threads, TimeTile: o.TimeTile,
		ShotsAtOnce: wave.AsManyAsFit, MaxMemory: j.maxMemory,
		OmitWavefields: true, // no output has them
	}
}
