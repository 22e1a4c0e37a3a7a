package jit

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

	// align is, within expanded kernels, DX lanes on from B: vector A follows it.
	align Kind = 255
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
	case Add, Sub, Mul, align:
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
