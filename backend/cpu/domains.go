package cpu

import (
	"context"
	"math"
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

// newSplit returns how rows are shared between at most so many goroutines.
func (s *stepper[T]) newSplit(workers int) split {
	touches := s.touchesWhole()
	var p split
	shift := newSkew(touches, s.schedule.Phases()).shift
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
	p.border = (p.border + usual.Rows - 1) / usual.Rows * usual.Rows // as many as kernels take at a time
	for p.cuts = s.cuts(workers); workers > 1 && narrowest(p.cuts) < p.border; p.cuts = s.cuts(workers) {
		workers-- // a border must not reach beyond a domain
	}
	return p
}

// touchesWhole is what statements touch if points are recorded as a whole, where they begin.
func (s *stepper[T]) touchesWhole() []map[int]access {
	out := slices.Clone(s.touches)
	for i := range s.ops {
		if r := s.ops[i].record; r != nil {
			out[i] = map[int]access{}
			for slot, a := range s.touches[i] {
				out[i][slot] = access{max(a.reads, 0) + r.span(), a.writes}
			}
		}
	}
	return out
}

// cuts returns where rows are cut so that all goroutines have as much work.
func (s *stepper[T]) cuts(workers int) []int {
	rows := s.rows()
	lo, hi := rows.lo[0], rows.hi[0]
	work := make([]int, hi-lo+1) // of the rows before
	for i := range s.ops {
		for _, p := range s.ops[i].parts {
			r := p.region
			each := p.kernel.work * (r.Cells() / (r.Hi[0] - r.Lo[0]))
			for row := r.Lo[0]; row < r.Hi[0]; row++ {
				work[row-lo+1] += each
			}
		}
	}
	for i := range hi - lo {
		work[i+1] += work[i]
	}
	out := []int{lo}
	for w := 1; w < workers; w++ {
		out = append(out, lo+sort.SearchInts(work, work[hi-lo]*w/workers))
	}
	return append(out, hi)
}

// narrowest returns the least distance between cuts.
func narrowest(cuts []int) int {
	least := math.MaxInt
	for i, c := range cuts[1:] {
		least = min(least, c-cuts[i])
	}
	return least
}

func (s *stepper[T]) newDomains(shot, n int, stop *atomic.Bool) (*domains[T], error) {
	placed, err := s.place(shot)
	return &domains[T]{s: s, placed: placed, n: n, split: s.split, done: make([]progress, len(s.split.cuts)-1), stop: stop}, err
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
	block := max(1, blockCells*l.Shape[0]/l.Padded()/usual.Rows*usual.Rows) // rows
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
					ops[i].run(d.s.plan.Row(d.s.step+t), rowsOf(lo, hi), true, scratch)
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
