package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// racing is set in builds with the race detector.
var racing bool

// child prepares this binary as wavebench.
func child(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), "WAVEBENCH_TEST_CHILD=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	return cmd, &stderr
}

// interrupt tells a child to stop as Ctrl-C does, and returns how long that took.
func interrupt(t *testing.T, cmd *exec.Cmd, stderr *bytes.Buffer) time.Duration {
	t.Helper()
	began := time.Now()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	took := time.Since(began)
	if code := cmd.ProcessState.ExitCode(); code != exitSignal+2 || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("code %d, stderr %q", code, stderr)
	}
	return took
}

// stopsInTime asks that stopping takes a second at most, once in three attempts: the
// machine may be busy.
func stopsInTime(t *testing.T, attempt func() time.Duration) {
	t.Helper()
	limit := time.Second
	if racing { // the detector makes everything several times slower
		limit = 5 * time.Second
	}
	var took time.Duration
	for range 3 {
		if took = attempt(); took <= limit || t.Failed() {
			return
		}
	}
	t.Errorf("took %v to stop, want %v at most", took, limit)
}

// TestInterrupt stops a long run as Ctrl-C does.
func TestInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("signals cannot be sent to a process on Windows")
	}
	stopsInTime(t, func() time.Duration {
		survey := folder(t, small(t, "nt: 100", "nt: 10000000", "segy: true, ", "", "count: 8", "count: 1000"))
		out := filepath.Join(filepath.Dir(survey), "out")
		cmd, stderr := child(t, "run", survey, "--out", out)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			if staged, _ := filepath.Glob(filepath.Join(out, ".wavebench-*")); len(staged) > 0 {
				break
			}
			if time.Now().After(deadline) {
				cmd.Process.Kill()
				cmd.Wait()
				t.Fatalf("the run did not begin: %s", stderr)
			}
		}
		time.Sleep(300 * time.Millisecond) // into the time steps
		took := interrupt(t, cmd, stderr)
		if _, err := os.Stat(out); !os.IsNotExist(err) {
			t.Errorf("left behind: %v", names(t, out))
		}
		return took
	})
}

// TestFileTooLarge lets the disk fill up, in effect, after the run has begun.
func TestFileTooLarge(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh to limit the size of files with")
	}
	survey := folder(t, small(t, "nt: 100", "nt: 400", "{segy: true, gathers: 2, snapshots: {count: 8, pictures: 2}}", "{gathers: 0}"))
	out := filepath.Join(filepath.Dir(survey), "out")
	if err := os.Mkdir(out, 0o777); err != nil {
		t.Fatal(err)
	}
	cmd, stderr := child(t, "run", survey, "--out", out)
	cmd.Args = append([]string{"sh", "-c", `ulimit -f 160; trap "" XFSZ; exec "$@"`, "sh"}, append([]string{cmd.Path}, cmd.Args[1:]...)...)
	cmd.Path = sh
	cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != exitError || !strings.Contains(stderr.String(), "cannot write") {
		t.Errorf("code %d, stderr %q", code, stderr)
	}
	if got := names(t, out); len(got) > 0 {
		t.Errorf("left behind: %v", got)
	}
}
