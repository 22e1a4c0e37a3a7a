package jit

// placed is a store of an expanded kernel: node into field at (dx, dy).
type placed struct{ field, dx, dy, node int }

// expand repeats a kernel for a block of rows and of columns, vl points apart, in
// one kernel: what they share appears once. With whole, loads of some neighbours along a
// row are cut out of loads of whole vectors, vl points apart.
func expand(k *Kernel, rows, cols, vl int, whole bool) (*Kernel, []placed) {
	out := &Kernel{Fields: k.Fields}
	var cut map[line]bool
	if whole {
		cut = worthCutting(k, rows, cols, vl)
	}
	var stores []placed
	for r := range rows {
		for c := range cols {
			to := make([]int, len(k.Nodes))
			for i, n := range k.Nodes {
				switch n.Kind {
				case Const:
					to[i] = out.put(n)
				case Load:
					to[i] = out.load(n, r, n.DX+c*vl, vl, cut)
				default:
					n.A, n.B = to[n.A], to[n.B]
					if len(n.args()) == 3 {
						n.C = to[n.C]
					}
					to[i] = out.put(n)
				}
			}
			for _, s := range k.Stores {
				stores = append(stores, placed{s.Field, c * vl, r, to[s.Node]})
			}
		}
	}
	return out, stores
}

// line is a line of a block's loads along a row.
type line struct{ field, dy, dz int }

// worthCutting returns the lines along which vectors do not take more loads if they are
// cut out of whole ones. Others cross the borders of cache lines, which takes twice as
// long.
func worthCutting(k *Kernel, rows, cols, vl int) map[line]bool {
	type lanes struct{ whole, between map[int]bool } // where loads begin
	all := map[line]lanes{}
	for i := range k.Nodes {
		n := &k.Nodes[i]
		if n.Kind != Load || k.Fields[n.Field].StrideX == 0 {
			continue
		}
		for r := range rows {
			at := line{n.Field, n.DY + r, n.DZ}
			if _, ok := all[at]; !ok {
				all[at] = lanes{map[int]bool{}, map[int]bool{}}
			}
			for c := range cols {
				x := n.DX + c*vl
				if floor(x, vl) == x {
					all[at].whole[x] = true
				} else {
					all[at].between[x] = true
				}
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

// load returns the node of a load at lane x of row r of a block.
func (k *Kernel) load(n Node, r, x, vl int, cut map[line]bool) int {
	from := floor(x, vl)
	if from == x || !cut[line{n.Field, n.DY + r, n.DZ}] {
		return k.Load(n.Field, x, n.DY+r, n.DZ)
	}
	lo, hi := k.Load(n.Field, from, n.DY+r, n.DZ), k.Load(n.Field, from+vl, n.DY+r, n.DZ)
	return k.put(Node{Kind: align, A: hi, B: lo, DX: x - from})
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
	after := make([][]int, len(nodes)+1) // after[p]: stores behind the first p nodes
	for si, s := range stores {
		p := 0
		if args(s.node) != nil {
			p = pos[s.node] + 1
		}
		for at, i := range nodes {
			for _, a := range args(i) {
				n := &k.Nodes[a]
				if n.Kind == Load && n.Field == s.field && n.DX == s.dx && n.DY == s.dy {
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
