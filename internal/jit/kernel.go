package jit

import (
	"math"
	"slices"
)

// Kind says what a Node computes.
type Kind uint8

// Kinds of nodes; A, B and C are numbers of earlier nodes.
const (
	Const Kind = iota // Value, rounded to the element type
	Load              // Field at (DX, DY, DZ)
	Add               // A + B
	Sub               // A - B
	Mul               // A * B
	FMA               // A*B + C, rounded once
	FMS               // A*B - C, rounded once
	FNMA              // C - A*B, rounded once
)

// Node is one value at a point.
type Node struct {
	Kind              Kind
	A, B, C           int
	Value             float64
	Field, DX, DY, DZ int
}

// args returns the nodes that n reads.
func (n *Node) args() []int {
	switch n.Kind {
	case Add, Sub, Mul:
		return []int{n.A, n.B}
	case FMA, FMS, FNMA:
		return []int{n.A, n.B, n.C}
	}
	return nil
}

// Field is how a buffer lies in memory: distances between neighbours, in elements.
type Field struct {
	StrideX          int // 1, or 0: the same all along a row
	StrideY, StrideZ int
}

// Store puts a node's value into a field at the point.
type Store struct{ Field, Node int }

// Kernel is arithmetic at a point: every value once (equal nodes are one node).
type Kernel struct {
	Fields []Field
	Nodes  []Node
	Stores []Store
	index  map[Node]int
}

// AddField adds a field and returns its number.
func (k *Kernel) AddField(f Field) int {
	k.Fields = append(k.Fields, f)
	return len(k.Fields) - 1
}

func (k *Kernel) put(n Node) int {
	if i, ok := k.index[n]; ok {
		return i
	}
	if k.index == nil {
		k.index = map[Node]int{}
	}
	k.Nodes = append(k.Nodes, n)
	k.index[n] = len(k.Nodes) - 1
	return len(k.Nodes) - 1
}

// Const returns the node of a number.
func (k *Kernel) Const(v float64) int {
	if v == 0 {
		v = 0 // -0 and 0 are one key
	}
	return k.put(Node{Kind: Const, Value: v})
}

// Load returns the node of a field's value at an offset from the point. Offsets
// along axes that the field does not have mean nothing.
func (k *Kernel) Load(field, dx, dy, dz int) int {
	f := k.Fields[field]
	n := Node{Kind: Load, Field: field, DX: dx, DY: dy, DZ: dz}
	if f.StrideX == 0 {
		n.DX = 0
	}
	if f.StrideY == 0 {
		n.DY = 0
	}
	if f.StrideZ == 0 {
		n.DZ = 0
	}
	return k.put(n)
}

// Add returns a + b.
func (k *Kernel) Add(a, b int) int { return k.put(Node{Kind: Add, A: a, B: b}) }

// Sub returns a - b.
func (k *Kernel) Sub(a, b int) int { return k.put(Node{Kind: Sub, A: a, B: b}) }

// Mul returns a * b.
func (k *Kernel) Mul(a, b int) int { return k.put(Node{Kind: Mul, A: a, B: b}) }

// FMA returns a*b + c, rounded once.
func (k *Kernel) FMA(a, b, c int) int { return k.put(Node{Kind: FMA, A: a, B: b, C: c}) }

// FMS returns a*b - c, rounded once.
func (k *Kernel) FMS(a, b, c int) int { return k.put(Node{Kind: FMS, A: a, B: b, C: c}) }

// FNMA returns c - a*b, rounded once.
func (k *Kernel) FNMA(a, b, c int) int { return k.put(Node{Kind: FNMA, A: a, B: b, C: c}) }

// Store puts node n into a field. A kernel stores into a field once, and of what it
// stores into it loads the point itself only.
func (k *Kernel) Store(field, n int) {
	if k.Nodes[n].Kind == Load { // a value of its own: another store may overwrite what is loaded
		n = k.Mul(k.Const(1), n)
	}
	k.Stores = append(k.Stores, Store{field, n})
}

// Term is one term of a Sum: Coeff times the product of Factors, nodes.
type Term struct {
	Coeff   float64
	Factors []int
}

// Sum returns the sum of the terms, as a chain of fused multiply-adds in the order
// given. Terms with the same factors are one. Of a product, what is the same along
// a row is multiplied first, so that it is computed once a row.
func (k *Kernel) Sum(terms []Term) int {
	var merged []Term
	for _, t := range terms {
		t.Factors = slices.Clone(t.Factors)
		slices.SortStableFunc(t.Factors, func(a, b int) int {
			if u, v := k.Uniform(a), k.Uniform(b); u != v {
				if u {
					return -1
				}
				return 1
			}
			return a - b
		})
		i := slices.IndexFunc(merged, func(o Term) bool { return slices.Equal(o.Factors, t.Factors) })
		if i < 0 {
			merged = append(merged, t)
		} else {
			merged[i].Coeff += t.Coeff
		}
	}
	acc := -1
	for _, t := range merged {
		if t.Coeff != 0 {
			acc = k.accumulate(acc, t)
		}
	}
	if acc < 0 {
		return k.Const(0)
	}
	return acc
}

// accumulate adds a term to acc, which is -1 before the first.
func (k *Kernel) accumulate(acc int, t Term) int {
	negative := t.Coeff == -1
	f := t.Factors
	switch {
	case len(f) == 0:
		f = []int{k.Const(t.Coeff)}
		negative = false
	case math.Abs(t.Coeff) != 1:
		f = append([]int{k.Const(t.Coeff)}, f...)
	}
	for len(f) > 2 {
		f = append([]int{k.Mul(f[0], f[1])}, f[2:]...)
	}
	one := len(f) == 1
	switch {
	case acc < 0 && !negative && one:
		return f[0]
	case acc < 0 && !negative:
		return k.Mul(f[0], f[1])
	case acc < 0 && one:
		return k.Mul(k.Const(-1), f[0])
	case acc < 0:
		return k.Mul(k.Mul(k.Const(-1), f[0]), f[1])
	case one && negative:
		return k.Sub(acc, f[0])
	case one:
		return k.Add(acc, f[0])
	case negative:
		return k.FNMA(f[0], f[1], acc)
	}
	return k.FMA(f[0], f[1], acc)
}

// Uniform reports whether node n is the same all along a row.
func (k *Kernel) Uniform(n int) bool {
	node := &k.Nodes[n]
	if node.Kind == Load {
		return k.Fields[node.Field].StrideX == 0
	}
	for _, a := range node.args() {
		if !k.Uniform(a) {
			return false
		}
	}
	return true
}
