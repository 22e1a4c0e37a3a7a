package cpu

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// useLargePages asks the system for pages of 2 MiB where a buffer has room for some:
// grids in three dimensions run over many planes at once, and looking their pages up
// takes time. It has them there now, not in the first steps; small ones, which memory has
// that was used before, are made large. All are wishes only.
func useLargePages(b []byte) {
	const large, page = 2 << 20, 4096
	inside := func(size int) []byte {
		skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) % uintptr(size))
		return b[min(skip, len(b)):][:max(0, len(b)-skip)/size*size]
	}
	if all := inside(large); len(all) > 0 {
		_ = unix.Madvise(all, unix.MADV_HUGEPAGE)
		_ = unix.Madvise(inside(page), unix.MADV_POPULATE_WRITE)
		_ = unix.Madvise(all, unix.MADV_COLLAPSE)
	}
}
