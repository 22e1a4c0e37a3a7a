// Package memory says how much memory the machine has left, and words numbers of bytes.
// It imports nothing else of this module.
package memory

import "runtime/debug"

// Free returns the bytes that this process may still take: the least of what the
// kernel calls available, of what the limits of its control groups leave, and of what
// its own limits (ulimit -v and -d) leave. At least 1 where there is a limit; 0 if
// nothing is known, as on other systems than Linux.
func Free() int64 { return free(0) }

// For is Free to somebody who needs so many bytes: if it is less, what this process no
// longer uses is given back first. Where address space is limited, mapped bytes of it
// are left to a driver.
func For(need, mapped int64) int64 {
	n := free(mapped)
	if n > 0 && n < need {
		debug.FreeOSMemory()
		n = free(mapped)
	}
	return n
}
