package cpu

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/stencil"
)

// Time tiling. A statement at a row (a plane in 3-D: one value of the slowest
// coordinate) needs the statements before it only some rows further on. So several
// steps can go over the grid together, each statement a little behind the one before:
//
//	rows ->   ..............
//	step t    ################        done, or in this block
//	step t+1  ##############
//	step t+2  ############
//
// A block of rows is then in the cache while all these steps use it. Steps that go
// together are a wave. In three dimensions the planes of a wave may be more than a
// cache holds: then tiles of their rows (the next coordinate) go over all planes one
// after the other, with statements as far behind each other along this coordinate,
// too. A wave's tile is an item; goroutines take items in turn, and one may follow
// another closely. What a point gets does not depend on any of this.

// skew says how far behind statements must be, in rows (along each of the two slowest
// coordinates, in three dimensions).
type skew struct {
	shift  []int // of each statement, behind the first of its step
	period int   // of a step, behind the one before
}

// behind returns how far the last statement of so many steps is behind the first.
func (s *skew) behind(steps int) int { return (steps-1)*s.period + s.shift[len(s.shift)-1] }

// access is what a statement does to a buffer: the rows on either side of its own
// that it reads (-1: none), and whether it writes its own.
type access struct {
	reads  int
	writes bool
}

// newSkew finds the least skew that keeps every statement's reads and writes in
// order. touches lists by statement and slot what it does; phases is which buffer
// each slot has after so many steps.
func newSkew(touches []map[int]access, phases [][]int) skew {
	n := len(touches)
	s := skew{shift: make([]int, n)}
	// behind returns how far statement j of a step must be behind statement i, where
	// slots of j are called, in i's step, what name says; -1: not at all.
	behind := func(i, j int, name []int) int {
		far := -1
		for slot, b := range touches[j] {
			a, ok := touches[i][name[slot]]
			if !ok {
				continue
			}
			if a.writes {
				far = max(far, b.reads)
			}
			if b.writes {
				far = max(far, a.reads)
			}
			if a.writes && b.writes {
				far = max(far, 0)
			}
		}
		return far
	}
	for j := range n {
		for i := range j {
			s.shift[j] = max(s.shift[j], s.shift[i], s.shift[i]+behind(i, j, phases[0]))
		}
	}
	s.period = 0
	if n > 0 { // a step's first statement is not before the last of the step before
		s.period = s.shift[n-1]
	}
	for k := 1; k <= len(phases); k++ {
		for i := range n {
			for j := range n {
				if far := behind(i, j, phases[k%len(phases)]); far >= 0 {
					s.period = max(s.period, (far+s.shift[i]-s.shift[j]+k-1)/k)
				}
			}
		}
	}
	return s
}

// touches returns what the statements do along the first so many coordinates, for newSkew.
func touches(ops []stencil.Op, graphs [][]*stencil.Graph, coordinates int) []map[int]access {
	out := make([]map[int]access, len(ops))
	for i, op := range ops {
		out[i] = map[int]access{}
		see := func(slot, reads int, writes bool) {
			a, ok := out[i][slot]
			if !ok {
				a.reads = -1
			}
			out[i][slot] = access{max(a.reads, reads), a.writes || writes}
		}
		for _, g := range graphs[i] {
			for _, n := range g.Nodes {
				if n.Kind == stencil.OpLoad && n.Field.Kind != stencil.Profile {
					for _, off := range n.Off[:coordinates] {
						see(n.Slot, max(off, -off), false)
					}
				}
			}
			for _, o := range g.Outputs {
				if o.Slot >= 0 {
					see(o.Slot, -1, true)
				}
			}
		}
		if _, ok := op.Stmt.(stencil.Inject); ok {
			see(op.Dst, 0, true)
		}
	}
	return out
}

// pipeline is a run of waves over the grid for one shot: item i, which is tile i mod
// tiles of wave i / tiles, is goroutine i mod workers's.
type pipeline[T array.Float] struct {
	s      *stepper[T]
	shot   int
	placed placed[T]
	n      int // steps
	tiling
	workers int
	// done[w] is how far goroutine w is: the number of its item times itemLength plus
	// the row that it has passed.
	done []progress
	stop *atomic.Bool
}

// progress has a cache line of its own: others look at it again and again.
type progress struct {
	atomic.Int64
	_ [line - 8]byte
}

const itemLength = math.MaxInt32

func (s *stepper[T]) newPipeline(shot, n, workers int, stop *atomic.Bool) (*pipeline[T], error) {
	placed, err := s.place(shot)
	p := &pipeline[T]{s: s, shot: shot, placed: placed, n: n, tiling: s.tiling(n, workers), workers: workers, done: make([]progress, workers), stop: stop}
	return p, err
}

// run does goroutine w's items.
func (p *pipeline[T]) run(ctx context.Context, w int, scratch *scratch[T]) {
	if w >= p.workers {
		return
	}
	for i := w; i/p.tiles*p.wave < p.n; i += p.workers {
		if !p.item(ctx, i, scratch) {
			p.stop.Store(true)
			return
		}
	}
}

// steps returns the first step of an item, and how many it has; none beyond the last item.
func (p *pipeline[T]) steps(i int) (from, n int) {
	from = i / p.tiles * p.wave
	return from, min(p.wave, p.n-from)
}

// item does all blocks of an item, each when what it needs is there; false if all stop.
func (p *pipeline[T]) item(ctx context.Context, i int, scratch *scratch[T]) bool {
	s := p.s
	from, steps := p.steps(i)
	rows := s.rows()
	end := rows.hi[0] - rows.lo[0] + s.skew.behind(steps)
	fetches := p.wave > 1 && len(s.pieces) > 0
	for at := 0; at < end; at += p.block {
		for _, n := range p.needs(i, at, s.skew.period) {
			if !p.await(ctx, n) {
				return false
			}
		}
		if ctx.Err() != nil || p.stop.Load() {
			return false
		}
		if fetches {
			if next := at + p.block; next < end {
				p.fetch(i, next, scratch)
			} else {
				p.fetch(i+p.workers, 0, scratch)
			}
		}
		for t := range steps {
			ops := p.placed[(from+t)%len(p.placed)]
			for k := range ops {
				b := p.box(i, at, t*s.skew.period+s.skew.shift[k]).moved(rows.lo).within(rows)
				if !b.empty() {
					ops[k].run(s.plan.Row(s.step+from+t), b, s.whole, scratch)
				}
			}
		}
		p.done[i%p.workers].Store(int64(i)*itemLength + int64(at+p.block))
	}
	p.done[i%p.workers].Store(int64(i+1)*itemLength - 1)
	return true
}

// await returns when what a block needs is there, or false if all stop.
func (p *pipeline[T]) await(ctx context.Context, n needed) bool {
	if n.item < 0 || p.workers == 1 {
		return true
	}
	want := min(int64(n.item)*itemLength+int64(n.row), int64(n.item+1)*itemLength-1)
	return await(ctx, &p.done[n.item%p.workers], want, p.stop)
}

// await returns when a goroutine has come as far as want, or false if all stop. A
// block takes microseconds: it spins, then lets others run, then sleeps.
func await(ctx context.Context, done *progress, want int64, stop *atomic.Bool) bool {
	for i := 0; done.Load() < want; i++ {
		switch {
		case i < 5000:
		case i < 20000:
			if i%16 == 0 {
				runtime.Gosched()
			}
		default:
			if stop.Load() || ctx.Err() != nil {
				stop.Store(true)
				return false
			}
			time.Sleep(20 * time.Microsecond)
		}
	}
	return true
}

// sorted returns the indices of by in increasing order.
func sorted(by []int) []int {
	order := make([]int, len(by))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return by[a] - by[b] })
	return order
}
