package wave_test

import (
	"context"
	"fmt"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/wavelet"
)

// layered returns a model [z][x] of two layers, the second from row z on.
func layered(upper, lower float64, z, nz, nx int) *array.Array {
	x := filled(nz*nx, upper)
	copy(x[z*nx:], filled((nz-z)*nx, lower))
	return array.Convert(array.Float32, x, nz, nx)
}

// at is the points of one shot.
func at(cells ...[]int) wave.Points { return wave.Points{Cells: [][][]int{cells}} }

// pulse is a Ricker wavelet of 25 Hz for one source.
func pulse(nt int) *array.Array {
	w, err := wavelet.Ricker(25, nt, 0.001, 0.06)
	if err != nil {
		fmt.Println(err)
	}
	return array.Convert(array.Float32, w, 1, 1, nt)
}

// peaks prints the greatest value of a receiver of the first shot, and when it is there.
func peaks(res *wave.Result, channel string, receiver int) {
	most, at := 0.0, 0
	for k, u := range trace(res.Records[channel], 0, receiver) {
		if max(u, -u) > max(most, -most) {
			most, at = u, k
		}
	}
	fmt.Printf("%s %d: %.2g after %d ms\n", channel, receiver, most, at)
}

// Water over a bed that reflects, under a free surface: a source and hydrophones 10 m deep, and
// geophones for the vertical velocity on the bed.
func ExampleAcoustic() {
	const nz, nx, nt = 60, 80, 300
	v, rho := layered(1500, 2200, 30, nz, nx), layered(1000, 2000, 30, nz, nx)
	survey := wave.Survey{
		Spacing:       []float64{5}, // m
		DT:            0.001,        // s
		Sources:       wave.Sources{Points: at([]int{2, 40}), Amplitudes: pulse(nt)},
		Receivers:     wave.Receivers{Points: at([]int{2, 50}, []int{2, 60}), Channels: []string{"pressure"}},
		MoreReceivers: []wave.Receivers{{Points: at([]int{29, 40}, []int{29, 50}), Channels: []string{"vz"}}},
	}
	res, err := wave.Acoustic(context.Background(), v, rho, survey, wave.Options{
		PMLFreq: 25,
		Edges:   []wave.Edge{wave.Free, wave.Absorbing, wave.Absorbing, wave.Absorbing}, // top, bottom, left, right
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for receiver := range 2 {
		peaks(res, "pressure", receiver)
		peaks(res, "vz", receiver)
	}
	// Output:
	// pressure 0: -2.4e+05 after 99 ms
	// vz 0: -0.11 after 164 ms
	// pressure 1: -2.1e+05 after 267 ms
	// vz 1: -0.099 after 170 ms
}

// A layer of water, where vs is 0, over rock: an explosion in the water, a hydrophone above and
// a geophone below the sea floor.
func ExampleElastic() {
	const nz, nx, nt, floor = 60, 80, 400, 20
	vp, vs, rho := layered(1500, 2500, floor, nz, nx), layered(0, 1300, floor, nz, nx), layered(1000, 2100, floor, nz, nx)
	survey := wave.Survey{
		Spacing:       []float64{5},
		DT:            0.001,
		Sources:       wave.Sources{Points: at([]int{5, 20}), Amplitudes: array.Scale(1e9, pulse(nt))}, // pressure
		Receivers:     wave.Receivers{Points: at([]int{floor - 2, 60})},                                // pressure
		MoreReceivers: []wave.Receivers{{Points: at([]int{floor + 1, 60}), Channels: []string{"vz", "vx"}}},
	}
	res, err := wave.Elastic(context.Background(), vp, vs, rho, survey, wave.Options{
		PMLFreq: 25,
		Edges:   []wave.Edge{wave.Free, wave.Absorbing, wave.Absorbing, wave.Absorbing},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, channel := range []string{"pressure", "vz", "vx"} {
		peaks(res, channel, 0)
	}
	// Output:
	// pressure 0: -1.3e+05 after 212 ms
	// vz 0: -0.036 after 220 ms
	// vx 0: 0.044 after 220 ms
}

// A simulation keeps its device, kernels and buffers while models change, as in an inversion. The
// time step stays, so MaxVel covers all of them.
func ExampleSimulation_SetModels() {
	const nz, nx, nt = 40, 50, 250
	ctx := context.Background()
	survey := wave.Survey{
		Spacing: []float64{5}, DT: 0.001,
		Sources:   wave.Sources{Points: at([]int{5, 10}), Amplitudes: pulse(nt)},
		Receivers: wave.Receivers{Points: at([]int{5, 40})},
	}
	sim, err := wave.New(ctx, equation.Acoustic(), wave.Models{
		"v": layered(2000, 2000, 20, nz, nx), "rho": layered(2000, 2000, 20, nz, nx),
	}, survey, wave.Options{PMLFreq: 25, MaxVel: 2500})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sim.Close()
	plan := sim.Plan()
	fmt.Printf("%d steps of %.4f s\n", plan.Steps, plan.DT)
	for _, v := range []float64{1800, 2000, 2200} {
		err := sim.SetModels(ctx, wave.Models{"v": layered(v, v, 20, nz, nx)}) // rho stays
		if err != nil {
			fmt.Println(err)
			return
		}
		res, err := sim.Forward(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		peaks(res, "pressure", 0)
	}
	// Output:
	// 500 steps of 0.0005 s
	// pressure 0: 4.3e+05 after 140 ms
	// pressure 0: 4.5e+05 after 132 ms
	// pressure 0: 4.7e+05 after 125 ms
}

// What a change of vs scatters, to first order, beside the wavefield in the background: Born
// modelling of any equation is an equation, too.
func Example_born() {
	const nz, nx, nt = 40, 50, 300
	dvs := make([]float32, nz*nx)
	for z := 18; z < 22; z++ {
		for x := 23; x < 27; x++ {
			dvs[z*nx+x] = 50 // m/s
		}
	}
	survey := wave.Survey{
		Spacing: []float64{5}, DT: 0.001,
		Sources:   wave.Sources{Points: at([]int{5, 10}), Channel: "force_z", Amplitudes: array.Scale(1e6, pulse(nt))},
		Receivers: wave.Receivers{Points: at([]int{5, 40}), Channels: []string{"vz", "dvz"}},
	}
	res, err := wave.Run(context.Background(), equation.Born(equation.ElasticSpeeds(), "vs"), wave.Models{
		"vp": layered(2400, 2400, 20, nz, nx), "vs": layered(1300, 1300, 20, nz, nx), "rho": layered(2100, 2100, 20, nz, nx),
		"dvs": array.Of32(dvs, nz, nx),
	}, survey, wave.Options{PMLFreq: 25})
	if err != nil {
		fmt.Println(err)
		return
	}
	peaks(res, "vz", 0)
	peaks(res, "dvz", 0)
	// Output:
	// vz 0: 0.051 after 173 ms
	// dvz 0: -0.00043 after 203 ms
}

// Some steps of inversion: the speed of a lens is looked for, from what hydrophones below it record,
// downhill along the gradient of the misfit.
func ExampleSimulation_Gradient() {
	const nz, nx, nt = 40, 50, 200
	lens := array.Add(layered(2000, 2000, 0, nz, nx), array.Assemble(array.Float32, []int{nz, nx}, [][]int{{16, 20}}, layered(150, 150, 0, 8, 10)))
	survey := wave.Survey{
		Spacing:   []float64{5}, // m
		DT:        0.001,        // s
		Sources:   wave.Sources{Points: at([]int{2, 25}), Amplitudes: pulse(nt)},
		Receivers: wave.Receivers{Points: at([]int{38, 10}, []int{38, 20}, []int{38, 30}, []int{38, 40})},
	}
	options := wave.Options{PMLFreq: 25, MaxVel: 2500}
	ctx := context.Background()
	observed, err := wave.Scalar(ctx, lens, survey, options)
	if err != nil {
		fmt.Println(err)
		return
	}
	v := layered(2000, 2000, 0, nz, nx)
	sim, err := wave.New(ctx, equation.Scalar(), wave.Models{"v": v}, survey, options)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sim.Close()
	first := 0.0
	for i := range 5 {
		g, err := sim.Gradient(ctx, wave.L2(observed.Records))
		if err != nil {
			fmt.Println(err)
			return
		}
		if i == 0 {
			first = g.Value
		}
		fmt.Printf("%.0f%% of the first misfit\n", 100*g.Value/first)
		v = array.Add(v, array.Scale(-10/g.Models["v"].Peak(), g.Models["v"])) // 10 m/s at most
		if err := sim.SetModels(ctx, wave.Models{"v": v}); err != nil {
			fmt.Println(err)
			return
		}
	}
	// Output:
	// 100% of the first misfit
	// 76% of the first misfit
	// 55% of the first misfit
	// 37% of the first misfit
	// 22% of the first misfit
}
