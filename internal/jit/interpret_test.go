package jit

import "github.com/d52adeda/wave/internal/rows"

// Interpret runs the kernel point by point: what generated code computes, by
// definition. Points are x in [0, nx), y in [0, ny); at[i] is the element of bufs[i]
// at point (0, 0).
func Interpret[T float32 | float64](k *Kernel, bufs [][]T, at []int, nx, ny int) {
	v := make([]T, len(k.Nodes))
	index := func(f, x, y, z int) int {
		s := k.Fields[f]
		return at[f] + x*s.StrideX + y*s.StrideY + z*s.StrideZ
	}
	for y := range ny {
		// What a store overwrites may be loaded at the point, only.
		for x := range nx {
			for i := range k.Nodes {
				n := &k.Nodes[i]
				switch n.Kind {
				case Const:
					v[i] = T(n.Value)
				case Load:
					v[i] = bufs[n.Field][index(n.Field, x+n.DX, y+n.DY, n.DZ)]
				case Add:
					v[i] = v[n.A] + v[n.B]
				case Sub:
					v[i] = v[n.A] - v[n.B]
				case Mul:
					v[i] = v[n.A] * v[n.B]
				case FMA:
					v[i] = rows.MulAdd(v[n.A], v[n.B], v[n.C])
				case FMS:
					v[i] = rows.MulAdd(v[n.A], v[n.B], -v[n.C])
				case FNMA:
					v[i] = rows.MulAdd(-v[n.A], v[n.B], v[n.C])
				}
			}
			for _, s := range k.Stores {
				bufs[s.Field][index(s.Field, x, y, 0)] = v[s.Node]
			}
		}
	}
}
