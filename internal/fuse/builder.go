package fuse

import (
	"fmt"
	"slices"
)

// Value is an array in a computation that is being fused.
type Value struct {
	shape    []int
	pieces   []piece // they add where they overlap; elsewhere it is zero
	scatters []scatter
}

// piece is an expression on a box, lo <= index < hi; the expression's index counts
// from lo. Within the box from valid to validHi it is right too (zero where the
// piece is not): it may be computed there.
type piece struct {
	lo, hi, validLo, validHi index
	n                        int
}

// grows reports whether the piece may be computed on more than its box.
func (p *piece) grows() bool { return p.validLo != p.lo || p.validHi != p.hi }

// moved returns the piece with its box at another place.
func (p piece) moved(by []int) piece {
	for k, d := range by {
		p.lo[k] += d
		p.hi[k] += d
		p.validLo[k] += d
		p.validHi[k] += d
	}
	return p
}

// scatter adds the elements of x, in order, to elements of a value by number.
type scatter struct {
	at []int
	x  View
}

// Shape returns the extents.
func (v *Value) Shape() []int { return v.shape }

// View is where a value lies in a buffer.
type View struct {
	Buf, Off       int
	Shape, Strides []int
}

// bufKind says who provides a buffer's memory.
type bufKind uint8

const (
	given   bufKind = iota // the caller, at each run
	scratch                // the program
	result                 // the caller, at each run; the program fills it
)

type buffer struct {
	kind  bufKind
	shape []int
	size  int
	holes string // of a result: what stays zero; see Program.Holes
}

// Term is one term of SumProd: Coeff times the product of arguments.
type Term struct {
	Coeff float64
	Args  []int
}

// Builder takes operations; shapes must fit, as when they were computed before.
type Builder struct {
	g       *graph
	f64     bool
	bufs    []buffer
	jobs    []job
	margins map[marginKey]int // padded copies, by expression and extents
	reach   index             // widest margin, by axis from the last
}

type marginKey struct {
	n    int
	ndim int
	size index
}

// job is something to be done, in an order that is possible: a target to be filled,
// or an operation that is no arithmetic at a point.
type job struct {
	target   *target
	take     *take
	external *external
}

// target is a buffer that gets a value.
type target struct {
	buf int
	v   Value
}

// take gathers elements of a view, by number, into a packed buffer.
type take struct {
	at   []int
	from View
	to   int
}

// external is an operation that the caller computes at each run.
type external struct {
	number int
	args   []View
	to     int
}

// New returns a builder for float32 or float64.
func New(f64 bool) *Builder {
	return &Builder{g: newGraph(), f64: f64, margins: map[marginKey]int{}}
}

func packed(shape []int) []int {
	strides := make([]int, len(shape))
	n := 1
	for k := len(shape) - 1; k >= 0; k-- {
		strides[k] = n
		n *= shape[k]
	}
	return strides
}

func size(shape []int) int {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return n
}

func extents(s []int) (out index) {
	copy(out[:], s)
	return out
}

func (b *Builder) newBuf(k bufKind, shape []int) int {
	b.bufs = append(b.bufs, buffer{kind: k, shape: slices.Clone(shape), size: size(shape)})
	return len(b.bufs) - 1
}

// Input adds a buffer that is given at each run; its first element is the view's.
func (b *Builder) Input(shape, strides []int) *Value {
	return b.loaded(View{b.newBuf(given, shape), 0, shape, strides})
}

// loaded returns what lies in a buffer.
func (b *Builder) loaded(v View) *Value {
	n := node{kind: load, buf: v.Buf, off: v.Off}
	for k, s := range v.Strides {
		if v.Shape[k] > 1 {
			n.strides[k] = s
		}
	}
	return b.value(v.Shape, b.g.put(n))
}

// Constant returns a value that is c everywhere.
func (b *Builder) Constant(c float64, shape []int) *Value { return b.value(shape, b.g.constant(c)) }

// value returns the value of an expression.
func (b *Builder) value(shape []int, n int) *Value {
	v := &Value{shape: slices.Clone(shape)}
	if !b.g.is(n, 0) {
		hi := extents(shape)
		v.pieces = []piece{{hi: hi, validHi: hi, n: n}}
	}
	return v
}

// whole reports whether v has one expression.
func (v *Value) whole() bool {
	return len(v.scatters) == 0 && len(v.pieces) == 1 && v.pieces[0].lo == (index{}) && v.pieces[0].hi == extents(v.shape)
}

// expression returns that of all of v, which is stored before if it is in parts.
func (b *Builder) expression(v *Value) int {
	switch {
	case v.whole():
		return v.pieces[0].n
	case len(v.scatters) == 0 && len(v.pieces) == 0:
		return b.g.constant(0)
	}
	b.store(v)
	return v.pieces[0].n
}

// store gives v a buffer, from which it is loaded from now on.
func (b *Builder) store(v *Value) {
	buf := b.newBuf(scratch, v.shape)
	b.jobs = append(b.jobs, job{target: &target{buf, *v}})
	*v = *b.loaded(View{buf, 0, v.shape, packed(v.shape)})
}

// View returns where v lies, which is stored before if it is not in memory.
func (b *Builder) View(v *Value) View {
	n := b.g.nodes[b.expression(v)]
	if n.kind != load {
		b.store(v)
		n = b.g.nodes[v.pieces[0].n]
	}
	return View{n.buf, n.off, v.shape, slices.Clone(n.strides[:len(v.shape)])}
}

// Output returns where v will lie after a run; a buffer of the program becomes one
// that the caller provides, packed.
func (b *Builder) Output(v *Value) View {
	w := b.View(v)
	if b.bufs[w.Buf].kind == scratch {
		b.bufs[w.Buf].kind = result
	}
	return w
}

// SumProd is array.SumProd, of the given shape.
func (b *Builder) SumProd(shape []int, terms []Term, args []*Value) *Value {
	if out := b.linear(shape, terms, args); out != nil {
		return out
	}
	x := make([]int, len(args))
	for i, v := range args {
		x[i] = b.expression(v)
	}
	sum := b.g.constant(0)
	for _, t := range terms {
		f := make([]int, 0, len(t.Args)+1)
		for _, i := range t.Args {
			f = append(f, x[i])
		}
		// What is the same along a row is multiplied first, once a row.
		slices.SortStableFunc(f, func(i, j int) int {
			u, v := b.g.uniform(i, len(shape)-1), b.g.uniform(j, len(shape)-1)
			switch {
			case u && !v:
				return -1
			case v && !u:
				return 1
			}
			return 0
		})
		negative := t.Coeff == -1 && len(f) > 1 && !b.g.is(sum, 0)
		if !negative {
			f = append([]int{b.g.constant(t.Coeff)}, f...)
		}
		for len(f) > 2 {
			f = append([]int{b.g.mul(f[0], f[1])}, f[2:]...)
		}
		switch {
		case negative:
			sum = b.g.mulsub(f[0], f[1], sum)
		case len(f) == 1:
			sum = b.g.add(sum, f[0])
		default:
			sum = b.g.muladd(f[0], f[1], sum)
		}
	}
	out := b.value(shape, sum)
	b.grow(out, terms, args)
	return out
}

// grow finds where a sum of multiples of values may be computed beyond its box.
func (b *Builder) grow(out *Value, terms []Term, args []*Value) {
	if len(out.pieces) == 0 {
		return
	}
	p := out.pieces[0]
	for i, t := range terms {
		if len(t.Args) != 1 || !slices.Equal(args[t.Args[0]].shape, out.shape) {
			return
		}
		v := args[t.Args[0]]
		if len(v.pieces) == 0 {
			continue
		}
		q := &v.pieces[0]
		if i == 0 {
			p.validLo, p.validHi = q.validLo, q.validHi
		}
		for k := range p.lo {
			p.validLo[k], p.validHi[k] = max(p.validLo[k], q.validLo[k]), min(p.validHi[k], q.validHi[k])
		}
	}
	out.pieces[0] = p
}

// linear keeps a sum of multiples of values in parts in parts; nil if it is none.
func (b *Builder) linear(shape []int, terms []Term, args []*Value) *Value {
	parts := false
	for _, t := range terms {
		if len(t.Args) != 1 || !slices.Equal(args[t.Args[0]].shape, shape) {
			return nil
		}
		v := args[t.Args[0]]
		if len(v.scatters) > 0 && t.Coeff != 1 {
			return nil
		}
		parts = parts || len(v.scatters) > 0 || len(v.pieces) > 1 ||
			len(v.pieces) == 1 && (v.pieces[0].lo != (index{}) || v.pieces[0].hi != extents(shape))
	}
	if !parts {
		return nil
	}
	out := &Value{shape: slices.Clone(shape)}
	for _, t := range terms {
		v := args[t.Args[0]]
		for _, p := range v.pieces {
			p.n = b.g.mul(b.g.constant(t.Coeff), p.n)
			out.pieces = append(out.pieces, p)
		}
		out.scatters = append(out.scatters, v.scatters...)
	}
	return out
}

// Place returns zeros to which parts[i] is added at lo[i].
func (b *Builder) Place(shape []int, lo [][]int, parts []*Value) *Value {
	out := &Value{shape: slices.Clone(shape)}
	for i, v := range parts {
		if len(v.scatters) > 0 && !slices.Equal(v.shape, shape) {
			b.store(v)
		}
		for _, p := range v.pieces {
			out.pieces = append(out.pieces, p.moved(lo[i]))
		}
		out.scatters = append(out.scatters, v.scatters...)
	}
	return out
}

// Buffer returns the number of an input's buffer, or that of an external's result.
func (b *Builder) Buffer(v *Value) int {
	n := b.g.nodes[v.pieces[0].n]
	if n.kind != load {
		panic(fmt.Sprintf("fuse: value is not in memory but %d", n.kind))
	}
	return n.buf
}
