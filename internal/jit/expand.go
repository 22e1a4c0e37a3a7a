package jit

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
