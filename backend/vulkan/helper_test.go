//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"context"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/internal/diskcache"
	"github.com/d52adeda/wave/internal/testenv"
	"github.com/d52adeda/wave/stencil"
)

// layerEnables names what the validation layer looks at beside the usual.
const layerEnables = "VK_LAYER_ENABLES"

// TestMain has every test, and the processes that tests start, run under Khronos'
// validation layer, which looks for missing barriers, too: what it says fails the call
// that it says it of. Kernels are kept for this process only.
func TestMain(m *testing.M) {
	os.Exit(func() int {
		if child := os.Getenv(childVariable); child != "" {
			return children[child]()
		}
		os.Setenv("WAVE_VULKAN_VALIDATE", "1")
		if _, set := os.LookupEnv(layerEnables); !set {
			os.Setenv(layerEnables, "VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT")
		}
		dir, err := os.MkdirTemp("", "wave-vulkan")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		os.Setenv(diskcache.Variable, dir)
		return m.Run()
	}())
}

// need returns the first device's description. Without one it skips the test, where
// that may be.
func need(t testing.TB) *physical {
	t.Helper()
	in, err := open()
	if err != nil {
		testenv.Missing(t, err)
	}
	return in.physical[0]
}

// openDevice opens the first device, with other limits if change is not nil.
func openDevice(t testing.TB, change func(*limits)) *device {
	t.Helper()
	p := *need(t)
	if change != nil {
		change(&p.limits)
	}
	d, err := newDevice(the.instance, &p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// problem is a random plan of the scalar equation or, with born set, its tangent.
type problem struct {
	shape  []int
	born   bool
	shots  int
	models int // 1 or shots
	steps  int
	dtype  array.DType
}

func (c problem) plan(t testing.TB) *backend.Plan {
	t.Helper()
	const step = 0.0005
	rnd := rand.New(rand.NewPCG(1, 2))
	h := []float64{5, 6, 4.5}[:len(c.shape)]
	program := equation.Scalar().Program(len(c.shape), 4).Bind(equation.Params(step, h))
	if c.born {
		program = stencil.JVP(program, []*stencil.Field{program.Field("v")}).Program
	}
	width := make([][2]int, len(c.shape))
	for d := range width {
		width[d] = [2]int{4, 3}
	}
	layout, err := stencil.NewLayout(program, c.shape, width)
	if err != nil {
		t.Fatal(err)
	}
	p := &backend.Plan{
		Program: program, Layout: layout, DType: c.dtype, Shots: c.shots, Steps: c.steps,
		Fields: map[string]*array.Array{}, Series: map[string]*array.Array{}, Points: map[string][]stencil.Points{},
	}
	profile := equation.PML{Width: width, Spacing: h, DT: step, MaxVel: 2500, Freq: 25}
	for _, f := range program.Fields() {
		switch f.Kind {
		case stencil.Profile:
			a, b, db := profile.Profile(f.Dim, layout.Shape[f.Dim], layout.Halo, 4)
			x := map[byte][]float64{'a': a, 'b': b, 'd': db}[f.Name[0]]
			p.Fields[f.Name] = array.Convert(c.dtype, x, len(x))
		case stencil.Model:
			x := make([]float64, c.models*layout.Padded())
			for i := range x {
				x[i] = 1500 + 1000*rnd.Float64()
			}
			p.Fields[f.Name] = array.Convert(c.dtype, x, append([]int{c.models}, layout.Shape...)...)
		}
	}
	const points = 3
	for _, s := range append(program.Inputs(), program.Outputs()...) {
		for range c.shots {
			list := make(stencil.Points, points)
			for i := range list {
				cell := 0
				for _, n := range layout.Shape {
					cell = cell*n + layout.Halo + rnd.IntN(n-2*layout.Halo)
				}
				list[i] = []stencil.Entry{{Cell: cell, Weight: rnd.NormFloat64()}}
			}
			p.Points[s.Points] = append(p.Points[s.Points], list)
		}
		p.Points[s.Points] = p.Points[s.Points][:c.shots]
	}
	for _, s := range program.Inputs() {
		x := make([]float64, c.shots*points*c.steps)
		for i := range x {
			x[i] = rnd.NormFloat64()
		}
		p.Series[s.Name] = array.Convert(c.dtype, x, c.shots, points, c.steps)
	}
	return p
}

// solve runs a plan to its end.
func solve(t testing.TB, d *device, p *backend.Plan) map[string][]float64 {
	t.Helper()
	s, err := d.Plan(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return results(t, s, p)
}

// results does the steps of a plan and returns all that can be asked for.
func results(t testing.TB, s backend.Stepper, p *backend.Plan) map[string][]float64 {
	t.Helper()
	for left := p.Steps; left > 0; {
		n := min(left, 4)
		if err := s.Step(context.Background(), n); err != nil {
			t.Fatal(err)
		}
		left -= n
	}
	out := map[string][]float64{}
	for _, f := range p.Program.Fields() {
		a, err := s.Field(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = a.Float64s()
	}
	for _, r := range p.Program.Outputs() {
		a, err := s.Series(r.Name)
		if err != nil {
			t.Fatal(err)
		}
		out["series "+r.Name] = a.Float64s()
	}
	if slices.Max(out["u"]) == 0 {
		t.Fatal("the wavefield is zero: the case tests nothing")
	}
	return out
}
