package stencil_test

import (
	"math"
	"slices"
	"testing"

	"github.com/d52adeda/wave/equation"
	. "github.com/d52adeda/wave/stencil"
)

// TestHessian checks products with the Hessian of J = |r(m)|^2 / 2, from the pair of a tangent program,
// against its second derivative along two directions, <dr_a, dr_b> + <r, d2r_ab>.
func TestHessian(t *testing.T) {
	for _, c := range []struct {
		name string
		sample
	}{{"scalar", scalar(2, 4)}, {"elastic", staggered(equation.Elastic(), 2, 4)}, {"nonlinear", nonlinear()}} {
		t.Run(c.name, func(t *testing.T) {
			const steps = 8
			s := settings[c.program.NDim]
			once := JVP(c.program, c.models)
			twice := JVP(once.Program, c.models)
			pair, err := Adjoint(once.Program, someModels, c.models)
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, random(t), s.shape, s.pml, once.Program, pair.Forward, pair.Reverse, twice.Program)
			w.fill(c.program, steps)
			var dirs [2]map[*Field][]float64
			for i := range dirs {
				dirs[i] = map[*Field][]float64{}
				for _, m := range c.models {
					dirs[i][m] = w.inside()
				}
			}
			outs := c.program.Outputs()
			// along returns the product of the Hessian with a direction, and that with another.
			along := func(a, b map[*Field][]float64) float64 {
				v := w.clone()
				for _, m := range c.models {
					v.data[once.Dot[m]] = a[m]
				}
				var tapes []map[*Field][]float64
				in := &Interpreter{Program: pair.Forward, Layout: w.layout, Data: v.data, Points: w.points, In: w.series}
				for range steps {
					in.Step()
					tape := map[*Field][]float64{}
					for _, f := range pair.Tape {
						tape[f] = v.data[f]
					}
					tapes = append(tapes, tape)
				}
				back := &Interpreter{Program: pair.Reverse, Layout: w.layout, Data: map[*Field][]float64{}, Points: w.points, In: map[*Series][][]float64{}}
				for f, x := range v.data {
					if f.Kind == Model || f.Kind == Profile {
						back.Data[f] = x
					}
				}
				for s, x := range w.series {
					back.In[s] = reversed(x)
				}
				for _, s := range outs { // the derivative of J by r, and its own
					back.In[pair.Series[once.Series[s]]] = reversed(in.Out[s])
					back.In[pair.Series[s]] = reversed(in.Out[once.Series[s]])
				}
				for _, tape := range slices.Backward(tapes) {
					for f, x := range tape {
						back.Data[f] = x
					}
					back.Step()
				}
				sum := 0.0
				v = &world{layout: w.layout, data: back.Data}
				for _, m := range c.models {
					if x, ok := pair.Scale[m]; ok {
						v.scale(pair.Bar[m], x, -1)
					}
					sum += dot(v.data[pair.Bar[m]], b[m])
				}
				return sum
			}
			v := w.clone()
			for _, f := range twice.Program.Fields() { // wavefields begin the same for all models
				if v.data[f] == nil {
					v.data[f] = make([]float64, w.cells())
				}
			}
			for _, m := range c.models {
				v.data[once.Dot[m]], v.data[twice.Dot[m]] = dirs[0][m], dirs[1][m]
			}
			v.run(twice.Program, steps)
			want := 0.0
			for _, s := range outs {
				r := func(s *Series) []float64 { return slices.Concat(v.series[s]...) }
				want += dot(r(once.Series[s]), r(twice.Series[s])) + dot(r(s), r(twice.Series[once.Series[s]]))
			}
			for i, got := range []float64{along(dirs[0], dirs[1]), along(dirs[1], dirs[0])} {
				if !(math.Abs(got-want) <= 1e-12*math.Abs(want)) {
					t.Errorf("order %d: <b, H a> = %.15g, want %.15g: relative error %.3g", i, got, want, (got-want)/want)
				}
			}
		})
	}
}
