package jit

// ahead returns what to prefetch for a block, a line each vector: of each plane of each
// field that varies along rows and columns the row that is reached first.
func (g *generator) ahead(shape Shape) []Node {
	if g.o.Ahead == 0 {
		return nil
	}
	type plane struct{ field, dz int }
	var planes []plane
	lead := map[plane]int{} // row
	see := func(p plane, dy int) {
		if y, ok := lead[p]; !ok {
			planes = append(planes, p)
			lead[p] = dy
		} else {
			lead[p] = max(y, dy)
		}
	}
	for z := range shape.Planes {
		for _, s := range g.k.Stores {
			see(plane{s.Field, z}, 0)
		}
		for i := range g.k.Nodes {
			n := &g.k.Nodes[i]
			if n.Kind != Load {
				continue
			}
			if f := g.k.Fields[n.Field]; f.StrideX != 0 && f.StrideY != 0 {
				see(plane{n.Field, n.DZ + z}, n.DY)
			}
		}
	}
	var out []Node
	for _, p := range planes {
		for r := range shape.Rows {
			for c := range shape.Cols {
				out = append(out, Node{Field: p.field, DX: c * g.o.lanes(), DY: lead[p] + g.o.Ahead + r, DZ: p.dz})
			}
		}
	}
	return out
}
