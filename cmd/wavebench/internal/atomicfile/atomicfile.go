// Package atomicfile writes a file whole or not at all. Data goes to a
// temporary name in the same folder, which is renamed to the wanted name once
// everything is on disk; on any failure the temporary file is removed and
// what stood at the wanted name before is left as it was.
//
// The package imports the standard library only.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// ErrNotRegular says that the wanted name belongs to something that a rename
// must not replace: a folder, a device or a pipe.
var ErrNotRegular = errors.New("not a regular file")

// ErrClosed is returned by a File that was committed or aborted before.
var ErrClosed = errors.New("file is committed or aborted already")

// File is a file being written. It is buffered, and is not safe for use by
// several goroutines at once. Every File must end in Commit or Abort.
type File struct {
	path string // as the caller gave it, for errors
	dest string // path with symbolic links followed
	tmp  *os.File
	buf  *bufio.Writer // nil once committed or aborted
}

// Write calls fn with a buffered writer and puts what fn wrote at path. If fn
// fails or panics, or the data cannot be stored, nothing is left behind and
// an existing file at path is unchanged; the error names path and wraps the
// cause. To cancel, return an error from fn.
func Write(path string, fn func(w io.Writer) error) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	defer f.Abort() // covers a panic in fn too; does nothing after Commit
	if err := fn(f); err != nil {
		return fmt.Errorf("atomicfile: writing %s: %w", path, err)
	}
	return f.Commit()
}

// Create starts a file that Commit will put at path. An existing file keeps
// its permissions, a new one gets those of the umask, and a symbolic link is
// followed. The error is ErrNotRegular if path is a folder or a device.
func Create(path string) (*File, error) {
	dest := path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		dest = real
	}
	info, err := os.Stat(dest)
	exists := err == nil
	if exists && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("atomicfile: %s: %w", path, ErrNotRegular)
	}
	tmp, err := createTemp(filepath.Dir(dest))
	if err != nil {
		return nil, fmt.Errorf("atomicfile: creating %s: %w", path, err)
	}
	f := &File{path: path, dest: dest, tmp: tmp, buf: bufio.NewWriterSize(tmp, 1<<16)}
	if exists {
		if err := tmp.Chmod(info.Mode().Perm()); err != nil {
			f.Abort()
			return nil, fmt.Errorf("atomicfile: creating %s: %w", path, err)
		}
	}
	return f, nil
}

// createTemp opens a new file in dir. Unlike os.CreateTemp it leaves the
// permissions to the umask, as users expect of an output file.
func createTemp(dir string) (*os.File, error) {
	for try := 0; ; try++ {
		name := filepath.Join(dir, fmt.Sprintf(".wavebench-%016x.tmp", rand.Uint64()))
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) && try < 100 {
			continue
		}
		return f, err
	}
}

// Write adds p to the file.
func (f *File) Write(p []byte) (int, error) {
	if f.buf == nil {
		return 0, fmt.Errorf("atomicfile: %s: %w", f.path, ErrClosed)
	}
	return f.buf.Write(p)
}

// Commit stores the data on disk and renames the file to its wanted name. If
// that fails the temporary file is removed and the error names the path.
func (f *File) Commit() error {
	if f.buf == nil {
		return fmt.Errorf("atomicfile: %s: %w", f.path, ErrClosed)
	}
	err := f.buf.Flush()
	f.buf = nil
	if err == nil {
		err = f.tmp.Sync()
	}
	if e := f.tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.tmp.Name(), f.dest)
	}
	if err != nil {
		os.Remove(f.tmp.Name())
		return fmt.Errorf("atomicfile: writing %s: %w", f.path, err)
	}
	return nil
}

// Abort drops the data and removes the temporary file. After Commit or Abort
// it does nothing, so it may be deferred right after Create.
func (f *File) Abort() {
	if f.buf == nil {
		return
	}
	f.buf = nil
	f.tmp.Close()
	os.Remove(f.tmp.Name())
}
