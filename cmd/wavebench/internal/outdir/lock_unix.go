//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package outdir

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// openLocked opens or makes a file and locks it. The error is errHeld if another
// process has, and errNoLocks, with the file, if nobody can.
func openLocked(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if errors.Is(err, os.ErrPermission) { // it may be what another user's process has left
		if f, e := os.Open(path); e == nil {
			return flock(f)
		}
	}
	if err != nil {
		return nil, err
	}
	return flock(f)
}

func flock(f *os.File) (*os.File, error) {
	var err error
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, unix.EWOULDBLOCK):
		f.Close()
		return nil, errHeld
	}
	return f, errNoLocks
}
