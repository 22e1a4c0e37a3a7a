// Package userfile opens the files that a user names as inputs. A pipe or a
// device could block or never end and is refused unopened; reading and hashing
// stop with a context and report how far they are; a file that changes meanwhile
// is noticed.
//
// It imports meter, internal/memory and the standard library only.
package userfile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
	"github.com/d52adeda/wave/internal/memory"
)

// ErrChanged says that a file was written to while it was read.
var ErrChanged = errors.New("the file changes while it is read")

// ErrNotRegular says that a name belongs to a folder, a pipe or a device.
var ErrNotRegular = errors.New("want a regular file")

// Expand replaces a leading ~ or ~user by that user's home folder, as shells do.
// A file whose name really begins with ~ is written ./~name.
func Expand(path string) (string, error) {
	if !strings.HasPrefix(path, "~") {
		return path, nil
	}
	name, rest := path[1:], ""
	if i := strings.IndexFunc(path, func(c rune) bool { return c == '/' || c == filepath.Separator }); i > 0 {
		name, rest = path[1:i], path[i:]
	}
	if name == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("%s: the home folder is not known: %w", path, err)
		}
		return home + rest, nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return "", fmt.Errorf("%s: there is no user %q (write ./%s if the name begins with ~)", path, name, path)
	}
	return u.HomeDir + rest, nil
}

// Stat describes a regular file. The error for anything else is ErrNotRegular
// and says what it is.
func Stat(path string) (fs.FileInfo, error) {
	info, err := os.Stat(path)
	var pe *fs.PathError
	switch {
	case err == nil && !info.Mode().IsRegular():
		err = fmt.Errorf("%s is %s, %w", path, Kind(info.Mode()), ErrNotRegular)
	case errors.As(err, &pe):
		pe.Op = "open" // which is what it is for
	}
	return info, err
}

// Kind names what a file is: "a folder".
func Kind(m fs.FileMode) string {
	switch {
	case m.IsRegular():
		return "a file"
	case m.IsDir():
		return "a folder"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeSymlink != 0:
		return "a symbolic link"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "a special file"
}

// ReadAll reads a file of at most so many bytes.
func ReadAll(path string, most int64) ([]byte, error) {
	info, err := Stat(path)
	if err != nil {
		return nil, err
	}
	tooLarge := fmt.Errorf("%s has more than %s, the most that is read", path, memory.Size(most))
	if info.Size() > most {
		return nil, tooLarge
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1)) // it may grow, or hide its size, as those of /proc do
	if err == nil && int64(len(data)) > most {
		err = tooLarge
	}
	return data, err
}

// File is an open input. It is for one goroutine.
type File struct {
	f        *os.File
	path     string
	info     fs.FileInfo // when it was opened
	ctx      context.Context
	progress func(meter.Reading)

	hash   hash.Hash
	hashed int64 // bytes from the start
}

// Open opens a regular file. Reading stops with ctx; progress may be nil.
func Open(ctx context.Context, path string, progress func(meter.Reading)) (*File, error) {
	if _, err := Stat(path); err != nil { // before opening, which may block
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	return &File{f: f, path: path, info: info, ctx: ctx, progress: progress, hash: sha256.New()}, nil
}

// Close ends reading.
func (f *File) Close() error { return f.f.Close() }

// Size is the number of bytes that the file had when it was opened.
func (f *File) Size() int64 { return f.info.Size() }

// ReadAt implements io.ReaderAt. What is read from the start on, without gaps, is
// hashed on the way.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := f.f.ReadAt(p, off)
	if off == f.hashed {
		f.hash.Write(p[:n])
		f.hashed += int64(n)
	}
	f.report("reading", off+int64(n))
	return n, err
}

// Sum returns the SHA-256 of the whole file, in hexadecimal. The error is
// ErrChanged if it is not the file that was opened any more.
func (f *File) Sum() (string, error) {
	buf := make([]byte, 1<<20)
	for f.hashed < f.Size() {
		if err := f.ctx.Err(); err != nil {
			return "", err
		}
		n, err := f.f.ReadAt(buf[:min(int64(len(buf)), f.Size()-f.hashed)], f.hashed)
		f.hash.Write(buf[:n])
		f.hashed += int64(n)
		if errors.Is(err, io.EOF) && f.hashed < f.Size() {
			err = ErrChanged
		}
		if err != nil && f.hashed < f.Size() {
			return "", fmt.Errorf("%s: %w", f.path, err)
		}
		f.report("hashing", f.hashed)
	}
	now, err := f.f.Stat()
	if err != nil {
		return "", err
	}
	if now.Size() != f.Size() || !now.ModTime().Equal(f.info.ModTime()) {
		return "", fmt.Errorf("%s: %w", f.path, ErrChanged)
	}
	return hex.EncodeToString(f.hash.Sum(nil)), nil
}

func (f *File) report(stage string, done int64) { Report(f.progress, stage, done, f.Size()) }

// Report tells progress, which may be nil, that so many of so many bytes are done,
// in MiB. Less than some MiB are not worth a bar.
func Report(progress func(meter.Reading), stage string, done, total int64) {
	if total >= 16<<20 && progress != nil {
		progress(meter.Reading{Stage: stage, Done: int(done >> 20), Total: int(total >> 20)})
	}
}
