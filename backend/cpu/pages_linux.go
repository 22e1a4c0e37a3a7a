package cpu

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// useLargePages asks the system for pages of 2 MiB where a buffer has room for some:
// grids in three dimensions run over many planes at once, and looking their pages up
// takes time. It has them there now, not in the first steps. Both are wishes only.
func useLargePages(b []byte) {
	const large = 2 << 20
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) % large)
	if n := (len(b) - skip) / large * large; n > 0 {
		_ = unix.Madvise(b[skip:][:n], unix.MADV_HUGEPAGE)
		_ = unix.Madvise(b[skip:][:n], unix.MADV_POPULATE_WRITE)
	}
}
