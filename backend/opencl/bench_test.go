//go:build opencl

package opencl

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/d52adeda/wave/array"
)

// BenchmarkShapes steps the scalar equation, accuracy 4, float32, PML 20 included, with
// a cell or a row an item.
func BenchmarkShapes(b *testing.B) {
	d := open(b)
	const steps = 20
	for _, shape := range [][]int{{64, 64}, {1064, 1064}, {100, 100, 100}} {
		p := scalar(b, rand.New(rand.NewPCG(1, 1)), shape, 20, 1, 1_000_000, array.Float32)
		for _, processor := range []bool{false, true} {
			b.Run(fmt.Sprintf("%v/%s", shape, map[bool]string{false: "cells", true: "rows"}[processor]), func(b *testing.B) {
				mode := &device{found: d.found, context: d.context}
				mode.limits.processor = processor
				s, err := mode.Plan(context.Background(), p)
				if err != nil {
					b.Fatal(err)
				}
				defer s.Close()
				if err := s.Step(context.Background(), steps); err != nil { // compiles
					b.Fatal(err)
				}
				for b.Loop() {
					if err := s.Step(context.Background(), steps); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(p.Layout.Cells())*steps*float64(b.N)/b.Elapsed().Seconds()/1e9, "GPts/s")
			})
		}
	}
}
