package main

import (
	"bytes"
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/d52adeda/wave/cmd/wavebench/internal/bench"
)

func TestBench(t *testing.T) {
	dir := t.TempDir()
	old, chart := filepath.Join(dir, "old.json"), filepath.Join(dir, "chart.png")
	args := []string{"bench", "--shape", "20x24,9x10x11", "--accuracy", "2,4", "--pml", "3", "--nt", "6", "--repeat", "2", "--json"}
	code, stdout, stderr := wavebench(t, append(args, "--out", chart)...)
	if code != 0 || !strings.Contains(stderr, "GPTS/S") || !strings.Contains(stderr, "9x10x11") {
		t.Fatalf("code %d, stderr %q", code, stderr)
	}
	var r bench.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	if len(r.Cases) != 4 || r.Machine.CPU == "" || r.Machine.Cores < 1 || r.Machine.Go != runtime.Version() || len(r.Machine.Devices) != 1 || r.Machine.Devices[0].Note == "" {
		t.Errorf("%d cases on %+v", len(r.Cases), r.Machine)
	}
	if at, err := time.Parse(time.RFC3339, r.Date); err != nil || time.Since(at) > time.Hour {
		t.Errorf("date is %s, %v", r.Date, err)
	}
	for _, c := range r.Cases {
		s := c.GPtsOfAll
		if !(c.GPts > 0) || c.GPts != s.Max || s.Min > s.Median || s.Median > s.Max || !(s.Min > 0) {
			t.Errorf("%s: gpts %g of %+v", c.Case, c.GPts, s)
		}
		if !(c.SetupSeconds.Min > 0) || !(c.BytesPerCell > 0) || !(c.Bandwidth > 0) || !(c.MovedPerCell > 16) || !(c.StoredRatio > 1) || !(c.Share > 0) || c.NT != 6 || c.PML != 3 {
			t.Errorf("%s: %+v", c.Case, c)
		}
	}
	if img, err := png.Decode(bytes.NewReader(read(t, chart))); err != nil || img.Bounds().Dx() != 1200 {
		t.Errorf("chart: %v", err)
	}

	// Against itself with other numbers, and other cases.
	if err := os.WriteFile(old, []byte(stdout), 0o666); err != nil {
		t.Fatal(err)
	}
	args[4] = "4,8"
	code, stdout, stderr = wavebench(t, append(args, "--compare", old)...)
	var again struct {
		bench.Report
		Compared *bench.Comparison
	}
	if err := json.Unmarshal([]byte(stdout), &again); err != nil || code != 0 || again.Compared == nil {
		t.Fatalf("code %d, %v, stderr %q", code, err, stderr)
	}
	if c := again.Compared; len(c.Ratios) != 2 || len(c.OnlyNew) != 2 || len(c.OnlyOld) != 2 {
		t.Errorf("compared: %+v", c)
	}
	for i, x := range again.Compared.Ratios {
		// Cases vary with accuracy fastest: 2, 4 before, 4, 8 now.
		if before, now := r.Cases[2*i+1].GPts, again.Cases[2*i].GPts; x.Ratio != now/before || x.Accuracy != 4 {
			t.Errorf("ratio of %s is %g, want %g over %g", x.Case, x.Ratio, now, before)
		}
	}
	code, stdout, stderr = wavebench(t, "bench", "--shape", "20x24", "--equation", "scalar,elastic", "--pml", "3", "--nt", "6", "--repeat", "1", "--compare", old)
	for _, want := range []string{"GPTS/S", "NEW/OLD", "only in the earlier report: cpu, scalar, 9x10x11, accuracy 4", "SHARE", "OF SCALAR\nscalar ", "\nelastic "} {
		if code != 0 || stderr != "" || !strings.Contains(stdout, want) {
			t.Errorf("code %d, stderr %q, stdout without %q:\n%s", code, stderr, want, stdout)
		}
	}
}

// What runs slower than it could is named below the table.
func TestBenchSlow(t *testing.T) {
	var out bytes.Buffer
	r := &bench.Report{Cases: []bench.Row{
		{Case: bench.Case{Backend: "cpu", Equation: "scalar"}},
		{Case: bench.Case{Backend: "cpu", Equation: "elastic"}, OfScalar: 0.75, Slow: []string{"all of it, row by row"}},
	}}
	if err := printBench(&out, r, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"75%\n", "slow: elastic: all of it, row by row\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, &out)
		}
	}
}

func TestBenchRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"--backend gpu":                  `--backend is "gpu", want one of cpu, eager`,
		"--backend cpu,eager:7":          "device \"7\", want one of 0",
		"--equation elastics":            `--equation is "elastics", want all or some of scalar, scalar_born, acoustic, acoustic_born, elastic, elastic_born`,
		"--shape 10y10":                  `--shape is "10y10", want 1 to 3 extents`,
		"--shape 10x0":                   `--shape is "10x0"`,
		"--shape 3x3x3x3":                `--shape is "3x3x3x3"`,
		"--accuracy 4,5":                 `--accuracy is "5", want 2, 4, 6 or 8`,
		"--dtype half":                   `--dtype is "half", want float32 or float64`,
		"--shots 0":                      `--shots is "0", want 1 or more`,
		"--threads -1":                   `--threads is "-1", want 1 to`,
		"--threads 100000":               `--threads is "100000", want 1 to`,
		"--nt -1":                        "--nt is -1, want 0 or more",
		"--pml -1":                       "--pml is -1, want 0 or more",
		"--repeat 0":                     "--repeat is 0, want 1 or more",
		"--out chart.jpg":                `--out is "chart.jpg", want a name that ends with .png`,
		"--out no-such-folder/chart.png": `--out is "no-such-folder/chart.png", want`,
		"--compare no-such.json":         "no-such.json",
		"--shpae 5x5":                    "did you mean --shape?",
		"survey.yaml":                    `bench takes flags only, got "survey.yaml"`,
		"--shape 4000000x4000000":        "models and records take 58.2 TiB, want at most",
		"--shape 6000000000":             `--shape is "6000000000"`,
		"--shape 30x30 --nt 500000000 --shots 99": "models and records take 11.3 TiB, want at most",
		"--compare testdata/small.yaml":           "want what `wavebench bench --json` prints",
	} {
		code, stdout, stderr := wavebench(t, append([]string{"bench"}, strings.Fields(args)...)...)
		if code != exitError || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: code %d, stdout %q, stderr %q, want %q", args, code, stdout, stderr, want)
		}
	}
}

// TestBenchInterrupt stops the steps of a large case as Ctrl-C does.
func TestBenchInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("signals cannot be sent to a process on Windows")
	}
	stopsInTime(t, func() time.Duration {
		cmd, stderr := child(t, "bench", "--shape", "900x900", "--nt", "100000")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1500 * time.Millisecond) // into the time steps; were it earlier, it would have to stop as well
		return interrupt(t, cmd, stderr)
	})
}
