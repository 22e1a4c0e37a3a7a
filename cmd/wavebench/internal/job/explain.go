package job

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
	"github.com/d52adeda/wave/equation"
)

// keys says which key of a survey each argument of package wave comes from; those
// without one are not set from surveys.
var keys = map[string]string{
	"Survey.Spacing":             "model.spacing",
	"Survey.DT":                  "time.dt",
	"Survey.NT":                  "time.nt",
	"Survey.Sources":             "sources",
	"Survey.Sources.Cells":       "sources",
	"Survey.Sources.Positions":   "sources",
	"Survey.Sources.HalfWidth":   "sources.half_width",
	"Survey.Sources.Dipole":      "",
	"Survey.Sources.Channel":     "sources.channel",
	"Survey.Sources.Amplitudes":  "sources.wavelet",
	"Survey.Receivers":           "receivers",
	"Survey.Receivers.Cells":     "receivers",
	"Survey.Receivers.Positions": "receivers",
	"Survey.Receivers.HalfWidth": "receivers.half_width",
	"Survey.Receivers.Dipole":    "",
	"Survey.Receivers.Channels":  "receivers.channels",
	"Survey.MoreSources":         "sources",
	"Survey.MoreReceivers":       "receivers",
	"Survey.Initial":             "",
	"Survey.Origin":              "",

	"Options.Backend":        "options.backend",
	"Options.Accuracy":       "options.accuracy",
	"Options.PMLWidth":       "options.pml_width",
	"Options.Edges":          "options.edges",
	"Options.PMLFreq":        "options.pml_freq",
	"Options.MaxVel":         "options.max_vel",
	"Options.SurveyPad":      "options.survey_pad",
	"Options.FreqTaperFrac":  "options.freq_taper_frac",
	"Options.TimePadFrac":    "options.time_pad_frac",
	"Options.TimeTaper":      "options.time_taper",
	"Options.Threads":        "options.threads",
	"Options.TimeTile":       "options.time_tile",
	"Options.ShotsAtOnce":    "",
	"Options.MaxMemory":      "",
	"Options.OmitWavefields": "",
	"Options.Callback":       "",
	"Options.CallbackEvery":  "",
	"Options.CallbackBytes":  "",
	"Options.Progress":       "",
	"Options.Resampling":     "",
	"Options.Warn":           "",
}

// waysOut are the keys behind what the text of a warning advises.
var waysOut = map[wave.WarningKind]string{
	wave.WarnFootprint: "snap: true, half_width: 1, or edges that are free or rigid on that side",
}

// wayOut says what in the survey would do away with a warning, if that is known.
func (j *Job) wayOut(w record.Warning) string {
	name, ok := strings.CutPrefix(w.Field, "model ")
	if !ok || wave.WarningKind(w.Kind) != wave.WarnModel {
		return waysOut[wave.WarningKind(w.Kind)]
	}
	for _, p := range j.Survey.Properties() {
		if p.Name != name || p.Values.File == "" && p.Values.Value == nil { // what follows from another model has no unit
			continue
		}
		lo, hi, _ := j.model.values[name].Sizes(context.Background())
		if unit := p.Fitting(lo, hi); unit != "" && !strings.HasPrefix(unit, p.Unit) {
			return fmt.Sprintf("%s.unit: %s would say so", p.Key, unit)
		}
	}
	return ""
}

// keyOf returns the key of an argument of package wave, by its name without indices.
func keyOf(field string) (key string, ok bool) {
	for name := field; ; {
		if key, ok = keys[name]; ok {
			return key, true
		}
		dot := strings.LastIndexByte(name, '.')
		if dot < 0 {
			return "", false
		}
		name = name[:dot]
	}
}

// inWords replaces the names of arguments in a text by their keys.
var inWords = func() *strings.Replacer {
	var pairs []string
	for _, name := range slices.SortedFunc(maps.Keys(keys), func(a, b string) int { return len(b) - len(a) }) { // the longest first
		if keys[name] != "" {
			pairs = append(pairs, name, keys[name])
		}
	}
	return strings.NewReplacer(pairs...)
}()

// packages are the names with which errors of the library and of this program's packages
// begin.
var packages = regexp.MustCompile(`(^|: |\n)(?:(?:array|atomicfile|backend|cpu|eager|equation|functional|gridfile|hicks|opencl|picture|record|resample|segy|sensitivity|stencil|verify|vulkan|wave|wavelet): )+`)

// Plain leaves out names of packages, which say nothing to who uses the program.
func Plain(text string) string { return packages.ReplaceAllString(text, "$1") }

// models finds names of models, of the equation or of its Born form.
var models = regexp.MustCompile(`\bmodel \w+\b`)

// modelKey returns the key of a model as package wave names it: "model vp".
func (j *Job) modelKey(field string) (key string, ok bool) {
	name, ok := strings.CutPrefix(field, "model ")
	for _, p := range j.Survey.Properties() {
		switch {
		case ok && name == p.Name:
			return p.At(), true
		case ok && name == "d"+p.Name:
			return "perturbations", true
		}
	}
	return field, false
}

// words puts a text of the library into words of the survey.
func (j *Job) words(text string) string {
	text = pointSets.ReplaceAllStringFunc(Plain(text), func(name string) string {
		key, at := j.about(name)
		return strings.TrimSuffix(strings.TrimSuffix(key, ",")+" "+at, " ")
	})
	return models.ReplaceAllStringFunc(inWords.Replace(text), func(name string) string {
		key, _ := j.modelKey(name)
		return key
	})
}

// pointSets finds what package wave calls points, of a channel among several, and one of them.
var pointSets = regexp.MustCompile(`\bSurvey\.(More)?(Sources|Receivers)(?:\[(\d+)\])?((?:\.\w+)?)(?:\[(\d+)\]\[(\d+)\])?`)

// about returns the key that an argument of package wave comes from, as messages
// name it, and for a source or receiver where that is in the survey's unit. What is
// no argument of the package's is taken for a key.
func (j *Job) about(field string) (key, at string) {
	if key, ok := j.modelKey(field); ok {
		return key, ""
	}
	m := pointSets.FindStringSubmatch(field)
	if m == nil {
		name, _, _ := strings.Cut(field, "[")
		if key, ok := keyOf(name); ok {
			return key, ""
		}
		return field, ""
	}
	key, _ = keyOf("Survey." + m[2] + m[4])
	set := config.Source
	if m[2] == "Receivers" {
		set = 0
		if m[1] != "" {
			set, _ = strconv.Atoi(m[3])
			set++
		}
		key = j.Survey.Receivers.Key(set) + strings.TrimPrefix(key, "receivers")
	}
	if m[5] == "" {
		return key, ""
	}
	shot, _ := strconv.Atoi(m[5])
	i, _ := strconv.Atoi(m[6])
	return j.Survey.Point(j.geometry, set, shot, i)
}

// explain turns an error of package wave about an argument into one about the key
// of the survey that it came from.
func (j *Job) explain(err error) error {
	var fe *wave.FieldError
	if errors.Is(err, wave.ErrMemory) && !errors.As(err, &fe) { // of an array, halfway
		fe = &wave.FieldError{Field: "model " + j.model.physics.Models[0].Name, Text: err.Error() + "; a smaller model, fewer shots or receivers, or float32 take less"}
	}
	if fe == nil && !errors.As(err, &fe) {
		return err
	}
	key, at := j.about(fe.Field)
	p := j.Survey.Note(key, j.words(fe.Text))
	p.Got, p.Want, p.Err = j.words(fe.Got), j.words(fe.Want), err
	if m := mostCells.FindStringSubmatch(p.Want); m != nil && at != "" {
		last, _ := strconv.Atoi(m[1])
		d, _ := strconv.Atoi(m[2])
		p.Want = j.upTo(d, float64(last), strings.HasSuffix(at, " m")) + m[3]
	}
	switch {
	case at != "" && strings.HasPrefix(p.Got, "["): // that it is there, in cells
		p.Got = at
	case at != "":
		p.Got += ", " + at
	}
	if fe.Err != nil && fe.Text == "" {
		p.Want += j.words(": " + fe.Err.Error())
	}
	return &config.Error{Problems: []config.Problem{p}}
}

// mostCells finds in what package wave wants the last cell of a dimension.
var mostCells = regexp.MustCompile(`^at most (\d+) in dimension (\d+)(.*)`)

// upTo says which position is the last along an axis, in the unit of a survey.
func (j *Job) upTo(d int, cell float64, metres bool) string {
	axis := equation.Axes(len(j.model.cells))[d]
	if metres {
		return fmt.Sprintf("%s up to %.6g m", axis, cell*j.model.spacing[d])
	}
	return fmt.Sprintf("%s up to cell %g", axis, cell)
}

// warning says where in the survey a warning belongs, if it is about that.
func (j *Job) warning(w record.Warning) record.Warning {
	if w.Field == "" {
		return w
	}
	key, at := j.about(w.Field)
	if at != "" {
		key += " " + at
	}
	if way := j.wayOut(w); way != "" {
		w.Text += " (" + way + ")"
	}
	p := j.Survey.Note(key, j.words(w.Text))
	w.Field, _, _ = strings.Cut(p.Field, " ")
	return record.Warning{Kind: w.Kind, Field: strings.TrimSuffix(w.Field, ","), Where: p.Where(), Text: p.Text}
}

// warner returns a function that says where warnings belong, adds them to a list and
// passes them on.
func (j *Job) warner(h Hooks, list *[]record.Warning) func(...record.Warning) {
	return func(warnings ...record.Warning) {
		for _, w := range warnings {
			if j.said(w) {
				continue
			}
			if w = j.warning(w); slices.Contains(*list, w) {
				continue // of the same wavelet in another channel
			}
			*list = append(*list, w)
			if h.Warn != nil {
				h.Warn(w)
			}
		}
	}
}
