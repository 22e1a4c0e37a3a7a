package functional_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// stacked puts models along a new first axis.
func stacked(models ...*array.Array) *array.Array {
	var all []float64
	for _, m := range models {
		all = append(all, m.Float64s()...)
	}
	return array.Of64(all, slices.Insert(models[0].Shape(), 0, len(models))...)
}

// Derivatives of derivatives go through the time loop's checkpoints: each order of
// nesting must agree with the others and with differences.
func TestNestedPropagator(t *testing.T) {
	for _, dt := range []float64{quick, slow} {
		t.Run(fmt.Sprint("dt ", dt), func(t *testing.T) {
			e := smallExperiment(t, 1, 0, dt)
			v, a := e.models(t, 1)
			_, b := e.models(t, 2)
			data, err := e.forward(array.AddConst(30, v))
			noError(t, err)
			loss := e.misfit(data)
			grad := functional.Grad(loss)
			g, ha, err := functional.HVP(loss, v, a) // jvp(grad)
			noError(t, err)
			want, err := grad(v)
			noError(t, err)
			near(t, "gradient in HVP", g, 1e-13, want.Float64s()...)
			checkTaylor(t, "gradient", grad, v, a, 0.1)
			bHa, _ := dot(b, ha)

			_, hb, err := functional.HVP(loss, v, b)
			noError(t, err)
			aHb, _ := dot(a, hb)
			near(t, "Hessian is symmetric", num(aHb), 1e-10, bHa)

			along := func(x, d *array.Array) (*array.Array, error) {
				_, slope, err := functional.JVP(loss, x, d)
				return slope, err
			}
			// grad(jvp)
			gj, err := functional.Grad(func(x *array.Array) (*array.Array, error) { return along(x, a) })(v)
			noError(t, err)
			near(t, "grad(jvp)", gj, 1e-10, ha.Float64s()...)
			// jvp(jvp)
			_, jj, err := functional.JVP(func(x *array.Array) (*array.Array, error) { return along(x, a) }, v, b)
			noError(t, err)
			near(t, "jvp(jvp)", jj, 1e-10, bHa)
			// grad(grad)
			gg, err := functional.Grad(func(x *array.Array) (*array.Array, error) {
				g, err := grad(x)
				return array.Dot(g, a), err
			})(v)
			noError(t, err)
			near(t, "grad(grad)", gg, 1e-10, ha.Float64s()...)
			// linearize(grad)
			_, linear, err := functional.Linearize(grad, v)
			noError(t, err)
			for range 2 {
				lg, err := linear(a)
				noError(t, err)
				near(t, "linearize(grad)", lg, 1e-10, ha.Float64s()...)
			}
			// vmap(jvp(grad)) over directions, whole and in chunks, and over models
			directions := stacked(a, b, array.Scale(2, a))
			product := func(x []*array.Array) ([]*array.Array, error) {
				_, p, err := functional.JVP(grad, x[0], x[1])
				return []*array.Array{p}, err
			}
			in := []*int{nil, functional.Axis(0)}
			whole, err := functional.VMapN(product, functional.VMapOptions{In: in})([]*array.Array{v, directions})
			noError(t, err)
			near(t, "vmap(hvp), first", take(whole[0], 0, 0), 1e-12, ha.Float64s()...)
			near(t, "vmap(hvp), second", take(whole[0], 0, 1), 1e-12, hb.Float64s()...)
			chunks, err := functional.VMapN(product, functional.VMapOptions{In: in, Chunk: 2})([]*array.Array{v, directions})
			noError(t, err)
			sameBits(t, "vmap(hvp) in chunks", chunks[0], whole[0])
			// vmap(grad)
			grads, err := functional.VMap(grad)(stacked(array.Add(v, a), v))
			noError(t, err)
			near(t, "vmap(grad)", take(grads, 0, 1), 1e-12, want.Float64s()...)
			other, err := grad(array.Add(v, a))
			noError(t, err)
			near(t, "vmap(grad)", take(grads, 0, 0), 1e-12, other.Float64s()...)
			// grad(vmap): the gradient of a sum of misfits over a line of models
			line, err := functional.Grad(func(x *array.Array) (*array.Array, error) {
				losses, err := functional.VMap(func(s *array.Array) (*array.Array, error) {
					return loss(array.Add(x, array.Mul(array.Reshape(s, 1), a)))
				})(vec(1, 0))
				return array.Sum(losses), err
			})(v)
			noError(t, err)
			sum := array.Add(want, other)
			near(t, "grad(vmap)", line, 1e-12, sum.Float64s()...)
			// jvp(vmap) and vmap(jvp)
			both := stacked(v, array.Add(v, a))
			_, jv, err := functional.JVP(functional.VMap(e.forward), both, stacked(a, b))
			noError(t, err)
			vj, err := functional.VMapN(func(x []*array.Array) ([]*array.Array, error) {
				y, dy, err := functional.JVP(e.forward, x[0], x[1])
				return []*array.Array{y, dy}, err
			}, functional.VMapOptions{})([]*array.Array{both, stacked(a, b)})
			noError(t, err)
			near(t, "jvp(vmap) and vmap(jvp)", jv, 1e-13, vj[1].Float64s()...)
			_, dy, err := functional.JVP(e.forward, array.Add(v, a), b)
			noError(t, err)
			near(t, "vmap(jvp), second", take(vj[1], 0, 1), 1e-12, dy.Float64s()...)
		})
	}
}

// A few columns of the Jacobian of the data and of the Hessian of a misfit with
// respect to two numbers that make the model.
func TestPropagatorJacobians(t *testing.T) {
	e := smallExperiment(t, 1, 0, quick)
	v, a := e.models(t, 1)
	_, b := e.models(t, 2)
	model := func(p *array.Array) *array.Array {
		at := func(k int) *array.Array { return array.Slice(p, []int{k}, []int{1}) }
		return array.SumProd([]array.Term{{Coeff: 1, Args: []int{0}}, {Coeff: 1, Args: []int{1, 2}}, {Coeff: 1, Args: []int{3, 4}}}, v, a, at(0), b, at(1))
	}
	f := func(p *array.Array) (*array.Array, error) {
		y, err := e.forward(model(p))
		return array.Reshape(y, y.Len()), err
	}
	p := vec(0.2, -0.1)
	fwd, err := functional.JacFwd(f, 1)(p)
	noError(t, err)
	rev, err := functional.JacRev(f, 20)(p)
	noError(t, err)
	near(t, "JacRev", rev, 1e-12, fwd.Float64s()...)
	_, dy, err := functional.JVP(f, p, vec(0, 1))
	noError(t, err)
	near(t, "column", take(fwd, 1, 1), 1e-13, dy.Float64s()...)
	data, err := e.forward(array.AddConst(30, v))
	noError(t, err)
	loss := func(p *array.Array) (*array.Array, error) { return e.misfit(data)(model(p)) }
	h, err := functional.Hessian(loss, 0)(p)
	noError(t, err)
	hess := h.Float64s()
	near(t, "symmetry", num(hess[1]), 1e-10, hess[2])
	_, first, err := functional.HVP(loss, p, vec(1, 0))
	noError(t, err)
	near(t, "first column", first, 1e-12, hess[0], hess[2])
	checkTaylor(t, "gradient", functional.Grad(loss), p, vec(1, -2), 1e-3)
}
