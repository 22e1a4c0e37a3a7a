package jit

import (
	"sync"
	"unsafe"

	"github.com/d52adeda/wave/internal/rows"
)

// portable is a kernel as operations on rows of points, each a simple loop: to the bits of
// generated code, for where there is none and for what is not worth it.
type portable struct {
	ops       []rowOp
	registers int
	block     int // points at a time: short rows are put together
}

// rowCode says what a rowOp does; x, y and z are rows, s and r numbers.
type rowCode uint8

const (
	rowLoad      rowCode = iota // a field, at an offset in elements
	rowFill                     // s
	rowAdd                      // x + y
	rowAddNumber                // x + s
	rowSub                      // x - y
	rowMul                      // x * y
	rowScale                    // s x
	rowFMA                      // s x*y + r z, with s and r 1 or -1
	rowFMANumber                // s y + r z, with r 1 or -1
	rowPairFMA                  // s*(x + r y) + z, with r 1 or -1
	rowStore                    // x into a field
)

// rowOp is one operation: its result goes into register dst.
type rowOp struct {
	code          rowCode
	dst, x, y, z  int
	s, r          float64
	field, offset int
}

// newPortable works out the operations: numbers are folded into them, registers are used
// again.
func newPortable(k *Kernel, size int) *portable {
	p := &portable{}
	number := func(i int) bool { return k.Nodes[i].Kind == Const }
	pair := k.pairs(number)
	args := func(i int) []int { // the rows that a node's operation reads
		n := &k.Nodes[i]
		if b := n.B; len(n.args()) == 3 && pair[b] {
			return []int{k.Nodes[b].A, k.Nodes[b].B, n.C}
		}
		return n.args()
	}
	last := make([]int, len(k.Nodes)) // the last node that reads a node
	for i := range k.Nodes {
		if pair[i] {
			continue
		}
		for _, a := range args(i) {
			last[a] = i
		}
	}
	for _, s := range k.Stores {
		last[s.Node] = len(k.Nodes)
	}
	var free []int
	take := func() int {
		if n := len(free); n > 0 {
			r := free[n-1]
			free = free[:n-1]
			return r
		}
		p.registers++
		return p.registers - 1
	}
	register := make([]int, len(k.Nodes))
	var filled []int
	row := func(i int) int { // of a node
		if !number(i) {
			return register[i]
		}
		r := take()
		p.ops = append(p.ops, rowOp{code: rowFill, dst: r, s: k.Nodes[i].Value})
		filled = append(filled, r)
		return r
	}
	for i := range k.Nodes {
		if pair[i] {
			continue
		}
		n := &k.Nodes[i]
		a, b := n.A, n.B
		if n.Kind != Sub && number(b) { // numbers first
			a, b = b, a
		}
		var o rowOp
		switch n.Kind {
		case Const:
			continue
		case Load:
			f := &k.Fields[n.Field]
			o = rowOp{code: rowLoad, field: n.Field, offset: n.DX*f.StrideX + n.DY*f.StrideY + n.DZ*f.StrideZ}
		case Add:
			if number(a) {
				o = rowOp{code: rowAddNumber, x: row(b), s: k.Nodes[a].Value}
			} else {
				o = rowOp{code: rowAdd, x: row(a), y: row(b)}
			}
		case Sub:
			o = rowOp{code: rowSub, x: row(a), y: row(b)}
		case Mul:
			if number(a) {
				o = rowOp{code: rowScale, x: row(b), s: k.Nodes[a].Value}
			} else {
				o = rowOp{code: rowMul, x: row(a), y: row(b)}
			}
		case FMA, FMS, FNMA:
			s, r := 1.0, 1.0
			if n.Kind == FNMA {
				s = -1
			} else if n.Kind == FMS {
				r = -1
			}
			if number(a) && pair[b] {
				t := &k.Nodes[b]
				o = rowOp{code: rowPairFMA, x: row(t.A), y: row(t.B), z: row(n.C), s: s * k.Nodes[a].Value, r: 1}
				if t.Kind == Sub {
					o.r = -1
				}
			} else if number(a) {
				o = rowOp{code: rowFMANumber, y: row(b), z: row(n.C), s: s * k.Nodes[a].Value, r: r}
			} else {
				o = rowOp{code: rowFMA, x: row(a), y: row(b), z: row(n.C), s: s, r: r}
			}
		}
		o.dst = take() // never an operand's: a load may stand for memory
		register[i] = o.dst
		p.ops = append(p.ops, o)
		free = append(free, filled...)
		filled = filled[:0]
		done := map[int]bool{}
		for _, a := range args(i) {
			if last[a] == i && !number(a) && !done[a] {
				done[a] = true
				free = append(free, register[a])
			}
		}
	}
	for _, s := range k.Stores {
		p.ops = append(p.ops, rowOp{code: rowStore, x: row(s.Node), field: s.Field})
	}
	const most, least, cached = 512, 128, 32 << 10 // bytes of registers
	for p.block = most; p.block > least && p.block*p.registers*size > cached; p.block /= 2 {
	}
	return p
}

// pairs finds sums and differences that only a multiply-add by a number reads: it computes
// them, too.
func (k *Kernel) pairs(number func(int) bool) []bool {
	uses := make([]int, len(k.Nodes))
	for i := range k.Nodes {
		for _, a := range k.Nodes[i].args() {
			uses[a]++
		}
	}
	for _, s := range k.Stores {
		uses[s.Node]++
	}
	out := make([]bool, len(k.Nodes))
	for i := range k.Nodes {
		n := &k.Nodes[i]
		if (n.Kind == FMA || n.Kind == FNMA) && number(n.A) {
			kind := k.Nodes[n.B].Kind
			out[n.B] = uses[n.B] == 1 && (kind == Add || kind == Sub)
		}
	}
	return out
}

// rowRoom is a call's memory.
type rowRoom[T rows.Float] struct {
	vals [][]T // by register
	room []T
}

var rooms32, rooms64 sync.Pool

// runPortable computes points x in [x0, x1), y in [y0, y1), z in [z0, z1).
func runPortable[T rows.Float](c *Code, pool *sync.Pool, at []Operand, x0, x1, y0, y1, z0, z1 int) {
	if x0 >= x1 {
		return
	}
	r, _ := pool.Get().(*rowRoom[T])
	if r == nil {
		r = &rowRoom[T]{}
	}
	p := c.portable
	for len(r.vals) < p.registers {
		r.vals = append(r.vals, nil)
	}
	if len(r.room) < p.registers*p.block {
		r.room = make([]T, p.registers*p.block)
	}
	width := min(x1-x0, p.block)
	height := p.block / width
	for z := z0; z < z1; z++ {
		for y := y0; y < y1; y += height {
			for x := x0; x < x1; x += width {
				r.compute(c, at, x, y, z, min(width, x1-x), min(height, y1-y))
			}
		}
	}
	clear(r.vals) // hold on to nobody's numbers
	pool.Put(r)
}

// compute does h rows of w points.
func (r *rowRoom[T]) compute(c *Code, at []Operand, x, y, z, w, h int) {
	n, block := w*h, c.portable.block
	for i := range c.portable.ops {
		o := &c.portable.ops[i]
		switch o.code {
		case rowLoad:
			r.load(c, at, o, x, y, z, w, h)
			continue
		case rowStore:
			r.store(c, at, o, x, y, z, w, h)
			continue
		}
		dst := r.room[o.dst*block:][:n]
		switch o.code {
		case rowFill:
			rows.Fill(dst, T(o.s))
		case rowAdd:
			rows.Add(dst, r.vals[o.x], r.vals[o.y])
		case rowAddNumber:
			rows.AddScalar(dst, r.vals[o.x], T(o.s))
		case rowSub:
			rows.Axpy(dst, r.vals[o.x], r.vals[o.y], -1)
		case rowMul:
			rows.Mul(dst, r.vals[o.x], r.vals[o.y], 1)
		case rowScale:
			rows.Scale(dst, r.vals[o.x], T(o.s))
		case rowFMA:
			rows.FMA(dst, r.vals[o.x], r.vals[o.y], r.vals[o.z], T(o.s), T(o.r))
		case rowPairFMA:
			rows.PairFMA(dst, r.vals[o.x], r.vals[o.y], r.vals[o.z], T(o.s), T(o.r))
		case rowFMANumber:
			rows.FMAScalar(dst, r.vals[o.y], r.vals[o.z], T(o.s), T(o.r))
		}
		r.vals[o.dst] = dst
	}
}

// place returns a field's memory from point (x, y, z) on, some elements further.
func place[T rows.Float](c *Code, at []Operand, field, further, x, y, z int) []T {
	o, f := &at[field], &c.k.Fields[field]
	return unsafe.Slice((*T)(o.Data), o.Len)[o.At+further+x*f.StrideX+y*f.StrideY+z*f.StrideZ:]
}

func (r *rowRoom[T]) load(c *Code, at []Operand, o *rowOp, x, y, z, w, h int) {
	mem, f := place[T](c, at, o.field, o.offset, x, y, z), &c.k.Fields[o.field]
	if f.StrideX == 1 && (h == 1 || f.StrideY == w) { // as it lies
		r.vals[o.dst] = mem[:w*h]
		return
	}
	dst := r.room[o.dst*c.portable.block:][:w*h]
	r.vals[o.dst] = dst
	for i := range h {
		row := dst[i*w:][:w]
		if i > 0 { // a row may begin before the one before
			mem = place[T](c, at, o.field, o.offset, x, y+i, z)
		}
		switch f.StrideX {
		case 1:
			copy(row, mem)
		case 0:
			rows.Fill(row, mem[0])
		default:
			for p := range row {
				row[p] = mem[p*f.StrideX]
			}
		}
	}
}

func (r *rowRoom[T]) store(c *Code, at []Operand, o *rowOp, x, y, z, w, h int) {
	stride := c.k.Fields[o.field].StrideX
	for i := range h {
		row, mem := r.vals[o.x][i*w:][:w], place[T](c, at, o.field, 0, x, y+i, z)
		if stride == 1 {
			copy(mem, row)
			continue
		}
		for p, v := range row {
			mem[p*stride] = v
		}
	}
}
