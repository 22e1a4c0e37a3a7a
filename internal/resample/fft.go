package resample

import (
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/dsp/fourier"
)

// transform is a Fourier transform of real series; neither direction divides by the length.
// Both write over memory of their own: it is for one goroutine at a time.
type transform interface {
	Coefficients(dst []complex128, seq []float64) []complex128
	Sequence(dst []float64, coeff []complex128) []float64
}

// newTransform returns gonum's mixed-radix transform, or that of a length with a large prime factor, which
// gonum's takes time in proportion to.
func newTransform(n int) transform {
	const large = 150 // from where on chirp is the faster one
	if largestFactor(n) < large {
		return fourier.NewFFT(n)
	}
	return newChirp(n)
}

// largestFactor returns the largest prime factor of n >= 1.
func largestFactor(n int) int {
	most := 1
	for p := 2; p*p <= n; p++ {
		for n%p == 0 {
			n /= p
			most = p
		}
	}
	return max(most, n)
}

// smooth returns the least length of at least n that has no prime factors but 2, 3 and 5.
func smooth(n int) int {
	for ; ; n++ {
		m := n
		for _, p := range []int{2, 3, 5} {
			for m%p == 0 {
				m /= p
			}
		}
		if m == 1 {
			return n
		}
	}
}

// chirp transforms any length by Bluestein's algorithm (1970): since 2jk = j^2 + k^2 - (k-j)^2, a sum over exp(-2 pi i jk/n)
// is a convolution with a chirp, which transforms of a smooth length do.
type chirp struct {
	w      []complex128 // exp(-pi i k^2/n), of each k < n
	fft    *fourier.CmplxFFT
	kernel []complex128 // what the convolution multiplies by
	buf    []complex128
}

func newChirp(n int) *chirp {
	m := smooth(2*n - 1)
	c := &chirp{w: make([]complex128, n), fft: fourier.NewCmplxFFT(m), kernel: make([]complex128, m), buf: make([]complex128, m)}
	for k := range c.w {
		c.w[k] = cmplx.Rect(1, -math.Pi*float64(k*k%(2*n))/float64(n))
	}
	for k, w := range c.w {
		w = cmplx.Conj(w) / complex(float64(m), 0)
		c.kernel[k], c.kernel[(m-k)%m] = w, w
	}
	c.fft.Coefficients(c.kernel, c.kernel)
	return c
}

func (c *chirp) Coefficients(dst []complex128, seq []float64) []complex128 {
	for k, x := range seq {
		c.buf[k] = complex(x, 0) * c.w[k]
	}
	c.convolve(len(seq))
	for k := range dst {
		dst[k] = c.buf[k] * c.w[k]
	}
	return dst
}

// Sequence computes the conjugate of the sum, of which the real part is wanted only.
func (c *chirp) Sequence(dst []float64, coeff []complex128) []float64 {
	for k, x := range coeff {
		if k > 0 && 2*k != len(dst) {
			x *= 2 // the negative frequency
		}
		c.buf[k] = cmplx.Conj(x) * c.w[k]
	}
	c.convolve(len(coeff))
	for k := range dst {
		dst[k] = real(c.buf[k] * c.w[k])
	}
	return dst
}

// convolve convolves the first n values in buf with the conjugate chirp.
func (c *chirp) convolve(n int) {
	clear(c.buf[n:])
	c.fft.Coefficients(c.buf, c.buf)
	for k, x := range c.kernel {
		c.buf[k] *= x
	}
	c.fft.Sequence(c.buf, c.buf)
}
