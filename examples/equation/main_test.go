package main

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/stencil"
	"github.com/d52adeda/wave/wavelet"
)

// backends are those that run the equation; builds with the tag opencl add that.
var backends = []string{"cpu", "eager", "vulkan"}

// Example runs what main does.
func Example() {
	if err := run(context.Background(), "cpu"); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 125 m deep 67% of the amplitude arrives, to first order 78%
	// 225 m deep 81% of the amplitude arrives, to first order 84%
	// 325 m deep 97% of the amplitude arrives, to first order 99%
}

// onEach runs a test on each backend, with models and a survey of two shots; in three dimensions, too,
// where that does not take long to compile or WAVE_LONG is set. A driver that is missing fails it
// where CI is set, and skips it elsewhere.
func onEach(t *testing.T, test func(t *testing.T, models wave.Models, s wave.Survey, o wave.Options)) {
	for _, name := range backends {
		for _, shape := range [][]int{{13, 15}, {8, 9, 10}} {
			if len(shape) == 3 && name != "cpu" && name != "eager" && os.Getenv("WAVE_LONG") == "" {
				continue
			}
			t.Run(fmt.Sprintf("%s/%dd", name, len(shape)), func(t *testing.T) {
				dev, err := backend.Open(name)
				if err == nil && !dev.Info().Float64 {
					err = fmt.Errorf("%s has no float64", dev.Info().Name)
				}
				if err != nil {
					if os.Getenv("CI") != "" {
						t.Fatal(err)
					}
					t.Skip(err)
				}
				dev.Close()
				seed := uint64(len(shape))
				t.Logf("seed %d", seed)
				rng := rand.New(rand.NewPCG(seed, 0))
				o := wave.Options{Backend: name, PMLFreq: 25, PMLWidth: []int{4, 0, 3, 4, 2, 3}[:2*len(shape)], MaxVel: 3000}
				test(t, medium(rng, shape), survey(rng, shape, 30), o)
			})
		}
	}
}

const shots = 2

// medium returns random models, of each shot its own.
func medium(rng *rand.Rand, shape []int) wave.Models {
	shape = append([]int{shots}, shape...)
	return wave.Models{
		"v": uniform(rng, 1800, 2400, shape...), "rho": uniform(rng, 1000, 2500, shape...),
		"tau": uniform(rng, 0.05, 0.3, shape...), "rate": uniform(rng, 100, 300, shape...),
	}
}

func uniform(rng *rand.Rand, lo, hi float64, shape ...int) *array.Array {
	n := 1
	for _, s := range shape {
		n *= s
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = lo + (hi-lo)*rng.Float64()
	}
	return array.Of64(x, shape...)
}

// survey has two sources and three receivers a shot, which record all channels.
func survey(rng *rand.Rand, shape []int, nt int) wave.Survey {
	points := func(n int) wave.Points {
		p := wave.Points{Cells: make([][][]int, shots)}
		for shot := range p.Cells {
			for range n {
				var c []int
				for _, m := range shape {
					c = append(c, rng.IntN(m-1))
				}
				p.Cells[shot] = append(p.Cells[shot], c)
			}
		}
		return p
	}
	channels := []string{"pressure"}
	for _, axis := range equation.Axes(len(shape)) {
		channels = append(channels, "v"+axis)
	}
	return wave.Survey{
		Spacing: []float64{5}, DT: 0.0005,
		Sources:   wave.Sources{Points: points(2), Amplitudes: uniform(rng, -1, 1, shots, 2, nt)},
		Receivers: wave.Receivers{Points: points(3), Channels: channels},
	}
}

// TestAttenuation compares the spectra of two records along a line with what the modulus
// K (1 + tau i w/(i w + rate)) makes of a wave between them. Steps in time move its phase by
// (w dt)^2/24 of itself; those of the memory variable add less than half of that.
func TestAttenuation(t *testing.T) {
	const n, nt, h, dt, freq, v, rho, tau, rate, from, to = 400, 1000, 4.0, 0.0005, 25.0, 2000.0, 2200.0, 0.1, 120.0, 120, 200
	constant := func(x float64) *array.Array { return array.AddConst(x, array.Zeros(array.Float64, n)) }
	ricker, err := wavelet.Ricker(freq, nt, dt, 1.5/freq)
	if err != nil {
		t.Fatal(err)
	}
	at := func(cells ...[]int) wave.Points { return wave.Points{Cells: [][][]int{cells}} }
	res := forward(t, viscoacoustic(), wave.Models{"v": constant(v), "rho": constant(rho), "tau": constant(tau), "rate": constant(rate)}, wave.Survey{
		Spacing: []float64{h}, DT: dt,
		Sources:   wave.Sources{Points: at([]int{60}), Amplitudes: array.Of64(ricker, 1, 1, nt)},
		Receivers: wave.Receivers{Points: at([]int{from}, []int{to})},
	}, wave.Options{PMLFreq: freq, Accuracy: 8})
	for _, f := range []float64{15, 25, 40} {
		var spectrum [2]complex128
		iw := complex(0, 2*math.Pi*f)
		for i := range spectrum {
			for k := range nt {
				u, _ := res.Records["pressure"].At(0, i, k)
				spectrum[i] += complex(u, 0) * cmplx.Exp(-iw*complex(float64(k)*dt, 0))
			}
		}
		modulus := complex(rho*v*v, 0) * (1 + tau*iw/(iw+rate))
		want := cmplx.Exp(-iw * cmplx.Sqrt(rho/modulus) * (to - from) * h)
		w := 2 * math.Pi * f
		tolerance := 1.5 * (w * dt) * (w * dt) / 24 * w * (to - from) * h / v
		if got := spectrum[1] / spectrum[0]; !(cmplx.Abs(got-want) <= tolerance*cmplx.Abs(want)) {
			t.Errorf("%g Hz: %.4f arrives, want %.4f within %.4f of it", f, got, want, tolerance)
		}
	}
}

// TestInterpreter compares with stencil.Interpreter, the definition of a program: a few hundred
// operations a point and step in another order, whose rounding grows by less than a thousand times
// in 30 steps.
func TestInterpreter(t *testing.T) {
	onEach(t, func(t *testing.T, models wave.Models, s wave.Survey, o wave.Options) {
		res := forward(t, viscoacoustic(), models, s, o)
		for shot := range shots {
			want := interpret(t, models, s, res, shot)
			for name, a := range everything(res) {
				if w, ok := want[name]; ok {
					delete(want, name)
					near(t, fmt.Sprintf("%s of shot %d", name, shot), of(a, shot), w, 1e-12)
				}
			}
			if len(want) > 0 {
				t.Errorf("shot %d has no %v", shot, slices.Sorted(maps.Keys(want)))
			}
		}
	})
}

// interpret returns the records and wavefields of a shot, as the program says them.
func interpret(t *testing.T, models wave.Models, s wave.Survey, res *wave.Result, shot int) map[string]*array.Array {
	t.Helper()
	eq, ndim := viscoacoustic(), len(res.Region)
	system := eq.Write(equation.Grid{NDim: ndim, Accuracy: res.Accuracy})
	spacing := slices.Repeat(s.Spacing, ndim)
	program := system.Program.Bind(equation.Params(res.DT, spacing))
	shape, pml, first := slices.Clone(res.Region), make([][2]int, ndim), make([]int, ndim)
	for d := range pml {
		pml[d] = [2]int{res.PMLWidth[2*d], res.PMLWidth[2*d+1]}
		shape[d] += pml[d][0] + pml[d][1]
	}
	layout, err := stencil.NewLayout(program, shape, pml)
	if err != nil {
		t.Fatal(err)
	}
	before, after := []int{0}, []int{0}
	for d, w := range pml {
		first[d] = layout.Halo + w[0]
		before, after = append(before, first[d]), append(after, layout.Halo+w[1])
	}
	padded := equation.Models{}
	for name, a := range models {
		padded[name] = array.PadEdge(of(a, shot), before, after)
	}
	own, err := eq.Derived(t.Context(), padded, layout.Halo)
	if err != nil {
		t.Fatal(err)
	}
	run := stencil.Interpreter{
		Program: program, Layout: layout, Points: map[string]stencil.Points{},
		Data: map[*stencil.Field][]float64{}, In: map[*stencil.Series][][]float64{},
	}
	profiles := equation.PML{Width: pml, Spacing: spacing, DT: res.DT, MaxVel: res.MaxVel, Freq: res.PMLFreq}
	for _, f := range program.Fields() {
		if x, ok := profiles.Of(f, layout); ok {
			run.Data[f] = x
		} else if f.Kind == stencil.Model {
			run.Data[f] = own[f.Name].Float64s()
		}
	}
	points := func(cells [][]int) (p stencil.Points) {
		for _, c := range cells {
			at := 0
			for d, n := range layout.Shape {
				at = at*n + first[d] + c[d]
			}
			p = append(p, []stencil.Entry{{Cell: at, Weight: 1}})
		}
		return p
	}
	source := system.Sources[0].Series
	run.Points[source.Points] = points(s.Sources.Cells[shot])
	for _, c := range system.Receivers {
		run.Points[c.Series.Points] = points(s.Receivers.Cells[shot])
	}
	for range res.Steps {
		var row []float64
		for i := range s.Sources.Cells[shot] {
			x, _ := s.Sources.Amplitudes.At(shot, i, len(run.In[source]))
			row = append(row, x)
		}
		run.In[source] = append(run.In[source], row)
		run.Step()
	}
	out := map[string]*array.Array{}
	for _, c := range system.Receivers {
		n := len(s.Receivers.Cells[shot])
		rows := array.Of64(slices.Concat(run.Out[c.Series]...), res.Steps, n)
		out["record "+c.Name] = array.Reshape(array.Transpose(rows, 1, 0), 1, n, res.Steps)
	}
	lo, size := append([]int{0}, slices.Repeat([]int{layout.Halo}, ndim)...), append([]int{1}, shape...)
	for _, f := range program.Fields() {
		if f.Kind == stencil.State { // of memory fields the engine keeps another form
			a := array.Of64(run.Data[f], append([]int{1}, layout.Shape...)...)
			out[f.Name] = array.Slice(a, lo, size)
		}
	}
	return out
}

// TestTwice: a simulation runs twice to the same bits, and with other models as one made of them.
func TestTwice(t *testing.T) {
	onEach(t, func(t *testing.T, models wave.Models, s wave.Survey, o wave.Options) {
		sim, err := wave.New(t.Context(), viscoacoustic(), models, s, o)
		if err != nil {
			t.Fatal(err)
		}
		defer sim.Close()
		again := func() *wave.Result {
			res, err := sim.Forward(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return res
		}
		once := again()
		sameBits(t, again(), once)
		others := maps.Clone(models)
		others["tau"] = array.Scale(0.5, models["tau"])
		if err := sim.SetModels(t.Context(), wave.Models{"tau": others["tau"]}); err != nil {
			t.Fatal(err)
		}
		sameBits(t, again(), forward(t, viscoacoustic(), others, s, o))
	})
}

// TestRestart: a run in two parts is what it is in one, to the bit.
func TestRestart(t *testing.T) {
	onEach(t, func(t *testing.T, models wave.Models, s wave.Survey, o wave.Options) {
		const nt, part = 30, 11
		whole := forward(t, viscoacoustic(), models, s, o)
		cut := func(from, to int) wave.Survey {
			c := s
			c.Sources.Amplitudes = array.Slice(s.Sources.Amplitudes, []int{0, 0, from}, []int{shots, 2, to - from})
			return c
		}
		first := forward(t, viscoacoustic(), models, cut(0, part), o)
		rest := cut(part, nt)
		rest.Initial, rest.Origin = first.Wavefields, first.Origin
		second := forward(t, viscoacoustic(), models, rest, o)
		for name, a := range whole.Records {
			lo, size := []int{0, 0, part}, a.Shape()
			size[2] -= part
			same(t, name, second.Records[name], array.Slice(a, lo, size))
		}
		second.Records = whole.Records
		sameBits(t, second, whole)
	})
}

// TestBatch: a shot of a batch is what it is alone, to the bit.
func TestBatch(t *testing.T) {
	onEach(t, func(t *testing.T, models wave.Models, s wave.Survey, o wave.Options) {
		all := everything(forward(t, viscoacoustic(), models, s, o))
		for shot := range shots {
			one, alone := s, wave.Models{}
			for name, a := range models {
				alone[name] = of(a, shot)
			}
			one.Sources.Amplitudes = of(s.Sources.Amplitudes, shot)
			one.Sources.Cells, one.Receivers.Cells = s.Sources.Cells[shot:][:1], s.Receivers.Cells[shot:][:1]
			for name, a := range everything(forward(t, viscoacoustic(), alone, one, o)) {
				same(t, fmt.Sprintf("%s of shot %d", name, shot), of(all[name], shot), a)
			}
		}
	})
}

// TestTangent: the derived Born form is the derivative of the equation with respect to all models.
// What is left of a record's change without it goes with the size of the perturbation, and
// with it with the square (Taylor); perturbations are zero on the models' edges, which the PML
// continues.
func TestTangent(t *testing.T) {
	onEach(t, func(t *testing.T, models wave.Models, s wave.Survey, o wave.Options) {
		rng := rand.New(rand.NewPCG(7, 0))
		both, size := maps.Clone(models), 0.02
		for name, a := range models {
			inside, lo := a.Shape(), []int{0}
			for d := range inside[1:] {
				inside[1+d] -= 2
				lo = append(lo, 1)
			}
			part := uniform(rng, -size, size, inside...)
			both["d"+name] = array.Mul(a, array.Assemble(array.Float64, a.Shape(), [][]int{lo}, part))
		}
		scattered := s
		for _, channel := range s.Receivers.Channels {
			scattered.Receivers.Channels = append(slices.Clone(scattered.Receivers.Channels), "d"+channel)
		}
		born := forward(t, equation.Born(viscoacoustic()), both, scattered, o)
		for _, channel := range s.Receivers.Channels {
			var plain, corrected []float64
			for _, e := range []float64{1, 0.5} {
				moved := wave.Models{}
				for name, a := range models {
					moved[name] = array.Add(a, array.Scale(e, both["d"+name]))
				}
				change := array.Sub(forward(t, viscoacoustic(), moved, s, o).Records[channel], born.Records[channel])
				left := array.Sub(change, array.Scale(e, born.Records["d"+channel]))
				plain, corrected = append(plain, norm(change)), append(corrected, norm(left))
			}
			first, second := math.Log2(plain[0]/plain[1]), math.Log2(corrected[0]/corrected[1])
			if !(math.Abs(first-1) < 0.1 && math.Abs(second-2) < 0.1) {
				t.Errorf("%s: slopes %.3f and %.3f, want 1 and 2", channel, first, second)
			}
		}
	})
}
