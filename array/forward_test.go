package array_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/d52adeda/wave/array"
)

func TestConstructors(t *testing.T) {
	a := []float32{1, 2, 3, 4, 5, 6}
	check(t, "Of32", array.Of32(a, 2, 3), array.Float32, naive{[]int{2, 3}, []float64{1, 2, 3, 4, 5, 6}})
	check(t, "Of64 without axes", array.Of64([]float64{7}), array.Float64, naive{nil, []float64{7}})
	check(t, "Of64 of nothing", array.Of64(nil, 2, 0), array.Float64, naive{[]int{2, 0}, nil})
	check(t, "Zeros", array.Zeros(array.Float32, 2, 2), array.Float32, naive{[]int{2, 2}, make([]float64, 4)})
	b := []float64{0.1, 2}
	c := array.Convert(array.Float32, b, 2)
	check(t, "Convert", c, array.Float32, naive{[]int{2}, []float64{float64(float32(0.1)), 2}})
	d := array.Convert(array.Float64, b, 2)
	b[0] = 9
	check(t, "Convert copies", d, array.Float64, naive{[]int{2}, []float64{0.1, 2}})

	shape := []int{3, 2}
	e := array.Of32(a, shape...)
	shape[0] = 9
	e.Shape()[1] = 9
	if !slices.Equal(e.Shape(), []int{3, 2}) {
		t.Errorf("shape is %v after writing to slices of the caller, want [3 2]", e.Shape())
	}
	f := e.Float64s()
	f[0] = 9
	if e.Float64s()[0] != 1 {
		t.Error("Float64s shares memory")
	}
	if array.Float32.Size() != 4 || array.Float64.Size() != 8 || array.Float32.String() != "float32" || array.DType(7).String() != "DType(7)" {
		t.Error("DType: wrong size or name")
	}
}

func TestViews(t *testing.T) {
	repeat(t, func(t *testing.T, s source) {
		shape := s.shape(0)
		a, n := s.array(shape)
		check(t, "array", a, s.dt, n)

		lo, part := make([]int, len(shape)), make([]int, len(shape))
		for d, n := range shape {
			lo[d] = s.IntN(n + 1)
			part[d] = s.IntN(n - lo[d] + 1)
		}
		check(t, "Slice", array.Slice(a, lo, part), s.dt, build(part, func(i []int) float64 { return n.at(plus(lo, i)) }))

		flat := []int{len(n.data)}
		check(t, "Reshape to one axis", array.Reshape(a, flat...), s.dt, naive{flat, n.data})
		check(t, "Reshape back", array.Reshape(array.Reshape(a, flat...), shape...), s.dt, n)

		order := s.Perm(len(shape))
		turned := make([]int, len(shape))
		for k, o := range order {
			turned[k] = shape[o]
		}
		check(t, "Transpose", array.Transpose(a, order...), s.dt, build(turned, func(i []int) float64 {
			from := make([]int, len(i))
			for k, o := range order {
				from[o] = i[k]
			}
			return n.at(from)
		}))

		small, sn := s.array(s.ones(shape))
		check(t, "Expand", array.Expand(small, shape...), s.dt, build(shape, func(i []int) float64 { return sn.at(within(sn.shape, i)) }))
		total := build(sn.shape, func([]int) float64 { return 0 })
		each(shape, func(i []int) { total.data[total.number(within(sn.shape, i))] += n.at(i) })
		if len(n.data) > 0 || len(total.data) == 0 {
			check(t, "SumTo", array.SumTo(a, sn.shape...), s.dt, total)
		}
		sum := 0.0
		for _, x := range n.data {
			sum += x
		}
		check(t, "Sum", array.Sum(a), s.dt, naive{nil, []float64{sum}})
	})
}

// ones returns a shape with some extents replaced by 1.
func (s source) ones(shape []int) []int {
	out := slices.Clone(shape)
	for d := range out {
		if s.IntN(3) == 0 {
			out[d] = 1
		}
	}
	return out
}

func plus(a, b []int) []int {
	out := slices.Clone(a)
	for d := range out {
		out[d] += b[d]
	}
	return out
}

// within returns the index of a small array that repeats along axes of extent 1.
func within(shape, index []int) []int {
	out := slices.Clone(index)
	for d, n := range shape {
		if n == 1 {
			out[d] = 0
		}
	}
	return out
}

func TestAssemble(t *testing.T) {
	repeat(t, func(t *testing.T, s source) {
		shape := s.shape(1)
		cut := s.IntN(shape[0] + 1) // two parts, above and below
		want := build(shape, func([]int) float64 { return 0 })
		var lo [][]int
		var parts []*array.Array
		for _, rows := range [][2]int{{0, cut}, {cut, shape[0]}} {
			at, size := make([]int, len(shape)), slices.Clone(shape)
			at[0], size[0] = rows[0], rows[1]-rows[0]
			for d := 1; d < len(shape); d++ {
				at[d] = s.IntN(shape[d] + 1)
				size[d] = s.IntN(shape[d] - at[d] + 1)
			}
			a, n := s.array(size)
			each(size, func(i []int) { want.data[want.number(plus(at, i))] = n.at(i) })
			lo, parts = append(lo, at), append(parts, a)
		}
		check(t, "Assemble", array.Assemble(s.dt, shape, lo, parts...), s.dt, want)
		check(t, "Assemble of nothing", array.Assemble(s.dt, shape, nil), s.dt, build(shape, func([]int) float64 { return 0 }))
	})
}

func TestSumProd(t *testing.T) {
	repeat(t, func(t *testing.T, s source) {
		shape := s.shape(0)
		if s.IntN(20) == 0 {
			shape = []int{2, 2100} // longer than what is handled at a time
		}
		// The first argument has the whole shape, others repeat along some axes.
		var args []*array.Array
		var ns []naive
		for k := range 1 + s.IntN(3) {
			sh := shape
			if k > 0 {
				sh = s.ones(shape)
			}
			a, n := s.array(sh)
			args, ns = append(args, a), append(ns, n)
		}
		var terms []array.Term
		for range s.IntN(4) {
			term := array.Term{Coeff: float64(s.IntN(5) - 2)}
			for range s.IntN(4) {
				term.Args = append(term.Args, s.IntN(len(args)))
			}
			terms = append(terms, term)
		}
		check(t, "SumProd", array.SumProd(terms, args...), s.dt, build(shape, func(i []int) float64 {
			sum := 0.0
			for _, term := range terms {
				x := term.Coeff
				for _, k := range term.Args {
					x *= ns[k].at(within(ns[k].shape, i))
				}
				sum += x
			}
			return sum
		}))

		a, an := args[0], ns[0]
		b, bn := s.array(s.ones(shape))
		for what, op := range map[string]struct {
			got *array.Array
			f   func(x, y float64) float64
		}{
			"Add": {array.Add(a, b), func(x, y float64) float64 { return x + y }},
			"Sub": {array.Sub(b, a), func(x, y float64) float64 { return y - x }},
			"Mul": {array.Mul(a, b), func(x, y float64) float64 { return x * y }},
		} {
			check(t, what, op.got, s.dt, build(shape, func(i []int) float64 { return op.f(an.at(i), bn.at(within(bn.shape, i))) }))
		}
		check(t, "Scale", array.Scale(-3, a), s.dt, build(shape, func(i []int) float64 { return -3 * an.at(i) }))
	})
}

func TestTap(t *testing.T) {
	repeat(t, func(t *testing.T, s source) {
		shape := s.shape(0)
		a, n := s.array(shape)
		lo, size := make([]int, len(shape)), make([]int, len(shape))
		for d, n := range shape {
			size[d] = s.IntN(n + 1)
			lo[d] = s.IntN(n - size[d] + 1)
		}
		var off [][]int
		var w []float64
		for range 1 + s.IntN(5) {
			o := make([]int, len(shape))
			for d, n := range shape {
				o[d] = s.IntN(n-size[d]+1) - lo[d] // anywhere that fits
			}
			off, w = append(off, o), append(w, float64(s.IntN(7)-3))
		}
		want := build(size, func(i []int) float64 {
			sum := 0.0
			for k, o := range off {
				sum += w[k] * n.at(plus(plus(lo, o), i))
			}
			return sum
		})
		check(t, "Tap", array.Tap(a, lo, size, off, w), s.dt, want)
	})
}

// The weights of derivatives, in pairs of equal or opposite sign, have loops of
// their own.
func TestTapOfDerivatives(t *testing.T) {
	repeat(t, func(t *testing.T, s source) {
		reach := 1 + s.IntN(4)
		shape := []int{1 + s.IntN(4), 2*reach + 1 + s.IntN(12)}
		axis := 1
		if s.IntN(2) == 0 {
			shape[0], shape[1], axis = shape[1], shape[0], 0
		}
		a, n := s.array(shape)
		lo, size := []int{0, 0}, slices.Clone(shape)
		lo[axis], size[axis] = reach, shape[axis]-2*reach
		var off [][]int
		var w []float64
		sign := -1.0
		if s.IntN(2) == 0 {
			sign = 1
			off, w = append(off, []int{0, 0}), append(w, float64(s.IntN(7)-3))
		}
		for k := 1; k <= reach; k++ {
			up, down := []int{0, 0}, []int{0, 0}
			up[axis], down[axis] = k, -k
			x := float64(1 + s.IntN(4))
			off, w = append(off, up, down), append(w, x, sign*x)
		}
		check(t, "Tap", array.Tap(a, lo, size, off, w), s.dt, build(size, func(i []int) float64 {
			sum := 0.0
			for k, o := range off {
				sum += w[k] * n.at(plus(plus(lo, o), i))
			}
			return sum
		}))
	})
}

func TestTakeAddAt(t *testing.T) {
	repeat(t, func(t *testing.T, s source) {
		shape := s.shape(1)
		shape[0] = 1 + s.IntN(3)
		a, n := s.array(shape)
		size := len(n.data) / shape[0]
		each, cells := 1+s.IntN(2), 0 // rows of cells a row of a
		if size > 0 {
			cells = s.IntN(6)
		}
		var list [][]int
		for range shape[0] * each {
			row := []int{}
			for range cells {
				row = append(row, s.IntN(size)) // cells may repeat: they add
			}
			list = append(list, row)
		}
		to := []int{len(list), cells}
		check(t, "Take", array.Take(a, list), s.dt, build(to, func(i []int) float64 {
			return n.data[i[0]/each*size+list[i[0]][i[1]]]
		}))

		x, xn := s.array(to)
		want := naive{shape, slices.Clone(n.data)}
		for r, row := range list {
			for i, c := range row {
				want.data[r/each*size+c] += xn.at([]int{r, i})
			}
		}
		check(t, "AddAt", array.AddAt(a, list, x), s.dt, want)
		check(t, "the argument of AddAt", a, s.dt, n)
	})
}

func TestPadEdge(t *testing.T) {
	repeat(t, func(t *testing.T, s source) {
		shape := s.shape(0)
		for d := range shape {
			shape[d] = max(shape[d], 1)
		}
		a, n := s.array(shape)
		before, after, to := make([]int, len(shape)), make([]int, len(shape)), make([]int, len(shape))
		for d, n := range shape {
			before[d], after[d] = s.IntN(3), s.IntN(3)
			to[d] = before[d] + n + after[d]
		}
		check(t, "PadEdge", array.PadEdge(a, before, after), s.dt, build(to, func(i []int) float64 {
			from := slices.Clone(i)
			for d := range from {
				from[d] = min(max(i[d]-before[d], 0), shape[d]-1)
			}
			return n.at(from)
		}))
	})
}

func TestStack(t *testing.T) {
	repeat(t, func(t *testing.T, s source) {
		shape := s.shape(0)
		var parts []*array.Array
		var ns []naive
		for range 1 + s.IntN(3) {
			a, n := s.array(shape)
			parts, ns = append(parts, a), append(ns, n)
		}
		check(t, "Stack", array.Stack(parts...), s.dt, build(append(slices.Clone(shape), len(parts)), func(i []int) float64 {
			last := len(i) - 1
			return ns[i[last]].at(i[:last])
		}))
	})
}

func TestLinearRows(t *testing.T) {
	repeat(t, func(t *testing.T, s source) {
		shape := s.shape(1)
		a, n := s.array(shape)
		last := len(shape) - 1
		to := slices.Clone(shape)
		to[last] = s.IntN(4)
		// Element k of the result is the sum of (k+1)(i+1) times element i.
		apply := func(dst, src []float64) {
			for k := range dst {
				dst[k] = 0
				for i, x := range src {
					dst[k] += float64((k+1)*(i+1)) * x
				}
			}
		}
		check(t, "LinearRows", array.LinearRows(a, to[last], array.RowMap{Forward: apply, Transpose: apply, Threads: s.IntN(4)}), s.dt, build(to, func(i []int) float64 {
			sum := 0.0
			from := slices.Clone(i)
			for from[last] = 0; from[last] < shape[last]; from[last]++ {
				sum += float64((i[last]+1)*(from[last]+1)) * n.at(from)
			}
			return sum
		}))
	})
}

// Between is told of every stage of the work, and ends it.
func TestLinearRowsBetween(t *testing.T) {
	const rows = 9
	a := array.Zeros(array.Float32, rows, 3)
	for _, threads := range []int{0, 3} {
		var told []int
		m := array.RowMap{Threads: threads, Forward: func(dst, src []float64) { time.Sleep(30 * time.Millisecond) }}
		m.Between = func(done, total int) error {
			if total != rows {
				t.Errorf("%d rows, want %d", total, rows)
			}
			told = append(told, done)
			return nil
		}
		if err := array.LinearRows(a, 2, m).Err(); err != nil {
			t.Fatal(err)
		}
		if n := len(told); n < 3 || told[0] != 0 || told[n-1] != rows || !slices.IsSorted(told) {
			t.Errorf("%d threads: told %v of %d", threads, told, rows)
		}
		stop := errors.New("stop")
		m.Between = func(done, _ int) error {
			if done > 0 {
				return stop
			}
			return nil
		}
		if err := array.LinearRows(a, 2, m).Err(); !errors.Is(err, stop) {
			t.Errorf("%d threads: error %v, want %v", threads, err, stop)
		}
	}
}
