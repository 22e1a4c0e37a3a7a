package eager

import (
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/stencil"
)

// script is an Update over one region as array operations in order, with all
// sizes worked out beforehand.
type script struct {
	s       *stepper
	region  stencil.Region
	steps   []step
	shapes  [][]int // of each step's value
	outputs []output
	memo    map[memoKey]value // while it is written
	once    bool              // it is a coefficient's own script
}

// step is one array operation; its value has the step's number.
type step struct {
	kind     stepKind
	field    *stencil.Field // sliceOf
	tapOf    int            // tapOf: a value
	lo, size []int
	off      [][]int
	w        []float64
	terms    []array.Term // sumOf
	args     []int        // values
	number   int          // coefficient
	zeros    *array.Array // constantArray
}

type stepKind uint8

const (
	sliceOf stepKind = iota
	tapOf
	sumOf
	coefficient   // of the state: what is the same at all steps, computed once
	constantArray // zeros
)

// output says which assignment gets a value, as which of its parts.
type output struct{ assign, part, value int }

// run executes the script and puts its outputs among the parts of each assignment.
func (sc *script) run(st *state, parts [][]*array.Array) []*array.Array {
	vals := make([]*array.Array, len(sc.steps))
	var room [16]*array.Array
	for i := range sc.steps {
		switch p := &sc.steps[i]; p.kind {
		case sliceOf:
			vals[i] = array.Slice(st.fields[p.field], p.lo, p.size)
		case tapOf:
			vals[i] = array.Tap(vals[p.tapOf], p.lo, p.size, p.off, p.w)
		case coefficient:
			vals[i] = st.coeffs[p.number]
		case constantArray:
			vals[i] = p.zeros
		case sumOf:
			args := room[:0]
			for _, a := range p.args {
				args = append(args, vals[a])
			}
			vals[i] = array.SumProd(p.terms, args...)
		}
	}
	for _, o := range sc.outputs {
		parts[o.assign][o.part] = vals[o.value]
	}
	return vals
}

// grow is by how many cells a box is larger than the region, before and after,
// along each axis: what a derivative around an expression needs.
type grow struct{ before, after stencil.Offset }

type memoKey struct {
	e stencil.Expr
	g grow
}

// value is a step's number or, where that is negative, a number.
type value struct {
	step int
	c    float64
}

func constant(c float64) value { return value{-1, c} }

func (v value) isConstant() bool { return v.step < 0 }

func (sc *script) put(p step, shape []int) value {
	sc.steps = append(sc.steps, p)
	sc.shapes = append(sc.shapes, shape)
	return value{step: len(sc.steps) - 1}
}

// shape returns the extents of the grown region, shots first.
func (sc *script) shape(g grow) []int {
	out := []int{sc.s.plan.Shots}
	for d := range sc.s.plan.Layout.NDim {
		out = append(out, sc.region.Hi[d]-sc.region.Lo[d]+g.before[d]+g.after[d])
	}
	return out
}

// full returns the number of e's value on the whole region.
func (sc *script) full(e stencil.Expr) int {
	v, shape := sc.eval(e, grow{}), sc.shape(grow{})
	if !v.isConstant() && slices.Equal(sc.shapes[v.step], shape) {
		return v.step
	}
	zeros := sc.put(step{kind: constantArray, zeros: array.Zeros(sc.s.plan.DType, shape...)}, shape).step
	if v.isConstant() {
		return sc.put(step{kind: sumOf, terms: []array.Term{{Coeff: v.c}, {Coeff: 1, Args: []int{0}}}, args: []int{zeros}}, shape).step
	}
	return sc.put(step{kind: sumOf, terms: []array.Term{{Coeff: 1, Args: []int{0}}, {Coeff: 1, Args: []int{1}}}, args: []int{v.step, zeros}}, shape).step
}

// eval appends what computes e on the grown region, once.
func (sc *script) eval(e stencil.Expr, g grow) value {
	k := memoKey{e, g}
	if v, ok := sc.memo[k]; ok {
		return v
	}
	v := sc.write(e, g)
	sc.memo[k] = v
	return v
}

func (sc *script) write(e stencil.Expr, g grow) value {
	var v value
	switch e := e.(type) {
	case stencil.Const:
		return constant(float64(e))
	case stencil.Load:
		if e.Field.Kind == stencil.Profile && !sc.once {
			return sc.coefficient(e, g)
		}
		return sc.load(e, g)
	case *stencil.Let:
		return sc.eval(e.X, g)
	}
	if !sc.once && constantInTime(e) {
		return sc.coefficient(e, g)
	}
	switch e := e.(type) {
	case *stencil.Sum:
		v = sc.sum(e.Terms, g)
	case *stencil.Prod:
		v = sc.sum([]stencil.Expr{e}, g)
	case *stencil.Tap:
		v = sc.tap(e, g)
	}
	return v
}

// coefficient leaves what is the same at all steps to the state, and refers to it.
func (sc *script) coefficient(e stencil.Expr, g grow) value {
	own := &script{s: sc.s, region: sc.region, memo: map[memoKey]value{}, once: true}
	v := own.eval(e, g)
	if v.isConstant() {
		return v
	}
	own.memo = nil
	s := sc.s
	s.coeffs = append(s.coeffs, func(st *state) *array.Array { return array.Scale(1, own.run(st, nil)[v.step]) }) // packed
	return sc.put(step{kind: coefficient, number: len(s.coeffs) - 1}, own.shapes[v.step])
}

// gathered multiplies those factors that are the same at all steps once for all.
func (sc *script) gathered(factors []stencil.Expr) []stencil.Expr {
	if sc.once {
		return factors
	}
	var fixed, rest []stencil.Expr
	for _, f := range factors {
		if _, isNumber := f.(stencil.Const); !isNumber && constantInTime(f) {
			fixed = append(fixed, f)
		} else {
			rest = append(rest, f)
		}
	}
	if len(fixed) < 2 {
		return factors
	}
	return append(rest, stencil.Mul(fixed...))
}

// load is the box of a field that the grown region reads at an offset.
func (sc *script) load(e stencil.Load, g grow) value {
	f, l := e.Field, sc.s.plan.Layout
	box := l.Box(f, sc.region)
	lo, size := make([]int, 1+l.NDim), sc.s.shape(f)
	for d := range l.NDim {
		if f.Kind == stencil.Profile && d != f.Dim {
			continue
		}
		lo[1+d] = box[d] + e.Off[d] - g.before[d]
		size[1+d] = sc.region.Hi[d] - sc.region.Lo[d] + g.before[d] + g.after[d]
	}
	return sc.put(step{kind: sliceOf, field: f, lo: lo, size: size}, size)
}

// sum is a sum of products in one operation. Operands that are sums or
// derivatives themselves are computed before.
func (sc *script) sum(terms []stencil.Expr, g grow) value {
	p := step{kind: sumOf}
	var shape []int
	constants := 0.0
	for _, t := range terms {
		factors := []stencil.Expr{t}
		if prod, ok := t.(*stencil.Prod); ok {
			factors = sc.gathered(prod.Factors)
		}
		term := array.Term{Coeff: 1}
		for _, f := range factors {
			v := sc.eval(f, g)
			if v.isConstant() {
				term.Coeff *= v.c
				continue
			}
			k := slices.Index(p.args, v.step)
			if k < 0 {
				k = len(p.args)
				p.args = append(p.args, v.step)
				shape = together(shape, sc.shapes[v.step])
			}
			term.Args = append(term.Args, k)
		}
		if term.Args == nil {
			constants += term.Coeff
			continue
		}
		p.terms = append(p.terms, term)
	}
	if len(p.terms) == 0 {
		return constant(constants)
	}
	if constants != 0 {
		p.terms = append(p.terms, array.Term{Coeff: constants})
	}
	return sc.put(p, shape)
}

// together returns the shape that two arrays combine to.
func together(a, b []int) []int {
	if a == nil {
		return slices.Clone(b)
	}
	for k := range a {
		a[k] = max(a[k], b[k])
	}
	return a
}

// tap computes its operand on a box that is larger by its offsets, and shifts.
func (sc *script) tap(e *stencil.Tap, g grow) value {
	inner := g
	for _, o := range e.Off {
		for d, n := range o {
			inner.before[d] = max(inner.before[d], g.before[d]-n)
			inner.after[d] = max(inner.after[d], g.after[d]+n)
		}
	}
	v := sc.eval(e.X, inner)
	if v.isConstant() {
		sum := 0.0
		for _, w := range e.W {
			sum += w
		}
		return constant(v.c * sum)
	}
	size, full := slices.Clone(sc.shapes[v.step]), sc.shape(inner)
	p := step{kind: tapOf, tapOf: v.step, lo: make([]int, len(size)), size: size, off: make([][]int, len(e.Off)), w: e.W}
	for k := range p.off {
		p.off[k] = make([]int, len(size))
	}
	for d := range sc.s.plan.Layout.NDim {
		if size[1+d] != full[1+d] { // the same all along this axis
			continue
		}
		p.lo[1+d] = inner.before[d] - g.before[d]
		size[1+d] -= p.lo[1+d] + inner.after[d] - g.after[d]
		for k, o := range e.Off {
			p.off[k][1+d] = o[d]
		}
	}
	return sc.put(p, size)
}
