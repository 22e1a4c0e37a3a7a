package cpu

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/internal/jit"
)

// BenchmarkParts reports what a cell takes in each kind of region.
func BenchmarkParts(b *testing.B) {
	for _, shape := range [][]int{{296, 296}, {60, 140}, {60, 60, 168}} {
		for _, acc := range []int{4, 8} {
			p := scalarPlan(b, shape, acc, array.Float32, 1, 1, 1000000)
			s0, err := device{}.Plan(context.Background(), p)
			if err != nil {
				b.Fatal(err)
			}
			s := s0.(*stepper[float32])
			placed, err := s.place(0)
			if err != nil {
				b.Fatal(err)
			}
			sc := newScratch[float32](s.need)
			for i := range s.ops {
				for j, part := range s.ops[i].parts {
					r := part.region
					best := 1e9
					n := 0
					for range 5 {
						st := time.Now()
						n = 0
						for time.Since(st) < 3*time.Millisecond {
							lo, hi := r.Lo, r.Hi
							placed[n&1][i].runners[j].run(lo, hi, sc)
							n++
						}
						best = min(best, time.Since(st).Seconds()/float64(n)/float64(r.Cells()))
					}
					nodes := 0
					if g, ok := part.kernel.(*generated[float32]); ok {
						nodes = g.cost
					}
					fmt.Printf("%v acc%d kind %d %v %v-%v: %.3f ns/cell, nodes %d\n", shape, acc, r.Kind(), r.Side, r.Lo, r.Hi, best*1e9, nodes)
				}
			}
			s.Close()
		}
	}
	_ = jit.Generic
}
