package crew

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Together calls work on n goroutines at once, the caller's among them, and returns when
// all have ended. If work panics on any, or ends its goroutine, so does the caller.
func Together(n int, work func()) {
	var wg sync.WaitGroup
	var odd atomic.Pointer[func()] // how one of the others has ended
	for range n - 1 {
		wg.Go(func() {
			end := runtime.Goexit
			defer func() {
				if p := recover(); p != nil {
					end = func() { panic(p) }
				}
				if end != nil {
					odd.CompareAndSwap(nil, &end)
				}
			}()
			work()
			end = nil
		})
	}
	func() {
		defer wg.Wait()
		work()
	}()
	if end := odd.Load(); end != nil {
		(*end)()
	}
}
