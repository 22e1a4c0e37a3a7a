package crew

import (
	"runtime"
	"sync/atomic"
	"testing"
)

func TestTogether(t *testing.T) {
	for _, n := range []int{0, 1, 2, 5} {
		var calls atomic.Int32
		Together(n, func() { calls.Add(1) })
		if got := calls.Load(); int(got) != max(n, 1) {
			t.Errorf("%d calls, want %d", got, max(n, 1))
		}
	}
}

// However one of several ends, the caller ends so after all have.
func TestTogetherPassesOnHowWorkEnds(t *testing.T) {
	const n = 4
	for odd := range int32(n) {
		for what, end := range map[any]func(){"mine": func() { panic("mine") }, nil: runtime.Goexit} {
			var calls, ended atomic.Int32
			returned := false
			var got any
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer func() { got = recover() }()
				Together(n, func() {
					defer ended.Add(1)
					if calls.Add(1)-1 == odd {
						end()
					}
				})
				returned = true
			}()
			<-done
			if got != what || returned || ended.Load() != n {
				t.Errorf("call %d: recovered %v, returned %t, %d have ended; want %v, false, %d", odd, got, returned, ended.Load(), what, n)
			}
		}
	}
}
