//go:build unix && !nojit

package jit

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/cpu"
	"golang.org/x/sys/unix"
)

// call runs generated code.
//
//go:noescape
func call(code uintptr, f *Frame)

// best returns the best instruction set that the processor has.
func best() (ISA, string) {
	switch {
	case cpu.X86.HasAVX512F && cpu.X86.HasAVX512VL:
		return AVX512, "the processor has AVX-512"
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return AVX2, "the processor has AVX2 and FMA, not AVX-512"
	}
	return Generic, "the processor has no AVX2"
}

// mapExecutable copies code to pages of its own and makes them executable, then:
// they are never writable at the same time.
func mapExecutable(code []byte) ([]byte, error) {
	page := os.Getpagesize()
	n := (len(code) + page - 1) / page * page
	mem, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, fmt.Errorf("jit: %d bytes of memory: %w", n, err)
	}
	copy(mem, code)
	err = unix.Mprotect(mem, unix.PROT_READ|unix.PROT_EXEC)
	if err == nil {
		return mem, nil
	}
	unmap(mem)
	// Where pages that were written may not become executable (PR_SET_MDWE, systemd's
	// MemoryDenyWriteExecute), those of a file in memory may be mapped so.
	mem, err2 := mapFile(code)
	if err2 != nil {
		return nil, fmt.Errorf("jit: executable memory: %w (and from a file: %w): %w", err, err2, errors.ErrUnsupported)
	}
	return mem, nil
}

func unmap(mem []byte) {
	if err := unix.Munmap(mem); err != nil { // it was mapped by us, whole
		panic(fmt.Sprintf("jit: unmapping: %v", err))
	}
}
