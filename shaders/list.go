package shaders

import "github.com/d52adeda/wave/stencil"

// List is the tables of an injecting or recording kernel, of all shots; see the
// package comment.
type List struct {
	Start, Cell, Point []int32
	Weight             []float64
}

// NewList lists the points of each shot for a kernel, and tells the grid how many
// there are.
func NewList(g *Grid, k *Kernel, shots []stencil.Points) *List {
	out := &List{Start: []int32{0}}
	for shot, points := range shots {
		if k.Work == Record {
			for _, entries := range points {
				for _, e := range entries {
					out.Cell, out.Weight = append(out.Cell, int32(g.Cell(e.Cell))), append(out.Weight, e.Weight)
				}
				out.Start = append(out.Start, int32(len(out.Weight)))
			}
			continue
		}
		by := points.Moved(g.Layout, k.Off).ByCell()
		for c, cell := range by.Cells {
			out.Cell = append(out.Cell, int32(g.Cell(cell)))
			for k := by.Start[c]; k < by.Start[c+1]; k++ {
				out.Point, out.Weight = append(out.Point, int32(shot*len(points)+by.Point[k])), append(out.Weight, by.Weight[k])
			}
			out.Start = append(out.Start, int32(len(out.Weight)))
		}
	}
	g.SetPoints(k, len(out.Start)-1, len(shots[0]))
	return out
}
