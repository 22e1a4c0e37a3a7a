package job

import (
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
)

const elastic = `equation: elastic
model:
  spacing: 10
  shape: [30, 40]
  vp: {value: 2, unit: km/s, layers: [{top: 150, value: 2.6}]}
  vs: {ratio: 0.5}
  rho: {relation: gardner}
  topography: -25
time: {dt: 0.002, nt: 160}
sources:
  channel: force_z
  unit: metres
  from_ground: true
  list: [[40, 100], [40, 305]]
  wavelet: {type: ricker, freq: 8, peak_time: 0.1}
receivers:
- {channels: [vz, vx], unit: cells, line: {from: [5, 0], to: [5, 38], count: 20}}
- {channels: pressure, unit: cells, list: [[20, 10], [20, 30]]}
options: {dtype: float64, pml_width: [0, 10, 10, 10], edges: {top: free}, max_vel: 2700}
output: {segy: true, model: true, gathers: 1, snapshots: {count: 3, pictures: 1}}
`

// runs a survey, with no warning but those that are wanted.
func run(t *testing.T, text, dir string, want ...string) (*Job, *record.Record) {
	t.Helper()
	j, err := prepare(t, text, dir, filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := j.Run(t.Context(), Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	ok := len(r.Warnings) == len(want)
	for i := range want {
		ok = ok && strings.Contains(r.Warnings[i].String(), want[i])
	}
	if !ok {
		t.Errorf("warnings %v, want %q", r.Warnings, want)
	}
	return j, r
}

func load(t *testing.T, dir, name string) *array.Array {
	t.Helper()
	d, err := gridfile.Read(filepath.Join(dir, "out", name), gridfile.Spec{})
	if err != nil {
		t.Fatal(err)
	}
	return array.Of64(d.F64, d.Shape...)
}

// TestElasticRun: what a survey says is what package wave is told, whose records are written by
// channel; the run repeats from its record to the bit.
func TestElasticRun(t *testing.T) {
	dir := t.TempDir()
	j, r := run(t, elastic, dir)
	var names []string
	for _, f := range r.Outputs {
		names = append(names, f.Path)
	}
	for _, name := range []string{"receivers_vz.npy", "receivers_vx.npy", "receivers_pressure.npy", "receivers_vz.sgy", "receivers_pressure.sgy", "gather_vx_shot001.png", "model_vp.png", "model_vs.png", "model_rho.png", "animation.gif"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is not among %v", name, names)
		}
	}

	medium := func(top, upper, lower float64) *array.Array {
		x := make([]float64, 30*40)
		for i := range x {
			switch z := i / 40; {
			case z >= 15:
				x[i] = lower
			case z >= 3:
				x[i] = upper
			}
		}
		return array.Of64(x, 30, 40)
	}
	gardner := func(v float64) float64 {
		p := config.Property{From: config.Derived{Relation: "gardner"}}
		return p.Value(v, 0)
	}
	line := make([][]int, 20)
	for i := range line {
		line[i] = []int{5, 2 * i}
	}
	pair := [][]int{{20, 10}, {20, 30}}
	survey := wave.Survey{
		Spacing: []float64{10}, DT: 0.002,
		Sources:       wave.Sources{Channel: "force_z", Amplitudes: j.amps, Points: wave.Points{Positions: [][][]float64{{{7, 10}}, {{7, 30.5}}}}},
		Receivers:     wave.Receivers{Channels: []string{"vz", "vx"}, Points: wave.Points{Cells: [][][]int{line, line}}},
		MoreReceivers: []wave.Receivers{{Channels: []string{"pressure"}, Points: wave.Points{Cells: [][][]int{pair, pair}}}},
	}
	res, err := wave.Elastic(t.Context(), medium(3, 2000, 2600), medium(3, 1000, 1300), medium(3, gardner(2000), gardner(2600)), survey,
		wave.Options{PMLWidth: []int{0, 10, 10, 10}, Edges: []wave.Edge{wave.Free, wave.Absorbing, wave.Absorbing, wave.Absorbing}, PMLFreq: 8, MaxVel: 2700})
	if err != nil {
		t.Fatal(err)
	}
	for channel, want := range res.Records {
		got := load(t, dir, "receivers_"+channel+".npy")
		if !slices.Equal(got.Shape(), want.Shape()) || !slices.Equal(got.Float64s(), want.Float64s()) || want.Peak() == 0 {
			t.Errorf("%s differs", channel)
		}
	}

	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	earlier, err := record.Parse("record.json", data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Prepare(t.Context(), earlier.Survey, Source{Base: dir, Earlier: earlier}, Target{Dir: filepath.Join(dir, "again")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	now, err := again.Run(t.Context(), Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Outputs {
		if o, ok := now.Output(f.Path); !ok || o.SHA256 != f.SHA256 {
			t.Errorf("%s differs when the run is repeated", f.Path)
		}
	}
}

// TestSameRecords: two ways to say the same.
func TestSameRecords(t *testing.T) {
	records := func(channel string, replace ...string) []float64 {
		dir := t.TempDir()
		j, err := prepare(t, strings.NewReplacer(append(replace, "gathers: 1, snapshots: {count: 3, pictures: 1}", "gathers: 0", "segy: true", "segy: false")...).Replace(elastic), dir, filepath.Join(dir, "out"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.Run(t.Context(), Hooks{}); err != nil {
			t.Fatal(err)
		}
		return load(t, dir, "receivers_"+channel+".npy").Float64s()
	}
	const force, edges = "channel: force_z", "pml_width: [0, 10, 10, 10], edges: {top: free}"
	for what, c := range map[string][2][]string{
		"an explosion is pressure, and equal moments": {{force, "channel: explosion"}, {force, "moment: {xx: 1, zz: 1}"}},
		"a double couple is its moments":              {{force, "double_couple: {dip: 0}"}, {force, "moment: {xz: 1}"}},
		"a list of sides is their names":              {{edges, edges}, {edges, "pml_width: 10, edges: [free, absorbing, absorbing, absorbing]"}},
		"speeds are moduli and buoyancy": {
			{"{relation: gardner}", "2100", ", layers: [{top: 150, value: 2.6}]", "", "{ratio: 0.5}", "1000"},
			{"vp: {value: 2, unit: km/s, layers: [{top: 150, value: 2.6}]}", "lamb: {value: 4.2, unit: GPa}", "vs: {ratio: 0.5}", "mu: {value: 2.1, unit: GPa}", "rho: {relation: gardner}", "buoyancy: 0.000476190476190476190"},
		},
	} {
		for _, channel := range []string{"vz", "pressure"} {
			a, b := records(channel, c[0]...), records(channel, c[1]...)
			most, apart := 0.0, 0.0
			for i := range a {
				most, apart = max(most, a[i]), max(apart, max(a[i]-b[i], b[i]-a[i]))
			}
			if most == 0 || apart > 1e-10*most {
				t.Errorf("%s: %s up to %g is off by %g", what, channel, most, apart)
			}
		}
	}
}

// TestEquationMessages: what package wave refuses, or warns of, is said of keys.
func TestEquationMessages(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"edges: {top: free}", "edges: {left: stiff}", "s.yaml:19: options.edges.left is \"stiff\""},
		{"rho: {relation: gardner}", "rho: 2.2", "s.yaml:7: model.rho.value: 2.2 to 2.2 kg/m^3, want sizes of 100 to 25000 (or 0): is it in another unit? (model.rho.unit: g/cm^3 would say so)"},
		{"{value: 2, unit: km/s", "{value: 2", "s.yaml:5: model.vp.value: 2 to 2.6 m/s, want sizes of 10 to 12000 (or 0): is it in another unit? (model.vp.unit: km/s would say so)"},
		{"ratio: 0.5", "ratio: 1.5", "s.yaml:6: model.vs.ratio: in 1080 of 1200 cells not as wanted (the first has vs 3000, vp 2000), want vs below vp"},
		{"ratio: 0.5", "ratio: 0.9", "s.yaml:5: model.vp.value: in 1080 of 1200 cells not as wanted (the first has vp 2000, vs 1800), want vp at least 1.155 vs"},
		{"{relation: gardner}", "{value: 2200, layers: [{top: 200, value: 0}]}", "s.yaml:7: model.rho.value: in 400 of 1200 cells not as wanted (the first has rho 0, vp 2600), want vp 0 where rho is"},
		{"[[20, 10], [20, 30]]", "[[20, 10], [1, 30]]", "receivers[1]: points in vacuum record zeros: 2, the first is receivers[1].list[1] at cell [1, 30]"},
		{"channel: force_z\n  unit: metres\n  from_ground: true", "channel: explosion\n  unit: metres", "s.yaml:13: sources.list[0] is in vacuum, at [20, 100] m, want in a medium"},
		{"[[20, 10], [20, 30]]", "[[20, 10], [20, 40]]", "s.yaml:18: receivers[1].list[1] is outside the model, at cell [20, 40], want x from 0 to 39 cells"},
		{"to: [5, 38], count: 20", "to: [5, 39], count: 40", "s.yaml:17: receivers[0].line, number 39,"},
		{"to: [5, 38], count: 20", "to: [5, 39], count: 40", "is at cell [5, 39], want x up to cell 38, since channel vx sits half a cell further on"},
		{"channels: pressure, unit: cells, list: [[20, 10], [20, 30]]", "channels: sigma_xz, unit: metres, list: [[290, 100]]", "receivers[1].list[0] is at [290, 100] m, want z up to 280 m, since channel sigma_xz"},
		{"topography: -25", "topography: -25\n  water: {level: -40}", "s.yaml:9: model.water.level: the ground is nowhere below -40, so there is no water"},
		{"{value: 2, unit", "{value: 1.5, unit", "s.yaml:7: model.rho.relation: it makes rock of 1929 kg/m^3 where vp is 1500 m/s, as in water: model.water.up_to: 1500 would make water of it"},
		{"force_z", "vz", `s.yaml:11: sources.channel is "vz", want force_z, force_x`},
		{"equation: elastic", "equation: acoustic", "s.yaml:5: model.vp is given, want the models of equation acoustic"},
	} {
		text := strings.Replace(elastic, c.from, c.to, 1)
		if text == elastic {
			t.Fatalf("%q is not in the survey", c.from)
		}
		text = strings.Replace(text, ", max_vel: 2700", "", 1)
		text = strings.Replace(strings.Replace(text, "list: [[40, 100], [40, 305]]", "list: [[20, 100], [20, 300]]", 1), "output: {segy: true, model: true, gathers: 1, snapshots: {count: 3, pictures: 1}}", "output: {model: false, gathers: 0}", 1)
		dir := t.TempDir()
		s, err := config.Parse("s.yaml", []byte(text))
		var j *Job
		if err == nil {
			j, err = Prepare(t.Context(), s, Source{Base: dir}, Target{Dir: filepath.Join(dir, "out")}, nil)
		}
		got := ""
		if err == nil {
			_, err = j.Run(t.Context(), Hooks{Warn: func(w record.Warning) { got += w.String() + "\n" }})
		}
		if err != nil {
			got += err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: got %s, want %q", c.to, got, c.want)
		}
	}
}

// TestAcousticRun: a marine section of files by relations, in three dimensions and one, with the
// velocity under model itself.
func TestAcousticRun(t *testing.T) {
	for _, c := range []struct{ shape, source, receiver, channels string }{
		{"[40]", "[5]", "[30]", "[pressure, vx]"},
		{"[20, 25]", "[5, 5]", "[5, 20]", "[vz, vx, divergence]"},
		{"[14, 15, 16]", "[5, 5, 5]", "[5, 10, 10]", "[vz, vy, vx, pressure]"},
	} {
		dir := t.TempDir()
		text := "equation: acoustic\nmodel: {shape: " + c.shape + ", value: 1500, layers: [{top: 60, value: 2000}], rho: {relation: gardner}, water: {up_to: 1500}, spacing: 10}\n" +
			"time: {dt: 0.002, nt: 100}\nsources: {unit: cells, list: [" + c.source + "], wavelet: {type: ricker, freq: 20}}\n" +
			"receivers: {channels: " + c.channels + ", unit: cells, list: [" + c.receiver + "]}\noptions: {pml_width: 6, dtype: float64}\noutput: {segy: false, gathers: 0}\n"
		j, _ := run(t, text, dir)
		rho := j.model.values["rho"].Float64s()
		if rho[0] != 1000 || rho[len(rho)-1] < 2000 {
			t.Errorf("densities from %g to %g", rho[0], rho[len(rho)-1])
		}
		for _, channel := range j.channels {
			if load(t, dir, "receivers_"+channel.Name+".npy").Peak() == 0 {
				t.Errorf("%s in %s: silent", channel.Name, c.shape)
			}
		}
	}
}

// TestHalfCells: a component sits half a cell further on than a cell, which the record says, unless
// it is to be exact.
func TestHalfCells(t *testing.T) {
	vz := func(receivers string, shift ...float64) []float64 {
		dir := t.TempDir()
		text := elastic[:strings.Index(elastic, "receivers:")] + "receivers: {channels: vz, unit: metres, " + receivers + "}\n" +
			"options: {dtype: float64}\noutput: {model: false, gathers: 0}\n"
		_, r := run(t, text, dir)
		c := r.Run.Channels[0]
		if !slices.Equal(c.Shift, shift) || c.Delay != -r.Run.InnerDT/2 || c.Unit != "m/s" || c.Receivers != 1 || c.File != "receivers" {
			t.Errorf("%s: %+v, want a shift of %v", receivers, c, shift)
		}
		if e := r.Run.Emitted; len(e) != 1 || e[0].Name != "force_z" || e[0].Unit != "N/m^3" || e[0].Scale != 1 || !slices.Equal(e[0].Shift, []float64{0, 0}) || e[0].Delay != 0 {
			t.Errorf("emitted %+v, want force_z between cells", e)
		}
		return load(t, dir, "receivers.npy").Float64s()
	}
	text := strings.Replace(elastic, "list: [[40, 100], [40, 305]]", "list: [[40, 100]]", 1)
	_, r := run(t, text, t.TempDir())
	if e := r.Run.Emitted; len(e) != 1 || !slices.Equal(e[0].Shift, []float64{0.5, 0}) {
		t.Errorf("emitted %+v, want it half a cell below", e)
	}
	cell, same, exact := vz("list: [[150, 200]]", 0.5, 0), vz("list: [[155, 200]]", 0, 0), vz("list: [[150, 200]], exact: true", 0, 0)
	if !slices.Equal(cell, same) || slices.Max(cell) == 0 {
		t.Error("vz of a cell is not that half a cell further on")
	}
	if slices.Equal(cell, exact) || slices.Max(exact) == 0 {
		t.Error("exact makes no difference")
	}
	before := vz("list: [[145, 200]]", 0, 0)
	apart, most := 0.0, 0.0
	for i := range exact { // the mean of the two neighbours, but for what interpolation is better
		apart, most = max(apart, math.Abs(exact[i]-(cell[i]+before[i])/2)), max(most, math.Abs(exact[i]))
	}
	if apart > 0.05*most {
		t.Errorf("exact is %g from the mean of its neighbours, of %g", apart, most)
	}
}

// TestOneDimension: the first axis is depth there, too, and its component vx.
func TestOneDimension(t *testing.T) {
	dir := t.TempDir()
	_, r := run(t, `equation: elastic
model: {shape: [80], vp: 2000, vs: 1000, rho: {value: 2, unit: g/cc}, topography: -25, spacing: 10}
time: {dt: 0.002, nt: 300}
sources: {channel: force_x, unit: cells, list: [40], wavelet: {type: ricker, freq: 10}}
receivers: {channels: [vx, sigma_xx], unit: metres, list: [100], from_ground: true}
options: {dtype: float64, edges: {bottom: rigid}}
output: {segy: true, gathers: 1}
`, dir)
	if !slices.Equal(r.Run.PMLWidth, []int{0, 0}) {
		t.Errorf("widths %v", r.Run.PMLWidth)
	}
	for _, channel := range []string{"vx", "sigma_xx"} {
		if load(t, dir, "receivers_"+channel+".npy").Peak() == 0 {
			t.Errorf("%s is silent", channel)
		}
	}
}
