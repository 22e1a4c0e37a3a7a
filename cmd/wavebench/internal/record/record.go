// Package record is what a run leaves in record.json: all settings with defaults
// filled in, versions, files with their SHA-256, warnings and timing. A run can be
// repeated from it.
//
// It imports config, userfile, meter and the standard library only.
package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/userfile"
)

// Format is the version of the record's layout.
const Format = 1

// Record describes a run.
type Record struct {
	Format   int            `json:"wavebench_record"`
	Survey   *config.Survey `json:"survey"`
	Inputs   []File         `json:"inputs"`
	Outputs  []File         `json:"outputs"` // paths relative to the record
	Run      *Run           `json:"run,omitempty"`
	Report   any            `json:"sensitivity,omitempty"` // in place of Run
	Warnings []Warning      `json:"warnings"`
	Versions Versions       `json:"versions"`
	Timing   Timing         `json:"timing"`
}

// Run is what followed from the settings.
type Run struct {
	Shape        []int      `json:"shape"`   // cells of the model
	Spacing      []float64  `json:"spacing"` // m
	Equation     string     `json:"equation"`
	Models       []Model    `json:"models"`
	Vacuum       float64    `json:"vacuum,omitempty"` // part of the cells
	Shots        int        `json:"shots"`
	ShotsAtOnce  int        `json:"shots_at_once"` // at most; what the memory allowed
	Batches      int        `json:"batches"`       // one after the other
	Sources      int        `json:"sources_per_shot"`
	Receivers    int        `json:"receivers_per_shot"`
	BetweenCells bool       `json:"positions_between_cells"`
	NT           int        `json:"nt"`
	DT           float64    `json:"dt"` // s
	StepRatio    int        `json:"step_ratio"`
	InnerDT      float64    `json:"inner_dt"` // s
	Steps        int        `json:"steps"`
	Accuracy     int        `json:"accuracy"`
	PMLWidth     []int      `json:"pml_width"`
	PMLFreq      float64    `json:"pml_freq"` // Hz
	MaxVel       float64    `json:"max_vel"`  // m/s
	Origin       []int      `json:"origin"`
	Region       []int      `json:"region"`
	Device       string     `json:"device"`
	Bytes        int64      `json:"bytes"`          // memory of the simulation
	BytesPerCell float64    `json:"bytes_per_cell"` // of it what the device kept for a cell of a shot
	Channels     []Channel  `json:"channels"`
	Emitted      []Emission `json:"emitted"`
	Slow         []string   `json:"slow,omitempty"` // what of the equation the device runs slower than it could, and why
}

// Model is what a model of the equation was, but for vacuum.
type Model struct {
	Name     string  `json:"name"`
	Unit     string  `json:"unit"`
	Least    float64 `json:"least"`
	Greatest float64 `json:"greatest"`
}

// Channel is what was recorded of one kind.
type Channel struct {
	Name      string `json:"name"`
	Unit      string `json:"unit"`
	File      string `json:"file"` // without its extension
	Receivers int    `json:"receivers_per_shot"`
	// Shift is where it is taken of a receiver on a cell, in cells beyond it along each axis.
	Shift []float64 `json:"shift"`
	// Delay is the time of the first sample, s.
	Delay float64 `json:"delay"`
}

// Emission is what the sources did, of one kind.
type Emission struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`  // of amplitudes
	Scale float64 `json:"scale"` // times the wavelet
	// Shift is where a source on a cell acts, in cells beyond it along each axis.
	Shift []float64 `json:"shift"`
	// Delay is the time at which the first amplitude acts, s.
	Delay float64 `json:"delay"`
}

// Says is what it is, for readers.
func (c Channel) Says() string { return fmt.Sprintf("%s (%s)", c.Name, c.Unit) }

// Warning is something that is odd, but no error.
type Warning struct {
	Kind  string `json:"kind"`
	Field string `json:"field"`           // key of the survey, or the flag in its place
	Where string `json:"where,omitempty"` // it with file and line, as messages say it
	Text  string `json:"text"`
}

// String is the warning as it is printed.
func (w Warning) String() string {
	if w.Where == "" {
		return w.Text
	}
	return w.Where + ": " + w.Text
}

// Versions says what program made the run.
type Versions struct {
	Module   string `json:"module"`
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // of the version control system
	Modified bool   `json:"modified,omitempty"` // since that revision
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

// Timing is when and how long.
type Timing struct {
	Started        string  `json:"started"`            // RFC 3339
	Simulation     float64 `json:"simulation_seconds"` // without drawing
	Total          float64 `json:"total_seconds"`
	CellsPerSecond float64 `json:"cells_per_second"` // cells of all shots, PML included, times steps
}

// Build returns the versions of this program.
func Build() Versions {
	v := Versions{Version: "unknown", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Module, v.Version = info.Main.Path, info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

// MaxBytes is the most that is read of a record, which lists files.
const MaxBytes = 256 << 20

// Outputs returns what the record at path lists as written beside it. ok is false
// if there is no record.
func Outputs(path string) (files []File, ok bool) {
	data, err := userfile.ReadAll(path, MaxBytes)
	if err != nil || !Is(data) {
		return nil, false
	}
	var r struct {
		Outputs []File `json:"outputs"`
	}
	err = json.Unmarshal(data, &r)
	return r.Outputs, err == nil
}

// Is reports whether data is a record rather than a survey: JSON with its key.
func Is(data []byte) bool {
	var r struct {
		Format *int `json:"wavebench_record"`
	}
	data = bytes.TrimSpace(data)
	return len(data) > 0 && data[0] == '{' && json.Unmarshal(data, &r) == nil && r.Format != nil
}

// Parse reads a record. name stands for the file in messages.
func Parse(name string, data []byte) (*Record, error) {
	var raw struct {
		Format  int             `json:"wavebench_record"`
		Survey  json.RawMessage `json:"survey"`
		Inputs  []File          `json:"inputs"`
		Outputs []File          `json:"outputs"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, fmt.Errorf("record: %s: %w", name, err)
	}
	if raw.Format != Format {
		return nil, fmt.Errorf("record: %s: wavebench_record is %d, want %d", name, raw.Format, Format)
	}
	if len(raw.Survey) == 0 {
		return nil, fmt.Errorf("record: %s: survey is missing", name)
	}
	s, err := config.Parse(name, raw.Survey)
	var ce *config.Error
	if errors.As(err, &ce) {
		for i := range ce.Problems { // they count from the survey's first line
			ce.Problems[i].Line = 0
		}
	}
	if err != nil {
		return nil, err
	}
	s.ForgetLines()
	r := &Record{Format: Format, Survey: s, Inputs: raw.Inputs, Outputs: raw.Outputs}
	for _, f := range s.Files() { // the survey's text cannot hold every name
		if in, ok := r.Input(f.Key); ok {
			*f.Name = in.Path
		}
	}
	return r, nil
}

// Input returns the file that a key of the survey named.
func (r *Record) Input(key string) (File, bool) {
	for _, f := range r.Inputs {
		if f.Key == key {
			return f, true
		}
	}
	return File{}, false
}

// Forget drops the file that a key of the survey named, if there is one.
func (r *Record) Forget(key string) {
	r.Inputs = slices.DeleteFunc(r.Inputs, func(f File) bool { return f.Key == key })
}

// Output returns the file that the record lists under that path.
func (r *Record) Output(path string) (File, bool) {
	for _, f := range r.Outputs {
		if f.Path == path {
			return f, true
		}
	}
	return File{}, false
}
