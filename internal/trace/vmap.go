package trace

// VMap calls f once for n examples: the arguments for which mapped is true have
// an axis of length n in front, of which f sees one element. It returns outputs
// and for each whether it has that axis too; one that does not is the same for
// all examples.
func VMap(f Func, n int, x []Value, mapped []bool) (y []Value, outMapped []bool, err error) {
	m := &vmap{level: newLevel("VMap"), n: n}
	m.level.rules = m
	defer m.level.end()
	in := make([]Value, len(x))
	for i, v := range x {
		in[i] = v
		if mapped[i] {
			in[i] = &batched{m.level, v}
		}
	}
	out, err := f(in)
	if err != nil {
		return nil, nil, err
	}
	outMapped = make([]bool, len(out))
	for i, v := range out {
		if b, ok := v.(*batched); ok && b.level == m.level {
			out[i], outMapped[i] = b.val, true
		}
	}
	return out, outMapped, nil
}

type vmap struct {
	level *Level
	n     int
}

// batched is a value with one element for each example along its first axis.
type batched struct {
	level *Level
	val   Value
}

func (b *batched) Shape() []int   { return b.val.Shape()[1:] }
func (b *batched) Level() *Level  { return b.level }
func (b *batched) Inner() []Value { return []Value{b.val} }

func (m *vmap) split(args []Value) (x []Value, mapped []bool) {
	x, mapped = make([]Value, len(args)), make([]bool, len(args))
	for i, a := range args {
		x[i] = a
		if b, ok := a.(*batched); ok && b.level == m.level {
			x[i], mapped[i] = b.val, true
		}
	}
	return x, mapped
}

func (m *vmap) apply(p Primitive, args []Value) (Value, error) {
	x, mapped := m.split(args)
	y, err := p.Batch(m.n, x, mapped)
	if err != nil {
		return nil, err
	}
	return &batched{m.level, y}, nil
}

// checkpoint checkpoints the batched function at the levels below.
func (m *vmap) checkpoint(f Func, args []Value) ([]Value, error) {
	x, mapped := m.split(args)
	var outMapped []bool
	out, err := Checkpoint(func(x []Value) ([]Value, error) {
		y, om, err := VMap(f, m.n, x, mapped)
		outMapped = om // the same each time
		return y, err
	}, x)
	if err != nil {
		return nil, err
	}
	for i, y := range out {
		if outMapped[i] {
			out[i] = &batched{m.level, y}
		}
	}
	return out, nil
}
