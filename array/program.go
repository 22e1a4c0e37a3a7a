package array

import (
	"fmt"
	"slices"

	"github.com/d52adeda/wave/internal/fuse"
	"github.com/d52adeda/wave/internal/trace"
)

// program is a recorded function, fused.
type program struct {
	p         *fuse.Program
	inputs    []*dense       // headers: what arguments must look like
	constants map[int]*dense // by buffer
	externals []externalOp
	results   []int   // buffers that a run fills
	roles     []*role // of these
	outputs   []output
}

// externalOp is a primitive that is computed by Eval.
type externalOp struct {
	p    trace.Primitive
	args []fuse.View
	to   int
}

// output is a view of what lies in a buffer: an argument, a result, what an external
// operation has computed (by number), or a constant.
type output struct {
	of       source
	number   int
	constant *dense
	view     fuse.View
}

type source uint8

const (
	ofArgument source = iota
	ofResult
	ofExternal
	ofConstant
)

// compile makes a program of a recording.
func compile(r *trace.Recording) (trace.Program, error) {
	if !simple(r) {
		return newReplay(r), nil
	}
	p := &program{constants: map[int]*dense{}}
	dt := r.Inputs[0].(*dense).dt
	b := fuse.New(dt == Float64)
	var vals []*fuse.Value
	sources := map[int]output{} // by buffer
	for i, v := range r.Inputs {
		d := v.(*dense)
		h := &dense{dt: d.dt, shape: slices.Clone(d.shape), strides: slices.Clone(d.strides)}
		p.inputs = append(p.inputs, h)
		x := b.Input(h.shape, h.strides)
		sources[b.Buffer(x)] = output{of: ofArgument, number: i}
		vals = append(vals, x)
	}
	known := map[*dense]*fuse.Value{}
	value := func(o trace.Operand) *fuse.Value {
		if o.Number >= 0 {
			return vals[o.Number]
		}
		d := o.Const.(*dense)
		if known[d] == nil {
			known[d] = p.constant(b, d)
		}
		return known[d]
	}
	for _, s := range r.Steps {
		if t, ok := s.P.(*op); ok && t.reach != nil {
			t.reach(b, shapeOf(r, s.Args[0]), s.Y.Shape())
		}
	}
	for _, s := range r.Steps {
		var x []*fuse.Value
		for _, a := range s.Args {
			x = append(x, value(a))
		}
		y := s.Y.(*dense)
		if f, ok := s.P.(fusible); ok {
			if v := f.fuse(b, x, y); v != nil {
				vals = append(vals, v)
				continue
			}
		}
		v, args := b.External(len(p.externals), x, y.shape, header(dt, y.shape).strides)
		sources[b.Buffer(v)] = output{of: ofExternal, number: len(p.externals)}
		p.externals = append(p.externals, externalOp{s.P, args, b.Buffer(v)})
		vals = append(vals, v)
	}
	for buf, d := range p.constants {
		sources[buf] = output{of: ofConstant, constant: d}
	}
	for _, o := range r.Outputs {
		if o.Number < 0 {
			d := unpooled(o.Const.(*dense))
			p.outputs = append(p.outputs, output{of: ofConstant, constant: d, view: fuse.View{Shape: d.shape, Strides: d.strides}})
			continue
		}
		w := b.Output(vals[o.Number])
		out, ok := sources[w.Buf]
		if !ok {
			out = output{of: ofResult, number: len(p.results)}
			sources[w.Buf] = out
			p.results = append(p.results, w.Buf)
			p.roles = append(p.roles, &role{shape: b.Shape(w.Buf)})
		}
		out.view = w
		p.outputs = append(p.outputs, out)
	}
	p.p = b.Build()
	for i, s := range p.roles {
		s.holes = p.p.Holes(p.results[i])
	}
	return p, nil
}

// simple reports whether a recording can be fused: all is of one type.
func simple(r *trace.Recording) bool {
	if len(r.Inputs) == 0 {
		return false
	}
	dt := r.Inputs[0].(*dense).dt
	ok := func(v trace.Value) bool {
		return v.(*dense).dt == dt
	}
	for _, v := range r.Inputs {
		if !ok(v) {
			return false
		}
	}
	for _, s := range r.Steps {
		for _, a := range s.Args {
			if a.Number < 0 && !ok(a.Const) {
				return false
			}
		}
		if !ok(s.Y) {
			return false
		}
	}
	return true
}

// shapeOf returns the extents of an operand.
func shapeOf(r *trace.Recording, o trace.Operand) []int {
	switch n := o.Number - len(r.Inputs); {
	case o.Number < 0:
		return o.Const.Shape()
	case n < 0:
		return r.Inputs[o.Number].Shape()
	default:
		return r.Steps[n].Y.Shape()
	}
}

// constant adds a constant array.
func (p *program) constant(b *fuse.Builder, d *dense) *fuse.Value {
	d = unpooled(d)
	if c, ok := uniform(d); ok {
		return b.Constant(c, d.shape)
	}
	v := b.Input(d.shape, d.strides)
	p.constants[b.Buffer(v)] = d
	return v
}

// unpooled returns d, a copy where it belongs to a pool.
func unpooled(d *dense) *dense {
	if d.buf == nil {
		return d
	}
	return Disown(&d.Array).v.(*dense)
}

// uniform returns the number that all elements of d are.
func uniform(d *dense) (float64, bool) {
	all := (&d.Array).Float64s()
	if len(all) == 0 {
		return 0, true
	}
	for _, v := range all {
		if v != all[0] {
			return 0, false
		}
	}
	return all[0], true
}

func memoryOf(d *dense) fuse.Memory {
	if d.dt == Float32 {
		return fuse.Of(d.f32, d.off)
	}
	return fuse.Of(d.f64, d.off)
}

// Fits implements trace.Program.
func (p *program) Fits(args []trace.Value) bool {
	if len(args) != len(p.inputs) {
		return false
	}
	for i, a := range args {
		if !p.inputs[i].alike(a.(*dense)) {
			return false
		}
	}
	return true
}

// alike reports whether d lies in memory like e.
func (d *dense) alike(e *dense) bool {
	if d.dt != e.dt || !slices.Equal(d.shape, e.shape) {
		return false
	}
	for k, n := range d.shape {
		if n != 1 && d.strides[k] != e.strides[k] {
			return false
		}
	}
	return true
}

// Run implements trace.Program.
func (p *program) Run(args []trace.Value) ([]trace.Value, error) {
	w, err := p.p.Borrow(func(n int) error { return room(p.inputs[0].dt, n) })
	if err != nil {
		return nil, err
	}
	defer p.p.Return(w)
	like := args[0].(*dense)
	for i, a := range args {
		d := a.(*dense)
		w.Mem[i] = memoryOf(d)
		if d.buf != nil {
			like = d
		}
	}
	w.Again = like.buf != nil
	for buf, d := range p.constants {
		w.Mem[buf] = memoryOf(d)
	}
	results := make([]*dense, len(p.results))
	for i, buf := range p.results {
		if results[i], w.Clean[buf], err = newResult(like, p.roles[i]); err != nil {
			return nil, err
		}
		w.Mem[buf] = memoryOf(results[i])
	}
	computed := make([]*dense, len(p.externals))
	hands, done := like.hands()
	defer done()
	complete := false
	defer func() { // by functions of the user's that panic, too
		for _, d := range results {
			if !complete && d != nil && d.buf != nil {
				d.buf.last = nil // who knows what is zero
			}
		}
	}()
	err = p.p.Run(w, hands, func(i int) error {
		d, err := p.externals[i].run(w, like.dt)
		computed[i] = d
		return err
	})
	if err != nil {
		return nil, err
	}
	complete = true
	out := make([]trace.Value, len(p.outputs))
	for i, o := range p.outputs {
		d := o.constant
		switch o.of {
		case ofArgument:
			d = args[o.number].(*dense)
		case ofResult:
			d = results[o.number]
		case ofExternal:
			d = computed[o.number]
		}
		out[i] = d.seen(o.view)
	}
	return out, nil
}

// seen returns a view of d's memory, d itself if that is it.
func (d *dense) seen(w fuse.View) *dense {
	if w.Off == 0 && d.alike(&dense{dt: d.dt, shape: w.Shape, strides: w.Strides}) {
		return d
	}
	v := d.view(w.Shape)
	copy(v.strides, w.Strides)
	v.off += w.Off
	return v
}

// newResult is newDense for a result; clean says that what is always zero is so
// already.
func newResult(like *dense, s *role) (d *dense, clean bool, err error) {
	if like.buf == nil {
		d, err = newDense(like, s.shape)
		return d, true, err // make has cleared it
	}
	d = header(like.dt, s.shape)
	n, _ := sizeOf(s.shape)
	if err := d.borrow(like.buf.pool, n, s); err != nil {
		return nil, false, err
	}
	clean = d.buf.last != nil && d.buf.last.holes == s.holes
	d.buf.last = s
	return d, clean, nil
}

// run computes the operation on what lies in a workspace.
func (e *externalOp) run(w *fuse.Workspace, dt DType) (*dense, error) {
	args := make([]trace.Value, len(e.args))
	for i, v := range e.args {
		d := header(dt, v.Shape)
		copy(d.strides, v.Strides)
		m := w.Mem[v.Buf]
		d.off = m.Off + v.Off
		if dt == Float32 {
			d.f32 = fuse.Slice[float32](m)
		} else {
			d.f64 = fuse.Slice[float64](m)
		}
		args[i] = d
	}
	y, err := e.p.Eval(args)
	if err != nil {
		return nil, fmt.Errorf("array: %w", err)
	}
	d := y.(*dense)
	if !d.isPacked() {
		full, err := newDense(d, d.shape)
		if err != nil {
			return nil, fmt.Errorf("array: %w", err)
		}
		if dt == Float32 {
			put[float32](full, d)
		} else {
			put[float64](full, d)
		}
		d = full
	}
	w.Mem[e.to] = memoryOf(d)
	return d, nil
}
