package shaders

// SPIRVPeak returns a kernel that raises the only word of binding 1 to the greatest
// upper word of a value of binding 0, without its sign. Item x looks at values x,
// x + items, x + 2 items, ...; push constants are the number of items, of values, and
// of rounds to see them all.
func SPIRVPeak(t Type) []uint32 {
	m := newAssembler(Float32) // it looks at bits: no arithmetic
	words := uint32(t) / 4
	magnitude := m.integer(0x7fffffff)
	values, peak := m.buffer(0, "values", m.word, true), m.buffer(1, "peak", m.word, false)
	block := m.pushConstants("items", "count", "rounds")
	most := func(op uint32, a, b id) id { // the greater or the less of two
		return m.value(opSelect, m.word, m.value(op, m.boolean, a, b), b, a)
	}
	return m.words(func() {
		at := m.position()
		items, last := m.argument(block, 0), m.value(opISub, m.word, m.argument(block, 1), m.integer(1))
		word := m.fold(m.integer(0), m.argument(block, 2), m.word, m.integer(0), func(k, peak id) id {
			index := most(opUGreaterThanEqual, m.add(m.mul(k, items), at[0]), last) // again the last one rather than beyond
			high := m.add(m.mul(index, m.integer(words)), m.integer(words-1))
			return most(opULessThan, peak, m.value(opBitwiseAnd, m.word, m.load(values, m.word, high), magnitude))
		})
		const device, relaxed = 1, 0
		place := m.element(peak, m.word, m.integer(0))
		m.value(opAtomicUMax, m.word, place, m.integer(device), m.integer(relaxed), word)
	})
}
