package userfile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
)

func TestExpand(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	for in, want := range map[string]string{
		"": "", "a/~": "a/~", "./~x": "./~x", "~": home, "~/": home + "/", "~/a b/c.npy": home + "/a b/c.npy", "~//x": home + "//x",
	} {
		if got, err := Expand(in); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
	}
	if _, err := Expand("~no-such-user/x"); err == nil || !strings.Contains(err.Error(), `there is no user "no-such-user" (write ./~no-such-user/x if`) {
		t.Errorf("got %v", err)
	}
	if u, err := user.Current(); err == nil && !strings.Contains(u.Username, `\`) {
		if got, err := Expand("~" + u.Username + "/x"); err != nil || got != u.HomeDir+"/x" {
			t.Errorf("~%s/x is %q, %v, want %s/x", u.Username, got, err, u.HomeDir)
		}
	}
}

// TestNotRegular refuses what may block or never end, at once.
func TestNotRegular(t *testing.T) {
	dir := t.TempDir()
	paths := map[string]string{"is a folder": dir}
	if runtime.GOOS != "windows" {
		paths["is a device"] = "/dev/zero"
		if pipe := filepath.Join(dir, "pipe"); exec.Command("mkfifo", pipe).Run() == nil {
			paths["is a pipe"] = pipe
		}
	}
	for want, path := range paths {
		began := time.Now()
		for _, err := range []error{
			func() error { _, err := Open(t.Context(), path, nil); return err }(),
			func() error { _, err := ReadAll(path, 10); return err }(),
		} {
			if !errors.Is(err, ErrNotRegular) || !strings.Contains(err.Error(), path+" "+want+", want a regular file") {
				t.Errorf("%s: %v", want, err)
			}
		}
		if time.Since(began) > 5*time.Second {
			t.Errorf("%s: took %v", want, time.Since(began))
		}
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "none"), nil); !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "open ") {
		t.Errorf("got %v", err)
	}
}

func TestReadAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	write(t, path, []byte("12345"))
	if data, err := ReadAll(path, 5); err != nil || string(data) != "12345" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := ReadAll(path, 4); err == nil || !strings.Contains(err.Error(), "has more than 4 bytes") {
		t.Errorf("got %v", err)
	}
	if err := os.Truncate(path, 1<<40); err == nil { // it takes no space
		if _, err := ReadAll(path, 4); err == nil {
			t.Error("read a file of a TiB")
		}
	}
	if _, err := os.Stat("/proc/self/status"); err == nil { // it says that it has no bytes
		if _, err := ReadAll("/proc/self/status", 10); err == nil {
			t.Error("read more than asked for")
		}
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestSum reads parts in several orders: the hash is that of the file.
func TestSum(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	data := bytes.Repeat([]byte("0123456789abcde"), 3<<16)
	write(t, path, data)
	sum := sha256.Sum256(data)
	want := hex.EncodeToString(sum[:])
	for name, reads := range map[string][][2]int{
		"nothing": {}, "all": {{0, len(data)}}, "in order": {{0, 10}, {10, 5000}}, "end first": {{len(data) - 22, 22}, {0, 30}, {30, 100}},
		"with gaps": {{0, 10}, {20, 10}}, "again": {{0, 100}, {0, 100}, {50, 100}, {100, 100}}, "beyond": {{0, len(data) + 10}},
	} {
		f, err := Open(t.Context(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for _, r := range reads {
			p := make([]byte, r[1])
			n, err := f.ReadAt(p, int64(r[0]))
			if !bytes.Equal(p[:n], data[r[0]:min(r[0]+r[1], len(data))]) || err != nil && err != io.EOF {
				t.Errorf("%s: %d bytes, %v", name, n, err)
			}
		}
		if got, err := f.Sum(); err != nil || got != want || f.Size() != int64(len(data)) {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

// TestChanges notices that a file is written to while it is read.
func TestChanges(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"longer":  func(path string) error { return os.WriteFile(path, make([]byte, 101), 0o666) },
		"shorter": func(path string) error { return os.Truncate(path, 50) },
		"other": func(path string) error {
			return errors.Join(os.WriteFile(path, bytes.Repeat([]byte{1}, 100), 0o666), os.Chtimes(path, time.Time{}, time.Now().Add(time.Second)))
		},
	} {
		path := filepath.Join(t.TempDir(), "f")
		write(t, path, make([]byte, 100))
		f, err := Open(t.Context(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := change(path); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Sum(); !errors.Is(err, ErrChanged) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestStops ends reading and hashing of a file of 4 TiB, of which there is nothing.
func TestStops(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	write(t, path, nil)
	if err := os.Truncate(path, 1<<42); err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	reports := 0
	f, err := Open(ctx, path, func(p meter.Reading) {
		if p.Stage != "hashing" || p.Done > p.Total || p.Total != 1<<22 {
			t.Errorf("progress %+v", p)
		}
		if reports++; reports == 10 {
			cancel()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Sum(); !errors.Is(err, context.Canceled) || reports != 10 {
		t.Errorf("%v after %d reports", err, reports)
	}
	if _, err := f.ReadAt(make([]byte, 10), 0); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
