package array_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
	"github.com/d52adeda/wave/internal/memory"
)

// What does not fit the memory of any machine is an error of every operation that
// would allocate it, without and under transformations, and soon.
func TestMoreThanTheMachineHas(t *testing.T) {
	if memory.Free() == 0 {
		t.Skipf("what is free is not known on %s", runtime.GOOS)
	}
	const n = 1 << 20
	column, row := array.Zeros(array.Float32, n, 1), array.Zeros(array.Float32, 1, n)
	wide := array.Expand(column, n, n) // a view: it takes no memory
	if wide.Err() != nil {
		t.Fatal(wide.Err())
	}
	same := func(dst, src []float64) { copy(dst, src) }
	ops := map[string]func(x *array.Array) *array.Array{
		"Zeros":         func(*array.Array) *array.Array { return array.Zeros(array.Float64, n, n) },
		"outer product": func(x *array.Array) *array.Array { return array.Mul(x, row) },
		"outer sum":     func(x *array.Array) *array.Array { return array.Add(x, row) },
		"AddConst":      func(x *array.Array) *array.Array { return array.AddConst(1, array.Expand(x, n, n)) },
		"Exp":           func(x *array.Array) *array.Array { return array.Exp(array.Expand(x, n, n)) },
		"Reshape":       func(x *array.Array) *array.Array { return array.Reshape(array.Expand(x, n, n), n*n) },
		"Stack":         func(x *array.Array) *array.Array { return array.Stack(array.Expand(x, n, n), array.Expand(x, n, n)) },
		"PadEdge":       func(x *array.Array) *array.Array { return array.PadEdge(x, []int{0, n}, []int{0, n}) },
		"Assemble": func(x *array.Array) *array.Array {
			return array.Assemble(array.Float32, []int{n, n}, [][]int{{0, 0}}, x)
		},
		"Tap": func(x *array.Array) *array.Array {
			return array.Tap(array.Expand(x, n, n), []int{0, 0}, []int{n - 1, n - 1}, [][]int{{0, 1}, {1, 0}}, []float64{1, -1})
		},
		"LinearRows": func(x *array.Array) *array.Array {
			return array.LinearRows(x, n, array.RowMap{Forward: same, Transpose: same})
		},
		"AddAt": func(x *array.Array) *array.Array {
			return array.AddAt(array.Expand(array.Reshape(x, 1, n), n, n), make([][]int, n), array.Zeros(array.Float32, n, 0))
		},
		"Own": func(x *array.Array) *array.Array {
			p := array.NewPool()
			defer p.Close()
			return p.Own(array.Expand(x, n, n))
		},
	}
	funcs := map[string]functional.Func{"stage": func(x *array.Array) (*array.Array, error) {
		out, err := array.NewStage(func(a []*array.Array) ([]*array.Array, error) {
			return []*array.Array{array.Mul(a[0], a[1])}, nil
		}, 0).Call([]*array.Array{x, row})
		if err != nil {
			return nil, err
		}
		return out[0], nil
	}}
	for name, op := range ops {
		funcs[name] = func(x *array.Array) (*array.Array, error) { y := op(x); return y, y.Err() }
	}
	for name, f := range funcs {
		_, plain := f(column)
		_, _, jvp := functional.JVP(f, column, column)
		_, _, vjp := functional.VJP(f, column)
		_, vmap := functional.VMap(f)(array.Reshape(column, 1, n, 1))
		for level, err := range map[string]error{"plain": plain, "JVP": jvp, "VJP": vjp, "VMap": vmap} {
			if !errors.Is(err, array.ErrMemory) {
				t.Errorf("%s, %s: %v, want %v", name, level, err, array.ErrMemory)
			}
		}
	}
	if x := wide.Float64s(); x != nil {
		t.Errorf("Float64s of %d elements", len(x))
	}
	if _, err := wide.Data32(); !errors.Is(err, array.ErrMemory) {
		t.Errorf("Data32: %v, want %v", err, array.ErrMemory)
	}
	if p := array.Expand(array.Of32([]float32{-2}, 1, 1), n, n).Peak(); p != 2 {
		t.Errorf("Peak of what repeats is %g, want 2, without a copy of it", p)
	}
	for _, shape := range [][]int{{n, n}, {1 << 40, 1 << 40}, {1 << 62}} {
		if err := array.Fits(array.Float32, shape...); !errors.Is(err, array.ErrMemory) || !strings.HasPrefix(err.Error(), "array: ") {
			t.Errorf("Fits %v: %v, want %v", shape, err, array.ErrMemory)
		}
	}
	if err := array.Fits(array.Float64, 100, 100); err != nil {
		t.Errorf("Fits of little: %v", err)
	}
	if err := array.Fits(array.Float64, -1); !errors.Is(err, array.ErrShape) {
		t.Errorf("Fits of a shape that cannot be: %v, want %v", err, array.ErrShape)
	}
}

func BenchmarkSmallArrays(b *testing.B) {
	for _, n := range []int{8, 4096, 1 << 20} {
		b.Run("", func(b *testing.B) {
			b.SetBytes(int64(4 * n))
			for b.Loop() {
				array.Zeros(array.Float32, n)
			}
		})
	}
}
