package functional

import (
	"fmt"
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/internal/trace"
)

// VMapOptions says what VMapN maps.
type VMapOptions struct {
	// In is the axis of each argument that runs over examples; nil (from the list,
	// or as the whole list: all are mapped along axis 0) is an argument that is the
	// same for all. At least one is mapped.
	In []*int
	// Out is the axis at which each output has its examples; nil as the whole list
	// means axis 0 for all; nil in the list is an output that is the same for all.
	Out []*int
	// Chunk bounds how many examples are computed at once, and with that the memory;
	// 0 means all.
	Chunk int
}

// Axis returns a pointer to an axis number, for VMapOptions.
func Axis(k int) *int { return &k }

// VMap returns f for a batch: it maps f over the first axis of its argument and
// stacks the results along a new first axis, but computes them together. Models
// alone are batched faster by the propagators themselves; VMap is for batches of
// derivatives and of what users compute around a propagator.
func VMap(f Func) Func {
	g := VMapN(several(f), VMapOptions{})
	return func(x *array.Array) (*array.Array, error) { return only(g([]*array.Array{x})) }
}

// VMapN is VMap for several arrays, with a choice of axes.
func VMapN(f FuncN, o VMapOptions) FuncN {
	return func(x []*array.Array) ([]*array.Array, error) {
		if _, err := unwrap("VMap: argument", x); err != nil {
			return nil, err
		}
		n, args, mapped, err := o.examples(x)
		if err != nil {
			return nil, err
		}
		chunk := o.Chunk
		if chunk <= 0 || chunk > n {
			chunk = n
		}
		var parts [][]*array.Array
		var outMapped []bool
		for from := 0; from < n; from += chunk {
			m := min(chunk, n-from)
			vs, err := unwrap("VMap: argument", cut(args, mapped, from, m))
			if err != nil {
				return nil, err
			}
			out, om, err := trace.VMap(lower("VMap", f), m, vs, mapped)
			if err != nil {
				return nil, err
			}
			parts, outMapped = append(parts, wrap(out)), om
		}
		return o.outputs(parts, outMapped, n)
	}
}

// examples finds the number of examples and moves mapped axes to the front.
func (o VMapOptions) examples(x []*array.Array) (n int, args []*array.Array, mapped []bool, err error) {
	in := o.In
	if in == nil {
		in = slices.Repeat([]*int{Axis(0)}, len(x))
	}
	if len(in) != len(x) {
		return 0, nil, nil, fmt.Errorf("functional: VMap: %d axes for %d arguments: %w", len(in), len(x), ErrAxis)
	}
	n = -1
	args, mapped = slices.Clone(x), make([]bool, len(x))
	for i, axis := range in {
		if axis == nil {
			continue
		}
		shape := x[i].Shape()
		if *axis < 0 || *axis >= len(shape) {
			return 0, nil, nil, fmt.Errorf("functional: VMap: axis %d of argument %d, which has shape %v: %w", *axis, i, shape, ErrAxis)
		}
		if n < 0 {
			n = shape[*axis]
		}
		if shape[*axis] != n {
			return 0, nil, nil, fmt.Errorf("functional: VMap: argument %d has %d examples, the first mapped one %d: %w", i, shape[*axis], n, ErrAxis)
		}
		mapped[i] = true
		args[i] = moveAxis(x[i], *axis, 0)
	}
	if n < 1 {
		return 0, nil, nil, fmt.Errorf("functional: VMap: no example to map over: %w", ErrAxis)
	}
	return n, args, mapped, nil
}

// moveAxis moves one axis, keeping the order of the others.
func moveAxis(a *array.Array, from, to int) *array.Array {
	if from == to {
		return a
	}
	var order []int
	for k := range a.NDim() {
		if k != from {
			order = append(order, k)
		}
	}
	return array.Transpose(a, slices.Insert(order, to, from)...)
}

// cut returns examples from to from+m.
func cut(args []*array.Array, mapped []bool, from, m int) []*array.Array {
	out := slices.Clone(args)
	for i, a := range args {
		if shape := a.Shape(); mapped[i] && shape[0] != m {
			lo := make([]int, len(shape))
			lo[0], shape[0] = from, m
			out[i] = array.Slice(a, lo, shape)
		}
	}
	return out
}

// outputs joins the chunks and moves axes to where they are wanted.
func (o VMapOptions) outputs(parts [][]*array.Array, mapped []bool, n int) ([]*array.Array, error) {
	if o.Out != nil && len(o.Out) != len(mapped) {
		return nil, fmt.Errorf("functional: VMap: %d axes for %d outputs: %w", len(o.Out), len(mapped), ErrAxis)
	}
	out := make([]*array.Array, len(mapped))
	for i := range out {
		axis := Axis(0)
		if o.Out != nil {
			axis = o.Out[i]
		}
		y := parts[0][i]
		switch {
		case axis == nil && mapped[i]:
			return nil, fmt.Errorf("functional: VMap: output %d differs between examples and needs an axis: %w", i, ErrAxis)
		case axis == nil:
			out[i] = y
			continue
		case mapped[i] && len(parts) > 1:
			y = join(parts, i, n)
		case !mapped[i]:
			shape := y.Shape()
			y = array.Expand(array.Reshape(y, slices.Insert(shape, 0, 1)...), slices.Insert(shape, 0, n)...)
		}
		if *axis < 0 || *axis >= y.NDim() {
			return nil, fmt.Errorf("functional: VMap: axis %d of output %d, which has %d axes: %w", *axis, i, y.NDim(), ErrAxis)
		}
		out[i] = moveAxis(y, 0, *axis)
	}
	return out, firstErr("VMap", out)
}

// join puts the examples of all chunks in one array.
func join(parts [][]*array.Array, i, n int) *array.Array {
	shape := parts[0][i].Shape()
	var lo [][]int
	var pieces []*array.Array
	at := 0
	for _, p := range parts {
		start := make([]int, len(shape))
		start[0] = at
		lo, pieces = append(lo, start), append(pieces, p[i])
		at += p[i].Shape()[0]
	}
	shape[0] = n
	return array.Assemble(pieces[0].DType(), shape, lo, pieces...)
}
