package jit

import "math"

// Interpret runs the kernel point by point: what generated code computes, by
// definition. Points are x in [0, nx), y in [0, ny); at[i] is the element of bufs[i]
// at point (0, 0). It is slow, and meant for tests.
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
					v[i] = fma(v[n.A], v[n.B], v[n.C])
				case FMS:
					v[i] = fma(v[n.A], v[n.B], -v[n.C])
				case FNMA:
					v[i] = fma(-v[n.A], v[n.B], v[n.C])
				}
			}
			for _, s := range k.Stores {
				bufs[s.Field][index(s.Field, x, y, 0)] = v[s.Node]
			}
		}
	}
}

// fma returns a*b + c rounded once to T.
func fma[T float32 | float64](a, b, c T) T {
	r := math.FMA(float64(a), float64(b), float64(c))
	if _, ok := any(a).(float64); ok {
		return T(r)
	}
	// In float64 the product of two float32 is exact. The sum is rounded to odd there,
	// so that rounding it again to float32 is as if it had been rounded once (Boldo and
	// Melquiond 2008).
	p, q := float64(a)*float64(b), float64(c)
	s := p + q
	if math.IsNaN(s) || math.IsInf(s, 0) {
		return T(s)
	}
	t := s - p
	rest := (p - (s - t)) + (q - t) // what s lacks, exactly (Knuth's TwoSum)
	if rest != 0 && math.Float64bits(s)&1 == 0 {
		if (rest > 0) == (s > 0) {
			s = math.Float64frombits(math.Float64bits(s) + 1)
		} else {
			s = math.Float64frombits(math.Float64bits(s) - 1)
		}
	}
	return T(s)
}

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
