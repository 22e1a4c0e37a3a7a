// Package rows holds the inner loops of the portable kernels and of array
// operations: arithmetic on rows of numbers. Each takes rows of one length, that
// of dst; dst may be one of the operands.
//
// The loops are plain Go; on amd64 with AVX, assembly does the same operations in
// the same order, to the same bits (rows_amd64.s).
//
// The package imports nothing else of this module.
package rows

import "unsafe"

// Float is the constraint of element types.
type Float interface{ float32 | float64 }

// single reports whether T is float32.
func single[T Float]() bool { return unsafe.Sizeof(*new(T)) == 4 }

// The assembly is written for each type; these say what a row of T is then. They
// are called with the one type that T is.
func p32[T Float](s []T) *float32 { return (*float32)(unsafe.Pointer(unsafe.SliceData(s))) }
func p64[T Float](s []T) *float64 { return (*float64)(unsafe.Pointer(unsafe.SliceData(s))) }

// Fill: dst = s.
func Fill[T Float](dst []T, s T) {
	for i := range dst {
		dst[i] = s
	}
}

// Add: dst = a + b.
func Add[T Float](dst, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	if vector {
		if single[T]() {
			add32(p32(dst), p32(a), p32(b), len(dst))
		} else {
			add64(p64(dst), p64(a), p64(b), len(dst))
		}
		return
	}
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

// AddScalar: dst = a + s.
func AddScalar[T Float](dst, a []T, s T) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = a[i] + s
	}
}

// Mul: dst = s*a*b.
func Mul[T Float](dst, a, b []T, s T) {
	a, b = a[:len(dst)], b[:len(dst)]
	if vector {
		if single[T]() {
			mul32(p32(dst), p32(a), p32(b), len(dst), float32(s))
		} else {
			mul64(p64(dst), p64(a), p64(b), len(dst), float64(s))
		}
		return
	}
	if s == 1 {
		for i := range dst {
			dst[i] = a[i] * b[i]
		}
		return
	}
	for i := range dst {
		dst[i] = s * a[i] * b[i]
	}
}

// Scale: dst = s*a.
func Scale[T Float](dst, a []T, s T) {
	a = a[:len(dst)]
	if vector {
		if single[T]() {
			scale32(p32(dst), p32(a), len(dst), float32(s))
		} else {
			scale64(p64(dst), p64(a), len(dst), float64(s))
		}
		return
	}
	for i := range dst {
		dst[i] = s * a[i]
	}
}

// Axpy: dst = y + s*a.
func Axpy[T Float](dst, y, a []T, s T) {
	y, a = y[:len(dst)], a[:len(dst)]
	if vector {
		if single[T]() {
			axpy32(p32(dst), p32(y), p32(a), len(dst), float32(s))
		} else {
			axpy64(p64(dst), p64(y), p64(a), len(dst), float64(s))
		}
		return
	}
	for i := range dst {
		dst[i] = y[i] + s*a[i]
	}
}

// Peak returns the greatest magnitude in x, 0 of none, and NaN if there is one.
func Peak[T Float](x []T) T {
	most := T(0)
	if vector {
		n := len(x)
		if single[T]() {
			var lanes [8]float32
			n &^= 4*len(lanes) - 1
			peak32(&lanes, p32(x), n)
			for _, a := range lanes {
				most = max(most, T(a))
			}
		} else {
			var lanes [4]float64
			n &^= 4*len(lanes) - 1
			peak64(&lanes, p64(x), n)
			for _, a := range lanes {
				most = max(most, T(a))
			}
		}
		x = x[n:]
	}
	for _, a := range x {
		most = max(most, a, -a)
	}
	return most
}

// AddMul: dst = y + s*a*b.
func AddMul[T Float](dst, y, a, b []T, s T) {
	y, a, b = y[:len(dst)], a[:len(dst)], b[:len(dst)]
	if vector {
		if single[T]() {
			addMul32(p32(dst), p32(y), p32(a), p32(b), len(dst), float32(s))
		} else {
			addMul64(p64(dst), p64(y), p64(a), p64(b), len(dst), float64(s))
		}
		return
	}
	if s == 1 {
		for i := range dst {
			dst[i] = y[i] + a[i]*b[i]
		}
		return
	}
	for i := range dst {
		dst[i] = y[i] + s*a[i]*b[i]
	}
}

// symN: dst = w[0]*c + sum_k w[k]*(p[2k-2] + p[2k-1]): a second derivative.

func sym1[T Float](dst, c []T, p *[8][]T, w *[5]T) {
	n := len(dst)
	c, p0, p1 := c[:n], p[0][:n], p[1][:n]
	w0, w1 := w[0], w[1]
	for i := range dst {
		dst[i] = w0*c[i] + w1*(p0[i]+p1[i])
	}
}

func sym2[T Float](dst, c []T, p *[8][]T, w *[5]T) {
	n := len(dst)
	c, p0, p1, p2, p3 := c[:n], p[0][:n], p[1][:n], p[2][:n], p[3][:n]
	w0, w1, w2 := w[0], w[1], w[2]
	for i := range dst {
		dst[i] = w0*c[i] + w1*(p0[i]+p1[i]) + w2*(p2[i]+p3[i])
	}
}

func sym3[T Float](dst, c []T, p *[8][]T, w *[5]T) {
	n := len(dst)
	c, p0, p1, p2, p3, p4, p5 := c[:n], p[0][:n], p[1][:n], p[2][:n], p[3][:n], p[4][:n], p[5][:n]
	w0, w1, w2, w3 := w[0], w[1], w[2], w[3]
	for i := range dst {
		dst[i] = w0*c[i] + w1*(p0[i]+p1[i]) + w2*(p2[i]+p3[i]) + w3*(p4[i]+p5[i])
	}
}

func sym4[T Float](dst, c []T, p *[8][]T, w *[5]T) {
	n := len(dst)
	c, p0, p1, p2, p3 := c[:n], p[0][:n], p[1][:n], p[2][:n], p[3][:n]
	p4, p5, p6, p7 := p[4][:n], p[5][:n], p[6][:n], p[7][:n]
	w0, w1, w2, w3, w4 := w[0], w[1], w[2], w[3], w[4]
	for i := range dst {
		dst[i] = w0*c[i] + w1*(p0[i]+p1[i]) + w2*(p2[i]+p3[i]) + w3*(p4[i]+p5[i]) + w4*(p6[i]+p7[i])
	}
}

// antiN: dst = sum_k w[k]*(p[2k-2] - p[2k-1]): a first derivative.

func anti1[T Float](dst []T, p *[8][]T, w *[5]T) {
	n := len(dst)
	p0, p1 := p[0][:n], p[1][:n]
	w1 := w[1]
	for i := range dst {
		dst[i] = w1 * (p0[i] - p1[i])
	}
}

func anti2[T Float](dst []T, p *[8][]T, w *[5]T) {
	n := len(dst)
	p0, p1, p2, p3 := p[0][:n], p[1][:n], p[2][:n], p[3][:n]
	w1, w2 := w[1], w[2]
	for i := range dst {
		dst[i] = w1*(p0[i]-p1[i]) + w2*(p2[i]-p3[i])
	}
}

func anti3[T Float](dst []T, p *[8][]T, w *[5]T) {
	n := len(dst)
	p0, p1, p2, p3, p4, p5 := p[0][:n], p[1][:n], p[2][:n], p[3][:n], p[4][:n], p[5][:n]
	w1, w2, w3 := w[1], w[2], w[3]
	for i := range dst {
		dst[i] = w1*(p0[i]-p1[i]) + w2*(p2[i]-p3[i]) + w3*(p4[i]-p5[i])
	}
}

func anti4[T Float](dst []T, p *[8][]T, w *[5]T) {
	n := len(dst)
	p0, p1, p2, p3 := p[0][:n], p[1][:n], p[2][:n], p[3][:n]
	p4, p5, p6, p7 := p[4][:n], p[5][:n], p[6][:n], p[7][:n]
	w1, w2, w3, w4 := w[1], w[2], w[3], w[4]
	for i := range dst {
		dst[i] = w1*(p0[i]-p1[i]) + w2*(p2[i]-p3[i]) + w3*(p4[i]-p5[i]) + w4*(p6[i]-p7[i])
	}
}

// Derivative is a weighted sum of rows with the symmetry of a central difference.
type Derivative[T Float] struct {
	Anti  bool // weights of a pair are opposite (first derivative), not equal
	Pairs int  // 1 to 4
	W     [5]T // W[0] of the centre (0 if Anti), then of each pair
}

// NewDerivative recognises weights w0, w1, w1, w2, w2, ... (centre, then pairs) and
// w1, -w1, w2, -w2, ...
func NewDerivative[T Float](w []float64) (Derivative[T], bool) {
	d := Derivative[T]{Anti: true}
	sign := -1.0
	if len(w)%2 == 1 {
		d.Anti, d.W[0], sign = false, T(w[0]), 1
		w = w[1:]
	}
	d.Pairs = len(w) / 2
	if d.Pairs < 1 || d.Pairs > 4 {
		return d, false
	}
	for k := 0; k < len(w); k += 2 {
		if w[k+1] != sign*w[k] {
			return d, false
		}
		d.W[k/2+1] = T(w[k])
	}
	return d, true
}

// Apply sets dst; c is the centre (nil if Anti), p the rows of the pairs.
func (d *Derivative[T]) Apply(dst, c []T, p *[8][]T) {
	for _, row := range p[:2*d.Pairs] {
		_ = row[:len(dst)]
	}
	if vector {
		d.vector(dst, c, p)
		return
	}
	if d.Anti {
		switch d.Pairs {
		case 1:
			anti1(dst, p, &d.W)
		case 2:
			anti2(dst, p, &d.W)
		case 3:
			anti3(dst, p, &d.W)
		case 4:
			anti4(dst, p, &d.W)
		}
		return
	}
	switch d.Pairs {
	case 1:
		sym1(dst, c, p, &d.W)
	case 2:
		sym2(dst, c, p, &d.W)
	case 3:
		sym3(dst, c, p, &d.W)
	case 4:
		sym4(dst, c, p, &d.W)
	}
}

func (d *Derivative[T]) vector(dst, c []T, p *[8][]T) {
	n, rows, w := len(dst), unsafe.Pointer(p), unsafe.Pointer(&d.W)
	switch {
	case d.Anti && single[T]():
		anti32(p32(dst), (*[8][]float32)(rows), (*[5]float32)(w), n, d.Pairs)
	case d.Anti:
		anti64(p64(dst), (*[8][]float64)(rows), (*[5]float64)(w), n, d.Pairs)
	case single[T]():
		sym32(p32(dst), p32(c[:n]), (*[8][]float32)(rows), (*[5]float32)(w), n, d.Pairs)
	default:
		sym64(p64(dst), p64(c[:n]), (*[8][]float64)(rows), (*[5]float64)(w), n, d.Pairs)
	}
}
