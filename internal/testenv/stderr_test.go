//go:build unix

package testenv

import (
	"os"
	"testing"
)

func TestStderr(t *testing.T) {
	got := Stderr(t, func() { os.Stderr.WriteString("said") })
	if got != "said" {
		t.Errorf("got %q, want what was written", got)
	}
}
