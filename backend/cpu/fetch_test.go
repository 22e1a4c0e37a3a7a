package cpu

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/stencil"
)

// large draws a plan of one of our equations in three dimensions, and returns a stepper that takes
// its grid for one that comes from memory.
func large(t *testing.T, seed uint64) *stepper[float32] {
	t.Helper()
	needCode(t)
	r := rand.New(rand.NewPCG(seed, 3))
	prog := randomProgram(t, r, 3)
	for prog.Name == "random" {
		prog = randomProgram(t, r, 3)
	}
	p := planFor(t, r, prog, array.Float32, 1+r.IntN(2), 1+r.IntN(12))
	h := how{threads: 1 + r.IntN(2), waves: tiling{wave: 2 + r.IntN(6), block: 1 + r.IntN(6), tiles: 1 + r.IntN(4)}}
	s := start(t, p, h).(*stepper[float32])
	t.Cleanup(func() { s.Close() })
	if len(s.pieces) == 0 {
		t.Fatalf("seed %d, %s: nothing is fetched", seed, about(p))
	}
	return s
}

// Pieces are where kernels find the values of each cell that lie in their boxes.
func TestPiecesAreWhereKernelsRead(t *testing.T) {
	smallCaches(t)
	first := firstSeed()
	for seed := first; seed < first+uint64(count(10, 50, 1000)); seed++ {
		s := large(t, seed)
		l := s.plan.Layout
		for slot, f := range s.schedule.Buffers {
			if f.Kind == stencil.Profile {
				continue
			}
			cells := map[int]bool{} // by place in the buffer
			for _, q := range s.memory.pieces(slot, f) {
				for z := q.box.lo[0]; z < q.box.hi[0]; z++ {
					for y := q.box.lo[1]; y < q.box.hi[1]; y++ {
						for i := range q.strides[1] {
							cells[q.at(z, y)+i] = true
						}
					}
				}
			}
			for _, r := range l.Regions() {
				if f.Kind == stencil.Memory && r.Side[f.Dim] == stencil.Middle {
					continue
				}
				for z := r.Lo[0]; z < r.Hi[0]; z++ {
					for y := r.Lo[1]; y < r.Hi[1]; y++ {
						for x := r.Lo[2]; x < r.Hi[2]; x++ {
							if at := s.memory.begin(slot, f, 0, &r, [3]int{z, y, x}); !cells[at] {
								t.Fatalf("seed %d, %s: %s of cell %d, %d, %d, place %d, lies in no piece", seed, about(s.plan), f.Name, z, y, x, at)
							}
						}
					}
				}
			}
		}
	}
}

// What a block is the first of its tile to read is fetched, once: rows as far as statements read
// along either coordinate. (Of the halo, some are not.)
func TestBlocksFetchWhatTheyReadFirst(t *testing.T) {
	smallCaches(t)
	type row struct {
		buf *float32
		at  int
	}
	all, again := 0, 0
	first := firstSeed()
	for seed := first; seed < first+uint64(count(10, 100, 2000)); seed++ {
		s := large(t, seed)
		p, err := s.newPipeline(0, s.plan.Steps, 1, new(atomic.Bool))
		if err != nil {
			t.Fatal(err)
		}
		each := func(m *memory[float32], q *piece, b box, visit func(row)) {
			for z := b.lo[0]; z < b.hi[0]; z++ {
				for y := b.lo[1]; y < b.hi[1]; y++ {
					visit(row{&m.buf[q.slot][0], q.at(z, y)})
				}
			}
		}
		rows := s.rows()
		for item := range 2 * p.tiles {
			from, steps := p.steps(item)
			there := map[row]bool{}
			for at := 0; steps > 0 && at < rows.hi[0]-rows.lo[0]+s.skew.behind(steps); at += p.block {
				p.eachFirst(item, at, func(m *memory[float32], q *piece, b box) {
					each(m, q, b, func(x row) {
						all++
						if there[x] {
							again++
						}
						there[x] = true
					})
				})
				for step := range steps {
					for k := range s.ops {
						b := p.box(item, at, step*s.skew.period+s.skew.shift[k]).moved(rows.lo).within(rows)
						if len(s.ops[k].parts) == 0 || b.empty() {
							continue
						}
						for i := range s.pieces {
							q := &s.pieces[i]
							a, ok := s.touches[k][q.slot]
							if !ok {
								continue
							}
							reads := max(a.reads, 0)
							b := box{[2]int{b.lo[0] - reads, b.lo[1] - reads}, [2]int{b.hi[0] + reads, b.hi[1] + reads}}
							each(s.phase[(from+step)%len(s.phase)], q, b.within(rows).within(q.box), func(x row) {
								if !there[x] {
									t.Fatalf("seed %d, %s, %+v: item %d, block at %d, step %d, statement %d: %s, place %d is not fetched", seed, about(s.plan), p.tiling, item, at, step, k, s.schedule.Buffers[q.slot].Name, x.at)
								}
							})
						}
					}
				}
			}
		}
	}
	if t.Logf("%d rows", all); again > 0 {
		t.Errorf("seed %d: of %d rows %d are fetched again", first, all, again)
	}
}
