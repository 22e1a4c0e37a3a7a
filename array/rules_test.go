package array_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// Every operation has rules for JVP, reverse mode and VMap, made of operations. The
// tests here check the rules of an operation, then those of what its rules are made
// of, by checking jvp, vjp and vmap of it as functions of their own.

// ruled is a function to check, of arguments of given shapes.
type ruled struct {
	name     string
	shapes   [][]int
	f        functional.FuncN
	positive bool // arguments are to be positive
}

func TestRules(t *testing.T) {
	for seed := range uint64(6) {
		for _, c := range ruledOps(rand.New(rand.NewPCG(seed, 1))) {
			t.Run(fmt.Sprintf("%s/%d", c.name, seed), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(seed, 2))
				for _, one := range c.transformed(t, rng) {
					one.check(t, rng)
					if seed > 2 && !testing.Short() { // a level more
						for _, two := range one.transformed(t, rng) {
							two.check(t, rng)
						}
					}
				}
				c.check(t, rng)
				if t.Failed() {
					t.Logf("seed %d, shapes %v", seed, c.shapes)
				}
			})
		}
	}
}

// transformed returns c under each transformation.
func (c ruled) transformed(t *testing.T, rng *rand.Rand) []ruled {
	return []ruled{c.jvp(rng), c.vjp(t, rng), c.vmap(rng)}
}

// check checks a function's three derivatives against its values.
func (c ruled) check(t *testing.T, rng *rand.Rand) {
	t.Helper()
	c.checkJVP(t, rng)
	c.checkVJP(t, rng)
	c.checkVMap(t, rng)
}

// checkJVP compares with central differences, whose error goes down with the step
// squared.
func (c ruled) checkJVP(t *testing.T, rng *rand.Rand) {
	t.Helper()
	x, dx := c.draw(rng), c.draw(rng)
	for i, on := range some(rng, len(x)) {
		if !on {
			dx[i] = nil
		}
	}
	y, dy := must2(functional.JVPN(c.f, x, dx))(t, c.name)
	sameNumbers(t, c.name+": value in JVP", y, must(c.f(x))(t, c.name), 0)
	at := func(h float64) []float64 {
		moved := slices.Clone(x)
		for i, d := range dx {
			if d != nil {
				moved[i] = array.Add(x[i], array.Scale(h, d))
			}
		}
		return joined(must(c.f(moved))(t, c.name))
	}
	central := func(h float64) []float64 { return combined(0.5/h, at(h), -0.5/h, at(-h)) }
	const h = 4e-3
	got, one, half := joined(dy), central(h), central(h/2)
	scale := 1 + biggest(got)
	rough, fine := biggest(combined(1, one, -1, got)), biggest(combined(1, half, -1, got))
	if !(fine < 1e-8*scale || fine < rough/3) {
		t.Errorf("%s: JVP differs from central differences by %.3g at %g, %.3g at half of it: not a slope of 2", c.name, rough, h, fine)
	}
	if e := biggest(combined(1, combined(4./3, half, -1./3, one), -1, got)); !(e < 1e-6*scale) {
		t.Errorf("%s: JVP differs from extrapolated differences by %.3g of %.3g", c.name, e, scale)
	}
}

// checkVJP compares with JVP: <ct, J dx> = <J' ct, dx>.
func (c ruled) checkVJP(t *testing.T, rng *rand.Rand) {
	t.Helper()
	x, dx := c.draw(rng), c.draw(rng)
	y, pull, err := functional.VJPN(c.f, x)
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	sameNumbers(t, c.name+": value in VJP", y, must(c.f(x))(t, c.name), 0)
	_, dy := must2(functional.JVPN(c.f, x, dx))(t, c.name)
	ct := make([]*array.Array, len(y))
	for i, on := range some(rng, len(y)) {
		if ct[i] = nil; on {
			ct[i] = c.random(rng, y[i].Shape())
		} else {
			dy[i] = array.Scale(0, dy[i])
		}
	}
	back := must(pull(ct))(t, c.name)
	for i := range ct {
		if ct[i] == nil {
			ct[i] = dy[i] // zeros
		}
	}
	left, size := inner(ct, dy)
	right, _ := inner(back, dx)
	if !(math.Abs(left-right) <= 1e-12*size) {
		t.Errorf("%s: <ct, J dx> = %.17g, <J' ct, dx> = %.17g", c.name, left, right)
	}
}

// checkVMap compares with a loop over the examples.
func (c ruled) checkVMap(t *testing.T, rng *rand.Rand) {
	t.Helper()
	const n = 3
	mapped := some(rng, len(c.shapes))
	in, x := make([]*int, len(mapped)), c.draw(rng)
	for i, on := range mapped {
		if on {
			in[i] = functional.Axis(0)
			x[i] = c.random(rng, slices.Insert(slices.Clone(c.shapes[i]), 0, n))
		}
	}
	got := must(functional.VMapN(c.f, functional.VMapOptions{In: in})(x))(t, c.name)
	for e := range n {
		one := slices.Clone(x)
		for i, on := range mapped {
			if on {
				one[i] = example(x[i], e)
			}
		}
		var part []*array.Array
		for _, g := range got {
			part = append(part, example(g, e))
		}
		sameNumbers(t, fmt.Sprintf("%s: example %d of VMap", c.name, e), part, must(c.f(one))(t, c.name), 1e-14)
	}
}

// jvp returns (x, dx) -> (y, dy), where some arguments have no tangent.
func (c ruled) jvp(rng *rand.Rand) ruled {
	n, active := len(c.shapes), some(rng, len(c.shapes))
	out := ruled{name: "jvp(" + c.name + ")", shapes: slices.Clone(c.shapes), positive: c.positive}
	for i, on := range active {
		if on {
			out.shapes = append(out.shapes, c.shapes[i])
		}
	}
	out.f = func(x []*array.Array) ([]*array.Array, error) {
		dx, k := make([]*array.Array, n), n
		for i, on := range active {
			if on {
				dx[i] = x[k]
				k++
			}
		}
		y, dy, err := functional.JVPN(c.f, x[:n], dx)
		return append(y, dy...), err
	}
	return out
}

// vjp returns (x, ct) -> dx for some of the arguments; the others are closed over.
func (c ruled) vjp(t *testing.T, rng *rand.Rand) ruled {
	n, active := len(c.shapes), some(rng, len(c.shapes))
	out := ruled{name: "vjp(" + c.name + ")", shapes: slices.Clone(c.shapes), positive: c.positive}
	for _, y := range must(c.f(c.draw(rng)))(t, c.name) {
		out.shapes = append(out.shapes, y.Shape())
	}
	out.f = func(x []*array.Array) ([]*array.Array, error) {
		var vary []*array.Array
		for i, on := range active {
			if on {
				vary = append(vary, x[i])
			}
		}
		_, pull, err := functional.VJPN(func(v []*array.Array) ([]*array.Array, error) {
			all, k := slices.Clone(x[:n]), 0
			for i, on := range active {
				if on {
					all[i] = v[k]
					k++
				}
			}
			return c.f(all)
		}, vary)
		if err != nil {
			return nil, err
		}
		return pull(x[n:])
	}
	return out
}

// vmap maps some of the arguments.
func (c ruled) vmap(rng *rand.Rand) ruled {
	n, mapped := 1+rng.IntN(3), some(rng, len(c.shapes))
	out := ruled{name: "vmap(" + c.name + ")", positive: c.positive}
	in := make([]*int, len(mapped))
	for i, on := range mapped {
		shape := slices.Clone(c.shapes[i])
		if on {
			in[i] = functional.Axis(0)
			shape = slices.Insert(shape, 0, n)
		}
		out.shapes = append(out.shapes, shape)
	}
	out.f = functional.VMapN(c.f, functional.VMapOptions{In: in})
	return out
}

// draw returns random arguments.
func (c ruled) draw(rng *rand.Rand) []*array.Array {
	var out []*array.Array
	for _, s := range c.shapes {
		out = append(out, c.random(rng, s))
	}
	return out
}

// random returns numbers of magnitude 0.5 to 1.5: away from where Abs has no
// derivative and others none that is finite.
func (c ruled) random(rng *rand.Rand, shape []int) *array.Array {
	x := make([]float64, extent(shape))
	for i := range x {
		x[i] = 0.5 + rng.Float64()
		if !c.positive && rng.IntN(2) == 0 {
			x[i] = -x[i]
		}
	}
	return array.Of64(x, shape...)
}

func extent(shape []int) int {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return n
}

// some returns n choices, at least one of them true.
func some(rng *rand.Rand, n int) []bool {
	out := make([]bool, n)
	for i := range out {
		out[i] = rng.IntN(2) == 0
	}
	out[rng.IntN(n)] = true
	return out
}

func example(a *array.Array, e int) *array.Array {
	lo, size := make([]int, a.NDim()), a.Shape()
	lo[0], size[0] = e, 1
	return array.Reshape(array.Slice(a, lo, size), size[1:]...)
}

func must(a []*array.Array, err error) func(*testing.T, string) []*array.Array {
	return func(t *testing.T, name string) []*array.Array {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return a
	}
}

func must2(a, b []*array.Array, err error) func(*testing.T, string) ([]*array.Array, []*array.Array) {
	return func(t *testing.T, name string) ([]*array.Array, []*array.Array) {
		t.Helper()
		return must(a, err)(t, name), b
	}
}

func joined(as []*array.Array) []float64 {
	var out []float64
	for _, a := range as {
		out = append(out, a.Float64s()...)
	}
	return out
}

// combined returns a*x + b*y.
func combined(a float64, x []float64, b float64, y []float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = a*x[i] + b*y[i]
	}
	return out
}

// biggest returns the greatest magnitude; infinity if there is a NaN.
func biggest(x []float64) float64 {
	m := 0.0
	for _, v := range x {
		if math.IsNaN(v) {
			return math.Inf(1)
		}
		m = max(m, math.Abs(v))
	}
	return m
}

// inner returns the sum of products, and that of their magnitudes.
func inner(a, b []*array.Array) (sum, size float64) {
	x, y := joined(a), joined(b)
	if len(x) != len(y) {
		return math.NaN(), 0
	}
	for i := range x {
		sum += x[i] * y[i]
		size += math.Abs(x[i] * y[i])
	}
	return sum, size
}

// sameNumbers compares shapes, and numbers to a tolerance.
func sameNumbers(t *testing.T, what string, got, want []*array.Array, tol float64) {
	t.Helper()
	for i := range want {
		if g, w := got[i].Shape(), want[i].Shape(); !slices.Equal(g, w) {
			t.Fatalf("%s: output %d has shape %v, want %v", what, i, g, w)
		}
	}
	g, w := joined(got), joined(want)
	if e := biggest(combined(1, g, -1, w)); !(e <= tol*biggest(w)) {
		t.Errorf("%s differs by %.3g of %.3g", what, e, biggest(w))
	}
}
