package job

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
	"github.com/d52adeda/wave/cmd/wavebench/internal/segy"
	"github.com/d52adeda/wave/internal/memory"
	"github.com/d52adeda/wave/wavelet"
)

// signal is what sources emit.
type signal struct {
	rows [][]float64 // one for all sources, or one each
	nt   int
}

// readSignal samples the survey's wavelet, or reads it from its file.
func (j *Job) readSignal(ctx context.Context, progress func(meter.Reading)) (*signal, error) {
	s := j.Survey
	w, nt, dt := s.Sources.Wavelet, s.Time.NT, s.Time.DT
	if w.Type == "file" {
		return j.readSamples(ctx, progress)
	}
	if err := j.checkSamples(nt); err != nil {
		return nil, err
	}
	row, err := sampled(w, nt, dt, 0)
	if err != nil {
		return nil, s.At("sources.wavelet", errors.New(strings.NewReplacer("wavelet: ", "", "peakTime", "peak_time").Replace(err.Error())))
	}
	return &signal{rows: [][]float64{row}, nt: nt}, nil
}

// sampled returns nt samples of a wavelet, the first at time from, s.
func sampled(w config.Wavelet, nt int, dt, from float64) ([]float64, error) {
	freq, peak := w.Dominant(), -from
	if w.PeakTime != nil {
		peak += *w.PeakTime
	}
	switch w.Type {
	case "ricker":
		return wavelet.Ricker(freq, nt, dt, peak)
	case "gaussian_derivative":
		return wavelet.GaussianDerivative(freq, nt, dt, peak)
	case "gabor":
		return wavelet.Gabor(freq, nt, dt, peak, w.Width, w.Phase*math.Pi/180)
	case "ormsby":
		return wavelet.Ormsby(w.Freqs[0], w.Freqs[1], w.Freqs[2], w.Freqs[3], nt, dt, peak)
	case "tone_burst":
		return wavelet.ToneBurst(freq, w.Cycles, nt, dt, w.Start-from)
	}
	return nil, fmt.Errorf("type %q cannot be sampled", w.Type)
}

// checkSamples refuses more samples than memory or SEG-Y have room for, before anything
// is made of them.
func (j *Job) checkSamples(nt int) error {
	s := j.Survey
	if j.segy {
		f := segy.File{Revision: j.revision(), Interval: s.Time.DT, Samples: nt}
		if err := f.CheckSampling(); err != nil {
			return j.segyProblem(err)
		}
	}
	traces := s.Shots() * s.Receivers.Traces()
	need := float64(nt) * (float64(traces+s.Sources.Count())*float64(dtypeOf(s).Size()) + 8)
	const little = 64 << 20 // is not what memory lacks
	if free := memory.Free(); free > 0 && need > max(little, float64(free)) {
		return s.Problem("receivers", fmt.Sprintf("such that %d traces of %d samples take %s", traces, nt, memory.Size(int64(min(need, math.MaxInt64/2)))),
			"fewer, or fewer samples: "+memory.Size(free)+" of memory are free")
	}
	return nil
}

func (j *Job) readSamples(ctx context.Context, progress func(meter.Reading)) (*signal, error) {
	const key = "sources.wavelet.file"
	s, w := j.Survey, j.Survey.Sources.Wavelet
	n, rows := 0, 1
	check := func(shape []int) error {
		switch len(shape) {
		case 1:
			n = shape[0]
		case 2:
			rows, n = shape[0], shape[1]
		}
		if n == 0 || rows == 0 {
			return s.Problem(key, fmt.Sprintf("an array of shape %v", shape), "[samples] or [sources][samples]")
		}
		if n > config.MaxNT {
			return s.Problem(key, fmt.Sprintf("of %d samples", n), fmt.Sprintf("at most %d", config.MaxNT))
		}
		if s.Time.NT != 0 && s.Time.NT != n {
			key, got := samplesKey(s)
			return s.Problem(key, got, fmt.Sprintf("%d as %s has, or to leave it out", n, filepath.Base(w.File)))
		}
		s.Time.NT = n
		return j.checkSamples(n)
	}
	d, err := j.readArray(ctx, key, w.File, gridfile.Spec{Member: w.Member, Check: check, Limits: gridfile.Limits{MaxBytes: memory.Free()}}, progress)
	if err != nil {
		return nil, err
	}
	x := d.F64
	if d.F32 != nil {
		x = array.Of32(d.F32, d.Shape...).Float64s()
	}
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, s.Problem(key, fmt.Sprintf("%s, with %v at sample %v", filepath.Base(w.File), v, unravel(i, d.Shape)), "finite samples")
		}
	}
	sig := &signal{nt: n}
	for i := range rows {
		sig.rows = append(sig.rows, x[i*n:(i+1)*n])
	}
	return sig, nil
}

// samplesKey returns the key that the number of samples comes from, and what to say
// it is.
func samplesKey(s *config.Survey) (key, got string) {
	n := s.Time.NT
	switch {
	case s.Given("time.duration"):
		return "time.duration", fmt.Sprintf("%g s, which makes %d samples", s.Time.DT*float64(n), n)
	case s.Given("sources.wavelet.file") && !s.Given("time.nt"):
		return "sources.wavelet.file", fmt.Sprintf("of %d samples", n)
	}
	return "time.nt", fmt.Sprint(n)
}

// amplitudes returns the series of every source, [shot][source][time].
func (g *signal) amplitudes(s *config.Survey, sources [][][]float64) (*array.Array, error) {
	perShot := len(sources[0])
	total := len(sources) * perShot
	if len(g.rows) != 1 && len(g.rows) != total {
		return nil, s.Problem("sources.wavelet.file", fmt.Sprintf("of %d rows", len(g.rows)), fmt.Sprintf("1, or one for each of the %d sources", total))
	}
	scale := s.Sources.Wavelet.Amplitude
	out := make([]float64, total*g.nt)
	for i := range total {
		row, a := g.rows[i%len(g.rows)], scale[i%len(scale)]
		for k, x := range row {
			out[i*g.nt+k] = a * x
		}
	}
	i := slices.IndexFunc(out, func(x float64) bool { return math.IsInf(x, 0) || math.IsNaN(x) })
	if i < 0 {
		i = unfit(dtypeOf(s), out, false) // tails may become zero
	}
	if i >= 0 {
		key := "sources.wavelet.amplitude"
		if len(scale) == 1 && scale[0] == 1 {
			key = "sources.wavelet.file"
		}
		return nil, s.Problem(key, fmt.Sprintf("such that source %d emits %g in sample %d", i/g.nt, out[i], i%g.nt), float32Holds)
	}
	return array.Convert(dtypeOf(s), out, len(sources), perShot, g.nt), nil
}

// ended returns the time, s, from which on the first source is silent: its
// samples stay below a hundredth of their greatest.
func (g *signal) ended(dt float64) float64 {
	row, most := g.rows[0], 0.0
	for _, x := range row {
		most = max(most, math.Abs(x))
	}
	for k := len(row) - 1; k > 0; k-- {
		if math.Abs(row[k]) > most/100 {
			return float64(k) * dt
		}
	}
	return 0
}
