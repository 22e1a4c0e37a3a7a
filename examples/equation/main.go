// Command equation gives the engine an equation of one's own: viscoacoustic.go states it, and
// here it runs like any other. Waves go from a borehole to another, through a gas cloud that
// takes energy from them; how much, says Born modelling (the derivative of the records), too.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	_ "github.com/d52adeda/wave/backend/vulkan" // in builds with cgo
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/wavelet"
)

func main() {
	backend := flag.String("backend", "cpu", "device to run on")
	flag.Parse()
	if err := run(context.Background(), *backend); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, backend string) error {
	const nz, nx, nt, h, freq = 80, 120, 400, 5.0, 25.0 // cells, samples, m, Hz
	model := func(background, cloud float64) *array.Array {
		a := make([]float32, nz*nx) // [z][x]
		for i := range a {
			a[i] = float32(background)
			if z, x := i/nx-25, i%nx-60; 4*z*z+x*x < 30*30 {
				a[i] = float32(cloud)
			}
		}
		return array.Of32(a, nz, nx)
	}
	ricker, err := wavelet.Ricker(freq, nt, 0.001, 1.5/freq)
	if err != nil {
		return err
	}
	at := func(cells ...[]int) wave.Points { return wave.Points{Cells: [][][]int{cells}} } // [shot][point][z, x]
	survey := wave.Survey{
		Spacing: []float64{h}, DT: 0.001,
		Sources:   wave.Sources{Points: at([]int{25, 5}), Amplitudes: array.Convert(array.Float32, ricker, 1, 1, nt)},
		Receivers: wave.Receivers{Points: at([]int{25, 115}, []int{45, 115}, []int{65, 115})},
	}
	options := wave.Options{Backend: backend, PMLFreq: freq, MaxVel: 2100}
	models := wave.Models{"v": model(2000, 2000), "rho": model(2200, 2200), "tau": model(0.01, 0.06), "rate": model(157, 157)} // 2 pi freq
	full, err := wave.Run(ctx, viscoacoustic(), models, survey, options)
	if err != nil {
		return err
	}
	models["tau"], models["dtau"] = model(0.01, 0.01), model(0, 0.05)
	born, err := wave.Run(ctx, equation.Born(viscoacoustic(), "tau"), models, survey, options)
	if err != nil {
		return err
	}
	before, change, after := born.Records["pressure"], born.Records["dpressure"], full.Records["pressure"]
	for i, cell := range survey.Receivers.Cells[0] {
		peak := func(a *array.Array) float64 { return array.Slice(a, []int{0, i, 0}, []int{1, 1, nt}).Peak() }
		fmt.Printf("%3.0f m deep %.0f%% of the amplitude arrives, to first order %.0f%%\n",
			h*float64(cell[0]), 100*peak(after)/peak(before), 100*peak(array.Add(before, change))/peak(before))
	}
	return nil
}
