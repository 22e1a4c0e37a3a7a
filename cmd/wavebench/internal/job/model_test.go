package job

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
)

// rest of a survey that has a model.
const rest = `time: {dt: 0.001, nt: 200}
sources: {unit: cells, list: [[9, 9]], wavelet: {type: ricker, freq: 25}}
receivers: {unit: cells, list: [[9, 12]]}
output: {model: false, gathers: 0}
`

func save[T float32 | float64](t *testing.T, path string, x []T, shape ...int) {
	t.Helper()
	data := new(bytes.Buffer)
	if err := gridfile.WriteNPY(data, shape, x); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// section is a model of layers and a wedge, m/s.
func section(nz, nx int) (v []float32) {
	for z := range nz {
		for x := range nx {
			v = append(v, float32(1500+25.1*float64(z)+0.25*float64(z*x)))
		}
	}
	return v
}

// saveRaw writes big-endian values without a header.
func saveRaw(t *testing.T, path string, x []float32) {
	t.Helper()
	var raw []byte
	for _, v := range x {
		raw = binary.BigEndian.AppendUint32(raw, math.Float32bits(v))
	}
	if err := os.WriteFile(path, raw, 0o666); err != nil {
		t.Fatal(err)
	}
}

func transposed[T any](v []T, rows, columns int) (out []T) {
	for c := range columns {
		for r := range rows {
			out = append(out, v[r*columns+c])
		}
	}
	return out
}

// TestAxesAndUnits: a file [x][z] in km/s, as public ones are, gives the same model as [z][x] in
// m/s, to the bit, in both types.
func TestAxesAndUnits(t *testing.T) {
	const nz, nx = 24, 41
	dir := t.TempDir()
	v := section(nz, nx)
	km32, m64, km64 := make([]float32, len(v)), make([]float64, len(v)), make([]float64, len(v))
	for i, x := range v {
		m64[i] = math.Round(float64(x)*100) / 100
		km64[i] = math.Round(float64(x)*100) / 100 / 1000
		v[i] = float32(m64[i])
		km32[i] = float32(km64[i])
	}
	save(t, filepath.Join(dir, "v.npy"), v, nz, nx)
	save(t, filepath.Join(dir, "v64.npy"), m64, nz, nx)
	save(t, filepath.Join(dir, "km.npy"), transposed(km32, nz, nx), nx, nz)
	save(t, filepath.Join(dir, "km64.npy"), transposed(km64, nz, nx), nx, nz)
	saveRaw(t, filepath.Join(dir, "km.bin"), transposed(km32, nz, nx))
	for _, dtype := range []string{"float32", "float64"} {
		read := func(model string) []float64 {
			j, err := prepare(t, "model: {"+model+", spacing: 10}\n"+rest+"options: {dtype: "+dtype+"}\n", dir, filepath.Join(dir, "out"))
			if err != nil {
				t.Fatal(err)
			}
			if len(j.warnings) > 0 || !slices.Equal(j.model.cells, []int{nz, nx}) {
				t.Errorf("%s: shape %v, warnings %v", model, j.model.cells, j.warnings)
			}
			return j.model.first().Float64s()
		}
		want := read("file: v64.npy")
		for _, model := range []string{
			"file: km64.npy, unit: km/s, axes: [x, z]", "file: km.npy, unit: km/s, axes: [x, z]", "v: {file: km.npy, unit: km/s, axes: [x, z]}",
			"file: km.bin, dtype: float32, big_endian: true, shape: [41, 24], axes: [x, z], unit: km/s",
			"shape: [24, 41], v: {file: km.bin, dtype: float32, big_endian: true, axes: [x, z], unit: km/s}",
		} {
			if got := read(model); !slices.Equal(got, want) {
				t.Errorf("%s in %s differs", model, dtype)
			}
		}
		if got := read("file: v.npy"); dtype == "float32" && !slices.Equal(got, want) {
			t.Error("float32 differs")
		}
	}
}

// TestVolumeAxes reads a volume with its axes in every order.
func TestVolumeAxes(t *testing.T) {
	dir := t.TempDir()
	shape := []int{12, 11, 14}
	at := func(z, y, x int) float64 { return 1500 + float64(z*1000+y*30+x) }
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		n := []int{shape[order[0]], shape[order[1]], shape[order[2]]}
		var data []float64
		var index [3]int
		for index[order[0]] = range n[0] {
			for index[order[1]] = range n[1] {
				for index[order[2]] = range n[2] {
					data = append(data, at(index[0], index[1], index[2]))
				}
			}
		}
		save(t, filepath.Join(dir, "v.npy"), data, n...)
		axes := ""
		for _, d := range order {
			axes += "zyx"[d:d+1] + ","
		}
		text := strings.NewReplacer("[[9, 9]]", "[[9, 9, 9]]", "[[9, 12]]", "[[9, 9, 12]]").Replace(rest)
		j, err := prepare(t, "model: {file: v.npy, axes: ["+axes+"], spacing: 10}\n"+text+"options: {dtype: float64}\n", dir, filepath.Join(dir, "out"))
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range j.model.first().Float64s() {
			if c := unravel(i, shape); x != at(c[0], c[1], c[2]) {
				t.Fatalf("axes %s: cell %v is %g, want %g", axes, c, x, at(c[0], c[1], c[2]))
			}
		}
	}
}

// TestMisread: what is read as it stands, and should not be, is warned of or refused.
func TestMisread(t *testing.T) {
	const nz, nx = 24, 41
	dir := t.TempDir()
	v := section(nz, nx)
	km := make([]float64, len(v))
	for i, x := range v {
		km[i] = float64(x) / 1000
	}
	save(t, filepath.Join(dir, "v.npy"), v, nz, nx)
	save(t, filepath.Join(dir, "xz.npy"), transposed(v, nz, nx), nx, nz)
	save(t, filepath.Join(dir, "wide.npy"), transposed(v, nz, nx)[:20*nz], 20, nz)
	km[5] = math.NaN()
	save(t, filepath.Join(dir, "nan.npy"), transposed(km, nz, nx), nx, nz)
	save(t, filepath.Join(dir, "line.npy"), v[:10], 10)
	save(t, filepath.Join(dir, "none.npy"), v[:0], 0, 10)
	for _, c := range []struct{ model, want string }{
		{"file: xz.npy", "[41 24] cells are deeper than wide, and change more along x than along z: are the file's axes [x, z]? model.axes: [x, z] would say so, and [z, x] that they are not"},
		{"file: xz.npy, axes: [z, x]", ""},
		{"file: xz.npy, axes: [x, z]", ""},
		{"file: v.npy", ""},
		{"file: wide.npy", ""}, // wider than deep, whatever it changes along
		{"file: nan.npy, axes: [x, z], unit: km/s", "s.yaml:1: model.file is nan.npy, with NaN m/s at cell [0 5], want finite velocities of 0 or more"},
		{"file: v.npy, axes: [x, y, z]", "s.yaml:1: model.axes is [x y z], want the names z, x in the order of the file's axes"},
		{"file: v.npy, axes: [x]", "s.yaml:1: model.axes is [x], want the names z, x"},
		{"file: none.npy", "s.yaml:1: model.file is an array of shape [0 10], want at least one cell along every axis"},
		{"file: v.npy, shape: [41, 24]", "s.yaml:1: model.shape is [41 24], want [24 41] as v.npy has"},
		{"file: v.npy, shape: [24, 41]", ""},
		{"shape: [24, 40], v: {file: v.npy}", "s.yaml:1: model.v.file is of shape [24 41], want [24 40] as model.shape says"},
	} {
		j, err := prepare(t, "model: {"+c.model+", spacing: 10}\n"+rest, dir, filepath.Join(dir, "out"))
		switch {
		case err != nil:
			if c.want == "" || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", c.model, err, c.want)
			}
		case c.want == "" && len(j.warnings) > 0, c.want != "" && (len(j.warnings) != 1 || !strings.Contains(j.warnings[0].Text, c.want)):
			t.Errorf("%s: warnings %v, want %q", c.model, j.warnings, c.want)
		}
	}
}

// TestRawModels: a raw file is of the model's shape, in the order of its own axes.
func TestRawModels(t *testing.T) {
	dir := t.TempDir()
	shape := []int{6, 7, 9}
	x := make([]float32, 6*7*9)
	var yxz []float32 // a volume [y][x][z]
	for i := range x {
		x[i] = 1000 + float32(i)
	}
	for y := range 7 {
		for i := range 9 {
			for z := range 6 {
				yxz = append(yxz, x[(z*7+y)*9+i])
			}
		}
	}
	save(t, filepath.Join(dir, "v.npy"), x, shape...)
	saveRaw(t, filepath.Join(dir, "rho.bin"), yxz)
	text := strings.NewReplacer("[[9, 9]]", "[[3, 3, 3]]", "[[9, 12]]", "[[3, 3, 5]]").Replace(rest)
	j, err := prepare(t, "equation: acoustic\nmodel: {v: v.npy, rho: {file: rho.bin, dtype: float32, big_endian: true, axes: [y, x, z], shape: [7, 9, 6]}, spacing: 10}\n"+text, dir, filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := j.model.values["rho"].Data32(); !slices.Equal(got, x) {
		t.Error("with its shape: differs")
	}
	j, err = prepare(t, "equation: acoustic\nmodel: {file: v.npy, shape: [6, 7, 9], rho: {file: rho.bin, dtype: float32, big_endian: true, axes: [y, x, z]}, spacing: 10}\n"+text, dir, filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := j.model.values["rho"].Data32(); !slices.Equal(got, x) {
		t.Error("with the model's shape: differs")
	}
}

// TestScalarGround: below a surface the scalar equation has no vacuum of its own, so points in it
// are said here.
func TestScalarGround(t *testing.T) {
	dir := t.TempDir()
	text := "model: {shape: [30, 40], value: 1500, spacing: 10, topography: -35}\n" + rest
	for _, c := range []struct{ from, to, want string }{
		{"[[9, 9]]", "[[4, 9]]", ""},
		{"[[9, 9]]", "[[3, 9]]", "points in vacuum do nothing: 1, the first is sources.list[0] at cell [3, 9]"},
		{"[[9, 12]]", "[[9, 12], [1, 4], [3.4, 5], [3.6, 5]]", "points in vacuum record zeros: 2, the first is receivers.list[1] at cell [1, 4]"},
		{"-35}", "-35, water: {level: -15}}", ""},
		{"[[9, 9]], wav", "[[-1, 9]], from_ground: true, wav", "points in vacuum do nothing: 1, the first is sources.list[0] at cell [3, 9]"},
	} {
		j, err := prepare(t, strings.Replace(text, c.from, c.to, 1), dir, filepath.Join(dir, "out"))
		if err != nil {
			t.Fatal(err)
		}
		if c.want == "" && len(j.warnings) > 0 || c.want != "" && (len(j.warnings) != 1 || j.warnings[0].Text != c.want) {
			t.Errorf("%s: warnings %v, want %q", c.to, j.warnings, c.want)
		}
		v := j.model.first().Float64s()
		if v[3*40-1] != 0 && j.model.ground.Water > 3 || v[4*40] != 1500 {
			t.Errorf("%s: speeds %g and %g above and below the ground", c.to, v[3*40-1], v[4*40])
		}
	}
}

// TestElasticModels makes P and S speeds and the density of files, layers and relations, below a
// surface and water.
func TestElasticModels(t *testing.T) {
	const nz, nx = 24, 41
	dir := t.TempDir()
	v := section(nz, nx)
	save(t, filepath.Join(dir, "vp.npy"), v, nz, nx)
	elevations := make([]float32, nx)
	for i := range elevations {
		elevations[i] = -20 // of two cells
	}
	elevations[7], elevations[8] = -40, -41
	save(t, filepath.Join(dir, "t.npy"), elevations, nx)
	save(t, filepath.Join(dir, "short.npy"), elevations[1:], nx-1)
	const model = `equation: elastic
model:
  spacing: 10
  vp: {file: vp.npy}
  vs: {ratio: 0.5}
  rho: {value: 2.1, unit: g/cm3, layers: [{top: 100, value: 2.25}]}
  topography: {file: t.npy}
  water: {level: -30}
`
	j, err := prepare(t, model+rest, dir, filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	vp, vs, rho := j.model.values["vp"].Float64s(), j.model.values["vs"].Float64s(), j.model.values["rho"].Float64s()
	for i := range vp {
		z, x := i/nx, i%nx
		want := [3]float64{float64(v[i]), 0.5 * float64(v[i]), 2100}
		if z >= 10 {
			want[2] = 2250
		}
		top := 2
		switch x {
		case 7:
			top = 4
		case 8:
			top = 5
		}
		switch {
		case z < min(top, 3):
			want = [3]float64{}
		case z < top:
			want = [3]float64{1500, 0, 1000}
		}
		if got := [3]float64{vp[i], vs[i], rho[i]}; got != want {
			t.Fatalf("cell [%d %d] is %v, want %v", z, x, got, want)
		}
	}
	if got := fmt.Sprint(j.inputs[0].Key, j.inputs[1].Key); len(j.inputs) != 2 || !strings.Contains(got, "model.topography.file") {
		t.Errorf("inputs %v", j.inputs)
	}
	for _, c := range []struct{ from, to, want string }{
		{"t.npy", "short.npy", "s.yaml:7: model.topography.file is of shape [40], want [41], an elevation for each column of cells"},
		{"t.npy", "vp.npy", "model.topography.file is an array of shape [24 41], want [41]"},
		{"t.npy", "gone.npy", "s.yaml:7: model.topography.file: "},
		{"ratio: 0.5", "file: short.npy", "s.yaml:5: model.vs.file is of shape [40], want [24 41] as model.vp.file has"},
		{"2.1, unit", "2.1e40, unit", "model.rho.value is 2.1e+40, want numbers that float32 holds"},
		{"spacing: 10\n", "spacing: 10\n  shape: [24, 40]\n", "s.yaml:5: model.vp.file is of shape [24 41], want [24 40] as model.shape says"},
	} {
		if _, err := prepare(t, strings.Replace(model, c.from, c.to, 1)+rest, dir, filepath.Join(dir, "out")); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.to, err, c.want)
		}
	}
}
