package cpu

import (
	"context"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// useLargePages asks the system for pages of 2 MiB where a buffer has room for some:
// grids in three dimensions run over many planes at once, and looking their pages up
// takes time. It has them there now, not in the first steps; small ones, which memory has
// that was used before, are made large. All are wishes only, and no more once ctx ends.
func useLargePages(ctx context.Context, b []byte) {
	const large, page, part = 2 << 20, 4096, 128 << 20
	inside := func(size int) []byte {
		skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) % uintptr(size))
		return b[min(skip, len(b)):][:max(0, len(b)-skip)/size*size]
	}
	all := inside(large)
	if len(all) == 0 {
		return
	}
	_ = unix.Madvise(all, unix.MADV_HUGEPAGE)
	for _, wish := range []struct {
		pages  []byte
		advice int
	}{{inside(page), unix.MADV_POPULATE_WRITE}, {all, unix.MADV_COLLAPSE}} {
		for some := range slices.Chunk(wish.pages, part) {
			if ctx.Err() != nil {
				return
			}
			_ = unix.Madvise(some, wish.advice)
		}
	}
}
