package array

import (
	"fmt"
	"slices"

	"github.com/d52adeda/wave/internal/fuse"
)

// Take returns elements of a: a's first axis has rows, and row r of the result
// holds the elements cells[r] (row-major) of row r*A/R of a, where A is the
// number of a's rows, R that of cells, a multiple of A. Shape [R][cells a row].
func Take(a *Array, cells [][]int) *Array {
	if d := a.plain(); d != nil {
		return direct("Take").result(evalTake(d, cells))
	}
	return apply([]*Array{a}, linear(op{
		name: "Take",
		eval: func(args []*dense) (*dense, error) { return evalTake(args[0], cells) },
		fused: func(b *fuse.Builder, x []*fuse.Value, y *dense) *fuse.Value {
			return b.Take(x[0], y.shape, elementNumbers(x[0].Shape(), cells))
		},
	},
		func(shape []int, ct *Array) *Array { return AddAt(Zeros(ct.DType(), shape...), cells, ct) },
		func(n int, x *Array) *Array {
			flat := Take(joinFirst(x), slices.Repeat(cells, n))
			return Reshape(flat, n, len(cells), flat.Len()/max(n*len(cells), 1))
		},
		func(x *Array) *Array { return Take(x, cells) }))
}

func evalTake(d *dense, cells [][]int) (*dense, error) {
	n, err := checkCells(d.shape, cells)
	if err != nil {
		return nil, err
	}
	if d.ghost {
		return ghostOf(d.dt, []int{len(cells), n}), nil
	}
	out, err := newDense(d, []int{len(cells), n})
	if err != nil {
		return nil, err
	}
	if d.dt == Float32 {
		return out, take[float32](out, d, cells)
	}
	return out, take[float64](out, d, cells)
}

// joinFirst makes one axis of the first two.
func joinFirst(x *Array) *Array {
	if x.Err() != nil {
		return x
	}
	s := x.Shape()
	if len(s) < 2 {
		return fail("array: rows of cells in shape %v of an example: %w", s, ErrShape)
	}
	return Reshape(x, prepend(s[0]*s[1], s[2:])...)
}

func take[T Float](out, d *dense, cells [][]int) error {
	src, err := packed[T](d)
	if err != nil {
		return err
	}
	dst := elems[T](out)
	size := len(src) / d.shape[0]
	k := 0
	for r, row := range cells {
		from := src[r*d.shape[0]/len(cells)*size:][:size]
		for _, c := range row {
			dst[k] = from[c]
			k++
		}
	}
	return nil
}

// AddAt returns a copy of a in which x[r][i] has been added to the element
// cells[r][i] of row r*A/R of a, as Take counts them.
func AddAt(a *Array, cells [][]int, x *Array) *Array {
	var room [2]*dense
	if ds, ok := plainAll(room[:0], []*Array{a, x}); ok {
		return direct("AddAt").result(evalAddAt(ds[0], cells, ds[1]))
	}
	return apply([]*Array{a, x}, op{
		name: "AddAt",
		eval: func(args []*dense) (*dense, error) { return evalAddAt(args[0], cells, args[1]) },
		jvp: func(x, dx []*Array) *Array {
			switch {
			case dx[1] == nil:
				return dx[0]
			case dx[0] == nil:
				return AddAt(Zeros(dx[1].DType(), x[0].v.Shape()...), cells, dx[1])
			}
			return AddAt(dx[0], cells, dx[1])
		},
		vjp: func(_ []*Array, ct *Array, want []bool) []*Array {
			out := []*Array{ct, nil}
			if want[1] {
				out[1] = Take(ct, cells)
			}
			return out
		},
		batch: func(n int, x []*Array, mapped []bool) *Array {
			a, y := lead(n, x[0], mapped[0]), lead(n, x[1], mapped[1])
			sum := AddAt(joinFirst(a), slices.Repeat(cells, n), joinFirst(y))
			return Reshape(sum, a.Shape()...)
		},
		saves: func([]bool) []bool { return make([]bool, 2) },
		fused: func(b *fuse.Builder, x []*fuse.Value, y *dense) *fuse.Value {
			return b.AddAt(x[0], elementNumbers(y.shape, cells), x[1])
		},
	})
}

// elementNumbers returns the numbers, row-major, of the elements that cells name.
func elementNumbers(shape []int, cells [][]int) []int {
	size, _ := sizeOf(shape[1:])
	var out []int
	for r, row := range cells {
		for _, c := range row {
			out = append(out, r*shape[0]/len(cells)*size+c)
		}
	}
	return out
}

func evalAddAt(a *dense, cells [][]int, x *dense) (*dense, error) {
	n, err := checkCells(a.shape, cells)
	if err != nil {
		return nil, err
	}
	if a.dt != x.dt {
		return nil, fmt.Errorf("%s and %s: %w", a.dt, x.dt, ErrDType)
	}
	if !slices.Equal(x.shape, []int{len(cells), n}) {
		return nil, fmt.Errorf("%v at %d rows of %d cells into %v: %w", x.shape, len(cells), n, a.shape, ErrShape)
	}
	if a.ghost || x.ghost {
		return ghostOf(a.dt, a.shape), nil
	}
	out, err := newDense(a, a.shape)
	if err != nil {
		return nil, err
	}
	if out.dt == Float32 {
		return out, addAt[float32](out, a, cells, x)
	}
	return out, addAt[float64](out, a, cells, x)
}

func addAt[T Float](out, a *dense, cells [][]int, x *dense) error {
	val, err := packed[T](x)
	if err != nil {
		return err
	}
	dst := elems[T](out)
	put[T](out, a)
	size := len(dst) / out.shape[0]
	k := 0
	for r, row := range cells {
		to := dst[r*out.shape[0]/len(cells)*size:][:size]
		for _, c := range row {
			to[c] += val[k]
			k++
		}
	}
	return nil
}

// checkCells returns the number of cells a row.
func checkCells(shape []int, cells [][]int) (int, error) {
	if len(shape) < 1 || len(cells) < 1 || shape[0] < 1 || len(cells)%shape[0] != 0 {
		return 0, fmt.Errorf("%d rows of cells from shape %v: %w", len(cells), shape, ErrShape)
	}
	size, _ := sizeOf(shape[1:])
	for _, row := range cells {
		if len(row) != len(cells[0]) {
			return 0, fmt.Errorf("rows of %d and %d cells: %w", len(cells[0]), len(row), ErrShape)
		}
		for _, c := range row {
			if c < 0 || c >= size {
				return 0, fmt.Errorf("cell %d of %d: %w", c, size, ErrShape)
			}
		}
	}
	return len(cells[0]), nil
}
