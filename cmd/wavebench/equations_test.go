package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const elastic = `equation: elastic
model:
  spacing: 10
  vp: {file: xz.npy, axes: [x, z], unit: km/s}
  vs: {ratio: 0.5}
  rho: {relation: gardner}
  topography: {file: t.npy}
  water: {up_to: 1500, level: -25}
time: {dt: 0.002, nt: 150}
sources: {moment: {xx: 1, zz: 0.5}, from_ground: true, unit: cells, list: [[8, 12]], wavelet: {type: ricker, freq: 10}}
receivers:
- {channels: [vz, vx], from_ground: true, unit: metres, line: {from: [10, 50], to: [10, 350], count: 13}}
- {channels: pressure, unit: metres, list: [[150, 200]]}
options: {pml_width: 8, dtype: float64, edges: {right: rigid}}
output: {model: false, gathers: 0}
`

// elasticFolder writes the survey and its files, and returns the survey's path.
func elasticFolder(t *testing.T) string {
	path := folder(t, elastic)
	dir := filepath.Dir(path)
	v := make([]float32, 40*30) // [x][z]
	for i := range v {
		v[i] = float32(2000+20*(i%30)) / 1000
	}
	writeNPY(t, filepath.Join(dir, "xz.npy"), v, 40, 30)
	elevations := make([]float32, 40)
	for i := range elevations {
		elevations[i] = -10 - float32(i)
	}
	writeNPY(t, filepath.Join(dir, "t.npy"), elevations, 40)
	return path
}

// TestElastic runs a survey of the elastic equation, repeats it where its files are elsewhere, and
// not where one of them is another.
func TestElastic(t *testing.T) {
	path := elasticFolder(t)
	dir := filepath.Dir(path)
	out := filepath.Join(dir, "out")
	code, stdout, stderr := wavebench(t, "run", path, "-o", out)
	if code != 0 || stderr != "" {
		t.Fatalf("code %d, %s", code, stderr)
	}
	for _, want := range []string{
		`model    30 x 40 cells of 10 m, \d+% of them vacuum\n +vp \d+ to 2580 m/s \(xz.npy\)\n`,
		`1 shot, 1 source \(moment_xx, moment_zz\) and 14 receivers \(vz, vx, pressure\) each, between cells\n`,
		`elastic, float64, accuracy 4, PML 0 8 8 0 cells, cpu`,
		`receivers_vz.npy +vz \(m/s\), \[shot\]\[receiver\]\[time\] 1 x 13 x 150, float64`,
		`receivers_pressure.npy +pressure \(Pa\), \[shot\]\[receiver\]\[time\] 1 x 1 x 150`,
	} {
		if !regexp.MustCompile(want).MatchString(stdout) {
			t.Errorf("%s is not in %s", want, stdout)
		}
	}
	moved := filepath.Join(dir, "moved.npy")
	if err := os.Rename(filepath.Join(dir, "t.npy"), moved); err != nil {
		t.Fatal(err)
	}
	record := filepath.Join(out, "record.json")
	if code, _, stderr := wavebench(t, "run", record, "-o", out+"2"); code != 1 || !strings.Contains(stderr, "model.topography.file: ") || !strings.Contains(stderr, "--file model.topography.file=NEW") {
		t.Errorf("code %d, %s", code, stderr)
	}
	code, stdout, stderr = wavebench(t, "run", record, "-o", out+"2", "--file", "model.topography.file="+moved)
	if code != 0 || !strings.Contains(stdout, "receivers_pressure.npy, receivers_vx.npy, receivers_vz.npy are identical to the earlier run's") {
		t.Errorf("code %d, %s%s", code, stdout, stderr)
	}
	elevations := make([]float32, 40)
	elevations[3] = -20
	writeNPY(t, moved, elevations, 40)
	if code, _, stderr := wavebench(t, "run", record, "-o", out+"3", "--file", "model.topography.file="+moved); code != 1 || !strings.Contains(stderr, "moved.npy has changed since") {
		t.Errorf("code %d, %s", code, stderr)
	}
	code, stdout, _ = wavebench(t, "run", record, "-o", out+"3", "--file", "model.topography.file="+moved, "--force")
	if code != 0 || !strings.Contains(stdout, "are identical") && !strings.Contains(stdout, "receivers_pressure.npy, receivers_vx.npy, receivers_vz.npy differ from the earlier run's") {
		t.Errorf("code %d, %s", code, stdout)
	}
}

// TestElasticModelFlag reads another velocity, as the survey's file is to be read.
func TestElasticModelFlag(t *testing.T) {
	path := elasticFolder(t)
	dir := filepath.Dir(path)
	v := make([]float32, 40*30)
	for i := range v {
		v[i] = 3
	}
	writeNPY(t, filepath.Join(dir, "other.npy"), v, 40, 30)
	code, stdout, stderr := wavebench(t, "run", path, "-o", filepath.Join(dir, "out"), "--model", filepath.Join(dir, "other.npy"))
	if code != 0 || !strings.Contains(stdout, "vp 1500 to 3000 m/s (other.npy)") {
		t.Errorf("code %d, %s%s", code, stdout, stderr)
	}
	if code, _, stderr := wavebench(t, "run", path, "-o", filepath.Join(dir, "out"), "--model", filepath.Join(dir, "t.npy")); code != 1 || !strings.Contains(stderr, "--model: axes") && !strings.Contains(stderr, "model.vp.axes is [x z]") {
		t.Errorf("code %d, %s", code, stderr)
	}
	code, _, stderr = wavebench(t, "sensitivity", path, "-o", filepath.Join(dir, "s"))
	if want := path + `:1: equation is "elastic", want scalar for a sensitivity`; code != 1 || !strings.Contains(stderr, want) {
		t.Errorf("code %d, %s, want %s", code, stderr, want)
	}
}

// TestPublicFile: a section [x][z] in km/s, read as if it were [z][x] in m/s, is warned of, and
// what the warnings advise is right.
func TestPublicFile(t *testing.T) {
	path := elasticFolder(t)
	dir := filepath.Dir(path)
	survey := func(model string) string {
		return "model: {" + model + ", spacing: 10}\ntime: {dt: 0.002, nt: 150}\n" +
			"sources: {unit: cells, list: [[8, 12]], wavelet: {type: ricker, freq: 10}}\nreceivers: {unit: cells, list: [[9, 20]]}\noutput: {model: false, gathers: 0}\n"
	}
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(survey("file: xz.npy") + "options: {max_vel: 3000}\n")
	_, _, stderr := wavebench(t, "run", path, "-q", "-o", filepath.Join(dir, "out"))
	for _, want := range []string{"model.unit: km/s would say so", "model.axes: [x, z] would say so"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("%q is not in %s", want, stderr)
		}
	}
	write(strings.Replace(survey("file: xz.npy, unit: km/s"), "[[9, 20]]", "[[9, 35]]", 1))
	if code, _, stderr := wavebench(t, "run", path, "-q", "-o", filepath.Join(dir, "out")); code != 1 || !strings.Contains(stderr, "receivers.list[0] is outside the model, at cell [9, 35], want x from 0 to 29 cells; model.axes: [x, z] would say that the file's axes are in that order") {
		t.Errorf("code %d, %s", code, stderr)
	}
	write(survey("file: xz.npy, axes: [x, z], unit: km/s"))
	if code, _, stderr := wavebench(t, "run", path, "-q", "-o", filepath.Join(dir, "right")); code != 0 || stderr != "" {
		t.Errorf("code %d, %s", code, stderr)
	}
	v := make([]float32, 30*40)
	for i := range v {
		v[i] = 2000 + float32(i/40*20)
	}
	writeNPY(t, filepath.Join(dir, "zx.npy"), v, 30, 40)
	write(survey("file: zx.npy"))
	if code, _, stderr := wavebench(t, "run", path, "-q", "-o", filepath.Join(dir, "plain")); code != 0 || stderr != "" {
		t.Errorf("code %d, %s", code, stderr)
	}
	if !slices.Equal(read(t, dir, "right", "receivers.npy"), read(t, dir, "plain", "receivers.npy")) {
		t.Error("records differ")
	}
}
