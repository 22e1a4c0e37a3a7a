package fuse

import "slices"

// maxAxes bounds the axes of a value.
const maxAxes = 8

// index is a place, an offset or extents along the axes.
type index [maxAxes]int

// kind says what a node computes.
type kind uint8

const (
	constant kind = iota
	load          // element off + sum over axes of index times stride of buf
	add           // a + b
	sub           // a - b
	mul           // a * b
	fma           // a*b + c, rounded once
	fnma          // c - a*b, rounded once
)

// node is the expression of an element, a function of its index.
type node struct {
	kind    kind
	a, b, c int
	value   float64
	buf     int
	off     int
	strides index // 0 along axes where the expression does not change
}

func (n *node) args() []int {
	switch n.kind {
	case add, sub, mul:
		return []int{n.a, n.b}
	case fma, fnma:
		return []int{n.a, n.b, n.c}
	}
	return nil
}

// graph holds nodes; equal ones are one.
type graph struct {
	nodes  []node
	ops    []int // operations of the expression, those of common parts repeated
	found  map[node]int
	shifts map[shiftKey]int
	axes   map[axesKey]int
}

type shiftKey struct {
	n int
	o index
}

type axesKey struct {
	n    int
	from index
}

func newGraph() *graph {
	return &graph{found: map[node]int{}, shifts: map[shiftKey]int{}, axes: map[axesKey]int{}}
}

func (g *graph) put(n node) int {
	if i, ok := g.found[n]; ok {
		return i
	}
	ops := 0
	if n.kind >= add {
		ops = 1
		for _, a := range n.args() {
			ops += g.ops[a]
		}
	}
	g.nodes, g.ops = append(g.nodes, n), append(g.ops, ops)
	g.found[n] = len(g.nodes) - 1
	return len(g.nodes) - 1
}

func (g *graph) constant(v float64) int { return g.put(node{kind: constant, value: v}) }

func (g *graph) is(n int, v float64) bool {
	return g.nodes[n].kind == constant && g.nodes[n].value == v
}

func (g *graph) add(a, b int) int {
	switch {
	case g.is(a, 0):
		return b
	case g.is(b, 0):
		return a
	}
	return g.put(node{kind: add, a: a, b: b})
}

func (g *graph) sub(a, b int) int {
	if g.is(b, 0) {
		return a
	}
	return g.put(node{kind: sub, a: a, b: b})
}

func (g *graph) mul(a, b int) int {
	switch {
	case g.is(a, 0) || g.is(b, 0):
		return g.constant(0)
	case g.is(a, 1):
		return b
	case g.is(b, 1):
		return a
	case g.nodes[a].kind == constant && g.nodes[b].kind == constant:
		return g.constant(g.nodes[a].value * g.nodes[b].value)
	}
	return g.put(node{kind: mul, a: a, b: b})
}

// muladd returns a*b + c.
func (g *graph) muladd(a, b, c int) int {
	switch {
	case g.is(a, 0) || g.is(b, 0):
		return c
	case g.is(c, 0):
		return g.mul(a, b)
	case g.is(a, 1):
		return g.add(c, b)
	case g.is(b, 1):
		return g.add(c, a)
	case g.is(a, -1):
		return g.sub(c, b)
	case g.is(b, -1):
		return g.sub(c, a)
	}
	return g.put(node{kind: fma, a: a, b: b, c: c})
}

// mulsub returns c - a*b.
func (g *graph) mulsub(a, b, c int) int {
	if g.is(a, 0) || g.is(b, 0) {
		return c
	}
	return g.put(node{kind: fnma, a: a, b: b, c: c})
}

// rebuild returns n with its loads replaced.
func (g *graph) rebuild(n int, done func(n int) (int, bool), leaf func(l node) node, keep func(n, to int)) int {
	if to, ok := done(n); ok {
		return to
	}
	x := g.nodes[n]
	switch x.kind {
	case constant:
		return n
	case load:
		x = leaf(x)
	default:
		x.a, x.b = g.rebuild(x.a, done, leaf, keep), g.rebuild(x.b, done, leaf, keep)
		if x.kind >= fma {
			x.c = g.rebuild(x.c, done, leaf, keep)
		}
	}
	to := g.put(x)
	keep(n, to)
	return to
}

// shift returns the expression at an index plus o.
func (g *graph) shift(n int, o index) int {
	if o == (index{}) {
		return n
	}
	return g.rebuild(n,
		func(n int) (int, bool) { to, ok := g.shifts[shiftKey{n, o}]; return to, ok },
		func(l node) node {
			for k, s := range l.strides {
				l.off += o[k] * s
			}
			return l
		},
		func(n, to int) { g.shifts[shiftKey{n, o}] = to })
}

// reorder returns the expression with axis k what axis from[k] was; -1 is a new
// axis along which nothing changes.
func (g *graph) reorder(n int, from index) int {
	return g.rebuild(n,
		func(n int) (int, bool) { to, ok := g.axes[axesKey{n, from}]; return to, ok },
		func(l node) node {
			old := l.strides
			for k, f := range from {
				l.strides[k] = 0
				if f >= 0 {
					l.strides[k] = old[f]
				}
			}
			return l
		},
		func(n, to int) { g.axes[axesKey{n, from}] = to })
}

// unscaled takes a constant factor off an expression.
func (g *graph) unscaled(n int) (factor float64, rest int) {
	factor = 1
	for g.nodes[n].kind == mul {
		a, b := g.nodes[n].a, g.nodes[n].b
		switch {
		case g.nodes[a].kind == constant:
			factor, n = factor*g.nodes[a].value, b
		case g.nodes[b].kind == constant:
			factor, n = factor*g.nodes[b].value, a
		default:
			return factor, n
		}
	}
	return factor, n
}

// uniform reports whether an expression is the same all along an axis.
func (g *graph) uniform(n, axis int) bool {
	x := &g.nodes[n]
	if x.kind == load {
		return x.strides[axis] == 0
	}
	return !slices.ContainsFunc(x.args(), func(a int) bool { return !g.uniform(a, axis) })
}

// reads calls visit with the loads of an expression, each once.
func (g *graph) reads(n int, visit func(n int)) {
	g.walk(n, map[int]bool{}, func(n int) {
		if g.nodes[n].kind == load {
			visit(n)
		}
	})
}

// operations calls visit with the operations of an expression, each once.
func (g *graph) operations(n int, visit func(n int)) {
	g.walk(n, map[int]bool{}, func(n int) {
		if g.nodes[n].kind >= add {
			visit(n)
		}
	})
}

func (g *graph) walk(n int, seen map[int]bool, visit func(n int)) {
	if seen[n] {
		return
	}
	seen[n] = true
	visit(n)
	for _, a := range g.nodes[n].args() {
		g.walk(a, seen, visit)
	}
}
