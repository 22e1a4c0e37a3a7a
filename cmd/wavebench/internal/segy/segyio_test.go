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
	Samples    [][]float64
}

func segyioDump(t *testing.T, f *file) dump {
	t.Helper()
	var b bytes.Buffer
	if err := Write(t.Context(), &b, f.done()); err != nil {
		t.Fatal(err)
	}
	return segyioRead(t, b.Bytes())
}

func segyioRead(t *testing.T, b []byte) dump {
	t.Helper()
	const python = "/usr/bin/python3"
	if out, err := exec.Command(python, "-c", "import segyio").CombinedOutput(); err != nil {
		testenv.Missing(t, fmt.Sprintf("segyio is missing: %v %s", err, out))
	}
	path := filepath.Join(t.TempDir(), "out.sgy")
	if err := os.WriteFile(path, b, 0o600); err != nil {
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
		3205: 1, 3209: 1, 3213: 2, 3217: 4000, 3219: 4000, 3221: 5, 3223: 5, 3225: 5, 3227: 2, 3229: 5, 3231: 1,
		3249: 1, 3253: 1, 3255: 1, 3257: 1, 3501: 0x0100, 3503: 1,
	}
	// Later versions of segyio show the two bytes of the revision apart, as revision 2 does.
	if _, ok := d.Binary["3502"]; ok {
		binary[3501] = 1
	}
	sameFields(t, "binary header", d.Binary, binary)

	common := map[int]int{29: 12, 31: 1, 33: 1, 35: 1, 69: -10000, 71: -10000, 89: 1, 109: -8, 115: 5, 117: 4000, 125: 1, 201: 1, 203: 6}
	traces := []map[int]int{
		{1: 1, 5: 1, 9: 7, 13: 1, 17: 7, 21: 40, 25: 1, 37: 500, 41: -123467, 49: 100000,
			73: 1000000, 77: 2000000, 81: 4000000, 85: 6000000, 181: 2500000, 185: 4000000, 197: 7},
		{1: 2, 5: 2, 9: 7, 13: 2, 17: 7, 21: 41, 25: 1, 37: 1000, 41: 25000, 49: 100000,
			73: 1000000, 77: 2000000, 81: -4999998, 85: 10000000, 181: -1999999, 185: 6000000, 197: 7},
		{1: 3, 5: 3, 9: 8, 13: 1, 17: 8, 21: 40, 25: 2, 45: 32500, 197: 8},
	}
	if len(d.Headers) != len(traces) {
		t.Fatalf("segyio finds %d traces, want %d", len(d.Headers), len(traces))
	}
	for i, want := range traces {
		maps.Copy(want, common)
		sameFields(t, fmt.Sprintf("trace %d", i), d.Headers[i], want)
		if !slices.Equal(d.Samples[i], f.data[i]) {
			t.Errorf("trace %d holds %v, want %v", i, d.Samples[i], f.data[i])
		}
	}
}

// Coarser scalars, as segyio and the standard take them: value / -scalar.
func TestSegyioScalars(t *testing.T) {
	for _, c := range []struct {
		x, z           float64
		scalar, zScale int
	}{
		{71.0004, 0.5, -10000, -10000},
		{912_345.6784, 300_000.5, -1000, -1000},
		{9_123_456.784, 3_000_000.5, -100, -100},
		{91_234_567.84, 21.5, -10, -10000},
		{912_345_678.4, 0, 1, -10000},
	} {
		f := sample()
		f.traces = f.traces[:1]
		f.traces[0].SourceX, f.traces[0].ReceiverX, f.traces[0].SourceZ = c.x, c.x, c.z
		h := segyioDump(t, f).Headers[0]
		if h["71"] != c.scalar || h["69"] != c.zScale {
			t.Errorf("%g, %g: scalars are %d, %d; want %d, %d", c.x, c.z, h["71"], h["69"], c.scalar, c.zScale)
		}
		by := math.Abs(float64(c.scalar))
		if got := float64(h["73"]) / by; math.Abs(got-c.x) > 0.5/by*(1+1e-9) {
			t.Errorf("source X is %v, want %v within %v", got, c.x, 0.5/by)
		}
		if got := float64(h["49"]) / math.Abs(float64(c.zScale)); got != c.z {
			t.Errorf("source depth is %v, want %v", got, c.z)
		}
	}
}

// segyio 1.8 knows neither second headers nor float64 samples. Without the
// former, a file of revision 2.1 with float32 samples must read as one of revision 1.
func TestSegyioRevision2(t *testing.T) {
	f := sample()
	f.Revision = Rev2_1
	var b bytes.Buffer
	if err := Write(t.Context(), &b, f.done()); err != nil {
		t.Fatal(err)
	}
	const trace = 480 + 4*5
	all := b.Bytes()
	plain := slices.Clone(all[:3600])
	for at := 3600; at < len(all); at += trace {
		plain = append(append(plain, all[at:at+240]...), all[at+480:at+trace]...)
	}
	plain[3500], plain[3501], plain[3507] = 1, 0, 0 // revision 1 without second headers
	d, first := segyioRead(t, plain), segyioDump(t, sample())
	if want := fmt.Sprintf("C39 %-76s", "SEG-Y_REV2.1"); d.Text[38] != want {
		t.Errorf("line 39 is %q, want %q", d.Text[38], want)
	}
	if !slices.Equal(d.TimesMS, first.TimesMS) || d.IntervalUS != 4000 {
		t.Errorf("times are %v, interval %v us; want %v, 4000", d.TimesMS, d.IntervalUS, first.TimesMS)
	}
	for i := range first.Headers {
		for at, want := range first.Headers[i] {
			if n, _ := strconv.Atoi(at); n < 233 && d.Headers[i][at] != want { // then the header's name
				t.Errorf("trace %d: byte %s holds %d, want %d", i, at, d.Headers[i][at], want)
			}
		}
		if !slices.Equal(d.Samples[i], first.Samples[i]) {
			t.Errorf("trace %d holds %v, want %v", i, d.Samples[i], first.Samples[i])
		}
	}
}
