package job

import (
	"fmt"
	"math"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
	"github.com/d52adeda/wave/wavelet"
)

// signal is what sources emit.
type signal struct {
	rows [][]float64 // one for all sources, or one each
	nt   int
}

// readSignal samples the survey's wavelet, or reads it from its file.
func readSignal(s *config.Survey) (*signal, error) {
	w, nt, dt := s.Sources.Wavelet, s.Time.NT, s.Time.DT
	if w.Type == "file" {
		return readSamples(s)
	}
	peak := 0.0
	if w.PeakTime != nil {
		peak = *w.PeakTime
	}
	var row []float64
	var err error
	switch w.Type {
	case "ricker":
		row, err = wavelet.Ricker(w.Freq, nt, dt, peak)
	case "gaussian_derivative":
		row, err = wavelet.GaussianDerivative(w.Freq, nt, dt, peak)
	case "gabor":
		row, err = wavelet.Gabor(w.Freq, nt, dt, peak, w.Width, w.Phase*math.Pi/180)
	case "ormsby":
		row, err = wavelet.Ormsby(w.Freqs[0], w.Freqs[1], w.Freqs[2], w.Freqs[3], nt, dt, peak)
	case "tone_burst":
		row, err = wavelet.ToneBurst(w.Freq, w.Cycles, nt, dt, w.Start)
	default:
		return nil, s.Problem("sources.wavelet.type", fmt.Sprintf("%q", w.Type), "a type that can be sampled")
	}
	if err != nil {
		return nil, s.At("sources.wavelet", err)
	}
	return &signal{rows: [][]float64{row}, nt: nt}, nil
}

func readSamples(s *config.Survey) (*signal, error) {
	const key = "sources.wavelet.file"
	w := s.Sources.Wavelet
	d, err := gridfile.Read(w.File, gridfile.Spec{Member: w.Member})
	if err != nil {
		return nil, s.At(key, err)
	}
	x := d.F64
	if d.F32 != nil {
		x = array.Of32(d.F32, d.Shape...).Float64s()
	}
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, s.Problem(key, fmt.Sprintf("%s, with a sample of %v at %v", w.File, v, unravel(i, d.Shape)), "finite samples")
		}
	}
	n, rows := 0, 1
	switch len(d.Shape) {
	case 1:
		n = d.Shape[0]
	case 2:
		rows, n = d.Shape[0], d.Shape[1]
	}
	if n == 0 || rows == 0 {
		return nil, s.Problem(key, fmt.Sprintf("an array of shape %v", d.Shape), "[samples] or [sources][samples]")
	}
	if s.Time.NT != 0 && s.Time.NT != n {
		return nil, s.Problem("time.nt", s.Time.NT, fmt.Sprintf("%d as in %s, or leave it out", n, w.File))
	}
	sig := &signal{nt: n}
	for i := range rows {
		sig.rows = append(sig.rows, x[i*n:(i+1)*n])
	}
	return sig, nil
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
