package functional_test

import (
	"context"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
	"github.com/d52adeda/wave/wavelet"
)

// The worked example: 100x100 cells of 4 m, two layers, a square anomaly, 200
// samples of 4 ms in 1,000 internal steps, float32.
//
//	go test ./functional -run '^$' -bench Example -benchtime 1x -count 3 -benchmem

const exampleCells = 100

func exampleModel() (v, scatter *array.Array) {
	a, b := make([]float64, exampleCells*exampleCells), make([]float64, exampleCells*exampleCells)
	for i := range a {
		y, x := i/exampleCells, i%exampleCells
		a[i] = 1500
		if y >= exampleCells/2 {
			a[i] = 2000
		}
		if y >= 45 && y < 55 && x >= 45 && x < 55 {
			b[i] = 100
		}
	}
	return array.Convert(array.Float32, a, exampleCells, exampleCells), array.Convert(array.Float32, b, exampleCells, exampleCells)
}

func exampleSurvey(tb testing.TB) wave.Survey {
	w, err := wavelet.Ricker(25, 200, 0.004, 0.06)
	if err != nil {
		tb.Fatal(err)
	}
	s := wave.Survey{Spacing: []float64{4, 4}, DT: 0.004}
	s.Sources.Cells = [][][]int{{{10, exampleCells / 2}}}
	s.Sources.Amplitudes = array.Convert(array.Float32, w, 1, 1, len(w))
	s.Receivers.Cells = [][][]int{make([][]int, exampleCells)}
	for x := range exampleCells {
		s.Receivers.Cells[0][x] = []int{10, x}
	}
	return s
}

func exampleForward(tb testing.TB, backend string) functional.Func {
	s := exampleSurvey(tb)
	return func(v *array.Array) (*array.Array, error) {
		res, err := wave.Scalar(context.Background(), v, s, wave.Options{Backend: backend, MaxVel: 2000, PMLFreq: 25, OmitWavefields: true})
		if err != nil {
			return nil, err
		}
		return res.Records["pressure"], nil
	}
}

func loop(b *testing.B, f func() error) {
	b.ReportAllocs()
	for b.Loop() {
		if err := f(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExampleForward(b *testing.B) {
	for _, backend := range []string{"cpu", "eager"} {
		b.Run(backend, func(b *testing.B) {
			f := exampleForward(b, backend)
			v, _ := exampleModel()
			loop(b, func() error { _, err := f(v); return err })
		})
	}
}

func BenchmarkExampleBorn(b *testing.B) {
	s := exampleSurvey(b)
	s.Receivers.Channels = []string{"dpressure"}
	v, scatter := exampleModel()
	loop(b, func() error {
		_, err := wave.ScalarBorn(context.Background(), v, scatter, s, wave.Options{PMLFreq: 25, OmitWavefields: true})
		return err
	})
}

func BenchmarkExampleJVP(b *testing.B) {
	f := exampleForward(b, "eager")
	v, scatter := exampleModel()
	loop(b, func() error { _, _, err := functional.JVP(f, v, scatter); return err })
}

func BenchmarkExampleVMapJVP(b *testing.B) {
	f := exampleForward(b, "eager")
	v, scatter := exampleModel()
	jvp := func(d *array.Array) (*array.Array, error) { _, dy, err := functional.JVP(f, v, d); return dy, err }
	for _, n := range []int{3, 16} {
		b.Run(map[int]string{3: "3", 16: "16"}[n], func(b *testing.B) {
			batch := array.Expand(array.Reshape(scatter, 1, exampleCells, exampleCells), n, exampleCells, exampleCells)
			loop(b, func() error { _, err := functional.VMap(jvp)(batch); return err })
		})
	}
}

func BenchmarkExampleGrad(b *testing.B) {
	f := exampleForward(b, "eager")
	v, _ := exampleModel()
	grad := functional.Grad(func(v *array.Array) (*array.Array, error) {
		y, err := f(v)
		if err != nil {
			return nil, err
		}
		return array.Dot(y, y), nil
	})
	loop(b, func() error { _, err := grad(v); return err })
}

func BenchmarkExampleLinearize(b *testing.B) {
	f := exampleForward(b, "eager")
	v, scatter := exampleModel()
	_, linear, err := functional.Linearize(f, v)
	if err != nil {
		b.Fatal(err)
	}
	loop(b, func() error { _, err := linear(scatter); return err })
}
