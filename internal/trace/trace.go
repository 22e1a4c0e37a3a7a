// Package trace is the core of the functional layer: it dispatches array
// primitives and holds the transformations JVP, VMap and reverse mode.
//
// On plain values a primitive is computed. On values that a transformation in
// progress has boxed, the primitive's rule for that transformation runs instead.
// Dispatch is on data, not on a global stack: each transformation in progress is
// a Level with a number of its own, each boxed value says which Level it belongs
// to, and a primitive goes to the highest Level among its arguments, which
// unboxes its own values only and binds what it computes, so that lower levels
// see it. Goroutines therefore need no coordination, and closures over outer
// traced values work. (JAX's autodidax has the idea with a stack of interpreters.)
//
// A Stage is a function that is called often: it is recorded once on plain values,
// whatever the levels above, and so are the functions that they make of it.
//
// Package array provides the primitives and, through Use, the little arithmetic
// that the transformations need themselves. The package imports nothing else of
// this module.
package trace

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// Errors that callers may branch on.
var (
	// ErrEscaped: a boxed value whose transformation has returned was used.
	ErrEscaped = errors.New("a traced value was used after its transformation ended")
	// ErrNotLinear: a function that was to be transposed is not linear.
	ErrNotLinear = errors.New("the function is not linear")
	// ErrNoRule: a primitive cannot be transformed.
	ErrNoRule = errors.New("this operation has no rule for the transformation")
)

// Value is an array, plain or boxed. A nil Value stands for zero where a tangent
// or cotangent is expected.
type Value interface{ Shape() []int }

// Func is a function of values.
type Func func(args []Value) ([]Value, error)

// Primitive is an operation on arrays: the unit that transformations know rules
// for. Rules compute with primitives, so that they can be transformed in turn; a
// rule that there is none for returns ErrNoRule.
type Primitive interface {
	Name() string
	// Eval computes it on plain values.
	Eval(args []Value) (Value, error)
	// JVP returns the tangent at x in the direction dx, some of which are nil
	// (zero), but not all. It may return nil.
	JVP(x, dx []Value) (Value, error)
	// VJP returns the cotangents of the arguments for which want is true, given
	// that of the result; nil is zero.
	VJP(x []Value, ct Value, want []bool) ([]Value, error)
	// Batch computes it for n examples: the arguments for which mapped is true
	// have one more axis of length n in front, and so has the result.
	Batch(n int, x []Value, mapped []bool) (Value, error)
	// Saves says which arguments' values JVP and VJP read, when those for which
	// active is true vary; nil means none: they read shapes only. It tells linear
	// operations from others.
	Saves(active []bool) []bool
}

// Boxed is a value that belongs to a transformation in progress.
type Boxed interface {
	Value
	Level() *Level
	// Inner returns the values inside: those of a lower level, or plain ones.
	Inner() []Value
}

// rules says what a transformation does.
type rules interface {
	// apply computes p on args, of which at least one is boxed at this level.
	apply(p Primitive, args []Value) (Value, error)
	// checkpoint computes f on args likewise; see Checkpoint.
	checkpoint(f Func, args []Value) ([]Value, error)
	// stage calls s on args likewise; see Stage.
	stage(s *Stage, args []Value) ([]Value, error)
}

// Level is one transformation in progress. Several goroutines may use it.
type Level struct {
	id    uint64
	name  string
	rules rules
	done  atomic.Bool
}

var lastLevel atomic.Uint64

// newLevel starts a transformation; levels started later are higher.
func newLevel(name string) *Level { return &Level{id: lastLevel.Add(1), name: name} }

// end marks the transformation as over: its boxed values may not be used again.
func (l *Level) end() { l.done.Store(true) }

// top returns the highest level among args; nil if all are plain.
func top(name string, args []Value) (*Level, error) {
	var top *Level
	for _, a := range args {
		if b, ok := a.(Boxed); ok {
			l := b.Level()
			if l.done.Load() {
				return nil, fmt.Errorf("%s: %w (%s)", name, ErrEscaped, l.name)
			}
			if top == nil || l.id > top.id {
				top = l
			}
		}
	}
	return top, nil
}

// Bind applies p to args at the highest level among them.
func Bind(p Primitive, args ...Value) (Value, error) {
	l, err := top(p.Name(), args)
	if err != nil {
		return nil, err
	}
	if l == nil {
		return p.Eval(args)
	}
	return l.rules.apply(p, args)
}

// Checkpoint calls f on args. Under reverse mode only args are kept, and the
// backward pass calls f again: memory for work. All that is traced must be in
// args: f may close over plain values only, and must compute the same each time.
func Checkpoint(f Func, args []Value) ([]Value, error) {
	l, err := top("Checkpoint", args)
	if err != nil {
		return nil, err
	}
	if l == nil {
		return f(args)
	}
	return l.rules.checkpoint(f, args)
}

// Live returns ErrEscaped if v, or a value inside it, belongs to a transformation
// that has ended.
func Live(v Value) error {
	b, ok := v.(Boxed)
	if !ok {
		return nil
	}
	if l := b.Level(); l.done.Load() {
		return fmt.Errorf("%w (%s)", ErrEscaped, l.name)
	}
	for _, x := range b.Inner() {
		if err := Live(x); err != nil {
			return err
		}
	}
	return nil
}

// Leaves calls visit on each plain value inside v.
func Leaves(v Value, visit func(Value)) {
	b, ok := v.(Boxed)
	if !ok {
		if v != nil {
			visit(v)
		}
		return
	}
	for _, x := range b.Inner() {
		Leaves(x, visit)
	}
}

// Taped reports whether a reverse-mode transformation in progress records what is
// done with v, at any level.
func Taped(v Value) bool {
	b, ok := v.(Boxed)
	if !ok {
		return false
	}
	if _, ok := b.(*tapeBox); ok {
		return true
	}
	for _, x := range b.Inner() {
		if Taped(x) {
			return true
		}
	}
	return false
}

// Arithmetic is what transformations compute with beside the primitives' rules.
type Arithmetic struct {
	// Add adds cotangents. Rules may return contributions in a form of their own,
	// which Add gathers and Settle makes a value of.
	Add    func(a, b Value) (Value, error)
	Settle func(v Value) (Value, error)
	// Pin says that a tape has saved v. Nil if that is of no interest.
	Pin func(v Value)
	// Scope opens a region of work whose temporaries can all be given back at its
	// end: enter copies what goes in, leave what comes out. Nil if there is none.
	Scope func() Scope
	// What stages need: plain zeros of v's shape and element type; a plain value of a
	// shape and of the element type of another, of which only these count; v repeated n
	// times along a new first axis; a program made of a recording.
	Zero    func(v Value) Value
	Example func(like Value, shape []int) Value
	Repeat  func(n int, v Value) (Value, error)
	Compile func(r *Recording) (Program, error)
}

// Scope is a region of work; see Arithmetic.
type Scope interface {
	Enter(v Value) (Value, error)
	Leave(v Value) (Value, error)
	End()     // temporaries are used again
	Abandon() // instead: they are not
}

var arithmetic Arithmetic

// Use sets the arithmetic; package array calls it once, from init.
func Use(a Arithmetic) { arithmetic = a }

// sum returns a + b, where nil is zero.
func sum(a, b Value) (Value, error) {
	switch {
	case a == nil:
		return b, nil
	case b == nil:
		return a, nil
	}
	return arithmetic.Add(a, b)
}
