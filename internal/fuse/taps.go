package fuse

import "slices"

// Weighted sums of shifts, and their transposes.

// tooHeavy is how many operations an expression that is shifted may have, times the
// number of shifts.
const tooHeavy = 64

// Tap is array.Tap.
func (b *Builder) Tap(v *Value, lo, shape []int, off [][]int, w []float64) *Value {
	x := b.expression(v)
	if b.g.ops[x]*len(w) > tooHeavy {
		b.store(v)
		x = b.expression(v)
	}
	return b.value(shape, b.weighted(1, off, w, func(o []int) int {
		var at index
		for k := range lo {
			at[k] = lo[k] + o[k]
		}
		return b.g.shift(x, at)
	}))
}

// weighted returns the sum of c*w[k] times what at gives for off[k]. Neighbours with
// like or opposite weights are added first.
func (b *Builder) weighted(c float64, off [][]int, w []float64, at func(o []int) int) int {
	sum := b.g.constant(0)
	for k := 0; k < len(w); k++ {
		x := at(off[k])
		if k+1 < len(w) && (w[k] == w[k+1] || w[k] == -w[k+1]) {
			y := at(off[k+1])
			if w[k] == w[k+1] {
				x = b.g.add(x, y)
			} else {
				x = b.g.sub(x, y)
			}
			sum = b.g.muladd(b.g.constant(c*w[k]), x, sum)
			k++
			continue
		}
		sum = b.g.muladd(b.g.constant(c*w[k]), x, sum)
	}
	return sum
}

// Reach announces a TapTranspose, so that copies get margins that are wide enough
// for all of them; to be called for each before the first.
func (b *Builder) Reach(from, shape, lo []int, off [][]int) {
	for k := range from {
		least, most := off[0][k], off[0][k]
		for _, o := range off {
			least, most = min(least, o[k]), max(most, o[k])
		}
		r := &b.reach[len(from)-1-k]
		*r = max(*r, lo[k]+most, shape[k]-from[k]-lo[k]-least)
	}
}

// TapTranspose adds w[k] v into a box of zeros at lo + off[k]. It is computed as a
// gather from a copy of v with margins of zeros, and may so be computed beyond its
// box.
func (b *Builder) TapTranspose(v *Value, shape, lo []int, off [][]int, w []float64) *Value {
	c, g := b.g.unscaled(b.expression(v))
	if b.g.is(g, 0) {
		return &Value{shape: slices.Clone(shape)}
	}
	ndim := len(shape)
	wide := make([]int, ndim)
	var margin index
	for k, n := range v.shape {
		margin[k] = b.reach[ndim-1-k]
		wide[k] = n + 2*margin[k]
	}
	key := marginKey{g, ndim, extents(v.shape)}
	buf, ok := b.margins[key]
	if !ok {
		buf = b.newBuf(scratch, wide)
		p := b.value(v.shape, g).pieces[0].moved(margin[:ndim])
		b.jobs = append(b.jobs, job{target: &target{buf, Value{shape: wide, pieces: []piece{p}}}})
		b.margins[key] = buf
	}
	copied := b.loaded(View{buf, 0, wide, packed(wide)}).pieces[0].n
	p := piece{hi: extents(shape), n: b.weighted(c, off, w, func(o []int) int {
		var at index
		for k := range lo {
			at[k] = margin[k] - lo[k] - o[k]
		}
		return b.g.shift(copied, at)
	})}
	for k := range shape {
		least, most := off[0][k], off[0][k]
		for _, o := range off {
			least, most = min(least, o[k]), max(most, o[k])
		}
		p.validLo[k] = lo[k] + most - margin[k]
		p.validHi[k] = v.shape[k] + margin[k] + lo[k] + least
	}
	return &Value{shape: slices.Clone(shape), pieces: []piece{p}}
}
