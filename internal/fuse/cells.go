package fuse

import "slices"

// Operations on single elements, and those that are the caller's.

// Take gathers elements of v by number (row-major), as an array of the given shape.
func (b *Builder) Take(v *Value, shape, at []int) *Value {
	from := b.View(v)
	to := b.newBuf(scratch, shape)
	b.jobs = append(b.jobs, job{take: &take{offsets(from, at), from, to}})
	return b.loaded(View{to, 0, shape, packed(shape)})
}

// offsets returns where the elements of a view lie that have these numbers.
func offsets(v View, at []int) []int {
	out := make([]int, len(at))
	for i, x := range at {
		o := v.Off
		for k := len(v.Shape) - 1; k >= 0; k-- {
			o += x % v.Shape[k] * v.Strides[k]
			x /= v.Shape[k]
		}
		out[i] = o
	}
	return out
}

// AddAt adds the elements of x, in order, to elements of v by number.
func (b *Builder) AddAt(v *Value, at []int, x *Value) *Value {
	w := b.View(x)
	if !slices.Equal(w.Strides, canonical(w.Shape, packed(w.Shape))) {
		b.store(x)
		w = b.View(x)
	}
	out := &Value{slices.Clone(v.shape), slices.Clone(v.pieces), slices.Clone(v.scatters)}
	out.scatters = append(out.scatters, scatter{at, w})
	return out
}

// External adds an operation that the caller computes at each run: the buffers of
// args are ready then, and the result is to lie as given.
func (b *Builder) External(number int, args []*Value, shape, strides []int) (*Value, []View) {
	e := &external{number: number}
	for _, a := range args {
		e.args = append(e.args, b.View(a))
	}
	v := b.Input(shape, strides)
	e.to = len(b.bufs) - 1
	b.jobs = append(b.jobs, job{external: e})
	return v, e.args
}

// Shape returns the extents of a buffer.
func (b *Builder) Shape(buf int) []int { return b.bufs[buf].shape }
