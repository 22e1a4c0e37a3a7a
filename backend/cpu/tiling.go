package cpu

import "math"

// tiling is how a pipeline goes over the grid.
type tiling struct {
	wave  int // steps
	block int // rows
	tiles int // of a wave; more than one in three dimensions only
	rows  int // of a tile, along the second coordinate
}

const (
	maxWave   = 32
	leastRows = 24  // of a tile
	callCells = 600 // cells that could be moved while a block's calls are made
)

// cut sets the rows of tiles, of so many in all; the last statement of a wave is behind
// the first.
func (t *tiling) cut(rows, behind int) {
	if t.tiles > 1 {
		t.rows = (rows + behind + t.tiles - 1) / t.tiles
	}
}

// box is where a statement that is so far behind works in item i's block at a row. Rows count
// from the first that statements work on; it may reach beyond them.
func (t *tiling) box(i, at, behind int) box {
	b := rowsOf(at-behind, at-behind+t.block)
	if t.tiles > 1 {
		b.lo[1] = i%t.tiles*t.rows - behind
		b.hi[1] = b.lo[1] + t.rows
	}
	return b
}

// needed is an item, and a row that it must have passed; -1: none.
type needed struct{ item, row int }

// needs returns what item i's block at a row needs, if steps are a period behind each
// other: of its wave the tile before, and of the wave before the last tile that has
// rows of it. That an item has passed a row means that those before it have.
func (t *tiling) needs(i, at, period int) [2]needed {
	out := [2]needed{{item: -1}, {item: -1}}
	tile := i % t.tiles
	if tile > 0 {
		out[0] = needed{i - 1, at + t.block}
	}
	if i >= t.tiles {
		behind := t.wave * period
		out[1] = needed{i - t.tiles, at + t.block + behind}
		if t.tiles > 1 {
			out[1].item += min((behind+t.rows-1)/t.rows, t.tiles-1-tile)
		}
	}
	return out
}

// chosen returns what suits the caches for n steps shared by so many goroutines. It
// changes no bits.
func (s *stepper[T]) chosen(n, workers int) tiling {
	most := min(maxWave, (n+workers-1)/workers)
	if s.whole { // tiles can be shared, too
		most = min(maxWave, n)
	}
	if s.plan.TimeTile > 0 {
		most = min(most, s.plan.TimeTile)
	}
	least := 1 // rows of a block
	if s.plan.Layout.NDim == 3 {
		least = 2 * streaming.Planes
	}
	best, t := math.Inf(1), tiling{}
	for wave := max(1, most); wave > 0; wave-- {
		for tiles := 1; tiles <= s.mostTiles(wave); tiles++ {
			for _, block := range []int{64, 48, 32, 24, 16, 12, 8, 4, 2, 1} {
				try := tiling{wave: wave, block: block, tiles: tiles}
				try.cut(s.across(), s.skew.behind(wave))
				if block < least || !s.canShare(try, workers) {
					continue
				}
				if cost := s.cost(try, n, workers); cost < best {
					best, t = cost, try
				}
			}
		}
	}
	return t
}

// across returns how many rows there are along the second coordinate.
func (s *stepper[T]) across() int {
	rows := s.rows()
	return rows.hi[1] - rows.lo[1]
}

// mostTiles returns into how many tiles waves of so many steps may be cut.
func (s *stepper[T]) mostTiles(wave int) int {
	if !s.whole || wave == 1 {
		return 1
	}
	return max(1, (s.across()+s.skew.behind(wave))/leastRows)
}

// canShare reports whether goroutines can share a shot so without much waiting for each other.
func (s *stepper[T]) canShare(t tiling, workers int) bool {
	behind := t.wave * s.skew.period
	switch {
	case workers == 1 || t.wave == 1:
		return true
	case t.tiles == 1:
		rows := s.rows()
		return t.block+behind <= (rows.hi[0]-rows.lo[0])/workers
	}
	return (behind+t.rows-1)/t.rows+workers <= t.tiles
}

// cost is what a cell and step take, in units of what moving a cell's bytes from memory
// takes.
func (s *stepper[T]) cost(t tiling, n, workers int) float64 {
	rows := s.rows()
	total := rows.hi[0] - rows.lo[0]
	bytes := max(1, s.bytes()/s.plan.Layout.Shape[0]) // of a row, all buffers
	cells := s.plan.Layout.Padded() / s.plan.Layout.Shape[0]
	behind := t.wave * s.skew.period
	l2, l3 := caches()
	waves := (n + t.wave - 1) / t.wave
	again := float64(waves) / float64(n)
	share, third := 0.4, 0.3 // of the third level, which others use, too; what it costs
	lag := t.block + behind  // of an item behind the one before
	if s.plan.Layout.NDim == 3 {
		share, third = 0.55, 0.1
	}
	if t.tiles > 1 {
		again *= float64(t.rows+behind) / float64(t.rows) // neighbours' rows are in no cache any more
		bytes = bytes * (t.rows + behind) / s.plan.Layout.Shape[1]
		cells = cells * t.rows / s.plan.Layout.Shape[1]
		lag = t.block
	}
	cost := s.work() / 100
	used := bytes * (t.block + behind)
	if over := float64(used*s.threads)/float64(l3) - share; over > 0 {
		again = min(1, again+over)
		cost += over / 50 // of two that do not fit, the smaller
	}
	cost += again
	if used > l2*5/4 {
		cost += third
	}
	cost += callCells / float64(t.block*cells)
	// The busiest goroutine's steps, and how long the last waits to begin and the
	// first for it at the end.
	wait := 2 * float64((workers-1)*lag*t.wave) / float64(total*t.tiles)
	return cost * (t.busiest(n, workers) + wait) * float64(workers) / float64(n)
}

// busiest returns the most steps of the whole grid that any of so many goroutines does of n.
func (t *tiling) busiest(n, workers int) float64 {
	most, full, rest := 0, n/t.wave*t.tiles, n%t.wave
	for w := range workers {
		each := (full - w + workers - 1) / workers // items
		all := (full + t.tiles - w + workers - 1) / workers
		most = max(most, each*t.wave+(all-each)*rest)
	}
	return float64(most) / float64(t.tiles)
}

// work returns the mean work of a cell.
func (s *stepper[T]) work() float64 {
	sum := 0
	for i := range s.ops {
		for _, p := range s.ops[i].parts {
			sum += p.kernel.work * p.region.Cells()
		}
	}
	return float64(sum) / float64(s.plan.Layout.Cells())
}
