package trace

// Stages in reverse mode: the tape of a stage's function is taken once, as a
// template. A call then computes what the function returns and what the template's
// rules read of it; derivatives run the template on that.

// template is a tape without its values: those that rules read are put in later.
type template struct {
	entries   []templateEntry
	nodes     int
	inputs    []int   // nodes
	outputs   []int   // nodes; -1 where constant
	in, out   []Value // examples
	slots     int     // values that rules read,
	residuals []int   // of which these differ
	res       []Value
}

// templateEntry is an opEntry: its operands are residuals by number or, where that
// is negative, shapes.
type templateEntry struct {
	p      Primitive
	shapes []Value
	saved  []int
	from   []int // nodes; -1 where constant
	want   []bool
	to     int
}

// flat records f with all that is inside checkpoints and stages.
func flat(f Func, x []Value, active []bool) (*Tape, error) {
	return record(f, x, active, &Tape{inline: true, flat: true})
}

// saved calls visit with all values that rules of a flat tape read, in order.
func (t *Tape) saved(visit func(e *opEntry, i int)) {
	for _, e := range t.entries {
		e := e.(*opEntry)
		for i, a := range e.args {
			if _, no := a.(shapeOnly); !no {
				visit(e, i)
			}
		}
	}
}

// template returns the tape without its values.
func (t *Tape) template() *template {
	m := &template{}
	numbers := map[*tapeNode]int{}
	number := func(n *tapeNode) int {
		if n == nil {
			return -1
		}
		k, ok := numbers[n]
		if !ok {
			k = len(numbers)
			numbers[n] = k
		}
		return k
	}
	for _, n := range t.inputs {
		m.inputs = append(m.inputs, number(n))
	}
	residual := map[Value]int{}
	for _, e := range t.entries {
		e := e.(*opEntry)
		te := templateEntry{p: e.p, want: e.want, to: number(e.to)}
		for i, a := range e.args {
			te.from = append(te.from, number(e.from[i]))
			k := -1
			if s, no := a.(shapeOnly); no {
				te.shapes = append(te.shapes, s)
			} else {
				var ok bool
				if k, ok = residual[a]; !ok {
					k = len(m.residuals)
					residual[a] = k
					m.residuals = append(m.residuals, m.slots)
					m.res = append(m.res, arithmetic.Example(a, a.Shape()))
				}
				m.slots++
				te.shapes = append(te.shapes, nil)
			}
			te.saved = append(te.saved, k)
		}
		m.entries = append(m.entries, te)
	}
	for _, v := range t.outputs {
		m.outputs = append(m.outputs, number(t.node(v)))
	}
	m.nodes = len(numbers)
	return m
}

// read returns what a flat tape of the same function has saved.
func (m *template) read(t *Tape) ([]Value, error) {
	var all, out []Value
	t.saved(func(e *opEntry, i int) { all = append(all, e.args[i]) })
	if len(all) != m.slots {
		return nil, errStructure
	}
	for _, k := range m.residuals {
		out = append(out, all[k])
	}
	return out, nil
}

// with returns the tape with these values.
func (m *template) with(res []Value) *Tape {
	t := &Tape{level: newLevel("reverse mode")}
	t.end()
	nodes := make([]tapeNode, m.nodes)
	node := func(k int) *tapeNode {
		if k < 0 {
			return nil
		}
		return &nodes[k]
	}
	for _, k := range m.inputs {
		t.inputs = append(t.inputs, node(k))
	}
	for _, te := range m.entries {
		e := &opEntry{p: te.p, to: node(te.to)}
		e.want = te.want
		for i, k := range te.from {
			n := node(k)
			if n != nil {
				n.uses++
			}
			a := te.shapes[i]
			if te.saved[i] >= 0 {
				a = res[te.saved[i]]
			}
			e.from, e.args = append(e.from, n), append(e.args, a)
		}
		t.entries = append(t.entries, e)
	}
	for _, k := range m.outputs {
		var v Value
		if n := node(k); n != nil {
			n.uses++
			v = &tapeBox{t.level, nil, n}
		}
		t.outputs = append(t.outputs, v)
	}
	return t
}

// stageEntry is a call of a stage on the tape.
type stageEntry struct {
	from operands
	s    *Stage
	d    *derivation
	res  []Value
	to   []*tapeNode // nil where constant
}

func (t *Tape) stage(s *Stage, args []Value) ([]Value, error) {
	if t.flat || t.linear {
		return s.f(args)
	}
	o := t.unbox(args)
	d, err := s.derive("reverse", o.want, func(d *derivation, want []bool) error { return s.deriveTape(d, o.args, want) })
	if err != nil {
		return nil, err
	}
	out, err := d.stage.Call(o.args)
	if err != nil {
		return nil, err
	}
	m := len(d.out)
	o.args = nil // not needed any more
	e := &stageEntry{o, s, d, out[m:], make([]*tapeNode, m)}
	if arithmetic.Pin != nil {
		for _, v := range e.res {
			arithmetic.Pin(v)
		}
	}
	for i, active := range d.out {
		if active {
			e.to[i] = &tapeNode{}
			out[i] = &tapeBox{t.level, out[i], e.to[i]}
		}
	}
	return out[:m:m], t.append(e, o.from)
}

func (s *Stage) deriveTape(d *derivation, x []Value, want []bool) (err error) {
	x = examples(x)
	d.in, d.out, err = closed(want, s.fed, func(in []bool) ([]bool, error) {
		t, err := flat(s.f, x, in)
		if err != nil {
			return nil, err
		}
		d.tape = t.template()
		d.tape.in, d.tape.out = x, examples(t.Values())
		out := make([]bool, len(t.outputs))
		for i, n := range d.tape.outputs {
			out[i] = n >= 0
		}
		return out, nil
	})
	if err != nil {
		return err
	}
	d.stage = NewStage(func(x []Value) ([]Value, error) {
		t, err := flat(s.f, x, d.in)
		if err != nil {
			return nil, err
		}
		res, err := d.tape.read(t)
		return append(t.Values(), res...), err
	}, 0)
	d.stage.feeds = s.feeds
	return nil
}

func (e *stageEntry) clear() {
	for _, n := range e.to {
		if n != nil {
			n.diff = nil
		}
	}
}

func (e *stageEntry) forward() error {
	dx, some := e.from.tangents()
	for _, n := range e.to {
		if n != nil {
			n.left = n.uses
		}
	}
	if !some {
		return nil
	}
	m := e.d.tape
	p, err := e.s.derive(maskKey("push", e.d.in), present(dx), func(p *derivation, in []bool) error { return e.s.derivePush(p, m, in) })
	if err != nil {
		return err
	}
	dy, err := p.stage.Call(append(e.res[:len(e.res):len(e.res)], masked(dx, m.in, p.in)...))
	if err != nil {
		return err
	}
	for i, v := range spread(dy, p.out) {
		if n := e.to[i]; n != nil {
			n.diff = v
		}
	}
	return nil
}

// derivePush makes the stage (residuals, tangents) -> tangents.
func (s *Stage) derivePush(p *derivation, m *template, dx []bool) (err error) {
	push := func(res, dx []Value) ([]Value, error) { return m.with(res).Push(dx) }
	p.in, p.out, err = closed(dx, s.fed, func(in []bool) ([]bool, error) {
		dy, err := push(m.res, spread(masked(make([]Value, len(in)), m.in, in), in))
		return present(dy), err
	})
	if err != nil {
		return err
	}
	k := len(m.residuals)
	p.stage = NewStage(func(args []Value) ([]Value, error) {
		dy, err := push(args[:k], spread(args[k:], p.in))
		if err != nil {
			return nil, err
		}
		return masked(dy, m.out, p.out), same(present(dy), p.out)
	}, 0)
	for i, o := range p.out {
		if o {
			p.stage.feeds = append(p.stage.feeds, s.tangent(i, k, p.in))
		}
	}
	return nil
}

// Cotangents of arguments that are not carried gather over many calls: the backward
// stage is given what there is and returns the sum.
func (e *stageEntry) backward() error {
	ct := make([]Value, len(e.to))
	some := false
	for i, n := range e.to {
		if n != nil && n.diff != nil {
			var err error
			if ct[i], err = settle(n.diff); err != nil {
				return err
			}
			some = true
		}
	}
	if !some {
		return nil
	}
	e.clear()
	m := e.d.tape
	p, err := e.s.derive(maskKey("pull", e.d.in), present(ct), func(p *derivation, in []bool) error { return e.s.derivePull(p, e.d, in) })
	if err != nil {
		return err
	}
	gathers := e.s.gathers(p.out)
	gathered := make([]Value, len(p.out))
	for i, n := range e.from.from {
		if gathers[i] && n != nil && n.diff != nil {
			if gathered[i], err = settle(n.diff); err != nil {
				return err
			}
			n.diff = nil
		}
	}
	args := append(e.res[:len(e.res):len(e.res)], masked(ct, m.out, p.in)...)
	args = append(args, masked(gathered, m.in, gathers)...)
	cts, err := p.stage.Call(args)
	if err != nil {
		return err
	}
	return e.from.addCotangents(spread(cts, p.out))
}

// gathers says which of the arguments with a cotangent are not fed by an output.
func (s *Stage) gathers(out []bool) []bool {
	g := make([]bool, len(out))
	for a, o := range out {
		g[a] = o && s.feeder(a) < 0
	}
	return g
}

// derivePull makes the stage (residuals, cotangents, what is gathered) ->
// cotangents. p.in are outputs of s, p.out arguments.
func (s *Stage) derivePull(p *derivation, d *derivation, ct []bool) (err error) {
	m := d.tape
	pull := func(res, ct []Value) ([]Value, error) {
		cts, err := m.with(res).Pull(ct)
		for i, want := range d.in {
			if err == nil && !want {
				cts[i] = nil
			}
		}
		return cts, err
	}
	var out []bool
	before := func(a int) int { // the output whose cotangent that of argument a is, a call before
		if i := s.feeder(a); i >= 0 && d.out[i] {
			return i
		}
		return -1
	}
	p.in, _, err = closed(ct, before, func(in []bool) ([]bool, error) {
		cts, err := pull(m.res, spread(masked(make([]Value, len(in)), m.out, in), in))
		out = present(cts)
		return out, err
	})
	if err != nil {
		return err
	}
	p.out = out
	k := len(m.residuals)
	n := k + rank(p.in, len(p.in))
	gathers := s.gathers(p.out)
	p.stage = NewStage(func(args []Value) ([]Value, error) {
		cts, err := pull(args[:k], spread(args[k:n], p.in))
		if err != nil {
			return nil, err
		}
		if err := same(present(cts), p.out); err != nil {
			return nil, err
		}
		for i, g := range spread(args[n:], gathers) {
			if cts[i], err = sum(g, cts[i]); err != nil {
				return nil, err
			}
			if cts[i], err = settle(cts[i]); err != nil {
				return nil, err
			}
		}
		return masked(cts, m.in, p.out), nil
	}, 0)
	for a, o := range p.out {
		switch i := before(a); {
		case !o:
		case gathers[a]:
			p.stage.feeds = append(p.stage.feeds, n+rank(gathers, a))
		case i >= 0:
			p.stage.feeds = append(p.stage.feeds, k+rank(p.in, i))
		default:
			p.stage.feeds = append(p.stage.feeds, -1)
		}
	}
	return nil
}
