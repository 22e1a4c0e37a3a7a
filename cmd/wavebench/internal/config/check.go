package config

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
)

// check validates what needs no other file, and fills in defaults that depend on
// other keys.
func (s *Survey) check(r *report) {
	s.Model.check(r)
	s.checkEquation(r)
	s.Time.check(r, s.Sources.Wavelet.Type == "file")
	s.Sources.Wavelet.check(r)
	s.Sources.Points.check(r, "sources")
	s.Sources.check(r)
	if len(s.Receivers) == 0 {
		s.Receivers = make(Receivers, 1) // of which the rest is missing
	}
	below := func(p *Points, at string) {
		if p.FromGround && s.Model.Topography == nil {
			r.add(at+".from_ground", true, "it only with "+topography)
		}
	}
	below(&s.Sources.Points, "sources")
	for i := range s.Receivers {
		set, at := &s.Receivers[i], s.Receivers.Key(i)
		below(&set.Points, at)
		set.Points.check(r, at)
		if set.Relative && s.Sources.Shots == "together" {
			r.add(at+".relative", true, "false when sources.shots is together: there is no one source to be relative to")
		}
		if len(set.Channels) == 0 {
			set.Channels = Words{pressure}
		}
	}
	if len(r.problems) == 0 && s.Shots()*s.Receivers.Traces() > MaxTraces {
		r.add("receivers", fmt.Sprintf("%d for each of %d shots", s.Receivers.Traces(), s.Shots()), fmt.Sprintf("at most %d traces in all", MaxTraces))
	}
	oneOf(r, "sources.shots", s.Sources.Shots, "each", "together")
	s.Options.check(r)
	s.Output.check(r)
	checkPerturbations(r, s.Perturbations)
}

// Shots returns how many shots there are.
func (s *Survey) Shots() int {
	if s.Sources.Shots == "together" {
		return 1
	}
	return s.Sources.Count()
}

func (t *Time) check(r *report, fromFile bool) {
	if !r.has("time.dt") {
		r.missing("time.dt", "the sampling interval in seconds")
	} else {
		positive(r, "time.dt", t.DT, "s")
	}
	switch hasNT, hasDuration := r.has("time.nt"), r.has("time.duration"); {
	case hasNT && hasDuration:
		r.add("time.duration", t.Duration, "it or time.nt, not both")
	case hasNT:
		within(r, "time.nt", t.NT, 1, MaxNT)
	case hasDuration:
		positive(r, "time.duration", t.Duration, "s")
		samples := settle(t.Duration / t.DT)
		if n := math.Round(samples); n >= 1 && n <= MaxNT {
			if n != samples {
				p := r.problem("time.duration")
				p.Text = fmt.Sprintf("%g s is not a multiple of time.dt, %g s: the run is of %d samples, %g s", t.Duration, t.DT, int(n), n*t.DT)
				r.notes = append(r.notes, p)
			}
			t.NT, t.Duration = int(n), 0
		} else if t.DT > 0 && t.Duration > 0 {
			r.add("time.duration", t.Duration, fmt.Sprintf("1 to %d times time.dt", MaxNT))
		}
	case !fromFile: // else it is the length of the file
		r.missing("time.nt", "the number of samples (or time.duration in seconds)")
	}
}

// waveletKeys are the keys of each type besides type and amplitude, with those
// that must be given first.
var waveletKeys = map[string]struct{ must, may []string }{
	"ricker":              {[]string{"freq"}, []string{"peak_time"}},
	"gaussian_derivative": {[]string{"freq"}, []string{"peak_time"}},
	"gabor":               {[]string{"freq"}, []string{"peak_time", "width", "phase"}},
	"ormsby":              {[]string{"freqs"}, []string{"peak_time"}},
	"tone_burst":          {[]string{"freq", "cycles"}, []string{"start"}},
	"file":                {[]string{"file"}, []string{"member", "freq"}},
}

func (w *Wavelet) check(r *report) {
	const path = "sources.wavelet"
	types := []string{"ricker", "gabor", "gaussian_derivative", "ormsby", "tone_burst", "file"}
	if w.Type == "" {
		r.missing(path+".type", list(types))
		return
	}
	known, ok := waveletKeys[w.Type]
	if !ok {
		oneOf(r, path+".type", w.Type, types...)
		return
	}
	for _, key := range known.must {
		if !r.has(path + "." + key) {
			r.missing(path+"."+key, "it for a wavelet of type "+w.Type)
		}
	}
	for key := range r.lines {
		name, ok := strings.CutPrefix(key, path+".")
		if ok && !strings.ContainsAny(name, ".[") && name != "type" && name != "amplitude" &&
			!slices.Contains(known.must, name) && !slices.Contains(known.may, name) {
			r.add(key, "given", "no such key for a wavelet of type "+w.Type+": it has "+strings.Join(append(slices.Clone(known.must), known.may...), ", "))
		}
	}
	if w.Freq != nil {
		notNegative(r, path+".freq", *w.Freq, "Hz")
	}
	if w.Type == "gabor" && w.Freq != nil && *w.Freq == 0 && !r.has(path+".width") {
		r.missing(path+".width", "it for a frequency of 0 Hz")
	}
	for key, x := range map[string]float64{"width": w.Width, "cycles": w.Cycles} {
		if r.has(path + "." + key) {
			positive(r, path+"."+key, x, map[string]string{"width": "s"}[key])
		}
	}
	for key, x := range map[string]float64{"phase": w.Phase, "start": w.Start} {
		finiteValue(r, path+"."+key, x)
	}
	if ext := strings.ToLower(filepath.Ext(w.File)); w.File != "" && ext != ".npy" && ext != ".npz" {
		r.add(path+".file", fmt.Sprintf("%q", w.File), "a .npy or .npz file")
	}
	for _, a := range w.Amplitude {
		finiteValue(r, path+".amplitude", a)
	}
	if len(w.Amplitude) == 0 {
		r.add(path+".amplitude", "an empty list", "a number, or one a source")
	}
	if f := w.Freqs; w.Type == "ormsby" && len(f) > 0 && !(len(f) == 4 && 0 <= f[0] && f[0] < f[1] && f[1] <= f[2] && f[2] < f[3] && finite(f[3])) {
		r.add(path+".freqs", fmt.Sprint(f), "four rising frequencies in Hz, 0 <= f1 < f2 <= f3 < f4")
	}
	if w.PeakTime != nil {
		finiteValue(r, path+".peak_time", *w.PeakTime)
	}
	if len(r.problems) > 0 {
		return
	}
	if w.Type == "gabor" && w.Width == 0 {
		w.Width = 1 / *w.Freq
	}
	if w.PeakTime == nil && w.Type != "tone_burst" && w.Type != "file" {
		w.PeakTime = new(w.Rise())
	}
}

// Rise is how long before its peak a wavelet starts from nearly nothing, s; of a constant
// 0. It is the default of PeakTime.
func (w *Wavelet) Rise() float64 {
	switch {
	case w.Type == "gabor":
		return 4 * w.Width
	case w.Type == "ormsby":
		return 2 / w.Freqs[1]
	case w.Dominant() == 0:
		return 0
	}
	return 1.5 / w.Dominant()
}

// Dominant returns the wavelet's main frequency, Hz, or 0 if it is not known.
func (w *Wavelet) Dominant() float64 {
	if w.Type == "ormsby" {
		return (w.Freqs[1] + w.Freqs[2]) / 2
	}
	if w.Freq == nil {
		return 0
	}
	return *w.Freq
}

func (o *Options) check(r *report) {
	oneOf(r, "options.dtype", o.DType, "float32", "float64")
	if !slices.Contains([]int{2, 4, 6, 8}, o.Accuracy) {
		r.add("options.accuracy", o.Accuracy, "2, 4, 6 or 8")
	}
	if o.Backend == "" {
		r.add("options.backend", `""`, "a backend (`wavebench devices` lists them)")
	}
	if o.Edges != nil {
		o.Edges.check(r)
	}
	for _, w := range o.PMLWidth {
		if w < 0 || w > 1_000_000 {
			r.add("options.pml_width", w, "0 to 1000000 cells")
		}
	}
	for _, w := range o.SurveyPad {
		if w < -1 {
			r.add("options.survey_pad", w, `0 or more cells, or "edge"`)
		}
	}
	for key, x := range map[string]float64{"pml_freq": o.PMLFreq, "max_vel": o.MaxVel} {
		if r.has("options." + key) {
			positive(r, "options."+key, x, map[string]string{"pml_freq": "Hz", "max_vel": "m/s"}[key])
		}
	}
	for key, x := range map[string]*float64{"freq_taper_frac": &o.FreqTaperFrac, "time_pad_frac": o.TimePadFrac} {
		if x != nil && !(*x >= 0 && *x < 1) {
			r.add("options."+key, *x, "a fraction from 0 to below 1")
		}
	}
	within(r, "options.threads", o.Threads, 0, 65536)
	within(r, "options.time_tile", o.TimeTile, 0, 65536)
}

func (o *Output) check(r *report) {
	within(r, "output.gathers", o.Gathers, 0, MaxFrames)
	if r.has("output.segy_revision") {
		switch v := o.SEGYRevision; {
		case v != 1 && v != 2.1:
			r.add("output.segy_revision", v, "1 or 2.1")
		case !o.SEGY:
			r.add("output.segy_revision", v, "it only with output.segy true")
		}
	}
	s := o.Snapshots
	if s == nil {
		return
	}
	switch hasCount, hasEvery := r.has("output.snapshots.count"), r.has("output.snapshots.every"); {
	case hasCount == hasEvery:
		r.add("output.snapshots", map[bool]string{true: "given both count and every", false: "given neither count nor every"}[hasCount],
			"count (their number) or every (seconds)")
	case hasCount:
		within(r, "output.snapshots.count", s.Count, 1, MaxFrames)
	default:
		positive(r, "output.snapshots.every", s.Every, "s")
	}
	within(r, "output.snapshots.pictures", s.Pictures, 0, MaxFrames)
	if r.has("output.snapshots.shot") {
		within(r, "output.snapshots.shot", s.Shot, -1, MaxTraces)
	}
}

// has reports whether the file has the key, with a value.
func (r *report) has(field string) bool { return r.given(field) }

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func finiteValue(r *report, field string, x float64) {
	if !finite(x) {
		r.add(field, x, "a finite number")
	}
}

func positive(r *report, field string, x float64, unit string) {
	if !finite(x) || x <= 0 {
		r.add(field, x, strings.TrimSpace("a finite number above 0 "+unit))
	}
}

func notNegative(r *report, field string, x float64, unit string) {
	if !finite(x) || x < 0 {
		r.add(field, x, "a finite number of 0 "+unit+" or more")
	}
}

func within(r *report, field string, n, lo, hi int) {
	if n < lo || n > hi {
		r.add(field, n, fmt.Sprintf("%d to %d", lo, hi))
	}
}

// oneOf reports whether got is one of the words that are wanted, and notes it if not.
func oneOf(r *report, field, got string, want ...string) bool {
	if slices.Contains(want, got) {
		return true
	}
	text := list(want)
	if n := Nearest(got, want); n != "" {
		text += fmt.Sprintf(" (did you mean %q?)", n)
	}
	r.add(field, fmt.Sprintf("%q", got), text)
	return false
}

// list joins words: "a, b or c".
func list(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
