package atomicfile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// onlyHolds checks that dir holds exactly the named files.
func onlyHolds(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("folder holds %q, want %q", got, want)
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func say(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

func TestWriteNewAndReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out.bin")
	big := strings.Repeat("x", 200_000) // more than the buffer
	for _, s := range []string{"first", big, ""} {
		if err := Write(path, say(s)); err != nil {
			t.Fatal(err)
		}
		if got := content(t, path); got != s {
			t.Fatalf("file holds %d bytes, want %d", len(got), len(s))
		}
	}
	onlyHolds(t, dir, "out.bin")
}

func TestFailureLeavesOldFile(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "disk", Err: syscall.ENOSPC}
	for name, fn := range map[string]func(io.Writer) error{
		"at once":     func(io.Writer) error { return full },
		"after bytes": func(w io.Writer) error { w.Write(bytes.Repeat([]byte("x"), 1<<17)); return full },
	} {
		for _, old := range []bool{false, true} {
			dir := t.TempDir()
			path := filepath.Join(dir, "out.bin")
			if old {
				if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			err := Write(path, fn)
			if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: error is %v, want ENOSPC with the path", name, err)
			}
			if old {
				onlyHolds(t, dir, "out.bin")
				if content(t, path) != "old" {
					t.Errorf("%s: the old file changed", name)
				}
			} else {
				onlyHolds(t, dir)
			}
		}
	}
}

// A disk that fails only when the buffer is flushed, by closing the file early.
func TestCommitFailure(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(filepath.Join(dir, "out.bin"))
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(f, "data")
	f.tmp.Close()
	if err := f.Commit(); !errors.Is(err, fs.ErrClosed) || !strings.Contains(err.Error(), f.path) {
		t.Errorf("error is %v, want fs.ErrClosed with the path", err)
	}
	onlyHolds(t, dir)
}

func TestRenameFailure(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil { // appears after Create looked
		t.Fatal(err)
	}
	if err := f.Commit(); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error is %v, want one with the path", err)
	}
	onlyHolds(t, dir, "out")
}

func TestPanicLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	func() {
		defer func() {
			if p := recover(); p != "boom" {
				t.Errorf("recovered %v, want boom", p)
			}
		}()
		Write(filepath.Join(dir, "out"), func(w io.Writer) error { w.Write([]byte("x")); panic("boom") })
	}()
	onlyHolds(t, dir)
}

func TestAbortAndReuse(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	f.Abort()
	f.Abort()
	onlyHolds(t, dir)
	if _, err := f.Write([]byte("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("Write after Abort gives %v, want ErrClosed", err)
	}
	if err := f.Commit(); !errors.Is(err, ErrClosed) {
		t.Errorf("Commit after Abort gives %v, want ErrClosed", err)
	}
}

func TestUnusableFolder(t *testing.T) {
	dir := t.TempDir()
	never := func(io.Writer) error { t.Error("fn was called"); return nil }
	missing := filepath.Join(dir, "missing", "out")
	if err := Write(missing, never); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), missing) {
		t.Errorf("error is %v, want fs.ErrNotExist with the path", err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(file, "out"), never); err == nil {
		t.Error("a file taken for a folder gives no error")
	}
	if err := Write(dir, never); !errors.Is(err, ErrNotRegular) {
		t.Errorf("a folder as the file gives %v, want ErrNotRegular", err)
	}
	if err := Write(os.DevNull, never); runtime.GOOS != "windows" && !errors.Is(err, ErrNotRegular) {
		t.Errorf("a device gives %v, want ErrNotRegular", err)
	}
	onlyHolds(t, dir, "file")
}

func TestUnwritableFolder(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("permissions do not bind this user")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	if err := Write(filepath.Join(dir, "out"), say("x")); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error is %v, want fs.ErrPermission", err)
	}
}

func TestKeepsModeAndFollowsLink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such permissions or links on Windows")
	}
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	if err := os.WriteFile(real, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", link); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(real)
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(link, say("new")); err != nil {
		t.Fatal(err)
	}
	after, err := os.Lstat(real)
	if err != nil {
		t.Fatal(err)
	}
	if content(t, real) != "new" || after.Mode() != before.Mode() {
		t.Errorf("target holds %q, mode %v; want new, mode %v", content(t, real), after.Mode(), before.Mode())
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link was replaced (%v, %v)", info, err)
	}
	onlyHolds(t, dir, "link", "real")
}
