package wave_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
)

// twoShots is a survey of two shots over a random 2-D model, at a time step that
// needs no division unless slow is above 1.
func twoShots(rng *rand.Rand, dt array.DType, nt int, slow float64) (*array.Array, wave.Survey, wave.Options) {
	v := uniform(rng, dt, 1500, 3000, 31, 37)
	s := wave.Survey{
		Spacing: []float64{5, 6}, DT: 0.0005 * slow,
		Sources: wave.Sources{
			Points:     wave.Points{Positions: [][][]float64{{{9, 12.5}, {11.3, 14}}, {{10, 16}, {14.7, 20.2}}}},
			Amplitudes: uniform(rng, dt, -1, 1, 2, 2, nt),
		},
		Receivers: wave.Receivers{Points: wave.Points{Cells: [][][]int{{{9, 9}, {20, 21}, {9, 25}}, {{8, 10}, {20, 25}, {14, 14}}}}},
	}
	return v, s, wave.Options{PMLFreq: 25, PMLWidth: []int{3, 5, 0, 4}}
}

// during returns a survey with the amplitudes of samples from to to only.
func during(s wave.Survey, from, to int) wave.Survey {
	shape := s.Sources.Amplitudes.Shape()
	s.Sources.Amplitudes = array.Slice(s.Sources.Amplitudes, []int{0, 0, from}, []int{shape[0], shape[1], to - from})
	return s
}

// joined puts two records after each other.
func joined(a, b *array.Array) []float64 {
	s := a.Shape()
	var out []float64
	for i := range s[0] {
		for j := range s[1] {
			out = append(append(out, trace(a, i, j)...), trace(b, i, j)...)
		}
	}
	return out
}

func TestRestart(t *testing.T) {
	const nt, part = 60, 23
	eachBackend(t, func(t *testing.T, backend string, dt array.DType) {
		for _, pad := range [][]int{nil, {2}, {1, wave.ToEdge, 3, 0}} {
			t.Run(fmt.Sprint(pad), func(t *testing.T) {
				v, s, o := twoShots(random(t, 1), dt, nt, 1)
				o.Backend, o.SurveyPad = backend, pad
				whole := run(t, v, s, o)
				first := run(t, v, during(s, 0, part), o)
				if pad != nil && slices.Equal(first.Region, []int{31, 37}) {
					t.Errorf("SurveyPad %v: Region is %v, want less than the model", pad, first.Region)
				}

				o.SurveyPad = nil
				rest := during(s, part, nt)
				rest.Initial, rest.Origin = first.Wavefields, first.Origin
				second := run(t, v, rest, o)
				if slices.Contains(kinds(second), wave.WarnContinued) {
					t.Errorf("warnings %v, want none of resampling", second.Warnings)
				}
				if got := joined(first.Records["pressure"], second.Records["pressure"]); !slices.Equal(got, whole.Records["pressure"].Float64s()) {
					t.Errorf("records differ by %.3g", difference(got, whole.Records["pressure"].Float64s()))
				}
				second.Records["pressure"] = whole.Records["pressure"]
				sameBits(t, second, whole)
			})
		}
	})
}

// With a divided time step the amplitudes of two parts are resampled apart: close, with a warning.
func TestRestartResampled(t *testing.T) {
	v, s, o := twoShots(random(t, 1), array.Float64, 60, 4)
	var sum []float64
	for i := range 4 {
		sum = append(sum, ricker(t, 20+5*float64(i), 60, s.DT)...)
	}
	s.Sources.Amplitudes = array.Of64(sum, 2, 2, 60)
	whole := run(t, v, s, o)
	first := run(t, v, during(s, 0, 30), o)
	if slices.Contains(kinds(first), wave.WarnContinued) {
		t.Errorf("warnings %v, want none of resampling", first.Warnings)
	}
	rest := during(s, 30, 60)
	rest.Initial = first.Wavefields
	second := run(t, v, rest, o)
	if second.StepRatio < 2 || !slices.Contains(kinds(second), wave.WarnContinued) {
		t.Errorf("StepRatio %d, warnings %v, want one of %s", second.StepRatio, second.Warnings, wave.WarnContinued)
	}
	if d := difference(joined(first.Records["pressure"], second.Records["pressure"]), whole.Records["pressure"].Float64s()); d > 0.01 { // as interpolation where a wavelet is cut
		t.Errorf("two parts are off the whole by %g of the peak", d)
	}

	// Without sources nothing is resampled, and the two parts are the whole.
	rest.Sources, rest.NT = wave.Sources{}, 40
	whole = run(t, v, rest, o)
	rest.NT = 15
	first = run(t, v, rest, o)
	rest.Initial, rest.NT = first.Wavefields, 25
	second = run(t, v, rest, o)
	if want := whole.Records["pressure"].Float64s(); second.StepRatio < 2 || len(second.Warnings) > 0 || !slices.Equal(joined(first.Records["pressure"], second.Records["pressure"]), want) {
		t.Errorf("StepRatio %d, warnings %v, or the records differ", second.StepRatio, second.Warnings)
	}
}

func kinds(r *wave.Result) (out []wave.WarningKind) {
	for _, w := range r.Warnings {
		out = append(out, w.Kind)
	}
	return out
}

// Neither the number of threads nor the rest of the batch nor looking on changes a
// bit.
func TestDeterminism(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(4, runtime.GOMAXPROCS(0))))
	eachBackend(t, func(t *testing.T, backend string, dt array.DType) {
		rng := random(t, 1)
		v := uniform(rng, dt, 1500, 3000, 2, 93, 101) // large enough to share between threads
		s := wave.Survey{
			Spacing: []float64{5}, DT: 0.0008,
			Sources: wave.Sources{
				Points:     wave.Points{Positions: [][][]float64{{{9, 12.5}, {11.3, 14}}, {{10, 16}, {14.7, 20.2}}}},
				Amplitudes: uniform(rng, dt, -1, 1, 2, 2, 30),
			},
			Receivers: wave.Receivers{Points: wave.Points{Cells: [][][]int{{{9, 9}, {20, 21}}, {{8, 10}, {50, 75}}}}},
		}
		o := wave.Options{Backend: backend, PMLFreq: 25, PMLWidth: []int{7}, MaxVel: 3000, Threads: 1}
		want := run(t, v, s, o)
		for _, threads := range []int{2, 3, 0} {
			o.Threads = threads
			sameBits(t, run(t, v, s, o), want)
		}
		o.CallbackEvery = 7
		o.Callback = func(f *wave.Frame) error { _, err := f.Field("u", wave.ViewFull); return err }
		o.Progress = func(int, int) {}
		sameBits(t, run(t, v, s, o), want)

		for shot := range 2 {
			one := s
			one.Sources.Positions = s.Sources.Positions[shot : shot+1]
			one.Sources.Amplitudes = array.Slice(s.Sources.Amplitudes, []int{shot, 0, 0}, []int{1, 2, 30})
			one.Receivers.Cells = s.Receivers.Cells[shot : shot+1]
			model := array.Reshape(array.Slice(v, []int{shot, 0, 0}, []int{1, 93, 101}), 93, 101)
			got := outputs(run(t, model, one, o))
			for name, a := range outputs(want) {
				shape := a.Shape()
				lo := make([]int, len(shape))
				lo[0], shape[0] = shot, 1
				if !sameArray(got[name], array.Slice(a, lo, shape)) {
					t.Errorf("shot %d alone: %s differs", shot, name)
				}
			}
		}
	})
}
