package backendtest

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sbinet/npyio/npz"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/internal/resample"
	"github.com/d52adeda/wave/stencil"
)

// referenceTolerance is what a result may differ by from the reference's, relative to the
// greatest value of an array. Both round some hundred steps of the same arithmetic: 1e-12 is
// usual in float64, 1e-5 in float32.
var referenceTolerance = map[array.DType]float64{array.Float32: 1e-4, array.Float64: 1e-10}

// Reference runs the reference cases of the staggered equations whose names match one of the
// patterns on a device: plans made of the equation alone, without package wave; in float64 if
// the device has it, on the processor in both types (others take long to compile). The device
// "interpreter" is stencil.Interpreter.
func Reference(t *testing.T, device string, patterns ...string) {
	run, types := interpret, []array.DType{array.Float64}
	if device != "interpreter" {
		dev, err := backend.Open(device)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { dev.Close() })
		switch {
		case !dev.Info().Float64:
			types = []array.DType{array.Float32}
		case device == "cpu" || device == "eager":
			types = append(types, array.Float32)
		}
		run = func(p *backend.Plan) map[string][]float64 {
			s := stepped(t, dev, p)
			defer s.Close()
			return collect(t, s, p)
		}
	}
	cases := 0
	for _, pattern := range patterns {
		paths, err := filepath.Glob(filepath.Join(root(t), "testdata/reference/staggered", pattern+".npz"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			cases++
			for _, dt := range types {
				t.Run(strings.TrimSuffix(filepath.Base(path), ".npz")+"/"+dt.String(), func(t *testing.T) {
					c := readReference(t, path)
					c.dtype = dt
					c.compare(t, run(c.plan(t)))
				})
			}
		}
	}
	if cases == 0 {
		t.Errorf("no case matches %q", patterns)
	}
}

// Some returns patterns for Reference: a few cases of each kind, for devices whose
// compilers take long, or all if WAVE_LONG is set.
func Some() []string {
	if os.Getenv("WAVE_LONG") == "" {
		return []string{"*_1d_init", "*_2d_vacuum", "*_2d_asym", "*_2d_edges", "acoustic_3d_vacuum"}
	}
	return []string{"*"}
}

// All returns patterns for Reference: all cases, or some in short tests.
func All() []string {
	if testing.Short() {
		return Some()
	}
	return []string{"*"}
}

// root returns the module's folder.
func root(t *testing.T) string {
	dir, err := filepath.Abs(".")
	for ; err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if found, _ := filepath.Glob(filepath.Join(dir, "go.mod")); found != nil {
			return dir
		}
	}
	t.Fatal("no folder above has a go.mod: ", err)
	return ""
}

// reference is a case: arrays by name, and what is made of them.
type reference struct {
	shape map[string][]int
	data  map[string][]float64
	meta  struct {
		Propagator  string
		GridSpacing []float64 `json:"grid_spacing"`
		DT          float64
		NT          int
		MaxVel      float64 `json:"max_vel"`
		InnerDT     float64 `json:"dt_inner"`
		StepRatio   int     `json:"step_ratio"`
		Accuracy    int
		PMLWidth    any     `json:"pml_width"`
		PMLFreq     float64 `json:"pml_freq"`
		SurveyPad   any     `json:"survey_pad"`
		Origin      []int
	}
	dtype          array.DType
	ndim, shots    int
	pml            [][2]int
	origin, region []int
	dt             float64
	ratio          int
	layout         *stencil.Layout
	system         *equation.System
	program        *stencil.Program
	equation       *equation.Equation
	given          equation.Models
	derived        bool // whether the derivative is wanted
	pair           *stencil.Pair
}

func readReference(t *testing.T, path string) *reference {
	t.Helper()
	f, err := npz.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := &reference{shape: map[string][]int{}, data: map[string][]float64{}}
	for _, key := range f.Keys() {
		name := strings.TrimSuffix(key, ".npy")
		h := f.Header(key)
		c.shape[name] = h.Descr.Shape
		var text []uint8
		var whole []int64
		var real []float64
		switch h.Descr.Type {
		case "|u1":
			if err = f.Read(key, &text); err == nil {
				err = json.Unmarshal(text, &c.meta)
			}
		case "<i8":
			err = f.Read(key, &whole)
			for _, x := range whole {
				real = append(real, float64(x))
			}
		default:
			err = f.Read(key, &real)
		}
		if err != nil {
			t.Fatalf("%s: %s: %v", path, name, err)
		}
		c.data[name] = real
	}
	c.ndim = len(c.meta.GridSpacing)
	return c
}

// perSide reads one number, or begin and end of each dimension; null is far.
func (c *reference) perSide(x any) [][2]int {
	const far = 1 << 20
	number := func(x any) int {
		if f, ok := x.(float64); ok {
			return int(f)
		}
		return far
	}
	out := make([][2]int, c.ndim)
	list, many := x.([]any)
	for d := range out {
		if many {
			out[d] = [2]int{number(list[2*d]), number(list[2*d+1])}
		} else {
			out[d] = [2]int{number(x), number(x)}
		}
	}
	return out
}

// plan makes the plan of a case.
func (c *reference) plan(t *testing.T) *backend.Plan {
	t.Helper()
	eq := map[string]func() *equation.Equation{"acoustic": equation.Acoustic, "elastic": equation.Elastic}[c.meta.Propagator]()
	given := equation.Models{}
	for _, m := range eq.Models {
		name := "in_" + m.Name
		shape := c.shape[name]
		if len(shape) == c.ndim {
			shape = append([]int{1}, shape...)
		}
		given[m.Name] = array.Convert(c.dtype, c.data[name], shape...)
	}
	c.equation, c.given = eq, given
	c.pml = c.perSide(c.meta.PMLWidth)
	c.chooseRegion(given[eq.Models[0].Name].Shape()[1:])

	_, fastest, err := eq.Speeds(t.Context(), given)
	if err != nil {
		t.Fatal(err)
	}
	if c.meta.MaxVel == 0 {
		c.meta.MaxVel = fastest
	}
	c.dt, c.ratio = equation.CFL(c.meta.DT, c.meta.GridSpacing, c.meta.MaxVel)
	if c.meta.StepRatio != 0 && (c.ratio != c.meta.StepRatio || math.Abs(c.dt-c.meta.InnerDT) > 1e-15) {
		t.Fatalf("the time step is %g, 1/%d, want %g, 1/%d", c.dt, c.ratio, c.meta.InnerDT, c.meta.StepRatio)
	}

	c.system = eq.Write(equation.Grid{NDim: c.ndim, Accuracy: c.meta.Accuracy})
	used := map[*stencil.Series]bool{}
	for _, ch := range c.system.Sources {
		used[ch.Series] = c.shape["in_source_locations_"+c.kind(ch)] != nil
	}
	for _, ch := range c.system.Receivers {
		used[ch.Series] = c.shape["in_receiver_locations_"+c.kind(ch)] != nil
	}
	c.program = c.system.Program.Without(func(s *stencil.Series) bool { return !used[s] }).Bind(equation.Params(c.dt, c.meta.GridSpacing)).Premultiplied()
	shape := slices.Clone(c.region)
	for d, w := range c.pml {
		shape[d] += w[0] + w[1]
	}
	if c.layout, err = stencil.NewLayout(c.program, shape, c.pml, c.derive(t)...); err != nil {
		t.Fatal(err)
	}
	p := &backend.Plan{
		Program: c.program, Layout: c.layout, DType: c.dtype, Steps: c.meta.NT * c.ratio,
		Fields: map[string]*array.Array{}, Series: map[string]*array.Array{}, Points: map[string][]stencil.Points{},
	}
	for name, shape := range c.shape {
		if strings.HasPrefix(name, "in_receiver_locations_") || strings.HasPrefix(name, "in_source_locations_") {
			c.shots = shape[0]
		}
	}
	p.Shots = c.shots
	c.fields(t, p, eq, given)
	c.points(t, p)
	return p
}

// chooseRegion finds the part of a model that is simulated.
func (c *reference) chooseRegion(cells []int) {
	c.origin, c.region = make([]int, c.ndim), slices.Clone(cells)
	copy(c.origin, c.meta.Origin)
	for name, shape := range c.shape {
		if strings.HasPrefix(name, "in_") && strings.HasSuffix(name, "_0") {
			for d, w := range c.pml {
				c.region[d] = shape[1+d] - w[0] - w[1]
			}
			return
		}
	}
	if c.meta.SurveyPad == nil {
		return
	}
	lo, hi := slices.Clone(cells), make([]int, c.ndim)
	for name, x := range c.data {
		if strings.Contains(name, "_locations_") {
			for i, v := range x {
				d := i % c.ndim
				lo[d], hi[d] = min(lo[d], int(v)), max(hi[d], int(v))
			}
		}
	}
	for d, w := range c.perSide(c.meta.SurveyPad) {
		c.origin[d] = max(lo[d]-w[0], 0)
		c.region[d] = min(hi[d]+w[1], cells[d]-1) + 1 - c.origin[d]
	}
}

// padded cuts the region out of models and pads it to the grid.
func (c *reference) padded(given equation.Models) equation.Models {
	region := equation.Models{}
	for name, a := range given {
		region[name] = array.Slice(a, append([]int{0}, c.origin...), append([]int{a.Shape()[0]}, c.region...))
	}
	return padded(region, c.layout)
}

// fields sets models, profiles and initial wavefields.
func (c *reference) fields(t *testing.T, p *backend.Plan, eq *equation.Equation, given equation.Models) {
	t.Helper()
	setMedium(t, p, eq, c.padded(given), equation.PML{Width: c.pml, Spacing: c.meta.GridSpacing, DT: c.dt, MaxVel: c.meta.MaxVel, Freq: c.meta.PMLFreq})
	for _, f := range wavefields(c.program) {
		name := "in_" + c.name(f) + "_0"
		if c.shape[name] == nil {
			continue
		}
		x := make([]float64, c.shots*c.layout.Padded())
		i := 0
		for cell := range x {
			at := cell % c.layout.Padded()
			if !c.layout.Inside(at) {
				continue
			}
			if !c.layout.Beyond(f, at) {
				x[cell] = c.data[name][i]
			}
			i++
		}
		p.Fields[f.Name] = array.Convert(c.dtype, x, append([]int{c.shots}, c.layout.Shape...)...)
	}
}

// points sets sources and receivers, on whole cells.
func (c *reference) points(t *testing.T, p *backend.Plan) {
	t.Helper()
	for _, ch := range c.system.Receivers {
		if name := "in_receiver_locations_" + c.kind(ch); c.shape[name] != nil {
			p.Points[ch.Series.Points] = c.locations(name)
		}
	}
	for _, ch := range c.system.Sources {
		name := "in_source_locations_" + c.kind(ch)
		if c.shape[name] == nil {
			continue
		}
		p.Points[ch.Series.Points] = c.locations(name)
		amplitudes := "in_source_amplitudes_" + c.kind(ch)
		plan, err := resample.NewUp(c.meta.NT, resample.Params{Ratio: c.ratio, TimePadFrac: new(0.0)})
		if err != nil {
			t.Fatal(err)
		}
		p.Series[ch.Series.Name] = array.Convert(c.dtype, rows(c.data[amplitudes], c.meta.NT, p.Steps, plan), c.shots, c.shape[amplitudes][1], p.Steps)
	}
}

// rows resamples each run of from values to one of to.
func rows(x []float64, from, to int, plan *resample.Plan) []float64 {
	out := make([]float64, len(x)/from*to)
	for i := range len(x) / from {
		plan.Apply(out[i*to:][:to], x[i*from:][:from])
	}
	return out
}

// locations returns the points of each shot; negative locations are ignored.
func (c *reference) locations(name string) []stencil.Points {
	n := c.shape[name][1]
	out := make([]stencil.Points, c.shots)
	for i := range c.shots * n {
		var entries []stencil.Entry
		cell := 0
		at := c.data[name][i*c.ndim:][:c.ndim]
		for d, x := range at {
			cell = cell*c.layout.Shape[d] + int(x) - c.origin[d] + c.pml[d][0] + c.layout.Halo
		}
		if slices.Min(at) >= 0 {
			entries = []stencil.Entry{{Cell: cell, Weight: 1}}
		}
		out[i/n] = append(out[i/n], entries)
	}
	return out
}

// kind is what the reference calls a channel that it has.
func (c *reference) kind(ch equation.Channel) string {
	if name, ok := strings.CutPrefix(ch.Name, "force_"); ok {
		return c.axes(name)
	}
	if name, ok := strings.CutPrefix(ch.Name, "v"); ok {
		return c.axes(name)
	}
	if ch.Name == "pressure" {
		return "p"
	}
	return "(none)"
}

// axes renames the axes in a name to the reference's, which has y where a section has z.
func (c *reference) axes(name string) string {
	if c.ndim == 2 {
		return strings.ReplaceAll(name, "z", "y")
	}
	return name
}

// name is what the reference calls a wavefield.
func (c *reference) name(f *stencil.Field) string {
	if f.Name == "p" {
		return "pressure"
	}
	return c.axes(f.Name)
}

// compare compares all that the reference has of a case.
func (c *reference) compare(t *testing.T, got map[string][]float64) {
	t.Helper()
	results := map[string][]float64{}
	for _, ch := range c.system.Receivers {
		if x := got["series "+ch.Series.Name]; x != nil {
			plan, err := resample.NewDown(c.meta.NT, resample.Params{Ratio: c.ratio, TimePadFrac: new(0.0)})
			if err != nil {
				t.Fatal(err)
			}
			results["receiver_amplitudes_"+c.kind(ch)] = rows(x, c.meta.NT*c.ratio, c.meta.NT, plan)
		}
	}
	for _, f := range wavefields(c.program) {
		var x []float64
		for cell, v := range got[f.Name] {
			if c.layout.Inside(cell % c.layout.Padded()) {
				x = append(x, v)
			}
		}
		results[c.name(f)] = x
	}
	c.near(t, "out_", results)
}

// near compares results with what the reference has under their names behind a prefix.
func (c *reference) near(t *testing.T, prefix string, results map[string][]float64) {
	t.Helper()
	compared, worst, of := 0, 0.0, ""
	for name, want := range c.data {
		name, ok := strings.CutPrefix(name, prefix)
		if !ok || strings.Contains(name, "grad_") {
			continue
		}
		x := results[name]
		if len(x) != len(want) {
			t.Errorf("%s has %d values, want %d", name, len(x), len(want))
			continue
		}
		compared++
		scale, off := 0.0, 0.0
		for i, v := range want {
			scale, off = max(scale, math.Abs(v)), max(off, math.Abs(x[i]-v))
		}
		if tolerance := referenceTolerance[c.dtype]; !(off <= tolerance*scale) {
			t.Errorf("%s is off by %.3g of its greatest value, %.3g; want at most %g", name, off/scale, scale, tolerance)
		}
		if scale > 0 && off/scale > worst {
			worst, of = off/scale, name
		}
	}
	if compared == 0 {
		t.Error("nothing was compared")
	}
	t.Logf("%d arrays, the worst off by %.2g: %s", compared, worst, of)
}
