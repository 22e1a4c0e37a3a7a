package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/d52adeda/wave/cmd/wavebench/internal/job"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
)

const cube = `
model: {shape: [%d, %d, %d], value: 1500, spacing: 10}
time: {dt: 0.001, nt: 3}
sources: {unit: cells, list: [[5, 5, 5]], wavelet: {type: ricker, freq: 15}}
receivers: {unit: cells, list: [[5, 5, 6]]}
output: {segy: false, gathers: 0, model: false}
`

// A run in a process of its own takes about what its record says, with pictures too, and
// no more than the grids need: u, its spare and the model, strips of memory fields, and a
// copy of the model on the way to them; for pictures two copies of a wavefield.
func TestPeakIsAsAnnounced(t *testing.T) {
	if runtime.GOOS != "linux" || racing {
		t.Skip("the unit of a process's peak differs between systems, and the race detector takes memory too")
	}
	const n = 160
	dir := t.TempDir()
	peak := func(args ...string) int64 {
		cmd := exec.Command(os.Args[0], args...)
		cmd.Env = append(os.Environ(), "WAVEBENCH_TEST_CHILD=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
	}
	none := peak("version")
	for _, c := range []struct {
		snapshots string
		perCell   int64
	}{{"", 30}, {"  snapshots: {count: 3, pictures: 1}\n", 45}} {
		survey := filepath.Join(dir, "cube.yaml")
		text := fmt.Sprintf(strings.Replace(cube, "output: {segy: false, gathers: 0, model: false}", "output:\n  gathers: 0\n  model: false\n"+c.snapshots, 1), n, n, n)
		if err := os.WriteFile(survey, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(dir, "out")
		took := peak("run", "--quiet", "--out", out, survey) - none
		data, err := os.ReadFile(filepath.Join(out, job.RecordName))
		if err != nil {
			t.Fatal(err)
		}
		var r record.Record
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatal(err)
		}
		const mib, cells = 1 << 20, (n + 44) * (n + 44) * (n + 44) // with PML and halo
		t.Logf("%q: announced %d MiB, took %d MiB, %.3g bytes a cell", c.snapshots, r.Run.Bytes/mib, took/mib, float64(r.Run.Bytes)/cells)
		if r.Run.Bytes > c.perCell*cells {
			t.Errorf("%q: announced %d bytes, want at most %d for each of %d cells", c.snapshots, r.Run.Bytes, c.perCell, cells)
		}
		if most := r.Run.Bytes / 10 * 14; took > most {
			t.Errorf("%q: took %d MiB, want at most %d for %d announced", c.snapshots, took/mib, most/mib, r.Run.Bytes/mib)
		}
	}
}

// Where address space is limited, a command fits or is refused; no limit ends the program
// otherwise.
func TestAddressSpace(t *testing.T) {
	if runtime.GOOS != "linux" || racing {
		t.Skip("address space is looked at on Linux only, and the race detector takes terabytes of it")
	}
	dir := t.TempDir()
	survey := filepath.Join(dir, "cube.yaml")
	if err := os.WriteFile(survey, fmt.Appendf(nil, cube, 160, 160, 160), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		step int // MiB
	}{
		{[]string{"run", "--quiet", "--out", filepath.Join(dir, "out"), survey}, 100},
		{[]string{"bench", "--shape", "1500x1500", "--nt", "2", "--repeat", "1"}, 300},
	} {
		refused, done := 0, 0
		for mib := 1700; mib <= 2900; mib += c.step { // with less, Go and its threads cannot begin
			cmd := exec.Command("sh", append([]string{"-c", fmt.Sprintf(`ulimit -v %d; exec "$0" "$@"`, mib<<10), os.Args[0]}, c.args...)...)
			cmd.Env = append(os.Environ(), "WAVEBENCH_TEST_CHILD=1", "GOMAXPROCS=2")
			text, err := cmd.CombinedOutput()
			switch {
			case err == nil:
				done++
			case cmd.ProcessState.ExitCode() == exitError && (strings.Contains(string(text), "not enough memory") || strings.Contains(string(text), "of free memory") || strings.Contains(string(text), "of memory are free")):
				refused++
			default:
				t.Errorf("%s with %d MiB: %v, want it done or refused:\n%s", c.args[0], mib, err, text)
			}
		}
		t.Logf("%s: %d refused, %d done", c.args[0], refused, done)
		if refused < 2 || done < 2 {
			t.Errorf("%s: %d refused and %d done, want some of both", c.args[0], refused, done)
		}
	}
}
