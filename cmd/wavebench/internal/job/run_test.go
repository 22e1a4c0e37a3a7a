package job

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
	"github.com/d52adeda/wave/cmd/wavebench/internal/userfile"
)

// many records so much that writing it is worth progress.
const many = `model: {shape: [20, 30], value: 1500, spacing: 10}
time: {dt: 0.004, nt: 2400}
sources: {unit: cells, list: [[4, 5], [4, 9], [4, 12]], wavelet: {type: ricker, freq: 20}}
receivers: {unit: cells, grid: {from: [0, 0], to: [19, 29], counts: [20, 30]}}
options: {pml_width: 5}
output: {segy: true, model: false, gathers: 0, snapshots: {count: 2, pictures: 1, animation: false}}
`

func prepare(t *testing.T, text, base, dir string) (*Job, error) {
	t.Helper()
	s, err := config.Parse("s.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return Prepare(t.Context(), s, Source{Base: base}, Target{Dir: dir}, nil)
}

// files lists all files below dir.
func files(dir string) (out []string) {
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, d.Name())
		}
		return nil
	})
	slices.Sort(out)
	return out
}

// TestRunStops ends a run at several points: before the simulation is complete
// nothing stays, after it what is complete is kept.
func TestRunStops(t *testing.T) {
	for name, c := range map[string]struct {
		at   func(p meter.Reading, seen int) bool // seen: calls with that stage
		want []string
	}{
		"simulating":    {func(p meter.Reading, _ int) bool { return p.Stage == meter.Simulating && p.Done > 100 }, nil},
		"writing first": {func(p meter.Reading, seen int) bool { return p.Stage == "writing" && seen == 1 }, []string{"snapshot_001.png"}},
		"writing second": {func() func(p meter.Reading, _ int) bool {
			last := meter.Reading{}
			return func(p meter.Reading, seen int) bool {
				again := p.Stage == "writing" && p.Done < last.Done
				if p.Stage == "writing" {
					last = p
				}
				return again
			}
		}(), []string{"receivers.npy", "snapshot_001.png"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			j, err := prepare(t, many, ".", dir)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			var end func() string
			seen := map[string]int{}
			var canceled time.Time
			_, err = j.Run(ctx, Hooks{Staged: func(f func() string) { end = f }, Progress: func(p meter.Reading) {
				if seen[p.Stage]++; c.at(p, seen[p.Stage]) && canceled.IsZero() {
					canceled = time.Now()
					cancel()
				}
			}})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v, stages %v", err, seen)
			}
			if took := time.Since(canceled); took > 5*time.Second { // a second, but for what else the machine does
				t.Errorf("stopped after %v", took)
			}
			if got := files(dir); !slices.Equal(got, c.want) {
				t.Errorf("files %v, want %v", got, c.want)
			}
			if kept := strings.HasPrefix(end(), "what was computed is kept in "+dir); kept != (c.want != nil) {
				t.Errorf("ended with %q", end())
			}
		})
	}
}

// TestObstacleAfterCheck puts a folder where a result goes while the run is under way:
// the data is kept, and the message says where.
func TestObstacleAfterCheck(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	j, err := prepare(t, many, ".", dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = j.Run(t.Context(), Hooks{Progress: func(meter.Reading) { _ = os.MkdirAll(filepath.Join(dir, "receivers.sgy", "x"), 0o777) }})
	if err == nil || !strings.Contains(err.Error(), "receivers.sgy is a folder now\nwhat was computed is kept in "+dir) {
		t.Fatalf("got %v", err)
	}
	_, where, _ := strings.Cut(err.Error(), "kept in ")
	if got := files(where); !slices.Equal(got, []string{"receivers.npy", "receivers.sgy", "record.json", "snapshot_001.png"}) {
		t.Errorf("kept %v", got)
	}
}

// TestPicturesDoNotEndARun draws with what fails, and what panics.
func TestPicturesDoNotEndARun(t *testing.T) {
	var got []record.Warning
	d := &drawing{ctx: t.Context(), warn: func(w ...record.Warning) { got = append(got, w...) }}
	for _, fn := range []func() error{
		func() error { return io.ErrShortWrite },
		func() error { t.Error("tried again"); return nil },
	} {
		if err := d.try("a.png", fn); err != nil {
			t.Error(err)
		}
	}
	if err := d.try("b.png", func() error { var x []int; x[len(got)] = 0; return nil }); err != nil {
		t.Error(err)
	}
	if len(got) != 2 || got[0].Kind != KindPicture || !strings.HasPrefix(got[0].Text, "a.png cannot be drawn") || !strings.Contains(got[1].Text, "b.png cannot be drawn or written, and the run goes on without: internal error: runtime error: index out of range") {
		t.Errorf("warnings %v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d.ctx = ctx
	if err := d.try("c.png", func() error { return ctx.Err() }); !errors.Is(err, context.Canceled) || len(got) != 2 {
		t.Errorf("%v, %v", err, got)
	}
}

// TestChecksBeforeReading gives a model of 4 TiB, of which there is nothing: what is
// wrong with the survey is said before that is read, or hashed.
func TestChecksBeforeReading(t *testing.T) {
	base := t.TempDir()
	path := filepath.Join(base, "v.raw")
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 1<<42); err != nil {
		t.Skip(err)
	}
	big := strings.Replace(many, "shape: [20, 30], value: 1500", "file: v.raw, shape: [1048576, 1048576], dtype: float32", 1)
	for want, replace := range map[string][2]string{
		"v.raw: array over the size limit": {},
		"the file holds":                   {"[1048576, 1048576]", "[1048576, 1048575]"},
		"is a file, want a folder":         {"out", "v.raw"},
	} {
		began := time.Now()
		dir := "out"
		text := strings.Replace(big, replace[0], replace[1], 1)
		if replace[0] == dir {
			text, dir = big, replace[1]
		}
		_, err := prepare(t, text, base, filepath.Join(base, dir))
		if err == nil || !strings.Contains(err.Error(), want) || time.Since(began) > 10*time.Second {
			t.Errorf("got %v after %v, want %q", err, time.Since(began), want)
		}
	}
	// Of a model that would fit, the positions are checked before the values are read.
	data := new(bytes.Buffer)
	if err := gridfile.WriteNPY(data, []int{20, 4}, make([]float32, 80)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(base, "v.npy"), data.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := prepare(t, strings.Replace(many, "shape: [20, 30], value: 1500", "file: v.npy", 1), base, filepath.Join(base, "out")); err == nil || !strings.Contains(err.Error(), "outside the model") {
		t.Errorf("got %v, want a position outside, not the velocity of 0", err)
	}
}

// TestInputChanges notices that a file is another one when it is read again.
func TestInputChanges(t *testing.T) {
	base := t.TempDir()
	write := func(x float32) {
		data := new(bytes.Buffer)
		if err := gridfile.WriteNPY(data, []int{20, 30}, append(make([]float32, 599), x)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(base, "dv.npy"), data.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(1)
	j, err := prepare(t, many+"perturbations: [{name: a, file: dv.npy}]\n", base, filepath.Join(base, "out"))
	if err != nil {
		t.Fatal(err)
	}
	write(2)
	if _, _, err := j.Sensitivity(t.Context(), SensitivityOptions{}, Hooks{}); !errors.Is(err, userfile.ErrChanged) || !strings.Contains(err.Error(), "perturbations[0].file") {
		t.Errorf("got %v", err)
	}
}

// Millions of traces are checked for SEG-Y with progress, as long as the context lasts.
func TestCheckingTracesStops(t *testing.T) {
	text := strings.Replace(many, "list: [[4, 5], [4, 9], [4, 12]]", "line: {from: [4, 5], to: [4, 12], count: 900}", 1)
	text = strings.Replace(text, "counts: [20, 30]", "counts: [100, 100]", 1)
	text = strings.Replace(text, "nt: 2400", "nt: 2", 1)
	s, err := config.Parse("s.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var at time.Time
	_, err = Prepare(ctx, s, Source{Base: t.TempDir()}, Target{Dir: filepath.Join(t.TempDir(), "out")}, func(r meter.Reading) {
		if r.Stage == "checking SEG-Y" && at.IsZero() {
			at = time.Now()
			cancel()
		}
	})
	if took := time.Since(at); at.IsZero() || !errors.Is(err, context.Canceled) || took > time.Second {
		t.Errorf("error %v %v after the context ended, want that of the context within a second", err, took)
	}
}

// What no memory holds is refused at once, with what it would take, and before it is made.
func TestHugeSurveys(t *testing.T) {
	const million = "line: {from: [4, 5], to: [4, 12], count: 1000000}"
	const all, few, grid = "list: [[4, 5], [4, 9], [4, 12]]", "nt: 2400", "grid: {from: [0, 0], to: [19, 29], counts: [20, 30]}"
	for _, c := range []struct {
		replace []string
		want    string
	}{
		{[]string{all, million, grid, million}, "receivers is 1000000 for each of 1000000 shots, want at most 10000000 traces in all"},
		{[]string{all, million}, "receivers is 600 for each of 1000000 shots"},
		{[]string{few, "nt: 100000000"}, "time.nt is 100000000, want at most 32767 samples for SEG-Y revision 1"},
		{[]string{few, "nt: 100000000", "segy: true", "segy: false", grid, million}, "receivers is such that 3000000 traces of 100000000 samples take 1.07 PiB, want fewer, or fewer samples"},
		{[]string{few, "nt: 100000000", "segy: true", "segy_revision: 2.1, segy: true", grid, million}, "take 1.07 PiB"},
	} {
		text := strings.NewReplacer(c.replace...).Replace(many)
		began := time.Now()
		s, err := config.Parse("s.yaml", []byte(text))
		if err == nil {
			_, err = Prepare(t.Context(), s, Source{Base: t.TempDir()}, Target{Dir: filepath.Join(t.TempDir(), "out")}, nil)
		}
		if took := time.Since(began); err == nil || !strings.Contains(err.Error(), c.want) || took > time.Second {
			t.Errorf("%v: %v after %v, want %q at once", c.replace, err, took, c.want)
		}
	}
}
