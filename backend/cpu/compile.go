package cpu

import (
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/internal/rows"
	"github.com/d52adeda/wave/stencil"
)

// compile turns a graph into a row program. Values that are the same along a row
// (constants, profiles of the other dimensions and what is made of them) are
// scalars; others are registers.
func compile[T array.Float](g *stencil.Graph, ndim int) *rowProgram[T] {
	c := &compiler[T]{
		g: g, p: &rowProgram[T]{last: ndim - 1},
		scalar: make([]int, len(g.Nodes)), vector: make([]operand, len(g.Nodes)),
		uses: make([]int, len(g.Nodes)), mems: map[memOperand]int{}, consts: map[T]int{},
	}
	for i := range g.Nodes {
		for _, a := range g.Nodes[i].Args {
			c.uses[a]++
		}
		c.scalar[i] = -1
	}
	for _, o := range g.Outputs {
		c.uses[o.Node]++
	}
	for i := range g.Nodes {
		c.classify(i)
	}
	for i := range g.Nodes {
		if c.scalar[i] < 0 && g.Nodes[i].Kind != stencil.OpLoad && !c.fused(i) {
			c.vector[i] = c.emit(i)
		}
	}
	c.keepReads()
	for _, o := range g.Outputs {
		c.store(o)
	}
	c.storeDirectly()
	assignRegisters(c.p)
	return c.p
}

type compiler[T array.Float] struct {
	g      *stencil.Graph
	p      *rowProgram[T]
	scalar []int     // node -> scalar number, or -1
	vector []operand // node -> row, for the others
	uses   []int
	mems   map[memOperand]int
	consts map[T]int
	fuse   []bool // product that is computed within the only sum that uses it
}

// classify finds what is scalar and where loads lie.
func (c *compiler[T]) classify(i int) {
	n := &c.g.Nodes[i]
	switch n.Kind {
	case stencil.OpConst:
		c.scalar[i] = c.constant(T(n.Value))
		return
	case stencil.OpLoad:
		m := memOperand{n.Slot, n.Off, n.Field}
		if n.Field.Kind == stencil.Profile && n.Field.Dim != c.p.last {
			c.scalar[i] = c.newScalar(scalarOp[T]{kind: n.Kind, load: m})
			return
		}
		c.vector[i] = c.memory(m)
		return
	}
	var args []int
	for _, a := range n.Args {
		if c.scalar[a] < 0 {
			return
		}
		args = append(args, c.scalar[a])
	}
	op := scalarOp[T]{kind: n.Kind, args: args}
	for _, w := range n.W {
		op.w = append(op.w, T(w))
	}
	c.scalar[i] = c.newScalar(op)
}

func (c *compiler[T]) constant(v T) int {
	if s, ok := c.consts[v]; ok {
		return s
	}
	c.p.consts = append(c.p.consts, v)
	c.consts[v] = len(c.p.consts) - 1
	return c.consts[v]
}

func (c *compiler[T]) newScalar(op scalarOp[T]) int {
	op.dst = len(c.p.consts)
	c.p.consts = append(c.p.consts, 0)
	c.p.scalars = append(c.p.scalars, op)
	return op.dst
}

func (c *compiler[T]) memory(m memOperand) operand {
	i, ok := c.mems[m]
	if !ok {
		i = len(c.p.mems)
		c.p.mems = append(c.p.mems, m)
		c.mems[m] = i
	}
	return operand{true, i}
}

// fused reports whether node i, a product, is left to the only sum that uses it.
func (c *compiler[T]) fused(i int) bool {
	if c.fuse == nil {
		c.fuse = make([]bool, len(c.g.Nodes))
		for j := range c.g.Nodes {
			n := &c.g.Nodes[j]
			if n.Kind != stencil.OpAdd || c.scalar[j] >= 0 {
				continue
			}
			for _, a := range n.Args {
				if c.g.Nodes[a].Kind == stencil.OpMul && c.scalar[a] < 0 && c.uses[a] == 1 {
					c.fuse[a] = true
				}
			}
		}
	}
	return c.fuse[i]
}

// put emits an instruction with a new (virtual) register as its destination.
func (c *compiler[T]) put(in instr[T]) operand {
	in.dst = operand{false, c.p.regs}
	c.p.regs++
	c.p.ins = append(c.p.ins, in)
	return in.dst
}

// emit computes node i into a register.
func (c *compiler[T]) emit(i int) operand {
	n := &c.g.Nodes[i]
	switch n.Kind {
	case stencil.OpMul:
		return c.value(c.product(n.Args))
	case stencil.OpAdd:
		return c.sum(n.Args)
	}
	return c.linear(n)
}

// value returns s times the product of one or two rows.
func (c *compiler[T]) value(s int, vs []operand) operand {
	switch {
	case len(vs) == 2:
		return c.put(instr[T]{op: opMul, a: vs[0], b: vs[1], s: s})
	case s == c.constant(1):
		return vs[0]
	}
	return c.put(instr[T]{op: opScale, a: vs[0], s: s})
}

// product splits a product of nodes into a scalar and at most two rows.
func (c *compiler[T]) product(args []int) (s int, vs []operand) {
	var scalars []int
	for _, a := range args {
		if c.scalar[a] >= 0 {
			scalars = append(scalars, c.scalar[a])
		} else {
			vs = append(vs, c.vector[a])
		}
	}
	for len(vs) > 2 {
		first := c.put(instr[T]{op: opMul, a: vs[0], b: vs[1], s: c.constant(1)})
		vs = append([]operand{first}, vs[2:]...)
	}
	switch len(scalars) {
	case 0:
		return c.constant(1), vs
	case 1:
		return scalars[0], vs
	}
	return c.newScalar(scalarOp[T]{kind: stencil.OpMul, args: scalars}), vs
}

// sum adds terms left to right; products that only it uses are added as they are.
func (c *compiler[T]) sum(terms []int) operand {
	var acc operand
	started, pending := false, -1 // pending: a leading scalar
	for _, t := range terms {
		args := []int{t}
		if c.fused(t) {
			args = c.g.Nodes[t].Args
		}
		s, vs := c.product(args)
		switch {
		case len(vs) == 0 && !started:
			if pending >= 0 {
				s = c.newScalar(scalarOp[T]{kind: stencil.OpAdd, args: []int{pending, s}})
			}
			pending = s
		case len(vs) == 0:
			acc = c.put(instr[T]{op: opAddScal, a: acc, s: s})
		case !started:
			acc, started = c.value(s, vs), true
			if pending >= 0 {
				acc = c.put(instr[T]{op: opAddScal, a: acc, s: pending})
			}
		case len(vs) == 2:
			acc = c.put(instr[T]{op: opAddMul, a: acc, b: vs[0], c: vs[1], s: s})
		case s == c.constant(1):
			acc = c.put(instr[T]{op: opAdd, a: acc, b: vs[0]})
		default:
			acc = c.put(instr[T]{op: opAxpy, a: acc, b: vs[0], s: s})
		}
	}
	return acc
}

// linear is a weighted sum: a symmetric or antisymmetric derivative as one
// instruction, anything else term by term.
func (c *compiler[T]) linear(n *stencil.Node) operand {
	from := make([]operand, len(n.Args))
	allRows := true
	for k, a := range n.Args {
		from[k] = c.vector[a]
		allRows = allRows && c.scalar[a] < 0
	}
	if d, ok := rows.NewDerivative[T](n.W); ok && allRows {
		in := instr[T]{op: opDerivative, d: d, pairs: from}
		if !d.Anti {
			in.a, in.pairs = from[0], from[1:]
		}
		return c.put(in)
	}
	var acc operand
	for k, a := range n.Args {
		row := from[k]
		if c.scalar[a] >= 0 {
			row = c.put(instr[T]{op: opFill, s: c.scalar[a]})
		}
		s := c.constant(T(n.W[k]))
		if k == 0 {
			acc = c.put(instr[T]{op: opScale, a: row, s: s})
		} else {
			acc = c.put(instr[T]{op: opAxpy, a: acc, b: row, s: s})
		}
	}
	return acc
}

// keepReads copies to a register what is to be stored straight from memory that
// another output overwrites.
func (c *compiler[T]) keepReads() {
	for _, o := range c.g.Outputs {
		v := c.vector[o.Node]
		if c.scalar[o.Node] < 0 && v.mem && c.writes(c.p.mems[v.index].slot) {
			c.vector[o.Node] = c.put(instr[T]{op: opCopy, a: v})
		}
	}
}

func (c *compiler[T]) writes(slot int) bool {
	for _, o := range c.g.Outputs {
		if o.Slot == slot {
			return true
		}
	}
	return false
}

// store puts the value of an output where it belongs, after everything that reads
// what was there.
func (c *compiler[T]) store(o stencil.Output) {
	dst := c.memory(memOperand{slot: o.Slot, f: o.Field})
	if s := c.scalar[o.Node]; s >= 0 {
		c.p.ins = append(c.p.ins, instr[T]{op: opFill, dst: dst, s: s})
		return
	}
	c.p.ins = append(c.p.ins, instr[T]{op: opCopy, dst: dst, a: c.vector[o.Node]})
}

// storeDirectly lets an instruction write its result to memory where a copy would
// follow, if nothing else needs the register, and nothing in between the memory.
func (c *compiler[T]) storeDirectly() {
	uses := map[operand]int{}
	defined := map[operand]int{}
	for j := range c.p.ins {
		for _, o := range c.p.ins[j].operands() {
			uses[o]++
		}
		defined[c.p.ins[j].dst] = j
	}
	var keep []instr[T]
	moved := map[int]operand{}
	for j, in := range c.p.ins {
		if in.op == opCopy && in.dst.mem && !in.a.mem && uses[in.a] == 1 {
			d := defined[in.a]
			if !c.reads(c.p.ins[d+1:j], c.p.mems[in.dst.index].slot) {
				moved[d] = in.dst
			}
		}
	}
	for j, in := range c.p.ins {
		if in.op == opCopy && in.dst.mem && !in.a.mem && moved[defined[in.a]] == in.dst {
			continue
		}
		if dst, ok := moved[j]; ok {
			in.dst = dst
		}
		keep = append(keep, in)
	}
	c.p.ins = keep
}

// reads reports whether any instruction reads a slot.
func (c *compiler[T]) reads(ins []instr[T], slot int) bool {
	for i := range ins {
		for _, o := range ins[i].operands() {
			if o.mem && c.p.mems[o.index].slot == slot {
				return true
			}
		}
	}
	return false
}

// operands returns the rows that an instruction reads.
func (in *instr[T]) operands() []operand {
	out := append([]operand(nil), in.pairs...)
	switch in.op {
	case opDerivative:
		if !in.d.Anti {
			out = append(out, in.a)
		}
	case opCopy, opScale, opAddScal:
		out = append(out, in.a)
	case opMul, opAdd, opAxpy:
		out = append(out, in.a, in.b)
	case opAddMul:
		out = append(out, in.a, in.b, in.c)
	}
	return out
}

// assignRegisters gives virtual registers, each written once, as few real ones as will do.
func assignRegisters[T array.Float](p *rowProgram[T]) {
	last := map[operand]int{}
	for j := range p.ins {
		for _, o := range p.ins[j].operands() {
			last[o] = j
		}
	}
	real := map[operand]operand{}
	var free []int
	n := 0
	rename := func(o operand) operand {
		if r, ok := real[o]; ok && !o.mem {
			return r
		}
		return o
	}
	for j := range p.ins {
		in := &p.ins[j]
		for _, o := range in.operands() {
			if !o.mem && last[o] == j {
				free = append(free, real[o].index) // dst may take it: loops allow that
				last[o] = -1                       // once only
			}
		}
		in.a, in.b, in.c = rename(in.a), rename(in.b), rename(in.c)
		for k, o := range in.pairs {
			in.pairs[k] = rename(o)
		}
		if !in.dst.mem {
			if len(free) == 0 {
				free = append(free, n)
				n++
			}
			real[in.dst] = operand{false, free[len(free)-1]}
			free = free[:len(free)-1]
			in.dst = real[in.dst]
		}
	}
	p.regs = n
}
