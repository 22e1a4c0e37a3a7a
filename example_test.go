package wave_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/wavelet"
)

// A source in a model of two layers: the receiver beside it records the direct
// wave, then the reflection from the boundary 100 m below.
func ExampleScalar() {
	const nz, nx = 60, 40
	speed := make([]float32, nz*nx)
	for i := range speed {
		speed[i] = 1500
		if i/nx >= 20 {
			speed[i] = 2500
		}
	}
	amplitudes, err := wavelet.Ricker(25, 300, 0.001, 0.06)
	if err != nil {
		fmt.Println(err)
		return
	}
	survey := wave.Survey{
		Spacing: []float64{5, 5}, // m
		DT:      0.001,           // s
		Sources: wave.Sources{
			Points:     wave.Points{Cells: [][][]int{{{0, 20}}}}, // shot 0, source 0: z, x
			Amplitudes: array.Convert(array.Float32, amplitudes, 1, 1, 300),
		},
		Receivers: wave.Receivers{Points: wave.Points{Cells: [][][]int{{{0, 20}, {0, 25}}}}},
	}
	res, err := wave.Scalar(context.Background(), array.Of32(speed, nz, nx), survey, wave.Options{PMLFreq: 25})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("shape", res.Records["pressure"].Shape(), "internal time step", res.DT, "s")
	for _, sample := range []int{77, 195} {
		u, _ := res.Records["pressure"].At(0, 1, sample)
		fmt.Printf("%.3f s: %.2f\n", float64(sample)*survey.DT, u)
	}
	// Output:
	// shape [1 2 300] internal time step 0.0005 s
	// 0.077 s: -2.42
	// 0.195 s: -0.28
}

// Two shots in models of their own, run side by side. The second has one source
// less.
func ExampleScalar_batch() {
	const n, nt = 50, 250
	models := make([]float64, 2*n)
	for i := range models {
		models[i] = 2000
		if i >= n {
			models[i] = 1000
		}
	}
	w, err := wavelet.GaussianDerivative(15, nt, 0.001, 0.05)
	if err != nil {
		fmt.Println(err)
		return
	}
	amplitudes := slices.Concat(w, w, w, make([]float64, nt))
	res, err := wave.Scalar(context.Background(), array.Of64(models, 2, n), wave.Survey{
		Spacing: []float64{5}, DT: 0.001,
		Sources: wave.Sources{
			Points:     wave.Points{Cells: [][][]int{{{5}, {10}}, {{5}, {wave.IgnoreLocation}}}},
			Amplitudes: array.Of64(amplitudes, 2, 2, nt),
		},
		Receivers: wave.Receivers{Points: wave.Points{Cells: [][][]int{{{30}}, {{30}}}}},
	}, wave.Options{PMLFreq: 15})
	if err != nil {
		fmt.Println(err)
		return
	}
	for shot := range 2 {
		greatest, at := 0.0, 0
		for i := range nt {
			if u, _ := res.Records["pressure"].At(shot, 0, i); u*u > greatest*greatest {
				greatest, at = u, i
			}
		}
		fmt.Printf("shot %d: %.1f after %d ms\n", shot, greatest, at)
	}
	// Output:
	// shot 0: -147.1 after 106 ms
	// shot 1: -43.8 after 175 ms
}

// Errors name the field, what it is and what is wanted.
func ExampleFieldError() {
	v := array.Zeros(array.Float32, 10, 10)
	for _, o := range []wave.Options{{Accuracy: 3}, {PMLFreq: -5}, {PMLWidth: []int{20, 20}}, {}} {
		_, err := wave.Scalar(context.Background(), v, wave.Survey{Spacing: []float64{5}, DT: 0.001, NT: 10}, o)
		fmt.Println(err)
	}
	// Output:
	// wave: Options.Accuracy is 3, want 2, 4, 6 or 8
	// wave: Options.PMLFreq is -5, want a positive number, or 0 for the default
	// wave: Options.PMLWidth is [20 20], want nothing, one value, or 4: begin and end of each dimension
	// wave: model v is zero everywhere, want a speed above 0 somewhere (m/s), or a maximum speed to make the time step for
}

// ExampleOptions_callback prints how far the wave has come.
func ExampleOptions_callback() {
	v := array.Of64(filled(100, 2000), 100)
	survey := wave.Survey{
		Spacing: []float64{5}, DT: 0.001,
		Sources: wave.Sources{
			Points:     wave.Points{Cells: [][][]int{{{0}}}},
			Amplitudes: array.Of64(append([]float64{1, -1}, make([]float64, 118)...), 1, 1, 120),
		},
	}
	_, err := wave.Scalar(context.Background(), v, survey, wave.Options{
		PMLFreq: 25, CallbackEvery: 40,
		Callback: func(f *wave.Frame) error {
			u, err := f.Field("u", wave.ViewModel)
			if err != nil {
				return err
			}
			front := 0
			for i, x := range u.Float64s() {
				if x > 0.1 || x < -0.1 {
					front = i
				}
			}
			fmt.Printf("%.3f s: %d m\n", f.Time(), front*5)
			return nil
		},
	})
	fmt.Println(err)
	// Output:
	// 0.000 s: 0 m
	// 0.040 s: 85 m
	// 0.080 s: 165 m
	// 0.120 s: 245 m
	// <nil>
}
