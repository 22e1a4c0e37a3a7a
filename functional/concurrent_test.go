package functional_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// compositions are different uses of everything at once, for many goroutines.
func compositions(t *testing.T) []func() (*array.Array, error) {
	e := smallExperiment(t, 1, 0, quick)
	v, dv := e.models(t, 1)
	data, err := e.forward(array.Add(v, dv))
	noError(t, err)
	loss := e.misfit(data)
	rng := random(t, 2)
	m, x := uniform(rng, array.Float64, -1, 1, 3, 5), uniform(rng, array.Float64, -1, 1, 5)
	f, g := mixing(m), bowl(m)
	// Made once, used by all goroutines:
	_, linear, err := functional.Linearize(e.forward, v)
	noError(t, err)
	y, pull, err := functional.VJP(e.forward, v)
	noError(t, err)
	batchGrad := functional.VMap(functional.Grad(g))
	hessian := functional.Hessian(g, 2)
	points := stacked(x, array.Scale(2, x), array.Scale(-1, x))
	var out []func() (*array.Array, error)
	for _, d := range []string{"jvp", "vjp", "grad", "linearize", "checkpointed grad"} {
		out = append(out, func() (*array.Array, error) { return slopes[d](slopes["jvp"](xSinX))(num(0.7)) })
		out = append(out, func() (*array.Array, error) { return slopes["vjp"](slopes[d](xSinX))(num(0.7)) })
		out = append(out, func() (*array.Array, error) { return functional.VMap(slopes[d](slopes["grad"](xSinX)))(vec(1, 2, 3)) })
	}
	return append(out,
		func() (*array.Array, error) { return functional.JacFwd(f, 2)(x) },
		func() (*array.Array, error) { return functional.JacRev(f, 0)(x) },
		func() (*array.Array, error) { return hessian(x) },
		func() (*array.Array, error) { return batchGrad(points) },
		func() (*array.Array, error) { return linear(dv) },
		func() (*array.Array, error) { return functional.VMap(linear)(stacked(dv, v)) },
		func() (*array.Array, error) { return pull(y) },
		func() (*array.Array, error) { return functional.Grad(loss)(v) },
		func() (*array.Array, error) { _, p, err := functional.HVP(loss, v, dv); return p, err },
		func() (*array.Array, error) {
			return functional.VMap(functional.Grad(loss))(stacked(v, array.Add(v, dv)))
		},
		func() (*array.Array, error) { _, dy, err := functional.JVP(e.forward, v, dv); return dy, err },
	)
}

// 32 goroutines at once get to the bit what one gets alone.
func TestGoroutinesDoNotDisturbEachOther(t *testing.T) {
	list := compositions(t)
	want := make([]*array.Array, len(list))
	for i, c := range list {
		var err error
		want[i], err = c()
		noError(t, err)
	}
	var wg sync.WaitGroup
	for g := range 32 {
		wg.Go(func() {
			for k := range list {
				i := (g*7 + k) % len(list)
				if k%2 == 1 && i >= 15 { // the slow ones half as often
					continue
				}
				got, err := list[i]()
				if err != nil {
					t.Errorf("goroutine %d, composition %d: %v", g, i, err)
					continue
				}
				sameBits(t, fmt.Sprintf("goroutine %d, composition %d", g, i), got, want[i])
			}
		})
	}
	wg.Wait()
}

// A function may compute in goroutines of its own, closures included.
func TestGoroutinesInsideAFunction(t *testing.T) {
	f := func(x *array.Array) (*array.Array, error) {
		parts := make([]*array.Array, 8)
		var wg sync.WaitGroup
		for k := range parts {
			wg.Go(func() {
				y := array.Scale(float64(k+1), x)
				for range 20 {
					y = array.Sin(y)
				}
				// A transformation in each.
				_, dy, err := functional.JVP(pure(func(z *array.Array) *array.Array { return array.Mul(array.Mul(z, z), x) }), y, x)
				if err != nil {
					t.Error(err)
				}
				parts[k] = array.Add(y, dy)
			})
		}
		wg.Wait()
		sum := parts[0]
		for _, p := range parts[1:] {
			sum = array.Add(sum, p)
		}
		return array.Sum(sum), nil
	}
	x, dx := vec(0.3, -0.8, 1.1), vec(1, 2, -1)
	_, slope, err := functional.JVP(f, x, dx)
	noError(t, err)
	for range 20 {
		g, err := functional.Grad(f)(x)
		noError(t, err)
		got, _ := dot(g, dx)
		near(t, "gradient", num(got), 1e-12, slope.Float64s()[0])
		_, linear, err := functional.Linearize(f, x)
		noError(t, err)
		dy, err := linear(dx)
		noError(t, err)
		near(t, "linearized", dy, 1e-12, slope.Float64s()[0])
		all, err := functional.VMap(functional.Grad(f))(stacked(x, dx))
		noError(t, err)
		near(t, "in a batch", take(all, 0, 0), 1e-12, g.Float64s()...)
	}
}
