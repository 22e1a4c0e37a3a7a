package bench

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/stencil"
)

// copyBytes is the size of the array that copyBandwidth copies: more than caches hold,
// but no more than small devices let a buffer have.
const copyBytes = 256 << 20

// copyBandwidth returns the bytes a second that a device moves in a step that reads one
// array and writes another, its best of a few. Where so large a buffer cannot be had,
// it takes a smaller one.
func copyBandwidth(ctx context.Context, name string, bytes int) (float64, error) {
	dev, err := backend.Open(name)
	if err != nil {
		return 0, err
	}
	defer dev.Close()
	a, b := &stencil.Field{Name: "a"}, &stencil.Field{Name: "b", Kind: stencil.State}
	p := &stencil.Program{Name: "copy", NDim: 2, Body: []stencil.Stmt{
		stencil.Update{{Dst: b, RHS: stencil.Mul(stencil.Const(2), a.At())}}, // a mere copy would be a change of names
	}}
	for {
		n := int(math.Sqrt(float64(bytes / 4)))
		s, err := copyPlan(ctx, dev, p, n)
		if errors.Is(err, errors.ErrUnsupported) && bytes > 1<<20 {
			bytes /= 2
			continue
		}
		if err != nil {
			return 0, err
		}
		defer s.Close()
		each, err := secondsPerStep(ctx, s.Step)
		return 8 * float64(n) * float64(n) / each, err
	}
}

// leastTime is how long steps that are timed have to take together: a device may do one
// in a tenth of what it takes to hand it over.
const leastTime = 100 * time.Millisecond

// secondsPerStep times so many steps at a time as take leastTime, the best of a few.
func secondsPerStep(ctx context.Context, step func(context.Context, int) error) (float64, error) {
	if err := step(ctx, 1); err != nil { // it may compile
		return 0, err
	}
	best := math.Inf(1)
	for n, pass := 1, 0; pass < passes; {
		began := time.Now()
		if err := step(ctx, n); err != nil {
			return 0, err
		}
		took := time.Since(began)
		if took < leastTime {
			n *= 2
			continue
		}
		best = min(best, took.Seconds()/float64(n))
		pass++
	}
	return best, nil
}

func copyPlan(ctx context.Context, dev backend.Device, p *stencil.Program, n int) (backend.Stepper, error) {
	l, err := stencil.NewLayout(p, []int{n, n}, make([][2]int, 2))
	if err != nil {
		return nil, err
	}
	return dev.Plan(ctx, &backend.Plan{
		Program: p, Layout: l, DType: array.Float32, Shots: 1, Steps: math.MaxInt32, TimeTile: 1,
		Fields: map[string]*array.Array{p.Fields()[1].Name: array.Zeros(array.Float32, 1, n, n)},
	})
}
