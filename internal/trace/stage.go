package trace

import (
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Stage is a function that is called many times with arguments of the same
// structure (levels, shapes, element types) and computes the same operations each
// time, such as a step of a time loop. Under a transformation a call goes to a
// derived stage, the transformed function, which is kept. A stage all of whose
// arguments are plain is recorded as a list of primitives once and then run as a
// Program.
//
//	Call under JVP          the stage (x, dx) -> (y, dy)
//	     under VMap         the stage of the batched function
//	     in reverse mode    the stage x -> (y, what rules save), and backward the
//	                        stage (what was saved, cotangents) -> cotangents
//	     on plain values    the Program
//
// All that changes between calls must be an argument: what the function closes over
// is constant, and plain. Stages may be called by several goroutines.
type Stage struct {
	f Func
	// feeds says of each output which argument of a later call it is, or -1. If an
	// argument gets a tangent (or examples, or a cotangent) only later, it is given
	// a zero one at once, so that there is one derived stage and not one for each of
	// the first steps.
	feeds []int

	mu       sync.Mutex
	derived  map[string]*derivation
	programs []Program
}

// Program is a recorded function made ready to be run again.
type Program interface {
	// Fits reports whether the program was made for arguments like these.
	Fits(args []Value) bool
	Run(args []Value) ([]Value, error)
}

// derivation is what a stage becomes under a transformation, once the structure of
// its outputs is known.
type derivation struct {
	once    sync.Once
	err     error
	in, out []bool // arguments and outputs with a tangent, mapped or on the tape
	stage   *Stage
	tape    *template // in reverse mode
}

// NewStage makes a stage of f. Its first carry outputs are the first carry arguments
// of a later call.
func NewStage(f Func, carry int) *Stage {
	feeds := make([]int, carry)
	for i := range feeds {
		feeds[i] = i
	}
	return &Stage{f: f, feeds: feeds}
}

// fed returns the argument that output i feeds, or -1.
func (s *Stage) fed(i int) int {
	if i < len(s.feeds) {
		return s.feeds[i]
	}
	return -1
}

// feeder returns the output that feeds argument a, or -1.
func (s *Stage) feeder(a int) int { return slices.Index(s.feeds, a) }

// rank returns how many elements before i are true: where element i is among the true.
func rank(mask []bool, i int) int {
	n := 0
	for _, m := range mask[:i] {
		if m {
			n++
		}
	}
	return n
}

// Call computes the function at the highest level among args.
func (s *Stage) Call(args []Value) ([]Value, error) {
	l, err := top("Stage", args)
	if err != nil {
		return nil, err
	}
	if l != nil {
		return l.rules.stage(s, args)
	}
	p, err := s.program(args)
	if err != nil {
		return nil, err
	}
	return p.Run(args)
}

// program returns that for args, which are plain.
func (s *Stage) program(args []Value) (Program, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.programs {
		if p.Fits(args) {
			return p, nil
		}
	}
	r, err := newRecording(s.f, args)
	if err != nil {
		return nil, err
	}
	p, err := arithmetic.Compile(r)
	if err != nil {
		return nil, err
	}
	s.programs = append(s.programs, p)
	return p, nil
}

// derive returns what the transformation of that name makes of s; make is called
// once, to fill it in. What begins with different masks and comes to the same is one.
func (s *Stage) derive(name string, mask []bool, make func(d *derivation, mask []bool) error) (*derivation, error) {
	key := maskKey(name, mask)
	s.mu.Lock()
	if s.derived == nil {
		s.derived = map[string]*derivation{}
	}
	d := s.derived[key]
	if d == nil {
		d = &derivation{}
		s.derived[key] = d
	}
	s.mu.Unlock()
	d.once.Do(func() {
		d.err = errPanicked
		defer func() {
			if d.err == errPanicked { // the next call tries again
				s.mu.Lock()
				delete(s.derived, key)
				s.mu.Unlock()
			}
		}()
		d.err = make(d, mask)
	})
	if d.err == nil && !slices.Equal(d.in, mask) {
		return s.derive(name, d.in, make)
	}
	return d, d.err
}

// errPanicked is for those who waited for a stage's function that panicked.
var errPanicked = errors.New("trace: a staged function panicked")

// maskKey returns a string for a name and a mask.
func maskKey(name string, mask []bool) string {
	key := make([]byte, 0, 64)
	key = append(append(key, name...), ' ')
	for _, m := range mask {
		if m {
			key = append(key, '1')
		} else {
			key = append(key, '0')
		}
	}
	return string(key)
}

// closed returns the least mask that contains in and of which outputs says nothing
// new: output i of one call is what number feeds(i) means in the next.
func closed(in []bool, feeds func(i int) int, outputs func(in []bool) ([]bool, error)) (closed, out []bool, err error) {
	closed = append(closed, in...)
	for {
		if out, err = outputs(closed); err != nil {
			return nil, nil, err
		}
		more := false
		for i, o := range out {
			if to := feeds(i); o && to >= 0 && !closed[to] {
				closed[to], more = true, true
			}
		}
		if !more {
			return closed, out, nil
		}
	}
}

// examples returns plain values like vs: what a function does with them shows what
// depends on what.
func examples(vs []Value) []Value {
	out := make([]Value, len(vs))
	for i, v := range vs {
		out[i] = arithmetic.Example(v, v.Shape())
	}
	return out
}

// masked returns the elements for which mask is true, plain zeros like those of
// like instead of nil.
func masked(vs, like []Value, mask []bool) []Value {
	var out []Value
	for i, m := range mask {
		switch {
		case !m:
		case vs[i] == nil:
			out = append(out, arithmetic.Zero(like[i]))
		default:
			out = append(out, vs[i])
		}
	}
	return out
}

// spread is the reverse of masked: nil where mask is false.
func spread(vs []Value, mask []bool) []Value {
	out := make([]Value, len(mask))
	for i, m := range mask {
		if m {
			out[i], vs = vs[0], vs[1:]
		}
	}
	return out
}

// present says which values are not nil.
func present(vs []Value) []bool {
	out := make([]bool, len(vs))
	for i, v := range vs {
		out[i] = v != nil
	}
	return out
}

// errStructure: a stage's function did something else than it did before.
var errStructure = errors.New("trace: a staged function must compute the same operations each time")

// same checks that what came out has the structure that is known.
func same(got, want []bool) error {
	if len(got) != len(want) {
		return errStructure
	}
	for i := range got {
		if got[i] != want[i] {
			return errStructure
		}
	}
	return nil
}

func (j *jvp) stage(s *Stage, args []Value) ([]Value, error) {
	n := len(args)
	x, dx := make([]Value, n), make([]Value, n)
	for i, a := range args {
		x[i], dx[i] = j.split(a)
	}
	d, err := s.derive("JVP", present(dx), func(d *derivation, in []bool) error { return s.deriveJVP(d, x, in) })
	if err != nil {
		return nil, err
	}
	out, err := d.stage.Call(append(x, masked(dx, x, d.in)...))
	if err != nil {
		return nil, err
	}
	m := len(d.out)
	for i, dy := range spread(out[m:], d.out) {
		out[i] = j.box(out[i], dy)
	}
	return out[:m:m], nil
}

func (s *Stage) deriveJVP(d *derivation, x []Value, active []bool) (err error) {
	n := len(x)
	x = examples(x)
	d.in, d.out, err = closed(active, s.fed, func(in []bool) ([]bool, error) {
		_, dy, err := JVP(s.f, x, spread(masked(make([]Value, n), x, in), in))
		return present(dy), err
	})
	if err != nil {
		return err
	}
	d.stage = NewStage(func(in []Value) ([]Value, error) {
		y, dy, err := JVP(s.f, in[:n], spread(in[n:], d.in))
		if err != nil {
			return nil, err
		}
		return append(y, masked(dy, y, d.out)...), same(present(dy), d.out)
	}, 0)
	for i := range d.out {
		d.stage.feeds = append(d.stage.feeds, s.fed(i))
	}
	for i, o := range d.out {
		if o {
			d.stage.feeds = append(d.stage.feeds, s.tangent(i, n, d.in))
		}
	}
	return nil
}

// tangent returns the argument that the tangent of output i feeds, where tangents of
// those arguments for which in is true come after n others; or -1.
func (s *Stage) tangent(i, n int, in []bool) int {
	if a := s.fed(i); a >= 0 {
		return n + rank(in, a)
	}
	return -1
}

func (m *vmap) stage(s *Stage, args []Value) ([]Value, error) {
	x, mapped := m.split(args)
	d, err := s.derive(fmt.Sprint("VMap", m.n), mapped, func(d *derivation, in []bool) error { return s.deriveVMap(d, m.n, x, mapped, in) })
	if err != nil {
		return nil, err
	}
	for i := range x {
		if d.in[i] && !mapped[i] {
			if x[i], err = arithmetic.Repeat(m.n, x[i]); err != nil {
				return nil, err
			}
		}
	}
	out, err := d.stage.Call(x)
	if err != nil {
		return nil, err
	}
	for i, o := range d.out {
		if o {
			out[i] = &batched{m.level, out[i]}
		}
	}
	return out, nil
}

func (s *Stage) deriveVMap(d *derivation, n int, x []Value, mapped, in []bool) (err error) {
	d.in, d.out, err = closed(in, s.fed, func(in []bool) ([]bool, error) {
		ones := make([]Value, len(x)) // one example shows as much as n
		for i, v := range x {
			shape := v.Shape()
			if mapped[i] {
				shape = shape[1:]
			}
			if in[i] {
				shape = append([]int{1}, shape...)
			}
			ones[i] = arithmetic.Example(v, shape)
		}
		_, out, err := VMap(s.f, 1, ones, in)
		return out, err
	})
	if err != nil {
		return err
	}
	d.stage = NewStage(func(x []Value) ([]Value, error) {
		y, out, err := VMap(s.f, n, x, d.in)
		if err != nil {
			return nil, err
		}
		return y, same(out, d.out)
	}, 0)
	d.stage.feeds = s.feeds
	return nil
}
