package jit

// placed is a store of an expanded kernel: node into field at (dx, dy).
type placed struct{ field, dx, dy, node int }

// expand repeats a kernel for a block of rows and of columns, vl points apart, in
// one kernel: what they share appears once.
func expand(k *Kernel, rows, cols, vl int) (*Kernel, []placed) {
	out := &Kernel{Fields: k.Fields}
	var stores []placed
	for r := range rows {
		for c := range cols {
			to := make([]int, len(k.Nodes))
			for i, n := range k.Nodes {
				switch n.Kind {
				case Const:
					to[i] = out.put(n)
				case Load:
					to[i] = out.Load(n.Field, n.DX+c*vl, n.DY+r, n.DZ)
				default:
					n.A, n.B = to[n.A], to[n.B]
					if n.Kind >= FMA {
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
