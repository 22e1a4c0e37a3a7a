package jit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// problem is a random kernel with its buffers.
type problem[T float32 | float64] struct {
	k          *Kernel
	bufs       [][]T
	at         []int
	nx, ny, nz int
}

// randomProblem makes one of up to about 100 operations on up to 20 fields: some are
// stored into and loaded at the point only, some are the same along a row or a
// column; strided ones, if asked for, have gaps between neighbours.
func randomProblem[T float32 | float64](r *rand.Rand, strided bool) *problem[T] {
	p := &problem[T]{k: &Kernel{}, nx: 1 + r.IntN(90), ny: 1 + r.IntN(9), nz: 1 + r.IntN(5)}
	stride := p.nx + 8 + r.IntN(30)
	if r.IntN(2) == 0 {
		stride = (stride + 15) / 16 * 16
	}
	const reach = 4
	nout := 1 + r.IntN(3)
	nfield := nout + 1 + r.IntN(16)
	for i := range nfield {
		f := Field{1, stride, stride * 40}
		if i > nout {
			switch r.IntN(8) {
			case 0:
				f = Field{1, 0, 0}
			case 1:
				f = Field{0, 1, 0}
			case 2:
				f = Field{0, 0, 1}
			case 3:
				if strided {
					f = Field{3, 3 * stride, 120 * stride}
				}
			}
		}
		p.k.AddField(f)
		n, at := 0, 0
		for _, d := range []struct{ stride, n int }{{f.StrideX, p.nx}, {f.StrideY, p.ny}, {f.StrideZ, p.nz}} {
			n += d.stride * (d.n - 1 + 2*reach)
			at += d.stride * reach
		}
		shift := r.IntN(20)
		buf := make([]T, n+1+shift)
		for j := range buf {
			buf[j] = T(r.Float64() - 0.5)
		}
		p.bufs, p.at = append(p.bufs, buf), append(p.at, at+shift)
	}
	k := p.k
	off := func() int { return r.IntN(2*reach+1) - reach }
	var made []int
	pick := func() int {
		switch {
		case len(made) > 0 && r.IntN(2) == 0:
			return made[r.IntN(len(made))]
		case r.IntN(6) == 0:
			return k.Const(float64(r.IntN(30)-15) / 30)
		}
		f := r.IntN(nfield)
		if f < nout {
			return k.Load(f, 0, 0, 0)
		}
		return k.Load(f, off(), off(), off())
	}
	for range 3 + r.IntN(100) {
		a, b, c := pick(), pick(), pick()
		n := 0
		switch r.IntN(7) {
		case 0:
			n = k.Add(a, b)
		case 1:
			n = k.Sub(a, b)
		case 2:
			n = k.Mul(a, b)
		case 3:
			n = k.FMA(a, b, c)
		case 4:
			n = k.FMS(a, b, c)
		case 5:
			n = k.FNMA(a, b, c)
		case 6:
			n = k.Sum([]Term{{1, []int{a}}, {-1, []int{b, c}}, {float64(r.IntN(5) - 2), []int{b}}, {0.5, nil}, {1, []int{c, a, b}}})
		}
		made = append(made, k.Mul(k.Const(0.5), n)) // products must not grow without end
	}
	for f := range nout {
		n := made[len(made)-1-r.IntN(min(5, len(made)))]
		if r.IntN(10) == 0 {
			n = pick()
		}
		k.Store(f, n)
	}
	return p
}

func (p *problem[T]) copy() [][]T {
	var out [][]T
	for _, b := range p.bufs {
		out = append(out, append([]T(nil), b...))
	}
	return out
}

// interpret does what code should do to nz planes.
func (p *problem[T]) interpret(bufs [][]T, at []int, nz int) {
	at = slices.Clone(at)
	for range nz {
		Interpret(p.k, bufs, at, p.nx, p.ny)
		for i, f := range p.k.Fields {
			at[i] += f.StrideZ
		}
	}
}

// compare runs generated code and the interpreter, and compares every element to the
// bit.
func (p *problem[T]) compare(o Options) error {
	var z T
	_, o.Float64 = any(z).(float64)
	code, err := Compile(p.k, o)
	if err != nil {
		return err
	}
	defer code.Close()
	want, got := p.copy(), p.copy()
	p.interpret(want, p.at, p.nz)
	var ops []Operand
	for i, b := range got {
		var op Operand
		got[i], op = operand(o, b, p.at[i])
		ops = append(ops, op)
	}
	bound, err := code.Bind(ops, p.nx, p.ny, p.nz)
	if err != nil {
		return err
	}
	bound.Run(NewFrame(), 0, p.nx, 0, p.ny, 0, p.nz)
	for f := range want {
		for i := range want[f] {
			if w, g := want[f][i], got[f][i]; math.Float64bits(float64(w)) != math.Float64bits(float64(g)) && !(w != w && g != g) {
				return fmt.Errorf("field %d, element %d of %d (point 0 at %d): got %v, want %v", f, i, len(want[f]), p.at[f], g, w)
			}
		}
	}
	return nil
}

func TestRandomKernels(t *testing.T) {
	for _, isa := range append(Supported(), Generic) {
		t.Run(isa.String()+"/float32", func(t *testing.T) { testRandom[float32](t, isa) })
		t.Run(isa.String()+"/float64", func(t *testing.T) { testRandom[float64](t, isa) })
	}
}

func testRandom[T float32 | float64](t *testing.T, isa ISA) {
	for seed := range uint64(count(60, 1500, 30000)) {
		r := rand.New(rand.NewPCG(seed, uint64(isa)))
		p := randomProblem[T](r, isa == Generic)
		o := randomOptions[T](r, isa)
		if err := p.compare(o); err != nil {
			t.Fatalf("seed %d, %+v, %d x %d x %d points: %v", seed, o, p.nx, p.ny, p.nz, err)
		}
	}
}
