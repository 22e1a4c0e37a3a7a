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
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
	"github.com/d52adeda/wave/internal/memory"
	"github.com/d52adeda/wave/internal/physics"
)

// RecordName is the file, in the output folder, that a run can be repeated from.
const RecordName = "record.json"

// Job is a survey ready to run. It is for one goroutine.
type Job struct {
	Survey *config.Survey // with all defaults filled in
	Dir    string         // output folder

	model     *model
	signal    *signal
	amps      *array.Array // [shot][source][time]
	geometry  *config.Geometry
	inputs    []record.File
	ratio     int // internal steps a sample
	between   bool
	snapshots *frames // nil if none are wanted
	warnings  []record.Warning
}

// Summary is what a job is about to do, for display.
type Summary struct {
	Shape              []int
	Spacing            []float64
	MinVel, MaxVel     float64
	Shots              int
	Sources, Receivers int // a shot
	Between            bool
	NT                 int
	DT                 float64
	StepRatio, Steps   int
}

// Prepare checks everything about s that can be checked without running it.
// Relative file names in s are relative to base; results go to dir.
func Prepare(s *config.Survey, base, dir string) (*Job, error) {
	j := &Job{Survey: s, Dir: dir}
	if err := checkBackend(s); err != nil {
		return nil, err
	}
	if err := j.resolveFile("model.file", &s.Model.File, base); err != nil {
		return nil, err
	}
	if err := j.resolveFile("sources.wavelet.file", &s.Sources.Wavelet.File, base); err != nil {
		return nil, err
	}
	for i := range s.Perturbations {
		if err := j.resolveFile(fmt.Sprintf("perturbations[%d].file", i), &s.Perturbations[i].File, base); err != nil {
			return nil, err
		}
	}
	var err error
	if j.signal, err = readSignal(s); err != nil {
		return nil, err
	}
	s.Time.NT = j.signal.nt
	if j.model, err = readModel(s, memory.Free()); err != nil {
		return nil, err
	}
	if j.geometry, err = s.Geometry(j.model.shape(), j.model.spacing); err != nil {
		return nil, err
	}
	j.between = !config.Whole(j.geometry.Sources) || !config.Whole(j.geometry.Receivers)
	if j.amps, err = j.signal.amplitudes(s, j.geometry.Sources); err != nil {
		return nil, err
	}
	j.resolve()
	if err := j.checkSides(); err != nil {
		return nil, err
	}
	if s.Output.SEGY {
		if err := j.checkSEGY(); err != nil {
			return nil, err
		}
	}
	if s.Output.Snapshots != nil {
		if j.snapshots, err = j.newFrames(); err != nil {
			return nil, err
		}
	}
	return j, nil
}

// resolveFile makes the name that a key gives absolute and notes the file's hash.
func (j *Job) resolveFile(key string, name *string, base string) error {
	if *name == "" {
		return nil
	}
	path := *name
	if !filepath.IsAbs(path) {
		path = filepath.Join(base, path)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return j.Survey.At(key, err)
	}
	*name = path
	f, err := record.Hash(path)
	if err != nil {
		return j.Survey.At(key, err)
	}
	j.inputs = append(j.inputs, f)
	return nil
}

func checkBackend(s *config.Survey) error {
	name, _, _ := strings.Cut(s.Options.Backend, ":")
	if _, err := backend.Lookup(name); err != nil {
		if _, absent := backend.Absent()[name]; absent {
			return err
		}
		want := strings.Join(backend.Names(), ", ")
		if n := config.Nearest(name, backend.Names()); n != "" {
			want += fmt.Sprintf(" (did you mean %q?)", n)
		}
		return s.Problem("options.backend", fmt.Sprintf("%q", s.Options.Backend), "one of "+want)
	}
	return nil
}

// resolve fills in the defaults that depend on model and wavelet, so that the
// record says all.
func (j *Job) resolve() {
	o := &j.Survey.Options
	if o.MaxVel == 0 {
		o.MaxVel = j.model.max
	}
	if o.PMLFreq == 0 {
		o.PMLFreq = j.Survey.Sources.Wavelet.Dominant()
	}
	if len(o.PMLWidth) == 1 {
		o.PMLWidth = slices.Repeat(o.PMLWidth, 2*len(j.model.spacing))
	}
	_, j.ratio = physics.CFL(j.Survey.Time.DT, j.model.spacing, o.MaxVel)
}

func (j *Job) checkSides() error {
	n := 2 * len(j.model.spacing)
	want := fmt.Sprintf("one number, or %d: begin and end of each axis", n)
	if o := j.Survey.Options; len(o.PMLWidth) != n {
		return j.Survey.Problem("options.pml_width", fmt.Sprint(o.PMLWidth), want)
	} else if len(o.SurveyPad) > 1 && len(o.SurveyPad) != n {
		return j.Survey.Problem("options.survey_pad", fmt.Sprint(o.SurveyPad), want)
	}
	if s := j.Survey.Output.Snapshots; s != nil && s.Shot >= len(j.geometry.Sources) {
		return j.Survey.Problem("output.snapshots.shot", s.Shot, fmt.Sprintf("0 to %d", len(j.geometry.Sources)-1))
	}
	return nil
}

// Summary describes the job.
func (j *Job) Summary() Summary {
	return Summary{
		Shape: j.model.shape(), Spacing: j.model.spacing, MinVel: j.model.min, MaxVel: j.model.max,
		Shots: len(j.geometry.Sources), Sources: len(j.geometry.Sources[0]), Receivers: len(j.geometry.Receivers[0]), Between: j.between,
		NT: j.signal.nt, DT: j.Survey.Time.DT, StepRatio: j.ratio, Steps: j.signal.nt * j.ratio,
	}
}

// Changed returns the inputs whose content is not what an earlier record says,
// matched by path.
func (j *Job) Changed(old *record.Record) []string {
	var out []string
	for _, now := range j.inputs {
		for _, then := range old.Inputs {
			if now.Path == then.Path && now.SHA256 != then.SHA256 {
				out = append(out, now.Path)
			}
		}
	}
	return out
}

// survey is the job in the library's terms.
func (j *Job) survey() wave.Survey {
	w := wave.Survey{
		Spacing:   j.model.spacing,
		DT:        j.Survey.Time.DT,
		Sources:   wave.Sources{Points: points(j.geometry.Sources, j.Survey.Sources.HalfWidth), Amplitudes: j.amps},
		Receivers: points(j.geometry.Receivers, j.Survey.Receivers.HalfWidth),
	}
	return w
}

// points uses whole cells where all are, since that is exact.
func points(positions [][][]float64, halfWidth int) wave.Points {
	if !config.Whole(positions) {
		return wave.Points{Positions: positions, HalfWidth: halfWidth}
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

// options is how to run it in the library's terms.
func (j *Job) options() wave.Options {
	o := j.Survey.Options
	return wave.Options{
		Backend: o.Backend, Accuracy: o.Accuracy, PMLWidth: o.PMLWidth, PMLFreq: o.PMLFreq, MaxVel: o.MaxVel, SurveyPad: o.SurveyPad,
		FreqTaperFrac: o.FreqTaperFrac, TimePadFrac: o.TimePadFrac, TimeTaper: o.TimeTaper, Threads: o.Threads, TimeTile: o.TimeTile,
		OmitWavefields: true, // no output has them
	}
}

// explain turns an error of the library about an argument into one about the key
// of the survey file that it came from.
func (j *Job) explain(err error) error {
	var fe *wave.FieldError
	if !errors.As(err, &fe) || fe.Err != nil {
		return err
	}
	name, _, _ := strings.Cut(fe.Field, "[")
	for prefix, key := range map[string]string{
		"Survey.Spacing": "model.spacing", "Survey.DT": "time.dt", "Survey.NT": "time.nt", "Survey.Sources": "sources",
		"Survey.Receivers": "receivers", "Options.Backend": "options.backend", "Options.Accuracy": "options.accuracy",
		"Options.PMLWidth": "options.pml_width", "Options.PMLFreq": "options.pml_freq", "Options.MaxVel": "options.max_vel",
		"Options.SurveyPad": "options.survey_pad", "Options.FreqTaperFrac": "options.freq_taper_frac",
		"Options.TimePadFrac": "options.time_pad_frac", "Options.Threads": "options.threads", "Options.TimeTile": "options.time_tile",
	} {
		if name == prefix || strings.HasPrefix(name, prefix+".") {
			return fmt.Errorf("%w", j.Survey.Problem(key, fe.Got, fe.Want))
		}
	}
	return err
}

// earlier returns the record of a run that wrote to the same folder before, or nil.
func (j *Job) earlier() *record.Record {
	data, err := os.ReadFile(filepath.Join(j.Dir, RecordName))
	if err != nil {
		return nil
	}
	r, err := record.Parse(RecordName, data)
	if err != nil {
		return nil // not ours: leave everything alone
	}
	return r
}
