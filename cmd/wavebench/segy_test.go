package main

import (
	"bytes"
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
	"github.com/d52adeda/wave/cmd/wavebench/internal/segy"
)

// modelled runs a survey and returns its SEG-Y file, what the record has of warnings
// about it, and what was said on stderr.
func modelled(t *testing.T, text string, flags ...string) (f *segy.File, said, stderr string) {
	t.Helper()
	survey := folder(t, text)
	out := filepath.Join(filepath.Dir(survey), "out")
	var code int
	code, _, stderr = wavebench(t, append([]string{"run", survey, "-q", "-o", out}, flags...)...)
	if code != 0 {
		t.Fatalf("code %d, %s\n%s", code, stderr, text)
	}
	f, err := segy.Read(bytes.NewReader(read(t, out, "receivers.sgy")))
	if err != nil {
		t.Fatal(err)
	}
	var r record.Record
	if err := json.Unmarshal(read(t, out, "record.json"), &r); err != nil {
		t.Fatal(err)
	}
	for _, w := range r.Warnings {
		if w.Kind == "segy" {
			said += w.Text
		}
	}
	return f, said, stderr
}

// fine is a survey of 71 receivers, a cell apart.
const fine = `model: {shape: [40, 80], value: 1500, spacing: 0.0004}
time: {dt: 0.000001, nt: 60}
sources: {unit: cells, list: [[20, 40]], wavelet: {type: ricker, freq: 100000}}
receivers: {unit: cells, line: {from: [5, 5], to: [5, 75], count: 71}}
options: {pml_width: 5}
output: {segy: true, gathers: 0, model: false}
`

// Receivers that are apart are apart in the file, with offsets of both signs, and
// what is rounded is said with numbers.
func TestSEGYPositions(t *testing.T) {
	apart := func(f *segy.File) int {
		x := map[float64]bool{}
		for i := range f.Traces {
			x[f.Trace(i).ReceiverX] = true
		}
		return len(x)
	}
	for _, c := range []struct {
		spacing, dt string
		apart       int
		warnings    []string
	}{
		{"4", "0.001", 71, nil},
		{"12.5", "0.001", 71, nil}, // offsets off by 4% of a cell
		{"2.5", "0.001", 71, []string{"offsets to 1 m (off by up to 0.5 m)"}},
		{"0.0004", "0.000001", 71, []string{"offsets to 1 m (off by up to 0.014 m; the 71 of a shot become 1)"}},
		{"0.00002", "0.000001", 15, []string{"coordinates to 0.0001 m (off by up to 5e-05 m; the 71 of a shot become 15)", "offsets"}},
	} {
		text := strings.NewReplacer("0.0004", c.spacing, "0.000001", c.dt, "100000", "1").Replace(fine)
		f, said, stderr := modelled(t, text)
		if f.Revision != segy.Rev1 || apart(f) != c.apart {
			t.Errorf("%s m: revision %v with %d different X, want 1 with %d", c.spacing, f.Revision, apart(f), c.apart)
		}
		for _, want := range c.warnings {
			if !strings.Contains(stderr, want) || !strings.Contains(said, want) || !strings.Contains(said, "output.segy_revision 2.1") {
				t.Errorf("%s m: stderr %q, record %q, want %q", c.spacing, stderr, said, want)
			}
		}
		if c.warnings == nil && said != "" {
			t.Errorf("%s m: %q", c.spacing, said)
		}

		// Revision 2.1 has them all, and nothing to warn of.
		f, said, _ = modelled(t, strings.Replace(text, "segy: true", "segy: true, segy_revision: 2.1", 1))
		if f.Revision != segy.Rev2_1 || apart(f) != 71 {
			t.Errorf("%s m: revision %v with %d different X, want 2.1 with 71", c.spacing, f.Revision, apart(f))
		}
		if said != "" {
			t.Errorf("%s m, revision 2.1: %s", c.spacing, said)
		}
	}
}

// What revision 1 refuses fits revision 2.1, in the element type of the run.
func TestSEGYRevision2(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string
		nt       int
		dt       float64
	}{
		"long": {"nt: 60", "nt: 40000", 40000, 1e-6}, "fine": {"dt: 0.000001", "dt: 1.25e-7", 60, 1.25e-7},
		"odd": {"dt: 0.000001", "dt: 0.0000010005", 60, 1.0005e-6},
	} {
		text := strings.NewReplacer(c.old, c.new, "[40, 80]", "[5, 80]", "[20, 40]", "[1, 40]", "[5, 5]", "[1, 5]", "[5, 75]", "[1, 75]", "pml_width: 5", "pml_width: 0").Replace(fine)
		if code, _, stderr := wavebench(t, "run", folder(t, text), "-q"); code != 1 || !strings.Contains(stderr, "survey.yaml:2: time.") || !strings.Contains(stderr, "output.segy_revision 2.1") {
			t.Errorf("%s: code %d, %s", name, code, stderr)
		}
		text = strings.Replace(text, "segy: true", "segy: true, segy_revision: 2.1", 1)
		for _, dtype := range []string{"float32", "float64"} {
			f, _, _ := modelled(t, text, "--dtype", dtype)
			if f.Samples != c.nt || f.Double != (dtype == "float64") || math.Abs(f.Interval/c.dt-1) > 1e-14 {
				t.Errorf("%s in %s: %d samples every %g s, float64: %t", name, dtype, f.Samples, f.Interval, f.Double)
			}
		}
	}
}

// Revision 1 has float32 only: records beyond it are said, and not thrown away.
func TestSEGYRange(t *testing.T) {
	for amplitude, want := range map[string]bool{"1e-60": true, "1.0e+60": true, "1": false} {
		text := strings.Replace(fine, "freq: 100000", "freq: 100000, amplitude: "+amplitude, 1)
		if _, said, _ := modelled(t, text, "--dtype", "float64"); strings.Contains(said, "greatest sample") != want {
			t.Errorf("amplitude %s: %s", amplitude, said)
		}
	}
}

// A shot of more traces than a field of revision 1 counts is said.
func TestSEGYManyTraces(t *testing.T) {
	text := strings.NewReplacer("[40, 80]", "[5, 33000]", "0.0004", "4", "0.000001", "0.004", "nt: 60", "nt: 2", "100000", "10", "[20, 40]", "[1, 40]",
		"from: [5, 5], to: [5, 75], count: 71", "from: [2, 0], to: [2, 32999], count: 33000").Replace(fine)
	f, said, _ := modelled(t, text)
	if f.Traces != 33000 || said != "SEG-Y revision 1 has no room for the number of traces a shot, 33000: output.segy_revision 2.1 holds all" {
		t.Errorf("%d traces, %q", f.Traces, said)
	}
}

// Midpoints have numbers and places in one, two and three dimensions.
func TestSEGYMidpoints(t *testing.T) {
	for _, c := range []struct {
		shape, source, receiver string
		want                    segy.Trace
	}{
		{"[30]", "[10]", "[4]", segy.Trace{SourceX: 100, ReceiverX: 40, CMP: 15}},
		{"[20, 30]", "[2, 10]", "[3, 14]", segy.Trace{SourceX: 100, SourceZ: 20, ReceiverX: 140, ReceiverZ: 30, CMP: 25}},
		{"[8, 10, 9]", "[2, 4, 5]", "[3, 5, 1]", segy.Trace{SourceX: 50, SourceY: 40, SourceZ: 20, ReceiverX: 10, ReceiverY: 50, ReceiverZ: 30, CMP: 9*17 + 7}},
	} {
		text := `model: {shape: ` + c.shape + `, value: 1500, spacing: 10}
time: {dt: 0.004, nt: 20}
sources: {unit: cells, list: [` + c.source + `], wavelet: {type: ricker, freq: 10}}
receivers: {unit: cells, list: [` + c.receiver + `]}
options: {pml_width: 0}
output: {segy: true, gathers: 0, model: false}
`
		f, _, _ := modelled(t, text)
		c.want.Shot, c.want.Channel = 1, 1
		if got := f.Trace(0); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.shape, got, c.want)
		}
	}
}
