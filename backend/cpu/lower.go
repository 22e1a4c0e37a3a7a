package cpu

import (
	"github.com/d52adeda/wave/internal/jit"
	"github.com/d52adeda/wave/stencil"
)

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
