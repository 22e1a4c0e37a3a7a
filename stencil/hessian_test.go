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
			along := func(a, b map[*Field][]float64) (sum, size float64) {
				in := &Interpreter{Layout: w.layout, Data: w.clone().data, Points: w.points, In: w.series, Out: map[*Series][][]float64{}}
				for _, m := range c.models {
					in.Data[once.Dot[m]] = a[m]
				}
				past := pair.Interpret(in, steps)
				records := map[*Series][][]float64{}
				for _, s := range outs { // of what the tangent records, the derivative of J by r; of r, its tangent
					records[once.Series[s]], records[s] = in.Out[s], in.Out[once.Series[s]]
				}
				bar, _ := past.Back(nil, records)
				for _, m := range c.models {
					sum += dot(bar[m], b[m])
					size += norm(bar[m]) * norm(b[m])
				}
				return sum, size
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
			for i := range dirs {
				if got, size := along(dirs[i], dirs[1-i]); !(math.Abs(got-want) <= 1e-12*size) {
					t.Errorf("direction %d: <b, H a> = %.15g, want %.15g: relative error %.3g", i, got, want, (got-want)/want)
				}
			}
		})
	}
}
