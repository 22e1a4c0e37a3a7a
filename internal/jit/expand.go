package jit

import "slices"

// placed is a store of an expanded kernel: node into field at (dx, dy, dz).
type placed struct{ field, dx, dy, dz, node int }

// Shape is how many points are taken at a time: planes, rows of each, vectors of each row.
type Shape struct{ Planes, Rows, Cols int }

// all returns the shape's blocks, of one vector each, in order.
func (s Shape) all() []Shape {
	var out []Shape
	for p := range s.Planes {
		for r := range s.Rows {
			for c := range s.Cols {
				out = append(out, Shape{p, r, c})
			}
		}
	}
	return out
}

// atLeastOne returns the shape with one for what is 0.
func (s Shape) atLeastOne() Shape { return Shape{max(s.Planes, 1), max(s.Rows, 1), max(s.Cols, 1)} }

// expand repeats a kernel for a block of planes, rows and columns, vl points apart, in
// one kernel: what they share appears once. With whole, loads of some neighbours along a
// row are cut out of loads of whole vectors, vl points apart.
func expand(k *Kernel, shape Shape, vl int, whole bool) (*Kernel, []placed) {
	out := &Kernel{Fields: k.Fields}
	var cut map[line]bool
	if whole {
		cut = worthCutting(k, shape, vl)
	}
	var stores []placed
	for _, at := range shape.all() {
		to := make([]int, len(k.Nodes))
		for i, n := range k.Nodes {
			switch n.Kind {
			case Const:
				to[i] = out.put(n)
			case Load:
				n.DX, n.DY, n.DZ = n.DX+at.Cols*vl, n.DY+at.Rows, n.DZ+at.Planes
				to[i] = out.load(n, vl, cut)
			default:
				n.A, n.B = to[n.A], to[n.B]
				if len(n.args()) == 3 {
					n.C = to[n.C]
				}
				to[i] = out.put(n)
			}
		}
		for _, s := range k.Stores {
			stores = append(stores, placed{s.Field, at.Cols * vl, at.Rows, at.Planes, to[s.Node]})
		}
	}
	return out, stores
}

// line is a line of a block's loads along a row.
type line struct{ field, dy, dz int }

// worthCutting returns the lines along which vectors do not take more loads if they are
// cut out of whole ones. Others cross the borders of cache lines, which takes twice as
// long.
func worthCutting(k *Kernel, shape Shape, vl int) map[line]bool {
	type lanes struct{ whole, between map[int]bool } // where loads begin
	all := map[line]lanes{}
	for i := range k.Nodes {
		n := &k.Nodes[i]
		if n.Kind != Load || k.Fields[n.Field].StrideX == 0 {
			continue
		}
		for _, b := range shape.all() {
			at := line{n.Field, n.DY + b.Rows, n.DZ + b.Planes}
			if _, ok := all[at]; !ok {
				all[at] = lanes{map[int]bool{}, map[int]bool{}}
			}
			if x := n.DX + b.Cols*vl; floor(x, vl) == x {
				all[at].whole[x] = true
			} else {
				all[at].between[x] = true
			}
		}
	}
	out := map[line]bool{}
	for at, l := range all {
		more := map[int]bool{}
		for x := range l.between {
			for _, w := range []int{floor(x, vl), floor(x, vl) + vl} {
				if !l.whole[w] {
					more[w] = true
				}
			}
		}
		out[at] = len(l.between) > 0 && len(more) <= len(l.between)
	}
	return out
}

// floor returns the greatest multiple of n up to x.
func floor(x, n int) int { return x - ((x%n)+n)%n }

// load returns the node of a load within a block.
func (k *Kernel) load(n Node, vl int, cut map[line]bool) int {
	from := floor(n.DX, vl)
	if from == n.DX || !cut[line{n.Field, n.DY, n.DZ}] {
		return k.Load(n.Field, n.DX, n.DY, n.DZ)
	}
	lo, hi := k.Load(n.Field, from, n.DY, n.DZ), k.Load(n.Field, from+vl, n.DY, n.DZ)
	return k.put(Node{Kind: align, A: hi, B: lo, DX: n.DX - from})
}

// withoutWaiting moves nodes a little forward where others before them wait for their
// arguments: processors look ahead, but not far enough for chains of multiply-adds.
func withoutWaiting(nodes []int, args func(node int) []int) []int {
	const (
		window  = 16 // nodes looked at: more would need more registers
		latency = 8  // of an operation, in operations
	)
	const unknown = -1
	ready := map[int]int{} // of nodes: when they are computed
	for _, i := range nodes {
		ready[i] = unknown
	}
	// start returns when the arguments of i are there; unknown if not all are computed.
	start := func(i int) int {
		from := 0
		for _, a := range args(i) {
			if t, ok := ready[a]; ok {
				if t == unknown {
					return unknown
				}
				from = max(from, t)
			}
		}
		return from
	}
	left, out := slices.Clone(nodes), make([]int, 0, len(nodes))
	for now := 0; len(left) > 0; now++ {
		best, when := -1, 0
		for p, i := range left[:min(window, len(left))] {
			if t := start(i); t != unknown && (best < 0 || t < when) {
				best, when = p, t
			}
			if best >= 0 && when <= now {
				break
			}
		}
		now = max(now, when)
		ready[left[best]] = now + latency
		out = append(out, left[best])
		left = slices.Delete(left, best, best+1)
	}
	return out
}

// step is one entry of a schedule: a node to compute, or (node < 0) a store.
type step struct{ node, store int }

// schedule orders the nodes that the stores need depth first, those that need more
// registers first, without what leaf says is at hand already. Each store comes as
// early as it can, but after every use of what it overwrites.
func schedule(k *Kernel, stores []placed, leaf func(node int) bool) []step {
	args := func(i int) []int {
		if leaf(i) {
			return nil
		}
		return k.Nodes[i].args()
	}
	need := make([]int, len(k.Nodes)) // registers, after Sethi and Ullman
	for i := range k.Nodes {
		most, twice := 0, 0
		for _, a := range args(i) {
			if need[a] > most {
				most, twice = need[a], 0
			} else if need[a] == most {
				twice = 1
			}
		}
		need[i] = max(1, most+twice)
	}
	var nodes []int
	done := make([]bool, len(k.Nodes))
	pos := make([]int, len(k.Nodes))
	var visit func(i int)
	visit = func(i int) {
		if done[i] {
			return
		}
		done[i] = true
		a := args(i)
		if a == nil {
			return
		}
		left := append([]int(nil), a...)
		if len(left) == 3 {
			left = []int{a[2], a[0], a[1]}
		}
		for len(left) > 0 {
			best := 0
			for j := range left {
				if need[left[j]] > need[left[best]] {
					best = j
				}
			}
			visit(left[best])
			left = append(left[:best], left[best+1:]...)
		}
		pos[i] = len(nodes)
		nodes = append(nodes, i)
	}
	for _, s := range stores {
		visit(s.node)
	}
	nodes = withoutWaiting(nodes, args)
	for p, i := range nodes {
		pos[i] = p
	}
	after := make([][]int, len(nodes)+1) // after[p]: stores behind the first p nodes
	for si, s := range stores {
		p := 0
		if args(s.node) != nil {
			p = pos[s.node] + 1
		}
		for at, i := range nodes {
			for _, a := range args(i) {
				n := &k.Nodes[a]
				if n.Kind == Load && n.Field == s.field && n.DX == s.dx && n.DY == s.dy && n.DZ == s.dz {
					p = max(p, at+1)
				}
			}
		}
		after[p] = append(after[p], si)
	}
	var out []step
	for p := range after {
		for _, s := range after[p] {
			out = append(out, step{-1, s})
		}
		if p < len(nodes) {
			out = append(out, step{nodes[p], -1})
		}
	}
	return out
}
