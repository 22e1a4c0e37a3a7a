//go:build !race

package array_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/internal/memory"
)

// An array that takes most of what is free can be had once. (The race detector would
// touch as much.)
func TestNextToAllThatIsFree(t *testing.T) {
	free := memory.Free()
	if free == 0 {
		t.Skipf("what is free is not known on %s", runtime.GOOS)
	}
	n := int(free / 10 * 6 / 8)
	a := array.Zeros(array.Float64, n) // nobody touches it
	if a.Err() != nil {
		t.Fatal(a.Err())
	}
	if b := array.Zeros(array.Float64, n); !errors.Is(b.Err(), array.ErrMemory) {
		t.Errorf("a second one of %d elements: %v, want %v", n, b.Err(), array.ErrMemory)
	}
	runtime.KeepAlive(a)
}
