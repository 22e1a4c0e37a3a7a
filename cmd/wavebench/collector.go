package main

import (
	"os"
	"runtime/debug"

	"github.com/d52adeda/wave/internal/memory"
)

// boundGarbage tells Go's collector how much memory there is, unless the user has: what
// is no longer used may take a third of what is, not as much again, and all together no
// more than is free. Runs then take about what they announce. What is in use is few large
// arrays of numbers, which take no time to look through.
func boundGarbage() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(33)
	}
	if free := memory.Free(); free > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(free)
	}
}
