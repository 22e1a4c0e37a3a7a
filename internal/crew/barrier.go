package crew

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// spins is how often a waiting goroutine looks before it sleeps: for some tens of
// microseconds, since waking up takes as long.
const spins = 20000

// Barrier lets n goroutines wait for each other, again and again: they spin
// briefly, since a step takes microseconds, then sleep.
type Barrier struct {
	n       int32
	arrived atomic.Int32
	round   atomic.Uint32
	mu      sync.Mutex
	cond    sync.Cond
}

// NewBarrier returns a barrier for n goroutines.
func NewBarrier(n int) *Barrier {
	b := &Barrier{n: int32(n)}
	b.cond.L = &b.mu
	return b
}

// Wait returns when n goroutines have called it.
func (b *Barrier) Wait() {
	round := b.round.Load()
	if b.arrived.Add(1) == b.n {
		b.arrived.Store(0)
		b.mu.Lock()
		b.round.Add(1)
		b.cond.Broadcast()
		b.mu.Unlock()
		return
	}
	for i := range spins {
		if b.round.Load() != round {
			return
		}
		if i%100 == 99 {
			runtime.Gosched()
		}
	}
	b.mu.Lock()
	for b.round.Load() == round {
		b.cond.Wait()
	}
	b.mu.Unlock()
}
