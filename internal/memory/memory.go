// Package memory says how much memory the machine has left. It imports nothing
// else of this module.
package memory

import "runtime/debug"

// For returns what is Free to somebody who needs so many bytes: if it is less, what
// this process no longer uses is given back first.
func For(need int64) int64 {
	free := Free()
	if free > 0 && free < need {
		debug.FreeOSMemory()
		free = Free()
	}
	return free
}
