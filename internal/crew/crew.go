// Package crew lets a few goroutines work in step with each other, through many
// short pieces of work. It imports nothing else of this module.
package crew

import "sync"

// Crew is n goroutines that do pieces of work together, the caller of Do one of
// them. It belongs to one goroutine.
type Crew struct {
	n    int
	work func(i int) // nil ends the crew; written before the barrier it follows
	b    *Barrier
	wg   sync.WaitGroup
}

// New starts a crew of n, the caller included. Close ends it.
func New(n int) *Crew {
	c := &Crew{n: n, b: NewBarrier(n)}
	for i := 1; i < n; i++ {
		c.wg.Go(func() {
			for {
				c.b.Wait()
				if c.work == nil {
					return
				}
				c.work(i)
				c.b.Wait()
			}
		})
	}
	return c
}

// Size returns n.
func (c *Crew) Size() int { return c.n }

// Do calls work(0), ..., work(n-1), each on its goroutine, and returns when all
// have returned.
func (c *Crew) Do(work func(i int)) {
	if c.n == 1 {
		work(0)
		return
	}
	c.work = work
	c.b.Wait()
	defer c.b.Wait() // also if work panics: the others are done then, and the crew fit for Close
	work(0)
}

// Close ends the goroutines.
func (c *Crew) Close() {
	if c.n > 1 {
		c.work = nil
		c.b.Wait()
	}
	c.wg.Wait()
}
