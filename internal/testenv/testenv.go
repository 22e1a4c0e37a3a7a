// Package testenv holds what tests of several packages ask of the machine: what happens
// where a driver, a tool or a device is missing, whether cycles of opening and closing
// leave anything behind, what a test does in a process of its own. It imports nothing else
// of this module.
package testenv

import (
	"os"
	"testing"
)

// Missing ends a test for want of something outside this module: it is skipped, but
// fails where the environment variable CI is set, on machines that should have all.
func Missing(t testing.TB, why ...any) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(why...)
	}
	t.Skip(why...)
}
