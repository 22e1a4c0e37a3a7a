package cpu

import (
	"context"
	"slices"
	"sort"
	"sync/atomic"

	"github.com/d52adeda/wave/array"
)

// domains shares the rows of a grid between goroutines for good: each advances rows of
// its own, step by step, so that they stay in its cache. The border, which others'
// statements reach, it does first, so that they seldom wait for it.
type domains[T array.Float] struct {
	s      *stepper[T]
	placed placed[T]
	n      int // steps
	split
	done []progress // by goroutine: of how many stages the border is done
	stop *atomic.Bool
}

// blockCells is how many cells are done before a context is looked at.
const blockCells = 1 << 20

// split says how rows and statements are parted.
type split struct {
	cuts   []int   // where the rows of each goroutine begin, and the end
	border int     // rows on either side of a cut
	stages [][]int // statements that follow each other and depend on what others of them do at the same row only
}

// split returns how rows are shared between at most so many goroutines.
func (s *stepper[T]) split(workers int) split {
	touches := slices.Clone(s.touches)
	for i := range s.ops {
		if r := s.ops[i].record; r != nil { // a point is recorded as a whole, at its first row
			touches[i] = map[int]access{}
			for slot, a := range s.touches[i] {
				touches[i][slot] = access{max(a.reads, r.span()), a.writes}
			}
		}
	}
	var p split
	shift := newSkew(touches, s.schedule.Rotate).shift
	for i := range touches {
		if i == 0 || shift[i] != shift[i-1] {
			p.stages = append(p.stages, nil)
		}
		last := len(p.stages) - 1
		p.stages[last] = append(p.stages[last], i)
		for _, a := range touches[i] {
			p.border = max(p.border, a.reads)
		}
	}
	p.border = (p.border + usual.rows - 1) / usual.rows * usual.rows // as many as kernels take at a time
	lo, hi := s.rows()
	work := make([]int, hi-lo+1) // of the rows before
	for i := range s.ops {
		for _, part := range s.ops[i].parts {
			r := part.region
			each := part.kernel.work() * (r.Cells() / (r.Hi[0] - r.Lo[0]))
			for row := r.Lo[0]; row < r.Hi[0]; row++ {
				work[row-lo+1] += each
			}
		}
	}
	for i := range hi - lo {
		work[i+1] += work[i]
	}
	least := max(1, p.border) // rows: a border must not reach beyond a domain
	for ; ; workers-- {
		p.cuts = []int{lo}
		for w := 1; w < workers; w++ {
			p.cuts = append(p.cuts, lo+sort.SearchInts(work, work[hi-lo]*w/workers))
		}
		p.cuts = append(p.cuts, hi)
		narrow := func(w int) bool { return p.cuts[w+1]-p.cuts[w] < least }
		if workers <= 1 || !anyOf(workers, narrow) {
			return p
		}
	}
}

func (s *stepper[T]) newDomains(shot, n int, p split, stop *atomic.Bool) (*domains[T], error) {
	placed, err := s.place(shot)
	return &domains[T]{s: s, placed: placed, n: n, split: p, done: make([]progress, len(p.cuts)-1), stop: stop}, err
}

// run advances goroutine w's rows.
func (d *domains[T]) run(ctx context.Context, w int, scratch *scratch[T]) {
	last := len(d.done) - 1
	if w > last {
		return
	}
	lo, hi := d.cuts[w], d.cuts[w+1]
	inLo, inHi := lo, hi // what others do not reach
	if w > 0 {
		inLo = min(lo+d.border, hi)
	}
	if w < last {
		inHi = max(hi-d.border, inLo)
	}
	l := d.s.plan.Layout
	block := max(1, blockCells*l.Shape[0]/l.Padded()/usual.rows*usual.rows) // rows
	stage := int64(0)
	for t := range d.n {
		ops := d.placed[t%len(d.placed)]
		for _, numbers := range d.stages {
			if ctx.Err() != nil || w > 0 && !await(ctx, &d.done[w-1], stage, d.stop) || w < last && !await(ctx, &d.done[w+1], stage, d.stop) {
				d.stop.Store(true)
				return
			}
			do := func(lo, hi int) {
				for _, i := range numbers {
					ops[i].runWhole(d.s.step+t, lo, hi, scratch)
				}
			}
			do(lo, inLo)
			do(inHi, hi)
			stage++
			d.done[w].Store(stage)
			for at := inLo; at < inHi && ctx.Err() == nil; at += block {
				do(at, min(at+block, inHi))
			}
		}
	}
}

// anyOf reports whether f holds for a number below n.
func anyOf(n int, f func(int) bool) bool {
	for i := range n {
		if f(i) {
			return true
		}
	}
	return false
}
