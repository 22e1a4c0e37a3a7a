package functional_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// A program is a list of bytes: each pair of them an operation on one or two of the
// tables [2][3] computed before. Its result is the last table.
type program []byte

const maxOps = 16

// run runs the program on one table, with another closed over.
func (p program) run(x, closed *array.Array) (*array.Array, error) {
	vals := []*array.Array{x, closed}
	for i := 0; i+1 < len(p) && i < 2*maxOps; i += 2 {
		a := vals[int(p[i+1]&15)%len(vals)]
		b := vals[int(p[i+1]>>4)%len(vals)]
		y, err := operate(p[i]%18, a, b)
		if err != nil {
			return nil, err
		}
		vals = append(vals, y)
	}
	last := vals[len(vals)-1]
	return last, last.Err()
}

// operate is one operation; all keep numbers of moderate size moderate.
func operate(op byte, a, b *array.Array) (*array.Array, error) {
	rows := func(a *array.Array) *array.Array { return array.Slice(a, []int{1, 0}, []int{1, 3}) }
	half := func(x, y *array.Array) *array.Array {
		return array.SumProd([]array.Term{{Coeff: 0.5, Args: []int{0, 1}}, {Coeff: 0.25, Args: []int{1, 1, 0}}, {Coeff: 0.1}}, x, y)
	}
	switch op {
	case 0:
		return array.Add(a, b), nil
	case 1:
		return array.Tanh(array.Mul(a, b)), nil
	case 2:
		return array.Sin(a), nil
	case 3:
		return array.Scale(-0.7, a), nil
	case 4:
		return array.Reshape(array.Transpose(a, 1, 0), 2, 3), nil
	case 5:
		return array.Expand(array.SumTo(array.Tanh(a), 1, 3), 2, 3), nil
	case 6:
		return array.Slice(array.PadEdge(a, []int{1, 0}, []int{0, 2}), []int{1, 1}, []int{2, 3}), nil
	case 7:
		return array.Take(a, [][]int{{2, 0, 0}, {1, 1, 2}}), nil
	case 8:
		return array.AddAt(a, [][]int{{0, 2}, {1, 1}}, array.Slice(b, []int{0, 1}, []int{2, 2})), nil
	case 9:
		return array.Assemble(array.Float64, []int{2, 3}, [][]int{{0, 0}, {1, 0}}, rows(a), rows(b)), nil
	case 10:
		return array.Tap(array.PadEdge(a, []int{0, 1}, []int{0, 1}), []int{0, 1}, []int{2, 3}, [][]int{{0, -1}, {0, 1}}, []float64{-0.5, 0.5}), nil
	case 11:
		return array.Tanh(half(a, b)), nil
	case 12: // b's derivatives stop here; a's go on
		return array.Mul(array.Sign(b), array.Sqrt(array.AddConst(1, array.Mul(a, a)))), nil
	case 13:
		y, err := array.Checkpoint(func(v []*array.Array) ([]*array.Array, error) {
			return []*array.Array{array.Sin(half(v[0], v[1]))}, nil
		}, []*array.Array{a, b})
		if err != nil {
			return nil, err
		}
		return y[0], nil
	case 14: // rows of a with all of b closed over
		return functional.VMap(func(r *array.Array) (*array.Array, error) {
			return array.Tanh(array.Mul(r, array.Reshape(rows(b), 3))), nil
		})(a)
	case 15:
		_, dy, err := functional.JVP(func(x *array.Array) (*array.Array, error) { return array.Sin(half(x, b)), nil }, a, b)
		if err != nil {
			return nil, err
		}
		return array.Tanh(dy), nil
	case 16:
		g, err := functional.Grad(func(x *array.Array) (*array.Array, error) { return array.Dot(array.Cos(half(b, x)), x), nil })(a)
		if err != nil {
			return nil, err
		}
		return array.Tanh(g), nil
	default: // a gradient a row, through a checkpoint
		return functional.VMap(functional.Grad(func(r *array.Array) (*array.Array, error) {
			y, err := array.Checkpoint(func(v []*array.Array) ([]*array.Array, error) {
				return []*array.Array{array.Sin(array.Mul(v[0], v[1]))}, nil
			}, []*array.Array{r, array.Reshape(rows(b), 3)})
			if err != nil {
				return nil, err
			}
			return array.Sum(y[0]), nil
		}))(a)
	}
}

// FuzzCompose checks that all transformations of a program agree with each other.
func FuzzCompose(f *testing.F) {
	for op := range byte(18) {
		f.Add([]byte{op, 0x10, op, 0x21, 1, 0x32}, uint64(op))
	}
	f.Add([]byte{13, 0x10, 16, 0x21, 15, 0x30, 14, 0x43, 17, 0x51, 1, 0x62}, uint64(1))
	f.Add([]byte{}, uint64(2))
	f.Fuzz(func(t *testing.T, code []byte, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 3))
		draw := func() *array.Array { return uniform(rng, array.Float64, -1, 1, 2, 3) }
		x, closed, a, b, ct := draw(), draw(), draw(), draw(), draw()
		fn := func(x *array.Array) (*array.Array, error) { return program(code).run(x, closed) }
		agree := func(what string, got, want, size float64) {
			t.Helper()
			if !(math.Abs(got-want) <= 1e-10*(1+size)) {
				t.Errorf("%s: %.17g, want %.17g; program %v, seed %d", what, got, want, code, seed)
			}
		}
		same := func(what string, got, want *array.Array) {
			t.Helper()
			g, w := got.Float64s(), want.Float64s()
			if len(g) != len(w) {
				t.Fatalf("%s: %d numbers, want %d; program %v, seed %d", what, len(g), len(w), code, seed)
			}
			for i := range w {
				agree(what, g[i], w[i], math.Abs(w[i]))
			}
		}
		y, dy, err := functional.JVP(fn, x, a)
		noError(t, err)
		plain, err := fn(x)
		noError(t, err)
		same("value", y, plain)
		if norm(y) > 1e3 || norm(dy) > 1e4 { // too large to compare sums of
			return
		}
		_, linear, err := functional.Linearize(fn, x)
		noError(t, err)
		tangent, err := linear(a)
		noError(t, err)
		same("Linearize", tangent, dy)
		_, pull, err := functional.VJP(fn, x)
		noError(t, err)
		back, err := pull(ct)
		noError(t, err)
		left, size := dot(ct, dy)
		right, _ := dot(back, a)
		agree("<J' ct, dx>", right, left, size)
		batch, err := functional.VMap(func(v *array.Array) (*array.Array, error) {
			_, d, err := functional.JVP(fn, v, a)
			return d, err
		})(stacked(b, x))
		noError(t, err)
		same("vmap(jvp)", take(batch, 0, 1), dy)

		// Second derivatives: symmetric, and the same in every order.
		grad := functional.Grad(func(v *array.Array) (*array.Array, error) {
			y, err := fn(v)
			return array.Dot(y, ct), err
		})
		g, ha, err := functional.JVP(grad, x, a)
		noError(t, err)
		same("gradient", g, back)
		_, hb, err := functional.JVP(grad, x, b)
		noError(t, err)
		bHa, s1 := dot(b, ha)
		aHb, s2 := dot(a, hb)
		agree("Hessian's symmetry", bHa, aHb, s1+s2)
		reverse, err := functional.Grad(func(v *array.Array) (*array.Array, error) {
			g, err := grad(v)
			return array.Dot(g, a), err
		})(x)
		noError(t, err)
		same("grad(grad)", reverse, ha)
		grads, err := functional.VMap(grad)(stacked(x, b))
		noError(t, err)
		same("vmap(grad)", take(grads, 0, 0), g)
	})
}
