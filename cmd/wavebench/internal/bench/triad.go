package bench

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/internal/memory"
)

// triad measures memory bandwidth as STREAM does (McCalpin 1995): a[i] = b[i] + s*c[i],
// 24 bytes an element in float64.
type triad struct{ a, b, c []float64 }

// triadLength is the number of elements of an array: 128 MiB each, far more than
// caches hold.
const triadLength = 16 << 20

func newTriad(n int) (*triad, error) {
	if need, free := 24*int64(n), memory.Free(); free > 0 && need > free {
		return nil, fmt.Errorf("measuring the bandwidth of memory takes %s of it, want at most %s (what the machine has free): %w", memory.Size(need), memory.Size(free), wave.ErrMemory)
	}
	t := &triad{make([]float64, n), make([]float64, n), make([]float64, n)}
	for i := range n {
		t.a[i], t.b[i], t.c[i] = 1, 2, float64(i)
	}
	return t, nil
}

// passes are made at a time; the fastest counts.
const passes = 3

// bandwidth returns bytes a second with so many goroutines.
func (t *triad) bandwidth(ctx context.Context, threads int) (float64, error) {
	best := time.Duration(0)
	for range passes {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		began := time.Now()
		t.pass(threads, 3)
		if d := time.Since(began); best == 0 || d < best {
			best = d
		}
	}
	return 24 * float64(len(t.a)) / best.Seconds(), nil
}

func (t *triad) pass(threads int, s float64) {
	var wg sync.WaitGroup
	for w := range threads {
		from, to := w*len(t.a)/threads, (w+1)*len(t.a)/threads
		wg.Go(func() {
			a := t.a[from:to]
			b, c := t.b[from:to][:len(a)], t.c[from:to][:len(a)]
			for i := range a {
				a[i] = b[i] + s*c[i]
			}
		})
	}
	wg.Wait()
}
