package array

import (
	"fmt"

	"github.com/d52adeda/wave/internal/fuse"
	"github.com/d52adeda/wave/internal/rows"
	"github.com/d52adeda/wave/internal/trace"
)

// Tap returns the weighted sum of shifted boxes of a,
//
//	out[i] = sum_k w[k] a[lo + off[k] + i],  0 <= i < size,
//
// a finite-difference derivative as one operation. Boxes must lie inside a.
func Tap(a *Array, lo, size []int, off [][]int, w []float64) *Array {
	if d := a.plain(); d != nil {
		return direct("Tap").result(d.tap(lo, size, off, w))
	}
	return dispatch(&tapOp{lo, size, off, w}, a)
}

// tapOp is Tap as a primitive.
type tapOp struct {
	lo, size []int
	off      [][]int
	w        []float64
}

func (o *tapOp) Name() string { return "Tap" }

func (o *tapOp) Eval(x []trace.Value) (trace.Value, error) {
	return evaluated("Tap")(x[0].(*dense).tap(o.lo, o.size, o.off, o.w))
}

func (o *tapOp) JVP(_, dx []trace.Value) (trace.Value, error) {
	return result(Tap(wrapped(dx[0]), o.lo, o.size, o.off, o.w))
}

func (o *tapOp) VJP(x []trace.Value, ct trace.Value, _ []bool) ([]trace.Value, error) {
	v, err := result(tapTranspose(wrapped(ct), x[0].Shape(), o.lo, o.off, o.w))
	return []trace.Value{v}, err
}

func (o *tapOp) Batch(n int, x []trace.Value, _ []bool) (trace.Value, error) {
	return result(Tap(wrapped(x[0]), prepend(0, o.lo), prepend(n, o.size), prependAll(o.off), o.w))
}

func (o *tapOp) Saves([]bool) []bool { return nil }

func (o *tapOp) fuse(b *fuse.Builder, x []*fuse.Value, _ *dense) *fuse.Value {
	return b.Tap(x[0], o.lo, o.size, o.off, o.w)
}

// tapTranspose adds w[k]*a into a box of zeros of the given shape at lo + off[k].
func tapTranspose(a *Array, shape, lo []int, off [][]int, w []float64) *Array {
	if d := a.plain(); d != nil {
		return direct("TapTranspose").result(d.tapTranspose(shape, lo, off, w))
	}
	return apply([]*Array{a}, linear(op{
		name: "TapTranspose",
		eval: func(args []*dense) (*dense, error) { return args[0].tapTranspose(shape, lo, off, w) },
		fused: func(b *fuse.Builder, x []*fuse.Value, _ *dense) *fuse.Value {
			return b.TapTranspose(x[0], shape, lo, off, w)
		},
		reach: func(b *fuse.Builder, from, to []int) { b.Reach(from, to, lo, off) },
	},
		func(from []int, ct *Array) *Array { return Tap(ct, lo, from, off, w) },
		func(n int, x *Array) *Array {
			return tapTranspose(x, prepend(n, shape), prepend(0, lo), prependAll(off), w)
		},
		func(x *Array) *Array { return tapTranspose(x, shape, lo, off, w) }))
}

func (d *dense) tap(lo, size []int, off [][]int, w []float64) (*dense, error) {
	var room [16]int
	starts, err := d.tapStarts(room[:0], lo, size, off, w)
	if err != nil {
		return nil, err
	}
	if d.ghost {
		return ghostOf(d.dt, size), nil
	}
	out, err := newDense(d, size)
	if err != nil {
		return nil, err
	}
	if d.dt == Float32 {
		runTap[float32](out, d, starts, w)
	} else {
		runTap[float64](out, d, starts, w)
	}
	return out, nil
}

func (d *dense) tapTranspose(shape, lo []int, off [][]int, w []float64) (*dense, error) {
	if d.ghost {
		out := ghostOf(d.dt, shape)
		_, err := out.tapStarts(nil, lo, d.shape, off, w)
		return out, err
	}
	out, err := newZero(d, shape)
	if err != nil {
		return nil, err
	}
	starts, err := out.tapStarts(nil, lo, d.shape, off, w)
	if err != nil {
		return nil, err
	}
	if d.dt == Float32 {
		runTapTranspose[float32](out, d, starts, w)
	} else {
		runTapTranspose[float64](out, d, starts, w)
	}
	return out, nil
}

func prependAll(off [][]int) [][]int {
	out := make([][]int, len(off))
	for k, o := range off {
		out[k] = prepend(0, o)
	}
	return out
}

// tapStarts appends where each shifted box starts.
func (d *dense) tapStarts(starts []int, lo, size []int, off [][]int, w []float64) ([]int, error) {
	if len(off) == 0 || len(off) != len(w) || len(lo) != len(d.shape) || len(size) != len(d.shape) {
		return nil, fmt.Errorf("at %v of %v from shape %v, %d offsets, %d weights: %w", lo, size, d.shape, len(off), len(w), ErrShape)
	}
	for _, o := range off {
		start := d.off
		if len(o) != len(lo) {
			return nil, fmt.Errorf("offset %v in shape %v: %w", o, d.shape, ErrShape)
		}
		for j := range o {
			at := lo[j] + o[j]
			if at < 0 || size[j] < 0 || at > d.shape[j]-size[j] {
				return nil, fmt.Errorf("at %v, offset %v, of %v from shape %v: %w", lo, o, size, d.shape, ErrShape)
			}
			start += at * d.strides[j]
		}
		starts = append(starts, start)
	}
	return starts, nil
}

func runTap[T Float](out, d *dense, starts []int, w []float64) {
	dst, src := elems[T](out), elems[T](d)
	deriv, ok := rows.NewDerivative[T](w)
	base := starts[0]
	walk := walk(out.shape)
	walk.operand(out.strides, 0)
	walk.operand(d.strides, base)
	n, _, s := walk.start()
	for more := n > 0; more; more = walk.next() {
		row, shift := dst[walk.at[0]:walk.at[0]+n], walk.at[1]-base
		if ok && s == 1 {
			var pairs [8][]T
			var centre []T
			list := starts
			if !deriv.Anti {
				centre, list = src[starts[0]+shift:][:n], starts[1:]
			}
			for k, start := range list {
				pairs[k] = src[start+shift:][:n]
			}
			deriv.Apply(row, centre, &pairs)
			continue
		}
		clear(row)
		for k, start := range starts {
			addRow(row, 1, src[start+shift:], s, T(w[k]))
		}
	}
	walk.done()
}

func runTapTranspose[T Float](out, d *dense, starts []int, w []float64) {
	dst, src := elems[T](out), elems[T](d)
	for k, start := range starts {
		c := T(w[k])
		walk := walk(d.shape)
		walk.operand(out.strides, start)
		walk.operand(d.strides, d.off)
		n, t, s := walk.start()
		for more := n > 0; more; more = walk.next() {
			addRow(dst[walk.at[0]:][:(n-1)*t+1], t, src[walk.at[1]:], s, c)
		}
		walk.done()
	}
}

// addRow adds c*x to dst, whose elements lie t apart, and x's s.
func addRow[T Float](dst []T, t int, x []T, s int, c T) {
	if s == 1 && t == 1 {
		rows.Axpy(dst, dst, x, c)
		return
	}
	for i, j := 0, 0; i < len(dst); i, j = i+t, j+s {
		dst[i] += c * x[j]
	}
}
