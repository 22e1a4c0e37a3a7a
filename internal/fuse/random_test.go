package fuse

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/d52adeda/wave/internal/crew"
	"github.com/d52adeda/wave/internal/jit"
	"github.com/d52adeda/wave/internal/rows"
)

// computation is a random list of operations, told to a Builder and done plainly.
type computation struct {
	*rand.Rand
	b       *Builder
	vals    []*Value
	want    []*dense
	inputs  [][]float64
	outputs []int // values
	views   []View
	told    []string // what was done
}

func (c *computation) put(v *Value, w *dense, what string, args ...any) {
	c.vals, c.want = append(c.vals, v), append(c.want, w)
	c.told = append(c.told, fmt.Sprintf("%d = ", len(c.vals)-1)+fmt.Sprintf(what, args...))
}

func (c *computation) input(shape []int) {
	w := newDense(shape)
	for i := range w.x {
		w.x[i] = 2*c.Float64() - 1
		w.size[i] = math.Abs(w.x[i])
	}
	c.inputs = append(c.inputs, w.x)
	c.put(c.b.Input(shape, packed(shape)), w, "input %v", shape)
}

// box returns a random box in a shape.
func (c *computation) box(shape []int) (lo, part []int) {
	for _, n := range shape {
		l := c.IntN(n)
		lo, part = append(lo, l), append(part, 1+c.IntN(n-l))
	}
	return lo, part
}

// weights returns offsets of up to r along each axis, and weights.
func (c *computation) weights(ndim, r int) (off [][]int, w []float64) {
	for range 1 + c.IntN(4) {
		o := make([]int, ndim)
		for k := range o {
			o[k] = c.IntN(2*r+1) - r
		}
		v := float64(c.IntN(9)-4) / 4
		off, w = append(off, o), append(w, v)
		if c.IntN(2) == 0 { // a pair
			back := make([]int, ndim)
			for k := range o {
				back[k] = -o[k]
			}
			off, w = append(off, back), append(w, v*float64(2*c.IntN(2)-1))
		}
	}
	return off, w
}

// step adds a random operation on a random value.
func (c *computation) step() {
	i := c.IntN(len(c.vals))
	if c.IntN(2) == 0 {
		i = len(c.vals) - 1
	}
	v, w := c.vals[i], c.want[i]
	ndim := len(w.shape)
	switch c.IntN(14) {
	case 0:
		lo, part := c.box(w.shape)
		c.put(c.b.Slice(v, lo, part), w.slice(lo, part), "slice of %d at %v, %v", i, lo, part)
	case 1, 2: // a derivative: a smaller box, with offsets inside
		lo, part := make([]int, ndim), slices.Clone(w.shape)
		off, weights := c.weights(ndim, 1)
		for k, n := range w.shape {
			if n > 2 {
				lo[k], part[k] = 1, n-2
				continue
			}
			for _, o := range off {
				o[k] = 0
			}
		}
		c.put(c.b.Tap(v, lo, part, off, weights), w.tap(lo, part, off, weights), "tap of %d: %v %v", i, off, weights)
	case 3: // the transpose of one
		lo, whole := make([]int, ndim), slices.Clone(w.shape)
		off, weights := c.weights(ndim, 1)
		for k := range whole {
			lo[k] = 1
			whole[k] += 2 + c.IntN(2)
		}
		c.put(c.b.TapTranspose(v, whole, lo, off, weights), w.tapTranspose(whole, lo, off, weights), "transposed tap of %d: %v %v to %v", i, off, weights, whole)
	case 4, 5, 6: // with others that fit
		args, plain, numbers := []*Value{v}, []*dense{w}, []int{i}
		for j := range c.vals {
			s := c.want[j].shape
			fits := len(s) == ndim
			for k := 0; fits && k < ndim; k++ {
				fits = s[k] == w.shape[k] || s[k] == 1
			}
			if fits && len(args) < 4 && c.IntN(2) == 0 {
				args, plain, numbers = append(args, c.vals[j]), append(plain, c.want[j]), append(numbers, j)
			}
		}
		var terms []Term
		for range 1 + c.IntN(4) {
			t := Term{Coeff: []float64{1, -1, 0.5, -0.25, 0}[c.IntN(5)]}
			for range c.IntN(4) {
				t.Args = append(t.Args, c.IntN(len(args)))
			}
			terms = append(terms, t)
		}
		c.put(c.b.SumProd(w.shape, terms, args), sumProd(w.shape, terms, plain), "sum %v of %v", terms, numbers)
	case 7: // parts of v, moved
		var lo [][]int
		var parts []*Value
		var plain []*dense
		whole := slices.Clone(w.shape)
		for k := range whole {
			whole[k] += c.IntN(3)
		}
		for range 1 + c.IntN(5) {
			from, part := c.box(w.shape)
			var to []int
			for k, n := range whole {
				to = append(to, c.IntN(n-part[k]+1))
			}
			lo = append(lo, to)
			parts, plain = append(parts, c.b.Slice(v, from, part)), append(plain, w.slice(from, part))
		}
		c.put(c.b.Place(whole, lo, parts), assembled(whole, lo, plain), "parts of %d at %v of %v", i, lo, whole)
	case 8:
		var at []int
		for range 3 {
			at = append(at, c.IntN(len(w.x)))
		}
		x := w.take([]int{3}, at)
		taken := c.b.Take(v, []int{3}, at)
		c.put(c.b.AddAt(v, at, taken), w.addAt(at, x), "elements %v of %d added to themselves", at, i)
	case 9:
		if c.IntN(2) == 0 && ndim < 4 {
			k := c.IntN(ndim + 1)
			shape := slices.Insert(slices.Clone(w.shape), k, 1)
			wide := slices.Clone(shape)
			wide[k] = 1 + c.IntN(3)
			c.put(c.b.Expand(c.b.Reshape(v, shape), wide), w.reshape(shape).expand(wide), "%d repeated to %v", i, wide)
			return
		}
		flat := []int{1, len(w.x)}
		c.put(c.b.Reshape(v, flat), w.reshape(flat), "%d as %v", i, flat)
	case 10:
		order := c.Perm(ndim)
		c.put(c.b.Transpose(v, order), w.transpose(order), "axes %v of %d", order, i)
	case 11, 12, 13: // transposed derivatives region by region, as the gradient of a step has them
		if v.scatters == nil && c.IntN(3) == 0 {
			at := []int{0, len(w.x) / 2, 0}
			x := c.b.Take(v, []int{3}, at)
			v, w = c.b.AddAt(v, at, x), w.addAt(at, w.take([]int{3}, at))
		}
		c.regions(i, v, w)
	}
}

// regions cuts a value into boxes, adds what each gives to a wider one, and combines.
func (c *computation) regions(i int, v *Value, w *dense) {
	ndim := len(w.shape)
	boxes := [][2][]int{{make([]int, ndim), slices.Clone(w.shape)}}
	for k, n := range w.shape {
		if n < 4 {
			continue
		}
		var cut [][2][]int
		for _, b := range boxes {
			low, high := [2][]int{slices.Clone(b[0]), slices.Clone(b[1])}, [2][]int{slices.Clone(b[0]), slices.Clone(b[1])}
			low[1][k] = 1 + n/3
			high[0][k], high[1][k] = low[1][k], n-low[1][k]
			cut = append(cut, low, high)
		}
		boxes = cut
	}
	whole := slices.Clone(w.shape)
	for k := range whole {
		whole[k] += 2
	}
	var lo [][]int
	var parts []*Value
	var plain []*dense
	for _, b := range boxes {
		x, y := c.b.Slice(v, b[0], b[1]), w.slice(b[0], b[1])
		for range 1 + c.IntN(2) {
			wide, one := slices.Clone(b[1]), make([]int, ndim)
			off, weights := c.weights(ndim, 1)
			axis := c.IntN(ndim)
			from := slices.Clone(b[0])
			for k := range wide {
				if k != axis { // along one axis, as derivatives are
					from[k]++
					for _, o := range off {
						o[k] = 0
					}
					continue
				}
				wide[k] += 2
				one[k] = 1
			}
			parts, plain = append(parts, c.b.TapTranspose(x, wide, one, off, weights)), append(plain, y.tapTranspose(wide, one, off, weights))
			lo = append(lo, from)
		}
		if c.IntN(2) == 0 { // beside them, the value itself
			var from []int
			for _, l := range b[0] {
				from = append(from, l+1)
			}
			parts, plain, lo = append(parts, x), append(plain, y), append(lo, from)
		}
	}
	sum, want := c.b.Place(whole, lo, parts), assembled(whole, lo, plain)
	what := fmt.Sprintf("regions of %d: boxes %v to %v", i, boxes, lo)
	for range c.IntN(3) {
		at := []int{c.IntN(len(want.x)), 0, c.IntN(len(want.x))}
		sum, want = c.b.AddAt(sum, at, c.b.Take(v, []int{3}, []int{0, 0, 0})), want.addAt(at, w.take([]int{3}, []int{0, 0, 0}))
		what += fmt.Sprintf(", element 0 added at %v", at)
	}
	if c.IntN(2) == 0 {
		terms := []Term{{[]float64{1, -0.5}[c.IntN(2)], []int{0}}, {1, []int{0}}}
		sum, want = c.b.SumProd(whole, terms, []*Value{sum}), sumProd(whole, terms, []*dense{want})
		what += fmt.Sprint(", sum ", terms)
	}
	c.put(sum, want, "%s", what)
}

func newComputation(seed uint64, f64 bool) *computation {
	c := &computation{Rand: rand.New(rand.NewPCG(seed, 7)), b: New(f64)}
	shape := [][]int{{37}, {11, 19}, {5, 6, 9}, {2, 1, 7, 12}, {48, 57}}[c.IntN(5)]
	for k := range c.b.reach { // for all that step makes
		c.b.reach[k] = 5
	}
	for range 3 {
		part := slices.Clone(shape)
		if k := c.IntN(len(part)); c.IntN(3) == 0 {
			part[k] = 1
		}
		c.input(part)
	}
	c.input(shape)
	for range 4 + c.IntN(10) {
		if len(c.want[len(c.want)-1].x) < 8000 {
			c.step()
		}
	}
	c.outputs = []int{len(c.vals) - 1, c.IntN(len(c.vals)), c.IntN(len(c.vals))}
	for _, o := range c.outputs {
		c.views = append(c.views, c.b.Output(c.vals[o]))
	}
	return c
}

// run runs a program of the computation on n goroutines and returns its outputs.
// Memory for results holds garbage before.
func run[T rows.Float](c *computation, p *Program, n int) [][]float64 {
	w, _ := p.Borrow(func(int) error { return nil })
	defer p.Return(w)
	mem := map[int][]T{}
	for i, x := range c.inputs {
		s := make([]T, len(x))
		for k, v := range x {
			s[k] = T(v)
		}
		mem[i] = s
	}
	for i, b := range p.bufs {
		if b.kind == result {
			s := make([]T, b.size)
			for k := range s {
				s[k] = T(math.NaN())
			}
			mem[i] = s
		}
	}
	for i, s := range mem {
		w.Mem[i] = Of(s, 0)
	}
	var team *crew.Crew
	if n > 1 {
		team = crew.New(n)
		defer team.Close()
	}
	if err := p.Run(w, team, nil); err != nil {
		panic(err)
	}
	var out [][]float64
	for _, v := range c.views {
		var x []float64
		each(v.Shape, func(_ int, at []int) {
			i := v.Off
			for k, a := range at {
				i += a * v.Strides[k]
			}
			x = append(x, float64(mem[v.Buf][i]))
		})
		out = append(out, x)
	}
	return out
}

// Random computations agree with the same done plainly, on any number of goroutines
// to the bit, and so do generated code and rows.
func TestRandomComputations(t *testing.T) {
	seeds := uint64(300)
	if testing.Short() {
		seeds = 60
	}
	for seed := range seeds {
		for _, f64 := range []bool{false, true} {
			c := newComputation(seed, f64)
			p := c.b.Build()
			check := func(p *Program, n int) [][]float64 {
				if f64 {
					return run[float64](c, p, n)
				}
				return run[float32](c, p, n)
			}
			// An operation rounds an element some 20 times at most (four terms of four factors,
			// eight shifts, overlapping boxes), and inputs are rounded once; what was rounded
			// enters products of degree up to 4. The bound of magnitudes follows all of that,
			// so that the error is some tens of roundings an operation, times 4 for products.
			eps := 0x1p-24
			if f64 {
				eps = 0x1p-53
			}
			first := check(p, 1)
			compare := func(what string, got [][]float64, tol float64) {
				for i, o := range c.outputs {
					for k, x := range got[i] {
						if w := c.want[o]; !(math.Abs(x-w.x[k]) <= tol*w.size[k]) {
							t.Fatalf("seed %d, float64 %t, %s: element %d of value %d %v is %v, want %v\n%s", seed, f64, what, k, o, w.shape, x, w.x[k], c.list())
						}
					}
				}
			}
			bits := func(what string, got [][]float64) {
				for i := range got {
					if !slices.Equal(got[i], first[i]) {
						t.Fatalf("seed %d, float64 %t, %s: output %d has other bits\n%s", seed, f64, what, i, c.list())
					}
				}
			}
			compare("one goroutine", first, 2000*eps)
			bits("again", check(p, 1))
			bits("2 goroutines", check(p, 2))
			bits("5 goroutines", check(p, 5))
			for _, kernels := range p.kernels {
				for _, k := range kernels {
					c, _ := k.lowered()
					k.code = codes.compile(c, jit.Options{Float64: f64})
				}
			}
			bits("loops over rows", check(p, 2))
		}
	}
}

func (c *computation) list() string {
	s := ""
	for _, line := range c.told {
		s += line + "\n"
	}
	return s
}
