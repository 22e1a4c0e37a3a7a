package fuse

// rowPlan is a kernel's nodes as operations on rows in few slots.
type rowPlan struct {
	ops   []rowOp
	slots int
}

// rowCode says what a rowOp does; x, y and z are rows, s a number.
type rowCode uint8

const (
	rowLoad      rowCode = iota // field x at offset y
	rowFill                     // s
	rowAdd                      // x + y
	rowAddNumber                // x + s
	rowSub                      // x - y
	rowMul                      // x * y
	rowScale                    // s x
	rowFMA                      // x*y + z
	rowAxpy                     // s*x + z
	rowStore                    // x into field dst
)

// rowOp is one operation: its result goes into slot dst.
type rowOp struct {
	code         rowCode
	dst, x, y, z int
	s            float64
}

// plan works out the operations: numbers are folded into them, slots are used again.
func (k *kernel) plan() *rowPlan {
	p := &rowPlan{}
	last := make([]int, len(k.nodes)) // the last node that reads a node
	for i := range k.nodes {
		for _, a := range k.nodes[i].args() {
			last[a] = i
		}
	}
	for _, s := range k.stores {
		last[s.n] = len(k.nodes)
	}
	var free []int
	take := func() int {
		if n := len(free); n > 0 {
			s := free[n-1]
			free = free[:n-1]
			return s
		}
		p.slots++
		return p.slots - 1
	}
	slot := make([]int, len(k.nodes))
	number := func(i int) bool { return k.nodes[i].kind == constant }
	for i := range k.nodes {
		n := &k.nodes[i]
		if n.kind == constant {
			continue
		}
		var filled []int
		row := func(a int) int {
			if !number(a) {
				return slot[a]
			}
			s := take()
			p.ops = append(p.ops, rowOp{code: rowFill, dst: s, s: k.nodes[a].value})
			filled = append(filled, s)
			return s
		}
		var o rowOp
		a, b, c := n.a, n.b, n.c
		switch n.kind {
		case load:
			o = rowOp{code: rowLoad, x: n.buf, y: n.off}
		case add:
			if number(a) {
				a, b = b, a
			}
			o = rowOp{code: rowAdd}
			if number(b) {
				o = rowOp{code: rowAddNumber, s: k.nodes[b].value}
			} else {
				o.y = slot[b]
			}
			o.x = row(a)
		case sub:
			o = rowOp{code: rowSub, x: row(a), y: row(b)}
		case mul:
			if number(b) {
				a, b = b, a
			}
			o = rowOp{code: rowMul, y: row(b)}
			if number(a) {
				o = rowOp{code: rowScale, x: o.y, s: k.nodes[a].value}
			} else {
				o.x = slot[a]
			}
		default:
			if number(b) {
				a, b = b, a
			}
			sign := 1.0
			if n.kind == fnma {
				sign = -1
			}
			if number(a) && !k.exact {
				o = rowOp{code: rowAxpy, x: row(b), z: row(c), s: sign * k.nodes[a].value}
				break
			}
			o = rowOp{code: rowFMA, x: row(a), y: row(b), z: row(c), s: sign}
		}
		o.dst = take() // never an operand's: a load may stand for memory
		slot[i] = o.dst
		p.ops = append(p.ops, o)
		free = append(free, filled...)
		done := map[int]bool{}
		for _, a := range n.args() {
			if last[a] == i && !number(a) && !done[a] {
				done[a] = true
				free = append(free, slot[a])
			}
		}
	}
	for _, s := range k.stores {
		x := slot[s.n]
		if number(s.n) {
			x = take()
			p.ops = append(p.ops, rowOp{code: rowFill, dst: x, s: k.nodes[s.n].value})
		}
		p.ops = append(p.ops, rowOp{code: rowStore, dst: s.field, x: x})
	}
	return p
}
