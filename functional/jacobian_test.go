package functional_test

import (
	"math"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// mixing is y_i = sum_j m_ij sin(x_j): its Jacobian is m_ij cos(x_j).
func mixing(m *array.Array) functional.Func {
	rows, columns := m.Shape()[0], m.Shape()[1]
	return pure(func(x *array.Array) *array.Array {
		return array.Reshape(array.SumTo(array.Mul(m, array.Reshape(array.Sin(x), 1, columns)), rows, 1), rows)
	})
}

func TestJacobians(t *testing.T) {
	rng := random(t, 1)
	m, x := uniform(rng, array.Float64, -1, 1, 3, 5), uniform(rng, array.Float64, -1, 1, 5)
	var want []float64
	for i := range 15 {
		want = append(want, m.Float64s()[i]*math.Cos(x.Float64s()[i%5]))
	}
	for name, jacobian := range map[string]func(functional.Func, int) functional.Func{"JacFwd": functional.JacFwd, "JacRev": functional.JacRev} {
		all, err := jacobian(mixing(m), 0)(x)
		noError(t, err)
		near(t, name, all, 1e-15, want...)
		if s := all.Shape(); len(s) != 2 || s[0] != 3 || s[1] != 5 {
			t.Errorf("%s has shape %v, want [3 5]", name, s)
		}
		for chunk := 1; chunk <= 6; chunk++ {
			some, err := jacobian(mixing(m), chunk)(x)
			noError(t, err)
			sameBits(t, name+" in chunks", some, all)
		}
	}
}

// The Jacobian of a function of tables has the output's axes, then the input's.
func TestJacobiansOfTables(t *testing.T) {
	rng := random(t, 2)
	x := uniform(rng, array.Float64, -1, 1, 2, 3)
	f := pure(func(x *array.Array) *array.Array {
		return array.Reshape(array.Mul(array.Transpose(x, 1, 0), array.Transpose(x, 1, 0)), 3, 2, 1)
	})
	fwd, err := functional.JacFwd(f, 0)(x)
	noError(t, err)
	rev, err := functional.JacRev(f, 4)(x)
	noError(t, err)
	sameBits(t, "JacRev", rev, fwd)
	if fwd.NDim() != 5 {
		t.Fatalf("shape %v, want [3 2 1 2 3]", fwd.Shape())
	}
	for i := range 3 {
		for j := range 2 {
			for k := range 2 {
				for l := range 3 {
					want := 0.0
					if k == j && l == i {
						v, _ := x.At(j, i)
						want = 2 * v
					}
					if got, err := fwd.At(i, j, 0, k, l); err != nil || got != want {
						t.Errorf("[%d %d 0 %d %d] is %g, %v; want %g", i, j, k, l, got, err, want)
					}
				}
			}
		}
	}
}

// bowl is sum_i exp(a_i x): its gradient is sum_i a_i e_i, its Hessian sum_i a_i a_i' e_i.
func bowl(a *array.Array) functional.Func {
	n := a.Shape()[0]
	return pure(func(x *array.Array) *array.Array {
		return array.Sum(array.Exp(array.SumTo(array.Mul(a, array.Reshape(x, 1, x.Len())), n, 1)))
	})
}

func TestHessian(t *testing.T) {
	rng := random(t, 3)
	const n = 4
	a, x, v := uniform(rng, array.Float64, -1, 1, 6, n), uniform(rng, array.Float64, -1, 1, n), uniform(rng, array.Float64, -1, 1, n)
	grad, hess, times := make([]float64, n), make([]float64, n*n), make([]float64, n)
	for i := range 6 {
		row, dot := a.Float64s()[i*n:][:n], 0.0
		for k, c := range row {
			dot += c * x.Float64s()[k]
		}
		for k, c := range row {
			grad[k] += c * math.Exp(dot)
			for l, d := range row {
				hess[k*n+l] += c * d * math.Exp(dot)
				times[k] += c * d * math.Exp(dot) * v.Float64s()[l]
			}
		}
	}
	f := bowl(a)
	h, err := functional.Hessian(f, 0)(x)
	noError(t, err)
	near(t, "Hessian", h, 1e-14, hess...)
	near(t, "its transpose", array.Transpose(h, 1, 0), 1e-15, h.Float64s()...)
	g, p, err := functional.HVP(f, x, v)
	noError(t, err)
	near(t, "gradient", g, 1e-14, grad...)
	near(t, "product", p, 1e-14, times...)
	for chunk := 1; chunk <= n; chunk++ {
		some, err := functional.Hessian(f, chunk)(x)
		noError(t, err)
		sameBits(t, "in chunks", some, h)
	}
	for name, other := range map[string]functional.Func{
		"reverse over reverse": functional.JacRev(functional.Grad(f), 0),
		"reverse over forward": functional.JacRev(functional.JacFwd(f, 0), 0),
		"forward over forward": functional.JacFwd(functional.JacFwd(f, 3), 0),
	} {
		same, err := other(x)
		noError(t, err)
		near(t, name, same, 1e-14, hess...)
	}
}

func TestValueAndGradN(t *testing.T) {
	// (x y + z, x, y + 1): the gradient of the first, the others along the way.
	f := func(x []*array.Array) ([]*array.Array, error) {
		return []*array.Array{array.Add(array.Dot(x[0], x[1]), array.Sum(x[2])), x[0], array.AddConst(1, x[1])}, nil
	}
	x := []*array.Array{vec(1, 2), vec(3, 5), vec(7, 11)}
	for _, c := range []struct {
		arguments []int
		want      [][]float64
	}{
		{nil, [][]float64{{3, 5}, {1, 2}, {1, 1}}},
		{[]int{1}, [][]float64{{1, 2}}},
		{[]int{2, 0}, [][]float64{{1, 1}, {3, 5}}},
		{[]int{0, 0}, [][]float64{{3, 5}, {3, 5}}},
	} {
		value, grads, aux, err := functional.ValueAndGradN(f, c.arguments...)(x)
		noError(t, err)
		near(t, "value", value, 0, 13+18)
		if len(grads) != len(c.want) || len(aux) != 2 {
			t.Fatalf("%d gradients and %d other outputs, want %d and 2", len(grads), len(aux), len(c.want))
		}
		for i, w := range c.want {
			near(t, "gradient", grads[i], 0, w...)
		}
		near(t, "first other output", aux[0], 0, 1, 2)
		near(t, "second other output", aux[1], 0, 4, 6)
	}
	for _, bad := range []int{-1, 3} {
		if _, _, _, err := functional.ValueAndGradN(f, bad)(x); err == nil {
			t.Errorf("argument %d: no error", bad)
		}
	}
	// Other outputs carry what an outer transformation traces.
	_, dy, err := functional.JVP(func(s *array.Array) (*array.Array, error) {
		_, _, aux, err := functional.ValueAndGradN(f, 1)([]*array.Array{s, x[1], x[2]})
		if err != nil {
			return nil, err
		}
		return aux[0], nil
	}, x[0], vec(1, -1))
	noError(t, err)
	near(t, "tangent of another output", dy, 0, 1, -1)
	v, g, err := functional.ValueAndGrad(pure(func(x *array.Array) *array.Array { return array.Dot(x, x) }))(vec(1, 2))
	noError(t, err)
	near(t, "value", v, 0, 5)
	near(t, "gradient", g, 0, 2, 4)
}
