package fuse

import "encoding/binary"

// store puts an expression into a box of a buffer.
type store struct {
	buf, off int
	strides  index
	at, size index // of the box in the buffer
	ndim     int
	n        int
	adds     bool // to what is there: n reads that
	hole     bool // it is zero, and nothing else changes that
	phase    int
}

// filling is how a target gets its value: boxes that are set, of different elements,
// then boxes that add to them in order, then single elements.
type filling struct {
	set, holes, add []store
}

// fill works out the stores of a target.
func (b *Builder) fill(t *target) filling {
	var f filling
	var exact, growing []piece
	for _, p := range t.v.pieces {
		if p.grows() {
			growing = append(growing, p)
		} else {
			exact = append(exact, p)
		}
	}
	shape := extents(t.v.shape)
	ndim := len(t.v.shape)
	if len(growing) == 1 && len(exact) == 0 && growing[0].lo == (index{}) && growing[0].hi == shape {
		exact, growing = growing, nil
	}
	cells, ok := arrange(exact, shape, ndim)
	if !ok { // too many kinds of cells: one after the other
		growing = append(exact, growing...)
		cells = []cell{{hi: shape}}
	}
	at := func(lo, hi index, n int) store {
		s := store{buf: t.buf, at: lo, ndim: ndim, n: n}
		copy(s.strides[:], packed(t.v.shape))
		for k := range ndim {
			s.size[k] = hi[k] - lo[k]
			s.off += lo[k] * s.strides[k]
		}
		return s
	}
	from := func(p *piece, lo index) int {
		var o index
		for k := range lo {
			o[k] = lo[k] - p.lo[k]
		}
		return b.g.shift(p.n, o)
	}
	for _, c := range cells {
		n := b.g.constant(0)
		for _, i := range c.pieces {
			n = b.g.add(n, from(&exact[i], c.lo))
		}
		if len(c.pieces) == 0 {
			f.holes = append(f.holes, at(c.lo, c.hi, n))
		} else {
			f.set = append(f.set, at(c.lo, c.hi, n))
		}
	}
	for _, p := range b.joined(growing, shape, ndim) {
		s := at(p.lo, p.hi, 0)
		s.n = b.g.add(b.g.put(node{kind: load, buf: s.buf, off: s.off, strides: b.strides(&s)}), p.n)
		s.adds = true
		f.add = append(f.add, s)
	}
	return f
}

// strides returns those of what a store's box is loaded from.
func (b *Builder) strides(s *store) index {
	out := s.strides
	for k, n := range s.size {
		if n <= 1 {
			out[k] = 0
		}
	}
	return out
}

// joined puts pieces together that may be computed on a common box little larger
// than theirs.
func (b *Builder) joined(ps []piece, shape index, ndim int) []piece {
	for k := range ndim {
		for i := range ps {
			ps[i].validLo[k], ps[i].validHi[k] = max(ps[i].validLo[k], 0), min(ps[i].validHi[k], shape[k])
		}
	}
	volume := func(lo, hi index) int {
		n := 1
		for k := range ndim {
			n *= hi[k] - lo[k]
		}
		return n
	}
	var out []piece
next:
	for _, p := range ps {
		for i := range out {
			q := &out[i]
			u := piece{n: -1}
			fits := true
			for k := range ndim {
				u.lo[k], u.hi[k] = min(p.lo[k], q.lo[k]), max(p.hi[k], q.hi[k])
				u.validLo[k], u.validHi[k] = max(p.validLo[k], q.validLo[k]), min(p.validHi[k], q.validHi[k])
				fits = fits && u.lo[k] >= u.validLo[k] && u.hi[k] <= u.validHi[k]
			}
			if !fits || 2*volume(u.lo, u.hi) > 3*max(volume(p.lo, p.hi), volume(q.lo, q.hi)) {
				continue
			}
			var op, oq index
			for k := range ndim {
				op[k], oq[k] = u.lo[k]-p.lo[k], u.lo[k]-q.lo[k]
			}
			u.n = b.g.add(b.g.shift(q.n, oq), b.g.shift(p.n, op))
			*q = u
			continue next
		}
		out = append(out, p)
	}
	return out
}

// cell is a box on which the same pieces lie.
type cell struct {
	lo, hi index
	pieces []int
}

// arrange cuts a shape into cells; false if there would be many more than pieces.
func arrange(ps []piece, shape index, ndim int) ([]cell, bool) {
	cells := []cell{{hi: shape}}
	for k := ndim; k < maxAxes; k++ {
		cells[0].hi[k] = 0
	}
	for i := range ps {
		var next []cell
		for _, c := range cells {
			next = c.cut(next, i, ps[i].lo, ps[i].hi, ndim)
		}
		if cells = next; len(cells) > 6*len(ps)+16 {
			return nil, false
		}
	}
	return merge(cells, ndim), true
}

// cut appends the parts of a cell: what lies in the box of piece i, and around it.
func (c cell) cut(out []cell, i int, lo, hi index, ndim int) []cell {
	for k := range ndim {
		if lo[k] >= c.hi[k] || hi[k] <= c.lo[k] {
			return append(out, c)
		}
	}
	for k := range ndim {
		if lo[k] > c.lo[k] {
			part := c
			part.hi[k] = lo[k]
			out = append(out, part)
			c.lo[k] = lo[k]
		}
		if hi[k] < c.hi[k] {
			part := c
			part.lo[k] = hi[k]
			out = append(out, part)
			c.hi[k] = hi[k]
		}
	}
	c.pieces = append(c.pieces[:len(c.pieces):len(c.pieces)], i)
	return append(out, c)
}

// merge puts neighbours with the same pieces together.
func merge(cells []cell, ndim int) []cell {
	for again := true; again; {
		again = false
		for i := 0; i < len(cells); i++ {
			for j := i + 1; j < len(cells); j++ {
				if cells[i].takes(&cells[j], ndim) {
					cells = append(cells[:j], cells[j+1:]...)
					j--
					again = true
				}
			}
		}
	}
	return cells
}

// takes makes c the union of both, if that is a box with the same pieces.
func (c *cell) takes(d *cell, ndim int) bool {
	if len(c.pieces) != len(d.pieces) {
		return false
	}
	for i := range c.pieces {
		if c.pieces[i] != d.pieces[i] {
			return false
		}
	}
	axis := -1
	for k := range ndim {
		if c.lo[k] == d.lo[k] && c.hi[k] == d.hi[k] {
			continue
		}
		if axis >= 0 || c.hi[k] != d.lo[k] && d.hi[k] != c.lo[k] {
			return false
		}
		axis = k
	}
	if axis >= 0 {
		c.lo[axis], c.hi[axis] = min(c.lo[axis], d.lo[axis]), max(c.hi[axis], d.hi[axis])
	}
	return axis >= 0
}

// scattersInto reports whether elements are scattered into boxes of the target.
func (t *target) scattersInto(boxes []store) bool {
	for _, s := range t.v.scatters {
		for _, at := range s.at {
			var idx index
			for k := len(t.v.shape) - 1; k >= 0; k-- {
				idx[k], at = at%t.v.shape[k], at/t.v.shape[k]
			}
			for i := range boxes {
				if boxes[i].contains(idx) {
					return true
				}
			}
		}
	}
	return false
}

func (s *store) contains(idx index) bool {
	for k := range s.ndim {
		if idx[k] < s.at[k] || idx[k] >= s.at[k]+s.size[k] {
			return false
		}
	}
	return true
}

// holesKey returns a string that says where holes lie in memory; "" if there are none.
func holesKey(holes []store) string {
	var key []byte
	for i := range holes {
		s := &holes[i]
		key = binary.AppendVarint(key, int64(s.off))
		for k := range s.ndim {
			key = binary.AppendVarint(binary.AppendVarint(key, int64(s.size[k])), int64(s.strides[k]))
		}
	}
	return string(key)
}
