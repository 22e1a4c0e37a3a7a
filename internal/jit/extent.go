package jit

// extent is how far a kernel's loads and stores of a field reach from the point, in
// elements: the least and the greatest.
type extent struct{ lo, hi int }

// extents returns that of each field; of one that is not used, zero.
func (k *Kernel) extents() []extent {
	out := make([]extent, len(k.Fields))
	used := make([]bool, len(k.Fields))
	see := func(f, o int) {
		e := &out[f]
		if !used[f] {
			*e, used[f] = extent{o, o}, true
		}
		e.lo, e.hi = min(e.lo, o), max(e.hi, o)
	}
	for i := range k.Nodes {
		if n := &k.Nodes[i]; n.Kind == Load {
			s := k.Fields[n.Field]
			see(n.Field, n.DX*s.StrideX+n.DY*s.StrideY+n.DZ*s.StrideZ)
		}
	}
	for _, s := range k.Stores {
		see(s.Field, 0)
	}
	return out
}

// Reach returns the extent of each field: how far before and behind the point, in
// elements, a buffer must go.
func (k *Kernel) Reach() (lo, hi []int) {
	for _, e := range k.extents() {
		lo, hi = append(lo, e.lo), append(hi, e.hi)
	}
	return lo, hi
}
