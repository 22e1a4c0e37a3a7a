package wave_test

import (
	"context"
	"errors"
	"math"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/internal/memory"
)

func TestResultStatesSettings(t *testing.T) {
	v, s, o := twoShots(random(t, 1), array.Float64, 40, 4)
	res := run(t, v, s, wave.Options{})
	if res.Accuracy != 4 || res.PMLFreq != 25 || !slices.Equal(res.PMLWidth, []int{20, 20, 20, 20}) ||
		!slices.Equal(res.Origin, []int{0, 0}) || !slices.Equal(res.Region, []int{31, 37}) {
		t.Errorf("defaults: accuracy %d, PMLFreq %g, PMLWidth %v, Origin %v, Region %v", res.Accuracy, res.PMLFreq, res.PMLWidth, res.Origin, res.Region)
	}
	if want := maxAbs(v.Float64s()); res.MaxVel != want {
		t.Errorf("MaxVel is %g, want the model's maximum %g", res.MaxVel, want)
	}
	// dt_max = 0.6 / sqrt(1/25 + 1/36) / MaxVel, 0.77 ms, into 2 ms
	if res.StepRatio != 3 || res.DT != s.DT/3 || res.Steps != 3*40 {
		t.Errorf("StepRatio %d, DT %g, Steps %d, want 3, %g and 120", res.StepRatio, res.DT, res.Steps, s.DT/3)
	}
	if !strings.HasPrefix(res.Device, "cpu:0 ") {
		t.Errorf("Device is %q, want one that starts with cpu:0", res.Device)
	}

	o.MaxVel, o.Accuracy, o.SurveyPad = 6000, 8, []int{1, 2, wave.ToEdge, 3}
	other := run(t, v, s, o)
	// Footprints and receivers are in rows 8 to 20 and columns up to 25.
	if other.MaxVel != 6000 || other.Accuracy != 8 || other.StepRatio != 6 ||
		!slices.Equal(other.Origin, []int{7, 0}) || !slices.Equal(other.Region, []int{16, 29}) || !slices.Equal(other.PMLWidth, o.PMLWidth) {
		t.Errorf("MaxVel %g, accuracy %d, StepRatio %d, Origin %v, Region %v, PMLWidth %v",
			other.MaxVel, other.Accuracy, other.StepRatio, other.Origin, other.Region, other.PMLWidth)
	}
	if got := other.Wavefields["u"].Shape(); !slices.Equal(got, []int{2, 16 + 3 + 5, 29 + 0 + 4}) {
		t.Errorf("wavefields have shape %v, want the region with its PML", got)
	}
	o.SurveyPad = nil
	whole := run(t, v, s, o)
	least := int64(3*31*37+2*3*120) * 8
	if other.Bytes < least || whole.Bytes <= other.Bytes || whole.Bytes > 100*least {
		t.Errorf("Bytes are %d and %d for the whole model, want more than %d, rising, and less than %d", other.Bytes, whole.Bytes, least, 100*least)
	}

	o.OmitWavefields = true
	omitted := run(t, v, s, o)
	if omitted.Wavefields != nil {
		t.Error("OmitWavefields: there are wavefields")
	}
	if omitted.Bytes >= whole.Bytes {
		t.Errorf("OmitWavefields: Bytes are %d, want less than %d", omitted.Bytes, whole.Bytes)
	}
	if !sameArray(omitted.Records["pressure"], whole.Records["pressure"]) {
		t.Error("OmitWavefields changes the records")
	}

	s.Receivers = wave.Receivers{}
	if res := run(t, v, s, o); res.Records["pressure"] != nil {
		t.Errorf("without receivers there are records of shape %v", res.Records["pressure"].Shape())
	}
}

// A negative time step runs the same scheme: dt^2 and |dt| are all it uses.
func TestNegativeTimeStep(t *testing.T) {
	eachBackend(t, func(t *testing.T, backend string, dt array.DType) {
		v, s, o := twoShots(random(t, 1), dt, 40, 3)
		o.Backend = backend
		want := run(t, v, s, o)
		s.DT = -s.DT
		got := run(t, v, s, o)
		sameBits(t, got, want)
		if got.DT != -want.DT || got.StepRatio != want.StepRatio {
			t.Errorf("DT %g, StepRatio %d, want %g and %d", got.DT, got.StepRatio, -want.DT, want.StepRatio)
		}
	})
}

// bump is a smooth series of n samples, a hump that begins and ends at zero.
func bump(n int) []float64 {
	a := make([]float64, n)
	for i := range a {
		a[i] = math.Pow(math.Sin(math.Pi*float64(i)/float64(n)), 4)
	}
	return a
}

// libraryWord matches what only callers of the library know: "PMLFreq", "Options.X", "DT".
var libraryWord = regexp.MustCompile(`\b(PMLFreq|PMLWidth|MaxVel|Amplitudes|Accuracy|Spacing|DT|NT|Options|Survey|Sources|Initial)\b`)

func TestWarnings(t *testing.T) {
	good := func() (*array.Array, wave.Survey, wave.Options) {
		s := fire(5, 0.001, array.Of64(bump(20), 20), []int{5}, []int{9})
		return constant(array.Float64, 1500, 30), s, wave.Options{PMLFreq: 25}
	}
	for _, test := range []struct {
		name   string
		change func(s *wave.Survey, o *wave.Options)
		want   []wave.WarningKind
		text   []string
	}{
		{"none", func(*wave.Survey, *wave.Options) {}, nil, nil},
		{"25 Hz by default", func(_ *wave.Survey, o *wave.Options) { o.PMLFreq = 0 }, []wave.WarningKind{wave.WarnPMLFreq}, []string{"25 Hz"}},
		{"no PML, no frequency", func(_ *wave.Survey, o *wave.Options) { o.PMLFreq, o.PMLWidth = 0, []int{0} }, nil, nil},
		{"49 steps", func(s *wave.Survey, o *wave.Options) { s.DT, o.PMLFreq = 0.0979, 4 }, nil, nil},
		{"50 steps", func(s *wave.Survey, o *wave.Options) { s.DT, o.PMLFreq = 0.0981, 4 }, []wave.WarningKind{wave.WarnManySteps}, []string{"50 internal steps", "0.0981"}},
		{"MaxVel", func(_ *wave.Survey, o *wave.Options) { o.MaxVel = 1499 }, []wave.WarningKind{wave.WarnMaxVel}, []string{"1499 m/s", "1500 m/s"}},
		{"PML of 1", func(_ *wave.Survey, o *wave.Options) { o.PMLWidth = []int{5, 1} }, []wave.WarningKind{wave.WarnThinPML}, []string{"1 cell", "3 or more"}},
		{"PML of 2, one speed", func(_ *wave.Survey, o *wave.Options) { o.PMLWidth = []int{2} }, nil, nil},
		{"Nyquist", func(s *wave.Survey, _ *wave.Options) { s.DT = -0.021 }, []wave.WarningKind{wave.WarnPMLNyquist}, []string{"25 Hz", "23.8"}},
		{"no amplitudes", func(s *wave.Survey, _ *wave.Options) {
			s.Sources, s.NT = wave.Sources{}, 20
		}, nil, nil},
		{"silent", func(s *wave.Survey, _ *wave.Options) { s.Sources.Amplitudes = constant(array.Float64, 0, 1, 1, 20) },
			[]wave.WarningKind{wave.WarnSilent}, []string{"all amplitudes are zero"}},
		{"one silent", func(s *wave.Survey, _ *wave.Options) {
			s.Sources.Cells = [][][]int{{{5}, {6}, {wave.IgnoreLocation}}}
			s.Sources.Amplitudes = array.Of64(slices.Concat(bump(20), make([]float64, 40)), 1, 3, 20)
		}, []wave.WarningKind{wave.WarnSilent}, []string{"zero throughout: source 1 of shot 0;"}},
		{"begins at its peak", func(s *wave.Survey, _ *wave.Options) {
			s.Sources.Amplitudes = array.Of64(append(bump(40)[20:], make([]float64, 20)...), 1, 1, 40)
		}, []wave.WarningKind{wave.WarnCut}, []string{"at the beginning", "source 0 of shot 0", "100%"}},
		{"ends at its peak", func(s *wave.Survey, _ *wave.Options) {
			s.Sources.Amplitudes = array.Of64(append(make([]float64, 20), bump(40)[:20]...), 1, 1, 40)
		}, []wave.WarningKind{wave.WarnCut}, []string{"at the end", "100%", "0.04 s"}},
		{"aliased", func(s *wave.Survey, o *wave.Options) {
			a := bump(40)
			for i := 1; i < len(a); i += 2 {
				a[i] = -a[i]
			}
			s.Sources.Amplitudes, s.Receivers = array.Of64(a, 1, 1, 40), wave.Receivers{Points: wave.Points{Cells: [][][]int{{{5}}}}}
		}, []wave.WarningKind{wave.WarnAliased, wave.WarnDispersion}, []string{"aliased", "500 Hz"}},
		{"slab", func(s *wave.Survey, o *wave.Options) {
			s.Spacing, s.Sources.Cells, s.Receivers.Cells = []float64{1000, 5}, [][][]int{{{0, 5}}}, [][][]int{{{0, 9}}}
		}, []wave.WarningKind{wave.WarnSlab}, []string{"axis 0", "spread in 2 dimensions", "[30]"}},
		{"slab without layers", func(s *wave.Survey, o *wave.Options) {
			s.Spacing, s.Sources.Cells, s.Receivers.Cells = []float64{1000, 5}, [][][]int{{{0, 5}}}, [][][]int{{{0, 9}}}
			o.PMLWidth = []int{0, 0, 20, 20}
		}, nil, nil},
		{"huge", func(s *wave.Survey, _ *wave.Options) {
			a := bump(20)
			for i := range a {
				a[i] *= 1e300
			}
			s.Sources.Amplitudes = array.Of64(a, 1, 1, 20)
		}, nil, nil},
		{"continued", func(s *wave.Survey, _ *wave.Options) {
			s.DT, s.Initial = 0.003, wave.Wavefields{"u": array.Zeros(array.Float64, 1, 70)}
		}, []wave.WarningKind{wave.WarnContinued}, []string{"2 internal steps"}},
		{"several", func(s *wave.Survey, o *wave.Options) { s.DT, o.PMLFreq, o.MaxVel = 0.15, 0, 1400 },
			[]wave.WarningKind{wave.WarnPMLFreq, wave.WarnManySteps, wave.WarnMaxVel, wave.WarnPMLNyquist}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			v, s, o := good()
			test.change(&s, &o)
			if len(s.Spacing) == 2 {
				v = constant(array.Float64, 1500, 1, 30)
			}
			var told []wave.Warning
			o.Warn = func(w wave.Warning) { told = append(told, w) }
			res := run(t, v, s, o)
			if got := kinds(res); !slices.Equal(got, test.want) {
				t.Fatalf("warnings %v, want %v", res.Warnings, test.want)
			}
			if !slices.Equal(told, res.Warnings) {
				t.Errorf("Options.Warn was told %v, Result.Warnings are %v", told, res.Warnings)
			}
			for _, w := range told {
				if !strings.HasPrefix(w.Field, "Options.") && !strings.HasPrefix(w.Field, "Survey.") || libraryWord.MatchString(w.Text) {
					t.Errorf("field %q, text %q: want an argument, and a text without words of the library", w.Field, w.Text)
				}
			}
			for _, part := range test.text {
				if !strings.Contains(res.Warnings[0].String(), part) {
					t.Errorf("warning %q does not say %q", res.Warnings[0], part)
				}
			}
		})
	}
}

// The step that is too long ends in infinity, said in words; so do amplitudes that
// float32 cannot hold.
func TestNonFinite(t *testing.T) {
	for _, backend := range backends {
		for _, test := range []struct {
			name   string
			dt     array.DType
			change func(s *wave.Survey, o *wave.Options)
			amp    float64
			text   []string
		}{
			{"MaxVel", array.Float64, func(_ *wave.Survey, o *wave.Options) { o.MaxVel = 300 }, 1,
				[]string{"internal step", "of 2000", "speeds up to 300 m/s", "1500 m/s"}},
			{"overflow", array.Float32, func(s *wave.Survey, _ *wave.Options) { s.DT = 0.0019 }, 3e38,
				[]string{"after internal step 200 of 2000", "it was after step 0", "amplitudes up to 3e+38", "float32"}},
			{"overflow between callbacks", array.Float32, func(s *wave.Survey, o *wave.Options) {
				s.DT, o.Callback, o.CallbackEvery = 0.0019, func(*wave.Frame) error { return nil }, 10
			}, 3e38, []string{"after internal step 200 of 2000", "it was after step 0"}},
		} {
			t.Run(backend+"/"+test.name, func(t *testing.T) {
				s := fire(5, 0.008, constant(test.dt, test.amp, 2000), []int{5}, []int{9})
				o := wave.Options{Backend: backend, PMLFreq: 25}
				test.change(&s, &o)
				res, err := wave.Scalar(context.Background(), constant(test.dt, 1500, 30), s, o)
				refused(t, res, err, wave.ErrNonFinite, test.text...)
			})
		}
	}
}

func TestMaxMemory(t *testing.T) {
	v, s, o := twoShots(random(t, 1), array.Float64, 40, 1)
	need := run(t, v, s, o).Bytes
	o.MaxMemory = need
	if res := run(t, v, s, o); res.Bytes != need {
		t.Errorf("Bytes are %d, then %d", need, res.Bytes)
	}
	refused := func(o wave.Options, sizes ...string) {
		t.Helper()
		res, err := wave.Scalar(context.Background(), v, s, o)
		if res != nil || !errors.Is(err, wave.ErrMemory) {
			t.Fatalf("result %v, error %v, want none and %v", res, err, wave.ErrMemory)
		}
		for _, size := range sizes {
			if !strings.Contains(err.Error(), size) {
				t.Errorf("error %q does not name %q", err, size)
			}
		}
	}
	o.MaxMemory, o.CallbackBytes = need+10, func(cells int) int64 {
		if least := v.Len(); cells < least {
			t.Errorf("CallbackBytes is asked for %d cells, want %d and those of the PML", cells, least)
		}
		return 10
	}
	if res := run(t, v, s, o); res.Bytes != need+10 {
		t.Errorf("Bytes are %d with 10 of a callback, want %d", res.Bytes, need+10)
	}
	o.MaxMemory--
	refused(o)
	o.MaxMemory, o.CallbackBytes = need-1, nil
	refused(o, memory.Size(need), "SurveyPad")

	// 400 million samples of 6 receivers twice: 36 GiB. Nothing of that is allocated.
	s.Sources, s.NT = wave.Sources{}, 400_000_000
	o.MaxMemory = 1 << 30
	refused(o, "35.8 GiB", "1 GiB")
	if runtime.GOOS == "linux" { // where the machine's free memory is known
		for range 300 {
			s.Receivers.Cells[0] = append(s.Receivers.Cells[0], []int{1, 1})
			s.Receivers.Cells[1] = append(s.Receivers.Cells[1], []int{1, 1})
		}
		o.MaxMemory = 0
		refused(o, "GiB")
	}
	o.MaxMemory = -1
	s.NT = 10
	run(t, v, s, o)
}

// Values of another unit or material are warned of or refused before anything is opened.
func TestImplausibleModels(t *testing.T) {
	water := map[string]float64{"v": 1500, "vp": 1500, "vs": 0, "rho": 1000}
	rock := map[string]float64{"v": 2500, "vp": 2500, "vs": 1200, "rho": 2200, "lamb": 7.4e9, "mu": 3.2e9, "buoyancy": 1 / 2200.}
	for _, c := range []struct {
		name   string
		eq     *equation.Equation
		rest   map[string]float64
		values map[string]float64 // of one cell, or of all
		all    bool
		model  string // that is warned of or (with fatal) refused
		text   string
		fatal  bool
	}{
		{"rock", equation.ElasticSpeeds(), rock, nil, false, "", "", false},
		{"water", equation.ElasticSpeeds(), water, nil, false, "", "", false},
		{"rock by Lame", equation.Elastic(), rock, nil, false, "", "", false},
		{"acoustic rock", equation.Acoustic(), rock, nil, false, "", "", false},
		{"vacuum", equation.ElasticSpeeds(), rock, map[string]float64{"vp": 0, "vs": 0, "rho": 0}, false, "", "", false},
		{"rho in g/cm3", equation.ElasticSpeeds(), rock, map[string]float64{"rho": 2.2}, true, "model rho", "2.2 to 2.2 kg/m^3", false},
		{"one rho in g/cm3", equation.Acoustic(), rock, map[string]float64{"rho": 2.2}, false, "model rho", "2.2 to 2200", false},
		{"v in km/s", equation.Acoustic(), rock, map[string]float64{"v": 2.5}, true, "model v", "another unit", false},
		{"v in km/s, scalar", equation.Scalar(), rock, map[string]float64{"v": 2.5}, true, "model v", "another unit", false},
		{"vp in km/s", equation.ElasticSpeeds(), rock, map[string]float64{"vp": 2.5, "vs": 1.2}, true, "model vp", "another unit", false},
		{"vs above vp", equation.ElasticSpeeds(), rock, map[string]float64{"vs": 2600}, false, "model vs", "the first has vs 2600, vp 2500", false},
		{"negative bulk modulus", equation.ElasticSpeeds(), rock, map[string]float64{"vs": 2300}, false, "model vp", "vp at least 1.155 vs", false},
		{"negative bulk modulus by Lame", equation.Elastic(), rock, map[string]float64{"lamb": -3e9}, false, "model lamb", "lamb + 2/3 mu", false},
		{"no speed", equation.Elastic(), rock, map[string]float64{"lamb": -7e9}, false, "model lamb", "no speed", true},
		{"density 0 outside vacuum", equation.ElasticSpeeds(), rock, map[string]float64{"rho": 0}, false, "model rho", "vp 0 where rho is", false},
		{"buoyancy 0 outside vacuum", equation.Elastic(), rock, map[string]float64{"buoyancy": 0}, false, "model buoyancy", "vacuum", true},
		{"negative density", equation.Acoustic(), rock, map[string]float64{"rho": -2200}, false, "model rho", "at least 0", true},
		{"NaN", equation.ElasticSpeeds(), rock, map[string]float64{"vs": math.NaN()}, false, "model vs", "finite", true},
		{"infinite", equation.Elastic(), rock, map[string]float64{"mu": math.Inf(1)}, false, "model mu", "finite", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			models := wave.Models{}
			for _, m := range c.eq.Models {
				x := filled(30, c.rest[m.Name])
				if y, ok := c.values[m.Name]; ok {
					x[7] = y
					if c.all {
						x = filled(30, y)
					}
				}
				models[m.Name] = array.Of64(x, 30)
			}
			s := wave.Survey{Spacing: []float64{5}, DT: 0.001, NT: 10}
			var told []wave.Warning
			_, err := wave.New(t.Context(), c.eq, models, s, wave.Options{PMLFreq: 25, Warn: func(w wave.Warning) { told = append(told, w) }})
			if c.fatal {
				var field *wave.FieldError
				if !errors.As(err, &field) || field.Field != c.model || !strings.Contains(err.Error(), c.text) || len(told) > 0 {
					t.Errorf("error %v, warnings %v, want an error of %s with %q", err, told, c.model, c.text)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.model == "" && len(told) > 0 || c.model != "" && !slices.ContainsFunc(told, func(w wave.Warning) bool {
				return w.Kind == wave.WarnModel && w.Field == c.model && strings.Contains(w.Text, c.text)
			}) {
				t.Errorf("warnings %v, want one of %q with %q", told, c.model, c.text)
			}
		})
	}
}
