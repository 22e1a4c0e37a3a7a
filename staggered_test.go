package wave_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
)

// TestFramesOfAnyEquation: a callback sees the wavefields of the equation, at the last step those of
// the result, and the models of its program; progress goes from nothing to all steps.
func TestFramesOfAnyEquation(t *testing.T) {
	for _, eq := range allEquations {
		for _, backend := range backends {
			shape := []int{14, 15}
			rng := random(t, 4)
			models := medium(rng, eq, array.Float64, 0, shape...)
			s := everywhere(rng, eq, array.Float64, 2, 12, shape...)
			last := map[string]*array.Array{}
			seen := 0
			o := wave.Options{Backend: backend, PMLFreq: 25, PMLWidth: []int{0, 3, 3, 4}, MaxVel: 3000, CallbackEvery: 6}
			o.Callback = func(f *wave.Frame) error {
				seen++
				for _, name := range f.Names() {
					a, err := f.Field(name, wave.ViewPML)
					if err != nil {
						return err
					}
					one, err := f.FieldOf(name, 1, wave.ViewPML)
					if err != nil {
						return err
					}
					if n := a.Shape()[0]; !slices.Equal(one.Float64s(), slot(a, n-1).Float64s()) {
						t.Errorf("%s on %s: %s of the last shot is not that of all", eq.Name, backend, name)
					}
					last[name] = a
				}
				return nil
			}
			told := []int{-1}
			o.Progress = func(done, total int) {
				if told = append(told, done); done <= told[len(told)-2] || done > total {
					t.Errorf("%s on %s: progress is %v of %d, want more each time", eq.Name, backend, told[1:], total)
				}
			}
			res := simulate(t, eq, models, s, o)
			if told[1] != 0 || told[len(told)-1] != res.Steps {
				t.Errorf("%s on %s: progress from %d to %d, want 0 to %d", eq.Name, backend, told[1], told[len(told)-1], res.Steps)
			}
			if seen != 3 { // before the first step, in the middle, after the last
				t.Errorf("%s on %s: %d frames, want 3", eq.Name, backend, seen)
			}
			for name, a := range res.Wavefields {
				if !sameArray(last[name], a) {
					t.Errorf("%s on %s: %s at the last step is not that of the result", eq.Name, backend, name)
				}
			}
			program := eq.Program(2, 4)
			for _, f := range program.Fields() {
				if f.Kind.String() == "model" && last[f.Name] == nil {
					t.Errorf("%s on %s: frames lack model %s", eq.Name, backend, f.Name)
				}
			}
		}
	}
}

// TestRegionsOfAnyEquation: a region around the survey is as the model cut to it, with all kinds of
// sides.
func TestRegionsOfAnyEquation(t *testing.T) {
	slow(t)
	for _, eq := range allEquations {
		for _, edges := range [][]wave.Edge{nil, {wave.Free, wave.Absorbing, wave.Absorbing, wave.Free}} {
			shape, lo, size := []int{30, 31}, []int{7, 9}, []int{14, 13}
			if edges != nil { // of the model: a region reaches to free sides
				lo[0], lo[1] = 0, shape[1]-size[1]
			}
			rng := random(t, 6)
			models := medium(rng, eq, array.Float64, 0, shape...)
			cut := wave.Models{}
			for name, a := range models {
				cut[name] = array.Slice(a, lo, size)
			}
			s := everywhere(rng, eq, array.Float64, 1, 25, size...)
			corners := wave.Points{Cells: [][][]int{{{2, 2}, {size[0] - 3, size[1] - 3}}}}
			s.Receivers.Points = corners
			o := wave.Options{PMLFreq: 25, PMLWidth: []int{3}, Edges: edges, MaxVel: 3000}
			want := simulate(t, eq, cut, s, o)
			move := func(p *wave.Points) {
				var list [][]int
				for _, c := range p.Cells[0] {
					list = append(list, []int{c[0] + lo[0], c[1] + lo[1]})
				}
				p.Cells = [][][]int{list}
			}
			each(&s, func(src *wave.Sources) { move(&src.Points) }, func(r *wave.Receivers) { move(&r.Points) })
			least, most := slices.Clone(shape), []int{0, 0}
			each(&s, func(src *wave.Sources) {
				for _, c := range src.Cells[0] {
					for d, x := range c {
						least[d], most[d] = min(least[d], x), max(most[d], x)
					}
				}
			}, func(r *wave.Receivers) {
				for _, c := range r.Cells[0] {
					for d, x := range c {
						least[d], most[d] = min(least[d], x), max(most[d], x)
					}
				}
			})
			for d := range shape {
				o.SurveyPad = append(o.SurveyPad, least[d]-lo[d], lo[d]+size[d]-1-most[d])
			}
			got := simulate(t, eq, models, s, o)
			if !slices.Equal(got.Origin, lo) || !slices.Equal(got.Region, size) {
				t.Fatalf("%s: region %v from %v, want %v from %v", eq.Name, got.Region, got.Origin, size, lo)
			}
			sameBits(t, got, want)
		}
	}
}

// TestBackwardsInTime: with a negative time step pressure sources, velocities and what they are made
// of change their signs.
func TestBackwardsInTime(t *testing.T) {
	slow(t)
	for _, eq := range staggered {
		for _, backend := range backends {
			shape := []int{14, 15}
			rng := random(t, 8)
			models := medium(rng, eq, array.Float64, 0, shape...)
			s := everywhere(rng, eq, array.Float64, 1, 20, shape...)
			o := wave.Options{Backend: backend, PMLFreq: 25, PMLWidth: []int{3}, MaxVel: 3000}
			forward := simulate(t, eq, models, s, o)
			s.DT = -s.DT
			s.MoreSources = slices.Clone(s.MoreSources)
			each(&s, func(src *wave.Sources) {
				if !strings.HasPrefix(src.Channel, "force") {
					src.Amplitudes = array.Scale(-1, src.Amplitudes)
				}
			}, func(*wave.Receivers) {})
			back := simulate(t, eq, models, s, o)
			for name, a := range forward.Records {
				even := name == "pressure" || strings.HasPrefix(name, "sigma")
				if !even {
					a = array.Scale(-1, a)
				}
				if d := difference(back.Records[name].Float64s(), a.Float64s()); !(d <= 1e-13) {
					t.Errorf("%s on %s: %s differs by %.3g", eq.Name, backend, name, d)
				}
			}
		}
	}
}

// TestUnstableStaggered: a time step for too low a speed is warned of and ends with an error, on
// records and growth, whatever the equation; amplitudes that overflow are named.
func TestUnstableStaggered(t *testing.T) {
	slow(t)
	for _, eq := range staggered {
		for _, backend := range backends {
			shape := []int{20, 21}
			rng := random(t, 8)
			models := medium(rng, eq, array.Float32, 0, shape...)
			s := everywhere(rng, eq, array.Float32, 1, 400, shape...)
			s.DT = 0.002
			res, err := wave.Run(t.Context(), eq, models, s, wave.Options{Backend: backend, PMLFreq: 25, PMLWidth: []int{5}, MaxVel: 900})
			if !errors.Is(err, wave.ErrUnstable) && !errors.Is(err, wave.ErrNonFinite) {
				t.Fatalf("%s on %s: %v, %v, want ErrUnstable", eq.Name, backend, res, err)
			}
			refused(t, res, err, err, "the time step is made for speeds up to 900 m/s")

			if eq.Name != "acoustic" { // of which a modulus multiplies amplitudes
				continue
			}
			s = everywhere(rng, eq, array.Float32, 1, 10, shape...)
			each(&s, func(src *wave.Sources) {
				if src.Channel == "pressure" {
					src.Amplitudes = constant(array.Float32, 3e38, 1, 2, 10)
				}
			}, func(*wave.Receivers) {})
			res, err = wave.Run(t.Context(), eq, models, s, wave.Options{Backend: backend, PMLFreq: 25, PMLWidth: []int{5}, MaxVel: 3000})
			refused(t, res, err, wave.ErrNonFinite, "overflow float32")
		}
	}
}

// TestStepRatioOfAnyEquation: records of a divided time step are samples of the undivided one's.
func TestStepRatioOfAnyEquation(t *testing.T) {
	slow(t)
	for _, eq := range staggered {
		rng := random(t, 2)
		shape := []int{20, 21}
		models := medium(rng, eq, array.Float64, 0, shape...)
		const nt, ratio = 60, 3
		fine := everywhere(rng, eq, array.Float64, 1, nt*ratio, shape...)
		smooth := make([]float64, nt*ratio)
		for k := range smooth {
			a := math.Pow(math.Pi*30*(float64(k)*fine.DT-0.04), 2)
			smooth[k] = (1 - 2*a) * math.Exp(-a)
		}
		each(&fine, func(src *wave.Sources) {
			src.Amplitudes = array.Of64(slices.Concat(smooth, smooth), 1, 2, nt*ratio)
		}, func(*wave.Receivers) {})
		o := wave.Options{PMLFreq: 25, PMLWidth: []int{5}, MaxVel: 3000, OmitWavefields: true}
		want := simulate(t, eq, models, fine, o)
		coarse := fine
		coarse.MoreSources = slices.Clone(fine.MoreSources)
		coarse.DT *= ratio
		each(&coarse, func(src *wave.Sources) {
			var x []float64
			for k := 0; k < len(smooth); k += ratio {
				x = append(x, smooth[k])
			}
			src.Amplitudes = array.Of64(slices.Concat(x, x), 1, 2, nt)
		}, func(*wave.Receivers) {})
		got := simulate(t, eq, models, coarse, o)
		if want.StepRatio != 1 || got.StepRatio != ratio {
			t.Fatalf("%s: StepRatio %d and %d, want 1 and %d", eq.Name, want.StepRatio, got.StepRatio, ratio)
		}
		for name, a := range want.Records {
			x := a.Float64s()
			var sampled []float64
			for k := 0; k < len(x); k += ratio {
				sampled = append(sampled, x[k])
			}
			if d := difference(got.Records[name].Float64s(), sampled); !(d <= 2e-3) { // as amplitudes are interpolated
				t.Errorf("%s: %s differs by %.3g", eq.Name, name, d)
			}
		}
	}
}

// TestUserEquationIsChecked: an equation whose program cannot run is an error that says so.
func TestUserEquationIsChecked(t *testing.T) {
	s := wave.Survey{Spacing: []float64{5}, DT: 0.0005, NT: 3}
	if _, err := wave.New(t.Context(), nil, nil, s, wave.Options{}); err == nil || !strings.Contains(err.Error(), "eq is nil") {
		t.Error(err)
	}
	broken := *equation.Acoustic()
	write := broken.Write
	broken.Write = func(g equation.Grid) *equation.System {
		s := write(g)
		s.Program.NDim = 7
		return s
	}
	_, err := wave.New(t.Context(), &broken, medium(random(t, 1), &broken, array.Float64, 0, 12, 13), s, wave.Options{})
	var fe *wave.FieldError
	if !errors.As(err, &fe) || fe.Field != "eq" {
		t.Errorf("%v, want an error about eq", err)
	}
}
