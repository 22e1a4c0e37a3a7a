package wave

import (
	"fmt"
	"math"
	"math/cmplx"
	"slices"
	"strings"

	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
)

// spectrum is how the energy that a source's waves carry is spread over frequency.
type spectrum struct {
	df   float64   // Hz
	band []float64 // share of the energy within df around i*df; they add up to 1
	high float64   // share of the series' own energy above three quarters of the band
}

// cut is the part of a series' peak from which on it is said not to begin or end near zero.
const cut = 0.1

// spectrumOf analyses a source's series, whose cut ends are tapered: that is warned of
// by itself. Its waves go as a power of frequency times it.
func spectrumOf(x []float64, dt float64, power float64) spectrum {
	const longest = 1 << 20 // what is longer is looked at around its greatest value
	if len(x) > longest {
		at := 0
		for i, a := range x {
			if math.Abs(a) > math.Abs(x[at]) {
				at = i
			}
		}
		from := min(max(at-longest/2, 0), len(x)-longest)
		x = x[from : from+longest]
	}
	n := 16
	for n < len(x) {
		n *= 2
	}
	padded, peak := make([]float64, n), 0.0
	for _, a := range x {
		peak = max(peak, math.Abs(a))
	}
	for i, a := range x {
		padded[i] = a / peak
	}
	taper := func(first, step int) {
		m := len(x) / 5
		for i := range m {
			padded[first+i*step] *= 0.5 - 0.5*math.Cos(math.Pi*(float64(i)+0.5)/float64(m))
		}
	}
	if math.Abs(padded[0]) > cut {
		taper(0, 1)
	}
	if math.Abs(padded[len(x)-1]) > cut {
		taper(len(x)-1, -1)
	}
	s := spectrum{df: 1 / (float64(n) * dt)}
	var all, high float64
	for i, c := range fourier.NewFFT(n).Coefficients(nil, padded) {
		a := cmplx.Abs(c)
		all += a * a
		if i > 3*n/8 {
			high += a * a
		}
		if i > 0 && power != 0 {
			a *= math.Pow(float64(i), power)
		}
		s.band = append(s.band, a*a)
	}
	s.high = high / all
	s.band[0] = 0
	total := 0.0
	for _, e := range s.band {
		total += e
	}
	for i := range s.band {
		s.band[i] /= total
	}
	return s
}

// below returns the frequency, Hz, under which a share of the energy lies.
func (s spectrum) below(share float64) float64 {
	sum := 0.0
	for i, e := range s.band {
		if sum += e; sum >= share {
			return float64(i) * s.df
		}
	}
	return float64(len(s.band)) * s.df
}

// coarse gathers the spectrum in at most so many bands up to a frequency that little
// lies above.
func (s spectrum) coarse(bands int) spectrum {
	top := int(s.below(0.999)/s.df) + 1
	each := (top + bands - 1) / bands
	out := spectrum{df: s.df * float64(each), high: s.high, band: make([]float64, (top+each-1)/each+1)}
	for i, e := range s.band[:min(top, len(s.band))] {
		out.band[(i+each/2)/each] += e
	}
	return out
}

// path is a way that waves take.
type path struct {
	length float64 // m
	speed  float64 // m/s
	axes   []bool  // along which they travel
}

// greatest returns the greatest spacing along the axes of travel.
func (p path) greatest(spacing []float64) float64 {
	h := 0.0
	for d, on := range p.axes {
		if on {
			h = max(h, spacing[d])
		}
	}
	return h
}

// dispersed estimates the relative error (L2) of a trace that numerical dispersion makes:
// a plane wave of each frequency is late by its wavenumber's error times the path, and
// is missing where the grid carries no wave so short. The worst direction of those along
// the axes and the diagonal counts.
func (s spectrum) dispersed(by equation.Scheme, p path) float64 {
	var directions [][]float64
	diagonal := make([]float64, len(p.axes))
	n := 0.0
	for d, on := range p.axes {
		if on {
			one := make([]float64, len(p.axes))
			one[d], diagonal[d] = 1, 1
			directions = append(directions, one)
			n++
		}
	}
	if n > 1 {
		for d := range diagonal {
			diagonal[d] /= math.Sqrt(n)
		}
		directions = append(directions, diagonal)
	}
	worst := 0.0
	for _, direction := range directions {
		sum := 0.0
		for i, e := range s.band {
			omega := 2 * math.Pi * float64(i) * s.df
			k, ok := by.Wavenumber(omega, p.speed, direction)
			if !ok {
				sum += e
				continue
			}
			half := math.Sin((k - omega/p.speed) * p.length / 2)
			sum += e * 4 * half * half
		}
		worst = max(worst, math.Sqrt(sum))
	}
	return worst
}

// Errors of traces that are warned of, and that a way out should have.
const (
	muchDispersed   = 0.2
	littleDispersed = 0.1
)

// adviseDispersion warns if dispersion spoils the traces.
func (sim *Simulation) adviseDispersion(rows [][]float64) {
	p, ok := sim.path()
	const least = 16 // samples that have something like a spectrum
	if !ok || sim.nt < least || math.IsInf(1/sim.survey.DT, 0) {
		return
	}
	now := equation.Scheme{Accuracy: sim.opt.Accuracy, Spacing: sim.spacing, DT: math.Abs(sim.dt), Staggered: sim.staggered()}
	// Waves from a point in n dimensions go as the 3-n-th half integral of what they come from,
	// which for equations of first order is a derivative of the series.
	power := -1.5
	for _, on := range p.axes {
		if on {
			power += 0.5
		}
	}
	if now.Staggered {
		power++
	}
	var worst spectrum
	most := 0.0
	for _, row := range rows {
		s := spectrumOf(row, math.Abs(sim.survey.DT), power).coarse(100)
		if e := s.dispersed(now, p); e > most {
			worst, most = s, e
		}
	}
	if most <= muchDispersed {
		return
	}
	freq := worst.below(0.95)
	sim.warn(WarnDispersion, "Survey.Spacing", "numerical dispersion: records are off by about %.0f%% after %.4g m. The source has 95%% of its energy below %.3g Hz, which is %.2g cells a wavelength at %.4g m/s, and internal steps take %.3g s. %s",
		100*min(most, 1), p.length, freq, p.speed/freq/p.greatest(sim.spacing), p.speed, math.Abs(sim.dt), sim.wayOut(worst, p))
}

// wayOut says what would make dispersion small: a higher accuracy, else smaller cells, and
// beside these both together with a finer sampling, which the error of the time step may need.
func (sim *Simulation) wayOut(s spectrum, p path) string {
	small := func(accuracy int, spacing []float64, dt float64) bool {
		return s.dispersed(equation.Scheme{Accuracy: accuracy, Spacing: spacing, DT: dt, Staggered: sim.staggered()}, p) <= littleDispersed
	}
	for a := sim.opt.Accuracy + 2; a <= 8; a += 2 {
		if small(a, sim.spacing, math.Abs(sim.dt)) {
			return fmt.Sprintf("Accuracy %d would do, or smaller cells or lower frequencies.", a)
		}
	}
	finer := func(accuracy int, divide float64) (h, dt float64) {
		spacing := slices.Clone(sim.spacing)
		for range 100 {
			dt, _ = equation.CFL(sim.survey.DT, spacing, sim.opt.MaxVel)
			dt = math.Abs(dt) / divide
			if small(accuracy, spacing, dt) {
				return p.greatest(spacing), dt
			}
			for d := range spacing {
				spacing[d] *= 0.9
			}
		}
		return 0, 0
	}
	var ways []string
	if h, _ := finer(sim.opt.Accuracy, 1); h > 0 {
		ways = append(ways, fmt.Sprintf("cells of %.2g m", h))
	}
	if h, dt := finer(8, 4); h > 0 {
		ways = append(ways, fmt.Sprintf("cells of %.2g m, accuracy 8 and samples of %.2g s", h, dt))
	}
	ways = append(ways, "lower frequencies")
	return "It takes " + strings.Join(ways, ", or ") + "."
}

// path returns the longest way that waves take: from a source to the farthest receiver,
// or corner of the region if there are none or all are close by and something sends waves
// back (as at zero offset), as far as they get in the time of the record,
// at the speed that is slow there: the middle one along the straight line, or that which a
// twentieth of the region's cells do not exceed, whichever is less.
func (sim *Simulation) path() (p path, ok bool) {
	const close = 0.1 // of the way to the corner
	way, far := sim.farthest(false)
	if corner, to := sim.farthest(true); far[0] == nil || way < close*corner && sim.reflects() {
		way, far = corner, to
	}
	if far[0] == nil {
		return p, false
	}
	for _, n := range sim.region {
		p.axes = append(p.axes, n > 1)
	}
	p.length = max(way, p.greatest(sim.spacing)) // what a cell cannot carry is missing at the source, too
	speedsAt := func(n int, cell func(k int) []int) []float64 {
		at := make([]int, n) // cells
		for k := range at {
			for d, c := range cell(k) {
				at[k] = at[k]*sim.cells[d] + min(max(c, 0), sim.cells[d]-1)
			}
		}
		return sim.speedsAt(at)
	}
	const along, many = 200, 50_000
	line := speedsAt(along, func(k int) []int {
		c := make([]int, sim.ndim)
		for d := range c {
			c[d] = far[0][d] + int(math.Round(float64(far[1][d]-far[0][d])*float64(k)/(along-1)))
		}
		return c
	})
	cells := 1
	for _, n := range sim.region {
		cells *= n
	}
	step := 1 + cells/many
	region := speedsAt(cells/step, func(k int) []int {
		i, c := k*step, make([]int, sim.ndim)
		for d := sim.ndim - 1; d >= 0; d-- {
			c[d] = sim.origin[d] + i%sim.region[d]
			i /= sim.region[d]
		}
		return c
	})
	if len(line) == 0 || len(region) == 0 {
		return p, false
	}
	p.speed = min(line[len(line)/2], region[len(region)/20])
	p.length = min(p.length, p.speed*float64(sim.nt)*math.Abs(sim.survey.DT))
	return p, p.length > 0
}

// speedsAt returns the speed of the slowest wave in cells of the first shot's models, sorted,
// without those that have none.
func (sim *Simulation) speedsAt(cells []int) []float64 {
	few := Models{}
	for name, a := range sim.models {
		value, err := a.Reader()
		if err != nil {
			return nil
		}
		x := make([]float64, len(cells))
		for k, c := range cells {
			x[k] = value(c)
		}
		few[name] = array.Of64(x, 1, len(x))
	}
	slowest := make([]float64, len(cells))
	for _, wave := range sim.eq.Waves(few) {
		for k, v := range wave.Float64s() {
			if v = math.Abs(v); v > 0 && (slowest[k] == 0 || v < slowest[k]) {
				slowest[k] = v
			}
		}
	}
	slowest = slices.DeleteFunc(slowest, func(v float64) bool { return v == 0 })
	slices.Sort(slowest)
	return slowest
}

// farthest returns the longest straight line from a source to a receiver of its shot, or to a
// corner of the region, m, and its ends; none without sources or receivers. Of many it
// looks at some.
func (sim *Simulation) farthest(corners bool) (length float64, ends [2][]int) {
	length = -1
	for shot := 0; shot < sim.shots; shot += 1 + sim.shots/100 {
		lo, hi := boundsOf(sim.receivers, shot)
		if corners {
			lo, hi = sim.origin, make([]int, sim.ndim)
			for d, n := range sim.region {
				hi[d] = sim.origin[d] + n - 1
			}
		}
		all := footprintsOf(sim.sources, shot)
		for i := 0; i < len(all) && lo != nil; i += 1 + len(all)/100 {
			f := all[i]
			if len(f) == 0 {
				continue
			}
			end, sum := make([]int, sim.ndim), 0.0
			for d, x := range f[0].Cell {
				if end[d] = lo[d]; hi[d]-x > x-lo[d] {
					end[d] = hi[d]
				}
				sum += math.Pow(float64(end[d]-x)*sim.spacing[d], 2)
			}
			if way := math.Sqrt(sum); way > length {
				length, ends = way, [2][]int{f[0].Cell, end}
			}
		}
	}
	return length, ends
}

// reflects reports whether waves come back from anywhere.
func (sim *Simulation) reflects() bool {
	return sim.slowest < sim.fastest || slices.ContainsFunc(sim.pml, func(w [2]int) bool { return w[0] == 0 || w[1] == 0 })
}

// footprintsOf returns those of a shot's points, of all channels.
func footprintsOf(groups []group, shot int) []footprint {
	var out []footprint
	for _, g := range groups {
		out = append(out, g.points[shot]...)
	}
	return out
}

// boundsOf returns the box around a shot's points, nil if there are none.
func boundsOf(groups []group, shot int) (lo, hi []int) {
	for _, f := range footprintsOf(groups, shot) {
		for _, e := range f {
			if lo == nil {
				lo, hi = slices.Clone(e.Cell), slices.Clone(e.Cell)
			}
			for d, x := range e.Cell {
				lo[d], hi[d] = min(lo[d], x), max(hi[d], x)
			}
		}
	}
	return lo, hi
}
