package backendtest

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/stencil"
)

// countsBytes checks Stepper.Bytes: all fields are counted, and what a PML adds is
// strips, not grids. The grid is so large beside its PML that one memory field
// stored in full would show.
func countsBytes(t *testing.T, dev backend.Device) {
	const width, shots = 3, 2
	for _, dt := range []array.DType{array.Float32, array.Float64} {
		if dt == array.Float64 && !dev.Info().Float64 {
			continue
		}
		bytes := func(pml int) (got, stored, strips, grid int64) {
			c := testCase{
				program: func(dt float64, h []float64) *stencil.Program {
					return equation.Scalar().Program(2, 4).Bind(equation.Params(dt, h))
				},
				shape: []int{300, 280}, pml: [][2]int{{pml, pml}, {pml, pml}}, shots: shots, models: 1,
			}
			p := c.plan(t, rand.New(rand.NewPCG(1, 5)), dt)
			s, err := dev.Plan(context.Background(), p)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Step(context.Background(), 1); err != nil {
				t.Fatal(err)
			}
			got = s.Bytes()
			s.Close()
			if n := s.Bytes(); n != 0 {
				t.Errorf("%s: Bytes is %d after Close, want 0", dt, n)
			}
			size := int64(dt.Size())
			for _, f := range p.Program.Fields() {
				n := int64(p.Layout.Size(f)) * size
				switch f.Kind {
				case stencil.State:
					n *= shots
				case stencil.Memory:
					n *= shots
					strips += n
				}
				stored += n
			}
			return got, stored, strips, int64(p.Layout.Padded()) * size
		}
		with, stored, strips, grid := bytes(width)
		if with < stored {
			t.Errorf("%s: Bytes is %d, want at least what the fields have, %d", dt, with, stored)
		}
		without, stored, _, _ := bytes(0)
		if without < stored {
			t.Errorf("%s: Bytes is %d without a PML, want at least what the fields have, %d", dt, without, stored)
		}
		// Each strip may have a spare one, and its rows be filled up to cache lines.
		if most := 4 * strips; most > strips+shots*grid*9/10 {
			t.Fatalf("%s: strips take %d bytes beside a grid of %d: the case tests nothing", dt, strips, grid)
		} else if more := with - without; more < strips || more > most {
			t.Errorf("%s: a PML of %d cells adds %d bytes, want %d to %d: are memory fields stored as strips?", dt, width, more, strips, most)
		}
	}
}
