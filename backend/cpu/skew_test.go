package cpu

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// statements is a random list for newSkew, with what newSkew found.
type statements struct {
	touches []map[int]access
	rotate  []int
	rows    int
	steps   int
	skew    skew
}

// randomStatements draws up to five on up to five slots. As a schedule has it, what a
// statement writes it reads at its own row only.
func randomStatements(r *rand.Rand) *statements {
	slots := 1 + r.IntN(5)
	s := &statements{rotate: make([]int, slots), rows: 1 + r.IntN(25), steps: 1 + r.IntN(12)}
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
	s.skew = newSkew(s.touches, s.rotate)
	return s
}

// grid is what the rows of each buffer hold: a number made of all that was read when it
// was written, and in which order.
type grid [][]uint64

func (s *statements) newGrid() grid {
	g := make(grid, len(s.rotate))
	for b := range g {
		g[b] = make([]uint64, s.rows)
		for row := range g[b] {
			g[b][row] = uint64(b*1000 + row)
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

// do runs statement i of a step at a row.
func (s *statements) do(g grid, step, i, row int) {
	at := s.buffers(step)
	seen := uint64(step*100 + i)
	for slot := range s.rotate {
		if a, ok := s.touches[i][slot]; ok && a.reads >= 0 {
			for y := max(0, row-a.reads); y <= min(s.rows-1, row+a.reads); y++ {
				seen = (seen ^ g[at[slot]][y]) * 0x9E3779B97F4A7C15
				seen ^= seen >> 29
			}
		}
	}
	for slot := range s.rotate {
		if s.touches[i][slot].writes {
			g[at[slot]][row] = seen + uint64(slot)
		}
	}
}

// inOrder runs the statements one after the other.
func (s *statements) inOrder() grid {
	g := s.newGrid()
	for step := range s.steps {
		for i := range s.touches {
			for row := range s.rows {
				s.do(g, step, i, row)
			}
		}
	}
	return g
}

// inWaves runs them as pipeline does: waves of some steps, blocks of rows, statements
// behind each other by the skew. Of the blocks that may come next, as await has it, any.
func (s *statements) inWaves(r *rand.Rand, wave, block, workers int) grid {
	g := s.newGrid()
	last := s.skew.shift[len(s.skew.shift)-1]
	waves := (s.steps + wave - 1) / wave
	next := make([]int, waves) // the row at which each wave's next block begins
	end := make([]int, waves)
	for k := range waves {
		end[k] = s.rows + (min(wave, s.steps-k*wave)-1)*s.skew.period + last
	}
	for {
		var ready []int
		for k := range waves {
			switch {
			case next[k] >= end[k]:
			case k >= workers && next[k-workers] < end[k-workers]: // its goroutine has another to do
			case k > 0 && next[k-1] < end[k-1] && next[k-1] < next[k]+block+wave*s.skew.period:
			default:
				ready = append(ready, k)
			}
		}
		if len(ready) == 0 {
			return g
		}
		k := ready[r.IntN(len(ready))]
		for t := range min(wave, s.steps-k*wave) {
			for i := range s.touches {
				a := next[k] - t*s.skew.period - s.skew.shift[i]
				for row := max(a, 0); row < min(a+block, s.rows); row++ {
					s.do(g, k*wave+t, i, row)
				}
			}
		}
		next[k] += block
	}
}

// Under the skew every statement reads what it would if all were run in order, for all
// waves and blocks, whichever goroutine is the faster.
func TestSkewKeepsOrder(t *testing.T) {
	first := firstSeed()
	for seed := first; seed < first+uint64(count(200, 2000, 200000)); seed++ {
		r := rand.New(rand.NewPCG(seed, 5))
		s := randomStatements(r)
		want := s.inOrder()
		for range 4 {
			wave, block, workers := 1+r.IntN(s.steps), 1+r.IntN(s.rows+3), 1+r.IntN(3)
			got := s.inWaves(r, wave, block, workers)
			if !slices.EqualFunc(got, want, slices.Equal) {
				t.Fatalf("seed %d: %d rows, %d steps in waves of %d, blocks of %d, %d workers, skew %+v: out of order\n%s",
					seed, s.rows, s.steps, wave, block, workers, s.skew, s)
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
		s.rows, s.steps = 20, 6
		if s.skew.period == 0 {
			continue
		}
		want := s.inOrder()
		s.skew.period--
		earlier++
		got := s.inWaves(r, s.steps, 1, 1)
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
