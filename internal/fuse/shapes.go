package fuse

import "slices"

// Operations that move elements only.

// Slice is array.Slice.
func (b *Builder) Slice(v *Value, lo, shape []int) *Value {
	if len(v.scatters) > 0 {
		b.store(v)
	}
	out := &Value{shape: slices.Clone(shape)}
	from := index{}
	unit := false
	for k := range maxAxes {
		from[k] = k
		if k < len(shape) && shape[k] == 1 && v.shape[k] > 1 {
			from[k], unit = -1, true
		}
	}
	back := make([]int, len(lo))
	for k, l := range lo {
		back[k] = -l
	}
	for _, p := range v.pieces {
		p = p.moved(back)
		var o index
		empty := false
		for k, n := range shape {
			if p.lo[k] < 0 {
				o[k] = -p.lo[k]
				p.lo[k] = 0
			}
			p.hi[k] = min(p.hi[k], n)
			p.validLo[k], p.validHi[k] = min(max(p.validLo[k], 0), p.lo[k]), max(min(p.validHi[k], n), p.hi[k])
			empty = empty || p.lo[k] >= p.hi[k]
		}
		if empty {
			continue
		}
		if p.n = b.g.shift(p.n, o); unit {
			p.n = b.g.reorder(p.n, from)
		}
		out.pieces = append(out.pieces, p)
	}
	return out
}

// heavy is how many operations make an expression worth storing rather than
// repeating.
const heavy = 2

// Reshape is array.Reshape. What gets a new axis is about to be repeated along it:
// an expression of several operations is stored before.
func (b *Builder) Reshape(v *Value, shape []int) *Value {
	if slices.Equal(v.shape, shape) {
		return v
	}
	from, ok := unitAxes(v.shape, shape)
	if !ok {
		w := b.View(v)
		if !slices.Equal(w.Strides, canonical(w.Shape, packed(w.Shape))) {
			b.store(v)
			w = b.View(v)
		}
		return b.loaded(View{w.Buf, w.Off, shape, packed(shape)})
	}
	if len(shape) > len(v.shape) && v.whole() && b.g.ops[v.pieces[0].n] > heavy {
		b.store(v)
	}
	out := &Value{shape: slices.Clone(shape), scatters: v.scatters}
	for _, p := range v.pieces {
		q := piece{n: b.g.reorder(p.n, from)}
		for k := range shape {
			q.hi[k], q.validHi[k] = 1, 1
			if f := from[k]; f >= 0 {
				q.lo[k], q.hi[k], q.validLo[k], q.validHi[k] = p.lo[f], p.hi[f], p.validLo[f], p.validHi[f]
			}
		}
		out.pieces = append(out.pieces, q)
	}
	return out
}

// canonical returns strides with 0 where the extent is 1.
func canonical(shape, strides []int) []int {
	out := slices.Clone(strides)
	for k, n := range shape {
		if n == 1 {
			out[k] = 0
		}
	}
	return out
}

// unitAxes reports whether shapes differ by axes of extent 1 only, and if so which
// axis each axis comes from.
func unitAxes(old, shape []int) (from index, ok bool) {
	for k := range from {
		from[k] = -1
	}
	i := 0
	for k, n := range shape {
		if n == 1 {
			continue
		}
		for i < len(old) && old[i] == 1 {
			i++
		}
		if i == len(old) || old[i] != n {
			return from, false
		}
		from[k] = i
		i++
	}
	return from, !slices.ContainsFunc(old[i:], func(n int) bool { return n != 1 })
}

// Expand is array.Expand.
func (b *Builder) Expand(v *Value, shape []int) *Value { return b.value(shape, b.expression(v)) }

// Transpose is array.Transpose.
func (b *Builder) Transpose(v *Value, order []int) *Value {
	var from index
	shape := make([]int, len(order))
	for k := range from {
		from[k] = -1
		if k < len(order) {
			from[k], shape[k] = order[k], v.shape[order[k]]
		}
	}
	return b.value(shape, b.g.reorder(b.expression(v), from))
}
