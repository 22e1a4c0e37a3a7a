//go:build amd64 && !nojit

package jit

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// mapFile maps code, executable, from a file that exists in memory only.
func mapFile(code []byte) ([]byte, error) {
	fd, err := unix.MemfdCreate("jit", unix.MFD_CLOEXEC|unix.MFD_EXEC)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3
		fd, err = unix.MemfdCreate("jit", unix.MFD_CLOEXEC)
	}
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "jit")
	defer f.Close()
	if _, err := f.Write(code); err != nil {
		return nil, err
	}
	return unix.Mmap(fd, 0, len(code), unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE)
}
