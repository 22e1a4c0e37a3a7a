package cpu

import (
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/internal/jit"
	"github.com/d52adeda/wave/stencil"
)

// generated is a kernel that is machine code.
type generated[T array.Float] struct {
	code  *jit.Code
	slots []slotField // by field of the kernel
	cost  int
}

// slotField is a slot, and the field whose layout it has.
type slotField struct {
	slot  int
	field *stencil.Field
}

func (k *generated[T]) need() need { return need{} }

func (k *generated[T]) work() int { return k.cost }

func (k *generated[T]) bind(m *memory[T], shot int, r *stencil.Region) (runner[T], error) {
	ops := make([]jit.Operand, len(k.slots))
	for i, s := range k.slots {
		ops[i] = jit.Of(m.buf[s.slot], m.begin(s.slot, s.field, shot, r, r.Lo))
		ops[i].Margin = margin[T]()
	}
	n := [3]int{1, 1, 1} // along x, y, z
	for d := range m.layout.NDim {
		n[m.layout.NDim-1-d] = r.Hi[d] - r.Lo[d]
	}
	b, err := k.code.Bind(ops, n[0], n[1], n[2])
	return &bound[T]{b, r.Lo, m.layout.NDim}, err
}

// bound is generated code in its place.
type bound[T array.Float] struct {
	*jit.Bound
	origin [3]int
	ndim   int
}

func (b *bound[T]) run(lo, hi [3]int, scratch *scratch[T]) {
	for d, o := range b.origin {
		lo[d] -= o
		hi[d] -= o
	}
	switch b.ndim {
	case 1:
		b.Run(scratch.frame, lo[0], hi[0], 0, 1, 0, 1)
	case 2:
		b.Run(scratch.frame, lo[1], hi[1], lo[0], hi[0], 0, 1)
	case 3:
		b.Run(scratch.frame, lo[2], hi[2], lo[1], hi[1], lo[0], hi[0])
	}
}

// lowering turns a graph into a kernel of package jit: sums become chains of
// multiply-adds.
type lowering struct {
	g     *stencil.Graph
	k     *jit.Kernel
	m     *places
	slots []slotField
	field map[int]int // slot -> field of the kernel
	uses  []int
	value []int // node -> node of the kernel, or -1
}

func lower(g *stencil.Graph, m *places) *lowering {
	w := &lowering{
		g: g, k: &jit.Kernel{}, m: m, field: map[int]int{},
		uses: make([]int, len(g.Nodes)), value: make([]int, len(g.Nodes)),
	}
	for i := range g.Nodes {
		w.value[i] = -1
		for _, a := range g.Nodes[i].Args {
			w.uses[a]++
		}
	}
	for _, o := range g.Outputs {
		w.uses[o.Node]++
		w.add(o.Slot, o.Field)
	}
	for _, o := range g.Outputs {
		w.k.Store(w.field[o.Slot], w.node(o.Node))
	}
	return w
}

// add returns the kernel's field for a slot.
func (w *lowering) add(slot int, f *stencil.Field) int {
	if i, ok := w.field[slot]; ok {
		return i
	}
	var s [3]int // along x, y, z
	for d := range w.m.layout.NDim {
		s[w.m.layout.NDim-1-d] = w.m.strides[slot][d]
	}
	w.field[slot] = w.k.AddField(jit.Field{StrideX: s[0], StrideY: s[1], StrideZ: s[2]})
	w.slots = append(w.slots, slotField{slot, f})
	return w.field[slot]
}

// node returns the kernel's node for node i.
func (w *lowering) node(i int) int {
	if w.value[i] < 0 {
		w.value[i] = w.k.Sum(w.terms(nil, i, 1, true))
	}
	return w.value[i]
}

// terms appends c times node i as a sum of products. Sums that nothing else needs
// are taken apart.
func (w *lowering) terms(out []jit.Term, i int, c float64, apart bool) []jit.Term {
	n := &w.g.Nodes[i]
	apart = apart || w.uses[i] == 1
	switch {
	case n.Kind == stencil.OpConst:
		return append(out, jit.Term{Coeff: c * n.Value})
	case n.Kind == stencil.OpLoad:
		nd := w.m.layout.NDim
		var o [3]int
		for d := range nd {
			o[nd-1-d] = n.Off[d]
		}
		return append(out, jit.Term{Coeff: c, Factors: []int{w.k.Load(w.add(n.Slot, n.Field), o[0], o[1], o[2])}})
	case !apart:
		return append(out, jit.Term{Coeff: c, Factors: []int{w.node(i)}})
	case n.Kind == stencil.OpAdd:
		for _, a := range n.Args {
			out = w.terms(out, a, c, false)
		}
		return out
	case n.Kind == stencil.OpLinear:
		for k, a := range n.Args {
			if w.g.Nodes[a].Kind == stencil.OpMul { // whole: points beside each other share it
				out = append(out, jit.Term{Coeff: c * n.W[k], Factors: []int{w.node(a)}})
			} else {
				out = w.terms(out, a, c*n.W[k], false)
			}
		}
		return out
	}
	var factors []int
	for _, a := range n.Args {
		if x := &w.g.Nodes[a]; x.Kind == stencil.OpConst {
			c *= x.Value
		} else {
			factors = append(factors, a)
		}
	}
	switch len(factors) {
	case 0:
		return append(out, jit.Term{Coeff: c})
	case 1:
		return w.terms(out, factors[0], c, false)
	}
	t := jit.Term{Coeff: c}
	for _, a := range factors {
		t.Factors = append(t.Factors, w.node(a))
	}
	return append(out, t)
}

// ahead is about how many vectors before they are needed values are fetched, in planes
// that come from memory: a row or some, since a region's first rows are not fetched.
const ahead = 4

// generate compiles a graph to machine code, for rows of so many cells; with a trial
// if the work is worth one. fetch says that planes come from memory.
func generate[T array.Float](g *stencil.Graph, m *places, isa jit.ISA, width int, trial, fetch bool) (*generated[T], error) {
	w := lower(g, m)
	var z T
	_, f64 := any(z).(float64)
	o := jit.Options{ISA: isa, Float64: f64, Shape: usual, Margin: margin[T]()}
	if fetch { // what a trial finds in the cache says nothing of this
		vectors := (width*sizeOf(z) + line - 1) / line
		o.Shape, o.Ahead, trial = streaming, (ahead+vectors-1)/vectors, false
	}
	var code *jit.Code
	var err error
	if trial {
		code, err = try[T](w.k, o, width)
	} else {
		code, err = codeFor(w.k, o)
	}
	if err != nil {
		return nil, err
	}
	return &generated[T]{code, w.slots, len(w.k.Nodes)}, nil
}
