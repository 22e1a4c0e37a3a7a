package testenv

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// childVariable names the test that a process was started for.
const childVariable = "WAVE_TEST_CHILD"

// InChild reports whether this process is one that Child has started for the test.
func InChild(t testing.TB) bool { return os.Getenv(childVariable) == t.Name() }

// Child runs the present test in a process of its own, with more in its environment, and
// returns what it printed. It is an error if the test does not pass there, or is skipped.
func Child(t testing.TB, env ...string) (string, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-test.v", "-test.run=^" + strings.ReplaceAll(t.Name(), "/", "$/^") + "$"}
	flag.Visit(func(f *flag.Flag) {
		if f.Name == "seed" || f.Name == "test.short" {
			args = append(args, "-"+f.Name+"="+f.Value.String())
		}
	})
	cmd := exec.Command(self, args...)
	cmd.Env = append(append(os.Environ(), childVariable+"="+t.Name()), env...)
	out, err := cmd.CombinedOutput()
	if err == nil && !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		err = errors.New("the test was not run")
	}
	return string(out), err
}

// Tail returns the last lines of what a process printed, without what Go's runtime says of
// other goroutines after a crash.
func Tail(out string, lines int) string {
	out, _, _ = strings.Cut(out, "\ngoroutine ")
	all := strings.Split(strings.TrimSpace(out), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
