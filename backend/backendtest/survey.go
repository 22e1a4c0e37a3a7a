package backendtest

import (
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/stencil"
)

// Survey is one shot of an equation in float64, without package wave: every step is one of the
// scheme's, and all places are those of its grid.
type Survey struct {
	Equation *equation.Equation
	Accuracy int
	// Models are on the model's cells, [cells ...]; the PML around them repeats their edges.
	Models  equation.Models
	Spacing float64 // m, in all dimensions
	DT      float64 // s
	Steps   int
	PML     [][2]int // widths in cells
	Freq    float64  // Hz, of the PML
	// Sources and receivers by the names of their channels.
	Sources   map[string][]Source
	Receivers map[string][][]int // cells
}

// Source is a source on a cell of the model. What is said as a function of time is sampled when
// the channel acts.
type Source struct {
	Cell      []int
	Amplitude func(t float64) float64
}

// Plan makes the survey's plan.
func (s *Survey) Plan(t testing.TB) (*backend.Plan, *equation.System) {
	t.Helper()
	ndim := len(s.PML)
	system := s.Equation.Write(equation.Grid{NDim: ndim, Accuracy: s.Accuracy})
	used := map[*stencil.Series]bool{}
	for _, ch := range system.Sources {
		used[ch.Series] = len(s.Sources[ch.Name]) > 0
	}
	for _, ch := range system.Receivers {
		used[ch.Series] = len(s.Receivers[ch.Name]) > 0
	}
	spacing := make([]float64, ndim)
	for d := range spacing {
		spacing[d] = s.Spacing
	}
	given := equation.Models{}
	for name, a := range s.Models {
		given[name] = array.Reshape(a, append([]int{1}, a.Shape()...)...)
	}
	_, fastest, err := s.Equation.Speeds(t.Context(), given)
	if err != nil {
		t.Fatal(err)
	}
	if _, ratio := equation.CFL(s.DT, spacing, fastest); ratio != 1 {
		t.Fatalf("a time step of %g s is not stable with speeds of %g m/s", s.DT, fastest)
	}
	program := system.Program.Without(func(x *stencil.Series) bool { return !used[x] }).Bind(equation.Params(s.DT, spacing)).Premultiplied()
	cells := given[s.Equation.Models[0].Name].Shape()[1:]
	shape := make([]int, ndim)
	for d, w := range s.PML {
		shape[d] = cells[d] + w[0] + w[1]
	}
	layout, err := stencil.NewLayout(program, shape, s.PML)
	if err != nil {
		t.Fatal(err)
	}
	p := &backend.Plan{
		Program: program, Layout: layout, DType: array.Float64, Shots: 1, Steps: s.Steps,
		Fields: map[string]*array.Array{}, Series: map[string]*array.Array{}, Points: map[string][]stencil.Points{},
	}
	setMedium(t, p, s.Equation, padded(given, layout), equation.PML{Width: s.PML, Spacing: spacing, DT: s.DT, MaxVel: fastest, Freq: s.Freq})

	point := func(cell []int) []stencil.Entry {
		at := 0
		for d, x := range cell {
			at = at*layout.Shape[d] + x + s.PML[d][0] + layout.Halo
		}
		return []stencil.Entry{{Cell: at, Weight: 1}}
	}
	names := map[string]bool{}
	for _, ch := range system.Sources {
		names[ch.Name] = true
		if !used[ch.Series] {
			continue
		}
		var points stencil.Points
		var x []float64
		for _, source := range s.Sources[ch.Name] {
			points = append(points, point(source.Cell))
			for k := range s.Steps {
				x = append(x, source.Amplitude((float64(k)+ch.Time)*s.DT))
			}
		}
		p.Points[ch.Series.Points] = []stencil.Points{points}
		p.Series[ch.Series.Name] = array.Of64(x, 1, len(points), s.Steps)
	}
	for _, ch := range system.Receivers {
		names["to "+ch.Name] = true
		if !used[ch.Series] {
			continue
		}
		var points stencil.Points
		for _, cell := range s.Receivers[ch.Name] {
			points = append(points, point(cell))
		}
		p.Points[ch.Series.Points] = []stencil.Points{points}
	}
	for name := range s.Sources {
		if !names[name] {
			t.Fatalf("equation %s has no source %q", s.Equation.Name, name)
		}
	}
	for name := range s.Receivers {
		if !names["to "+name] {
			t.Fatalf("equation %s has no receiver %q", s.Equation.Name, name)
		}
	}
	return p, system
}

// Run returns what the receivers of each channel record on a device.
func (s *Survey) Run(t testing.TB, device string) map[string][][]float64 {
	t.Helper()
	p, system := s.Plan(t)
	dev, err := backend.Open(device)
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	run := stepped(t, dev, p)
	defer run.Close()
	out := map[string][][]float64{}
	for _, ch := range system.Receivers {
		if len(s.Receivers[ch.Name]) == 0 {
			continue
		}
		a, err := run.Series(ch.Series.Name)
		if err != nil {
			t.Fatal(err)
		}
		for x := a.Float64s(); len(x) > 0; x = x[s.Steps:] {
			out[ch.Name] = append(out[ch.Name], x[:s.Steps])
		}
	}
	return out
}

// padded pads models to the grid by repeating their edges.
func padded(given equation.Models, l *stencil.Layout) equation.Models {
	before, after := []int{0}, []int{0}
	for _, w := range l.PML {
		before, after = append(before, l.Halo+w[0]), append(after, l.Halo+w[1])
	}
	out := equation.Models{}
	for name, a := range given {
		out[name] = array.PadEdge(a, before, after)
	}
	return out
}

// setMedium gives a plan its models, from those given on its grid, and profiles.
func setMedium(t testing.TB, p *backend.Plan, eq *equation.Equation, given equation.Models, profiles equation.PML) {
	t.Helper()
	models, err := eq.Derived(t.Context(), given, p.Layout.Halo)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Program.Fields() {
		switch f.Kind {
		case stencil.Model:
			p.Fields[f.Name] = models[f.Name]
		case stencil.Profile:
			x, ok := profiles.Of(f, p.Layout)
			if !ok {
				t.Fatalf("%s has no values", f)
			}
			p.Fields[f.Name] = array.Convert(p.DType, x, len(x))
		}
	}
}
