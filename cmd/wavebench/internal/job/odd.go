package job

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
	"github.com/d52adeda/wave/equation"
)

// KindWavelet is the kind of warning for a wavelet that does not fit into the record, and
// KindUnit for numbers that look as if they were in another unit.
const (
	KindWavelet = "wavelet"
	KindUnit    = "unit"
)

// odd lists what the survey says that works but is seldom meant.
func (j *Job) odd(ctx context.Context) []record.Warning {
	if w := j.oddWavelet(); w != nil {
		return w // a wrong frequency would make the spacing odd, too
	}
	return j.oddUnits(ctx)
}

// oddWavelet warns of a wavelet that is not in the record, or not all of it, and of one
// that samples do not hold.
func (j *Job) oddWavelet() []record.Warning {
	w, dt := j.Survey.Sources.Wavelet, j.Survey.Time.DT
	end, freq := float64(j.signal.nt)*dt, w.Dominant()
	warning := func(format string, args ...any) []record.Warning {
		return []record.Warning{{Kind: KindWavelet, Field: "sources.wavelet", Text: fmt.Sprintf(format, args...)}}
	}
	if w.Type == "file" || !slices.ContainsFunc(w.Amplitude, func(a float64) bool { return a != 0 }) {
		return nil // the library looks at the samples
	}
	if nyquist := 1 / (2 * dt); freq > nyquist {
		j.inaudible = true
		return warning("%.4g Hz is above the Nyquist frequency, %.4g Hz, of samples of %g s, so they hold another one: is the frequency in Hz, and time.dt in seconds? A time.dt of %.2g s would do", freq, nyquist, dt, 1/(8*freq))
	}
	if freq == 0 && w.Type != "gabor" {
		if w.Type == "ricker" {
			return warning("a wavelet of 0 Hz is constant from the first sample to the last")
		}
		return nil // zero
	}
	const much, nearlyAll = 0.05, 0.9
	before, after := j.beside()
	j.inaudible = before+after > nearlyAll
	if before+after < much {
		return nil
	}
	if w.Type == "tone_burst" {
		last, where, way := w.Start+w.Cycles/freq, "ends", "an earlier start or a longer record"
		if before > after {
			where, way = "begins", "a later start"
		}
		return warning("the burst lasts from %.4g s to %.4g s, and the record %s at %.4g s: %s would hold it%s",
			w.Start, last, where, map[bool]float64{false: end}[before > after], way, j.slow(w.Cycles))
	}
	peak, part := *w.PeakTime, fmt.Sprintf("%.0f%% of the wavelet's energy comes", 100*max(before, after))
	switch {
	case before > after && peak >= 0:
		return warning("%s before the record begins, since its peak comes at %.4g s: a peak_time of %.4g s would show all of it%s", part, peak, w.Rise(), j.slow(1))
	case before > after:
		return warning("the wavelet's peak comes at %.4g s, before the record begins: a peak_time of %.4g s would show all of it%s", peak, w.Rise(), j.slow(1))
	case peak < end:
		return warning("%s after the record's end at %.4g s, since its peak comes at %.4g s: an earlier peak_time or a longer record would show it%s", part, end, peak, j.slow(1))
	}
	return warning("the wavelet's peak comes at %.4g s, and the record ends at %.4g s: an earlier peak_time or a longer record would show it%s", peak, end, j.slow(1))
}

// beside returns the parts of the wavelet's energy that lie before and after the record.
func (j *Job) beside() (before, after float64) {
	w, end := j.Survey.Sources.Wavelet, float64(j.signal.nt)*j.Survey.Time.DT
	const fine, most = 16, 1 << 20 // samples a period
	from, length := w.Start, 0.0
	n := 1000
	if w.Type == "tone_burst" {
		length = w.Cycles / w.Dominant()
		n = int(min(max(float64(n), fine*w.Cycles), most))
	} else {
		from, length = *w.PeakTime-2*w.Rise(), 4*w.Rise()
	}
	row, err := sampled(w, n, length/float64(n), from)
	if err != nil {
		return 0, 0
	}
	all := 0.0
	for i, x := range row {
		switch t := from + (float64(i)+0.5)*length/float64(n); {
		case t < 0:
			before += x * x
		case t > end:
			after += x * x
		}
		all += x * x
	}
	return before / all, after / all
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

// oddUnits warns of a model that does not fit the grid or the wavelet. Of values that look as if
// they were in another unit the library warns.
func (j *Job) oddUnits(ctx context.Context) (out []record.Warning) {
	add := func(field, format string, args ...any) {
		out = append(out, record.Warning{Kind: KindUnit, Field: field, Text: fmt.Sprintf(format, args...)})
	}
	const cells = 1000
	all := j.Survey.Properties()
	switch first := all[0].At(); {
	case j.model.max == 0:
		add(first, "the speed is zero everywhere, so nothing moves")
		return out
	case j.model.min == 0 && j.model.physics.Vacuum == "" && j.model.ground == nil:
		add(first, "the speed is zero in parts of the model, where nothing moves")
	}
	out = append(out, j.oddAxes(ctx)...)
	out = append(out, j.aboveGround()...)
	out = append(out, j.oddWater(ctx)...)
	if freq, h := j.Survey.Sources.Wavelet.Dominant(), slices.Min(j.model.spacing); freq > 0 && j.model.plausible {
		switch length := j.model.max / freq; {
		case length > cells*h:
			add("model.spacing", "a wave of %.4g Hz is %.4g m long, %.4g cells of %.4g m: is the spacing in km? It is in m", freq, length, length/h, h)
		case length*cells < 100*h:
			add("model.spacing", "a wave of %.4g Hz is %.4g m long, and a cell is of %.4g m: is the spacing in mm? It is in m", freq, length, h)
		}
	}
	return out
}

// oddAxes warns of a file that changes more along what is taken for a horizontal axis than
// along the depth, and is deeper than wide: rocks lie in layers, and sections are wide.
func (j *Job) oddAxes(ctx context.Context) (out []record.Warning) {
	shape := j.model.shape()
	last := len(shape) - 1
	if last == 0 || float64(shape[0])*j.model.spacing[0] <= float64(shape[last])*j.model.spacing[last] {
		return nil
	}
	for _, p := range j.Survey.Properties() {
		if p.Values.File == "" || len(p.Values.Axes) > 0 || p.Name != j.model.physics.Models[0].Name {
			continue
		}
		if down, along := j.model.changes(ctx, 0), j.model.changes(ctx, last); along > down {
			axes := equation.Axes(len(shape))
			swapped := slices.Clone(axes)
			slices.Reverse(swapped)
			out = append(out, record.Warning{Kind: KindUnit, Field: p.At(), Text: fmt.Sprintf(
				"%v cells are deeper than wide, and change more along %s than along z: are the file's axes [%s]? %s.axes: [%[3]s] would say so, and [%[5]s] that they are not",
				shape, axes[last], strings.Join(swapped, ", "), p.Key, strings.Join(axes, ", "))})
		}
	}
	return out
}

// aboveGround warns of points in vacuum for an equation that does not know of it; of those of
// others the library warns.
func (j *Job) aboveGround() (out []record.Warning) {
	ground := j.model.ground
	if ground == nil || j.model.physics.Vacuum != "" {
		return nil
	}
	for set := config.Source; set < len(j.geometry.Receivers); set++ {
		positions, field, does := j.geometry.Sources, "sources", "do nothing"
		if set != config.Source {
			positions, field, does = j.geometry.Receivers[set], j.Survey.Receivers.Key(set), "record zeros"
		}
		n, first := 0, ""
		for shot, list := range positions {
			for i, p := range list {
				if ground.Above(p, j.model.cells) {
					if n++; n == 1 {
						name, at := j.Survey.Point(j.geometry, set, shot, i)
						first = strings.TrimSuffix(name, ",") + " " + at
					}
				}
			}
		}
		if n > 0 {
			out = append(out, record.Warning{Kind: string(wave.WarnVacuum), Field: field, Text: fmt.Sprintf("points in vacuum %s: %d, the first is %s", does, n, first)})
		}
	}
	return out
}

// oddWater warns of a sea that is nowhere, and of water that a relation takes for rock.
func (j *Job) oddWater(ctx context.Context) (out []record.Warning) {
	if w, g := j.Survey.Model.Water, j.model.ground; w != nil && w.Level != nil && slices.Max(g.Ground) <= g.Water {
		out = append(out, record.Warning{Kind: KindUnit, Field: "model.water.level", Text: fmt.Sprintf("the ground is nowhere below %g, so there is no water", *w.Level)})
	}
	const slowest, fastest = 1400, 1550 // m/s, of waves in the sea
	all := j.Survey.Properties()
	for _, p := range all {
		if p.From.Relation == "" {
			continue
		}
		v, err := j.model.first().Reader()
		x, bad := j.model.values[p.Name].Reader()
		if err != nil || bad != nil {
			continue
		}
		of := config.OfWater(p.Name)
		_ = each(ctx, j.model.first().Len(), func(i int) bool {
			if v(i) < slowest || v(i) > fastest || math.Abs(x(i)-of) <= 1e-6*of {
				return true
			}
			out = append(out, record.Warning{Kind: KindUnit, Field: p.At(), Text: fmt.Sprintf(
				"it makes rock of %.4g %s where %s is %.4g m/s, as in water: model.water.up_to: %[4]g would make water of it", x(i), p.Unit, all[0].Name, v(i))})
			return false
		})
	}
	return out
}

// changes returns how much the first model changes from cell to cell along an axis, in all.
func (m *model) changes(ctx context.Context, axis int) float64 {
	at, err := m.first().Reader()
	if err != nil {
		return 0
	}
	stride := 1
	for _, n := range m.cells[axis+1:] {
		stride *= n
	}
	sum, n := 0.0, m.cells[axis]
	_ = each(ctx, m.first().Len(), func(i int) bool {
		if i/stride%n < n-1 {
			sum += math.Abs(at(i+stride) - at(i))
		}
		return true
	})
	return sum
}

// said reports whether a warning of the library is about what odd has said better.
func (j *Job) said(w record.Warning) bool {
	spoken := func(kind string) bool {
		return slices.ContainsFunc(j.warnings, func(o record.Warning) bool { return o.Kind == kind })
	}
	switch wave.WarningKind(w.Kind) {
	case wave.WarnCut, wave.WarnSilent, wave.WarnAliased:
		return spoken(KindWavelet)
	case wave.WarnDispersion:
		return j.inaudible || !j.model.plausible
	case wave.WarnPMLNyquist:
		return j.inaudible && j.Survey.Options.PMLFreq == j.Survey.Sources.Wavelet.Dominant()
	case wave.WarnManySteps:
		return spoken(KindUnit) || !j.model.plausible
	}
	return false
}
