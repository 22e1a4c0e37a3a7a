package shaders

// SPIRVFinite returns a kernel that sets the only word of binding 1 to 1 if one of the
// values of binding 0 is NaN or infinite. Items are in two dimensions, item (x, y)
// looks at value y*pitch + x; push constants are pitch and the number of values.
func SPIRVFinite(t Type) []uint32 {
	m := newAssembler(Float32) // it looks at bits: no arithmetic
	words := uint32(t) / 4
	exponent := m.integer(0x7f800000)
	if t == Float64 {
		exponent = m.integer(0x7ff00000)
	}
	values, flag := m.buffer(0, "values", m.word, true), m.buffer(1, "flag", m.word, false)
	block := m.pushConstants("pitch", "count")
	return m.words(func() {
		at := m.position()
		index := m.add(m.mul(at[1], m.argument(block, 0)), at[0])
		inside := m.value(opLogicalAnd, m.boolean, m.less(at[0], m.argument(block, 0)), m.less(index, m.argument(block, 1)))
		m.when(inside, func() {
			high := m.add(m.mul(index, m.integer(words)), m.integer(words-1))
			bits := m.value(opBitwiseAnd, m.word, m.load(values, m.word, high), exponent)
			m.when(m.value(opIEqual, m.boolean, bits, exponent), func() {
				const device, relaxed = 1, 0
				place := m.element(flag, m.word, m.integer(0))
				m.value(opAtomicOr, m.word, place, m.integer(device), m.integer(relaxed), m.integer(1))
			})
		})
	})
}
