// Package config is the survey file of wavebench: its schema, parser and checks.
//
// The schema is the struct Survey: a key of the file is the json tag of a field,
// so the record of a run, written as JSON, reads back through the same parser.
// Parse checks everything that can be checked without other files; Geometry
// checks positions against the model. Every problem names file, line, key, the
// value got and the value wanted.
//
// What it knows about waves is what package equation says of the equations: the models
// and channels that each has, by name. It reads no files. It imports that package,
// goccy/go-yaml and the standard library only.
package config

// Survey is a whole survey file. Coordinates and everything else with a value a
// dimension are in the order of the model's axes, slowest first: [z, y, x],
// [z, x] or [x].
type Survey struct {
	Equation  string    `json:"equation"` // scalar, acoustic or elastic
	Model     Model     `json:"model"`
	Time      Time      `json:"time"`
	Sources   Sources   `json:"sources"`
	Receivers Receivers `json:"receivers"`
	Options   Options   `json:"options"`
	Output    Output    `json:"output"`

	// Perturbations are for `wavebench sensitivity`; `wavebench run` models the
	// survey without them.
	Perturbations []Perturbation `json:"perturbations,omitempty"`

	origin origin // where its keys stand, for messages
	notes  []Problem
}

// Time is the sampling of amplitudes and records.
type Time struct {
	DT       float64 `json:"dt"` // s
	NT       int     `json:"nt,omitempty"`
	Duration float64 `json:"duration,omitempty"` // s, instead of NT
}

// Points are positions: exactly one of List, Line and Grid.
type Points struct {
	Unit       string    `json:"unit"` // "metres" or "cells"
	List       []Numbers `json:"list,omitempty"`
	Line       *Line     `json:"line,omitempty"`
	Grid       *Grid     `json:"grid,omitempty"`
	FromGround bool      `json:"from_ground,omitempty"` // the first coordinate is below the ground of model.topography
	Exact      bool      `json:"exact,omitempty"`       // of components too, though they sit half a cell further on than their cells
	Snap       bool      `json:"snap,omitempty"`        // move to the nearest cell
	HalfWidth  int       `json:"half_width,omitempty"`  // cells, of the sinc for positions between cells
}

// Line is evenly spaced positions: Count of them from From to To, or one every
// Step.
type Line struct {
	From  Numbers `json:"from"`
	To    Numbers `json:"to"`
	Count int     `json:"count,omitempty"`
	Step  float64 `json:"step,omitempty"`
}

// Grid is Counts positions along each axis between two corners.
type Grid struct {
	From   Numbers `json:"from"`
	To     Numbers `json:"to"`
	Counts []int   `json:"counts"`
}

// Sources are positions that emit a wavelet.
type Sources struct {
	// At most one of these says what they do; absent: the channel pressure. An "explosion" is
	// one, too.
	Channel      string        `json:"channel,omitempty"`
	Moment       Moment        `json:"moment,omitempty"`
	DoubleCouple *DoubleCouple `json:"double_couple,omitempty"`
	Points
	Shots   string  `json:"shots"` // "each" source is a shot, or all "together" are one
	Wavelet Wavelet `json:"wavelet"`
}

// Wavelet is the source function. Which keys a type has is in waveletKeys.
type Wavelet struct {
	Type      string    `json:"type"`
	Freq      *float64  `json:"freq,omitempty"`      // Hz
	Freqs     []float64 `json:"freqs,omitempty"`     // Hz, the four corners
	PeakTime  *float64  `json:"peak_time,omitempty"` // s
	Width     float64   `json:"width,omitempty"`     // s
	Phase     float64   `json:"phase,omitempty"`     // degrees
	Cycles    float64   `json:"cycles,omitempty"`
	Start     float64   `json:"start,omitempty"` // s
	File      string    `json:"file,omitempty"`
	Member    string    `json:"member,omitempty"`
	Amplitude Numbers   `json:"amplitude"` // one, or one a source
}

// Options are how to simulate; see wave.Options.
type Options struct {
	Backend       string   `json:"backend"`
	DType         string   `json:"dtype"`
	Accuracy      int      `json:"accuracy"`
	PMLWidth      Sides    `json:"pml_width"`
	Edges         *Edges   `json:"edges,omitempty"`
	PMLFreq       float64  `json:"pml_freq,omitempty"`   // Hz; 0: the wavelet's
	MaxVel        float64  `json:"max_vel,omitempty"`    // m/s; 0: the model's
	SurveyPad     Sides    `json:"survey_pad,omitempty"` // cells; absent: the whole model
	FreqTaperFrac float64  `json:"freq_taper_frac"`
	TimePadFrac   *float64 `json:"time_pad_frac,omitempty"` // absent: automatic
	TimeTaper     bool     `json:"time_taper"`
	Threads       int      `json:"threads,omitempty"`
	TimeTile      int      `json:"time_tile,omitempty"`
}

// Output is what to write.
type Output struct {
	Dir       string `json:"dir,omitempty"`
	Receivers bool   `json:"receivers"` // receivers.npy
	SEGY      bool   `json:"segy"`      // receivers.sgy
	// SEGYRevision is 1 or 2.1; 0: 1.
	SEGYRevision float64    `json:"segy_revision,omitempty"`
	Model        bool       `json:"model"`   // model.png, or one for each of several
	Gathers      int        `json:"gathers"` // at most so many shot gathers
	Snapshots    *Snapshots `json:"snapshots,omitempty"`
}

// Snapshots are the wavefield of one shot at Count times, or every Every seconds.
type Snapshots struct {
	Count     int     `json:"count,omitempty"`
	Every     float64 `json:"every,omitempty"` // s
	Shot      int     `json:"shot"`            // -1: the middle one
	Field     string  `json:"field,omitempty"` // by the channel that records it; absent: what the equation shows
	Pictures  int     `json:"pictures"`        // at most so many are drawn as PNG
	Animation bool    `json:"animation"`       // all of them as GIF
}

// Numbers is a list of numbers; a single number stands for a list of one.
type Numbers []float64

// Sides is a number of cells a side; a single one serves all sides. "edge" is -1.
type Sides []int

// Bounds on what a survey may ask for, so that a slip of the keyboard does not
// fill the memory.
const (
	MaxFile   = 4 << 20   // bytes of a survey file
	MaxPoints = 1_000_000 // positions in one set
	MaxTraces = 10_000_000
	MaxCells  = 1 << (24 + 16*(^uint(0)>>63)) // 2^40, or 2^24 where an int has 32 bits
	MaxNT     = 100_000_000
	MaxFrames = 10_000
)

// defaults is what a file starts from.
func defaults() Survey {
	return Survey{
		Equation: "scalar",
		Sources:  Sources{Shots: "each", Wavelet: Wavelet{Amplitude: Numbers{1}}},
		Options:  Options{Backend: "cpu", DType: "float32", Accuracy: 4, PMLWidth: Sides{20}},
		Output:   Output{Receivers: true, Model: true, Gathers: 3},
	}
}

// presets fills a struct behind a pointer before its keys are read.
func (s *Snapshots) presets() { *s = Snapshots{Shot: -1, Pictures: 6, Animation: true} }
