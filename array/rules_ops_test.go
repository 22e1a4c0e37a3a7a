package array_test

import (
	"math/rand/v2"
	"slices"

	"github.com/d52adeda/wave/array"
)

// ruledOps returns every operation with random settings, on small random shapes.
func ruledOps(rng *rand.Rand) []ruled {
	var out []ruled
	add := func(name string, f func(x []*array.Array) *array.Array, shapes ...[]int) *ruled {
		out = append(out, ruled{name: name, shapes: shapes, f: func(x []*array.Array) ([]*array.Array, error) {
			y := f(x)
			return []*array.Array{y}, y.Err()
		}})
		return &out[len(out)-1]
	}
	shape := func(nd int) []int {
		s := make([]int, nd)
		for k := range s {
			s[k] = 1 + rng.IntN(4)
		}
		return s
	}
	some := func() []int { return shape(1 + rng.IntN(3)) }
	// narrowed sets some extents to 1.
	narrowed := func(s []int) []int {
		s = slices.Clone(s)
		for k := range s {
			if rng.IntN(2) == 0 {
				s[k] = 1
			}
		}
		return s
	}
	// box returns a box within s.
	box := func(s []int) (lo, size []int) {
		for _, n := range s {
			l := rng.IntN(n)
			lo, size = append(lo, l), append(size, 1+rng.IntN(n-l))
		}
		return lo, size
	}

	// Views.
	{
		s := some()
		lo, size := box(s)
		add("Slice", func(x []*array.Array) *array.Array { return array.Slice(x[0], lo, size) }, s)
	}
	{
		s := some()
		regrouped := append([]int{s[len(s)-1]}, s[:len(s)-1]...)
		add("Reshape", func(x []*array.Array) *array.Array { return array.Reshape(x[0], regrouped...) }, s)
	}
	{
		wide := some()
		add("Expand", func(x []*array.Array) *array.Array { return array.Expand(x[0], wide...) }, narrowed(wide))
	}
	{
		s := some()
		order := rng.Perm(len(s))
		add("Transpose", func(x []*array.Array) *array.Array { return array.Transpose(x[0], order...) }, s)
	}
	{
		s := some()
		gap, size2, whole, at := rng.IntN(3), slices.Clone(s), slices.Clone(s), make([]int, len(s))
		size2[0] = 1 + rng.IntN(3)
		at[0] = s[0] + gap
		whole[0] = at[0] + size2[0] + rng.IntN(2)
		add("Assemble", func(x []*array.Array) *array.Array {
			return array.Assemble(array.Float64, whole, [][]int{make([]int, len(s)), at}, x...)
		}, s, size2)
	}

	// Arithmetic.
	{
		wide := some()
		a, b := narrowed(wide), narrowed(wide)
		ones := slices.Repeat([]int{1}, len(wide))
		terms := []array.Term{{Coeff: 2, Args: []int{0, 0, 1}}, {Coeff: -0.5, Args: []int{1}}, {Coeff: 3}, {Coeff: 1, Args: []int{0, 1}},
			{Coeff: 0.3, Args: []int{1, 1, 1}}, {Coeff: 0.7, Args: []int{2, 0}}, {Coeff: 1, Args: []int{1, 0}}}
		add("SumProd", func(x []*array.Array) *array.Array { return array.SumProd(terms, x...) }, a, b, ones)
		add("SumProd/unused", func(x []*array.Array) *array.Array { return array.SumProd(terms[1:2], x...) }, wide, b)
		add("SumProd/constant", func(x []*array.Array) *array.Array { return array.SumProd(terms[2:3], x...) }, a, b)
		add("SumProd/twice", func(x []*array.Array) *array.Array { return array.SumProd(terms, x[0], x[0], x[1]) }, a, ones)
		add("Add", func(x []*array.Array) *array.Array { return array.Add(x[0], x[1]) }, a, b)
		add("Sub", func(x []*array.Array) *array.Array { return array.Sub(x[0], x[1]) }, a, b)
		add("Mul", func(x []*array.Array) *array.Array { return array.Mul(x[0], x[1]) }, a, b)
		add("Div", func(x []*array.Array) *array.Array { return array.Div(x[0], x[1]) }, a, b).positive = true
		add("Scale", func(x []*array.Array) *array.Array { return array.Scale(-1.7, x[0]) }, a)
		add("AddConst", func(x []*array.Array) *array.Array { return array.AddConst(-1.7, x[0]) }, a)
		add("SumTo", func(x []*array.Array) *array.Array { return array.SumTo(x[0], b...) }, wide)
		add("Sum", func(x []*array.Array) *array.Array { return array.Sum(x[0]) }, wide)
		add("Sum/number", func(x []*array.Array) *array.Array { return array.Sum(x[0]) }, nil)
		add("Dot", func(x []*array.Array) *array.Array { return array.Dot(x[0], x[1]) }, a, b)
	}

	// Moving numbers.
	{
		s := shape(1 + rng.IntN(2))
		cells := make([][]int, s[0]*(1+rng.IntN(2)))
		width := 1 + rng.IntN(3)
		for r := range cells {
			for range width {
				cells[r] = append(cells[r], rng.IntN(extent(s[1:]))) // some repeat
			}
		}
		add("Take", func(x []*array.Array) *array.Array { return array.Take(x[0], cells) }, s)
		add("AddAt", func(x []*array.Array) *array.Array { return array.AddAt(x[0], cells, x[1]) }, s, []int{len(cells), width})
	}
	{
		s := some()
		var before, after []int
		for range s {
			before, after = append(before, rng.IntN(3)), append(after, rng.IntN(3))
		}
		add("PadEdge", func(x []*array.Array) *array.Array { return array.PadEdge(x[0], before, after) }, s)
	}
	{
		s := shape(rng.IntN(3))
		add("Stack", func(x []*array.Array) *array.Array { return array.Stack(x[0], x[1], x[0]) }, s, s)
	}
	{
		s := some()
		for k := range s {
			s[k] += 2
		}
		lo, size := box(s)
		var off [][]int
		var w []float64
		for range 1 + rng.IntN(3) {
			o := make([]int, len(s))
			for k := range o {
				o[k] = rng.IntN(s[k]-size[k]+1) - lo[k]
			}
			off, w = append(off, o), append(w, rng.NormFloat64())
		}
		add("Tap", func(x []*array.Array) *array.Array { return array.Tap(x[0], lo, size, off, w) }, s)
	}
	{
		s := some()
		n, m := 1+rng.IntN(4), s[len(s)-1]
		matrix := make([]float64, n*m)
		for i := range matrix {
			matrix[i] = rng.NormFloat64()
		}
		forward := func(dst, src []float64) {
			for i := range dst {
				dst[i] = 0
				for j, v := range src {
					dst[i] += matrix[i*m+j] * v
				}
			}
		}
		transpose := func(dst, src []float64) {
			for j := range dst {
				dst[j] = 0
				for i, v := range src {
					dst[j] += matrix[i*m+j] * v
				}
			}
		}
		add("LinearRows", func(x []*array.Array) *array.Array {
			return array.LinearRows(x[0], n, array.RowMap{Forward: forward, Transpose: transpose, Threads: 3})
		}, s)
	}

	// Functions of elements.
	s := shape(rng.IntN(3))
	for _, u := range []struct {
		name     string
		f        func(*array.Array) *array.Array
		positive bool
	}{
		{"Exp", array.Exp, false}, {"Log", array.Log, true}, {"Sin", array.Sin, false}, {"Cos", array.Cos, false},
		{"Tanh", array.Tanh, false}, {"Sqrt", array.Sqrt, true}, {"Abs", array.Abs, false}, {"Sign", array.Sign, false},
		{"Reciprocal", func(a *array.Array) *array.Array { return array.Reciprocal(a, 0.1) }, false},
		{"NonZero", func(a *array.Array) *array.Array { return array.NonZero(a, 0.1) }, false},
		{"Pow/0", power(0), false}, {"Pow/1", power(1), false}, {"Pow/2", power(2), false}, {"Pow/3", power(3), false},
		{"Pow/-1", power(-1), false}, {"Pow/2.5", power(2.5), true},
	} {
		add(u.name, func(x []*array.Array) *array.Array { return u.f(x[0]) }, s).positive = u.positive
	}
	return out
}

func power(p float64) func(*array.Array) *array.Array {
	return func(a *array.Array) *array.Array { return array.Pow(a, p) }
}
