package array

import (
	"math"
)

// Functions of single elements. Each has its derivative, made of functions here,
// so that it can be differentiated again.

// Exp returns e^a.
func Exp(a *Array) *Array {
	return unary("Exp", a, math.Exp, func(x *Array) *Array { return Exp(x) })
}

// Log returns the natural logarithm.
func Log(a *Array) *Array {
	return unary("Log", a, math.Log, func(x *Array) *Array { return Pow(x, -1) })
}

// Sin returns the sine.
func Sin(a *Array) *Array {
	return unary("Sin", a, math.Sin, Cos)
}

// Cos returns the cosine.
func Cos(a *Array) *Array {
	return unary("Cos", a, math.Cos, func(x *Array) *Array { return Scale(-1, Sin(x)) })
}

// Tanh returns the hyperbolic tangent.
func Tanh(a *Array) *Array {
	return unary("Tanh", a, math.Tanh, func(x *Array) *Array {
		return SumProd([]Term{{1, nil}, {-1, []int{0, 0}}}, Tanh(x))
	})
}

// Pow returns a to a constant power.
func Pow(a *Array, p float64) *Array {
	power := func(x float64) float64 { return math.Pow(x, p) }
	if p == -1 { // of every division
		power = func(x float64) float64 { return 1 / x }
	}
	return unary("Pow", a, power, func(x *Array) *Array {
		switch p {
		case 0:
			return Scale(0, x)
		case 1:
			return AddConst(1, Scale(0, x))
		}
		return Scale(p, Pow(x, p-1))
	})
}

// Sqrt returns the square root.
func Sqrt(a *Array) *Array { return Pow(a, 0.5) }

// Abs returns the absolute value; its derivative at 0 is 0.
func Abs(a *Array) *Array { return unary("Abs", a, math.Abs, Sign) }

// Sign returns -1, 0 or 1; its derivative is 0.
func Sign(a *Array) *Array {
	return unary("Sign", a, func(x float64) float64 {
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return x // 0 or NaN
	}, func(x *Array) *Array { return Scale(0, x) })
}

// Div returns a/b element by element.
func Div(a, b *Array) *Array { return Mul(a, Pow(b, -1)) }

// Reciprocal returns 1/a, and 0 where a is not greater than tiny in size: there it is constant.
func Reciprocal(a *Array, tiny float64) *Array {
	return unary("Reciprocal", a, func(x float64) float64 {
		if math.Abs(x) <= tiny {
			return 0
		}
		return 1 / x
	}, func(x *Array) *Array {
		r := Reciprocal(x, tiny)
		return Scale(-1, Mul(r, r))
	})
}

// NonZero returns 0 where a is not greater than tiny in size, else 1; its derivative is 0.
func NonZero(a *Array, tiny float64) *Array {
	return unary("NonZero", a, func(x float64) float64 {
		if math.Abs(x) <= tiny {
			return 0
		}
		return 1
	}, func(x *Array) *Array { return Scale(0, x) })
}

// unary applies f to each element; derivative is f' as an operation.
func unary(name string, a *Array, f func(float64) float64, derivative func(x *Array) *Array) *Array {
	return apply([]*Array{a}, op{
		name: name,
		eval: func(args []*dense) (*dense, error) {
			d := args[0]
			out, err := newDense(d, d.shape)
			if err != nil {
				return nil, err
			}
			if d.dt == Float32 {
				each[float32](out, d, f)
			} else {
				each[float64](out, d, f)
			}
			return out, nil
		},
		jvp: func(x, dx []*Array) *Array { return Mul(derivative(x[0]), dx[0]) },
		vjp: func(x []*Array, ct *Array, _ []bool) []*Array { return []*Array{Mul(derivative(x[0]), ct)} },
		batch: func(_ int, x []*Array, _ []bool) *Array {
			return unary(name, x[0], f, derivative)
		},
		saves: func([]bool) []bool { return []bool{true} },
	})
}

func each[T Float](out, d *dense, f func(float64) float64) {
	dst := elems[T](out)
	flatten[T](dst, d)
	for i, v := range dst {
		dst[i] = T(f(float64(v)))
	}
}
