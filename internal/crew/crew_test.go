package crew

import (
	"runtime"
	"testing"
	"time"
)

func TestCrewDoesEveryPieceOnce(t *testing.T) {
	for _, n := range []int{1, 2, 3, 8} {
		before := runtime.NumGoroutine()
		c := New(n)
		count := make([]int, n)
		for piece := range 500 {
			c.Do(func(i int) {
				if piece%100 == 0 && i == n-1 {
					time.Sleep(time.Millisecond) // long enough for the others to sleep
				}
				count[i]++
			})
			for i, k := range count {
				if k != piece+1 {
					t.Fatalf("crew of %d: member %d has done %d pieces after %d", n, i, k, piece+1)
				}
			}
		}
		c.Close()
		// a goroutine still counts for a moment after it has told the WaitGroup that it is done
		for wait := time.Millisecond; runtime.NumGoroutine() > before; wait *= 2 {
			if wait > 5*time.Second {
				t.Fatalf("crew of %d: %d goroutines left", n, runtime.NumGoroutine()-before)
			}
			time.Sleep(wait)
		}
	}
}

// A member that panics, of those that callers can recover, leaves a crew that ends.
func TestCrewEndsAfterAPanic(t *testing.T) {
	before := runtime.NumGoroutine()
	c := New(3)
	var done [3]bool
	func() {
		defer func() {
			if recover() != "mine" {
				t.Error("the panic does not go on")
			}
		}()
		c.Do(func(i int) {
			if i == 0 {
				panic("mine")
			}
			time.Sleep(time.Millisecond)
			done[i] = true
		})
	}()
	if !done[1] || !done[2] {
		t.Errorf("Do panics before the others are done: %v", done)
	}
	c.Close()
	for wait := time.Millisecond; runtime.NumGoroutine() > before; wait *= 2 {
		if wait > 5*time.Second {
			t.Fatalf("%d goroutines left", runtime.NumGoroutine()-before)
		}
		time.Sleep(wait)
	}
}
