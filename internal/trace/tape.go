package trace

import (
	"fmt"
	"slices"
	"sync"
)

// Tape is a function's run, recorded: it can be differentiated in either
// direction, any number of times, without running the function again (but for
// what Checkpoint left out). Several goroutines may record on it; then it belongs
// to one at a time.
type Tape struct {
	mu      sync.Mutex // of entries and uses while recording
	level   *Level
	inputs  []*tapeNode
	outputs []Value // as the function returned them
	entries []entry
	inline  bool // record what is inside checkpoints
	linear  bool // refuse what is not linear
	flat    bool // record what is inside stages
}

// tapeNode stands for a recorded value: it is where derivatives gather.
type tapeNode struct {
	diff Value // tangent or cotangent; nil is zero
	uses int   // entries that read it, and outputs
	left int   // of these, in a forward pass
}

// take returns the tangent for one of its uses, and lets go of it at the last.
func (n *tapeNode) take() Value {
	d := n.diff
	if n.left--; n.left == 0 {
		n.diff = nil
	}
	return d
}

// tapeBox is a value on the tape.
type tapeBox struct {
	level *Level
	val   Value
	node  *tapeNode
}

func (b *tapeBox) Shape() []int   { return b.val.Shape() }
func (b *tapeBox) Level() *Level  { return b.level }
func (b *tapeBox) Inner() []Value { return []Value{b.val} }

// entry is a step of the tape.
type entry interface {
	forward() error  // tangents of the result from those of the arguments
	backward() error // adds to cotangents of arguments from those of the result
	clear()
}

// Record calls f at x with the arguments for which active is true on a tape.
func Record(f Func, x []Value, active []bool) (*Tape, error) { return record(f, x, active, &Tape{}) }

// RecordAll is Record without the savings of Checkpoint: nothing is run again.
func RecordAll(f Func, x []Value, active []bool) (*Tape, error) {
	return record(f, x, active, &Tape{inline: true})
}

// RecordLinear is Record for a function that must be linear.
func RecordLinear(f Func, x []Value, active []bool) (*Tape, error) {
	return record(f, x, active, &Tape{linear: true, inline: true})
}

func record(f Func, x []Value, active []bool, t *Tape) (*Tape, error) {
	t.level = newLevel("reverse mode")
	t.level.rules = t
	defer t.end()
	in := make([]Value, len(x))
	for i, v := range x {
		in[i] = v
		node := &tapeNode{}
		t.inputs = append(t.inputs, node)
		if active[i] {
			in[i] = &tapeBox{t.level, v, node}
		}
	}
	out, err := f(in)
	if err != nil {
		return nil, err
	}
	t.end()
	t.outputs = out
	for _, v := range out {
		if n := t.node(v); n != nil {
			n.uses++
		}
	}
	return t, nil
}

// end ends the recording; goroutines that f has left behind get ErrEscaped.
func (t *Tape) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.level.end()
}

// append puts an entry, which reads values at nodes, on the tape.
func (t *Tape) append(e entry, from []*tapeNode) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.level.done.Load() {
		return fmt.Errorf("%w (%s)", ErrEscaped, t.level.name)
	}
	for _, n := range from {
		if n != nil {
			n.uses++
		}
	}
	t.entries = append(t.entries, e)
	return nil
}

// node returns v's node on this tape; nil if it is constant here.
func (t *Tape) node(v Value) *tapeNode {
	if b, ok := v.(*tapeBox); ok && b.level == t.level {
		return b.node
	}
	return nil
}

// Values returns the function's outputs.
func (t *Tape) Values() []Value {
	out := make([]Value, len(t.outputs))
	for i, v := range t.outputs {
		out[i] = v
		if t.node(v) != nil {
			out[i] = v.(*tapeBox).val
		}
	}
	return out
}

// Pull returns the cotangents of the inputs, given those of the outputs; nil is
// zero.
func (t *Tape) Pull(ct []Value) ([]Value, error) {
	t.clear()
	for i, v := range t.outputs {
		if n := t.node(v); n != nil && ct[i] != nil {
			if err := n.add(ct[i]); err != nil {
				return nil, err
			}
		}
	}
	for _, e := range slices.Backward(t.entries) {
		if err := e.backward(); err != nil {
			return nil, err
		}
	}
	in := make([]Value, len(t.inputs))
	for i, n := range t.inputs {
		var err error
		if in[i], err = settle(n.diff); err != nil {
			return nil, err
		}
	}
	t.clear()
	return in, nil
}

// Push returns the tangents of the outputs, given those of the inputs.
func (t *Tape) Push(dx []Value) ([]Value, error) {
	t.clear()
	for i, n := range t.inputs {
		n.diff, n.left = dx[i], n.uses
	}
	for _, e := range t.entries {
		if err := e.forward(); err != nil {
			return nil, err
		}
	}
	out := make([]Value, len(t.outputs))
	for i, v := range t.outputs {
		if n := t.node(v); n != nil {
			out[i] = n.take()
		}
	}
	t.clear()
	return out, nil
}

func (t *Tape) clear() {
	for _, n := range t.inputs {
		n.diff = nil
	}
	for _, e := range t.entries {
		e.clear()
	}
}

func (n *tapeNode) add(d Value) error {
	var err error
	n.diff, err = sum(n.diff, d)
	return err
}

// operands are the arguments of an entry.
type operands struct {
	args []Value     // unboxed
	from []*tapeNode // nil where constant
	want []bool      // where not
}

// unbox takes apart the arguments of what is to be recorded.
func (t *Tape) unbox(args []Value) operands {
	o := operands{make([]Value, len(args)), make([]*tapeNode, len(args)), make([]bool, len(args))}
	for i, a := range args {
		o.args[i] = a
		if n := t.node(a); n != nil {
			o.args[i], o.from[i], o.want[i] = a.(*tapeBox).val, n, true
		}
	}
	return o
}

// tangents takes the tangents of the arguments; false if all are zero.
func (o *operands) tangents() (dx []Value, some bool) {
	dx = make([]Value, len(o.from))
	for i, n := range o.from {
		if n != nil {
			dx[i] = n.take()
			some = some || dx[i] != nil
		}
	}
	return dx, some
}

// addCotangents adds to the cotangents of the arguments.
func (o *operands) addCotangents(cts []Value) error {
	for i, n := range o.from {
		if n != nil && cts[i] != nil {
			if err := n.add(cts[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// opEntry is a primitive on the tape. Of its arguments it keeps those that the
// rules read, of others the shapes.
type opEntry struct {
	operands
	p  Primitive
	to *tapeNode
}

// shapeOnly stands for a value that rules do not read.
type shapeOnly []int

func (s shapeOnly) Shape() []int { return s }

func (t *Tape) apply(p Primitive, args []Value) (Value, error) {
	e := &opEntry{operands: t.unbox(args), p: p, to: &tapeNode{}}
	y, err := Bind(p, e.args...)
	if err != nil {
		return nil, err
	}
	saves := p.Saves(e.want)
	for i, a := range e.args {
		if saves != nil && saves[i] {
			if t.linear && e.want[i] {
				return nil, fmt.Errorf("%s: %w", p.Name(), ErrNotLinear)
			}
			if arithmetic.Pin != nil {
				arithmetic.Pin(a)
			}
			continue
		}
		e.args[i] = shapeOnly(slices.Clone(a.Shape())) // a's own would keep its numbers
	}
	if err := t.append(e, e.from); err != nil {
		return nil, err
	}
	return &tapeBox{t.level, y, e.to}, nil
}

func (e *opEntry) clear() { e.to.diff = nil }

func (e *opEntry) forward() error {
	dx, some := e.tangents()
	e.to.left = e.to.uses
	if !some {
		return nil
	}
	var err error
	e.to.diff, err = e.p.JVP(e.args, dx)
	return err
}

func (e *opEntry) backward() error {
	ct := e.to.diff
	if ct == nil {
		return nil
	}
	e.to.diff = nil // all uses are behind: free it
	ct, err := settle(ct)
	if err != nil {
		return err
	}
	cts, err := e.p.VJP(e.args, ct, e.want)
	if err != nil {
		return err
	}
	return e.addCotangents(cts)
}

// checkpointEntry is a function on the tape, to be run again.
type checkpointEntry struct {
	operands
	f  Func
	to []*tapeNode // nil for outputs that are nil
}

func (t *Tape) checkpoint(f Func, args []Value) ([]Value, error) {
	if t.inline {
		return f(args)
	}
	e := &checkpointEntry{operands: t.unbox(args), f: f}
	out, err := Checkpoint(f, e.args)
	if err != nil {
		return nil, err
	}
	e.to = make([]*tapeNode, len(out))
	for i, y := range out {
		if y != nil {
			e.to[i] = &tapeNode{}
			out[i] = &tapeBox{t.level, y, e.to[i]}
		}
	}
	return out, t.append(e, e.from)
}

// pullScoped runs f again, recorded, and pulls ct back. The temporaries of both,
// most of what reverse mode allocates, are given back together, unless a lower
// level keeps what is done here.
func pullScoped(f Func, args []Value, want []bool, ct []Value) ([]Value, error) {
	var scope Scope
	if arithmetic.Scope != nil && !anyTaped(args) && !anyTaped(ct) {
		scope = arithmetic.Scope()
	}
	if scope == nil {
		t, err := Record(f, args, want)
		if err != nil {
			return nil, err
		}
		return t.Pull(ct)
	}
	end := scope.Abandon // if f fails or panics: who knows what holds on to temporaries
	defer func() { end() }()
	inside := func(vs []Value, move func(Value) (Value, error)) ([]Value, error) {
		out := make([]Value, len(vs))
		for i, v := range vs {
			if v == nil {
				continue
			}
			var err error
			if out[i], err = move(v); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	args, err := inside(args, scope.Enter)
	if err != nil {
		return nil, err
	}
	if ct, err = inside(ct, scope.Enter); err != nil {
		return nil, err
	}
	t, err := Record(f, args, want)
	if err != nil {
		return nil, err
	}
	cts, err := t.Pull(ct)
	if err != nil {
		return nil, err
	}
	if !anyTaped(t.Values()) && !anyTaped(cts) { // else, by a closure, a lower level's tape holds on to temporaries
		end = scope.End
	}
	return inside(cts, scope.Leave)
}

func anyTaped(vs []Value) bool {
	for _, v := range vs {
		if Taped(v) {
			return true
		}
	}
	return false
}

// settle makes a value of a gathered cotangent.
func settle(v Value) (Value, error) {
	if v == nil || arithmetic.Settle == nil {
		return v, nil
	}
	return arithmetic.Settle(v)
}

func (e *checkpointEntry) clear() {
	for _, n := range e.to {
		if n != nil {
			n.diff = nil
		}
	}
}

func (e *checkpointEntry) forward() error {
	dx, some := e.tangents()
	for _, n := range e.to {
		if n != nil {
			n.left = n.uses
		}
	}
	if !some {
		return nil
	}
	_, dy, err := JVP(e.f, e.args, dx)
	if err != nil {
		return err
	}
	for i, n := range e.to {
		if n != nil {
			n.diff = dy[i]
		}
	}
	return nil
}

func (e *checkpointEntry) backward() error {
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
	cts, err := pullScoped(e.f, e.args, e.want, ct)
	if err != nil {
		return err
	}
	return e.addCotangents(cts)
}
