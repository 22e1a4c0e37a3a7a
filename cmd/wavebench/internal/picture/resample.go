package picture

import "math"

// mode says how samples become pixels.
type mode int

const (
	// cells: a pixel has the colour of its cell; averaged when cells are smaller
	// than pixels. For models, whose jumps must stay sharp.
	cells mode = iota
	// smooth: linear interpolation; averaged when samples are denser than pixels.
	// For wavefields and traces.
	smooth
	// peaks: as smooth, but denser samples give the one of largest magnitude, so
	// that an event shorter than a pixel is seen.
	peaks
)

// tap is what one output sample takes from the input: weights on in[first:].
type tap struct {
	first   int
	weights []float64
}

// taps returns the taps that turn n samples into p pixels over the same width.
// No weight is zero, so that a NaN spreads only where it counts.
func taps(n, p int, m mode) []tap {
	t := make([]tap, p)
	step := float64(n) / float64(p)
	for i := range t {
		switch {
		case n > p: // box: the overlap of each sample with the pixel
			a, b := float64(i)*step, float64(i+1)*step
			t[i].first = min(int(a), n-1)
			for j := t[i].first; j < n && float64(j) < b-1e-9; j++ {
				t[i].weights = append(t[i].weights, (min(b, float64(j+1))-max(a, float64(j)))/step)
			}
		case m == cells:
			t[i] = tap{min((2*i+1)*n/(2*p), n-1), []float64{1}}
		default:
			x := min(max((float64(i)+0.5)*step-0.5, 0), float64(n-1))
			j := int(x)
			if f := x - float64(j); f < 1e-9 {
				t[i] = tap{j, []float64{1}}
			} else {
				t[i] = tap{j, []float64{1 - f, f}}
			}
		}
	}
	return t
}

// apply returns the output of one tap on the samples in[0], in[stride], ...
func (t tap) apply(in []float64, stride int, largest bool) float64 {
	k := t.first * stride
	if largest {
		best := in[k]
		for range t.weights {
			if a := in[k]; bad(a) || math.Abs(a) > math.Abs(best) {
				best = a
			}
			if bad(best) {
				return math.NaN()
			}
			k += stride
		}
		return best
	}
	s := 0.0
	for _, w := range t.weights {
		s += w * in[k]
		k += stride
	}
	return s
}

// resample turns in [ny][nx] into [py][px], each axis in its mode. With turn set
// the output is transposed, [px][py].
func resample(in []float64, ny, nx, py, px int, my, mx mode, turn bool) []float64 {
	tx, ty := taps(nx, px, mx), taps(ny, py, my)
	mid := make([]float64, ny*px)
	for y := range ny {
		row := in[y*nx : (y+1)*nx]
		for x, t := range tx {
			mid[y*px+x] = t.apply(row, 1, mx == peaks && nx > px)
		}
	}
	out := make([]float64, py*px)
	for y, t := range ty {
		for x := range px {
			k := y*px + x
			if turn {
				k = x*py + y
			}
			out[k] = t.apply(mid[x:], px, my == peaks && ny > py)
		}
	}
	return out
}

// peak returns the largest magnitude among the finite values, and how many are not.
func peak(v []float64) (p float64, nbad int) {
	for _, a := range v {
		if bad(a) {
			nbad++
		} else {
			p = max(p, math.Abs(a))
		}
	}
	return p, nbad
}

// span returns the smallest and largest finite value; ok is false if there is none.
func span(v []float64) (lo, hi float64, ok bool) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, a := range v {
		if !bad(a) {
			lo, hi, ok = min(lo, a), max(hi, a), true
		}
	}
	return lo, hi, ok
}

// percentile returns the smallest magnitude that at least p % of the finite values
// do not exceed; 0 without finite values.
func percentile(p float64, sets ...[]float64) float64 {
	var m []float64
	for _, v := range sets {
		for _, a := range v {
			if !bad(a) {
				m = append(m, math.Abs(a))
			}
		}
	}
	if len(m) == 0 {
		return 0
	}
	k := min(max(int(math.Ceil(p/100*float64(len(m))))-1, 0), len(m)-1)
	return nth(m, k)
}

// nth returns the k-th smallest of m, which it reorders (Hoare's quickselect).
func nth(m []float64, k int) float64 {
	lo, hi := 0, len(m)-1
	for lo < hi {
		pivot := m[lo+(hi-lo)/2]
		i, j := lo, hi
		for i <= j {
			for m[i] < pivot {
				i++
			}
			for m[j] > pivot {
				j--
			}
			if i <= j {
				m[i], m[j] = m[j], m[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return m[k]
		}
	}
	return m[k]
}
