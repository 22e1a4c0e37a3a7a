package cpu

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/d52adeda/wave/stencil"
)

// statements is a random list for newSkew, with what newSkew found, and a grid.
type statements struct {
	touches []map[int]access
	rotate  []int
	rows    [2]int // along both coordinates of a box
	steps   int
	skew    skew
}

// randomStatements draws up to five on up to five slots. As a schedule has it, what a
// statement writes it reads at its own row only.
func randomStatements(r *rand.Rand) *statements {
	slots := 1 + r.IntN(5)
	s := &statements{rotate: make([]int, slots), rows: [2]int{1 + r.IntN(25), 1}, steps: 1 + r.IntN(12)}
	if r.IntN(2) == 0 {
		s.rows[1] += r.IntN(16)
	}
	for i := range s.rotate {
		s.rotate[i] = i
	}
	if r.IntN(3) > 0 {
		s.rotate = r.Perm(slots)
	}
	for range 1 + r.IntN(5) {
		touch := map[int]access{}
		for slot := range slots {
			switch r.IntN(5) {
			case 0:
				touch[slot] = access{reads: r.IntN(5)}
			case 1:
				touch[slot] = access{reads: r.IntN(2) - 1, writes: true}
			}
		}
		s.touches = append(s.touches, touch)
	}
	s.skew = newSkew(s.touches, (&stencil.Schedule{Rotate: s.rotate}).Phases())
	return s
}

// grid is what the cells of each buffer hold: a number made of all that was read when it
// was written, and in which order.
type grid [][]uint64

func (s *statements) newGrid() grid {
	g := make(grid, len(s.rotate))
	for b := range g {
		g[b] = make([]uint64, s.rows[0]*s.rows[1])
		for i := range g[b] {
			g[b][i] = uint64(b*1000 + i)
		}
	}
	return g
}

// buffers returns which buffer each slot is at a step.
func (s *statements) buffers(step int) []int {
	at := make([]int, len(s.rotate))
	for i := range at {
		at[i] = i
	}
	for range step {
		next := make([]int, len(at))
		for slot, from := range s.rotate {
			next[slot] = at[from]
		}
		at = next
	}
	return at
}

// do runs statement i of a step in a box. A cell reads all neighbours, diagonal ones, too.
func (s *statements) do(g grid, step, i int, b box) {
	at := s.buffers(step)
	all := box{hi: s.rows}
	b = b.within(all)
	for y := b.lo[0]; y < b.hi[0]; y++ {
		for x := b.lo[1]; x < b.hi[1]; x++ {
			seen := uint64(step*100 + i)
			for slot := range s.rotate {
				a, ok := s.touches[i][slot]
				if !ok || a.reads < 0 {
					continue
				}
				near := box{[2]int{y - a.reads, x - a.reads}, [2]int{y + a.reads + 1, x + a.reads + 1}}.within(all)
				for v := near.lo[0]; v < near.hi[0]; v++ {
					for u := near.lo[1]; u < near.hi[1]; u++ {
						seen = (seen ^ g[at[slot]][v*s.rows[1]+u]) * 0x9E3779B97F4A7C15
						seen ^= seen >> 29
					}
				}
			}
			for slot := range s.rotate {
				if s.touches[i][slot].writes {
					g[at[slot]][y*s.rows[1]+x] = seen + uint64(slot)
				}
			}
		}
	}
}

// inOrder runs the statements one after the other.
func (s *statements) inOrder() grid {
	g := s.newGrid()
	for step := range s.steps {
		for i := range s.touches {
			s.do(g, step, i, box{hi: s.rows})
		}
	}
	return g
}

// randomTiling draws how waves go over the grid.
func (s *statements) randomTiling(r *rand.Rand) tiling {
	t := tiling{wave: 1 + r.IntN(s.steps), block: 1 + r.IntN(s.rows[0]+3), tiles: 1 + r.IntN(4)}
	t.cut(s.rows[1], s.skew.behind(t.wave))
	return t
}

// inWaves runs them as pipeline does: waves of some steps, blocks of rows, tiles, statements
// behind each other by the skew. Of the blocks that may come next, as item has it, any.
func (s *statements) inWaves(r *rand.Rand, try tiling, workers int) grid {
	g := s.newGrid()
	items := (s.steps + try.wave - 1) / try.wave * try.tiles
	next := make([]int, items) // the row at which each item's next block begins
	end := make([]int, items)
	steps := func(i int) int { return min(try.wave, s.steps-i/try.tiles*try.wave) }
	for i := range items {
		end[i] = s.rows[0] + s.skew.behind(steps(i))
	}
	passed := func(i, row int) bool { return next[i] >= end[i] || next[i] >= row }
	for {
		var ready []int
		for i := range items {
			if next[i] >= end[i] || i >= workers && next[i-workers] < end[i-workers] { // done, or its goroutine has another to do
				continue
			}
			needs := try.needs(i, next[i], s.skew.period)
			if !slices.ContainsFunc(needs[:], func(n needed) bool { return n.item >= 0 && !passed(n.item, n.row) }) {
				ready = append(ready, i)
			}
		}
		if len(ready) == 0 {
			return g
		}
		i := ready[r.IntN(len(ready))]
		for t := range steps(i) {
			for k := range s.touches {
				s.do(g, i/try.tiles*try.wave+t, k, try.box(i, next[i], t*s.skew.period+s.skew.shift[k]))
			}
		}
		next[i] += try.block
	}
}

// Under the skew every statement reads what it would if all were run in order, for all
// waves, blocks and tiles, whichever goroutine is the faster.
func TestSkewKeepsOrder(t *testing.T) {
	first := firstSeed()
	for seed := first; seed < first+uint64(count(200, 2000, 200000)); seed++ {
		r := rand.New(rand.NewPCG(seed, 5))
		s := randomStatements(r)
		want := s.inOrder()
		for range 4 {
			try, workers := s.randomTiling(r), 1+r.IntN(3)
			if got := s.inWaves(r, try, workers); !slices.EqualFunc(got, want, slices.Equal) {
				t.Fatalf("seed %d: %v rows, %d steps, %+v, %d workers, skew %+v: out of order\n%s", seed, s.rows, s.steps, try, workers, s.skew, s)
			}
		}
	}
}

// With steps one row closer to each other many lists come out of order: the test above
// can fail. (Not all do: some of what is written is written over before it is read.)
func TestSkewTooSmall(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 6))
	earlier, outOfOrder := 0, 0
	for range 300 {
		s := randomStatements(r)
		s.rows, s.steps = [2]int{20, 1}, 6
		if s.skew.period == 0 {
			continue
		}
		want := s.inOrder()
		s.skew.period--
		earlier++
		got := s.inWaves(r, tiling{wave: s.steps, block: 1, tiles: 1}, 1)
		if !slices.EqualFunc(got, want, slices.Equal) {
			outOfOrder++
		}
	}
	if outOfOrder < earlier/4 {
		t.Errorf("of %d skews one row less, %d come out of order, want a quarter at least", earlier, outOfOrder)
	}
}

func (s *statements) String() string {
	text := fmt.Sprintf("rotate %v\n", s.rotate)
	for i, touch := range s.touches {
		text += fmt.Sprintf("statement %d: %+v\n", i, touch)
	}
	return text
}
