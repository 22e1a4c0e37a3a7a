package diskcache

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestPutGet(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(Variable, dir)
	if Get("a") != nil {
		t.Error("an empty cache has a")
	}
	Put("a", []byte("one"))
	Put("b", []byte("two"))
	Put("a", []byte("three"))
	if got := Get("a"); !bytes.Equal(got, []byte("three")) {
		t.Errorf("a is %q, want three", got)
	}
	if got := Get("b"); !bytes.Equal(got, []byte("two")) {
		t.Errorf("b is %q, want two", got)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.new")); len(left) > 0 {
		t.Errorf("unfinished files are left: %v", left)
	}
}

func TestDamagedFileIsNothing(t *testing.T) {
	t.Setenv(Variable, t.TempDir())
	Put("a", []byte("kernel"))
	for _, damage := range []func([]byte) []byte{
		func(b []byte) []byte { return b[:len(b)-1] },
		func(b []byte) []byte { b[len(b)-1]++; return b },
		func([]byte) []byte { return nil },
	} {
		file, err := os.ReadFile(path("a"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path("a"), damage(file), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := Get("a"); got != nil {
			t.Errorf("a damaged file gives %q, want nothing", got)
		}
		Put("a", []byte("kernel"))
	}
}

func TestOff(t *testing.T) {
	t.Setenv(Variable, "off")
	Put("a", []byte("one"))
	if got := Get("a"); got != nil {
		t.Errorf("off gives %q, want nothing", got)
	}
	if _, err := os.Stat("off"); err == nil {
		t.Error("there is a folder off")
	}
}

func TestOldFilesGo(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(Variable, dir)
	for i := range maxFiles + 3 {
		Put(fmt.Sprint(i), []byte("x"))
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != maxFiles {
		t.Errorf("%d files, want %d", len(files), maxFiles)
	}
	if Get(fmt.Sprint(maxFiles+2)) == nil {
		t.Error("the newest is gone")
	}
}

func TestLargeFilesGo(t *testing.T) {
	t.Setenv(Variable, t.TempDir())
	defer func(was int64) { maxBytes = was }(maxBytes)
	maxBytes = 1000
	kept := func(key string) bool { return Get(key) != nil }
	for i, key := range []string{"a", "b", "c"} {
		Put(key, make([]byte, 350))
		at := time.Now().Add(time.Duration(i-10) * time.Hour) // clocks of file systems are coarse
		if err := os.Chtimes(path(key), at, at); err != nil && kept(key) {
			t.Fatal(err)
		}
	}
	if kept("a") || !kept("b") || !kept("c") {
		t.Errorf("of three files of 382 bytes are kept: %v, %v, %v; want the latter two in 1000", kept("a"), kept("b"), kept("c"))
	}
	Put("large", make([]byte, 2000))
	if kept("b") || kept("c") || !kept("large") {
		t.Errorf("beside a file of 2000 bytes are kept: %v, %v, itself %v; want it alone", kept("b"), kept("c"), kept("large"))
	}
}
