package cpu

import (
	"context"
	"math"
	"sort"
	"sync/atomic"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/internal/crew"
)

// lockstep shares the rows of each statement between goroutines: every one has as
// much work, and all wait for each other after it.
type lockstep[T array.Float] struct {
	s       *stepper[T]
	placed  placed[T]
	n       int     // steps
	cuts    [][]int // by statement: where the rows of each goroutine begin
	barrier *crew.Barrier
	// stopAt is the last step to do. Goroutine 0 sets it before that step's first
	// barrier, so that all see it after and leave together.
	stopAt atomic.Int64
	stop   *atomic.Bool
}

func (s *stepper[T]) newLockstep(shot, n, workers int, stop *atomic.Bool) (*lockstep[T], error) {
	placed, err := s.place(shot)
	l := &lockstep[T]{s: s, placed: placed, n: n, barrier: crew.NewBarrier(workers), stop: stop}
	l.stopAt.Store(math.MaxInt64)
	for i := range s.ops {
		l.cuts = append(l.cuts, s.cuts(&s.ops[i], workers))
	}
	return l, err
}

func (l *lockstep[T]) run(ctx context.Context, w int, scratch *scratch[T]) {
	if w >= len(l.cuts[0])-1 {
		return
	}
	for t := range l.n {
		if w == 0 && (ctx.Err() != nil || l.stop.Load()) {
			l.stopAt.Store(int64(t))
		}
		ops := l.placed[t%len(l.placed)]
		for i := range ops {
			lo, hi := l.cuts[i][w], l.cuts[i][w+1]
			for block := max(1, (hi-lo)/8); lo < hi && ctx.Err() == nil; lo += block { // a step of a large grid takes seconds
				ops[i].run(l.s.step+t, lo, min(lo+block, hi), scratch)
			}
			l.barrier.Wait()
		}
		if l.stopAt.Load() == int64(t) {
			l.stop.Store(true)
			return
		}
	}
}

// cuts returns where rows are cut so that all workers have as much work.
func (s *stepper[T]) cuts(o *operation[T], workers int) []int {
	lo, hi := s.rows()
	work := make([]int, hi-lo+1) // of the rows before
	for _, p := range o.parts {
		r := p.region
		each := p.kernel.work() * (r.Cells() / (r.Hi[0] - r.Lo[0]))
		for row := r.Lo[0]; row < r.Hi[0]; row++ {
			work[row-lo+1] += each
		}
	}
	for i := range hi - lo {
		work[i+1] += work[i]
	}
	out := []int{lo}
	for w := 1; w < workers; w++ {
		want := work[hi-lo] * w / workers
		out = append(out, lo+sort.SearchInts(work, want))
	}
	return append(out, hi)
}
