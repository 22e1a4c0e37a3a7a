package resample

import (
	"fmt"
	"math"
	"math/cmplx"
	"sync"
)

// Plan resamples series of one length in one direction. It may be used by several goroutines at once: each borrows
// scratch memory that the plan keeps, so that hardly anything is allocated when it is applied.
type Plan struct {
	in, out side
	// gain multiplies the spectrum on the way from in to out, gainT on the way back; nil where samples are only picked.
	gain, gainT []complex128
	scratch     sync.Pool // of *scratch
}

// side is one of a plan's two lengths.
type side struct {
	n, padded int       // samples of the user's series, and of the one that is transformed
	window    []float64 // factors on the n samples, or nil for ones
	fade      []float64 // how the padding continues the series, see extend; nil for zeros
}

// scratch is what one goroutine works on.
type scratch struct{ in, out work }

// work is what a transform on one side needs.
type work struct {
	fft   transform
	buf   []float64
	coeff []complex128
}

// NewUp plans the resampling of series of nt samples to nt*p.Ratio samples of the same values at the same times
// (but for what the tapers remove).
func NewUp(nt int, p Params) (*Plan, error) {
	return newPlan(nt, p, true)
}

// NewDown plans the resampling of series of nt*p.Ratio samples to nt samples.
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
	if int64(nt) > min(1<<40, math.MaxInt>>4)/int64(p.Ratio) { // no memory holds so many
		return nil, fmt.Errorf("resample: %d samples times Ratio %d is too many", nt, p.Ratio)
	}
	padded := smooth(nt + leastPad(nt))
	if p.TimePadFrac != nil {
		padded = nt + int(*p.TimePadFrac*float64(nt))
	}
	nfreq := padded/2 + 1
	outer, inner := side{n: nt, padded: padded}, side{n: nt * p.Ratio, padded: padded * p.Ratio}
	picks := p.Ratio == 1 || !up && p.TimePadFrac == nil && !p.tapers(nfreq)
	picks = picks && p.Shift == 0
	if p.TimeTaper && inner.n > 1 && !(picks && p.Ratio == 1) {
		inner.window = hann(inner.n)
	}
	plan := &Plan{in: inner, out: outer}
	if up {
		plan.in, plan.out = outer, inner
	}
	if picks {
		return plan, nil
	}
	if p.TimePadFrac == nil {
		plan.in.fade = fade(plan.in.padded - plan.in.n)
	}
	plan.scratch.New = func() any { return &scratch{in: plan.in.work(), out: plan.out.work()} }

	// Neither direction of a transform divides by the length; the sample values are kept both ways.
	scale := 1 / float64(plan.in.padded)
	taper := p.taper(nfreq)
	plan.gain, plan.gainT = make([]complex128, nfreq), make([]complex128, nfreq)
	for k, t := range taper {
		cycles := float64(k) / float64(inner.padded) // an inner sample
		g := cmplx.Rect(scale*t, -2*math.Pi*cycles*p.Shift)
		share := plan.out.multiplicity(k) / plan.in.multiplicity(k)
		plan.gainT[k] = cmplx.Conj(g) * complex(share, 0)
		plan.gain[k] = g
		if p.TimePadFrac == nil { // the outer series' Nyquist frequency, which the reference sets to zero
			plan.gain[k], plan.gainT[k] = g/complex(share, 0), cmplx.Conj(g)
		}
	}
	return plan, nil
}

// multiplicity is how often the inverse transform to this side counts coefficient k: once for frequency zero and for
// Nyquist, else twice, since the negative frequency is implied.
func (s *side) multiplicity(k int) float64 {
	if k == 0 || 2*k == s.padded {
		return 1
	}
	return 2
}

func (s *side) work() work {
	return work{newTransform(s.padded), make([]float64, s.padded), make([]complex128, s.padded/2+1)}
}

// load puts a series and its padding where it is transformed.
func (s *side) load(buf, src []float64) {
	copy(buf, src)
	multiply(buf, s.window)
	if s.fade == nil {
		clear(buf[s.n:])
		return
	}
	s.extend(buf)
}

// store is the transpose of load; it overwrites buf.
func (s *side) store(dst, buf []float64) {
	if s.fade != nil {
		s.fold(buf)
	}
	multiply(buf, s.window)
	copy(dst, buf)
}

// Apply writes src, resampled, to dst; they may overlap. The lengths must be those that the plan was made for;
// Apply panics otherwise.
func (p *Plan) Apply(dst, src []float64) {
	check(dst, &p.out, src, &p.in)
	if p.gain == nil {
		p.pick(dst, src)
		return
	}
	s := p.scratch.Get().(*scratch)
	defer p.scratch.Put(s)
	run(dst, &p.out, &s.out, src, &p.in, &s.in, p.gain)
}

// Transpose applies the transpose of Apply's linear map: src has the length of Apply's dst, dst that of Apply's src.
// They may overlap. It panics when a length differs from the plan's.
func (p *Plan) Transpose(dst, src []float64) {
	check(dst, &p.in, src, &p.out)
	if p.gain == nil {
		p.unpick(dst, src)
		return
	}
	s := p.scratch.Get().(*scratch)
	defer p.scratch.Put(s)
	run(dst, &p.in, &s.in, src, &p.out, &s.out, p.gainT)
}

func check(dst []float64, to *side, src []float64, from *side) {
	if len(src) != from.n || len(dst) != to.n {
		panic(fmt.Sprintf("resample: %d samples in and %d out, plan is for %d and %d", len(src), len(dst), from.n, to.n))
	}
}

func run(dst []float64, to *side, out *work, src []float64, from *side, in *work, gain []complex128) {
	from.load(in.buf, src)
	in.fft.Coefficients(in.coeff, in.buf)
	clear(out.coeff)
	for k, g := range gain {
		out.coeff[k] = in.coeff[k] * g
	}
	out.fft.Sequence(out.buf, out.coeff)
	to.store(dst, out.buf)
}

// pick takes a sample in so many, times its factor.
func (p *Plan) pick(dst, src []float64) {
	ratio := p.in.n / p.out.n
	for i := range dst {
		dst[i] = src[i*ratio]
		if p.in.window != nil {
			dst[i] *= p.in.window[i*ratio]
		}
	}
}

// unpick is the transpose of pick. It goes backward, since a sample may lie over one yet to be read.
func (p *Plan) unpick(dst, src []float64) {
	ratio := p.in.n / p.out.n
	for i := len(src) - 1; i >= 0; i-- {
		x := src[i]
		if p.in.window != nil {
			x *= p.in.window[i*ratio]
		}
		clear(dst[i*ratio : (i+1)*ratio])
		dst[i*ratio] = x
	}
}

func multiply(x, window []float64) {
	for i, w := range window {
		x[i] *= w
	}
}
