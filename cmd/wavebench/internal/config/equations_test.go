package config

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/d52adeda/wave/equation"
)

const elastic = `equation: elastic
model:
  spacing: 10
  vp: {file: vp.npy, unit: km/s, axes: [x, z]}
  vs: {ratio: 0.577, of: vp}
  rho: {relation: gardner}
  topography: {points: [[0, -20], [290, -31.5]], datum: 5}
  water: {level: -10, up_to: 1510}
time: {dt: 0.001, nt: 50}
sources:
  moment: {xx: 1, zx: -0.5}
  unit: cells
  list: [[6, 3]]
  wavelet: {type: ricker, freq: 25}
receivers:
- {channels: [vz, vx], unit: metres, line: {from: [5, 0], to: [5, 290], step: 20}, from_ground: true}
- {channels: pressure, unit: cells, list: [[3, 4]]}
options: {accuracy: 4, edges: {bottom: rigid, left: free}}
`

func parse(t *testing.T, text string) *Survey {
	t.Helper()
	s, err := Parse("s.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestEquations: all that the survey of any equation says reads back from its record.
func TestEquations(t *testing.T) {
	acoustic := strings.Replace(good, "model: {", "equation: acoustic\nmodel: {rho: {value: 2.2, unit: g/cm3, layers: [{top: 50, value: 2.4}]}, topography: -30, ", 1)
	for _, text := range []string{
		elastic, acoustic,
		strings.Replace(acoustic, "-30", "{file: t.npz, member: a, unit: cells}", 1),
		strings.Replace(acoustic, "-30", "t.npy", 1),
		strings.Replace(good, "value: 1500", "v: 1500", 1),
		strings.Replace(elastic, "{ratio: 0.577, of: vp}", "vs.npy", 1),
		strings.Replace(elastic, "{ratio: 0.577, of: vp}", "castagna", 1),
		strings.Replace(elastic, "moment: {xx: 1, zx: -0.5}", "double_couple: {dip: 30, rake: -90}", 1),
		strings.Replace(elastic, "vp: {file: vp.npy, unit: km/s, axes: [x, z]}", "file: vp.npy\n  vp:", 1),
		strings.NewReplacer("vp: {file: vp.npy, unit: km/s, axes: [x, z]}", "shape: [20, 30]\n  lamb: {value: 10, unit: GPa}",
			"vs: {ratio: 0.577, of: vp}", "mu: {ratio: 0.5, of: lamb}", "{relation: gardner}", "0.0004", "rho", "buoyancy", ", up_to: 1510", "").Replace(elastic),
	} {
		s := parse(t, text)
		if err := s.Sides(2); err != nil {
			t.Error(err)
		}
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse("s.json", data)
		if err != nil {
			t.Fatalf("%v in\n%s", err, data)
		}
		if err := again.Sides(2); err != nil {
			t.Error(err)
		}
		s.origin, again.origin, s.notes = origin{}, origin{}, nil
		if !reflect.DeepEqual(s, again) {
			t.Errorf("got %+v, want %+v\n%s", again, s, data)
		}
	}
	s := parse(t, elastic)
	want := []string{"model.vp.file", "model.vs.ratio", "model.rho.relation"}
	for i, p := range s.Properties() {
		if p.At() != want[i] {
			t.Errorf("model %s is said by %s, want %s", p.Name, p.At(), want[i])
		}
	}
	if f := s.Files(); len(f) != 1 || f[0].Key != "model.vp.file" {
		t.Errorf("files %v", f)
	}
}

// TestBadEquations changes the elastic survey in one place each.
func TestBadEquations(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"equation: elastic", "equation: elastc", `s.yaml:1: equation is "elastc", want scalar, acoustic or elastic (did you mean "elastic"?)`},
		{"equation: elastic", "equation: acoustic", "s.yaml:4: model.vp is given, want the models of equation acoustic: v, rho"},
		{"equation: elastic", "equation:", "s.yaml:4: model.vp is given, want the models of equation scalar: v"},
		{"  rho:", "  mu:", "s.yaml:6: model.mu is given, want the models of equation elastic: vp, vs, rho, or lamb, mu, buoyancy"},
		{"  rho:", "  roh:", `s.yaml:6: unknown key "roh" in model: did you mean "rho"?`},
		{"{relation: gardner}", "", "s.yaml:6: model.rho is missing, want a file, a value or a relation (kg/m^3)"},
		{"  rho: {relation: gardner}\n", "", "s.yaml:2: model.rho is missing"},
		{"spacing: 10", "spacing: 10\n  value: 1500\n  shape: [20, 30]", "s.yaml:6: model.vp is given twice, want it by its name, or directly under model"},
		{"relation: gardner", "relation: gardener", `model.rho.relation is "gardener", want gardner (did you mean "gardner"?)`},
		{"relation: gardner", "relation: castagna", `model.rho.relation is "castagna", want gardner`},
		{"relation: gardner", "relation: gardner, value: 3", "model.rho is given in several ways, want one of file, value, relation and ratio"},
		{"relation: gardner", "relation: gardner, unit: g/cc", "model.rho is given in several ways"},
		{"relation: gardner", "relation: gardner, of: vp", `model.rho.of is "vp", want it only with a ratio`},
		{"relation: gardner", "ratio: 0.3, of: vs", "model.rho is of vs, which follows from another one itself"},
		{"of: vp}", "of: vs}", `model.vs.of is "vs", want vp or rho`},
		{"ratio: 0.577", "ratio: -1", "model.vs.ratio is -1"},
		{"ratio: 0.577", "ratio: .nan", "model.vs.ratio is NaN"},
		{"relation: gardner", "value: 2.2, unit: g/cm", `s.yaml:6: model.rho.unit is "g/cm", want kg/m^3, kg/m3, g/cm^3, g/cm3 or g/cc (did you mean "g/cm3"?)`},
		{"unit: km/s", "unit: GPa", `model.vp.unit is "GPa", want m/s, km/s or ft/s`},
		{"axes: [x, z]", "axes: [x, x]", "model.vp.axes is [x x], want the model's axes in the order of the file"},
		{"axes: [x, z]", "axes: [x, y]", "model.vp.axes is [x y], want"},
		{"axes: [x, z]", "axes: []", "model.vp.axes is [], want"},
		{"file: vp.npy,", "value: 2,", "model.vp.axes is given, want it only with model.vp.file"},
		{"{file: vp.npy, unit: km/s, axes: [x, z]}", "2000", "model.shape is missing"},
		{"{file: vp.npy, unit: km/s, axes: [x, z]}", "-1", "s.yaml:4: model.vp.value is -1, want a finite number of 0 m/s or more"},
		{"{file: vp.npy, unit: km/s, axes: [x, z]}", "fast", `model.vp.value is "fast", want a number`},
		{"{relation: gardner}", "castagna", `model.rho.relation is "castagna", want gardner`},
		{"  rho:", "  density:", "its keys are file, member, shape, dtype, big_endian, axes, unit, value, layers, spacing, topography, water, v, rho, vp, vs, lamb, mu, buoyancy"},
		{"  rho:", "  -: {vp: 3}\n  rho:", `unknown key "-" in model`},
		{"{file: vp.npy, unit: km/s, axes: [x, z]}", "{layers: [{top: 3, value: 2000}]}", "model.vp.value is missing, want the value above the first layer, in m/s"},
		{"file: vp.npy", "file: vp.bin", "model.vp.shape is missing"},
		{"file: vp.npy", "file: vp.bin, shape: [3, 4]", "model.vp.dtype is missing"},
		{"file: vp.npy", "file: vp.npy, value: 3", `model.vp.file is "vp.npy", want no file`},
		{"level: -10, up_to: 1510", "", "model.water.level is missing"},
		{"up_to: 1510", "up_to: 0", "model.water.up_to is 0"},
		{"level: -10", "level: .inf", "model.water.level is +Inf"},
		{"  topography: {points: [[0, -20], [290, -31.5]], datum: 5}\n", "", "model.water.level is -10, want it only with model.topography"},
		{"  topography: {points: [[0, -20], [290, -31.5]], datum: 5}\n", "", "s.yaml:15: receivers[0].from_ground is true, want it only with model.topography"},
		{"[290, -31.5]", "[0, -31.5]", "s.yaml:7: model.topography.points[1] is [0 -31.5], want a position beyond"},
		{"[290, -31.5]", "[290]", "model.topography.points[1] is [290], want two numbers, position and elevation"},
		{"[290, -31.5]", "[290, .nan]", "model.topography.points[1] is [290 NaN], want finite"},
		{"datum: 5", "datum: .nan", "model.topography.datum is NaN"},
		{"datum: 5", "value: 5", "model.topography is given in several ways"},
		{"datum: 5", "unit: feet", `model.topography.unit is "feet", want metres or cells`},
		{"datum: 5", "axes: [x]", "model.topography.axes is given, want it only with model.topography.file"},
		{"points: [[0, -20], [290, -31.5]]", "file: t.txt", `model.topography.file is "t.txt", want a .npy or .npz file`},
		{"points: [[0, -20], [290, -31.5]]", "file: t.npy, member: a", `model.topography.member is "a", want it only for a .npz`},
		{"points: [[0, -20], [290, -31.5]]", "file: t.npy, axes: [z, x]", "model.topography.axes is [z x], want [x, y] or [y, x]"},
		{"points: [[0, -20], [290, -31.5]], ", "", "model.topography is missing"},
		{"moment: {xx: 1, zx: -0.5}", "moment: {xx: 1}\n  channel: vz", "sources is given several ways to emit, want one of channel, moment and double_couple"},
		{"moment: {xx: 1, zx: -0.5}", "moment: {}", "sources.moment is zero"},
		{"moment: {xx: 1, zx: -0.5}", "moment: 3", "sources.moment is \"3\", want keys with numbers"},
		{"zx: -0.5", "zx: .inf", "sources.moment.zx is +Inf"},
		{"zx: -0.5", "zx: much", `s.yaml:11: sources.moment.zx is "much", want a number`},
		{"moment: {xx: 1, zx: -0.5}", "double_couple: {rake: 3}", "sources.double_couple.dip is missing"},
		{"moment: {xx: 1, zx: -0.5}", "double_couple: {dip: 91}", "sources.double_couple.dip is 91, want 0 to 90 degrees"},
		{"moment: {xx: 1, zx: -0.5}", "double_couple: {dip: 9, rake: 400}", "sources.double_couple.rake is 400"},
		{"bottom: rigid", "bottom: stiff", `s.yaml:18: options.edges.bottom is "stiff", want absorbing, free or rigid`},
		{"bottom: rigid", "botom: rigid", `unknown key "botom" in options.edges: did you mean "bottom"?`},
		{"{bottom: rigid, left: free}", "[free, rigid, free]", "options.edges is [free rigid free], want one for each side"},
		{"{bottom: rigid, left: free}", "open", `options.edges is "open", want absorbing, free or rigid`},
		{"line: {from: [5, 0], to: [5, 290], step: 20}", "line: {from: [5, 0], to: [5, 290], step: 0}", "s.yaml:16: receivers[0].line.step is 0"},
		{"channels: pressure", "chanels: pressure", `unknown key "chanels" in receivers[1]: did you mean "channels"?`},
	} {
		text := strings.Replace(elastic, c.from, c.to, 1)
		if text == elastic {
			t.Errorf("%q is not in the survey", c.from)
		}
		_, err := Parse("s.yaml", []byte(text))
		var ce *Error
		if !errors.As(err, &ce) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q: got %v, want %q", c.to, c.from, err, c.want)
		}
	}
	lame := strings.Replace(good, "model: {", "equation: elastic\nmodel: {lamb: 1e9, mu: 1e9, buoyancy: 0.0005, ", 1)
	if _, err := Parse("s.yaml", []byte(lame)); err == nil || !strings.Contains(err.Error(), "model is given without a name, want the models of equation elastic by theirs") {
		t.Error(err)
	}
	if _, err := parse(t, strings.Replace(lame, ", value: 1500", "", 1)).ReplaceModel("v.npy", "--model"); err == nil || !strings.Contains(err.Error(), "want models vp, vs and rho for --model") {
		t.Error(err)
	}
	s := parse(t, elastic)
	key, err := s.ReplaceModel("new.npy", "--model")
	if v := s.Model.Named["vp"].Values; err != nil || key != "model.vp.file" || v.File != "new.npy" || v.Unit != "km/s" || len(v.Axes) != 2 {
		t.Errorf("%v, %s, %+v", err, key, v)
	}
}

// TestEmissions: what sources do, in channels of the equation.
func TestEmissions(t *testing.T) {
	const moment = "moment: {xx: 1, zx: -0.5}"
	half := math.Sqrt(3) / 2
	for _, c := range []struct {
		to   string
		ndim int
		want []Emission // or
		bad  string
	}{
		{moment, 2, []Emission{{"moment_xx", 1}, {"moment_xz", -0.5}}, ""},
		{"moment: {xx: 1, zz: 0}", 2, []Emission{{"moment_xx", 1}}, ""},
		{"moment: {xz: 1, zx: 1}", 2, nil, "sources.moment.zx is given beside xz"},
		{"moment: {xy: 1}", 2, nil, `sources.moment is of a component "xy", want zz, xz or xx`},
		{"moment: {xy: 1}", 3, []Emission{{"moment_xy", 1}}, ""},
		{"channel: force_z", 2, []Emission{{"force_z", 1}}, ""},
		{"channel: force_y", 2, nil, `s.yaml:11: sources.channel is "force_y", want force_z, force_x, pressure, moment_zz, moment_xz or moment_xx (did you mean "force_z"?)`},
		{"channel: vx", 2, nil, `sources.channel is "vx", want`},
		{"channel: explosion", 3, []Emission{{"pressure", 1}}, ""},
		{"shots: each", 1, []Emission{{"pressure", 1}}, ""},
		{"double_couple: {dip: 45}", 2, []Emission{{"moment_xx", -1}, {"moment_zz", 1}}, ""},
		{"double_couple: {dip: 0}", 2, []Emission{{"moment_xz", 1}}, ""},
		{"double_couple: {dip: 30, rake: -90}", 2, []Emission{{"moment_xx", half}, {"moment_xz", -0.5}, {"moment_zz", -half}}, ""},
		{"double_couple: {dip: 90, rake: 0}", 3, []Emission{{"moment_xy", 1}}, ""}, // a vertical fault along x
		{"double_couple: {dip: 90, rake: 0, strike: 45}", 3, []Emission{{"moment_xx", -1}, {"moment_yy", 1}}, ""},
		{"double_couple: {dip: 45, rake: 0}", 2, nil, "sources.double_couple.rake is 0, want 90 (reverse) or -90 (normal)"},
		{"double_couple: {dip: 45, strike: 3}", 2, nil, "sources.double_couple.strike is 3, want none in two dimensions"},
		{"double_couple: {dip: 45}", 1, nil, "sources.double_couple is given in one dimension"},
	} {
		got, err := parse(t, strings.Replace(elastic, moment, c.to, 1)).Emissions(c.ndim)
		if c.bad != "" {
			if err == nil || !strings.Contains(err.Error(), c.bad) {
				t.Errorf("%s: %v, want %q", c.to, err, c.bad)
			}
			continue
		}
		var much []Emission
		for _, e := range got {
			if math.Abs(e.Scale) > 1e-15 {
				much = append(much, e)
			}
		}
		same := err == nil && len(much) == len(c.want)
		for i := range much {
			same = same && much[i].Channel == c.want[i].Channel && math.Abs(much[i].Scale-c.want[i].Scale) < 1e-15
		}
		if !same {
			t.Errorf("%s in %d dimensions: %v, %v, want %v", c.to, c.ndim, much, err, c.want)
		}
	}
	for _, c := range []struct{ equation, to, want string }{
		{"scalar", "moment: {xx: 1}", "sources.moment is given, want sources.channel, pressure: equation scalar has no moments"},
		{"scalar", "channel: force_z", `sources.channel is "force_z", want pressure`},
	} {
		s := parse(t, strings.Replace(good, "sources:\n", "sources:\n  "+c.to+"\n", 1))
		if _, err := s.Emissions(2); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.to, err, c.want)
		}
	}
}

// Any double couple has no trace and eigenvalues 1, 0 and -1: its square has a trace of 2,
// its determinant is 0.
func TestDoubleCouple(t *testing.T) {
	for strike := -180.0; strike <= 180; strike += 37 {
		for dip := 0.0; dip <= 90; dip += 22.5 {
			for rake := -180.0; rake <= 180; rake += 41 {
				m := (&DoubleCouple{Strike: strike, Dip: &dip, Rake: rake}).moment(&report{}, "", 3)
				xx, xy, xz, yy, yz, zz := m["xx"], m["xy"], m["xz"], m["yy"], m["yz"], m["zz"]
				square := xx*xx + yy*yy + zz*zz + 2*(xy*xy+xz*xz+yz*yz)
				det := xx*(yy*zz-yz*yz) - xy*(xy*zz-yz*xz) + xz*(xy*yz-yy*xz)
				if math.Abs(xx+yy+zz) > 1e-14 || math.Abs(square-2) > 1e-14 || math.Abs(det) > 1e-14 {
					t.Fatalf("strike %g, dip %g, rake %g: %v", strike, dip, rake, m)
				}
			}
		}
	}
}

func TestRecords(t *testing.T) {
	records, err := parse(t, elastic).Records(2)
	if err != nil || len(records) != 3 || records[0].Name != "vz" || records[1].Name != "vx" || records[2].Name != "pressure" || records[1].Set != 0 || records[2].Set != 1 {
		t.Errorf("%v, %v", records, err)
	}
	for _, c := range []struct{ from, to, want string }{
		{"channels: pressure", "channels: [vx]", `s.yaml:17: receivers[1].channels is "vx" again, want each channel once`},
		{"[vz, vx]", "[vz, vy]", `receivers[0].channels is "vy", want vz, vx`},
		{"[vz, vx]", "[presure]", `(did you mean "pressure"?)`},
	} {
		if _, err := parse(t, strings.Replace(elastic, c.from, c.to, 1)).Records(2); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.to, err, c.want)
		}
	}
	// What an equation calls a channel is what a survey calls it.
	for _, e := range equations {
		for ndim := 1; ndim <= 3; ndim++ {
			sys := e().Write(equation.Grid{NDim: ndim, Accuracy: 2})
			for _, c := range sys.Receivers {
				s := &Survey{Equation: e().Name, Receivers: Receivers{{Channels: Words{c.Name}}}}
				if got, err := s.Records(ndim); err != nil || got[0].Name != c.Name {
					t.Errorf("%s, %d dimensions: %v, %v", c.Name, ndim, got, err)
				}
			}
		}
	}
}

func TestSides(t *testing.T) {
	const edges = "edges: {bottom: rigid, left: free}"
	for _, c := range []struct {
		to    string
		ndim  int
		width Sides
		edges *Edges // or
		bad   string
	}{
		{edges, 2, Sides{0, 0, 0, 20}, &Edges{Top: "free", Bottom: "rigid", Left: "free"}, ""}, // by the topography
		{"edges: {top: absorbing}", 2, Sides{20, 20, 20, 20}, &Edges{Top: "absorbing"}, ""},
		{edges + ", pml_width: [20, 0, 0, 20]", 2, Sides{20, 0, 0, 20}, &Edges{Bottom: "rigid", Left: "free"}, ""},
		{edges + ", pml_width: [20, 0, 1, 20]", 2, nil, nil, "options.edges.left is free, want an options.pml_width of 0 on that side, which is 1"},
		{edges + ", pml_width: [20, 0, 20]", 2, nil, nil, "options.pml_width is [20 0 20], want one number, or 4"},
		{"edges: {top: absorbing}, pml_width: [0, 9, 9, 9]", 2, nil, nil, "options.edges.top is absorbing, want an options.pml_width above 0 on that side"},
		{"edges: {front: free}", 2, nil, nil, "options.edges.front is free, want only top, bottom, left, right"},
		{"edges: {front: free}", 3, Sides{0, 20, 0, 20, 20, 20}, &Edges{Top: "free", Front: "free"}, ""},
		{"edges: free", 2, Sides{0, 0, 0, 0}, &Edges{Top: "free", Bottom: "free", Left: "free", Right: "free"}, ""},
		{"edges: [free, absorbing]", 1, Sides{0, 20}, &Edges{Top: "free", Bottom: "absorbing"}, ""},
		{"edges: [free, absorbing, rigid, rigid]", 2, Sides{0, 20, 0, 0}, &Edges{Top: "free", Bottom: "absorbing", Left: "rigid", Right: "rigid"}, ""},
		{"edges: [free, absorbing, rigid, rigid]", 1, nil, nil, "options.edges.left is rigid, want only top, bottom"},
		{"pml_width: 5", 2, Sides{0, 5, 5, 5}, &Edges{Top: "free"}, ""},
		{"pml_width: [5, 5, 5, 5]", 2, Sides{5, 5, 5, 5}, nil, ""},
		{"dtype: float32", 2, Sides{0, 20, 20, 20}, &Edges{Top: "free"}, ""},
		{"survey_pad: [1, 2]", 2, nil, nil, "options.survey_pad is [1 2], want one number, or 4"},
	} {
		s := parse(t, strings.Replace(elastic, edges, c.to, 1))
		err := s.Sides(c.ndim)
		if c.bad != "" {
			if err == nil || !strings.Contains(err.Error(), c.bad) {
				t.Errorf("%s: %v, want %q", c.to, err, c.bad)
			}
		} else if err != nil || !reflect.DeepEqual(s.Options.PMLWidth, c.width) || !reflect.DeepEqual(s.Options.Edges, c.edges) {
			t.Errorf("%s: %v, widths %v, edges %+v", c.to, err, s.Options.PMLWidth, s.Options.Edges)
		}
	}
}

// TestSurface: the ground begins at the first cell that is not above it.
func TestSurface(t *testing.T) {
	const points = "{points: [[0, -20], [290, -31.5]], datum: 5}"
	shape, spacing := []int{20, 4}, []float64{10, 100}
	for _, c := range []struct {
		to     string
		file   []float64
		ground []int
		water  int
		bad    string
	}{
		{"{points: [[0, -20], [100, -35], [200, 5]], datum: 5}", nil, []int{3, 4, 0, 0}, 2, ""},
		{"{points: [[50, -20], [150, -40]]}", nil, []int{2, 3, 4, 4}, 1, ""}, // level before the first, 3 half way
		{"{points: [[0.5, -2], [1.5, -4]], unit: cells, datum: 0}", nil, []int{2, 3, 4, 4}, 10, ""},
		{"-20", nil, []int{2, 2, 2, 2}, 1, ""},
		{"{value: -20.0001}", nil, []int{3, 3, 3, 3}, 1, ""},
		{"{file: t.npy}", []float64{0, -10, -195, -1e9}, []int{0, 1, 20, 20}, 1, ""},
		{"{file: t.npy}", []float64{0, -10, 1, 0}, nil, 0, "s.yaml:7: model.topography.file is 1 in column 2, want at most model.topography.datum, 0, the elevation of the model's first cell"},
		{"{file: t.npy}", []float64{0, -10, math.NaN(), 0}, nil, 0, "model.topography.file is NaN in column 2, want finite"},
		{"-195", nil, nil, 0, "model.topography is below the model everywhere, want elevations above -190"},
		{"-190", nil, []int{19, 19, 19, 19}, 1, ""},
		{"{value: -190, datum: -11}", nil, nil, 0, "model.water.level is -10, want at most model.topography.datum, -11"},
	} {
		s := parse(t, strings.Replace(elastic, points, c.to, 1))
		got, err := s.Surface(shape, spacing, c.file)
		if c.bad != "" {
			if err == nil || !strings.Contains(err.Error(), c.bad) {
				t.Errorf("%s: %v, want %q", c.to, err, c.bad)
			}
		} else if err != nil || !reflect.DeepEqual(got.Ground, c.ground) || got.Water != c.water {
			t.Errorf("%s: %v, ground %v, water %d, want %v, %d", c.to, err, got.Ground, got.Water, c.ground, c.water)
		}
	}
	if _, err := parse(t, elastic).Surface([]int{20, 3, 4}, []float64{10, 10, 10}, nil); err == nil || !strings.Contains(err.Error(), "model.topography.points is for a model of 3 dimensions") {
		t.Error(err)
	}
	s := parse(t, strings.Replace(elastic, "receivers:\n- {", "receivers:\n- {snap: true, ", 1))
	ground := &Surface{Ground: make([]int, 30)}
	for i := range ground.Ground {
		ground.Ground[i] = 3 + i/10
	}
	g, err := s.Geometry([]int{20, 30}, []float64{10, 10}, ground)
	if err != nil || len(g.Receivers) != 2 || len(g.Receivers[0][0]) != 15 || !reflect.DeepEqual(g.Receivers[0][0][14], []float64{6, 28}) || !reflect.DeepEqual(g.Receivers[1][0][0], []float64{3, 4}) {
		t.Errorf("%v, %v", g, err)
	}
}

// Receivers relative to a source are so sideways only where their depth is from the ground.
func TestRelativeToGround(t *testing.T) {
	s := parse(t, strings.Replace(strings.Replace(good, "value: 1500", "value: 1500, topography: 0", 1), "from: [10, 0], to: [10, 290], step: 20}", "from: [0, -20], to: [0, 40], count: 2}\n  relative: true\n  from_ground: true", 1))
	g, err := s.Geometry([]int{20, 30}, []float64{10, 10}, &Surface{Ground: append(make([]int, 5), slicesOf(7, 25)...)})
	if want := [][][]float64{{{0, 1}, {7, 7}}, {{7, 18}, {7, 24}}}; err != nil || !reflect.DeepEqual(g.Receivers[0], want) {
		t.Errorf("%v, receivers %v, want %v", err, g, want)
	}
}

func slicesOf(x, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = x
	}
	return out
}

// TestUnits: what is a decimal in the file's unit is one in the equation's.
func TestUnits(t *testing.T) {
	for k := 1; k < 1_000_000; k += 7 {
		metres := float64(k) / 100
		for _, c := range []struct {
			unit, in string
			x        float64
		}{{"km/s", "m/s", float64(k) / 100_000}, {"g/cm3", "kg/m^3", float64(k) / 100_000}, {"GPa", "Pa", float64(k) / 1e11}} {
			if got := decimal(c.x, size(c.in, c.unit), 15); got != metres {
				t.Fatalf("%v %s are %v, want %v", c.x, c.unit, got, metres)
			}
			if got := float32(decimal(float64(float32(c.x)), size(c.in, c.unit), 6)); got != float32(metres) {
				t.Fatalf("%v %s of float32 are %v, want %v", c.x, c.unit, got, metres)
			}
		}
	}
	for _, x := range []float64{0, math.Inf(1), 1e300, 1e-300, -4.1, math.Pi, 1e308} {
		if got := decimal(x, 1000, 15); math.Abs(got-x*1000) > 1e-12*math.Abs(x*1000) || math.Signbit(got) != math.Signbit(x) {
			t.Errorf("%v times 1000 is %v", x, got)
		}
	}
	p := Property{Property: equation.ElasticSpeeds().Models[2]}
	for _, c := range []struct {
		lo, hi float64
		want   string
	}{{1.9, 2.6, "g/cm^3"}, {1900, 2600, "kg/m^3"}, {1e-3, 1e-3, ""}, {1.9, 2600, ""}} {
		if got := p.Fitting(c.lo, c.hi); got != c.want {
			t.Errorf("%g to %g fit %q, want %q", c.lo, c.hi, got, c.want)
		}
	}
	p = Property{Property: equation.Elastic().Models[0]}
	if got := p.Fitting(4, 9); got != "kPa, MPa or GPa" {
		t.Errorf("4 to 9 Pa fit %q", got)
	}
}

// Relations have the constants of their papers: 0.31 g/cm^3 at 1 m/s, and 1.16 vs + 1.36 km/s.
func TestRelations(t *testing.T) {
	rho := Property{Property: equation.Property{Name: "rho"}, From: Derived{Relation: "gardner"}}
	vs := Property{Property: equation.Property{Name: "vs"}, From: Derived{Relation: "castagna"}}
	half := Property{Property: equation.Property{Name: "vs"}, From: Derived{Ratio: new(0.5)}}
	for _, c := range []struct {
		p              *Property
		v, water, want float64
	}{
		{&rho, 2500, 0, 0.31 * math.Pow(2500, 0.25) * 1000}, {&rho, 0, 1500, 0}, {&rho, 1500, 1500, 1000}, {&rho, 1500.1, 1500, 310 * math.Pow(1500.1, 0.25)},
		{&vs, 1.16*2000 + 1360, 0, 2000}, {&vs, 1360, 0, 0}, {&vs, 330, 0, 0}, {&vs, 0, 0, 0}, {&vs, 1500, 1500, 0},
		{&half, 3000, 1500, 1500}, {&half, 1500, 1500, 0}, {&half, 0, 1500, 0},
	} {
		if got := c.p.Value(c.v, c.water); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s of %g, water up to %g: %g, want %g", c.p.Name, c.v, c.water, got, c.want)
		}
	}
	for _, e := range equations {
		for _, m := range e().Models {
			if _, ok := water[m.Name]; !ok || !m.IsPlausible(OfWater(m.Name)) {
				t.Errorf("%s of water is %g", m.Name, OfWater(m.Name))
			}
		}
	}
}
