package functional_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// pair is a function of three arrays [2][3], [3] and a number, with outputs
// [3][2], [3] and one that depends on the third argument only.
func pair(x []*array.Array) ([]*array.Array, error) {
	row := array.Reshape(array.Sin(x[1]), 1, 3)
	return []*array.Array{
		array.Transpose(array.Mul(x[0], row), 1, 0),
		array.Add(x[1], array.Reshape(array.SumTo(array.Mul(x[0], row), 1, 3), 3)),
		array.Exp(x[2]),
	}, nil
}

func take(a *array.Array, axis, at int) *array.Array {
	lo, size := make([]int, a.NDim()), a.Shape()
	lo[axis], size[axis] = at, 1
	return array.Reshape(array.Slice(a, lo, size), slices.Delete(size, axis, axis+1)...)
}

func TestVMapAxes(t *testing.T) {
	const n = 5
	rng := random(t, 1)
	shapes := [][]int{{2, 3}, {3}, nil}
	ndims := []int{2, 1, 0} // of outputs
	for trial := range 40 {
		in, out, x := make([]*int, 3), make([]*int, 3), make([]*array.Array, 3)
		for i, s := range shapes {
			x[i] = uniform(rng, array.Float64, -1, 1, s...)
			if rng.IntN(3) > 0 || i == 1 { // the first two outputs differ between examples
				in[i] = functional.Axis(rng.IntN(len(s) + 1))
				x[i] = uniform(rng, array.Float64, -1, 1, slices.Insert(slices.Clone(s), *in[i], n)...)
			}
			out[i] = functional.Axis(rng.IntN(ndims[i] + 1))
		}
		if in[2] == nil && rng.IntN(2) == 0 {
			out[2] = nil
		}
		var whole []*array.Array
		for chunk := range n + 2 {
			got, err := functional.VMapN(pair, functional.VMapOptions{In: in, Out: out, Chunk: chunk})(x)
			noError(t, err)
			if chunk == 0 {
				whole = got
			}
			for i := range got {
				sameBits(t, fmt.Sprintf("trial %d, output %d in chunks of %d", trial, i, chunk), got[i], whole[i])
			}
		}
		for e := range n {
			one := slices.Clone(x)
			for i := range one {
				if in[i] != nil {
					one[i] = take(x[i], *in[i], e)
				}
			}
			want, err := pair(one)
			noError(t, err)
			for i, w := range want {
				g := whole[i]
				if out[i] != nil {
					g = take(g, *out[i], e)
				}
				sameBits(t, fmt.Sprintf("trial %d, output %d, example %d", trial, i, e), g, w)
			}
		}
	}
}

// Derivatives in chunks are those of all at once, to the bit.
func TestChunksOfDerivatives(t *testing.T) {
	rng := random(t, 2)
	const n = 7
	for _, dt := range []array.DType{array.Float32, array.Float64} {
		m := uniform(rng, dt, -1, 1, 3, 5)
		x, dx := uniform(rng, dt, -1, 1, n, 5), uniform(rng, dt, -1, 1, n, 5)
		f := mixing(m)
		loss := func(x *array.Array) (*array.Array, error) {
			y, err := f(x)
			return array.Sqrt(array.Dot(y, y)), err
		}
		for name, g := range map[string]functional.FuncN{
			"jvp": func(x []*array.Array) ([]*array.Array, error) {
				_, dy, err := functional.JVP(f, x[0], x[1])
				return []*array.Array{dy}, err
			},
			"grad": func(x []*array.Array) ([]*array.Array, error) {
				g, err := functional.Grad(loss)(x[0])
				return []*array.Array{g}, err
			},
			"hvp": func(x []*array.Array) ([]*array.Array, error) {
				g, p, err := functional.HVP(loss, x[0], x[1])
				return []*array.Array{g, p}, err
			},
		} {
			whole, err := functional.VMapN(g, functional.VMapOptions{})([]*array.Array{x, dx})
			noError(t, err)
			for chunk := 1; chunk <= n; chunk++ {
				got, err := functional.VMapN(g, functional.VMapOptions{Chunk: chunk})([]*array.Array{x, dx})
				noError(t, err)
				for i := range got {
					sameBits(t, fmt.Sprintf("%s of %s in chunks of %d", name, dt, chunk), got[i], whole[i])
				}
			}
		}
	}
}

func TestVMapCallsFOnceAChunk(t *testing.T) {
	for chunk, want := range map[int]int{0: 1, 1: 7, 2: 4, 3: 3, 7: 1, 100: 1, -1: 1} {
		calls := 0
		f := func(x []*array.Array) ([]*array.Array, error) { calls++; return x, nil }
		y, err := functional.VMapN(f, functional.VMapOptions{Chunk: chunk})([]*array.Array{vec(1, 2, 3, 4, 5, 6, 7)})
		noError(t, err)
		near(t, "identity", y[0], 0, 1, 2, 3, 4, 5, 6, 7)
		if calls != want {
			t.Errorf("chunks of %d: %d calls, want %d", chunk, calls, want)
		}
	}
}

// Inside a map, an array has the shape of one example.
func TestShapesInside(t *testing.T) {
	_, err := functional.VMap(func(x *array.Array) (*array.Array, error) {
		if s := x.Shape(); !slices.Equal(s, []int{3}) || x.Len() != 3 || x.NDim() != 1 || x.DType() != array.Float32 || !x.Traced() {
			t.Errorf("shape %v, %d elements of %s, want [3], 3 of float32", s, x.Len(), x.DType())
		}
		return x, nil
	})(array.Zeros(array.Float32, 2, 3))
	noError(t, err)
}
