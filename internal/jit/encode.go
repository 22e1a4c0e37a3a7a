package jit

import "encoding/binary"

// General registers.
const (
	rax = iota
	rcx
	rdx
	rbx
	rsp
	rbp
	rsi
	rdi
	r8
	r9
	r10
	r11
	r12
	r13
	r14
	r15
)

// address is [base + index + disp], or that of a label where base is atLabel.
type address struct {
	base, index int // index -1: none
	disp        int32
	label       int
	broadcast   bool // one element, for all (EVEX)
}

const atLabel = -2

// fixup is a 32-bit distance at buf[at:] to a label, from behind it.
type fixup struct{ at, label int }

// assembler collects the few instructions that row kernels are made of, after
// Intel's Software Developer's Manual, volume 2. Labels are bound by bind and
// filled in by link.
type assembler struct {
	buf    []byte
	labels []int
	fixups []fixup
	count  int  // instructions
	mems   int  // those of them with an operand in memory
	narrow bool // EVEX instructions have 256 bits
}

func (a *assembler) newLabel() int { a.labels = append(a.labels, -1); return len(a.labels) - 1 }
func (a *assembler) bind(l int)    { a.labels[l] = len(a.buf) }

// link fills in the distances to labels, all bound.
func (a *assembler) link() {
	for _, f := range a.fixups {
		binary.LittleEndian.PutUint32(a.buf[f.at:], uint32(int32(a.labels[f.label]-f.at-4)))
	}
}

func (a *assembler) bytes(x ...byte) { a.buf = append(a.buf, x...) }
func (a *assembler) imm32(v int32)   { a.buf = binary.LittleEndian.AppendUint32(a.buf, uint32(v)) }
func (a *assembler) distance(l int)  { a.fixups = append(a.fixups, fixup{len(a.buf), l}); a.imm32(0) }

// modrm writes ModRM, SIB and displacement; scale is what EVEX divides an 8-bit
// displacement by (1 otherwise).
func (a *assembler) modrm(reg byte, m address, scale int32) {
	a.mems++
	reg = reg & 7 << 3
	if m.base == atLabel {
		a.bytes(reg | 5)
		a.distance(m.label)
		return
	}
	base := byte(m.base) & 7
	mod, d8 := byte(2), int8(0)
	switch {
	case m.disp == 0 && base != 5:
		mod = 0
	case m.disp%scale == 0 && m.disp/scale >= -128 && m.disp/scale <= 127:
		mod, d8 = 1, int8(m.disp/scale)
	}
	if m.index >= 0 || base == 4 {
		idx := byte(4)
		if m.index >= 0 {
			idx = byte(m.index) & 7
		}
		a.bytes(mod<<6|reg|4, idx<<3|base)
	} else {
		a.bytes(mod<<6 | reg | base)
	}
	switch mod {
	case 1:
		a.bytes(byte(d8))
	case 2:
		a.imm32(m.disp)
	}
}

// wide is a 64-bit general instruction with a memory operand.
func (a *assembler) wide(op byte, reg int, m address) {
	a.count++
	rex := byte(0x48) | byte(reg>>3&1)<<2
	if m.base >= 8 {
		rex |= 1
	}
	if m.index >= 8 {
		rex |= 2
	}
	a.bytes(rex, op)
	a.modrm(byte(reg), m, 1)
}

func (a *assembler) load(r int, m address) { a.wide(0x8B, r, m) }

// prefetch is PREFETCHT1. It fetches to the second level, which has more misses on the way
// at a time than the first.
func (a *assembler) prefetch(m address) {
	a.count++
	rex := byte(0x40) | byte(m.base>>3&1)
	if m.index >= 8 {
		rex |= 2
	}
	if rex != 0x40 {
		a.bytes(rex)
	}
	a.bytes(0x0F, 0x18)
	a.modrm(2, m, 1)
}

// Operations of group 1.
const (
	opAdd = 0
	opSub = 5
	opCmp = 7
)

func (a *assembler) groupMem(op int, m address, v int32) {
	a.wide(0x81, op, m)
	a.imm32(v)
}

func (a *assembler) groupReg(op, r int, v int32) {
	a.count++
	a.bytes(0x48|byte(r>>3), 0x81, 0xC0|byte(op<<3|r&7))
	a.imm32(v)
}

func (a *assembler) regReg(op byte, rm, reg int) {
	a.count++
	a.bytes(0x48|byte(rm>>3)|byte(reg>>3)<<2, op, 0xC0|byte(reg&7<<3|rm&7))
}
func (a *assembler) cmp(x, y int) { a.regReg(0x39, x, y) }

// Conditions of jumps.
const (
	below        = 2
	aboveOrEqual = 3
	equal        = 4
	notEqual     = 5
	less         = 12
)

func (a *assembler) jump(l int)           { a.count++; a.bytes(0xE9); a.distance(l) }
func (a *assembler) jumpIf(c byte, l int) { a.count++; a.bytes(0x0F, 0x80|c); a.distance(l) }
func (a *assembler) call(l int)           { a.count++; a.bytes(0xE8); a.distance(l) }
func (a *assembler) ret()                 { a.count++; a.bytes(0xC3) }
func (a *assembler) vzeroupper()          { a.count++; a.bytes(0xC5, 0xF8, 0x77) }

// align fills up with NOPs.
func (a *assembler) align(n int) {
	for len(a.buf)%n != 0 {
		a.bytes(0x90)
	}
}

// kmovw loads a mask register.
func (a *assembler) kmovw(k int, m address) {
	a.vex(opcode{mmm: 1, op: 0x90}, 0, k, 0, 0, &m)
}

// opcode is which vector instruction: opcode map, prefix, W bit and byte.
type opcode struct{ mmm, pp, w, op byte }

// vex writes a VEX instruction; l is 1 for 256 bits; m nil: register rm.
func (a *assembler) vex(o opcode, l byte, reg, vvvv, rm int, m *address) {
	a.count++
	x, b := byte(1), byte(1)
	if m == nil {
		b = ^byte(rm) >> 3 & 1
	} else {
		if m.base >= 8 {
			b = 0
		}
		if m.index >= 8 {
			x = 0
		}
	}
	r := ^byte(reg) >> 3 & 1
	last := ^byte(vvvv)&15<<3 | l<<2 | o.pp
	if x == 1 && b == 1 && o.w == 0 && o.mmm == 1 {
		a.bytes(0xC5, r<<7|last, o.op)
	} else {
		a.bytes(0xC4, r<<7|x<<6|b<<5|o.mmm, o.w<<7|last, o.op)
	}
	if m == nil {
		a.bytes(0xC0 | byte(reg)&7<<3 | byte(rm)&7)
	} else {
		a.modrm(byte(reg), *m, 1)
	}
}

// masking is the write mask of an EVEX instruction: register k1, or none.
type masking uint8

const (
	unmasked masking = iota
	zeroing          // lanes that are masked out become zero
	merging          // they stay as they are (stores)
)

// evex writes an EVEX instruction; scale is that of 8-bit displacements.
func (a *assembler) evex(o opcode, reg, vvvv, rm int, m *address, mask masking, scale int32) {
	a.count++
	x, b, bc := byte(1), byte(1), byte(0)
	if m == nil {
		b, x = ^byte(rm)>>3&1, ^byte(rm)>>4&1
	} else {
		if m.base >= 8 {
			b = 0
		}
		if m.index >= 8 {
			x = 0
		}
		if m.broadcast {
			bc = 1
		}
	}
	k, z := byte(0), byte(0)
	if mask != unmasked {
		k = 1
	}
	if mask == zeroing {
		z = 1
	}
	ll := byte(2)
	if a.narrow {
		ll = 1
	}
	a.bytes(0x62, ^byte(reg)>>3&1<<7|x<<6|b<<5|^byte(reg)>>4&1<<4|o.mmm, o.w<<7|^byte(vvvv)&15<<3|4|o.pp,
		z<<7|ll<<5|bc<<4|^byte(vvvv)>>4&1<<3|k, o.op)
	if m == nil {
		a.bytes(0xC0 | byte(reg)&7<<3 | byte(rm)&7)
	} else {
		a.modrm(byte(reg), *m, scale)
	}
}
