package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/cmd/wavebench/internal/bench"
	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
	"github.com/d52adeda/wave/internal/testenv"
)

// eachGPU runs a test on every backend that computes on devices of its own, if it is in
// this build.
func eachGPU(t *testing.T, test func(t *testing.T, name string, info backend.Info)) {
	for _, name := range []string{"vulkan", "opencl"} {
		t.Run(name, func(t *testing.T) {
			dev, err := backend.Open(name)
			if errors.Is(err, backend.ErrUnknown) {
				t.Skip(err)
			} else if err != nil {
				testenv.Missing(t, err)
			}
			info := dev.Info()
			dev.Close()
			test(t, name, info)
		})
	}
}

// near reports whether two results in float32 differ by rounding only.
func near(a, b []float32) bool {
	worst, peak := 0.0, 0.0
	for i := range a {
		worst, peak = max(worst, math.Abs(float64(a[i]-b[i]))), max(peak, math.Abs(float64(a[i])))
	}
	return len(a) == len(b) && peak > 0 && worst <= 1e-4*peak
}

func TestRunOnGPU(t *testing.T) {
	survey := folder(t, small(t))
	results := func(t *testing.T, name string) ([]float32, string) {
		out := t.TempDir()
		code, stdout, stderr := wavebench(t, "run", survey, "--backend", name, "--out", out, "--json")
		var printed struct{ Run struct{ Device string } }
		if err := json.Unmarshal([]byte(stdout), &printed); err != nil || code != 0 || stderr != "" {
			t.Fatalf("code %d, %v: %s%s", code, err, stdout, stderr)
		}
		npy, err := gridfile.Read(filepath.Join(out, "receivers.npy"), gridfile.Spec{})
		if err != nil {
			t.Fatal(err)
		}
		return npy.F32, printed.Run.Device
	}
	want, _ := results(t, "cpu")
	eachGPU(t, func(t *testing.T, name string, info backend.Info) {
		got, device := results(t, name)
		if !strings.HasPrefix(device, name+":") || !strings.Contains(device, info.Name) {
			t.Errorf("the record says it ran on %q, want %s", device, info.Name)
		}
		if !near(got, want) {
			t.Error("its records are not those of cpu")
		}
	})
}

func TestNativeSensitivityOnGPU(t *testing.T) {
	survey := surveyFile(t, perturbed)
	results := func(t *testing.T, name string) []float32 {
		out := t.TempDir()
		code, stdout, stderr := wavebench(t, "sensitivity", survey, "--native", "--dtype", "float32", "--backend", name, "--out", out)
		if code != 0 || stderr != "" || !strings.Contains(stdout, "Born modelling ran on "+name+":") {
			t.Fatalf("code %d:\n%s%s", code, stdout, stderr)
		}
		batch, err := gridfile.Read(filepath.Join(out, "born_batch.npy"), gridfile.Spec{})
		if err != nil {
			t.Fatal(err)
		}
		return batch.F32
	}
	want := results(t, "cpu")
	eachGPU(t, func(t *testing.T, name string, _ backend.Info) {
		if !near(results(t, name), want) {
			t.Error("its changes are not those of cpu")
		}
	})
}

// Some reference cases of each kind agree on them, or all if WAVE_LONG is set: PoCL compiles for
// minutes. (The scalar ones are run by test.sh.)
func TestVerifyOnGPU(t *testing.T) {
	patterns := []string{"acoustic_1d_init", "acoustic_2d_vacuum", "elastic_1d_vacuum", "elastic_2d_edges", "elastic_2d_vacuum_grads", "acoustic_3d_asym"}
	if os.Getenv("WAVE_LONG") != "" {
		patterns = []string{"*"}
	}
	eachGPU(t, func(t *testing.T, name string, info backend.Info) {
		dtype := "float32"
		if info.Float64 {
			dtype = "float64"
		}
		args := []string{"verify", "--backend", name, "--dtype", dtype}
		for _, p := range patterns {
			files, err := filepath.Glob("../../testdata/reference/staggered/" + p + ".npz")
			if err != nil || len(files) == 0 {
				t.Fatalf("%s: %v, %v", p, files, err)
			}
			args = append(args, files...)
		}
		want := fmt.Sprintf("cases: %d compared, 0 failed, 0 skipped, 0 not checked", len(args)-5)
		if code, stdout, stderr := wavebench(t, args...); code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("code %d, want 0 and %q:\n%s%s", code, want, stdout, stderr)
		}
	})
}

// Several backends are measured side by side.
func TestBenchOnGPU(t *testing.T) {
	eachGPU(t, func(t *testing.T, name string, info backend.Info) {
		code, stdout, stderr := wavebench(t, "bench", "--backend", "cpu,"+name, "--shape", "20x24", "--pml", "3", "--nt", "6", "--repeat", "1", "--json")
		var r bench.Report
		if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != 0 {
			t.Fatalf("code %d, %v: %s%s", code, err, stdout, stderr)
		}
		if len(r.Cases) != 2 || len(r.Machine.Devices) != 2 || r.Machine.Devices[1].Backend != name || r.Machine.Devices[1].Name != info.Name {
			t.Fatalf("%d cases on %+v, want one on cpu and one on %s", len(r.Cases), r.Machine.Devices, info.Name)
		}
		for i, want := range []string{"cpu", name} {
			c := r.Cases[i]
			if c.Backend != want || !(c.GPts > 0) || !(c.SetupSeconds.Min > 0) || !(c.Bandwidth > 0) || !(c.Share > 0) || c.MovedPerCell <= 16 {
				t.Errorf("case %d is %+v, want one of %s, all of it measured", i, c, want)
			}
		}
		if gpu, cpu := r.Cases[1], r.Cases[0]; !(gpu.CompileSeconds > 0) || gpu.MovedPerCell != cpu.MovedPerCell {
			t.Errorf("it compiled for %g s and moves %g bytes a cell, want more than 0 and %g", gpu.CompileSeconds, gpu.MovedPerCell, cpu.MovedPerCell)
		}
		for _, want := range []string{"COMPILE", "MOVED", name + ": " + info.Name} {
			if !strings.Contains(stderr, want) {
				t.Errorf("the table lacks %q:\n%s", want, stderr)
			}
		}
	})
}

func TestDevicesListsGPU(t *testing.T) {
	code, stdout, stderr := wavebench(t, "devices", "--json")
	var list struct {
		Devices []device
		Absent  map[string]string `json:"not_in_this_build"`
	}
	if err := json.Unmarshal([]byte(stdout), &list); err != nil || code != 0 {
		t.Fatalf("code %d, %v: %s%s", code, err, stdout, stderr)
	}
	for _, name := range []string{"vulkan", "opencl"} {
		listed := slices.ContainsFunc(list.Devices, func(d device) bool { return d.Backend == name })
		if how, absent := list.Absent[name]; absent == listed || absent && how == "" {
			t.Errorf("%s is listed %v, and not in this build %v, %q; want one of them", name, listed, absent, how)
		}
	}
	eachGPU(t, func(t *testing.T, name string, info backend.Info) {
		i := slices.IndexFunc(list.Devices, func(d device) bool { return d.Backend == name && d.Index == info.Index })
		if i < 0 {
			t.Fatalf("%s is not listed", name)
		}
		d := list.Devices[i]
		if d.Name != info.Name || d.Driver == "" || d.Driver != info.Driver || d.Memory <= 0 || d.Float64 != info.Float64 || d.Note == "" || !d.Usable {
			t.Errorf("listed as %+v, want %+v", d, info)
		}
		if _, stdout, _ := wavebench(t, "devices"); !strings.Contains(stdout, info.Name) {
			t.Errorf("the table lacks %s:\n%s", info.Name, stdout)
		}
	})
}

// A wrong name of a device is an error that has the right ones.
func TestWrongGPU(t *testing.T) {
	survey, perturbed := folder(t, small(t)), surveyFile(t, perturbed)
	eachGPU(t, func(t *testing.T, name string, info backend.Info) {
		for _, wrong := range []string{name + ":99", name + ":voodoo"} {
			for _, args := range [][]string{{"run", survey}, {"sensitivity", perturbed, "--native"}, {"bench", "--shape", "20x24"}} {
				out := t.TempDir()
				if args[0] != "bench" {
					args = append(args, "--out", out)
				}
				code, stdout, stderr := wavebench(t, append(args, "--backend", wrong)...)
				if code != exitError || !strings.Contains(stderr, "want one of 0 (") || !strings.Contains(stderr, info.Name) {
					t.Errorf("%v on %s: code %d, want %d and the names that there are:\n%s%s", args[0], wrong, code, exitError, stdout, stderr)
				}
				if left := names(t, out); len(left) > 0 {
					t.Errorf("%v on %s left %v", args[0], wrong, left)
				}
			}
		}
		t.Setenv("WAVE_"+strings.ToUpper(name)+"_DEVICE", "voodoo")
		if code, _, stderr := wavebench(t, "run", survey, "--backend", name, "--out", t.TempDir()); code != exitError || !strings.Contains(stderr, "WAVE_"+strings.ToUpper(name)+`_DEVICE is "voodoo"`) {
			t.Errorf("code %d, want the variable's name in %s", code, stderr)
		}
	})
}
