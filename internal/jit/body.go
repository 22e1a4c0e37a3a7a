package jit

import (
	"fmt"
	"math"
)

// body emits a block of points: registers are given out as the schedule goes; what
// is needed last gives way first (Belady 1966), loads and constants before others,
// since they need not be kept anywhere.
type body struct {
	*generator
	b       *block
	k       *Kernel
	masked  bool
	level   level   // of what is computed
	uses    [][]int // positions in the schedule
	reg     []int   // node -> register, or -1
	spilled []int   // node -> spill of the frame, or -1
	held    []int   // register -> node, or free, or reserved
	pinned  uint64  // registers that the present operation needs
	pos     int
	free    []int // spills
	nspill  int
	err     error
}

// What a register may hold beside a node.
const (
	empty    = -1
	reserved = -2
)

const never = math.MaxInt

// body emits what a block computes of a level.
func (g *generator) body(blk *block, l level, masked bool) error {
	stores, steps := blk.stores[l], blk.steps[l]
	n := len(blk.k.Nodes)
	b := &body{
		generator: g, b: blk, k: blk.k, masked: masked, level: l,
		uses: make([][]int, n), reg: make([]int, n), spilled: make([]int, n), held: make([]int, g.nreg), nspill: len(blk.once),
	}
	for i := range n {
		b.reg[i], b.spilled[i] = -1, -1
	}
	for r := range b.held {
		b.held[r] = empty
		if r < g.nhoist || masked && g.isa != AVX512 && r == maskRegister {
			b.held[r] = reserved
		}
	}
	for i, x := range blk.once {
		if blk.level[x] < l {
			b.spilled[x] = i
			if r, ok := g.kept[i]; ok {
				b.reg[x] = r
			}
		}
	}
	for i := range blk.k.Nodes {
		if node := &blk.k.Nodes[i]; node.Kind == Const {
			if r, ok := g.hoist[node.Value]; ok {
				b.reg[i] = r
			}
		}
	}
	for p, s := range steps {
		if s.node < 0 {
			b.uses[stores[s.store].node] = append(b.uses[stores[s.store].node], p)
			continue
		}
		for _, x := range b.args(s.node) {
			b.uses[x] = append(b.uses[x], p)
		}
	}
	var fetch []Node
	if l == ofPoint {
		fetch = g.ahead(blk.shape)
	}
	for p, s := range steps {
		for _, m := range fetch[p*len(fetch)/len(steps) : (p+1)*len(fetch)/len(steps)] {
			g.prefetch(g.at(m.Field, m.DX, m.DY, m.DZ))
		}
		b.pos, b.pinned = p, 0
		if s.node >= 0 {
			b.compute(s.node)
		} else {
			b.put(stores[s.store])
		}
		if b.err != nil {
			return b.err
		}
	}
	g.spills = max(g.spills, b.nspill)
	return nil
}

// args returns what must be at hand to compute x; nil for what is so itself.
func (b *body) args(x int) []int {
	if b.leaf(x) {
		return nil
	}
	return b.k.Nodes[x].args()
}

func (b *body) leaf(x int) bool { return b.b.given(x, b.level) }

// kept reports whether x lies in a spill for good.
func (b *body) kept(x int) bool { return b.spilled[x] >= 0 && b.spilled[x] < len(b.b.once) }

func (b *body) put(s placed) {
	r := b.inRegister(s.node)
	if s.field < 0 {
		b.storeVector(r, inSpill(s.dx), false)
	} else {
		b.storeVector(r, b.at(s.field, s.dx, s.dy, s.dz), b.masked)
	}
	b.release(s.node)
}

// next returns where x is used after the present operation.
func (b *body) next(x int) int {
	for _, u := range b.uses[x] {
		if u > b.pos {
			return u
		}
	}
	return never
}

func (b *body) hoisted(x int) bool { return b.reg[x] >= 0 && b.reg[x] < b.nhoist }

// dies reports whether x is in a register that may be overwritten.
func (b *body) dies(x int) bool { return b.next(x) == never && b.reg[x] >= b.nhoist }

// release frees what x occupies, if it is not used again.
func (b *body) release(x int) {
	if b.next(x) != never {
		return
	}
	if b.reg[x] >= 0 && !b.hoisted(x) {
		b.held[b.reg[x]] = empty
		b.reg[x] = -1
	}
	if b.spilled[x] >= 0 && !b.kept(x) {
		b.free = append(b.free, b.spilled[x])
		b.spilled[x] = -1
	}
}

// inMemory reports whether x can be had from memory again.
func (b *body) inMemory(x int) bool { return b.spilled[x] >= 0 || b.args(x) == nil }

// victim returns the best register to give up, and whether it is free; -1 if all are
// needed.
func (b *body) victim() (r int, free bool) {
	cheap, cheapUse, other, otherUse := -1, -1, -1, -1
	for i, x := range b.held {
		if x == empty {
			return i, true
		}
		if x < 0 || b.pinned>>i&1 != 0 {
			continue
		}
		switch u := b.next(x); {
		case b.inMemory(x):
			if u > cheapUse {
				cheap, cheapUse = i, u
			}
		case u > otherUse:
			other, otherUse = i, u
		}
	}
	if cheap >= 0 {
		return cheap, false
	}
	return other, false
}

// take returns a register for a new value, and pins it.
func (b *body) take() int {
	r, free := b.victim()
	if r < 0 {
		b.err = fmt.Errorf("out of registers: %w", ErrTooLarge)
		return 0
	}
	if !free {
		x := b.held[r]
		if !b.inMemory(x) {
			b.spill(x, r)
		}
		b.reg[x] = -1
	}
	b.pinned |= 1 << r
	return r
}

func (b *body) spill(x, r int) {
	if n := len(b.free); n > 0 {
		b.spilled[x], b.free = b.free[n-1], b.free[:n-1]
	} else {
		if b.nspill == maxSpills {
			b.err = fmt.Errorf("more than %d values at a time: %w", maxSpills, ErrTooLarge)
			return
		}
		b.spilled[x] = b.nspill
		b.nspill++
	}
	b.storeVector(r, inSpill(b.spilled[x]), false)
}

// memory is the operand of a value that is in no register.
func (b *body) memory(x int) (m address, mask masking) {
	n := &b.k.Nodes[x]
	switch {
	case b.spilled[x] >= 0:
		return inSpill(b.spilled[x]), unmasked
	case n.Kind == Const:
		return b.constant(n.Value), unmasked
	}
	m = b.at(n.Field, n.DX, n.DY, n.DZ)
	if m.index < 0 { // one element for the row
		m.broadcast = true
		return m, unmasked
	}
	if b.masked && !b.b.entire[x] {
		mask = zeroing
	}
	return m, mask
}

// operand reports whether x may stand in memory where it is used: AVX2 has neither
// masks nor broadcasts there.
func (b *body) operand(x int) bool {
	if b.spilled[x] >= 0 {
		return true
	}
	if b.args(x) != nil {
		return false
	}
	n := &b.k.Nodes[x]
	return b.isa == AVX512 || n.Kind == Const || !b.masked && b.k.Fields[n.Field].StrideX != 0
}

func (b *body) inRegister(x int) int {
	if r := b.reg[x]; r >= 0 {
		b.pinned |= 1 << r
		return r
	}
	r := b.take()
	if b.err != nil {
		return 0
	}
	m, mask := b.memory(x)
	if m.broadcast {
		b.broadcastTo(r, m)
	} else {
		b.loadVector(r, m, mask != unmasked)
	}
	b.reg[x], b.held[r] = r, x
	return r
}

func (b *body) compute(x int) {
	n := &b.k.Nodes[x]
	args := n.args()
	for _, y := range args { // what is in registers stays there
		if b.reg[y] >= 0 {
			b.pinned |= 1 << b.reg[y]
		}
	}
	fromMemory := b.choose(n, args)
	for _, y := range args {
		if y != fromMemory {
			b.inRegister(y)
		}
	}
	var m *address
	var mask masking
	if fromMemory >= 0 {
		a, k := b.memory(fromMemory)
		m, mask = &a, k
	}
	if b.err != nil {
		return
	}
	var dst int
	if len(args) == 2 {
		dst = b.binary(n, args, fromMemory, m, mask)
	} else {
		dst = b.multiplyAdd(n, fromMemory, m, mask)
	}
	for _, y := range args {
		if b.reg[y] == dst && dst >= b.nhoist {
			b.reg[y] = -1
		}
		b.release(y)
	}
	b.reg[x], b.held[dst] = dst, x
}

// choose returns which argument to take from memory, or -1: the one that is needed
// last, unless it is worth a register.
func (b *body) choose(n *Node, args []int) int {
	best, use := -1, -1
	for i, y := range args {
		if b.reg[y] >= 0 || !b.operand(y) || (n.Kind == Sub || n.Kind == align) && i == 0 {
			continue
		}
		twice := false
		for j, z := range args {
			twice = twice || j != i && z == y
		}
		if u := b.next(y); !twice && u > use {
			best, use = y, u
		}
	}
	if best < 0 || use == never || b.k.Nodes[best].Kind == Const {
		return best
	}
	r, free := b.victim()
	if free || r >= 0 && b.inMemory(b.held[r]) && b.next(b.held[r]) > use {
		return -1
	}
	return best
}

func (b *body) binary(n *Node, args []int, fromMemory int, m *address, mask masking) int {
	x, y := n.A, n.B
	if x == fromMemory {
		x, y = y, x
	}
	rx, ry := b.reg[x], 0
	if m == nil {
		ry = b.reg[y]
	}
	dst := -1
	for _, a := range args {
		if dst < 0 && b.reg[a] >= 0 && b.dies(a) {
			dst = b.reg[a]
		}
	}
	if dst < 0 {
		dst = b.take()
	}
	if n.Kind == align { // VALIGND or VALIGNQ
		op := opcode{mmm: 3, pp: 1, op: 3}
		if b.f64 {
			op.w = 1
		}
		b.vec(op, dst, rx, ry, m, mask)
		b.bytes(byte(n.DX))
		return dst
	}
	op := map[Kind]byte{Add: 0x58, Mul: 0x59, Sub: 0x5C}[n.Kind]
	b.vec(b.packed(op), dst, rx, ry, m, mask)
	return dst
}

// multiplyAdd chooses among the three forms (132, 213, 231) the one that overwrites
// a value that is not needed any more; only the last operand can be in memory.
func (b *body) multiplyAdd(n *Node, fromMemory int, m *address, mask masking) int {
	op := map[Kind]byte{FMA: 0x98, FMS: 0x9A, FNMA: 0x9C}[n.Kind] // 132; 213 and 231 follow
	x, y, c := n.A, n.B, n.C
	if x == fromMemory {
		x, y = y, x
	}
	ry := 0
	if m == nil {
		ry = b.reg[y]
	}
	var dst int
	switch {
	case c == fromMemory && m != nil: // x = x*y + memory
		if !b.dies(x) && b.dies(y) {
			x, y = y, x
		}
		ry = b.reg[y]
		dst = b.overwrite(x)
		b.vec(b.fused(op+0x10), dst, ry, 0, m, mask)
	case b.dies(c) || !b.dies(x) && (y == fromMemory || !b.dies(y)): // c = x*y + c
		rx := b.reg[x]
		dst = b.overwrite(c)
		b.vec(b.fused(op+0x20), dst, rx, ry, m, mask)
	case b.dies(x): // x = x*y + c
		rc := b.reg[c]
		dst = b.overwrite(x)
		b.vec(b.fused(op), dst, rc, ry, m, mask)
	default: // y = y*x + c
		rc, rx := b.reg[c], b.reg[x]
		dst = b.overwrite(y)
		b.vec(b.fused(op), dst, rc, rx, nil, unmasked)
	}
	return dst
}

// overwrite returns x's register, or a copy of it if x is needed again.
func (b *body) overwrite(x int) int {
	if b.dies(x) {
		return b.reg[x]
	}
	src := b.reg[x]
	r := b.take()
	b.vec(b.packed(0x28), r, 0, src, nil, unmasked)
	return r
}
