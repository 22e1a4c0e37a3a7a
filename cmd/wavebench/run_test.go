package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/gif"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
	"github.com/d52adeda/wave/cmd/wavebench/internal/segy"
)

// TestResults reads back everything that a run writes.
func TestResults(t *testing.T) {
	survey := folder(t, small(t))
	out := filepath.Join(t.TempDir(), "new", "results")
	code, stdout, stderr := wavebench(t, "run", survey, "--out", out, "--json")
	if code != 0 || stderr != "" {
		t.Fatalf("code %d, stderr %q", code, stderr)
	}
	var printed struct {
		Dir string
		record.Record
	}
	if err := json.Unmarshal([]byte(stdout), &printed); err != nil || printed.Dir != out || printed.Run.Shots != 3 || printed.Run.Device == "" {
		t.Errorf("--json: %v, %s", err, stdout)
	}
	if got := printed.Run.BytesPerCell; got < 12 || got > 30 { // u, um1, v and strips, in float32
		t.Errorf("bytes_per_cell is %g, want 12 to 30", got)
	}

	npy, err := gridfile.Read(filepath.Join(out, "receivers.npy"), gridfile.Spec{})
	if err != nil || !slices.Equal(npy.Shape, []int{3, 40, 100}) || len(npy.F32) != 12000 {
		t.Fatalf("receivers.npy: %v, shape %v", err, npy.Shape)
	}
	sgy, err := segy.Read(bytes.NewReader(read(t, out, "receivers.sgy")))
	if err != nil || sgy.Traces != 120 || sgy.Interval != 0.002 {
		t.Fatalf("receivers.sgy: %v, %+v", err, sgy)
	}
	tr := sgy.Trace(41) // receiver 1 of shot 1, at cells 1 and 20
	if want := (segy.Trace{SourceX: 200, SourceZ: 40, ReceiverX: 10, ReceiverZ: 30, Shot: 2, Channel: 2, CMP: 22}); tr != want {
		t.Errorf("trace 41 is %+v, want %+v", tr, want)
	}
	if !slices.Equal(sgy.Data(41), array.Of32(npy.F32[4100:4200], 100).Float64s()) {
		t.Error("trace 41 differs from receivers.npy")
	}
	peak := float32(0)
	for _, x := range npy.F32 {
		if math.IsNaN(float64(x)) {
			t.Fatal("NaN recorded")
		}
		peak = max(peak, x)
	}
	if peak == 0 {
		t.Error("nothing was recorded")
	}

	movie, err := gif.DecodeAll(bytes.NewReader(read(t, out, "animation.gif")))
	if err != nil || len(movie.Image) != 8 {
		t.Errorf("animation.gif: %v", err)
	}
	r, err := record.Parse("record.json", read(t, out, "record.json"))
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, f := range r.Outputs {
		listed = append(listed, f.Path)
		now, err := record.Hash(t.Context(), filepath.Join(out, f.Path), nil)
		if err != nil || now.SHA256 != f.SHA256 || now.Bytes != f.Bytes {
			t.Errorf("%s: %v, hash %s, record has %s", f.Path, err, now.SHA256, f.SHA256)
		}
		if strings.HasSuffix(f.Path, ".png") {
			if _, err := png.Decode(bytes.NewReader(read(t, out, f.Path))); err != nil {
				t.Errorf("%s: %v", f.Path, err)
			}
		}
	}
	want := []string{"animation.gif", "gather_shot000.png", "gather_shot002.png", "model.png", "receivers.npy", "receivers.sgy", "snapshots/snapshot_002.png", "snapshots/snapshot_006.png"}
	if !slices.Equal(listed, want) || len(names(t, out)) != len(want)+1 {
		t.Errorf("record lists %v, folder has %v, want %v", listed, names(t, out), want)
	}
	if len(r.Inputs) != 1 || r.Survey.Options.MaxVel != 2100 || r.Survey.Options.PMLFreq != 12 || len(r.Survey.Options.PMLWidth) != 4 {
		t.Errorf("record is not complete: %+v, inputs %v", r.Survey.Options, r.Inputs)
	}
}

// A run that will not fit says so before it starts, with both numbers.
func TestRunThatWillNotFit(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("what is free is known on Linux only")
	}
	survey := folder(t, small(t, append([]string{"nt: 100", "nt: 1000000", "pml_width: 10", "pml_width: 10, max_vel: 1000000"},
		noPictures[0], "{receivers: false, model: false, gathers: 0}")...))
	out := filepath.Join(filepath.Dir(survey), "out")
	code, _, stderr := wavebench(t, "run", survey, "--out", out)
	if ok, _ := regexp.MatchString(`the run needs about [\d.]+ [GT]iB, want at most [\d.]+ [GM]iB \(what the machine has free\)`, stderr); code != 1 || !ok {
		t.Errorf("code %d, stderr %q", code, stderr)
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Errorf("left behind: %v", names(t, out))
	}
}

// noPictures replaces the output of small.yaml, since drawing takes most of a
// test's time; fewPictures keeps one of each kind.
var (
	noPictures  = []string{"{segy: true, gathers: 2, snapshots: {count: 8, pictures: 2}}", "{model: false, gathers: 0}"}
	fewPictures = []string{"gathers: 2, snapshots: {count: 8, pictures: 2}", "gathers: 1, snapshots: {count: 2, pictures: 1}"}
)

func TestRepetition(t *testing.T) {
	survey := folder(t, small(t, append(fewPictures, "line: {from: [4, 10], to: [4, 30], count: 3}", "list: [[8.3, 12.2], [8, 20]]")...))
	dir := filepath.Dir(survey)
	first, second := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	if code, _, stderr := wavebench(t, "run", survey, "-o", first, "-q"); code != 0 || stderr != "" {
		t.Fatalf("code %d, %s", code, stderr)
	}
	code, stdout, stderr := wavebench(t, "run", filepath.Join(first, "record.json"), "--out", second)
	if code != 0 || !strings.Contains(stdout, "receivers.npy is identical") {
		t.Fatalf("code %d, %s%s", code, stdout, stderr)
	}
	for _, name := range names(t, first) {
		if name != "record.json" && !bytes.Equal(read(t, first, name), read(t, second, name)) {
			t.Errorf("%s differs", name)
		}
	}

	// The same in the same folder with fewer files: none of the first run stay.
	text := strings.Replace(string(read(t, survey)), "snapshots: {count: 2, pictures: 1}", "model: false", 1)
	if err := os.WriteFile(survey, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(second, "mine.txt"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := wavebench(t, "run", survey, "-o", second, "-q"); code != 0 {
		t.Fatal(stderr)
	}
	if got := names(t, second); !slices.Equal(got, []string{"gather_shot001.png", "mine.txt", "receivers.npy", "receivers.sgy", "record.json"}) {
		t.Errorf("files %v", got)
	}

	v := make([]float32, 30*40)
	for i := range v {
		v[i] = 1600
	}
	writeNPY(t, filepath.Join(dir, "v.npy"), v, 30, 40)
	if code, _, stderr := wavebench(t, "run", filepath.Join(first, "record.json"), "-o", second); code != 1 || !strings.Contains(stderr, "v.npy has changed since") {
		t.Errorf("changed model: code %d, %s", code, stderr)
	}
	if code, stdout, stderr := wavebench(t, "run", filepath.Join(first, "record.json"), "-o", second, "--force"); code != 0 || !strings.Contains(stdout, "receivers.npy differs") {
		t.Errorf("--force: code %d, %s%s", code, stdout, stderr)
	}
	if err := os.Rename(filepath.Join(dir, "v.npy"), filepath.Join(dir, "w.npy")); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := wavebench(t, "run", filepath.Join(first, "record.json"), "-o", second); code != 1 || !strings.Contains(stderr, "name it with --file") {
		t.Errorf("moved model: code %d, %s", code, stderr)
	}
	if code, _, stderr := wavebench(t, "run", filepath.Join(first, "record.json"), "-o", second, "--model", filepath.Join(dir, "w.npy"), "-q"); code != 0 {
		t.Errorf("--model: code %d, %s", code, stderr)
	}
}

// TestKinds runs surveys of other dimensions, types and wavelets.
func TestKinds(t *testing.T) {
	model := "model: {file: v.npy, spacing: 10}"
	sources, receivers := "line: {from: [4, 10], to: [4, 30], count: 3}", "line: {from: [30, 0], to: [30, 390], step: 10}"
	for name, c := range map[string]struct {
		replace []string
		shape   []int
	}{
		"1-D float64":     {[]string{model, "model: {shape: [80], value: 1500, layers: [{top: 300, value: 1900}], spacing: 5}", sources, "list: [10]", receivers, "list: [50, 100.5]", "pml_width: 10", "dtype: float64"}, []int{1, 2, 100}},
		"3-D":             {[]string{model, "model: {shape: [15, 16, 17], value: 2000, spacing: [10, 10, 12.5]}", sources, "list: [[4, 5, 6]]", receivers, "grid: {from: [20, 30, 25], to: [20, 50, 100], counts: [1, 3, 4]}", "pml_width: 10", "pml_width: 4", "nt: 100", "nt: 30"}, []int{1, 12, 30}},
		"eager, together": {[]string{sources, sources + "\n  shots: together", "pml_width: 10", "backend: eager", "nt: 100", "nt: 30"}, []int{1, 40, 30}},
		"survey_pad":      {[]string{"pml_width: 10", "survey_pad: [3, 10, edge, edge]", receivers, "list: [[30.5, 200.5]]", "unit: metres", "unit: cells", "[[30.5, 200.5]]", "[[8.5, 20.5]]"}, []int{3, 1, 100}},
		"gabor":           {[]string{"{type: ricker, freq: 12}", "{type: gabor, freq: 25, width: 0.02, phase: 90, amplitude: [1, 2, 3]}"}, []int{3, 40, 100}},
		"ormsby":          {[]string{"{type: ricker, freq: 12}", "{type: ormsby, freqs: [5, 10, 30, 40]}"}, []int{3, 40, 100}},
		"derivative":      {[]string{"{type: ricker, freq: 12}", "{type: gaussian_derivative, freq: 25}"}, []int{3, 40, 100}},
		"tone burst":      {[]string{"{type: ricker, freq: 12}", "{type: tone_burst, freq: 25, cycles: 2}"}, []int{3, 40, 100}},
		"own wavelet":     {[]string{"{type: ricker, freq: 12}", "{type: file, file: w.npy, freq: 25}", ", nt: 100", ""}, []int{3, 40, 64}},
		"relative":        {[]string{receivers, "line: {from: [-10, -100], to: [-10, 90], step: 10}\n  relative: true"}, []int{3, 20, 100}},
	} {
		t.Run(name, func(t *testing.T) {
			pictures := noPictures
			switch name { // those whose pictures differ in kind
			case "1-D float64", "3-D", "survey_pad", "relative":
				pictures = fewPictures
			}
			survey := folder(t, small(t, append(slices.Clone(pictures), c.replace...)...))
			w := make([]float32, 64)
			w[5], w[6] = 1, -1
			writeNPY(t, filepath.Join(filepath.Dir(survey), "w.npy"), w, 64)
			out := filepath.Join(filepath.Dir(survey), "out")
			code, _, stderr := wavebench(t, "run", survey, "-o", out, "-q")
			if code != 0 {
				t.Fatalf("code %d, %s", code, stderr)
			}
			d, err := gridfile.Read(filepath.Join(out, "receivers.npy"), gridfile.Spec{})
			if err != nil || !slices.Equal(d.Shape, c.shape) {
				t.Errorf("receivers.npy: %v, shape %v, want %v", err, d.Shape, c.shape)
			}
		})
	}
}

// TestRawModel proves that a raw file gives the data of the .npy file.
func TestRawModel(t *testing.T) {
	survey := folder(t, small(t, noPictures...))
	dir := filepath.Dir(survey)
	npy := read(t, dir, "v.npy")
	if err := os.WriteFile(filepath.Join(dir, "v.raw"), npy[len(npy)-4*1200:], 0o666); err != nil {
		t.Fatal(err)
	}
	raw := filepath.Join(dir, "raw.yaml")
	text := small(t, append(noPictures, "file: v.npy", "file: v.raw, shape: [30, 40], dtype: float32")...)
	if err := os.WriteFile(raw, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{survey, raw} {
		if code, _, stderr := wavebench(t, "run", s, "-q", "-o", s+".out"); code != 0 {
			t.Fatal(stderr)
		}
	}
	if !bytes.Equal(read(t, survey+".out", "receivers.npy"), read(t, raw+".out", "receivers.npy")) {
		t.Error("data differ")
	}
}

// TestBadSurveys proves that what is wrong beyond the survey file itself is said
// clearly, and that nothing is written.
func TestBadSurveys(t *testing.T) {
	nan := make([]float32, 1200)
	nan[45] = float32(math.NaN())
	for _, c := range []struct {
		replace []string
		model   []float32 // nil: a good one
		cut     int       // bytes to keep of the model file
		want    string
	}{
		{replace: []string{"file: v.npy", "file: gone.npy"}, want: "survey.yaml:1: model.file: open"},
		{model: nan, want: "survey.yaml:1: model.file is v.npy, with NaN m/s at cell [1 5], want finite velocities"},
		{model: make([]float32, 1200), want: "0 m/s everywhere"},
		{cut: 1000, want: "v.npy: malformed array file: file holds"},
		{cut: 3, want: "v.npy: malformed array file: header is cut short"},
		{replace: []string{"spacing: 10", "spacing: [10, 10, 10]"}, want: "model.spacing is [10 10 10], want one number, or one for each of the 2 axes"},
		{replace: []string{"file: v.npy", "file: v.npy, shape: [40, 30]"}, want: "survey.yaml:1: model.shape is [40 30], want [30 40] as v.npy has, or to leave it out"},
		{replace: []string{"[30, 390]", "[30, 400]"}, want: "survey.yaml:9: receivers.line, number 40, is outside the model, at [30, 400] m, want x from 0 to 390 metres"},
		{replace: []string{"from: [4, 10], to: [4, 30]", "from: [4], to: [8]"}, want: "sources.line is of 1 coordinates, want 2"},
		{replace: []string{"from: [4, 10]", "from: [-0.5, 10]"}, want: "outside the model"},
		{replace: []string{"pml_width: 10", "pml_width: [1, 2, 3]"}, want: "options.pml_width is [1 2 3], want one number, or 4"},
		{replace: []string{"pml_width: 10", "pml_width: 100000"}, want: "options.pml_width is"},
		{replace: []string{"pml_width: 10", "survey_pad: [1, 2]"}, want: "options.survey_pad is [1 2]"},
		{replace: []string{"pml_width: 10", "backend: cpi"}, want: `options.backend is "cpi", want one of`},
		{replace: []string{"dt: 0.002", "dt: 0.0020005"}, want: "survey.yaml:2: time.dt is 0.0020005, want a whole number of microseconds up to 32767 for SEG-Y revision 1, or output.segy_revision 2.1"},
		{replace: []string{"nt: 100", "nt: 40000"}, want: "survey.yaml:2: time.nt is 40000, want at most 32767 samples for SEG-Y revision 1, or output.segy_revision 2.1"},
		{replace: []string{"nt: 100", "duration: 200"}, want: "survey.yaml:2: time.duration is 200 s, which makes 100000 samples, want at most 32767"},
		{replace: []string{"spacing: 10", "spacing: 1.0e+9", "metres", "cells", "[30, 390]", "[3, 39]", "[30, 0]", "[3, 0]", "step: 10", "step: 1", "dt: 0.002", "dt: 0.02"}, want: "survey.yaml:11: output.segy is true, want output.segy_revision 2.1, which holds it, or output.segy false (segy: trace 0: value cannot be stored: offset is 1e+10 m"},
		{replace: []string{"segy: true", "segy_revision: 2.1"}, want: "output.segy_revision is 2.1, want it only with output.segy true"},
		{replace: []string{"segy: true", "segy: true, segy_revision: 2"}, want: "output.segy_revision is 2, want 1 or 2.1"},
		{replace: []string{"{type: ricker, freq: 12}", "{type: file, file: v.npy}"}, want: "time.nt is 100, want 40"},
		{replace: []string{"{type: ricker, freq: 12}", "{type: file, file: v.npy}", "nt: 100", "duration: 0.25"}, want: "survey.yaml:2: time.duration is 0.25 s, which makes 125 samples, want 40"},
		{replace: []string{"{type: ricker, freq: 12}", "{type: file, file: gone.npy}"}, want: "sources.wavelet.file: open"},
		{replace: []string{"{count: 8,", "{count: 8, shot: 3,"}, want: "output.snapshots.shot is 3, want 0 to 2"},
		{replace: []string{"file: v.npy", "shape: [1000000, 1000000], value: 1500"}, want: "which takes 3.64 TiB, want a model that fits"},
		{replace: []string{"pml_width: 10", "max_vel: 100", "dt: 0.002", "dt: 0.004"}, want: "no longer finite"},
	} {
		survey := folder(t, small(t, c.replace...))
		dir := filepath.Dir(survey)
		v := filepath.Join(dir, "v.npy")
		if c.model != nil {
			writeNPY(t, v, c.model, 30, 40)
		}
		if c.cut > 0 {
			if err := os.Truncate(v, int64(c.cut)); err != nil {
				t.Fatal(err)
			}
		}
		out := filepath.Join(dir, "out")
		code, _, stderr := wavebench(t, "run", survey, "--out", out)
		if code != 1 || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: code %d, stderr %q, want %q", c.replace, code, stderr, c.want)
		}
		if _, err := os.Stat(out); !os.IsNotExist(err) {
			t.Errorf("%v: output folder exists with %v", c.replace, names(t, out))
		}
	}
}

func TestUnwritableOutput(t *testing.T) {
	survey := folder(t, small(t))
	for _, out := range []string{survey, filepath.Join(survey, "below"), "/proc/no-such-folder"} {
		code, _, stderr := wavebench(t, "run", survey, "--out", out)
		if code != 1 || !strings.Contains(stderr, "output folder") {
			t.Errorf("%s: code %d, stderr %q", out, code, stderr)
		}
	}
}

// TestOutputDir proves where results go: --out, else output.dir beside the survey.
func TestOutputDir(t *testing.T) {
	survey := folder(t, small(t, append(noPictures, "{model", "{dir: there, model")...))
	if code, _, stderr := wavebench(t, "run", survey, "-q"); code != 0 {
		t.Fatal(stderr)
	}
	if got := names(t, filepath.Join(filepath.Dir(survey), "there")); !slices.Contains(got, "record.json") || slices.Contains(got, "receivers.sgy") {
		t.Errorf("files %v", got)
	}
}

// TestExamples reads the surveys in examples/ as far as before the simulation, by
// an output folder with an obstacle.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("../../examples/*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("%v, %v", files, err)
	}
	blocked := t.TempDir()
	if err := os.Mkdir(filepath.Join(blocked, "record.json"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		code, stdout, stderr := wavebench(t, "run", f, "--out", blocked)
		if strings.Contains(f, "ore3d") && !strings.Contains(stdout, "rho 2700 to 4300 kg/m^3 (ore3d.npy)") {
			t.Errorf("the file of the density is not in %s", stdout)
		}
		if code != 1 || !strings.Contains(stderr, "record.json is a folder, want a file") || !strings.Contains(stdout, "results  "+blocked) {
			t.Errorf("%s: code %d, %s%s", f, code, stdout, stderr)
		}
	}
	out := t.TempDir()
	if code, _, stderr := wavebench(t, "run", "../../examples/layers1d.yaml", "--out", out, "-q"); code != 0 || stderr != "" {
		t.Errorf("layers1d: code %d, %s", code, stderr)
	}
}

// TestWarnings proves that they are seen, whatever the form of the output.
func TestWarnings(t *testing.T) {
	survey := folder(t, small(t, append(noPictures, "freq: 12", "freq: 60")...))
	const want = "survey.yaml:1: model.spacing: "
	code, stdout, stderr := wavebench(t, "run", survey, "-o", survey+".out")
	if code != 0 || !strings.Contains(stdout, want) || !strings.HasPrefix(stderr, "warning: ") || !strings.Contains(stderr, want) {
		t.Errorf("code %d, %s%s", code, stdout, stderr)
	}
	for _, flag := range []string{"-q", "--json"} {
		if code, _, stderr := wavebench(t, "run", survey, "-o", survey+".out", flag); code != 0 || !strings.Contains(stderr, want) {
			t.Errorf("%s: code %d, %s", flag, code, stderr)
		}
	}
}

func TestDevices(t *testing.T) {
	code, stdout, _ := wavebench(t, "devices", "--json")
	var list struct {
		Devices []device
		Absent  map[string]string `json:"not_in_this_build"`
	}
	if err := json.Unmarshal([]byte(stdout), &list); code != 0 || err != nil {
		t.Fatalf("code %d, %v", code, err)
	}
	usable := map[string]bool{}
	for _, d := range list.Devices {
		usable[d.Backend] = usable[d.Backend] || d.Usable
	}
	if !usable["cpu"] || !usable["eager"] {
		t.Errorf("devices %v", list.Devices)
	}
	var b bytes.Buffer
	a := &app{stdout: &b}
	rows := []device{{Backend: "gpu", Name: "Example", Memory: 3 << 30, Usable: true, Float64: true, Note: "fast"}, {Backend: "gpu", Index: 1, Error: "no driver"}}
	if err := a.printDevices(rows, map[string]string{"other": "build with -tags other"}); err != nil {
		t.Fatal(err)
	}
	want := []string{"gpu 0 Example - 3 GiB yes fast", "gpu 1 - - - - cannot be opened: no driver", "other - - - - - not in this build: build with -tags other"}
	for i, line := range strings.Split(strings.TrimSpace(b.String()), "\n")[1:] {
		if got := strings.Join(strings.Fields(line), " "); got != want[i] {
			t.Errorf("line %d is %q, want %q", i, got, want[i])
		}
	}
}

func TestSizes(t *testing.T) {
	if got := fmt.Sprintln(cellSize([]float64{10, 10}), cellSize([]float64{10, 12.5}), sides([]int{20, 20}), sides([]int{0, 20}), seconds(0.1234), seconds(75)); got != "10 10 x 12.5 20 0 20 120ms 1m15s\n" {
		t.Errorf("got %q", got)
	}
}
