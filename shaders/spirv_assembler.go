package shaders

import (
	"fmt"
	"math"
	"slices"
)

// id names a type, constant, variable or value of a SPIR-V module.
type id = uint32

// assembler is a SPIR-V module in the making, with one entry point: a compute kernel.
// Types, constants and variables are put once, however often they are asked for.
type assembler struct {
	last                                id
	names, decorations, globals, body   []uint32
	capabilities, modes, interfaceIDs   []uint32
	memo                                map[string]id
	void, boolean, word, real, function id
	realBytes                           int
}

// Instructions and enumerants, by the numbers of the SPIR-V specification, 1.0.
const (
	opName, opMemberName                                      = 5, 6
	opMemoryModel, opEntryPoint, opExecutionMode              = 14, 15, 16
	opCapability                                              = 17
	opTypeVoid, opTypeBool, opTypeInt, opTypeFloat            = 19, 20, 21, 22
	opTypeVector, opTypeRuntimeArray, opTypeStruct            = 23, 29, 30
	opTypePointer, opTypeFunction                             = 32, 33
	opConstant, opSpecConstant, opSpecConstantComposite       = 43, 50, 51
	opFunction, opFunctionEnd, opVariable                     = 54, 56, 59
	opLoad, opStore, opAccessChain                            = 61, 62, 65
	opDecorate, opMemberDecorate, opCompositeExtract          = 71, 72, 81
	opFNegate, opIAdd, opFAdd, opISub, opFSub, opIMul, opFMul = 127, 128, 129, 130, 131, 132, 133
	opUDiv, opUMod                                            = 134, 137
	opLogicalOr, opLogicalAnd                                 = 166, 167
	opSelect, opIEqual                                        = 169, 170
	opUGreaterThanEqual, opULessThan                          = 174, 176
	opBitwiseAnd, opAtomicUMax                                = 199, 239
	opPhi, opLoopMerge, opSelectionMerge, opLabel             = 245, 246, 247, 248
	opBranch, opBranchConditional, opReturn                   = 249, 250, 253

	classInput, classUniform, classPushConstant = 1, 2, 9

	decorSpecID, decorBlock, decorBufferBlock, decorArrayStride = 1, 2, 3, 6
	decorBuiltIn, decorRestrict, decorNonWritable               = 11, 19, 24
	decorBinding, decorSet, decorOffset                         = 33, 34, 35

	builtInWorkgroupSize, builtInGlobalID = 25, 28
)

func newAssembler(t Type) *assembler {
	m := &assembler{memo: map[string]id{}, realBytes: int(t)}
	m.capabilities = instruction(opCapability, 1) // Shader
	if t == Float64 {
		m.capabilities = append(m.capabilities, instruction(opCapability, 10)...)
	}
	m.void = m.global(opTypeVoid)
	m.boolean = m.global(opTypeBool)
	m.word = m.global(opTypeInt, 32, 0)
	m.real = m.global(opTypeFloat, uint32(8*m.realBytes))
	m.function = m.global(opTypeFunction, m.void)
	return m
}

// instruction encodes an instruction.
func instruction(op uint32, operands ...uint32) []uint32 {
	return append([]uint32{uint32(len(operands)+1)<<16 | op}, operands...)
}

// spirvString encodes a string.
func spirvString(s string) []uint32 {
	w := make([]uint32, len(s)/4+1)
	for i := range len(s) {
		w[i/4] |= uint32(s[i]) << (8 * (i % 4))
	}
	return w
}

func (m *assembler) newID() id { m.last++; return m.last }

// global returns a type, whose instruction begins with its own id.
func (m *assembler) global(op uint32, operands ...uint32) id {
	return m.once(fmt.Sprint(op, operands), func(out id) {
		m.globals = append(m.globals, instruction(op, slices.Concat([]uint32{out}, operands)...)...)
	})
}

// once returns what was made under a key before, or makes it.
func (m *assembler) once(key string, build func(id)) id {
	if old, ok := m.memo[key]; ok {
		return old
	}
	out := m.newID()
	m.memo[key] = out
	build(out)
	return out
}

// constant returns a constant of a type, of one or two words.
func (m *assembler) constant(kind id, words ...uint32) id {
	return m.once(fmt.Sprint("constant", kind, words), func(out id) {
		m.globals = append(m.globals, instruction(opConstant, slices.Concat([]uint32{kind, out}, words)...)...)
	})
}

// number returns a floating-point constant.
func (m *assembler) number(x float64) id {
	if m.realBytes == 4 {
		return m.constant(m.real, math.Float32bits(float32(x)))
	}
	b := math.Float64bits(x)
	return m.constant(m.real, uint32(b), uint32(b>>32))
}

// integer returns an unsigned constant.
func (m *assembler) integer(n uint32) id { return m.constant(m.word, n) }

// special returns specialization constant number n, 1 unless the run says otherwise.
func (m *assembler) special(n uint32, name string) id {
	return m.once(fmt.Sprint("special", n), func(out id) {
		m.globals = append(m.globals, instruction(opSpecConstant, m.word, out, 1)...)
		m.decorate(out, decorSpecID, n)
		m.name(out, name)
	})
}

func (m *assembler) decorate(of id, decoration uint32, operands ...uint32) {
	m.decorations = append(m.decorations, instruction(opDecorate, slices.Concat([]uint32{of, decoration}, operands)...)...)
}

func (m *assembler) decorateMember(of id, member, decoration uint32, operands ...uint32) {
	m.decorations = append(m.decorations, instruction(opMemberDecorate, slices.Concat([]uint32{of, member, decoration}, operands)...)...)
}

func (m *assembler) name(of id, s string) {
	m.names = append(m.names, instruction(opName, slices.Concat([]uint32{of}, spirvString(s))...)...)
}

// variable returns a global variable that points to a type.
func (m *assembler) variable(key string, class, kind id) id {
	return m.once("variable "+key, func(out id) {
		pointer := m.global(opTypePointer, class, kind)
		m.globals = append(m.globals, instruction(opVariable, pointer, out, class)...)
		m.name(out, key)
	})
}

// buffer returns a storage buffer, an array of words or of reals.
func (m *assembler) buffer(binding int, name string, kind id, readOnly bool) id {
	stride := uint32(4)
	if kind == m.real {
		stride = uint32(m.realBytes)
	}
	array := m.once(fmt.Sprint("array", kind), func(out id) {
		m.globals = append(m.globals, instruction(opTypeRuntimeArray, out, kind)...)
		m.decorate(out, decorArrayStride, stride)
	})
	block := m.once(fmt.Sprint("block", kind, readOnly), func(out id) {
		m.globals = append(m.globals, instruction(opTypeStruct, out, array)...)
		m.decorate(out, decorBufferBlock)
		m.decorateMember(out, 0, decorOffset, 0)
		if readOnly {
			m.decorateMember(out, 0, decorNonWritable)
		}
	})
	v := m.variable(name, classUniform, block)
	m.decorate(v, decorSet, 0)
	m.decorate(v, decorBinding, uint32(binding))
	m.decorate(v, decorRestrict)
	return v
}

// pushConstants returns the block of push constants, one word each.
func (m *assembler) pushConstants(names ...string) id {
	members := make([]uint32, len(names))
	for i := range members {
		members[i] = m.word
	}
	block := m.global(opTypeStruct, members...)
	m.decorate(block, decorBlock)
	for i, n := range names {
		m.decorateMember(block, uint32(i), decorOffset, uint32(4*i))
		m.names = append(m.names, instruction(opMemberName, slices.Concat([]uint32{block, uint32(i)}, spirvString(n))...)...)
	}
	return m.variable("args", classPushConstant, block)
}

// do appends an instruction without a value to the kernel's body.
func (m *assembler) do(op uint32, operands ...uint32) {
	m.body = append(m.body, instruction(op, operands...)...)
}

// value appends an instruction that has one.
func (m *assembler) value(op, kind uint32, operands ...uint32) id {
	out := m.newID()
	m.do(op, slices.Concat([]uint32{kind, out}, operands)...)
	return out
}

// element returns a pointer to an element of a buffer.
func (m *assembler) element(buffer, kind, index id) id {
	return m.value(opAccessChain, m.global(opTypePointer, classUniform, kind), buffer, m.integer(0), index)
}

// load reads an element of a buffer.
func (m *assembler) load(buffer, kind, index id) id {
	return m.value(opLoad, kind, m.element(buffer, kind, index))
}

// argument reads a push constant.
func (m *assembler) argument(args id, n int) id {
	p := m.value(opAccessChain, m.global(opTypePointer, classPushConstant, m.word), args, m.integer(uint32(n)))
	return m.value(opLoad, m.word, p)
}

// Integer arithmetic.
func (m *assembler) add(a, b id) id  { return m.value(opIAdd, m.word, a, b) }
func (m *assembler) mul(a, b id) id  { return m.value(opIMul, m.word, a, b) }
func (m *assembler) less(a, b id) id { return m.value(opULessThan, m.boolean, a, b) }

// position returns the coordinates of the work item; the workgroup's shape is
// specialization constants 0, 1 and 2.
func (m *assembler) position() [3]id {
	v3 := m.global(opTypeVector, m.word, 3)
	shape := []uint32{v3, 0, m.special(0, "local_x"), m.special(1, "local_y"), m.special(2, "local_z")}
	shape[1] = m.newID()
	m.globals = append(m.globals, instruction(opSpecConstantComposite, shape...)...)
	m.decorate(shape[1], decorBuiltIn, builtInWorkgroupSize)
	at := m.variable("position", classInput, v3)
	m.decorate(at, decorBuiltIn, builtInGlobalID)
	m.interfaceIDs = append(m.interfaceIDs, at)
	all := m.value(opLoad, v3, at)
	var out [3]id
	for i := range out {
		out[i] = m.value(opCompositeExtract, m.word, all, uint32(i))
	}
	return out
}

// when runs body where a condition holds.
func (m *assembler) when(condition id, body func()) {
	inside, after := m.newID(), m.newID()
	m.do(opSelectionMerge, after, 0)
	m.do(opBranchConditional, condition, inside, after)
	m.do(opLabel, inside)
	body()
	m.do(opBranch, after)
	m.do(opLabel, after)
}

// sum runs a loop k = from, ..., to-1 and returns the sum of what body gives.
func (m *assembler) sum(from, to id, body func(k id) id) id {
	return m.fold(from, to, m.real, m.number(0), func(k, total id) id {
		return m.value(opFAdd, m.real, total, body(k))
	})
}

// fold runs a loop k = from, ..., to-1 in which a value of a type, start at first,
// becomes what body makes of it, and returns that of the end.
func (m *assembler) fold(from, to, kind, start id, body func(k, value id) id) id {
	before, head, test, inside, next, after := m.newID(), m.newID(), m.newID(), m.newID(), m.newID(), m.newID()
	k, value, nextK := m.newID(), m.newID(), m.newID()
	m.do(opBranch, before)
	m.do(opLabel, before)
	m.do(opBranch, head)
	m.do(opLabel, head)
	m.do(opPhi, m.word, k, from, before, nextK, next)
	phi, made := len(m.body), 5
	m.do(opPhi, kind, value, start, before, 0, next)
	m.do(opLoopMerge, after, next, 0)
	m.do(opBranch, test)
	m.do(opLabel, test)
	m.do(opBranchConditional, m.less(k, to), inside, after)
	m.do(opLabel, inside)
	m.body[phi+made] = body(k, value)
	m.do(opBranch, next)
	m.do(opLabel, next)
	m.do(opIAdd, m.word, nextK, k, m.integer(1))
	m.do(opBranch, head)
	m.do(opLabel, after)
	return value
}

// words wraps the body, which build appends, in function main and returns the module.
func (m *assembler) words(build func()) []uint32 {
	main, label := m.newID(), m.newID()
	m.do(opFunction, m.void, main, 0, m.function)
	m.do(opLabel, label)
	build()
	m.do(opReturn)
	m.do(opFunctionEnd)
	entry := slices.Concat([]uint32{5, main}, spirvString("main"), m.interfaceIDs) // GLCompute
	m.modes = instruction(opExecutionMode, main, 17, 1, 1, 1)                      // LocalSize, unless WorkgroupSize says otherwise
	const magic, version1 = 0x07230203, 0x00010000
	return slices.Concat(
		[]uint32{magic, version1, 0, m.last + 1, 0},
		m.capabilities,
		instruction(opMemoryModel, 0, 1), // logical addresses, GLSL450
		instruction(opEntryPoint, entry...),
		m.modes, m.names, m.decorations, m.globals, m.body)
}
