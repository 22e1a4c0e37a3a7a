package stencil

// Entry is one cell of a point's footprint: Cell indexes the padded grid
// (row-major), Weight multiplies the sample.
type Entry struct {
	Cell   int
	Weight float64
}

// Points holds, for one shot, the footprint of each point. A point without
// entries is ignored: it injects nothing and records zeros.
type Points [][]Entry

// Moved returns the points with their cells o further on. What comes to lie in the halo
// is left out.
func (p Points) Moved(l *Layout, o Offset) Points {
	if o == (Offset{}) {
		return p
	}
	by := 0 // cells
	for d, n := range l.Shape {
		by = by*n + o[d]
	}
	out := make(Points, len(p))
	for i, entries := range p {
		for _, e := range entries {
			inside := true
			for d, n := range l.Shape {
				x := l.Coordinate(e.Cell, d) + o[d]
				inside = inside && x >= l.Halo && x < n-l.Halo
			}
			if inside {
				out[i] = append(out[i], Entry{e.Cell + by, e.Weight})
			}
		}
	}
	return out
}

// CellPoints is the same by cell, in order of first appearance: what Inject runs
// over, so that overlapping footprints need no atomics.
type CellPoints struct {
	Cells []int
	// Cell c receives Weight[k] times point Point[k], k from Start[c] to Start[c+1].
	Start  []int
	Point  []int
	Weight []float64
}

// ByCell sorts the entries of p by cell.
func (p Points) ByCell() CellPoints {
	type share struct {
		point  int
		weight float64
	}
	at := map[int]int{}
	var out CellPoints
	var shares [][]share
	for i, entries := range p {
		for _, e := range entries {
			c, ok := at[e.Cell]
			if !ok {
				c = len(out.Cells)
				at[e.Cell] = c
				out.Cells = append(out.Cells, e.Cell)
				shares = append(shares, nil)
			}
			shares[c] = append(shares[c], share{i, e.Weight})
		}
	}
	out.Start = []int{0}
	for _, list := range shares {
		for _, s := range list {
			out.Point = append(out.Point, s.point)
			out.Weight = append(out.Weight, s.weight)
		}
		out.Start = append(out.Start, len(out.Point))
	}
	return out
}
