package functional_test

import (
	"errors"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// busy is a function of two arrays with three outputs, one of which is linear in
// one argument and one does not depend on any.
func busy(x []*array.Array) ([]*array.Array, error) {
	a := array.Tanh(array.Mul(x[0], array.Exp(x[1])))
	return []*array.Array{array.Add(a, x[1]), array.Scale(3, x[0]), vec(1, 2)}, nil
}

func busyArgs(t testing.TB, n int) (x, dx []*array.Array) {
	rng := random(t, 5)
	for range 2 {
		x, dx = append(x, uniform(rng, array.Float64, -1, 1, n)), append(dx, uniform(rng, array.Float64, -1, 1, n))
	}
	return x, dx
}

func TestLinearizeCallsFOnceAndGivesJVPs(t *testing.T) {
	calls := 0
	f := func(x []*array.Array) ([]*array.Array, error) { calls++; return busy(x) }
	x, dx := busyArgs(t, 4)
	y, linear, err := functional.LinearizeN(f, x)
	noError(t, err)
	for k, d := range [][]*array.Array{dx, {dx[0], nil}, {nil, dx[1]}, {nil, nil}, {dx[1], dx[0]}, dx} {
		got, err := linear(d)
		noError(t, err)
		wantY, want, err := functional.JVPN(busy, x, d)
		noError(t, err)
		for i := range want {
			sameBits(t, "value", y[i], wantY[i])
			near(t, "tangent", got[i], 1e-15, want[i].Float64s()...)
			if k == 3 && norm(got[i]) != 0 {
				t.Errorf("output %d: no direction gives %v, want zeros", i, got[i].Float64s())
			}
		}
	}
	if calls != 1 {
		t.Errorf("f was called %d times, want once", calls)
	}
}

func TestVJPPullsManyTimes(t *testing.T) {
	calls := 0
	f := func(x []*array.Array) ([]*array.Array, error) { calls++; return busy(x) }
	x, dx := busyArgs(t, 4)
	y, pull, err := functional.VJPN(f, x)
	noError(t, err)
	rng := random(t, 6)
	for range 3 {
		ct := []*array.Array{uniform(rng, array.Float64, -1, 1, 4), nil, nil}
		for k := range 3 {
			if k > 0 {
				ct[k] = uniform(rng, array.Float64, -1, 1, y[k].Shape()...)
			}
			got, err := pull(ct)
			noError(t, err)
			again, err := pull(ct)
			noError(t, err)
			_, dy, err := functional.JVPN(busy, x, dx)
			noError(t, err)
			left, right := 0.0, 0.0
			for i, c := range ct {
				if c != nil {
					s, _ := dot(c, dy[i])
					left += s
				}
			}
			for i := range got {
				sameBits(t, "pulled again", again[i], got[i])
				s, _ := dot(got[i], dx[i])
				right += s
			}
			near(t, "<J' ct, dx>", num(right), 1e-13, left)
		}
	}
	none, err := pull([]*array.Array{nil, nil, nil})
	noError(t, err)
	near(t, "no cotangent", none[1], 0, 0, 0, 0, 0)
	if calls != 1 {
		t.Errorf("f was called %d times, want once", calls)
	}
}

// What Linearize and VJP return is a function like any other.
func TestLinearFunctionsAreTransformedThemselves(t *testing.T) {
	x, dx := vec(0.4, -0.8), vec(1, 2)
	f := pure(array.Sin)
	_, linear, err := functional.Linearize(f, x)
	noError(t, err)
	y, pull, err := functional.VJP(f, x)
	noError(t, err)
	want, err := linear(dx)
	noError(t, err)
	for name, g := range map[string]functional.Func{"linear": linear, "pull": pull} { // diagonal: the same
		_, dy, err := functional.JVP(g, y, dx) // linear in the direction: its own derivative
		noError(t, err)
		sameBits(t, "JVP of "+name, dy, want)
		batch, err := functional.VMap(g)(array.Transpose(array.Stack(dx, y), 1, 0))
		noError(t, err)
		for e, x := range []*array.Array{dx, y} {
			one, err := g(x)
			noError(t, err)
			sameBits(t, "VMap of "+name, array.Reshape(array.Slice(batch, []int{e, 0}, []int{1, 2}), 2), one)
		}
		back, err := functional.LinearTranspose(g, dx)
		noError(t, err)
		same, err := back(dx)
		noError(t, err)
		sameBits(t, "transpose of "+name, same, want)
	}
	// d/dx of cos(x) dx, where the function was linearized inside.
	_, second, err := functional.JVP(func(x *array.Array) (*array.Array, error) {
		_, linear, err := functional.Linearize(f, x)
		if err != nil {
			return nil, err
		}
		return linear(dx)
	}, x, vec(1, 1))
	noError(t, err)
	wantSecond := array.Mul(array.Scale(-1, array.Sin(x)), dx)
	near(t, "second", second, 1e-15, wantSecond.Float64s()...)
}

func TestLinearTranspose(t *testing.T) {
	rng := random(t, 7)
	c := uniform(rng, array.Float64, -1, 1, 3, 4)
	f := pure(func(x *array.Array) *array.Array {
		a := array.PadEdge(array.Mul(x, c), []int{1, 0}, []int{0, 2})
		return array.Add(array.Scale(2, array.Slice(a, []int{0, 1}, []int{4, 3})), array.SumTo(array.Slice(a, []int{0, 0}, []int{4, 3}), 4, 1))
	})
	x := uniform(rng, array.Float64, -1, 1, 3, 4)
	y, err := f(x)
	noError(t, err)
	ft, err := functional.LinearTranspose(f, x)
	noError(t, err)
	ct := uniform(rng, array.Float64, -1, 1, y.Shape()...)
	back, err := ft(ct)
	noError(t, err)
	left, _ := dot(ct, y)
	right, _ := dot(back, x)
	near(t, "<f' ct, x>", num(right), 1e-13, left)
	ftt, err := functional.LinearTranspose(ft, ct)
	noError(t, err)
	twice, err := ftt(x)
	noError(t, err)
	near(t, "transposed twice", twice, 1e-14, y.Float64s()...)
	zero, err := functional.LinearTranspose(pure(func(*array.Array) *array.Array { return vec(0, 0) }), x)
	noError(t, err)
	none, err := zero(vec(1, 2))
	noError(t, err)
	near(t, "transpose of 0", none, 0, make([]float64, 12)...)
}

func TestLinearTransposeRefusesWhatIsNotLinear(t *testing.T) {
	for name, f := range map[string]func(x *array.Array) *array.Array{
		"square":          func(x *array.Array) *array.Array { return array.Mul(x, x) },
		"product":         func(x *array.Array) *array.Array { return array.Mul(array.Scale(2, x), array.SumTo(x, 1)) },
		"sine":            array.Sin,
		"absolute value":  array.Abs,
		"sign":            array.Sign,
		"quotient":        func(x *array.Array) *array.Array { return array.Div(vec(1, 2), x) },
		"affine":          func(x *array.Array) *array.Array { return array.AddConst(1, x) },
		"affine by array": func(x *array.Array) *array.Array { return array.Add(x, vec(0, 1e-300)) },
		"constant":        func(*array.Array) *array.Array { return vec(1, 2) },
		"NaN":             func(x *array.Array) *array.Array { return array.Mul(x, array.Log(vec(-1, 1))) },
	} {
		if _, err := functional.LinearTranspose(pure(f), vec(1, 2)); !errors.Is(err, functional.ErrNotLinear) {
			t.Errorf("%s: got %v, want ErrNotLinear", name, err)
		}
	}
	checkpointed := func(x *array.Array) (*array.Array, error) {
		y, err := array.Checkpoint(func(x []*array.Array) ([]*array.Array, error) {
			y := array.Mul(x[0], x[0])
			return []*array.Array{y}, y.Err()
		}, []*array.Array{x})
		if err != nil {
			return nil, err
		}
		return y[0], nil
	}
	if _, err := functional.LinearTranspose(checkpointed, vec(1, 2)); !errors.Is(err, functional.ErrNotLinear) {
		t.Errorf("in a checkpoint: got %v, want ErrNotLinear", err)
	}
	// Affine by what an outer transformation traces, the numbers of which cannot be
	// read where f is.
	affine := func(c *array.Array) (*array.Array, error) {
		ft, err := functional.LinearTranspose(pure(func(x *array.Array) *array.Array { return array.Add(x, c) }), vec(1, 2))
		if err != nil {
			return nil, err
		}
		return ft(vec(1, 1))
	}
	if _, _, err := functional.JVP(affine, vec(1, 2), vec(1, 1)); !errors.Is(err, functional.ErrNotLinear) {
		t.Errorf("in JVP: got %v, want ErrNotLinear", err)
	}
	if _, _, err := functional.VJP(affine, vec(1, 2)); !errors.Is(err, functional.ErrNotLinear) {
		t.Errorf("in VJP: got %v, want ErrNotLinear", err)
	}
	if _, err := functional.VMap(affine)(array.Reshape(vec(0, 0, 0, 1), 2, 2)); !errors.Is(err, functional.ErrNotLinear) {
		t.Errorf("in VMap: got %v, want ErrNotLinear", err)
	}
}
