package trace

// JVP calls f at x and returns its outputs and their tangents in the direction
// dx. A nil tangent, in or out, is zero.
func JVP(f Func, x, dx []Value) (y, dy []Value, err error) {
	j := &jvp{level: newLevel("JVP")}
	j.level.rules = j
	defer j.level.end()
	in := make([]Value, len(x))
	for i := range x {
		in[i] = j.box(x[i], dx[i])
	}
	out, err := f(in)
	if err != nil {
		return nil, nil, err
	}
	y, dy = make([]Value, len(out)), make([]Value, len(out))
	for i, o := range out {
		y[i], dy[i] = j.split(o)
	}
	return y, dy, nil
}

type jvp struct{ level *Level }

// dual is a value with its tangent, which is not nil.
type dual struct {
	level           *Level
	primal, tangent Value
}

func (d *dual) Shape() []int   { return d.primal.Shape() }
func (d *dual) Level() *Level  { return d.level }
func (d *dual) Inner() []Value { return []Value{d.primal, d.tangent} }

func (j *jvp) box(x, dx Value) Value {
	if dx == nil {
		return x
	}
	return &dual{j.level, x, dx}
}

func (j *jvp) split(v Value) (x, dx Value) {
	if d, ok := v.(*dual); ok && d.level == j.level {
		return d.primal, d.tangent
	}
	return v, nil
}

func (j *jvp) apply(p Primitive, args []Value) (Value, error) {
	n := len(args)
	both := make([]Value, 2*n)
	x, dx := both[:n:n], both[n:]
	for i, a := range args {
		x[i], dx[i] = j.split(a)
	}
	y, err := Bind(p, x...)
	if err != nil {
		return nil, err
	}
	dy, err := p.JVP(x, dx)
	if err != nil {
		return nil, err
	}
	return j.box(y, dy), nil
}

// checkpoint checkpoints the function (x, dx) -> (y, dy), at the levels below.
func (j *jvp) checkpoint(f Func, args []Value) ([]Value, error) {
	n := len(args)
	in := make([]Value, n)
	var active []int // arguments with a tangent
	for i, a := range args {
		x, dx := j.split(a)
		in[i] = x
		if dx != nil {
			active = append(active, i)
			in = append(in, dx)
		}
	}
	out, err := Checkpoint(func(in []Value) ([]Value, error) {
		dx := make([]Value, n)
		for k, i := range active {
			dx[i] = in[n+k]
		}
		y, dy, err := JVP(f, in[:n], dx)
		return append(y, dy...), err
	}, in)
	if err != nil {
		return nil, err
	}
	m := len(out) / 2
	boxed := make([]Value, m)
	for i := range boxed {
		boxed[i] = j.box(out[i], out[m+i])
	}
	return boxed, nil
}
