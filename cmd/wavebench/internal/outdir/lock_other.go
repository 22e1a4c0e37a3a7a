//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows)

package outdir

import "os"

// openLocked opens or makes a file; locks are not known here.
func openLocked(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	return f, errNoLocks
}
