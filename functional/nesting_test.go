package functional_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// slopes are the ways to differentiate a function of one number.
var slopes = map[string]func(functional.Func) functional.Func{
	"jvp": func(f functional.Func) functional.Func {
		return func(x *array.Array) (*array.Array, error) {
			_, dy, err := functional.JVP(f, x, onesLike(x))
			return dy, err
		}
	},
	"linearize": func(f functional.Func) functional.Func {
		return func(x *array.Array) (*array.Array, error) {
			_, linear, err := functional.Linearize(f, x)
			if err != nil {
				return nil, err
			}
			return linear(onesLike(x))
		}
	},
	"vjp": func(f functional.Func) functional.Func {
		return func(x *array.Array) (*array.Array, error) {
			y, pull, err := functional.VJP(f, x)
			if err != nil {
				return nil, err
			}
			return pull(onesLike(y))
		}
	},
	"grad":   functional.Grad,
	"jacfwd": func(f functional.Func) functional.Func { return functional.JacFwd(f, 0) },
	"jacrev": func(f functional.Func) functional.Func { return functional.JacRev(f, 0) },
	"checkpointed grad": func(f functional.Func) functional.Func {
		return functional.Grad(func(x *array.Array) (*array.Array, error) {
			y, err := array.Checkpoint(func(x []*array.Array) ([]*array.Array, error) {
				y, err := f(x[0])
				return []*array.Array{y}, err
			}, []*array.Array{x})
			if err != nil {
				return nil, err
			}
			return y[0], nil
		})
	},
}

// xSinX is x sin x; its derivatives are below.
var xSinX = pure(func(x *array.Array) *array.Array { return array.Mul(x, array.Sin(x)) })

func xSinX1(x float64) float64 { return math.Sin(x) + x*math.Cos(x) }
func xSinX2(x float64) float64 { return 2*math.Cos(x) - x*math.Sin(x) }
func xSinX3(x float64) float64 { return -3*math.Sin(x) - x*math.Cos(x) }

// each3 calls test for all triples of slopes.
func each3(t *testing.T, test func(t *testing.T, a, b, c func(functional.Func) functional.Func)) {
	for a, fa := range slopes {
		for b, fb := range slopes {
			for c, fc := range slopes {
				t.Run(fmt.Sprintf("%s(%s(%s))", a, b, c), func(t *testing.T) { test(t, fa, fb, fc) })
			}
		}
	}
}

func TestDerivativesOfDerivatives(t *testing.T) {
	const x = 1.3
	each3(t, func(t *testing.T, a, b, c func(functional.Func) functional.Func) {
		one, err := c(xSinX)(num(x))
		noError(t, err)
		near(t, "first", one, 1e-14, xSinX1(x))
		two, err := b(c(xSinX))(num(x))
		noError(t, err)
		near(t, "second", two, 1e-14, xSinX2(x))
		three, err := a(b(c(xSinX)))(num(x))
		noError(t, err)
		near(t, "third", three, 1e-13, xSinX3(x))
	})
}

// Each example of a batch has its own derivatives, wherever the map stands among
// the derivatives.
func TestVMapAmongDerivatives(t *testing.T) {
	points := []float64{0.1, 0.7, 2}
	var first, second, third []float64
	for _, p := range points {
		first, second, third = append(first, xSinX1(p)), append(second, xSinX2(p)), append(third, xSinX3(p))
	}
	each3(t, func(t *testing.T, a, b, c func(functional.Func) functional.Func) {
		got, err := functional.VMap(a(b(c(xSinX))))(vec(points...))
		noError(t, err)
		near(t, "vmap(a(b(c)))", got, 1e-13, third...)
		// A map inside: scaled by s, sum_i d/ds (s f'(s p_i)) = sum_i f' + s p_i f'' at s = 1.
		summed := func(d func(functional.Func) functional.Func) functional.Func {
			return func(s *array.Array) (*array.Array, error) {
				y, err := functional.VMap(func(p *array.Array) (*array.Array, error) { return d(xSinX)(array.Mul(s, p)) })(vec(points...))
				return array.Mul(s, array.Sum(y)), err
			}
		}
		sum, sum2 := 0.0, 0.0
		for i, p := range points {
			sum += first[i] + p*second[i]
			sum2 += 2*p*second[i] + p*p*third[i]
		}
		one, err := b(summed(c))(num(1))
		noError(t, err)
		near(t, "b(vmap(c))", one, 1e-13, sum)
		two, err := a(b(summed(c)))(num(1))
		noError(t, err)
		near(t, "a(b(vmap(c)))", two, 1e-13, sum2)
		batch, err := functional.VMap(b(summed(c)))(vec(1, 1))
		noError(t, err)
		near(t, "vmap(b(vmap(c)))", batch, 1e-13, sum, sum)
	})
}

// Perturbation confusion: an inner derivative must not take an outer one's tangent
// for its own. Without the guard (a level that each transformation has for itself;
// its values unbox nothing of other levels) d/dx [x d/dy (x + y)] comes out as 2:
// the inner tangent of x + y would hold x's outer tangent, too.
func TestPerturbationConfusion(t *testing.T) {
	for outer, a := range slopes {
		for inner, b := range slopes {
			t.Run(outer+"("+inner+")", func(t *testing.T) {
				for _, c := range []struct {
					what        string
					at, y, want float64
					f           func(x, y *array.Array) *array.Array
				}{
					{"x d/dy (x + y)", 1, 1, 1, array.Add},
					{"x d/dy x", 3, 0, 0, func(x, _ *array.Array) *array.Array { return x }},
					{"x d/dy (x y y)", 2, 3, 24, func(x, y *array.Array) *array.Array { return array.Mul(x, array.Mul(y, y)) }},
					{"x d/dy (x x)", 2, 3, 0, func(x, _ *array.Array) *array.Array { return array.Mul(x, x) }},
				} {
					got, err := a(func(x *array.Array) (*array.Array, error) {
						dy, err := b(pure(func(y *array.Array) *array.Array { return c.f(x, y) }))(num(c.y))
						return array.Mul(x, dy), err
					})(num(c.at))
					noError(t, err)
					near(t, "d/dx "+c.what, got, 0, c.want)
				}
			})
		}
	}
}

// A map in a map in a derivative, with closures over all that is outside.
func TestDeepClosures(t *testing.T) {
	a, b := []float64{0.5, 1.5}, []float64{0.3, 0.6, 0.9}
	const s = 1.2
	for name, d := range slopes {
		t.Run(name, func(t *testing.T) {
			// g(s) = sum_ij d/dy [sin(s a_i y) b_j] at y = b_j = sum_ij s a_i b_j cos(s a_i b_j)
			g := func(s *array.Array) (*array.Array, error) {
				rows, err := functional.VMap(func(ai *array.Array) (*array.Array, error) {
					row, err := functional.VMap(func(bj *array.Array) (*array.Array, error) {
						return d(pure(func(y *array.Array) *array.Array {
							return array.Mul(array.Sin(array.Mul(array.Mul(s, ai), y)), bj)
						}))(bj)
					})(vec(b...))
					return array.Sum(row), err
				})(vec(a...))
				return array.Sum(rows), err
			}
			got, err := d(g)(num(s))
			noError(t, err)
			want := 0.0
			for _, ai := range a {
				for _, bj := range b {
					z := s * ai * bj
					want += ai*bj*math.Cos(z) - z*ai*bj*math.Sin(z)
				}
			}
			near(t, "d/ds", got, 1e-13, want)
		})
	}
}

func TestAFunctionThatIgnoresItsArgumentHasZeroDerivatives(t *testing.T) {
	constant := pure(func(*array.Array) *array.Array { return num(7) })
	for name, d := range slopes {
		got, err := d(constant)(num(2))
		noError(t, err)
		near(t, name, got, 0, 0)
		if got, err = functional.VMap(d(constant))(vec(1, 2)); err != nil {
			t.Fatal(err)
		}
		near(t, "vmap "+name, got, 0, 0, 0)
	}
	h, err := functional.Hessian(constant, 0)(vec(1, 2))
	noError(t, err)
	near(t, "Hessian", h, 0, 0, 0, 0, 0)
	y, err := functional.VMap(constant)(vec(1, 2, 3))
	noError(t, err)
	near(t, "VMap", y, 0, 7, 7, 7)
}
