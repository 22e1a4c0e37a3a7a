package cpu

import "math"

// tiling is how a pipeline goes over the grid.
type tiling struct {
	wave  int // steps
	block int // rows
}

const (
	maxWave   = 32
	callCells = 600 // cells that could be moved while a block's calls are made
)

// tiling returns what suits the caches for n steps shared by so many goroutines. It
// changes no bits.
func (s *stepper[T]) tiling(n, workers int) tiling {
	lo, hi := s.rows()
	total := hi - lo
	bytes := max(1, s.bytes()/s.plan.Layout.Shape[0]) // of a row, all buffers
	cells := s.plan.Layout.Padded() / s.plan.Layout.Shape[0]
	l2, l3 := caches()
	share, least := 0.4, 1 // of the third level: others use it, too; rows of a block
	if s.plan.Layout.NDim == 3 {
		// Planes leave the third level little by little: some more than it holds still pay.
		share, least = 0.8, 2*streaming.Planes
	}
	most := min(maxWave, (n+workers-1)/workers)
	if s.plan.TimeTile > 0 {
		most = min(most, s.plan.TimeTile)
	}
	best, t := math.Inf(1), tiling{}
	for wave := max(1, most); wave > 0; wave-- {
		behind := wave * s.skew.period
		for _, block := range []int{64, 48, 32, 24, 16, 12, 8, 4, 2, 1} {
			if block < least || wave > 1 && workers > 1 && block+behind > total/workers {
				continue // or one would wait for the other
			}
			// Per cell and step, in units of what moving a cell's bytes from memory takes.
			cost := s.work() / 100
			used := bytes * (block + behind)
			again := 1 / float64(wave) // what comes from memory; more if the third level is too small
			if over := float64(used*s.threads)/float64(l3) - share; over > 0 {
				again = min(1, again+over)
				cost += over / 50 // of two that do not fit, the smaller
			}
			cost += again
			if used > l2*5/4 {
				cost += 0.3 // from the third level
			}
			cost += callCells / float64(block*cells)
			// The busiest goroutine's steps, and how long the last waits to begin and the
			// first for it at the end.
			each := (n + wave*workers - 1) / (wave * workers) * wave
			wait := float64(2*(workers-1)*(block+behind)*wave) / float64(total)
			cost *= (float64(each) + wait) * float64(workers) / float64(n)
			if cost < best {
				best, t = cost, tiling{wave, block}
			}
		}
	}
	return t
}

// work returns the mean work of a cell.
func (s *stepper[T]) work() float64 {
	sum := 0
	for i := range s.ops {
		for _, p := range s.ops[i].parts {
			sum += p.kernel.work() * p.region.Cells()
		}
	}
	return float64(sum) / float64(s.plan.Layout.Cells())
}
