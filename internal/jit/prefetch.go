package jit

import "unsafe"

// Fetches is memory that is to be there when it is needed: see Frame.Fetch.
type Fetches struct{ list []fetch }

// fetch is memory from a place on, of which so many doses are still to be fetched.
type fetch struct {
	at    uintptr
	doses int64
}

const (
	cacheLine = 64
	// dose is how many lines a row fetches: a core drops what exceeds the two dozen misses that it
	// can have on the way.
	dose = 12
)

var nothing fetch // ends a list

// Clear empties the list.
func (l *Fetches) Clear() { l.list = l.list[:0] }

// Add appends so many bytes. It does not matter if there is no such memory.
func (l *Fetches) Add(at unsafe.Pointer, bytes int) {
	if bytes > 0 {
		l.list = append(l.list, fetch{uintptr(at), int64((bytes + dose*cacheLine - 1) / (dose * cacheLine))})
	}
}

// Fetch has code that was compiled with Options.Ahead fetch a list to the second level of
// the cache, some lines beside the work of each row. The frame uses the list until it is
// given another one; the caller keeps it.
func (f *Frame) Fetch(l *Fetches) {
	l.list = append(l.list, nothing)
	f.fetch = uintptr(unsafe.Pointer(unsafe.SliceData(l.list)))
}

// fetchDose emits what a row fetches of the frame's list.
func (g *generator) fetchDose() {
	if g.o.Ahead == 0 {
		return
	}
	at := address{base: rax, index: -1, disp: int32(unsafe.Offsetof(fetch{}.at))}
	doses := address{base: rax, index: -1, disp: int32(unsafe.Offsetof(fetch{}.doses))}
	done := g.newLabel()
	g.load(rax, inFrame(atFetch))
	g.groupMem(opCmp, doses, 0)
	g.jumpIf(equal, done)
	g.load(rdx, at)
	for i := range int32(dose) {
		g.prefetch(address{base: rdx, index: -1, disp: i * cacheLine})
	}
	g.groupMem(opAdd, at, dose*cacheLine)
	g.groupMem(opSub, doses, 1)
	g.jumpIf(notEqual, done)
	g.groupMem(opAdd, inFrame(atFetch), int32(unsafe.Sizeof(fetch{})))
	g.bind(done)
}

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
