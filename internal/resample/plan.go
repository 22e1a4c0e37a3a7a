package resample

import (
	"fmt"
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/dsp/fourier"
)

// Plan resamples series of one length in one direction. It uses its own scratch memory and allocates nothing when applied,
// so it is for one goroutine at a time; make one for each. Lengths with large prime factors are slow (the FFT is gonum's
// mixed-radix one).
type Plan struct {
	in, out side
	// gain multiplies the spectrum on the way from in to out, gainT on the way back; nil where series are only copied.
	gain, gainT []complex128
}

// side is what a plan keeps for one of its two lengths.
type side struct {
	n      int       // samples of the user's series
	window []float64 // factors on the n samples, or nil for ones
	fft    *fourier.FFT
	buf    []float64 // n samples and the padding
	coeff  []complex128
}

// NewUp plans the resampling of series of nt samples to nt*p.Ratio samples of the same values at the same times
// (but for what the tapers remove).
func NewUp(nt int, p Params) (*Plan, error) {
	return newPlan(nt, p, true)
}

// NewDown plans the resampling of series of nt*p.Ratio samples to nt samples; what lies above the new Nyquist frequency
// is removed first.
func NewDown(nt int, p Params) (*Plan, error) {
	return newPlan(nt, p, false)
}

func newPlan(nt int, p Params, up bool) (*Plan, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if nt < 1 {
		return nil, fmt.Errorf("resample: the series has %d samples, want at least 1", nt)
	}
	if nt > math.MaxInt/8/p.Ratio {
		return nil, fmt.Errorf("resample: %d samples times Ratio %d is too many", nt, p.Ratio)
	}
	if p.Ratio == 1 && p.Shift == 0 {
		return &Plan{in: side{n: nt}, out: side{n: nt}}, nil
	}

	pad := int(p.TimePadFrac * float64(nt))
	outer, inner := newSide(nt, pad), newSide(nt*p.Ratio, pad*p.Ratio)
	if p.TimeTaper && inner.n > 1 {
		inner.window = hann(inner.n)
	}
	plan := &Plan{in: inner, out: outer}
	if up {
		plan.in, plan.out = outer, inner
	}

	// Neither of gonum's transforms divides by the length; the sample values are kept both ways.
	scale := 1 / float64(len(plan.in.buf))
	taper := p.taper(len(outer.coeff))
	plan.gain, plan.gainT = make([]complex128, len(taper)), make([]complex128, len(taper))
	for k, t := range taper {
		cycles := float64(k) / float64(len(inner.buf)) // an inner sample
		g := cmplx.Rect(scale*t, -2*math.Pi*cycles*p.Shift)
		plan.gain[k] = g
		plan.gainT[k] = cmplx.Conj(g) * complex(plan.out.multiplicity(k)/plan.in.multiplicity(k), 0)
	}
	return plan, nil
}

func newSide(n, pad int) side {
	return side{
		n:     n,
		fft:   fourier.NewFFT(n + pad),
		buf:   make([]float64, n+pad),
		coeff: make([]complex128, (n+pad)/2+1),
	}
}

// multiplicity is how often the inverse transform to this side counts coefficient k: once for frequency zero and for
// Nyquist, else twice, since the negative frequency is implied.
func (s *side) multiplicity(k int) float64 {
	if k == 0 || 2*k == len(s.buf) {
		return 1
	}
	return 2
}

// Apply writes src, resampled, to dst; they may overlap. The lengths must be those that the plan was made for;
// Apply panics otherwise.
func (p *Plan) Apply(dst, src []float64) {
	run(dst, &p.out, src, &p.in, p.gain)
}

// Transpose applies the transpose of Apply's linear map: src has the length of Apply's dst, dst that of Apply's src.
// They may overlap. It panics when a length differs from the plan's.
func (p *Plan) Transpose(dst, src []float64) {
	run(dst, &p.in, src, &p.out, p.gainT)
}

func run(dst []float64, to *side, src []float64, from *side, gain []complex128) {
	if len(src) != from.n || len(dst) != to.n {
		panic(fmt.Sprintf("resample: %d samples in and %d out, plan is for %d and %d", len(src), len(dst), from.n, to.n))
	}
	if gain == nil {
		copy(dst, src)
		return
	}
	clear(from.buf[copy(from.buf, src):])
	multiply(from.buf, from.window)
	from.fft.Coefficients(from.coeff, from.buf)
	clear(to.coeff)
	for k, g := range gain {
		to.coeff[k] = from.coeff[k] * g
	}
	to.fft.Sequence(to.buf, to.coeff)
	multiply(to.buf, to.window)
	copy(dst, to.buf)
}

func multiply(x, window []float64) {
	for i, w := range window {
		x[i] *= w
	}
}
