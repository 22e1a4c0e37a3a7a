package jit

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// ErrTooLarge: a kernel has more fields, temporaries or distances than generated
// code has room for.
var ErrTooLarge = errors.New("jit: kernel too large")

// Options say how a kernel is compiled. They do not change what it computes.
type Options struct {
	ISA     ISA
	Float64 bool
	Shape   // 0: one
	// Ahead, unless 0, is how many rows before they are needed values are fetched from
	// memory, where rows are too short for the processor to see that they follow each
	// other. Rows fetch a Frame's Fetches, too.
	Ahead int
	// Margin says that on either side of what points reach so many elements of each
	// field may be read: with two vectors, neighbours along a row are cut out of whole
	// vectors (AVX-512).
	Margin int
}

// whole reports whether whole vectors may be read where a part is needed.
func (o Options) whole() bool { return o.ISA == AVX512 && o.Margin >= 2*o.lanes() }

// lanes returns how many elements a vector has.
func (o Options) lanes() int {
	if o.Float64 {
		return o.ISA.vectorBytes() / 8
	}
	return o.ISA.vectorBytes() / 4
}

// generator holds what all parts of one compilation share.
//
// Registers: rax the place in the row in bytes, rdx where a loop over it ends, rdi
// the Frame, r15 a base that has no register of its own; rsp and rbp are left alone.
type generator struct {
	*assembler
	k      *Kernel
	isa    ISA
	f64    bool
	size   int // of an element
	vector int // bytes
	nreg   int
	bases  []int           // field -> register, or -1
	consts map[float64]int // -> label
	pool   []float64
	hoist  map[float64]int // constant -> register
	kept   map[int]int     // spill of what is the same along a row -> register
	nhoist int             // registers 0 .. nhoist-1 hold these
	spills int             // most spills used
	o      Options
}

var baseRegisters = []int{rcx, rbx, rsi, r8, r9, r10, r11, r12, r13, r14}

func newGenerator(k *Kernel, o Options) *generator {
	g := &generator{
		assembler: &assembler{}, k: k, o: o, isa: o.ISA, f64: o.Float64, size: 4, vector: o.ISA.vectorBytes(), nreg: 16,
		consts: map[float64]int{}, hoist: map[float64]int{}, bases: make([]int, len(k.Fields)),
	}
	if o.Float64 {
		g.size = 8
	}
	if o.ISA == AVX512 {
		g.nreg = 32
	}
	uses := make([]int, len(k.Fields)) // within rows
	order := make([]int, len(k.Fields))
	for i := range k.Nodes {
		if n := &k.Nodes[i]; n.Kind == Load && k.Fields[n.Field].StrideX != 0 {
			uses[n.Field]++
		}
	}
	for _, s := range k.Stores {
		uses[s.Field]++
	}
	for f := range order {
		order[f], g.bases[f] = f, -1
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(uses[b], uses[a]) })
	for i, f := range order[:min(len(order), len(baseRegisters))] {
		g.bases[f] = baseRegisters[i]
	}
	return g
}

func inFrame(at int32) address { return address{base: rdi, index: -1, disp: at} }

// vec emits dst = src1 op rm, or with memory.
func (g *generator) vec(o opcode, dst, src1, rm int, m *address, mask masking) {
	if g.isa != AVX512 {
		if o.mmm == 1 {
			o.w = 0 // ignored there; 0 is shorter
		}
		g.vex(o, 1, dst, src1, rm, m)
		return
	}
	scale := int32(g.vector)
	if m != nil && m.broadcast {
		scale = int32(g.size)
	}
	g.evex(o, dst, src1, rm, m, mask, scale)
}

// wbit and prefix of instructions on packed elements.
func (g *generator) packed(op byte) opcode {
	o := opcode{mmm: 1, op: op}
	if g.f64 {
		o.pp, o.w = 1, 1
	}
	return o
}

// fused is a multiply-add instruction, by its byte.
func (g *generator) fused(op byte) opcode {
	o := opcode{mmm: 2, pp: 1, op: op}
	if g.f64 {
		o.w = 1
	}
	return o
}

// broadcastTo loads one element into all lanes.
func (g *generator) broadcastTo(dst int, m address) {
	m.broadcast = false
	o := opcode{mmm: 2, pp: 1, op: 0x18}
	if g.f64 {
		o.op = 0x19
	}
	if g.isa != AVX512 {
		g.vex(o, 1, dst, 0, 0, &m)
		return
	}
	if g.f64 {
		o.w = 1
	}
	g.evex(o, dst, 0, 0, &m, unmasked, int32(g.size))
}

// maskRegister holds the mask of AVX2 code that is masked.
const maskRegister = 15

func (g *generator) loadVector(dst int, m address, masked bool) {
	switch {
	case !masked:
		g.vec(g.packed(0x10), dst, 0, 0, &m, unmasked)
	case g.isa == AVX512:
		g.vec(g.packed(0x10), dst, 0, 0, &m, zeroing)
	default:
		g.vex(g.maskedMove(0x2C), 1, dst, maskRegister, 0, &m)
	}
}

func (g *generator) storeVector(src int, m address, masked bool) {
	switch {
	case !masked:
		g.vec(g.packed(0x11), src, 0, 0, &m, unmasked)
	case g.isa == AVX512:
		g.vec(g.packed(0x11), src, 0, 0, &m, merging)
	default:
		g.vex(g.maskedMove(0x2E), 1, src, maskRegister, 0, &m)
	}
}

// maskedMove is VMASKMOVPS or VMASKMOVPD.
func (g *generator) maskedMove(op byte) opcode {
	if g.f64 {
		op++
	}
	return opcode{mmm: 2, pp: 1, op: op}
}

// base returns the register with a field's base; it may load it.
func (g *generator) base(field int) int {
	if r := g.bases[field]; r >= 0 {
		return r
	}
	g.load(r15, inFrame(atBase+int32(8*field)))
	return r15
}

// at is where a field's element lies, in a row or (StrideX 0) before it.
func (g *generator) at(field, dx, dy, dz int) address {
	f := g.k.Fields[field]
	m := address{base: g.base(field), index: -1, disp: int32((dx*f.StrideX + dy*f.StrideY + dz*f.StrideZ) * g.size)}
	if f.StrideX != 0 {
		m.index = rax
	}
	return m
}

func inSpill(i int) address { return inFrame(atSpills + int32(64*i)) }

// constant is where a number lies, behind the code.
func (g *generator) constant(v float64) address {
	l, ok := g.consts[v]
	if !ok {
		l = g.newLabel()
		g.consts[v] = l
		g.pool = append(g.pool, v)
	}
	return address{base: atLabel, index: -1, label: l, broadcast: g.isa == AVX512}
}

// halve has code use half of the registers, or all of them again: processors may take
// half as long for that.
func (g *generator) halve(yes bool) {
	g.narrow = yes
	g.vector = g.isa.vectorBytes()
	if yes {
		g.vector /= 2
	}
}

// rowLoop emits the loop over rows of so many planes, so many at a time, down to fewer,
// with values of rows in registers.
func (g *generator) rowLoop(shape Shape, kept []invariant) error {
	defer func(n int) { g.kept, g.nhoist = nil, n }(g.nhoist)
	g.keep(kept)
	rows := shape.Rows
	one := g.newBlock(Shape{shape.Planes, rows, 1})
	if len(one.once) > maxSpills {
		return fmt.Errorf("%d values a row, %d at most: %w", len(one.once), maxSpills, ErrTooLarge)
	}
	var failed error
	emit := func(b *block, l level, masked bool) {
		if err := g.body(b, l, masked); err != nil && failed == nil {
			failed = err
		}
	}
	top, done, masked, half := g.newLabel(), g.newLabel(), g.newLabel(), g.newLabel()
	fetch := func(l level) {
		for spill, n := range one.once {
			if r, ok := g.kept[spill]; ok && one.level[n] == l {
				g.loadVector(r, inSpill(spill), false)
			}
		}
	}
	emit(one, ofCall, false)
	fetch(ofCall)
	g.bind(top)
	g.groupMem(opCmp, inFrame(atRows), int32(rows))
	g.jumpIf(less, done)
	g.fetchDose()
	emit(one, ofRow, false)
	fetch(ofRow)
	edge := func(flag, mask, start, few int32) {
		skip := g.newLabel()
		g.groupMem(opCmp, inFrame(flag), 0)
		g.jumpIf(equal, skip)
		g.load(rax, inFrame(start))
		if g.isa == AVX512 {
			full := g.newLabel()
			g.kmovw(1, inFrame(flag))
			g.groupMem(opCmp, inFrame(few), 0)
			g.jumpIf(equal, full)
			g.call(half)
			g.jump(skip)
			g.bind(full)
		} else {
			m := inFrame(mask)
			g.vec(g.packed(0x10), maskRegister, 0, 0, &m, unmasked)
		}
		g.call(masked)
		g.bind(skip)
	}
	edge(atHead, atHeadMask, atHeadStart, atFewHead)
	g.load(rax, inFrame(atMainStart))
	loop := func(b *block, cols int, end int32) {
		again, skip := g.newLabel(), g.newLabel()
		g.load(rdx, inFrame(end))
		g.cmp(rax, rdx)
		g.jumpIf(aboveOrEqual, skip)
		g.align(32)
		g.bind(again)
		emit(b, ofPoint, false)
		g.groupReg(opAdd, rax, int32(cols*g.vector))
		g.cmp(rax, rdx)
		g.jumpIf(below, again)
		g.bind(skip)
	}
	if shape.Cols > 1 {
		wide := g.newBlock(shape)
		wide.once = inOrder(one, wide)
		loop(wide, shape.Cols, atBlocksEnd)
	}
	loop(one, 1, atMainEnd)
	edge(atTail, atTailMask, atMainEnd, atFewTail)
	for i, f := range g.k.Fields {
		step := int32(rows * f.StrideY * g.size)
		switch {
		case step == 0:
		case g.bases[i] >= 0:
			g.groupReg(opAdd, g.bases[i], step)
		default:
			g.groupMem(opAdd, inFrame(atBase+int32(8*i)), step)
		}
	}
	g.groupMem(opSub, inFrame(atRows), int32(rows))
	g.jump(top)
	g.bind(masked)
	emit(one, ofPoint, true)
	g.ret()
	g.bind(half)
	if g.isa == AVX512 {
		g.halve(true)
		narrow := g.newBlock(Shape{shape.Planes, rows, 1})
		narrow.once = inOrder(one, narrow)
		emit(narrow, ofPoint, true)
		g.halve(false)
		g.ret()
	}
	g.bind(done)
	return failed
}

// Generate returns the machine code of a kernel.
func Generate(k *Kernel, o Options) ([]byte, error) {
	o.Shape = o.Shape.atLeastOne()
	if o.ISA == Generic {
		return nil, fmt.Errorf("jit: no generated code for %v: %w", o.ISA, errors.ErrUnsupported)
	}
	for i, f := range k.Fields {
		if f.StrideX != 0 && f.StrideX != 1 {
			return nil, fmt.Errorf("jit: field %d: StrideX is %d, want 0 or 1", i, f.StrideX)
		}
	}
	if len(k.Fields) > maxFields {
		return nil, fmt.Errorf("%d fields, %d at most: %w", len(k.Fields), maxFields, ErrTooLarge)
	}
	size := 4
	if o.Float64 {
		size = 8
	}
	for f, e := range k.extents() {
		y, z := k.Fields[f].StrideY, k.Fields[f].StrideZ
		reach := max(-e.lo, e.hi) + max(z, -z)*(o.Planes-1) + max(y, -y)*(o.Rows+o.Ahead) + o.Cols*o.lanes()
		if reach*size > math.MaxInt32/2 {
			return nil, fmt.Errorf("field %d reaches %d elements, %d at most: %w", f, reach, math.MaxInt32/2/size, ErrTooLarge)
		}
	}
	all, err := worthKeeping(k, o)
	if err != nil {
		return nil, err
	}
	g := newGenerator(k, o)
	var rows []invariant
	for _, v := range all {
		if v.spill >= 0 {
			rows = append(rows, v)
			continue
		}
		g.keep([]invariant{v})
		g.broadcastTo(g.hoist[v.value], g.constant(v.value))
	}
	for f, r := range g.bases {
		if r >= 0 {
			g.load(r, inFrame(atBase+int32(8*f)))
		}
	}
	end, single := g.newLabel(), g.newLabel()
	if o.Planes > 1 {
		g.groupMem(opCmp, inFrame(atPlanes), int32(o.Planes))
		g.jumpIf(less, single)
		if err := g.rowLoops(o.Shape, rows); err != nil {
			return nil, err
		}
		g.jump(end)
	}
	g.bind(single)
	if o.Planes > 1 {
		rows = nil // they are of other planes
	}
	if err := g.rowLoops(Shape{1, o.Rows, o.Cols}, rows); err != nil {
		return nil, err
	}
	g.bind(end)
	g.vzeroupper()
	g.ret()
	g.constants()
	g.link()
	return g.buf, nil
}

// rowLoops emits the loops over all rows of so many planes.
func (g *generator) rowLoops(shape Shape, kept []invariant) error {
	err := g.rowLoop(shape, kept)
	if err == nil && shape.Rows > 1 {
		err = g.rowLoop(Shape{shape.Planes, 1, 1}, nil)
	}
	return err
}

// constants writes the pool.
func (g *generator) constants() {
	g.align(64)
	for _, v := range g.pool {
		g.bind(g.consts[v])
		n := 1
		if g.isa != AVX512 { // no broadcast from memory: whole vectors
			n = g.vector / g.size
		}
		for range n {
			if g.f64 {
				g.buf = binary.LittleEndian.AppendUint64(g.buf, math.Float64bits(v))
			} else {
				g.buf = binary.LittleEndian.AppendUint32(g.buf, math.Float32bits(float32(v)))
			}
		}
	}
}
