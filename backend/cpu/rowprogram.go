package cpu

import (
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/internal/rows"
	"github.com/d52adeda/wave/stencil"
)

// rowProgram is the portable row kernel: instructions over whole stretches of a
// row, interpreted, each a simple loop.
type rowProgram[T array.Float] struct {
	ins     []instr[T]
	regs    int
	scalars []scalarOp[T] // computed once a row, or (those marked) once for all
	consts  []T           // initial scalars
	mems    []memOperand
	last    int // the fastest dimension
}

// stretch is how many cells of a row an instruction handles at a time: registers
// of this length stay in the first-level cache.
const stretch = 512

type opcode uint8

const (
	opFill       opcode = iota // dst = s
	opCopy                     // dst = a
	opScale                    // dst = s*a
	opMul                      // dst = s*a*b
	opAdd                      // dst = a + b
	opAddScal                  // dst = a + s
	opAxpy                     // dst = a + s*b
	opAddMul                   // dst = a + s*b*c
	opDerivative               // dst = w0*a + sum w(p+p), or sum w(p-p)
)

// operand is a row of numbers: a register or memory.
type operand struct {
	mem   bool
	index int
}

type instr[T array.Float] struct {
	op      opcode
	dst     operand
	a, b, c operand
	s       int // scalar, by number
	pairs   []operand
	d       rows.Derivative[T]
}

// memOperand is a row of a buffer, shifted by off.
type memOperand struct {
	slot int
	off  stencil.Offset
	f    *stencil.Field
}

// scalarOp computes scalars[dst], the same for a whole row.
type scalarOp[T array.Float] struct {
	kind stencil.OpKind
	dst  int
	load memOperand
	args []int
	w    []T
}

func (p *rowProgram[T]) need() need {
	return need{regs: p.regs * stretch, scalars: len(p.consts), mems: len(p.mems)}
}

func (p *rowProgram[T]) work() int { return len(p.ins) }

func (p *rowProgram[T]) bind(m *memory[T], shot int, r *stencil.Region) (runner[T], error) {
	b := &placedRows[T]{rowProgram: p, m: m}
	for _, o := range p.mems {
		s := m.strides[o.slot]
		start := m.begin(o.slot, o.f, shot, r, r.Lo)
		for d := range s {
			start += s[d] * (o.off[d] - r.Lo[d])
		}
		b.origin, b.strides = append(b.origin, start), append(b.strides, s)
	}
	return b, nil
}

// placedRows is a row program in its place.
type placedRows[T array.Float] struct {
	*rowProgram[T]
	m       *memory[T]
	origin  []int // where cell 0, 0, 0 would be of what each operand in memory reads
	strides [][3]int
}

func (p *placedRows[T]) run(lo, hi [3]int, scratch *scratch[T]) {
	at := lo
	rows := 1
	for d := range p.last {
		rows *= hi[d] - lo[d]
	}
	for row := range rows {
		for d := p.last - 1; d >= 0; d-- {
			n := hi[d] - lo[d]
			at[d] = lo[d] + row%n
			row /= n
		}
		p.row(at, hi[p.last]-lo[p.last], scratch)
	}
}

// row computes n cells from at on.
func (p *placedRows[T]) row(at [3]int, n int, scratch *scratch[T]) {
	copy(scratch.scalars, p.consts)
	for i := range p.scalars {
		p.scalars[i].run(p.m, at, scratch.scalars)
	}
	for i, s := range p.strides {
		scratch.starts[i] = p.origin[i] + s[0]*at[0] + s[1]*at[1] + s[2]*at[2]
	}
	for x := 0; x < n; x += stretch {
		for i := range p.ins {
			p.step(&p.ins[i], p.m, scratch, x, min(stretch, n-x))
		}
	}
}

func (s *scalarOp[T]) run(m *memory[T], at [3]int, scalars []T) {
	switch s.kind {
	case stencil.OpLoad:
		d := s.load.f.Dim
		scalars[s.dst] = m.buf[s.load.slot][at[d]+s.load.off[d]]
	case stencil.OpAdd:
		v := scalars[s.args[0]]
		for _, a := range s.args[1:] {
			v += scalars[a]
		}
		scalars[s.dst] = v
	case stencil.OpMul:
		v := scalars[s.args[0]]
		for _, a := range s.args[1:] {
			v *= scalars[a]
		}
		scalars[s.dst] = v
	case stencil.OpLinear:
		v := s.w[0] * scalars[s.args[0]]
		for k, a := range s.args[1:] {
			v += s.w[k+1] * scalars[a]
		}
		scalars[s.dst] = v
	}
}

// step runs one instruction on n cells that begin shift cells into the row.
func (p *rowProgram[T]) step(in *instr[T], m *memory[T], scratch *scratch[T], shift, n int) {
	row := func(o operand) []T {
		if o.mem {
			return m.buf[p.mems[o.index].slot][scratch.starts[o.index]+shift:][:n]
		}
		return scratch.regs[o.index*stretch:][:n]
	}
	scalars := scratch.scalars
	dst := row(in.dst)
	switch in.op {
	case opFill:
		rows.Fill(dst, scalars[in.s])
	case opCopy:
		copy(dst, row(in.a))
	case opScale:
		rows.Scale(dst, row(in.a), scalars[in.s])
	case opMul:
		rows.Mul(dst, row(in.a), row(in.b), scalars[in.s])
	case opAdd:
		rows.Add(dst, row(in.a), row(in.b))
	case opAddScal:
		rows.AddScalar(dst, row(in.a), scalars[in.s])
	case opAxpy:
		rows.Axpy(dst, row(in.a), row(in.b), scalars[in.s])
	case opAddMul:
		rows.AddMul(dst, row(in.a), row(in.b), row(in.c), scalars[in.s])
	case opDerivative:
		var centre []T
		if !in.d.Anti {
			centre = row(in.a)
		}
		var pairs [8][]T
		for i, o := range in.pairs {
			pairs[i] = row(o)
		}
		in.d.Apply(dst, centre, &pairs)
	}
}
