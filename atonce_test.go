package wave_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
)

// TestShotsAtOnce: a survey gives the same bits however many of its shots run at once, with models
// for all or each its own, resampled or not, from wavefields, in a part of the model and again;
// callbacks and progress are of all.
func TestShotsAtOnce(t *testing.T) {
	slow(t)
	const shots, nt = 5, 20
	shape := []int{17, 19}
	for _, eq := range []*equation.Equation{equation.Scalar(), equation.Acoustic(), equation.ElasticSpeeds(), equation.Born(equation.Acoustic())} {
		for i, c := range []struct {
			own, ratio int
			pad        []int
			restart    bool
		}{{0, 1, []int{2}, false}, {shots, 1, nil, true}, {shots, 3, nil, false}} {
			rng := random(t, uint64(i))
			models := medium(rng, eq, array.Float32, c.own, shape...)
			others := medium(rng, eq, array.Float32, c.own, shape...)
			s := everywhere(rng, eq, array.Float32, shots, nt, shape...)
			s.DT *= float64(c.ratio)
			o := wave.Options{PMLFreq: 25, PMLWidth: []int{4}, MaxVel: 3000, SurveyPad: c.pad}
			if c.restart {
				first := simulate(t, eq, models, s, o)
				s.Initial, s.Origin = first.Wavefields, first.Origin
			}
			for _, backend := range backends {
				o.Backend, o.ShotsAtOnce, o.Callback, o.Progress = backend, 0, nil, nil
				want, wantOthers := simulate(t, eq, models, s, o), simulate(t, eq, others, s, o)
				if want.StepRatio != c.ratio || want.ShotsAtOnce != shots {
					t.Fatalf("%s: ratio %d and %d shots at once, want %d and %d", eq.Name, want.StepRatio, want.ShotsAtOnce, c.ratio, shots)
				}
				for _, n := range []int{1, 2, 3, 7} {
					o.ShotsAtOnce = n
					steps := nt * c.ratio
					batches := (shots + n - 1) / n
					var seen []int // shots
					o.CallbackEvery = steps
					o.Callback = func(f *wave.Frame) error {
						if f.Step != steps {
							return nil
						}
						all, err := f.Field(f.Names()[0], wave.ViewModel)
						if err != nil || all.Shape()[0] != f.Shots && all.Shape()[0] != 1 {
							t.Errorf("%d shots are a field %v, %v", f.Shots, all, err)
						}
						for shot := range shots {
							last := want.Wavefields
							for name, a := range last {
								got, err := f.FieldOf(name, shot, wave.ViewPML)
								if in := shot >= f.First && shot < f.First+f.Shots; in != (err == nil) {
									t.Errorf("shot %d of %d from %d: %v", shot, f.Shots, f.First, err)
								} else if in && !sameArray(got, array.Reshape(slot(a, shot), a.Shape()[1:]...)) {
									t.Errorf("%s: %s of shot %d in a callback differs", eq.Name, name, shot)
								}
							}
						}
						for k := range f.Shots {
							seen = append(seen, f.First+k)
						}
						return nil
					}
					before := 0
					o.Progress = func(done, total int) {
						if done < before || total != batches*steps {
							t.Errorf("progress %d of %d after %d, want %d in all", done, total, before, batches*steps)
						}
						before = done
					}
					sim, err := wave.New(t.Context(), eq, models, s, o)
					if err != nil {
						t.Fatal(err)
					}
					forward := func() *wave.Result {
						before = 0
						res, err := sim.Forward(t.Context())
						if err != nil {
							t.Fatal(err)
						}
						return res
					}
					res := forward()
					if before != batches*steps || !slices.Equal(seen, []int{0, 1, 2, 3, 4}) || res.ShotsAtOnce != min(n, shots) {
						t.Errorf("%s, %d at once (it says %d): progress to %d of %d, shots %v", eq.Name, n, res.ShotsAtOnce, before, batches*steps, seen)
					}
					sameBits(t, res, want)
					sameBits(t, forward(), want)
					seen, want.Wavefields = nil, wantOthers.Wavefields
					if err := sim.SetModels(t.Context(), others); err != nil {
						t.Fatal(err)
					}
					sameBits(t, forward(), wantOthers)
					want = simulate(t, eq, models, s, wave.Options{Backend: backend, PMLFreq: 25, PMLWidth: []int{4}, MaxVel: 3000, SurveyPad: c.pad})
					if err := sim.Close(); err != nil {
						t.Error(err)
					}
				}
			}
		}
	}
}

// TestAsManyAsFit: shots that do not fit at once run some at a time, of about equal number and
// within the bound; one that does not fit is refused, and so are records that do not.
func TestAsManyAsFit(t *testing.T) {
	const shots = 10
	rng := random(t, 1)
	v := medium(rng, equation.Scalar(), array.Float32, 0, 200, 300)
	s := everywhere(rng, equation.Scalar(), array.Float32, shots, 20, 200, 300)
	o := wave.Options{PMLFreq: 25, OmitWavefields: true}
	plan := func(most int64, s wave.Survey) (wave.Plan, error) {
		o := o
		o.ShotsAtOnce, o.MaxMemory = wave.AsManyAsFit, most
		sim, err := wave.New(t.Context(), equation.Scalar(), v, s, o)
		if err != nil {
			return wave.Plan{}, err
		}
		return sim.Plan(), nil
	}
	all, err := plan(-1, s)
	if err != nil || all.ShotsAtOnce != shots {
		t.Fatalf("%d at once without a bound, %v", all.ShotsAtOnce, err)
	}
	of := func(n int) int64 {
		o := o
		o.ShotsAtOnce = n
		sim, err := wave.New(t.Context(), equation.Scalar(), v, s, o)
		if err != nil {
			t.Fatal(err)
		}
		return sim.Plan().Bytes
	}
	for fit, want := range map[int]int{9: 5, 6: 5, 5: 5, 4: 4, 3: 3, 2: 2, 1: 1} { // in 2, 2, 2, 3, 4, 5 and 10 batches
		p, err := plan(of(fit), s)
		if err != nil || p.ShotsAtOnce != want || p.Bytes > of(fit) || p.Bytes != of(want) {
			t.Errorf("%d at once in room for %d, %d bytes of %d, %v; want %d", p.ShotsAtOnce, fit, p.Bytes, of(fit), err, want)
		}
	}
	_, err = plan(of(1)-1, s)
	refused(t, nil, err, wave.ErrMemory, "for 1 of 10 shots", "Options.SurveyPad")

	long := s
	long.Sources.Amplitudes = uniform(rng, array.Float32, -1, 1, shots, 2, 100_000)
	_, err = plan(7<<20, long)
	refused(t, nil, err, wave.ErrMemory, "7.63 MiB of it for the records of all shots", "fewer samples")
	if strings.Contains(err.Error(), "Options.SurveyPad") {
		t.Errorf("%v, which would not help", err)
	}

	o.ShotsAtOnce = -2
	_, err = wave.New(t.Context(), equation.Scalar(), v, s, o)
	if err == nil || !strings.Contains(err.Error(), "Options.ShotsAtOnce is -2, want 0 or more, or AsManyAsFit") {
		t.Errorf("-2 at once: %v", err)
	}
}

// TestShotsAtOnceOnDevices: the same on GPUs, or what stands for them.
func TestShotsAtOnceOnDevices(t *testing.T) {
	rng := random(t, 1)
	eq := equation.ElasticSpeeds()
	models, s := medium(rng, eq, array.Float32, 5, 17, 19), everywhere(rng, eq, array.Float32, 5, 20, 17, 19)
	o := wave.Options{PMLFreq: 25, PMLWidth: []int{4}, MaxVel: 3000}
	for _, o.Backend = range devices(t, array.Float32) {
		o.ShotsAtOnce = 0
		want := simulate(t, eq, models, s, o)
		for _, o.ShotsAtOnce = range []int{1, 2, 4} {
			sameBits(t, simulate(t, eq, models, s, o), want)
		}
	}
}
