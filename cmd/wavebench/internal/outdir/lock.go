package outdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/d52adeda/wave/cmd/wavebench/internal/userfile"
)

// lockName is a file in the output folder that its writer has locked. The system
// frees the lock when the process ends, however it does; the file is removed by
// who holds the lock, so only a process that was killed leaves it, for the next.
const lockName = ".wavebench-lock"

var (
	errHeld    = errors.New("locked by another process")
	errNoLocks = errors.New("the file system has no locks")
)

type lock struct {
	f         *os.File
	path      string
	exclusive bool // false: the file system has no locks
}

// acquire makes the caller the only writer of dir. It returns the folders that had
// to be made, innermost first, in any case.
func acquire(dir string) (l *lock, made []string, err error) {
	path := filepath.Join(dir, lockName)
	for range 100 { // others may remove folder and file between two steps
		new, err := makeFolders(dir)
		made = append(new, made...)
		if err != nil {
			return nil, made, err
		}
		if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
			return nil, made, fmt.Errorf("output folder: %s is %s, want nothing there", path, userfile.Kind(info.Mode()))
		}
		f, err := openLocked(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case errors.Is(err, errHeld):
			return nil, made, fmt.Errorf("another wavebench%s is writing to the output folder %s: wait for it, or choose another folder with --out", holder(path), dir)
		case err != nil && !errors.Is(err, errNoLocks):
			return nil, made, fmt.Errorf("output folder %s is not writable: %w", dir, err)
		}
		l := &lock{f: f, path: path, exclusive: err == nil}
		if l.ours() {
			l.sign()
			return l, made, nil
		}
		f.Close() // who held the lock before removed the file after we had opened it
	}
	return nil, made, fmt.Errorf("output folder %s: others make and remove it all the time", dir)
}

// sign says who holds the lock, for messages.
func (l *lock) sign() {
	host, _ := os.Hostname()
	_ = l.f.Truncate(0)
	_, _ = l.f.WriteAt(fmt.Appendf(nil, "process %d on %s\n", os.Getpid(), host), 0)
}

// holder returns who has signed a lock: " (process 123 on host)", or nothing.
func holder(path string) string {
	text, err := userfile.ReadAll(path, 1000)
	if first, _, ok := strings.Cut(string(text), "\n"); err == nil && ok {
		return " (" + first + ")"
	}
	return ""
}

// release removes the file while it is still locked, so that nobody else's is removed.
func (l *lock) release() {
	if l.ours() {
		os.Remove(l.path)
	}
	l.f.Close()
}

// ours reports whether the locked file is still the one in the folder.
func (l *lock) ours() bool {
	held, err := l.f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(l.path)
	return err == nil && os.SameFile(held, there)
}

// makeFolders makes a folder and those above it, and returns what it made,
// innermost first. It names what is in the way.
func makeFolders(dir string) (made []string, err error) {
	info, err := os.Stat(dir)
	switch {
	case err == nil && info.IsDir():
		return nil, nil
	case err == nil:
		return nil, fmt.Errorf("output folder %s is %s, want a folder", dir, userfile.Kind(info.Mode()))
	}
	if link, e := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) && e == nil && link.Mode()&fs.ModeSymlink != 0 {
		return nil, fmt.Errorf("output folder %s is a symbolic link to nowhere, want a folder", dir)
	}
	if up := filepath.Dir(dir); up != dir {
		if made, err = makeFolders(up); err != nil {
			return made, err
		}
	}
	switch err := os.Mkdir(dir, 0o777); {
	case err == nil:
		return append([]string{dir}, made...), nil
	case errors.Is(err, fs.ErrExist): // somebody was faster
		return made, nil
	default:
		return made, fmt.Errorf("output folder: %w", err)
	}
}
