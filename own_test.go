package wave_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/stencil"
)

// TestEquationIsChecked: what a user's equation lacks is an error before anything runs.
func TestEquationIsChecked(t *testing.T) {
	v := constant(array.Float64, 2000, 12, 13)
	for want, change := range map[string]func(e *equation.Equation){
		"it has no Models":                   func(e *equation.Equation) { e.Models = nil },
		`models are called "v" twice`:        func(e *equation.Equation) { e.Models = append(e.Models, e.Models[0]) },
		"Write, Waves or Show is nil":        func(e *equation.Equation) { e.Write = nil },
		"Write, Waves or Show is nil, want":  func(e *equation.Equation) { e.Waves = nil },
		"Write, Waves or Show is nil, want ": func(e *equation.Equation) { e.Show = nil },
		`lists "q", which is no field`:       func(e *equation.Equation) { e.Watch = func(equation.Grid) []string { return []string{"q"} } },
		"Write returns no program": func(e *equation.Equation) {
			e.Write = func(equation.Grid) *equation.System { return &equation.System{} }
		},
		`models are called "dv" twice`:      func(e *equation.Equation) { *e = *equation.Born(equation.Born(e)) },
		`it has no model "c" that could be`: func(e *equation.Equation) { *e = *equation.Born(e, "v", "c") },
		`receiver channels are called "pressure" twice`: func(e *equation.Equation) {
			e.Write = func(g equation.Grid) *equation.System {
				s := equation.Scalar().Write(g)
				s.Receivers = append(s.Receivers, s.Receivers[0])
				return s
			}
		},
		"source channel pressure has a series that is none of the program's": func(e *equation.Equation) {
			e.Write = func(g equation.Grid) *equation.System {
				s := equation.Scalar().Write(g)
				s.Sources[0].Series = nil
				return s
			}
		},
		"parameters [speed] have no value":          with(stencil.Param("speed")),
		"c_x (profile) has no values":               with((&stencil.Field{Name: "c_x", Kind: stencil.Profile, Dim: 1}).At()),
		"the program's slowness (model) is none of": with((&stencil.Field{Name: "slowness"}).At()),
	} {
		e := equation.Scalar()
		write := e.Write
		e.Write = func(g equation.Grid) *equation.System { return write(g) }
		change(e)
		s := wave.Survey{Spacing: []float64{5}, DT: 0.0005, NT: 3, Receivers: wave.Receivers{Points: at([]int{3, 4})}}
		_, err := wave.Run(t.Context(), e, wave.Models{"v": v}, s, wave.Options{PMLFreq: 25})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "wave: eq is unusable, want one that can be run: equation ") {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// with adds x times the wavefield to what a step of an equation makes of it.
func with(x stencil.Expr) func(e *equation.Equation) {
	return func(e *equation.Equation) {
		e.Write = func(g equation.Grid) *equation.System {
			s := equation.Scalar().Write(g)
			step := s.Program.Body[1].(stencil.Update)
			step[0].RHS = stencil.Add(step[0].RHS, stencil.Mul(x, step[0].Dst.At()))
			return s
		}
	}
}

// TestChannelsNeedPoints: what would be ignored, and missing in the results, is refused.
func TestChannelsNeedPoints(t *testing.T) {
	eq := equation.Acoustic()
	models := medium(random(t, 1), eq, array.Float64, 0, 12, 13)
	for want, change := range map[string]func(s *wave.Survey){
		"Survey.Sources is without points and amplitudes, want them for its channel force_z": func(s *wave.Survey) { s.Sources.Channel = "force_z" },
		"Survey.Receivers is without points, want Cells or Positions for its channels vz, vx": func(s *wave.Survey) {
			s.Receivers.Channels = []string{"vz", "vx"}
		},
		"Survey.MoreReceivers[0] is without points": func(s *wave.Survey) { s.MoreReceivers = []wave.Receivers{{Channels: []string{"vz"}}} },
		"Survey.MoreReceivers[1].Channels is \"pressure\", want each channel once: Survey.MoreReceivers[0] has it": func(s *wave.Survey) {
			at := wave.Receivers{Points: wave.Points{Cells: [][][]int{{{3, 4}}}}}
			s.MoreReceivers = []wave.Receivers{at, at}
		},
		"": func(s *wave.Survey) { // no receivers, said by shots
			s.Receivers = wave.Receivers{Points: wave.Points{Cells: [][][]int{{}}}, Channels: []string{"vz"}}
		},
	} {
		s := wave.Survey{Spacing: []float64{5}, DT: 0.0005, NT: 3}
		change(&s)
		_, err := wave.New(t.Context(), eq, models, s, wave.Options{PMLFreq: 25})
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestEdgesStand: sides that are said to be free or rigid are those of the model, whatever SurveyPad
// says; what absorbs comes as near as it says.
func TestEdgesStand(t *testing.T) {
	shape := []int{30, 40}
	for _, eq := range []*equation.Equation{equation.Scalar(), equation.Acoustic()} {
		models := medium(random(t, 1), eq, array.Float64, 0, shape...)
		s := wave.Survey{Spacing: []float64{5}, DT: 0.0005, NT: 3}
		s.Receivers.Cells = [][][]int{{{12, 20}, {14, 22}}}
		for _, c := range []struct {
			edges          []wave.Edge
			width          int
			origin, region []int
		}{
			{nil, 3, []int{10, 18}, []int{7, 7}},
			{nil, 0, []int{10, 18}, []int{7, 7}}, // as the reference has it
			{[]wave.Edge{wave.Free, 0, 0, 0}, 3, []int{0, 18}, []int{17, 7}},
			{[]wave.Edge{0, wave.Free, 0, eq.End}, 3, []int{10, 18}, []int{20, 22}},
		} {
			o := wave.Options{PMLFreq: 25, PMLWidth: []int{c.width}, Edges: c.edges, SurveyPad: []int{2}}
			sim, err := wave.New(t.Context(), eq, models, s, o)
			if err != nil {
				t.Fatal(err)
			}
			if p := sim.Plan(); !slices.Equal(p.Origin, c.origin) || !slices.Equal(p.Region, c.region) {
				t.Errorf("%s, edges %v: region %v from %v on, want %v from %v on", eq.Name, c.edges, p.Region, p.Origin, c.region, c.origin)
			}
		}
	}
}
