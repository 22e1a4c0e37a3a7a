package wave_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// A record of a divided time step is that of the same survey with a fine one, which is not divided: before the first
// arrival, where the record ends in the middle of one, and whatever the amplitudes begin and end with.
func TestDividedStep(t *testing.T) {
	slow(t)
	const dt, freq, speed = 0.004, 15.0, 1500.0
	wavelet := func(peak float64) func(float64) float64 {
		return func(t float64) float64 {
			q := math.Pow(math.Pi*freq*(t-peak), 2)
			return (1 - 2*q) * math.Exp(-q)
		}
	}
	for _, c := range []struct {
		name string
		f    func(t float64) float64
		tol  float64 // of the peak, what package resample errs by at ends that jump
	}{
		{"whole", wavelet(0.1), 1e-4},
		{"half, from its peak", wavelet(0), 0.01},
		{"from its flank", wavelet(-0.015), 0.006},
		{"arrives at the end", wavelet(0.6 - 0.48), 1e-4},
		{"ends at its peak", wavelet(0.596), 0.01},
		{"constant", func(float64) float64 { return 1 }, 1e-10},
		{"sine", func(t float64) float64 { return math.Sin(2 * math.Pi * freq * t) }, 0.002},
	} {
		for _, g := range []struct {
			ndim, ratio int
			h           float64
			distance    int // cells
		}{{1, 2, 6, 120}, {1, 20, 0.51, 30}, {2, 3, 5, 144}, {2, 3, 5, 0}} {
			for _, nt := range []int{1, 2, 3, 10, 150} {
				if g.distance > 0 && (nt < 150 || c.name == "ends at its peak") {
					continue // nothing arrives
				}
				shape, source, receiver := []int{g.distance + 30}, []int{10}, []int{10 + g.distance}
				if g.ndim == 2 {
					shape, source, receiver = []int{40, g.distance + 30}, []int{20, 10}, []int{20, 10 + g.distance}
				}
				v := constant(array.Float64, speed, shape...)
				record := func(dt float64, nt int) ([]float64, int) {
					x := make([]float64, nt)
					for i := range x {
						x[i] = c.f(float64(i) * dt)
					}
					s := fire(g.h, dt, array.Of64(x, nt), source, receiver)
					res := run(t, v, s, wave.Options{PMLFreq: freq, PMLWidth: []int{10}, OmitWavefields: true})
					return trace(res.Records["pressure"], 0, 0), res.StepRatio
				}
				got, ratio := record(dt, nt)
				fine, one := record(dt/float64(g.ratio), nt*g.ratio)
				if ratio != g.ratio || one != 1 {
					t.Fatalf("divided by %d and %d, want %d and 1", ratio, one, g.ratio)
				}
				peak, tol := maxAbs(fine), c.tol
				if c.name != "constant" {
					tol = max(tol, map[int]float64{2: 0.12, 3: 0.1, 10: 0.05}[nt]) // too few to tell a curve
				}
				for i, x := range got {
					if d := math.Abs(x - fine[i*g.ratio]); !(d <= tol*peak) {
						t.Errorf("%s, %d-D, %d cells away, %d samples: off by %g of the peak at sample %d", c.name, g.ndim, g.distance, nt, d/peak, i)
						break
					}
				}
			}
		}
	}
}

// Resampling is reported and ends with the context, after the steps and before.
func TestResamplingStops(t *testing.T) {
	const nt = 8009 // a prime number
	for _, pad := range []*float64{nil, new(0.0)} {
		for _, before := range []bool{false, true} {
			s := wave.Survey{Spacing: []float64{10}, DT: 0.002}
			s.Receivers.Cells = [][][]int{{}}
			s.Sources.Cells = [][][]int{{}}
			for x := range 300 {
				s.Receivers.Cells[0] = append(s.Receivers.Cells[0], []int{5, x})
				s.Sources.Cells[0] = append(s.Sources.Cells[0], []int{5, x})
			}
			if !before {
				s.Sources.Cells[0] = s.Sources.Cells[0][:1]
			}
			s.Sources.Amplitudes = array.Zeros(array.Float32, 1, len(s.Sources.Cells[0]), nt)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var told time.Time
			stepped, last := false, 0
			o := wave.Options{PMLFreq: 15, OmitWavefields: true, TimePadFrac: pad, SurveyPad: []int{2}, PMLWidth: []int{0}}
			o.Progress = func(int, int) { stepped, last = true, 0 }
			o.Resampling = func(done, total int) {
				if done < last || done > total {
					t.Errorf("progress %d of %d after %d", done, total, last)
				}
				last = done
				if stepped != before {
					told = time.Now()
					cancel()
				}
			}
			_, err := wave.Scalar(ctx, constant(array.Float32, 3000, 8, 300), s, o)
			if spent := time.Since(told); spent > time.Second || !errors.Is(err, context.Canceled) {
				t.Errorf("before the steps %v: returns %v, %v after the cancellation, want context.Canceled within a second", before, err, spent)
			}
		}
	}
}

// What is not yet cancelled may be checked, what is may not: a model is scanned in parts.
func TestCancelledAtFirst(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	v, s, o := twoShots(random(t, 1), array.Float64, 10, 1)
	if _, err := wave.Scalar(ctx, v, s, o); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}

// Derivatives go through both resamplings, the reference's and that by default: the gradient of a misfit agrees with
// differences, and JVP with it.
func TestGradientOfDividedStep(t *testing.T) {
	const nt = 12
	for name, o := range map[string]wave.Options{
		"default": {}, "padded": {TimePadFrac: new(0.3)}, "tapered": {FreqTaperFrac: 0.4, TimeTaper: true},
	} {
		rng := random(t, 3)
		s := fire(5, 0.004, uniform(rng, array.Float64, -1, 1, nt), []int{4, 4}, []int{3, 7}, []int{8, 5})
		o.Backend, o.MaxVel, o.PMLFreq, o.PMLWidth, o.OmitWavefields = "eager", 2200, 25, []int{3}, true
		weights := uniform(rng, array.Float64, -1, 1, 1, 2, nt)
		misfit := func(v *array.Array) (*array.Array, error) {
			res, err := wave.Scalar(t.Context(), v, s, o)
			if err != nil {
				return nil, err
			}
			if res.StepRatio < 2 {
				return nil, fmt.Errorf("not divided")
			}
			out := array.Dot(res.Records["pressure"], weights)
			return out, out.Err()
		}
		v, dv := uniform(rng, array.Float64, 1500, 2000, 10, 10), uniform(rng, array.Float64, -1, 1, 10, 10)
		g, err := functional.Grad(misfit)(v)
		if err != nil {
			t.Fatal(err)
		}
		_, along, err := functional.JVP(misfit, v, dv)
		if err != nil {
			t.Fatal(err)
		}
		const eps = 1e-3
		var sides [2]float64
		for i, e := range []float64{eps, -eps} {
			y, err := misfit(array.Add(v, array.Scale(e, dv)))
			if err != nil {
				t.Fatal(err)
			}
			sides[i] = y.Float64s()[0]
		}
		want := (sides[0] - sides[1]) / (2 * eps)
		slope, jvp := array.Dot(g, dv).Float64s()[0], along.Float64s()[0]
		if math.Abs(slope-jvp) > 1e-11*math.Abs(jvp) || math.Abs(jvp-want) > 1e-6*math.Abs(want) {
			t.Errorf("%s: gradient %v, JVP %v, difference %v", name, slope, jvp, want)
		}
	}
}
