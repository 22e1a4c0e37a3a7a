package cpu

import (
	"math/rand/v2"
	"testing"

	"github.com/d52adeda/wave/array"
)

// What is computed does not depend, in any bit, on the number of goroutines, the steps
// that go together, how Step is cut, who looks at fields in between, other shots of a
// batch, or which vector instructions there are, or none; whether grids fit the caches or not.
func TestBitsDoNotDependOnHow(t *testing.T) {
	processors(t, 3)
	first := firstSeed()
	for _, from := range []string{"cache", "memory"} {
		t.Run(from, func(t *testing.T) {
			if from == "memory" {
				smallCaches(t)
			}
			for seed := first; seed < first+uint64(count(1, 10, 1000)); seed++ {
				bitsDoNotDependOnHow(t, seed)
			}
		})
	}
}

func bitsDoNotDependOnHow(t *testing.T, seed uint64) {
	for _, dt := range []array.DType{array.Float32, array.Float64} {
		var first map[string][]float64 // instruction set's
		for _, isa := range instructionSets() {
			force(t, isa)
			r := rand.New(rand.NewPCG(seed, 1))
			p := randomPlan(t, r, dt)
			plain := how{threads: 1, tile: 1, cuts: []int{p.Steps}}
			want := finish(t, start(t, p, plain), p, plain)
			for range 3 {
				h := randomHow(r, p.Steps)
				if d := differ(finish(t, start(t, p, h), p, h), want); d != "" {
					t.Fatalf("seed %d, %v, %s, %+v: %s", seed, isa, about(p), h, d)
				}
			}
			if p.Shots > 1 {
				shot := r.IntN(p.Shots)
				one, h := onlyShot(p, shot), randomHow(r, p.Steps)
				alone := finish(t, start(t, one, h), one, h)
				for name, x := range want {
					n := len(x) / p.Shots
					want[name] = x[shot*n:][:n]
				}
				if d := differ(alone, want); d != "" {
					t.Fatalf("seed %d, %v, %s, shot %d alone, %+v: %s", seed, isa, about(p), shot, h, d)
				}
			}
			if first == nil {
				first = want
			} else if d := differ(want, first); d != "" {
				t.Fatalf("seed %d, %s: %v and %v differ: %s", seed, about(p), isa, instructionSets()[0], d)
			}
		}
	}
}
