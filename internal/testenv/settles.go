package testenv

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
)

// Settles asks that in one of a few rounds so many cycles leave less than so many bytes
// behind in the process. Allocators and drivers grow for a while before they use again
// what they have; what each cycle loses shows in every round.
func Settles(t testing.TB, rounds, cycles int, allowed int64, cycle func()) {
	t.Helper()
	for range rounds {
		before := resident(t)
		for range cycles {
			cycle()
		}
		more := resident(t) - before
		t.Logf("%d cycles left %d KiB behind", cycles, more>>10)
		if more < allowed {
			return
		}
	}
	t.Errorf("memory grew in each of %d rounds of %d cycles", rounds, cycles)
}

// resident returns what the process has in memory, bytes, without what Go can give back.
func resident(t testing.TB) int64 {
	t.Helper()
	debug.FreeOSMemory()
	onLinux(t)
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(data))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// OpenFiles returns how many files the process has open.
func OpenFiles(t testing.TB) int {
	t.Helper()
	onLinux(t)
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

func onLinux(t testing.TB) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("what the process holds is known on Linux only")
	}
}
