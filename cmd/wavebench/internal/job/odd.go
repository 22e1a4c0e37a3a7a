package job

import (
	"fmt"
	"math"
	"slices"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
)

// KindWavelet is the kind of warning for a wavelet that does not fit into the record, and
// KindUnit for numbers that look as if they were in another unit.
const (
	KindWavelet = "wavelet"
	KindUnit    = "unit"
)

// odd lists what the survey says that works but is seldom meant.
func (j *Job) odd() []record.Warning {
	if w := j.oddWavelet(); w != nil {
		return w // a wrong frequency would make the spacing odd, too
	}
	return j.oddUnits()
}

// oddWavelet warns of a wavelet whose peak is not in the record.
func (j *Job) oddWavelet() []record.Warning {
	w, end := j.Survey.Sources.Wavelet, float64(j.signal.nt)*j.Survey.Time.DT
	warning := func(format string, args ...any) []record.Warning {
		return []record.Warning{{Kind: KindWavelet, Field: "sources.wavelet", Text: fmt.Sprintf(format, args...)}}
	}
	switch {
	case w.Type == "file":
		return nil // the library looks at its samples
	case w.Type == "tone_burst":
		if last := w.Start + w.Cycles/w.Freq; w.Start >= end || last > end*(1+1e-9) {
			return warning("the burst lasts from %.4g s to %.4g s, and the record ends at %.4g s: an earlier start or a longer record would hold it%s", w.Start, last, end, j.slow(w.Cycles))
		}
		return nil
	case w.PeakTime == nil:
		return nil
	}
	switch peak := *w.PeakTime; {
	case peak < 0:
		return warning("the wavelet's peak comes at %.4g s, before the record begins: a peak_time of %.4g s would show all of it", peak, 1.5/w.Dominant())
	case peak >= end:
		return warning("the wavelet's peak comes at %.4g s, and the record ends at %.4g s: an earlier peak_time or a longer record would show it%s", peak, end, j.slow(1))
	}
	return nil
}

// slow asks whether a frequency is in kHz, if so many of its periods do not fit into the
// record but of one a thousand times higher do.
func (j *Job) slow(periods float64) string {
	freq, end := j.Survey.Sources.Wavelet.Dominant(), float64(j.signal.nt)*j.Survey.Time.DT
	if freq*end < periods && freq < 1 && freq*1000*end >= periods {
		return fmt.Sprintf("; %.4g Hz has periods of %.4g s: is it in kHz?", freq, 1/freq)
	}
	return ""
}

// oddUnits warns of numbers that are far from those of any rock, sea, metal or air.
func (j *Job) oddUnits() (out []record.Warning) {
	add := func(field, format string, args ...any) {
		out = append(out, record.Warning{Kind: KindUnit, Field: field, Text: fmt.Sprintf(format, args...)})
	}
	const slowest, fastest, cells = 100, 20_000, 1000
	switch most := j.model.max; {
	case most == 0:
		add("model v", "the speed is zero everywhere, so nothing moves")
		return out
	case most < slowest:
		add("model v", "the greatest speed is %.4g m/s: is it in km/s? Speeds are in m/s", most)
	case most > fastest:
		add("model v", "the greatest speed is %.4g m/s: is it in mm/s? Speeds are in m/s", most)
	}
	if freq, h := j.Survey.Sources.Wavelet.Dominant(), slices.Min(j.model.spacing); freq > 0 {
		if length := math.Abs(j.model.max) / freq; length > cells*h && len(out) == 0 {
			add("model.spacing", "a wave of %.4g Hz is %.4g m long, %.4g cells of %.4g m: is the spacing in km? It is in m", freq, length, length/h, h)
		}
	}
	return out
}

// said reports whether a warning of the library is about what odd has said better.
func (j *Job) said(w record.Warning) bool {
	kind := wave.WarningKind(w.Kind)
	return (kind == wave.WarnCut || kind == wave.WarnSilent) &&
		slices.ContainsFunc(j.warnings, func(o record.Warning) bool { return o.Kind == KindWavelet })
}
