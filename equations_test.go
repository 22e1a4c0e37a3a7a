package wave_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/functional"
)

var (
	staggered    = []*equation.Equation{equation.Acoustic(), equation.Elastic(), equation.ElasticSpeeds()}
	allEquations = append(staggered, equation.Scalar(), equation.Born(equation.Scalar()), equation.Born(equation.Acoustic()), equation.Born(equation.ElasticSpeeds()))
)

// medium returns random models of an equation, for all shots or (shots > 0) each its own.
func medium(rng *rand.Rand, eq *equation.Equation, dt array.DType, shots int, shape ...int) wave.Models {
	if shots > 0 {
		shape = append([]int{shots}, shape...)
	}
	bounds := map[string][2]float64{
		"v": {1500, 2500}, "vp": {1800, 2600}, "vs": {700, 1200}, "rho": {1000, 2500}, "tau": {0.01, 0.1}, "rate": {50, 100},
		"lamb": {2e9, 6e9}, "mu": {1e9, 3e9}, "buoyancy": {4e-4, 1e-3},
	}
	out := wave.Models{}
	for _, m := range eq.Models {
		if base, ok := strings.CutPrefix(m.Name, "d"); ok {
			b := bounds[base]
			out[m.Name] = uniform(rng, dt, 0.01*(b[0]-b[1]), 0.01*(b[1]-b[0]), shape...)
			continue
		}
		out[m.Name] = uniform(rng, dt, bounds[m.Name][0], bounds[m.Name][1], shape...)
	}
	return out
}

// everywhere is a survey with sources in all channels of an equation and receivers of all, each at
// cells of its own.
func everywhere(rng *rand.Rand, eq *equation.Equation, dt array.DType, shots, nt int, shape ...int) wave.Survey {
	points := func(n int) wave.Points {
		var p wave.Points
		for range shots {
			var list [][]int
			for range n {
				var c []int
				for _, m := range shape {
					c = append(c, rng.IntN(m-1))
				}
				list = append(list, c)
			}
			p.Cells = append(p.Cells, list)
		}
		return p
	}
	s := wave.Survey{Spacing: []float64{5}, DT: 0.0005}
	system := eq.Write(equation.Grid{NDim: len(shape), Accuracy: 4})
	for i, c := range system.Sources {
		source := wave.Sources{Points: points(2), Channel: c.Name, Amplitudes: uniform(rng, dt, -1, 1, shots, 2, nt)}
		if strings.HasPrefix(c.Name, "force") {
			source.Amplitudes = array.Scale(1e6, source.Amplitudes) // stresses and velocities of one order
		}
		if i == 0 {
			s.Sources = source
		} else {
			s.MoreSources = append(s.MoreSources, source)
		}
	}
	for i, c := range system.Receivers {
		r := wave.Receivers{Points: points(2), Channels: []string{c.Name}}
		if i == 0 {
			s.Receivers = r
		} else {
			s.MoreReceivers = append(s.MoreReceivers, r)
		}
	}
	return s
}

// only is a survey of some of its shots.
func only(s wave.Survey, shot int) wave.Survey {
	s.MoreSources, s.MoreReceivers = slices.Clone(s.MoreSources), slices.Clone(s.MoreReceivers)
	each(&s, func(src *wave.Sources) {
		src.Cells, src.Amplitudes = src.Cells[shot:shot+1], slot(src.Amplitudes, shot)
	}, func(r *wave.Receivers) { r.Cells = r.Cells[shot : shot+1] })
	return s
}

// each calls functions for all sources and receivers of a survey.
func each(s *wave.Survey, source func(*wave.Sources), receivers func(*wave.Receivers)) {
	source(&s.Sources)
	for i := range s.MoreSources {
		source(&s.MoreSources[i])
	}
	receivers(&s.Receivers)
	for i := range s.MoreReceivers {
		receivers(&s.MoreReceivers[i])
	}
}

// simulate is wave.Run for arguments that must work.
func simulate(t testing.TB, eq *equation.Equation, m wave.Models, s wave.Survey, o wave.Options) *wave.Result {
	t.Helper()
	res, err := wave.Run(t.Context(), eq, m, s, o)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// sides are PML widths of all sides, some of them none.
func sides(rng *rand.Rand, ndim int) []int {
	w := make([]int, 2*ndim)
	for i := range w {
		w[i] = []int{0, 3, 4, 5}[rng.IntN(4)]
	}
	return w
}

var boxes = [][]int{{23}, {17, 19}, {11, 12, 13}}

// TestAnyEquation: runs repeat to the bit, also with other models; a shot of a batch is what it is
// alone, and a run in two parts what it is in one; the backends agree.
func TestAnyEquation(t *testing.T) {
	slow(t)
	for i, eq := range allEquations {
		for _, shape := range boxes {
			t.Run(fmt.Sprintf("%s-%d/%dd", eq.Name, i, len(shape)), func(t *testing.T) {
				const shots, nt, part = 2, 24, 11
				rng := random(t, uint64(len(shape)))
				models, others := medium(rng, eq, array.Float64, shots, shape...), medium(rng, eq, array.Float64, shots, shape...)
				s := everywhere(rng, eq, array.Float64, shots, nt, shape...)
				o := wave.Options{Accuracy: 2 + 2*rng.IntN(4), PMLFreq: 25, PMLWidth: sides(rng, len(shape)), MaxVel: 3000}
				var all *wave.Result
				for _, backend := range backends {
					o.Backend = backend
					sim, err := wave.New(t.Context(), eq, models, s, o)
					if err != nil {
						t.Fatal(err)
					}
					defer sim.Close()
					forward := func() *wave.Result {
						res, err := sim.Forward(t.Context())
						if err != nil {
							t.Fatal(err)
						}
						return res
					}
					res := forward()
					if res.StepRatio != 1 {
						t.Fatalf("StepRatio is %d: the parts would not be the whole", res.StepRatio)
					}
					if all == nil {
						all = res
					}
					if len(res.Records) != 1+len(s.MoreReceivers) {
						t.Errorf("%d channels are recorded, want %d", len(res.Records), 1+len(s.MoreReceivers))
					}
					for name, a := range outputs(res) {
						if d := difference(a.Float64s(), outputs(all)[name].Float64s()); !(d <= 1e-11) {
							t.Errorf("%s: %s is off by %.3g from %s's", backend, name, d, backends[0])
						}
						if strings.HasPrefix(name, "record") && maxAbs(a.Float64s()) == 0 {
							t.Errorf("%s is zero", name)
						}
					}
					sameBits(t, forward(), res)
					if err := sim.SetModels(t.Context(), others); err != nil {
						t.Fatal(err)
					}
					sameBits(t, forward(), simulate(t, eq, others, s, o))
					if err := sim.SetModels(t.Context(), models); err != nil {
						t.Fatal(err)
					}
					sameBits(t, forward(), res)
					if err := sim.Close(); err != nil {
						t.Error(err)
					}
					sameBits(t, forward(), res)

					for shot := range shots {
						alone := wave.Models{}
						for name, a := range models {
							alone[name] = slot(a, shot)
						}
						for name, a := range outputs(simulate(t, eq, alone, only(s, shot), o)) {
							if !sameArray(slot(outputs(res)[name], shot), a) {
								t.Errorf("%s: shot %d alone: %s differs by %.3g", backend, shot, name, difference(slot(outputs(res)[name], shot).Float64s(), a.Float64s()))
							}
						}
					}
					first := simulate(t, eq, models, between(s, 0, part), o)
					rest := between(s, part, nt)
					rest.Initial, rest.Origin = first.Wavefields, first.Origin
					second := simulate(t, eq, models, rest, o)
					for name, a := range res.Records {
						if got := joined(first.Records[name], second.Records[name]); !slices.Equal(got, a.Float64s()) {
							t.Errorf("%s: in two parts: %s differs by %.3g", backend, name, difference(got, a.Float64s()))
						}
					}
					second.Records = res.Records
					sameBits(t, second, res)
				}
			})
		}
	}
}

// between cuts a survey in time.
func between(s wave.Survey, from, to int) wave.Survey {
	s.MoreSources, s.MoreReceivers = slices.Clone(s.MoreSources), slices.Clone(s.MoreReceivers)
	each(&s, func(src *wave.Sources) {
		n := src.Amplitudes.Shape()
		src.Amplitudes = array.Slice(src.Amplitudes, []int{0, 0, from}, []int{n[0], n[1], to - from})
	}, func(*wave.Receivers) {})
	return s
}

// TestFreeSides: a free side of a staggered grid is a row of vacuum beyond the model, a rigid one
// nothing at all; on any side.
func TestFreeSides(t *testing.T) {
	slow(t)
	for _, eq := range staggered {
		for _, shape := range boxes {
			for side := range 2 * len(shape) {
				rng := random(t, uint64(side))
				models := medium(rng, eq, array.Float64, 0, shape...)
				s := everywhere(rng, eq, array.Float64, 1, 30, shape...)
				o := wave.Options{Accuracy: 2 + 2*rng.IntN(4), PMLFreq: 25, PMLWidth: []int{4}, MaxVel: 3000}
				o.Edges = make([]wave.Edge, 2*len(shape))
				o.Edges[side] = wave.Free
				free := simulate(t, eq, models, s, o)

				// The same by hand.
				by, d := o, side/2
				by.Edges, by.PMLWidth = nil, slices.Repeat([]int{4}, 2*len(shape))
				by.PMLWidth[side] = 0
				if !slices.Equal(free.PMLWidth, by.PMLWidth) {
					t.Errorf("%s: PMLWidth is %v, want %v", eq.Name, free.PMLWidth, by.PMLWidth)
				}
				lo, larger := make([]int, len(shape)), slices.Clone(shape)
				larger[d]++
				lo[d] = 1 - side%2
				wide := wave.Models{}
				for name, a := range models {
					wide[name] = array.Assemble(array.Float64, larger, [][]int{lo}, a)
				}
				moved := between(s, 0, 30)
				move := func(p *wave.Points) {
					list := [][]int{}
					for _, c := range p.Cells[0] {
						c = slices.Clone(c)
						c[d] += lo[d]
						list = append(list, c)
					}
					p.Cells = [][][]int{list}
				}
				each(&moved, func(src *wave.Sources) { move(&src.Points) }, func(r *wave.Receivers) { move(&r.Points) })
				sameBits(t, free, simulate(t, eq, wide, moved, by))

				o.Edges[side] = wave.Rigid
				sameBits(t, simulate(t, eq, models, s, o), simulate(t, eq, models, s, by))
			}
		}
	}
}

// TestEdgesAreChecked: what an equation's sides cannot be is refused.
func TestEdgesAreChecked(t *testing.T) {
	for _, c := range []struct {
		eq    *equation.Equation
		edges []wave.Edge
		pml   []int
		want  string
	}{
		{equation.Scalar(), []wave.Edge{wave.Rigid}, nil, "Options.Edges is [rigid], want absorbing or free for sides of equation scalar"},
		{equation.Acoustic(), []wave.Edge{7}, nil, "Options.Edges is [Edge(7)], want absorbing or rigid or free"},
		{equation.Acoustic(), []wave.Edge{wave.Absorbing}, []int{0}, "Options.PMLWidth is [0], want 1 or more cells on the sides that Options.Edges says are absorbing"},
		{equation.Acoustic(), make([]wave.Edge, 3), nil, "want nothing, one value, or 4"},
		{equation.Scalar(), []wave.Edge{wave.Free}, nil, ""},
		{equation.Acoustic(), []wave.Edge{wave.Free}, nil, ""},
		{equation.Acoustic(), []wave.Edge{wave.Free, wave.Absorbing, wave.Rigid, wave.Rigid}, []int{5}, ""},
	} {
		s := wave.Survey{Spacing: []float64{5}, DT: 0.0005, NT: 3}
		_, err := wave.New(t.Context(), c.eq, medium(random(t, 1), c.eq, array.Float64, 0, 12, 13), s, wave.Options{Edges: c.edges, PMLWidth: c.pml, PMLFreq: 25})
		if (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %v, %v: %v, want %q", c.eq.Name, c.edges, c.pml, err, c.want)
		}
	}
}

// TestBornOfAnyEquation: the Born form is the derivative of the equation, as functional.JVP finds it
// (with perturbations that are zero on the model's edge cells), in all channels and wavefields.
func TestBornOfAnyEquation(t *testing.T) {
	slow(t)
	for _, eq := range []*equation.Equation{equation.Scalar(), equation.Acoustic(), equation.Elastic(), equation.ElasticSpeeds()} {
		for _, shape := range boxes {
			rng := random(t, uint64(len(shape)))
			models := medium(rng, eq, array.Float64, 0, shape...)
			s := everywhere(rng, eq, array.Float64, 1, 20, shape...)
			o := wave.Options{Backend: "eager", PMLFreq: 25, PMLWidth: []int{3}, MaxVel: 3000}
			names := slices.Sorted(maps.Keys(models))
			both := maps.Clone(models)
			var x, dx []*array.Array
			for _, name := range names {
				d := array.Mul(array.Scale(1e-4, interior(rng, shape...)), models[name])
				both["d"+name], x, dx = d, append(x, models[name]), append(dx, d)
			}
			var found []string
			_, dy, err := functional.JVPN(func(x []*array.Array) ([]*array.Array, error) {
				m := wave.Models{}
				for i, name := range names {
					m[name] = x[i]
				}
				res, err := wave.Run(t.Context(), eq, m, s, o)
				if err != nil {
					return nil, err
				}
				found = slices.Sorted(maps.Keys(outputs(res)))
				var out []*array.Array
				for _, name := range found {
					out = append(out, outputs(res)[name])
				}
				return out, nil
			}, x, dx)
			if err != nil {
				t.Fatal(err)
			}
			for _, backend := range backends {
				o.Backend = backend
				scattered := s
				scattered.MoreReceivers = slices.Clone(s.MoreReceivers)
				each(&scattered, func(*wave.Sources) {}, func(r *wave.Receivers) { r.Channels = []string{"d" + r.Channels[0]} })
				res := simulate(t, equation.Born(eq), both, scattered, o)
				for i, name := range found {
					got := res.Wavefields["d"+name]
					if channel, ok := strings.CutPrefix(name, "record "); ok {
						got = res.Records["d"+channel]
					}
					if d := difference(got.Float64s(), dy[i].Float64s()); !(d <= 1e-11) {
						t.Errorf("%s %v on %s: d%s is off by %.3g", eq.Name, shape, backend, name, d)
					}
				}
			}
			// One model's alone.
			one := names[len(names)-1]
			some := maps.Clone(models)
			some["d"+one] = both["d"+one]
			zeros := maps.Clone(models)
			for _, name := range names {
				zeros["d"+name] = array.Zeros(array.Float64, shape...)
			}
			zeros["d"+one] = both["d"+one]
			sameBits(t, simulate(t, equation.Born(eq, one), some, s, o), simulate(t, equation.Born(eq), zeros, s, o))
		}
	}
}

// TestGradOfAnyEquation: reverse mode is the transpose of forward mode, for each model.
func TestGradOfAnyEquation(t *testing.T) {
	slow(t)
	for _, eq := range staggered {
		shape := []int{13, 14}
		rng := random(t, 3)
		models := medium(rng, eq, array.Float64, 0, shape...)
		s := everywhere(rng, eq, array.Float64, 1, 20, shape...)
		o := wave.Options{Backend: "eager", PMLFreq: 25, PMLWidth: []int{3, 0, 2, 3}, Edges: []wave.Edge{0, wave.Free, 0, 0}, MaxVel: 3000}
		for _, m := range eq.Models {
			weights := map[string]*array.Array{}
			f := func(x *array.Array) (*array.Array, error) {
				given := maps.Clone(models)
				given[m.Name] = x
				res, err := wave.Run(t.Context(), eq, given, s, o)
				if err != nil {
					return nil, err
				}
				sum := array.Zeros(array.Float64)
				for _, name := range slices.Sorted(maps.Keys(res.Records)) {
					if weights[name] == nil {
						weights[name] = uniform(rng, array.Float64, -1, 1, res.Records[name].Shape()...)
					}
					sum = array.Add(sum, array.Dot(res.Records[name], weights[name]))
				}
				return sum, nil
			}
			if _, err := f(models[m.Name]); err != nil {
				t.Fatal(err)
			}
			dx := array.Mul(uniform(rng, array.Float64, -1, 1, shape...), models[m.Name])
			g, err := functional.Grad(f)(models[m.Name])
			if err != nil {
				t.Fatal(err)
			}
			_, dy, err := functional.JVP(f, models[m.Name], dx)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := array.Dot(g, dx).At()
			want, _ := dy.At()
			if e := math.Abs(got-want) / math.Abs(want); !(e <= 1e-10) {
				t.Errorf("%s: gradient by %s: %.12g, forward mode %.12g", eq.Name, m.Name, got, want)
			}
		}
	}
}

// TestPositionsOfChannels: a position is where the channel is: a velocity's half a cell further on
// along its own dimension than a cell.
func TestPositionsOfChannels(t *testing.T) {
	slow(t)
	for _, eq := range staggered {
		for _, shape := range boxes {
			rng := random(t, 9)
			models := medium(rng, eq, array.Float64, 0, shape...)
			o := wave.Options{PMLFreq: 25, PMLWidth: []int{3}, MaxVel: 3000}
			s := everywhere(rng, eq, array.Float64, 1, 20, shape...)
			system := eq.Write(equation.Grid{NDim: len(shape), Accuracy: 4})
			exact := between(s, 0, 20)
			place := func(p *wave.Points, half [3]bool) {
				var list [][]float64
				for _, c := range p.Cells[0] {
					x := floats(c, 0)
					for d := range x {
						if half[d] {
							x[d] += 0.5
						}
					}
					list = append(list, x)
				}
				*p = wave.Points{Positions: [][][]float64{list}}
			}
			find := func(of []equation.Channel, name string) [3]bool {
				return of[slices.IndexFunc(of, func(c equation.Channel) bool { return c.Name == name })].Half
			}
			each(&exact, func(src *wave.Sources) { place(&src.Points, find(system.Sources, src.Channel)) },
				func(r *wave.Receivers) { place(&r.Points, find(system.Receivers, r.Channels[0])) })
			sameBits(t, simulate(t, eq, models, exact, o), simulate(t, eq, models, s, o))
		}
	}
}

// TestLastHalfCell: whole cells whose other half is beyond the model are refused, but on a free
// surface, where there is something.
func TestLastHalfCell(t *testing.T) {
	eq := equation.Acoustic()
	models := medium(random(t, 1), eq, array.Float64, 0, 12, 13)
	for _, c := range []struct {
		channel string
		cell    []int
		edges   []wave.Edge
		pad     []int
		ok      bool
	}{
		{"vz", []int{11, 5}, nil, nil, false}, {"vz", []int{10, 5}, nil, nil, true}, {"vz", []int{5, 12}, nil, nil, true},
		{"vx", []int{5, 12}, nil, nil, false}, {"pressure", []int{11, 12}, nil, nil, true},
		{"vz", []int{11, 5}, []wave.Edge{0, wave.Rigid, 0, 0}, nil, false}, {"vz", []int{11, 5}, []wave.Edge{0, wave.Free, 0, 0}, nil, true},
		{"vz", []int{7, 5}, []wave.Edge{0, wave.Rigid, 0, 0}, []int{0}, true}, {"vz", []int{7, 5}, nil, []int{0}, true},
	} {
		s := wave.Survey{Spacing: []float64{5}, DT: 0.0005, NT: 3}
		s.Receivers = wave.Receivers{Points: wave.Points{Cells: [][][]int{{c.cell}}}, Channels: []string{c.channel}}
		_, err := wave.New(t.Context(), eq, models, s, wave.Options{PMLFreq: 25, PMLWidth: []int{3}, Edges: c.edges, SurveyPad: c.pad})
		if c.ok != (err == nil) || err != nil && !errors.Is(err, wave.ErrOutside) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestPointsInVacuum: what does nothing there is warned of, and what would stay there refused.
func TestPointsInVacuum(t *testing.T) {
	const nz, nx, surface = 20, 21, 6
	for _, eq := range staggered {
		models := medium(random(t, 1), eq, array.Float64, 0, nz-surface, nx)
		for name, a := range models {
			models[name] = array.Assemble(array.Float64, []int{nz, nx}, [][]int{{surface, 0}}, a)
		}
		for _, c := range []struct {
			source, receiver string
			z                int
			want             string // an error, or a warning
			only             string // equation
		}{
			{"pressure", "pressure", surface, "", ""},
			{"pressure", "", surface - 1, "error", "elastic"},
			{"pressure", "", surface - 1, "warning", "acoustic"},
			{"force_z", "", surface - 1, "", ""},
			{"force_x", "", surface - 1, "warning", ""},
			{"moment_xz", "", surface - 1, "error", "elastic"},
			{"moment_xz", "", surface, "", "elastic"},
			{"", "pressure", surface - 1, "warning", ""},
			{"", "vz", surface - 1, "", ""},
			{"", "vz", surface - 2, "warning", ""},
		} {
			if c.only != "" && c.only != eq.Name {
				continue
			}
			s := wave.Survey{Spacing: []float64{5}, DT: 0.0005}
			at := wave.Points{Cells: [][][]int{{{c.z, 9}}}}
			if c.source != "" {
				s.Sources = wave.Sources{Points: at, Channel: c.source, Amplitudes: array.Of64(bump(40), 1, 1, 40)}
			} else {
				s.NT = 40
			}
			if c.receiver != "" {
				s.Receivers = wave.Receivers{Points: at, Channels: []string{c.receiver}}
			}
			sim, err := wave.New(t.Context(), eq, models, s, wave.Options{PMLFreq: 25, PMLWidth: []int{3}})
			got := ""
			if err != nil {
				got = "error"
				if !strings.Contains(err.Error(), "Survey.Sources.Cells[0][0] is in vacuum, want in a medium") {
					t.Errorf("%s: %v", eq.Name, err)
				}
			} else {
				for _, w := range sim.Plan().Warnings {
					if w.Kind == wave.WarnVacuum {
						got = "warning"
					}
				}
			}
			if got != c.want {
				t.Errorf("%s: %+v: %q, %v", eq.Name, c, got, err)
			}
		}
	}
}

// TestSetModelsIsChecked: models of another shape or type, and faster than the time step is made
// for, are refused, and leave the simulation as it was.
func TestSetModelsIsChecked(t *testing.T) {
	eq := equation.ElasticSpeeds()
	models := medium(random(t, 1), eq, array.Float64, 0, 12, 13)
	s := everywhere(random(t, 2), eq, array.Float64, 1, 10, 12, 13)
	sim, err := wave.New(t.Context(), eq, models, s, wave.Options{PMLFreq: 25, PMLWidth: []int{3}})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	before, err := sim.Forward(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]wave.Models{
		"model vp is of shape [12 14]":                            {"vp": constant(array.Float64, 2000, 12, 14)},
		"model vp is of shape [1 12 13], want [12 13], as it was": {"vp": constant(array.Float64, 2000, 1, 12, 13)},
		"model rho is of float32":                                 {"rho": constant(array.Float32, 2000, 12, 13)},
		"model vs is -1, want at least 0":                         {"vs": constant(array.Float64, -1, 12, 13)},
		"model c is given, want only vp, vs, rho":                 {"c": constant(array.Float64, 1, 12, 13)},
		"Options.MaxVel is":                                       {"vp": constant(array.Float64, 4000, 12, 13)},
	} {
		if err := sim.SetModels(t.Context(), m); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %q", err, name)
		}
	}
	after, err := sim.Forward(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sameBits(t, after, before)
}
