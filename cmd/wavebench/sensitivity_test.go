package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
	"github.com/d52adeda/wave/cmd/wavebench/internal/sensitivity"
)

const perturbed = `model: {shape: [14, 16], value: 1500, spacing: 5, layers: [{top: 30, value: 1800}]}
time: {dt: 0.001, nt: 60}
sources:
  unit: cells
  list: [[2, 3], [2, 11]]
  wavelet: {type: ricker, freq: 40}
receivers:
  unit: metres
  line: {from: [5, 5], to: [5, 65], step: 10}
options: {pml_width: 4, dtype: float64}
perturbations:
  - name: box
    box: {unit: cells, from: [5, 6], to: [6, 9], value: 50}
  - name: metres
    box: {unit: metres, from: [25, 30], to: [30, 45], value: 100}
`

// survey writes a survey to a new folder.
func surveyFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "survey.yaml")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// answer is what --json prints.
type answer struct {
	Dir string
	sensitivity.Report
	Faster float64
	Passed bool
	Files  []struct{ Path string }
}

func TestSensitivity(t *testing.T) {
	path := surveyFile(t, perturbed)
	out := filepath.Join(t.TempDir(), "out")
	code, stdout, stderr := wavebench(t, "sensitivity", path, "--out", out, "--json")
	var a answer
	if err := json.Unmarshal([]byte(stdout), &a); err != nil || code != 0 || stderr != "" {
		t.Fatalf("code %d, %v: %s%s", code, err, stdout, stderr)
	}
	if !a.Passed || !(a.Faster > 0) || a.Dir != out || len(a.Differences) != 3 || len(a.Times) != 4 || len(a.AtEdge) != 0 || a.DType != "float64" {
		t.Errorf("%+v", a)
	}
	want := []string{"born.npy", "born_batch.npy", "forward.npy", "jvp.npy", "sensitivity.json", "sensitivity.png", "sensitivity_batch.png", "vmap_jvp.npy"}
	listed := []string{"sensitivity.json"} // which cannot list itself
	for _, f := range a.Files {
		listed = append(listed, f.Path)
	}
	slices.Sort(listed)
	if got := names(t, out); !slices.Equal(got, want) || !slices.Equal(listed, want) {
		t.Errorf("wrote %v and listed %v, want %v", got, listed, want)
	}
	batch, err := gridfile.Read(filepath.Join(out, "born_batch.npy"), gridfile.Spec{})
	if err != nil || !slices.Equal(batch.Shape, []int{2, 2, 7, 60}) || batch.F64 == nil {
		t.Fatalf("%v, %v", batch.Shape, err)
	}
	half := len(batch.F64) / 2
	for i, x := range batch.F64[:half] { // the second is the first twice
		if y := batch.F64[half+i]; y != 2*x && !(max(y-2*x, 2*x-y) < 1e-15) {
			t.Fatalf("element %d: %g, want twice %g", i, y, x)
		}
	}

	code, stdout, stderr = wavebench(t, "sensitivity", path, "--out", out, "--dtype", "float32", "--chunk", "1")
	for _, text := range []string{"2 shots of 1 source and 7 receivers", "batched Born and VMap(JVP)  metres", "ok (at most 5e-05)", "vmap_jvp.npy", "Born modelling ran on cpu:0"} {
		if code != 0 || stderr != "" || !strings.Contains(stdout, text) {
			t.Errorf("code %d, want %q in\n%s%s", code, text, stdout, stderr)
		}
	}
}

func TestSensitivityNative(t *testing.T) {
	out := t.TempDir()
	code, stdout, stderr := wavebench(t, "sensitivity", surveyFile(t, perturbed), "--native", "-o", out)
	if code != 0 || stderr != "" || !strings.Contains(stdout, "Born modelling ran on cpu:0") || strings.Contains(stdout, "DIFFERENCE") {
		t.Errorf("code %d:\n%s%s", code, stdout, stderr)
	}
	if got, want := names(t, out), []string{"born_batch.npy", "sensitivity.json", "sensitivity_batch.png"}; !slices.Equal(got, want) {
		t.Errorf("wrote %v, want %v", got, want)
	}
}

// A perturbation from a file that reaches the model's edge is no failure.
func TestSensitivityFile(t *testing.T) {
	path := surveyFile(t, strings.Replace(perturbed, "  - name: box\n", "  - name: box\n    file: dv.npy\n", 1))
	dv := make([]float32, 14*16)
	dv[0] = 10
	writeNPY(t, filepath.Join(filepath.Dir(path), "dv.npy"), dv, 14, 16)
	code, stdout, stderr := wavebench(t, "sensitivity", path, "--out", t.TempDir())
	if code != 0 || !strings.Contains(stdout, "as expected (see below)") || !strings.Contains(stdout, "Not zero at the edge of the simulated cells: box.") {
		t.Errorf("code %d:\n%s%s", code, stdout, stderr)
	}
}

func TestSensitivityBadInput(t *testing.T) {
	base := t.TempDir()
	for name, shape := range map[string][]int{"wrong.npy": {14, 15}, "zero.npy": {14, 16}} {
		writeNPY(t, filepath.Join(base, name), make([]float32, shape[0]*shape[1]), shape...)
	}
	bad := make([]float32, 14*16)
	bad[20] /= bad[20]
	writeNPY(t, filepath.Join(base, "nan.npy"), bad, 14, 16)
	good := surveyFile(t, perturbed)
	for _, c := range []struct {
		from, to string
		args     []string
		want     string
	}{
		{args: []string{good, good}, want: "takes one survey file, or none, got 2"},
		{args: []string{"nonesuch.yaml"}, want: "nonesuch.yaml"},
		{args: []string{good, "--chunk", "0"}, want: "--chunk is 0, want 1 or more"},
		{args: []string{good, "--chunk", "-1"}, want: "--chunk is -1, want 1 or more"},
		{args: []string{good, "--dtype", "float16"}, want: `--dtype is "float16"`},
		{args: []string{good, "--backend", "cpuu"}, want: `did you mean "cpu"?`},
		{args: []string{good, "--nativ"}, want: "did you mean --native?"},
		{from: perturbed[strings.Index(perturbed, "perturbations:"):], want: "perturbations is missing, want at least one change"},
		{from: "from: [5, 6], to: [6, 9]", to: "from: [5, 6], to: [6, 16]", want: "survey.yaml:13: perturbations[0].box is outside the model"},
		{from: "box: {unit: cells, from: [5, 6], to: [6, 9], value: 50}", to: "file: " + base + "/none.npy", want: "perturbations[0].file: "},
		{from: "box: {unit: cells, from: [5, 6], to: [6, 9], value: 50}", to: "file: " + base + "/wrong.npy", want: "[14 15]"},
		{from: "box: {unit: cells, from: [5, 6], to: [6, 9], value: 50}", to: "file: " + base + "/zero.npy", want: "0 m/s everywhere"},
		{from: "box: {unit: cells, from: [5, 6], to: [6, 9], value: 50}", to: "file: " + base + "/nan.npy", want: "NaN m/s at cell [1 4]"},
	} {
		args := c.args
		if args == nil {
			if !strings.Contains(perturbed, c.from) {
				t.Fatalf("%q is not in the survey", c.from)
			}
			args = []string{surveyFile(t, strings.Replace(perturbed, c.from, c.to, 1))}
		}
		out := t.TempDir()
		code, stdout, stderr := wavebench(t, append([]string{"sensitivity", "--out", out}, args...)...)
		if code != exitError || stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: code %d, want %q in\n%s%s", args, code, c.want, stdout, stderr)
		}
		if left := names(t, out); len(left) > 0 {
			t.Errorf("%v: left %v", args, left)
		}
	}
}

func TestFaster(t *testing.T) {
	for native, want := range map[float64]string{
		1: "batched Born was 2 times as fast as VMap(JVP)",
		4: "VMap(JVP), which models the background once for all changes, was 2 times as fast as batched Born",
	} {
		r := &sensitivity.Report{Times: []sensitivity.Time{
			{Of: sensitivity.BornBatch, Seconds: native, Share: 1},
			{Of: sensitivity.VMapJVP, Seconds: 0.5, Share: 0.25},
		}}
		if got := faster(r); got != want {
			t.Errorf("%g s: %s, want %s", native, got, want)
		}
	}
}

// Two ways that differ are an error that says where.
func TestSensitivityTooFar(t *testing.T) {
	r := &sensitivity.Report{DType: "float64", Differences: []sensitivity.Difference{
		{Perturbation: "fine", Of: sensitivity.Born, And: sensitivity.JVP, Relative: 1e-14, Tolerance: 5e-12},
		{Perturbation: "left", Of: sensitivity.BornBatch, And: sensitivity.VMapJVP, Relative: 3e-9, Tolerance: 5e-12},
	}}
	if got := tooFar(r).Error(); !strings.HasPrefix(got, `batched Born and VMap(JVP) of "left" differ by 3.0e-09 of the peak, want at most 5e-12: `) {
		t.Error(got)
	}
}

// The worked example is a survey that users find among the examples, too, and has
// the numbers of the reference case example_f64.
func TestWorkedExample(t *testing.T) {
	copied := read(t, "../../examples/sensitivity.yaml")
	if !bytes.Equal(copied, workedExample) {
		t.Error("examples/sensitivity.yaml and the survey in this folder differ")
	}
	s, err := config.Parse("sensitivity.yaml", workedExample)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]int{{45, 45, 54, 54}, {45, 25, 54, 34}, {45, 65, 54, 74}} {
		lo, hi, ok, err := s.BoxCells(i, []int{100, 100}, []float64{4, 4})
		if got := slices.Concat(lo, hi); err != nil || !ok || !slices.Equal(got, want) {
			t.Errorf("perturbation %d: cells %v, %v, want %v", i, got, err, want)
		}
	}
	if os.Getenv("WAVE_LONG") == "" {
		return // the rest takes a minute
	}
	const reference = "../../testdata/reference/example_f64.npz"
	out := t.TempDir()
	if code, stdout, stderr := wavebench(t, "sensitivity", "--out", out, "--dtype", "float64"); code != 0 {
		t.Fatalf("code %d: %s%s", code, stdout, stderr)
	}
	for _, name := range []string{"forward", "born", "jvp", "born_batch", "vmap_jvp"} {
		got, err := gridfile.Read(filepath.Join(out, name+".npy"), gridfile.Spec{})
		if err != nil {
			t.Fatal(err)
		}
		want, err := gridfile.Read(reference, gridfile.Spec{Member: "out_" + name})
		if err != nil {
			t.Fatal(err)
		}
		most := 0.0
		for i := range want.F64 {
			most = max(most, got.F64[i]-want.F64[i], want.F64[i]-got.F64[i])
		}
		if len(got.F64) != len(want.F64) || !(most < 1e-13) {
			t.Errorf("%s: %d values, want %d; differs by %g", name, len(got.F64), len(want.F64), most)
		}
	}
}

// What a survey says of the results of run, which SEG-Y may not hold, does not matter.
func TestSensitivityWithoutSEGY(t *testing.T) {
	text := strings.Replace(perturbed, "dt: 0.001, nt: 60", "dt: 0.0005005, nt: 60", 1) + "output: {segy: true, snapshots: {every: 1e-9}}\n"
	path := surveyFile(t, text)
	if code, _, stderr := wavebench(t, "run", path, "--out", filepath.Join(t.TempDir(), "out")); code != 1 || !strings.Contains(stderr, "SEG-Y") {
		t.Errorf("run: code %d: %s, want a refusal", code, stderr)
	}
	if code, _, stderr := wavebench(t, "sensitivity", path, "--native", "--out", filepath.Join(t.TempDir(), "out")); code != 0 || strings.Contains(stderr, "SEG-Y") {
		t.Errorf("sensitivity: code %d: %s", code, stderr)
	}
}
