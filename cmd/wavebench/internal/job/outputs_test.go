package job

import (
	"errors"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
	"github.com/d52adeda/wave/cmd/wavebench/internal/segy"
)

// body is an elastic survey of one shot, in as many dimensions as its shape has.
const body = `equation: elastic
model: {spacing: 10, shape: SHAPE, vp: 2000, vs: 1000, rho: 2100}
time: {dt: 0.002, nt: 200}
sources: {channel: force_x, unit: cells, list: [SOURCE], wavelet: {type: ricker, freq: 8}}
receivers: {channels: CHANNELS, unit: cells, list: [RECEIVERS]}
options: {pml_width: 4, dtype: float64}
output: {segy: true, segy_revision: 2.1, model: false, gathers: 0}
`

// TestSEGYChannels: a file a channel, with the identification code of the sensor, the unit and where
// and when it was taken; the samples are those of the NPY file.
func TestSEGYChannels(t *testing.T) {
	type file struct {
		sensor segy.Sensor
		unit   segy.Unit
		text   []string // lines of its header
	}
	const later = "THE FIRST SAMPLE IS AT -0.001 S"
	beyond := func(axes string) string {
		return "RECORDED HALF A CELL FURTHER ALONG " + axes + " THAN RECEIVER POSITIONS SAY"
	}
	stress := file{segy.SeismicData, segy.Pascal, []string{"SIGMA_XZ IN Pa", beyond("Z, X")}}
	for _, c := range []struct {
		shape, source, receivers string
		want                     map[string]file
	}{
		{"[30]", "[5]", "[10]", map[string]file{"vx": {segy.InLine, segy.MetresPerSecond, []string{"VX IN m/s", beyond("X"), later}}}},
		{"[20, 25]", "[5, 5]", "[5, 20], [6, 20]", map[string]file{
			"vz":         {segy.Vertical, segy.MetresPerSecond, []string{"VZ IN m/s", beyond("Z"), later}},
			"vx":         {segy.InLine, segy.MetresPerSecond, []string{"VX IN m/s", beyond("X"), later}},
			"pressure":   {segy.Pressure, segy.Pascal, []string{"PRESSURE IN Pa"}},
			"sigma_xz":   stress,
			"curl_y":     {segy.SeismicData, segy.OtherUnit, []string{"CURL_Y IN 1/s", beyond("Z, X"), later}},
			"sigma_zz":   {segy.SeismicData, segy.Pascal, nil},
			"divergence": {segy.SeismicData, segy.OtherUnit, []string{"DIVERGENCE IN 1/s", later}},
		}},
		{"[12, 13, 14]", "[5, 5, 5]", "[5, 7, 9]", map[string]file{
			"vz":       {segy.Vertical, segy.MetresPerSecond, []string{beyond("Z")}},
			"vy":       {segy.CrossLine, segy.MetresPerSecond, []string{"VY IN m/s", beyond("Y")}},
			"vx":       {segy.InLine, segy.MetresPerSecond, []string{beyond("X")}},
			"sigma_xz": stress,
		}},
	} {
		var names []string
		for name := range c.want {
			names = append(names, name)
		}
		slices.Sort(names)
		dir := t.TempDir()
		run(t, strings.NewReplacer("SHAPE", c.shape, "SOURCE", c.source, "RECEIVERS", c.receivers, "CHANNELS", "["+strings.Join(names, ", ")+"]").Replace(body), dir)
		for _, name := range names {
			base, want := "receivers_"+name, c.want[name]
			if len(names) == 1 {
				base = "receivers"
			}
			in, err := os.Open(filepath.Join(dir, "out", base+".sgy"))
			if err != nil {
				t.Fatal(err)
			}
			f, err := segy.Read(in)
			if err != nil {
				t.Fatal(err)
			}
			in.Close()
			if f.Sensor != want.sensor || f.Unit != want.unit {
				t.Errorf("%s, %s: sensor %d and unit %d, want %d and %d", c.shape, name, f.Sensor, f.Unit, want.sensor, want.unit)
			}
			for _, line := range append(want.text, "SYNTHETIC DATA: ELASTIC WAVE EQUATION, MADE BY WAVEBENCH") {
				if !slices.Contains(f.Text, line) {
					t.Errorf("%s, %s: text %q lacks %q", c.shape, name, f.Text, line)
				}
			}
			records := load(t, dir, base+".npy")
			for i := range f.Traces {
				if n := f.Samples; !slices.Equal(f.Data(i), records.Float64s()[i*n:(i+1)*n]) || records.Peak() == 0 {
					t.Errorf("%s, %s: trace %d differs from the NPY file", c.shape, name, i)
				}
			}
		}
	}
}

// TestPicturesOfModels: one of each model, with vacuum grey there and in snapshots.
func TestPicturesOfModels(t *testing.T) {
	dir := t.TempDir()
	run(t, elastic, dir)
	for _, name := range []string{"model_vp.png", "model_vs.png", "model_rho.png", "snapshots/snapshot_001.png"} {
		in, err := os.Open(filepath.Join(dir, "out", name))
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(in)
		if err != nil {
			t.Fatal(err)
		}
		in.Close()
		grey, size := 0, img.Bounds()
		for y := range size.Max.Y {
			for x := range size.Max.X {
				if img.At(x, y) == (color.RGBA{170, 170, 170, 255}) {
					grey++
				}
			}
		}
		// 3 of 30 rows are vacuum: a tenth of the panel, which is at least a half of the picture.
		if n := size.Dx() * size.Dy(); grey < n/20 || grey > n/10 {
			t.Errorf("%s: %d of %d pixels are grey", name, grey, n)
		}
	}
}

// TestShown: snapshots show what the equation does first, or the field that the survey names.
func TestShown(t *testing.T) {
	three := strings.NewReplacer("SHAPE", "[12, 13, 14]", "SOURCE", "[5, 5, 5]", "RECEIVERS", "[5, 7, 9]", "CHANNELS", "vx").Replace(body)
	scalar := strings.NewReplacer("equation: elastic", "equation: scalar", ", vp: 2000, vs: 1000, rho: 2100", ", value: 2000", "channel: force_x, ", "", "channels: vx, ", "").Replace(three)
	acoustic := strings.NewReplacer("equation: scalar", "equation: acoustic", "value: 2000", "value: 2000, rho: 1000").Replace(scalar)
	for _, c := range []struct{ survey, field, shown, quantity string }{
		{scalar, "", "u", "pressure (Pa)"},
		{acoustic, "", "p", "pressure (Pa)"},
		{acoustic, "vy", "vy", "vy (m/s)"},
		{three, "", "vz", "vz (m/s)"},
		{three, "sigma_xy", "sigmaxy", "sigma_xy (Pa)"},
		{three, "pressure", "", `output.snapshots.field is "pressure", want vz, vy, vx, `},
		{acoustic, "v", "", `output.snapshots.field is "v", want pressure, `},
	} {
		key := "snapshots: {count: 3, pictures: 0, animation: false"
		if c.field != "" {
			key += ", field: " + c.field
		}
		j, err := prepare(t, strings.Replace(c.survey, "gathers: 0", "gathers: 0, "+key+"}", 1), ".", filepath.Join(t.TempDir(), "out"))
		if c.shown == "" {
			if err == nil || !strings.Contains(err.Error(), c.quantity) {
				t.Errorf("field %q: %v, want %q", c.field, err, c.quantity)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if j.shown != c.shown || j.quantity != c.quantity {
			t.Errorf("field %q shows %s as %q, want %s as %q", c.field, j.shown, j.quantity, c.shown, c.quantity)
		}
	}
}

// line is 12 shots along a line, two channels, with snapshots of one in the middle.
const line = `equation: acoustic
model: {spacing: 10, shape: [60, 90], value: 2000, layers: [{top: 300, value: 2500}], rho: {relation: gardner}}
time: {dt: 0.004, nt: 120}
sources: {unit: cells, line: {from: [5, 5], to: [5, 82], count: 12}, wavelet: {type: ricker, freq: 10}}
receivers: {channels: [pressure, vz], unit: cells, line: {from: [3, 5], to: [3, 85], count: 41}}
options: {pml_width: 8, pml_freq: 10, survey_pad: [edge, 40, edge, edge]}
output: {segy: true, gathers: 3, snapshots: {count: 5, pictures: 2, shot: 7}}
`

// TestBatches: shots that do not fit at once give the same files, to the bit, some at a time; one
// that does not fit is refused.
func TestBatches(t *testing.T) {
	at := func(most int64, h Hooks) (*record.Record, error) {
		j, err := prepare(t, line, ".", filepath.Join(t.TempDir(), "out"))
		if err != nil {
			t.Fatal(err)
		}
		j.maxMemory = most
		return j.Run(t.Context(), h)
	}
	whole, err := at(0, Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	if whole.Run.Batches != 1 || whole.Run.ShotsAtOnce != 12 || whole.Run.StepRatio < 2 {
		t.Errorf("%d batches of %d, %d internal steps a sample", whole.Run.Batches, whole.Run.ShotsAtOnce, whole.Run.StepRatio)
	}
	takes := func(shots int) int64 { // at once
		j, err := prepare(t, line, ".", filepath.Join(t.TempDir(), "out"))
		if err != nil {
			t.Fatal(err)
		}
		o := j.options()
		o.ShotsAtOnce, o.CallbackBytes, o.Callback = shots, j.snapshots.bytes, func(*wave.Frame) error { return nil }
		sim, err := wave.New(t.Context(), j.model.physics, j.model.values, j.survey(), o)
		if err != nil {
			t.Fatal(err)
		}
		return sim.Plan().Bytes
	}
	for fit, want := range map[int][2]int{7: {2, 6}, 3: {4, 3}, 1: {12, 1}} {
		last, steps := meter.Reading{}, 0
		r, err := at(takes(fit), Hooks{Progress: func(p meter.Reading) {
			if p.Stage != meter.Simulating {
				return
			}
			if steps++; p.Done < last.Done || p.Total != want[0]*whole.Run.Steps {
				t.Errorf("progress %d of %d after %d, want %d batches of %d steps", p.Done, p.Total, last.Done, want[0], whole.Run.Steps)
			}
			last = p
		}})
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]int{r.Run.Batches, r.Run.ShotsAtOnce}; got != want || last.Done != last.Total || steps == 0 {
			t.Errorf("batches and shots at once %v, want %v; progress to %d of %d", got, want, last.Done, last.Total)
		}
		if len(r.Warnings) != len(whole.Warnings) {
			t.Errorf("warnings %v, want %v", r.Warnings, whole.Warnings)
		}
		if len(r.Outputs) != len(whole.Outputs) || len(r.Outputs) < 15 {
			t.Errorf("%d files, want %d", len(r.Outputs), len(whole.Outputs))
		}
		for _, f := range whole.Outputs {
			if o, ok := r.Output(f.Path); !ok || o.SHA256 != f.SHA256 {
				t.Errorf("%s differs in %d batches", f.Path, want[0])
			}
		}
	}
	if _, err := at(takes(1)-1, Hooks{}); !errors.Is(err, wave.ErrMemory) || !strings.Contains(err.Error(), "for 1 of 12 shots") || !strings.Contains(err.Error(), "options.survey_pad") {
		t.Errorf("in too little memory: %v", err)
	}
}

// TestBackdrop: behind the wavefield is the first model that is not the same everywhere.
func TestBackdrop(t *testing.T) {
	for model, want := range map[string][2]float64{
		"value: 2000, layers: [{top: 300, value: 2500}], rho: {relation: gardner}": {2000, 2500},
		"value: 2000, rho: {value: 1000, layers: [{top: 300, value: 3000}]}":       {1000, 3000},
		"value: 2000, rho: 1000": {2000, 2000},
	} {
		text := strings.NewReplacer("value: 2000, layers: [{top: 300, value: 2500}], rho: {relation: gardner}", model, "count: 12", "count: 1", "to: [5, 82], ", "to: [5, 5], ",
			"gathers: 3", "gathers: 0", "shot: 7", "animation: false").Replace(line)
		j, err := prepare(t, text, ".", filepath.Join(t.TempDir(), "out"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.Run(t.Context(), Hooks{}); err != nil {
			t.Fatal(err)
		}
		got := [2]float64{slices.Min(j.snapshots.spec.Backdrop), slices.Max(j.snapshots.spec.Backdrop)}
		if got != want {
			t.Errorf("%s: behind the wavefield is %v, want %v", model, got, want)
		}
	}
}
