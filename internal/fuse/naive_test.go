package fuse

import "slices"

// dense is an array as plainly as can be, with a bound of the magnitudes that were
// added up for each element: what rounding errors are relative to.
type dense struct {
	shape []int
	x     []float64
	size  []float64
}

func newDense(shape []int) *dense {
	n := size(shape)
	return &dense{slices.Clone(shape), make([]float64, n), make([]float64, n)}
}

// number returns the row-major number of an index; extents of 1 repeat.
func (d *dense) number(at []int) int {
	n := 0
	for k, e := range d.shape {
		n = n * e
		if e > 1 {
			n += at[k]
		}
	}
	return n
}

// each visits the indices of a shape, row-major.
func each(shape []int, visit func(n int, at []int)) {
	at := make([]int, len(shape))
	for n := range size(shape) {
		visit(n, at)
		for k := len(at) - 1; k >= 0; k-- {
			if at[k]++; at[k] < shape[k] {
				break
			}
			at[k] = 0
		}
	}
}

func plus(a, b []int) []int {
	out := slices.Clone(a)
	for k := range out {
		out[k] += b[k]
	}
	return out
}

// add adds c times element j of v to element i.
func (d *dense) add(i int, c float64, v *dense, j int) {
	d.x[i] += c * v.x[j]
	if c < 0 {
		c = -c
	}
	d.size[i] += c * v.size[j]
}

func (d *dense) slice(lo, shape []int) *dense {
	out := newDense(shape)
	each(shape, func(n int, at []int) { out.add(n, 1, d, d.number(plus(lo, at))) })
	return out
}

func (d *dense) expand(shape []int) *dense {
	out := newDense(shape)
	each(shape, func(n int, at []int) { out.add(n, 1, d, d.number(at)) })
	return out
}

func (d *dense) reshape(shape []int) *dense { return &dense{slices.Clone(shape), d.x, d.size} }

func (d *dense) transpose(order []int) *dense {
	shape := make([]int, len(order))
	for k, o := range order {
		shape[k] = d.shape[o]
	}
	out := newDense(shape)
	each(shape, func(n int, at []int) {
		from := make([]int, len(at))
		for k, o := range order {
			from[o] = at[k]
		}
		out.add(n, 1, d, d.number(from))
	})
	return out
}

func (d *dense) tap(lo, shape []int, off [][]int, w []float64) *dense {
	out := newDense(shape)
	each(shape, func(n int, at []int) {
		for k, o := range off {
			out.add(n, w[k], d, d.number(plus(plus(lo, o), at)))
		}
	})
	return out
}

func (d *dense) tapTranspose(shape, lo []int, off [][]int, w []float64) *dense {
	out := newDense(shape)
	each(d.shape, func(n int, at []int) {
		for k, o := range off {
			out.add(out.number(plus(plus(lo, o), at)), w[k], d, n)
		}
	})
	return out
}

func sumProd(shape []int, terms []Term, args []*dense) *dense {
	out := newDense(shape)
	each(shape, func(n int, at []int) {
		for _, t := range terms {
			p, s := t.Coeff, max(t.Coeff, -t.Coeff)
			for _, i := range t.Args {
				p *= args[i].x[args[i].number(at)]
				s *= args[i].size[args[i].number(at)]
			}
			out.x[n] += p
			out.size[n] += s
		}
	})
	return out
}

func assembled(shape []int, lo [][]int, parts []*dense) *dense {
	out := newDense(shape)
	for i, p := range parts {
		each(p.shape, func(n int, at []int) { out.add(out.number(plus(lo[i], at)), 1, p, n) })
	}
	return out
}

func (d *dense) take(shape, at []int) *dense {
	out := newDense(shape)
	for i, j := range at {
		out.add(i, 1, d, j)
	}
	return out
}

func (d *dense) addAt(at []int, x *dense) *dense {
	out := &dense{d.shape, slices.Clone(d.x), slices.Clone(d.size)}
	for i, j := range at {
		out.add(j, 1, x, i)
	}
	return out
}
