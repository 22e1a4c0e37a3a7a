package jit

// level says how often a value is computed.
type level uint8

const (
	ofNothing level = iota // constants
	ofCall                 // the same in all rows of planes
	ofRow                  // the same along a row
	ofPoint
	levels
)

// block is a kernel expanded and scheduled.
type block struct {
	k      *Kernel
	shape  Shape
	level  []level // of each node
	entire []bool  // loads that are cut: all of their lanes are needed
	once   []int   // nodes that those of higher levels need, in spills
	stores [levels][]placed
	steps  [levels][]step
}

// given reports whether node i is at hand when a level is computed.
func (b *block) given(i int, l level) bool { return b.level[i] < l && b.k.Nodes[i].Kind != Const }

func (g *generator) newBlock(shape Shape) *block {
	b := &block{shape: shape}
	b.k, b.stores[ofPoint] = expand(g.k, shape, g.vector/g.size, g.o.whole())
	b.entire = make([]bool, len(b.k.Nodes))
	for i := range b.k.Nodes {
		if n := &b.k.Nodes[i]; n.Kind == align {
			b.entire[n.A], b.entire[n.B] = true, true
		}
	}
	b.level = make([]level, len(b.k.Nodes))
	for i := range b.k.Nodes {
		n := &b.k.Nodes[i]
		switch n.Kind {
		case Const:
			continue
		case Load:
			b.level[i] = g.level(n.Field)
			continue
		}
		b.level[i] = ofCall
		for _, a := range n.args() {
			b.level[i] = max(b.level[i], b.level[a])
		}
	}
	needed := make([]bool, len(b.k.Nodes)) // by a higher level
	seen := make([]bool, len(b.k.Nodes))
	var see func(i int, by level)
	see = func(i int, by level) {
		needed[i] = needed[i] || b.level[i] < by
		if !seen[i] {
			seen[i] = true
			for _, a := range b.k.Nodes[i].args() {
				see(a, b.level[i])
			}
		}
	}
	for _, s := range b.stores[ofPoint] {
		see(s.node, ofPoint)
	}
	for i, l := range b.level {
		if needed[i] && l > ofNothing {
			b.stores[l] = append(b.stores[l], placed{field: -1, dx: len(b.once), node: i})
			b.once = append(b.once, i)
		}
	}
	for l := ofCall; l < levels; l++ {
		b.steps[l] = schedule(b.k, b.stores[l], func(i int) bool { return b.given(i, l) })
	}
	return b
}

// level returns how often values of a field are needed.
func (g *generator) level(field int) level {
	switch f := g.k.Fields[field]; {
	case f.StrideX != 0:
		return ofPoint
	case f.StrideY != 0:
		return ofRow
	}
	return ofCall
}

// inOrder returns b's values of a row in the order in which a has them: they share
// spills. Columns add none.
func inOrder(a, b *block) []int {
	out := make([]int, len(a.once))
	number := map[Node]int{}
	key := func(k *Kernel, i int) Node { // by structure: nodes of the two are numbered differently
		return Node{Kind: Const, A: canonical(k, i, number)}
	}
	ids := map[int]int{}
	for spill, n := range a.once {
		ids[key(a.k, n).A] = spill
	}
	for _, n := range b.once {
		out[ids[key(b.k, n).A]] = n
	}
	return out
}

// canonical returns a number that is equal for equal expressions of any kernel.
func canonical(k *Kernel, i int, number map[Node]int) int {
	n := k.Nodes[i]
	switch len(n.args()) {
	case 3:
		n.A, n.B, n.C = canonical(k, n.A, number), canonical(k, n.B, number), canonical(k, n.C, number)
	case 2:
		n.A, n.B = canonical(k, n.A, number), canonical(k, n.B, number)
	}
	if _, ok := number[n]; !ok {
		number[n] = len(number)
	}
	return number[n]
}
