package array

import (
	"fmt"
	"slices"

	"github.com/d52adeda/wave/internal/fuse"
	"github.com/d52adeda/wave/internal/trace"
)

// The operations here are views of their argument's memory where they can be.

// Slice returns the box of extents size that starts at lo.
func Slice(a *Array, lo, size []int) *Array {
	if d := a.plain(); d != nil {
		return direct("Slice").result(d.box(lo, size))
	}
	// Copies are kept; callers may reuse theirs.
	return dispatch(&sliceOp{slices.Clone(lo), slices.Clone(size)}, a)
}

// sliceOp is Slice as a primitive.
type sliceOp struct{ lo, size []int }

func (o *sliceOp) Name() string { return "Slice" }

func (o *sliceOp) Eval(x []trace.Value) (trace.Value, error) {
	return evaluated("Slice")(x[0].(*dense).box(o.lo, o.size))
}

func (o *sliceOp) JVP(_, dx []trace.Value) (trace.Value, error) {
	return result(Slice(wrapped(dx[0]), o.lo, o.size))
}

func (o *sliceOp) VJP(x []trace.Value, ct trace.Value, _ []bool) ([]trace.Value, error) {
	return []trace.Value{&boxes{slices.Clone(x[0].Shape()), [][]int{o.lo}, []*Array{wrapped(ct)}}}, nil
}

func (o *sliceOp) Batch(n int, x []trace.Value, _ []bool) (trace.Value, error) {
	return result(Slice(wrapped(x[0]), prepend(0, o.lo), prepend(n, o.size)))
}

func (o *sliceOp) Saves([]bool) []bool { return nil }

func (o *sliceOp) fuse(b *fuse.Builder, x []*fuse.Value, _ *dense) *fuse.Value {
	return b.Slice(x[0], o.lo, o.size)
}

// box returns a view of part of d.
func (d *dense) box(lo, size []int) (*dense, error) {
	if len(lo) != len(d.shape) || len(size) != len(d.shape) {
		return nil, fmt.Errorf("at %v of %v from shape %v: %w", lo, size, d.shape, ErrShape)
	}
	out := d.view(size)
	for k := range lo {
		out.strides[k] = d.strides[k]
		if lo[k] < 0 || size[k] < 0 || lo[k] > d.shape[k]-size[k] {
			return nil, fmt.Errorf("at %v of %v from shape %v: %w", lo, size, d.shape, ErrShape)
		}
		out.off += lo[k] * d.strides[k]
	}
	return out, nil
}

// Reshape returns the elements in row-major order with another shape.
func Reshape(a *Array, shape ...int) *Array {
	if d := a.plain(); d != nil {
		return direct("Reshape").result(d.reshape(shape))
	}
	shape = slices.Clone(shape)
	return apply([]*Array{a}, linear(op{
		name:  "Reshape",
		eval:  func(args []*dense) (*dense, error) { return args[0].reshape(shape) },
		fused: func(b *fuse.Builder, x []*fuse.Value, y *dense) *fuse.Value { return b.Reshape(x[0], y.shape) },
	},
		func(from []int, ct *Array) *Array { return Reshape(ct, from...) },
		func(n int, x *Array) *Array { return Reshape(x, prepend(n, shape)...) },
		func(x *Array) *Array { return Reshape(x, shape...) }))
}

func (d *dense) reshape(shape []int) (*dense, error) {
	n, err := sizeOf(shape)
	if have, _ := sizeOf(d.shape); err != nil || n != have {
		return nil, fmt.Errorf("of %v to %v: %w", d.shape, shape, ErrShape)
	}
	if d.ghost {
		return ghostOf(d.dt, shape), nil
	}
	if d.isPacked() {
		return d.view(shape), nil
	}
	out, err := newDense(d, shape)
	if err != nil {
		return nil, err
	}
	flat := out.view(d.shape)
	if d.dt == Float32 {
		put[float32](flat, d)
	} else {
		put[float64](flat, d)
	}
	return out, nil
}

// Expand repeats a along the axes where its extent is 1 and that of shape is not.
func Expand(a *Array, shape ...int) *Array {
	if d := a.plain(); d != nil {
		return direct("Expand").result(d.expand(shape))
	}
	shape = slices.Clone(shape)
	return apply([]*Array{a}, linear(op{
		name:  "Expand",
		eval:  func(args []*dense) (*dense, error) { return args[0].expand(shape) },
		fused: func(b *fuse.Builder, x []*fuse.Value, y *dense) *fuse.Value { return b.Expand(x[0], y.shape) },
	},
		func(from []int, ct *Array) *Array { return SumTo(ct, from...) },
		func(n int, x *Array) *Array { return Expand(x, prepend(n, shape)...) },
		func(x *Array) *Array { return Expand(x, shape...) }))
}

func (d *dense) expand(shape []int) (*dense, error) {
	if !expandable(d.shape, shape) {
		return nil, fmt.Errorf("of %v to %v: %w", d.shape, shape, ErrShape)
	}
	if _, err := sizeOf(shape); err != nil {
		return nil, fmt.Errorf("of %v to %v: %w", d.shape, shape, err)
	}
	out := d.view(shape)
	for k, n := range d.shape {
		out.strides[k] = d.strides[k]
		if n == 1 {
			out.strides[k] = 0
		}
	}
	return out, nil
}

// expandable reports whether the extents of from are those of to, or 1.
func expandable(from, to []int) bool {
	if len(from) != len(to) {
		return false
	}
	for k, n := range from {
		if n != to[k] && n != 1 {
			return false
		}
	}
	return true
}

// Transpose reorders axes: axis k of the result is axis order[k] of a.
func Transpose(a *Array, order ...int) *Array {
	if d := a.plain(); d != nil {
		return direct("Transpose").result(d.transpose(order))
	}
	order = slices.Clone(order)
	back := make([]int, len(order))
	for k, o := range order {
		if o >= 0 && o < len(order) {
			back[o] = k
		}
	}
	return apply([]*Array{a}, linear(op{
		name:  "Transpose",
		eval:  func(args []*dense) (*dense, error) { return args[0].transpose(order) },
		fused: func(b *fuse.Builder, x []*fuse.Value, _ *dense) *fuse.Value { return b.Transpose(x[0], order) },
	},
		func(_ []int, ct *Array) *Array { return Transpose(ct, back...) },
		func(_ int, x *Array) *Array {
			shifted := []int{0}
			for _, o := range order {
				shifted = append(shifted, o+1)
			}
			return Transpose(x, shifted...)
		},
		func(x *Array) *Array { return Transpose(x, order...) }))
}

func (d *dense) transpose(order []int) (*dense, error) {
	sorted := slices.Sorted(slices.Values(order))
	if len(order) != len(d.shape) {
		return nil, fmt.Errorf("of shape %v by %v, want each axis once: %w", d.shape, order, ErrShape)
	}
	out := d.view(d.shape)
	for k, o := range order {
		if sorted[k] != k {
			return nil, fmt.Errorf("of shape %v by %v, want each axis once: %w", d.shape, order, ErrShape)
		}
		out.shape[k], out.strides[k] = d.shape[o], d.strides[o]
	}
	return out, nil
}

// Assemble returns an array of zeros of the given shape into which parts[i] is
// put with its first element at lo[i]. Parts are of type dt and must not overlap.
func Assemble(dt DType, shape []int, lo [][]int, parts ...*Array) *Array {
	return place(dt, shape, lo, parts, false)
}

// place is Assemble; with adding set, parts may overlap and add where they do.
func place(dt DType, shape []int, lo [][]int, parts []*Array, adding bool) *Array {
	if len(parts) == 0 {
		return Zeros(dt, shape...)
	}
	var room [32]*dense
	if ds, ok := plainAll(room[:0], parts); ok {
		return direct("Assemble").result(assemble(dt, shape, lo, ds, adding))
	}
	shape, lo = slices.Clone(shape), slices.Clone(lo)
	for i := range lo {
		lo[i] = slices.Clone(lo[i])
	}
	return apply(parts, op{
		name: "Assemble",
		eval: func(args []*dense) (*dense, error) { return assemble(dt, shape, lo, args, adding) },
		jvp: func(_, dx []*Array) *Array {
			var at [][]int
			var some []*Array
			for i, d := range dx {
				if d != nil {
					at, some = append(at, lo[i]), append(some, d)
				}
			}
			return place(dt, shape, at, some, adding)
		},
		vjp: func(x []*Array, ct *Array, want []bool) []*Array {
			out := make([]*Array, len(x))
			for i := range x {
				if want[i] {
					out[i] = Slice(ct, lo[i], x[i].v.Shape())
				}
			}
			return out
		},
		batch: func(n int, x []*Array, mapped []bool) *Array {
			if len(lo) != len(x) { // else checked by assemble
				return fail("array: Assemble of %d parts at %v: %w", len(x), lo, ErrShape)
			}
			var at [][]int
			for i := range x {
				x[i] = lead(n, x[i], mapped[i])
				at = append(at, prepend(0, lo[i]))
			}
			return place(dt, prepend(n, shape), at, x, adding)
		},
		fused: func(b *fuse.Builder, x []*fuse.Value, _ *dense) *fuse.Value { return b.Place(shape, lo, x) },
	})
}

func assemble(dt DType, shape []int, lo [][]int, parts []*dense, adding bool) (*dense, error) {
	for _, d := range parts {
		if d.dt != dt {
			return nil, fmt.Errorf("of %s to %s: %w", d.dt, dt, ErrDType)
		}
	}
	_, err := sizeOf(shape)
	if len(lo) != len(parts) {
		err = ErrShape
	}
	if err != nil {
		return nil, fmt.Errorf("of %d parts at %v into %v: %w", len(parts), lo, shape, err)
	}
	ghost := haunted(parts)
	out := ghostOf(dt, shape)
	if !ghost {
		if out, err = newDense(pooled(parts), shape); err != nil {
			return nil, err
		}
	}
	if !ghost && (adding || !out.clearAround(lo, parts)) {
		clear(out.f32)
		clear(out.f64)
	}
	for i, d := range parts {
		box, err := out.box(lo[i], d.shape)
		if err != nil {
			return nil, err
		}
		for j, other := range parts[:i] { // or derivatives would be of what is hidden, too
			if !adding && overlap(lo[i], d.shape, lo[j], other.shape) {
				return nil, fmt.Errorf("of %v at %v and %v at %v, which overlap: %w", other.shape, lo[j], d.shape, lo[i], ErrShape)
			}
		}
		switch {
		case ghost:
		case adding && d.dt == Float32:
			addTo[float32](box, d)
		case adding:
			addTo[float64](box, d)
		case d.dt == Float32:
			put[float32](box, d)
		default:
			put[float64](box, d)
		}
	}
	return out, nil
}

// clearAround zeroes what lies outside the smallest box around all parts, if the
// parts, which do not overlap, fill it; else it reports false.
func (d *dense) clearAround(lo [][]int, parts []*dense) bool {
	var from, to [maxAxes]int
	volume := 0
	for i, p := range parts {
		if len(lo[i]) != len(d.shape) || len(p.shape) != len(d.shape) {
			return false
		}
		n := 1
		for k, extent := range p.shape {
			if i == 0 || lo[i][k] < from[k] {
				from[k] = lo[i][k]
			}
			to[k] = max(to[k], lo[i][k]+extent)
			n *= extent
		}
		volume += n
	}
	filled := 1
	for k, n := range d.shape {
		if from[k] < 0 || to[k] > n {
			return false
		}
		filled *= to[k] - from[k]
	}
	if volume != filled || volume == 0 {
		return false
	}
	d.clearOutside(0, 0, from[:], to[:])
	return true
}

// clearOutside zeroes what lies outside a box in the part of d that starts at
// element at and spans the axes from axis on.
func (d *dense) clearOutside(axis, at int, from, to []int) {
	if axis == len(d.shape) {
		return
	}
	stride := d.strides[axis]
	d.zero(at, from[axis]*stride)
	d.zero(at+to[axis]*stride, (d.shape[axis]-to[axis])*stride)
	if axis == len(d.shape)-1 {
		return
	}
	for x := from[axis]; x < to[axis]; x++ {
		d.clearOutside(axis+1, at+x*stride, from, to)
	}
}

// zero clears n elements.
func (d *dense) zero(at, n int) {
	if d.dt == Float32 {
		clear(d.f32[at : at+n])
	} else {
		clear(d.f64[at : at+n])
	}
}

// overlap reports whether two boxes have an element in common.
func overlap(loA, a, loB, b []int) bool {
	for k := range a {
		if max(loA[k], loB[k]) >= min(loA[k]+a[k], loB[k]+b[k]) {
			return false
		}
	}
	return true
}
