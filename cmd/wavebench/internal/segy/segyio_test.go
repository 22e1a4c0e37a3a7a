package segy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/d52adeda/wave/internal/testenv"
)

// dump is what testdata/dump.py prints. Header fields are by byte number.
type dump struct {
	Text       []string
	ExtHeaders int `json:"ext_headers"`
	Binary     map[string]int
	IntervalUS float64   `json:"interval_us"`
	TimesMS    []float64 `json:"times_ms"`
	Format     int
	Headers    []map[string]int
	Samples    [][]float32
}

func segyioDump(t *testing.T, f *File) dump {
	t.Helper()
	const python = "/usr/bin/python3"
	if out, err := exec.Command(python, "-c", "import segyio").CombinedOutput(); err != nil {
		testenv.Missing(t, fmt.Sprintf("segyio is missing: %v %s", err, out))
	}
	var b bytes.Buffer
	if err := Write(&b, f); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "out.sgy")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "testdata/dump.py", path)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("segyio: %v\n%s", err, stderr.String())
	}
	var d dump
	if err := json.Unmarshal(out, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// sameFields compares a header with the fields wanted; all others must be 0.
func sameFields(t *testing.T, what string, got map[string]int, want map[int]int) {
	t.Helper()
	for at := range want {
		if _, ok := got[strconv.Itoa(at)]; !ok {
			t.Errorf("%s: segyio knows no field at byte %d", what, at)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		at, err := strconv.Atoi(key)
		if err != nil {
			t.Fatal(err)
		}
		if got[key] != want[at] {
			t.Errorf("%s: byte %d holds %d, want %d", what, at, got[key], want[at])
		}
	}
}

func TestSegyio(t *testing.T) {
	f := sample()
	d := segyioDump(t, f)

	wantText := make([]string, 40)
	for i := range wantText {
		wantText[i] = fmt.Sprintf("C%2d %-76s", i+1, "")
	}
	wantText[0] = fmt.Sprintf("C 1 %-76s", f.Text[0])
	wantText[1] = fmt.Sprintf("C 2 %-76s", f.Text[1])
	wantText[38] = fmt.Sprintf("C39 %-76s", "SEG Y REV1")
	wantText[39] = fmt.Sprintf("C40 %-76s", "END TEXTUAL HEADER")
	if !slices.Equal(d.Text, wantText) {
		t.Errorf("text is %q, want %q", d.Text, wantText)
	}
	if d.ExtHeaders != 0 || d.Format != 5 || d.IntervalUS != 4000 {
		t.Errorf("%d extended headers, format %d, interval %v us; want 0, 5, 4000", d.ExtHeaders, d.Format, d.IntervalUS)
	}
	if want := []float64{-8, -4, 0, 4, 8}; !slices.Equal(d.TimesMS, want) {
		t.Errorf("times are %v, want %v", d.TimesMS, want)
	}
	binary := map[int]int{
		3205: 1, 3209: 1, 3213: 2, 3217: 4000, 3219: 4000, 3221: 5, 3223: 5, 3225: 5, 3227: 2, 3229: 5, 3255: 1,
		3501: 0x0100, 3503: 1,
	}
	// Later versions of segyio show the two bytes of the revision apart, as revision 2 does.
	if _, ok := d.Binary["3502"]; ok {
		binary[3501] = 1
	}
	sameFields(t, "binary header", d.Binary, binary)

	common := map[int]int{29: 1, 35: 1, 69: -1000, 71: -1000, 89: 1, 109: -8, 115: 5, 117: 4000}
	traces := []map[int]int{
		{1: 1, 5: 1, 9: 7, 13: 1, 17: 7, 21: 7, 25: 1, 37: 500, 41: -12346, 49: 10000,
			73: 100000, 77: 200000, 81: 400000, 85: 600000},
		{1: 2, 5: 2, 9: 7, 13: 2, 17: 7, 21: 7, 25: 2, 37: 1000, 41: 2500, 49: 10000,
			73: 100000, 77: 200000, 81: -499999, 85: 1000000},
		{1: 3, 5: 3, 9: 8, 13: 1, 17: 8, 21: 8, 25: 1, 37: 0, 41: 0, 45: 3250,
			73: 0, 77: 0, 81: 0, 85: 0},
	}
	if len(d.Headers) != len(traces) {
		t.Fatalf("segyio finds %d traces, want %d", len(d.Headers), len(traces))
	}
	for i, want := range traces {
		maps.Copy(want, common)
		sameFields(t, fmt.Sprintf("trace %d", i), d.Headers[i], want)
		if !slices.Equal(d.Samples[i], f.Traces[i].Samples) {
			t.Errorf("trace %d holds %v, want %v", i, d.Samples[i], f.Traces[i].Samples)
		}
	}
}

// Coarser scalars, as segyio and the standard take them: value / -scalar.
func TestSegyioScalars(t *testing.T) {
	for _, c := range []struct {
		x, z           float64
		scalar, zScale int
	}{
		{9_123_456.784, 3_000_000.5, -100, -100},
		{91_234_567.84, 21.5, -10, -1000},
		{912_345_678.4, 0, -1, -1000},
	} {
		f := sample()
		f.Traces = f.Traces[:1]
		f.Traces[0].SourceX, f.Traces[0].ReceiverX, f.Traces[0].SourceZ = c.x, c.x, c.z
		h := segyioDump(t, f).Headers[0]
		if h["71"] != c.scalar || h["69"] != c.zScale {
			t.Errorf("%g, %g: scalars are %d, %d; want %d, %d", c.x, c.z, h["71"], h["69"], c.scalar, c.zScale)
		}
		got := float64(h["73"]) / float64(-h["71"])
		if worst := 0.5 / float64(-c.scalar); math.Abs(got-c.x) > worst*(1+1e-9) {
			t.Errorf("source X is %v, want %v within %v", got, c.x, worst)
		}
		if got := float64(h["49"]) / float64(-h["69"]); got != c.z {
			t.Errorf("source depth is %v, want %v", got, c.z)
		}
	}
}
