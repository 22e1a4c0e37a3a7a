package rows

import "math"

// FMA: dst = s*a*b + r*c, rounded once; s and r are 1 or -1.
func FMA[T Float](dst, a, b, c []T, s, r T) {
	a, b, c = a[:len(dst)], b[:len(dst)], c[:len(dst)]
	switch {
	case fused && single[T]():
		fma32(p32(dst), p32(a), p32(b), p32(c), len(dst), float32(s), float32(r))
	case fused:
		fma64(p64(dst), p64(a), p64(b), p64(c), len(dst), float64(s), float64(r))
	case compilerFuses && single[T]():
		fusedLoop(dst, a, b, c, s, r)
	default:
		for i := range dst {
			dst[i] = MulAdd(s*a[i], b[i], r*c[i])
		}
	}
}

// FMAScalar: dst = s*b + r*c, rounded once; r is 1 or -1.
func FMAScalar[T Float](dst, b, c []T, s, r T) {
	b, c = b[:len(dst)], c[:len(dst)]
	switch {
	case fused && single[T]():
		fmaScalar32(p32(dst), p32(b), p32(c), len(dst), float32(s), float32(r))
	case fused:
		fmaScalar64(p64(dst), p64(b), p64(c), len(dst), float64(s), float64(r))
	case compilerFuses && single[T]():
		fusedScalarLoop(dst, b, c, s, r)
	default:
		for i := range dst {
			dst[i] = MulAdd(s, b[i], r*c[i])
		}
	}
}

// PairFMA: dst = s*(a + q*b) + c, with the pair rounded and then all, once; q is 1 or -1.
func PairFMA[T Float](dst, a, b, c []T, s, q T) {
	a, b, c = a[:len(dst)], b[:len(dst)], c[:len(dst)]
	switch {
	case fused && single[T]():
		pairFMA32(p32(dst), p32(a), p32(b), p32(c), len(dst), float32(s), float32(q))
	case fused:
		pairFMA64(p64(dst), p64(a), p64(b), p64(c), len(dst), float64(s), float64(q))
	case compilerFuses && single[T]():
		fusedPairLoop(dst, a, b, c, s, q)
	default:
		for i := range dst {
			dst[i] = MulAdd(s, a[i]+q*b[i], c[i])
		}
	}
}

// Compilers may fuse a multiplication and an addition, and do on arm64 and others. The
// conversions leave them one way to do it.

func fusedLoop[T Float](dst, a, b, c []T, s, r T) {
	for i := range dst {
		dst[i] = T(s*a[i])*b[i] + T(r*c[i])
	}
}

func fusedScalarLoop[T Float](dst, b, c []T, s, r T) {
	for i := range dst {
		dst[i] = s*b[i] + T(r*c[i])
	}
}

func fusedPairLoop[T Float](dst, a, b, c []T, s, q T) {
	for i := range dst {
		dst[i] = s*T(a[i]+T(q*b[i])) + c[i]
	}
}

// compilerFuses says whether this compiler does, in all these loops for float32.
var compilerFuses = func() bool {
	x, y := []float32{1 + 0x1p-12}, []float32{-1 - 0x1p-11} // x*x + y is 2^-24
	one, two, three := make([]float32, 1), make([]float32, 1), make([]float32, 1)
	fusedLoop(one, x, x, y, 1, 1)
	fusedScalarLoop(two, x, y, x[0], 1)
	fusedPairLoop(three, x, make([]float32, 1), y, x[0], 1)
	return one[0] == 0x1p-24 && two[0] == 0x1p-24 && three[0] == 0x1p-24
}()

// MulAdd returns a*b + c, rounded once to T.
func MulAdd[T Float](a, b, c T) T {
	if !single[T]() {
		return T(math.FMA(float64(a), float64(b), float64(c)))
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
