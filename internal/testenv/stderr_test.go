//go:build unix

package testenv

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestStderr(t *testing.T) {
	got := Stderr(t, func() { // as a library does: os.Stderr may be another file under go test -json
		if _, err := unix.Write(2, []byte("said")); err != nil {
			t.Error(err)
		}
	})
	if got != "said" {
		t.Errorf("got %q, want what was written", got)
	}
}
