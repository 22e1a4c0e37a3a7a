package jit

import "slices"

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
	nodes = sharingLoads(k, nodes, args)
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

// sharingLoads moves nodes forward that use what has just been loaded and leave no more
// values in registers, alone or with one that needs them: a sum and a difference of the
// same two neighbours take two loads then, not four.
func sharingLoads(k *Kernel, nodes []int, args func(node int) []int) []int {
	const (
		resident = 8  // loads that are still in registers
		window   = 48 // nodes looked at
	)
	s := &pressure{k: k, args: make([][]int, len(k.Nodes)), left: make([]bool, len(k.Nodes)), uses: make([]int, len(k.Nodes))}
	users := make([][]int, len(k.Nodes))
	for _, i := range nodes {
		s.left[i], s.args[i] = true, args(i)
		for _, a := range s.args[i] {
			s.uses[a]++
			users[a] = append(users[a], i)
		}
	}
	left, out := slices.Clone(nodes), make([]int, 0, len(nodes))
	for len(left) > 0 {
		best, least := 0, 1
		for p, i := range left[:min(window, len(left))] {
			more, ok := s.of(i, i)
			if !ok {
				continue
			}
			then := 0
			for _, u := range users[i] {
				if m, ok := s.of(u, i); ok {
					then = min(then, m)
				}
			}
			if more+then < least {
				best, least = p, more+then
			}
		}
		i := left[best]
		for _, a := range s.args[i] {
			s.uses[a]--
			if s.isLoad(a) {
				s.loaded = append(slices.DeleteFunc(s.loaded, func(x int) bool { return x == a }), a)
				s.loaded = s.loaded[max(0, len(s.loaded)-resident):]
			}
		}
		s.left[i] = false
		out = append(out, i)
		left = slices.Delete(left, best, best+1)
	}
	return out
}

// pressure tells how many registers the next nodes need.
type pressure struct {
	k      *Kernel
	args   [][]int // of each node that is to be computed
	left   []bool  // still to be computed
	uses   []int   // by those
	loaded []int   // last: the latest
}

func (s *pressure) isLoad(a int) bool {
	n := &s.k.Nodes[a]
	return n.Kind == Load && s.k.Fields[n.Field].StrideX != 0
}

// of returns how many more values are in registers after node i, a load counted for
// more; false if i cannot be computed yet, after node before.
func (s *pressure) of(i, before int) (more int, ok bool) {
	const load = 2
	args := s.args[i]
	more = 1
	for j, a := range args {
		if s.left[a] && a != before {
			return 0, false
		}
		if slices.Contains(args[:j], a) {
			continue
		}
		here := 0 // uses of a
		for _, b := range args {
			if b == a {
				here++
			}
		}
		switch {
		case s.isLoad(a) && !slices.Contains(s.loaded, a):
			more += load
		case s.uses[a] == here && (s.isLoad(a) || s.args[a] != nil):
			more--
		}
	}
	return more, true
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
