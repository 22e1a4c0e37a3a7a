package stencil

import (
	"fmt"
	"math"
)

// OpKind is what a Node of a Graph does.
type OpKind uint8

// Node kinds; Args index earlier nodes.
const (
	OpConst  OpKind = iota // Value
	OpLoad                 // Slot at Off
	OpAdd                  // sum of Args, left to right
	OpMul                  // product of Args, left to right
	OpLinear               // sum of W[k] * Args[k]
)

// Node is one value of a Graph.
type Node struct {
	Kind  OpKind
	Value float64
	Field *Field // OpLoad
	Slot  int    // OpLoad
	Off   Offset // OpLoad
	Args  []int
	W     []float64 // OpLinear
	Name  string    // of the common term, for printed code
}

// Output stores node Node in slot Slot, a buffer with Field's layout.
type Output struct {
	Field *Field
	Slot  int
	Node  int
}

// Graph is an Update at one point as straight-line arithmetic: nodes in an order
// in which each needs only earlier ones, every value once. Taps are unrolled:
// what they shift has become loads at other offsets.
type Graph struct {
	Nodes   []Node
	Outputs []Output
}

// NewGraph lowers the assignments of op where the PML terms of exactly the
// dimensions inPML are in force.
func NewGraph(op Op, ndim int, inPML func(dim int) bool) (*Graph, error) {
	u := make(Update, len(op.Assigns))
	for i, a := range op.Assigns {
		u[i] = Assign{a.Field, a.RHS}
	}
	p := (&Program{NDim: ndim, Body: []Stmt{u}}).Specialize(inPML)
	slot := map[*Field]int{}
	for _, a := range op.Assigns {
		slot[a.Field] = a.Dst
	}
	b := newGraphBuilder(op)
	for _, a := range p.Body[0].(Update) {
		n := b.lower(a.RHS, Offset{})
		if b.err != nil {
			return nil, b.err
		}
		b.g.Outputs = append(b.g.Outputs, Output{a.Dst, slot[a.Dst], n})
	}
	return &b.g, nil
}

type shiftedExpr struct {
	e Expr
	o Offset
}

type graphBuilder struct {
	g     Graph
	slots map[*Field]int
	memo  map[shiftedExpr]int
	lists lists
	byKey map[nodeKey]int
	err   error
}

// nodeKey is equal for nodes that compute the same.
type nodeKey struct {
	kind    OpKind
	value   uint64 // bits: 0 and -0 differ
	field   *Field
	off     Offset
	args, w int // of lists
}

func newGraphBuilder(op Op) *graphBuilder {
	return &graphBuilder{slots: op.Slot, memo: map[shiftedExpr]int{}, lists: lists{}, byKey: map[nodeKey]int{}}
}

// put returns the node that computes n, an old one if there is one.
func (b *graphBuilder) put(n Node) int {
	k := nodeKey{n.Kind, math.Float64bits(n.Value), n.Field, n.Off, b.lists.ints(n.Args), b.lists.floats(n.W)}
	if old, ok := b.byKey[k]; ok {
		return old
	}
	b.byKey[k] = len(b.g.Nodes)
	b.g.Nodes = append(b.g.Nodes, n)
	return b.byKey[k]
}

// lower returns the node of e at the point plus o.
func (b *graphBuilder) lower(e Expr, o Offset) int {
	k := shiftedExpr{e, o}
	if n, ok := b.memo[k]; ok {
		return n
	}
	n := b.build(e, o)
	b.memo[k] = n
	return n
}

func (b *graphBuilder) list(es []Expr, o Offset) []int {
	out := make([]int, len(es))
	for i, e := range es {
		out[i] = b.lower(e, o)
	}
	return out
}

func (b *graphBuilder) build(e Expr, o Offset) int {
	switch e := e.(type) {
	case Const:
		return b.put(Node{Kind: OpConst, Value: float64(e)})
	case Load:
		at := o.plus(e.Off)
		if e.Field.Kind == Profile { // it varies along its own dimension only
			at = Along(e.Field.Dim, at[e.Field.Dim])
		}
		return b.put(Node{Kind: OpLoad, Field: e.Field, Slot: b.slots[e.Field], Off: at})
	case *Sum:
		return b.put(Node{Kind: OpAdd, Args: b.list(e.Terms, o)})
	case *Prod:
		return b.put(Node{Kind: OpMul, Args: b.list(e.Factors, o)})
	case *Tap:
		args := make([]int, len(e.Off))
		for i, t := range e.Off {
			args[i] = b.lower(e.X, o.plus(t))
		}
		return b.put(Node{Kind: OpLinear, Args: args, W: e.W})
	case *Let:
		n := b.lower(e.X, o)
		if o == (Offset{}) && b.g.Nodes[n].Name == "" {
			b.g.Nodes[n].Name = e.Name
		}
		return n
	case Param:
		b.err = fmt.Errorf("stencil: parameter %s has no value; Bind it", string(e))
		return b.put(Node{Kind: OpConst})
	}
	panic(fmt.Sprintf("stencil: unknown expression %T", e))
}

// NewPointGraph lowers an expression that an Inject or a Record evaluates at
// single points; its one Output is the value, in no slot.
func NewPointGraph(op Op, x Expr) (*Graph, error) {
	b := newGraphBuilder(op)
	n := b.lower(x, Offset{})
	b.g.Outputs = []Output{{nil, -1, n}}
	return &b.g, b.err
}
