package array

import (
	"fmt"

	"github.com/d52adeda/wave/internal/fuse"
	"github.com/d52adeda/wave/internal/trace"
)

// op is an operation in terms of arrays: what it computes on plain numbers and
// the rules of package trace, see trace.Primitive. A nil array is a zero tangent
// or cotangent. Rules read of x only what saves says, else shapes.
type op struct {
	name  string
	eval  func(args []*dense) (*dense, error)
	jvp   func(x, dx []*Array) *Array
	vjp   func(x []*Array, ct *Array, want []bool) []*Array
	batch func(n int, x []*Array, mapped []bool) *Array
	saves func(active []bool) []bool

	linear *linearRules // instead of jvp, vjp and batch

	// How a fused program does it, see fusible; nil: by eval. reach is called before
	// all of them.
	fused func(b *fuse.Builder, x []*fuse.Value, y *dense) *fuse.Value
	reach func(b *fuse.Builder, from, to []int)
}

// apply dispatches an operation on arrays of which some are traced. Operations
// compute on plain numbers themselves, before: making rules takes longer than
// small arrays do.
func apply(args []*Array, o op) *Array { return dispatch(&o, args...) }

// dispatch is apply for a primitive of a type of its own: the operations that a
// time step consists of, for which making closures takes too long.
func dispatch(p trace.Primitive, args ...*Array) *Array {
	for _, a := range args {
		if err := a.Err(); err != nil {
			return &Array{err: err}
		}
	}
	v, err := trace.Bind(p, values(args)...)
	if err != nil {
		return &Array{err: fmt.Errorf("array: %w", err)}
	}
	return &Array{v: v}
}

// plain returns a's numbers; nil if it is traced or carries an error.
func (a *Array) plain() *dense {
	if a == nil || a.err != nil {
		return nil
	}
	d, _ := a.v.(*dense)
	return d
}

// plainAll appends the numbers of all arrays to room; false if some have none.
func plainAll(room []*dense, as []*Array) ([]*dense, bool) {
	for _, a := range as {
		d := a.plain()
		if d == nil {
			return nil, false
		}
		room = append(room, d)
	}
	return room, true
}

// direct is the name of an operation that was computed on plain numbers.
type direct string

func (name direct) result(d *dense, err error) *Array {
	if err != nil {
		return &Array{err: fmt.Errorf("array: %s: %w", string(name), err)}
	}
	return &d.Array
}

// sameType refuses to mix element types.
func sameType(ds []*dense) error {
	for _, d := range ds {
		if d.dt != ds[0].dt {
			return fmt.Errorf("%s and %s: %w", ds[0].dt, d.dt, ErrDType)
		}
	}
	return nil
}

// Name and the methods below implement trace.Primitive.
func (o *op) Name() string { return o.name }

func (o *op) Eval(vs []trace.Value) (trace.Value, error) {
	ds := denses(nil, vs)
	if err := sameType(ds); err != nil {
		return nil, fmt.Errorf("%s: %w", o.name, err)
	}
	return evaluated(o.name)(o.eval(ds))
}

// denses appends plain values as what they are.
func denses(room []*dense, vs []trace.Value) []*dense {
	for _, v := range vs {
		room = append(room, v.(*dense))
	}
	return room
}

// evaluated makes a Value of what the operation of that name computed.
func evaluated(name string) func(d *dense, err error) (trace.Value, error) {
	return func(d *dense, err error) (trace.Value, error) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return d, nil
	}
}

func (o *op) fuse(b *fuse.Builder, x []*fuse.Value, y *dense) *fuse.Value {
	if o.fused == nil {
		return nil
	}
	return o.fused(b, x, y)
}

func (o *op) JVP(x, dx []trace.Value) (trace.Value, error) {
	if o.linear != nil {
		return result(o.linear.again(wrapped(dx[0])))
	}
	return result(o.jvp(arrays(x), arrays(dx)))
}

func (o *op) VJP(x []trace.Value, ct trace.Value, want []bool) ([]trace.Value, error) {
	if o.linear != nil {
		v, err := result(o.linear.transpose(x[0].Shape(), wrapped(ct)))
		return []trace.Value{v}, err
	}
	out := make([]trace.Value, len(x))
	for i, a := range o.vjp(arrays(x), wrapped(ct), want) {
		v, err := result(a)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func (o *op) Batch(n int, x []trace.Value, mapped []bool) (trace.Value, error) {
	if o.linear != nil {
		return result(o.linear.batch(n, wrapped(x[0])))
	}
	return result(o.batch(n, arrays(x), mapped))
}

func (o *op) Saves(active []bool) []bool {
	if o.saves == nil {
		return nil
	}
	return o.saves(active)
}

func values(as []*Array) []trace.Value {
	out := make([]trace.Value, len(as))
	for i, a := range as {
		out[i] = a.v
	}
	return out
}

// arrays wraps values; nil stays nil.
func arrays(vs []trace.Value) []*Array {
	out := make([]*Array, len(vs))
	for i, v := range vs {
		out[i] = wrapped(v)
	}
	return out
}

// wrapped returns the array of a value; nil stays nil.
func wrapped(v trace.Value) *Array {
	switch v := v.(type) {
	case nil:
		return nil
	case *dense:
		return &v.Array
	}
	return &Array{v: v}
}

// result unwraps what a rule computed.
func result(a *Array) (trace.Value, error) {
	if a == nil {
		return nil, nil
	}
	return a.v, a.err
}

// linearRules are those of an operation that is linear in its one argument: its
// transpose, given the argument's shape, itself on n examples, and itself again.
type linearRules struct {
	transpose func(shape []int, ct *Array) *Array
	batch     func(n int, x *Array) *Array
	again     func(x *Array) *Array
}

// linear gives an operation such rules.
func linear(o op, transpose func(shape []int, ct *Array) *Array, batch func(n int, x *Array) *Array, again func(x *Array) *Array) op {
	o.linear = &linearRules{transpose, batch, again}
	return o
}

// lead puts an axis in front of an array that VMap does not map, so that it
// combines with mapped ones: of length 1, or repeated n times.
func lead(n int, a *Array, mapped bool) *Array {
	if mapped {
		return a
	}
	shape := a.v.Shape()
	a = Reshape(a, prepend(1, shape)...)
	if n == 1 {
		return a
	}
	return Expand(a, prepend(n, shape)...)
}

func prepend(n int, s []int) []int { return append([]int{n}, s...) }

// Unwrap returns what package functional transforms; it is of no use elsewhere.
func (a *Array) Unwrap() trace.Value { return a.v }

// Wrap is the reverse of Unwrap.
func Wrap(v trace.Value) *Array { return &Array{v: v} }
