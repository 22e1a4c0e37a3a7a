package main

import (
	"bytes"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
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

// start starts a child and waits until it has a stage in out.
func start(t *testing.T, cmd *exec.Cmd, stderr *bytes.Buffer, out string) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if staged, _ := filepath.Glob(filepath.Join(out, ".wavebench-[0-9]*")); len(staged) > 0 {
			return
		}
		if time.Now().After(deadline) {
			cmd.Process.Kill()
			cmd.Wait()
			t.Fatalf("the run did not begin: %s", stderr)
		}
	}
}

// stop sends a child a signal, checks how it ends, and returns how long that took.
func stop(t *testing.T, cmd *exec.Cmd, stderr *bytes.Buffer, s syscall.Signal, text string) time.Duration {
	t.Helper()
	began := time.Now()
	if err := cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(time.Minute, func() { cmd.Process.Kill() }).Stop()
	cmd.Wait()
	took := time.Since(began)
	if code := cmd.ProcessState.ExitCode(); code != 128+int(s) || !strings.Contains(stderr.String(), text) {
		t.Errorf("code %d, stderr %q", code, stderr)
	}
	return took
}

// interrupt stops a child as Ctrl-C does.
func interrupt(t *testing.T, cmd *exec.Cmd, stderr *bytes.Buffer) time.Duration {
	t.Helper()
	return stop(t, cmd, stderr, syscall.SIGINT, "interrupted, nothing was written")
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

// TestInterrupt stops a long run as Ctrl-C does, and as other signals do.
func TestInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("signals cannot be sent to a process on Windows")
	}
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGHUP) // children would ignore it where the tests do, as under nohup
	defer signal.Stop(caught)
	for s, text := range map[syscall.Signal]string{
		syscall.SIGINT: "interrupted, nothing was written", syscall.SIGTERM: "terminated, nothing was written", syscall.SIGHUP: "terminal closed, nothing was written",
	} {
		testInterrupt(t, s, text)
	}
}

func testInterrupt(t *testing.T, s syscall.Signal, text string) {
	stopsInTime(t, func() time.Duration {
		survey := folder(t, small(t, "nt: 100", "nt: 10000000", "segy: true, ", "", "count: 8", "count: 1000"))
		out := filepath.Join(filepath.Dir(survey), "out")
		cmd, stderr := child(t, "run", survey, "--out", out)
		start(t, cmd, stderr, out)
		time.Sleep(300 * time.Millisecond) // into the time steps
		took := stop(t, cmd, stderr, s, text)
		if _, err := os.Stat(out); !os.IsNotExist(err) {
			t.Errorf("left behind: %v", names(t, out))
		}
		return took
	})
}

// TestNohup leaves a signal ignored that the caller ignores.
func TestNohup(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil || runtime.GOOS == "windows" {
		t.Skip("no sh to ignore signals with")
	}
	survey := folder(t, small(t, append(slices.Clone(noPictures), "nt: 100", "nt: 10000000")...))
	out := filepath.Join(filepath.Dir(survey), "out")
	cmd, stderr := child(t, "run", survey, "--out", out)
	cmd.Args = append([]string{"sh", "-c", `trap "" HUP; exec "$@"`, "sh"}, append([]string{cmd.Path}, cmd.Args[1:]...)...)
	cmd.Path = sh
	start(t, cmd, stderr, out)
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	stop(t, cmd, stderr, syscall.SIGTERM, "terminated")
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
	limit(cmd, sh, "160")
	cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != exitError || !strings.Contains(stderr.String(), "cannot write") {
		t.Errorf("code %d, stderr %q", code, stderr)
	}
	if got := names(t, out); len(got) > 0 {
		t.Errorf("left behind: %v", got)
	}
}
