//go:build unix

package testenv

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// Stderr returns what the process, with the libraries in it, writes to standard error
// while f runs: what is provoked on purpose should not be taken for a fault.
func Stderr(t testing.TB, f func()) string {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "stderr")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	was, err := unix.Dup(2)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(was)
	if err := unix.Dup2(int(file.Fd()), 2); err != nil {
		t.Fatal(err)
	}
	func() {
		defer unix.Dup2(was, 2)
		f()
	}()
	text, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
