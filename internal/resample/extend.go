package resample

import "math"

// leastPad returns the number of outer samples, at least, over which the end of a series of nt is led to its beginning.
// Of one that ends at its peak 2e-4 comes through to the beginning over 30 samples, less than 5e-5 over 100; but
// padding much longer than the series has a kink where there is nothing left to be mirrored.
func leastPad(nt int) int { return min(max(nt, 32), 100) }

// fade returns the share that the end has in each of n samples of padding; the beginning has the rest.
func fade(n int) []float64 {
	w := make([]float64, n)
	for k := range w {
		c := math.Cos(math.Pi / 2 * float64(k+1) / float64(n+1))
		w[k] = c * c
	}
	return w
}

// extend fills the padding, so that the series goes on smoothly beyond its end and before its beginning, which follows the
// padding: with what lies before the end mirrored in the last point (2 x[n-1] - x[n-1-k]), fading into the same for the
// beginning. Value and slope go on; a series that is shorter than the padding stays at its far end's value.
func (s *side) extend(buf []float64) {
	last := s.n - 1
	for k, w := range s.fade {
		after, before := s.mirrored(k)
		buf[s.n+k] = w*(2*buf[last]-buf[last-after]) + (1-w)*(2*buf[0]-buf[before])
	}
}

// fold is the transpose of extend.
func (s *side) fold(buf []float64) {
	last := s.n - 1
	for k, w := range s.fade {
		after, before := s.mirrored(k)
		x := buf[s.n+k]
		buf[last] += 2 * w * x
		buf[last-after] -= w * x
		buf[0] += 2 * (1 - w) * x
		buf[before] -= (1 - w) * x
	}
}

// mirrored returns how far before the end and how far after the beginning lie what sample k of the padding mirrors.
func (s *side) mirrored(k int) (after, before int) {
	return min(k+1, s.n-1), min(len(s.fade)-k, s.n-1)
}
