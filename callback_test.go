package wave_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
)

func TestCallbackSteps(t *testing.T) {
	for _, backend := range backends {
		for _, every := range []int{0, 1, 7, 25, 30, 61} {
			v, s, o := twoShots(random(t, 1), array.Float64, 60, 1)
			o.Backend, o.CallbackEvery = backend, every
			var got, want []int
			o.Callback = func(f *wave.Frame) error {
				got = append(got, f.Step)
				if f.Steps != 60 || f.DT != 0.0005 || f.Time() != float64(f.Step)*0.0005 {
					t.Errorf("Steps %d, DT %g, Time %g", f.Steps, f.DT, f.Time())
				}
				return nil
			}
			last, reports := -1, 0
			o.Progress = func(done, total int) {
				if done < last || (reports == 0 && done != 0) || total != 60 {
					t.Errorf("progress %d of %d after %d", done, total, last)
				}
				last = done
				reports++
			}
			run(t, v, s, o)
			for step := 0; step <= 60; step += max(every, 1) {
				want = append(want, step)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, CallbackEvery %d: called at %v, want %v", backend, every, got, want)
			}
			if last != 60 {
				t.Errorf("%s: progress ends at %d, want 60", backend, last)
			}
		}
	}
}

// The views are one field, cut ever smaller, whose outermost cells are zero.
func TestViews(t *testing.T) {
	eachBackend(t, func(t *testing.T, backend string, dt array.DType) {
		v, s, o := twoShots(random(t, 1), dt, 20, 1)
		o.Backend, o.SurveyPad, o.CallbackEvery = backend, []int{4, 5, 2, 3}, 20
		o.Accuracy = 6
		const halo = 3
		frames := map[string][3]*array.Array{}
		o.Callback = func(f *wave.Frame) error {
			if want := []string{"psi_x", "psi_z", "u", "um1", "v", "zeta_x", "zeta_z"}; !slices.Equal(f.Names(), want) {
				t.Errorf("Names are %v, want %v", f.Names(), want)
			}
			for _, name := range f.Names() {
				var views [3]*array.Array
				for i, view := range []wave.View{wave.ViewModel, wave.ViewPML, wave.ViewFull} {
					var err error
					if views[i], err = f.Field(name, view); err != nil {
						return err
					}
				}
				frames[name] = views
				for shot := range 2 {
					one, err := f.FieldOf(name, shot, wave.ViewPML)
					if err != nil {
						return err
					}
					n := one.Len()
					from := min(shot*n, views[1].Len()-n) // they share the model
					if !slices.Equal(one.Shape(), views[1].Shape()[1:]) || !slices.Equal(one.Float64s(), views[1].Float64s()[from:from+n]) {
						t.Errorf("FieldOf(%q, %d) is not that shot of Field", name, shot)
					}
				}
			}
			for _, name := range []string{"w", "a_x", ""} {
				var bad *wave.FieldError
				if _, err := f.Field(name, wave.ViewFull); !errors.As(err, &bad) {
					t.Errorf("Field(%q): error %v, want a FieldError", name, err)
				}
			}
			var bad *wave.FieldError
			for _, shot := range []int{-1, 2} {
				if _, err := f.FieldOf("u", shot, wave.ViewFull); !errors.As(err, &bad) {
					t.Errorf("FieldOf shot %d: error %v, want a FieldError", shot, err)
				}
			}
			if _, err := f.Field("u", wave.ViewFull+1); !errors.As(err, &bad) {
				t.Errorf("view %d: error %v, want a FieldError", wave.ViewFull+1, err)
			}
			return nil
		}
		res := run(t, v, s, o)
		pml := [][2]int{{3, 5}, {0, 4}}
		for name, views := range frames {
			shots := 2
			if name == "v" {
				shots = 1
			}
			for i := range views {
				want := []int{shots}
				for d, n := range res.Region {
					want = append(want, n+[]int{0, pml[d][0] + pml[d][1], pml[d][0] + pml[d][1] + 2*halo}[i])
				}
				if !slices.Equal(views[i].Shape(), want) {
					t.Fatalf("view %d of %s has shape %v, want %v", i, name, views[i].Shape(), want)
				}
			}
			model, padded, full := views[0].Shape(), views[1].Shape(), views[2]
			if !sameArray(views[1], array.Slice(full, []int{0, halo, halo}, padded)) {
				t.Errorf("%s: ViewPML is not the inside of ViewFull", name)
			}
			if !sameArray(views[0], array.Slice(views[1], []int{0, pml[0][0], pml[1][0]}, model)) {
				t.Errorf("%s: ViewModel is not the inside of ViewPML", name)
			}
			if name != "v" && sumAbs(full) != sumAbs(views[1]) {
				t.Errorf("%s is not zero in the outermost %d cells", name, halo)
			}
		}
		if got, want := frames["v"][0], array.Slice(v, res.Origin, res.Region); !slices.Equal(got.Float64s(), want.Float64s()) {
			t.Error("ViewModel of v is not the model's region")
		}
		for name, want := range map[string]*array.Array{
			"u": res.Wavefields["u"], "um1": res.Wavefields["um1"],
			"psi_z": res.Wavefields["psi_z"], "psi_x": res.Wavefields["psi_x"], "zeta_z": res.Wavefields["zeta_z"], "zeta_x": res.Wavefields["zeta_x"],
		} {
			if !sameArray(frames[name][1], want) || sumAbs(want) == 0 {
				t.Errorf("%s at the last step is not that of the result, or zero", name)
			}
		}
	})
}

func sumAbs(a *array.Array) float64 {
	sum := 0.0
	for _, x := range a.Float64s() {
		sum += max(x, -x)
	}
	return sum
}

func TestCallbackError(t *testing.T) {
	mine := errors.New("enough")
	for _, backend := range backends {
		v, s, o := twoShots(random(t, 1), array.Float32, 60, 1)
		calls := 0
		o.Backend, o.CallbackEvery = backend, 10
		o.Callback = func(*wave.Frame) error {
			if calls++; calls == 3 {
				return mine
			}
			return nil
		}
		res, err := wave.Scalar(context.Background(), v, s, o)
		if res != nil || !errors.Is(err, mine) || calls != 3 {
			t.Errorf("%s: result %v, error %v after %d calls, want none, %v and 3", backend, res, err, calls, mine)
		}
	}
}

// stop begins a long run, and returns how long after it was told to stop it did.
func stop(t *testing.T, backend, how string, v *array.Array, s wave.Survey) time.Duration {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var told time.Time
	want := context.Canceled
	o := wave.Options{Backend: backend, PMLFreq: 25, Progress: func(done, _ int) {
		if done > 0 && told.IsZero() && how == "cancel" {
			told = time.Now()
			cancel()
		}
	}}
	switch how {
	case "deadline":
		told, want = time.Now().Add(500*time.Millisecond), context.DeadlineExceeded
		ctx, cancel = context.WithDeadline(ctx, told)
		defer cancel()
	case "before":
		told = time.Now()
		cancel()
	}
	res, err := wave.Scalar(ctx, v, s, o)
	late := time.Since(told)
	if res != nil || !errors.Is(err, want) {
		t.Errorf("result %v, error %v, want none and %v", res, err, want)
	}
	return late
}

// A run on a large model stops within a second of being told to, and leaves no
// goroutine behind.
func TestCancel(t *testing.T) {
	before := runtime.NumGoroutine()
	const nt = 100000
	for _, backend := range backends {
		n := map[string]int{"cpu": 700, "eager": 300}[backend]
		v := constant(array.Float32, 2000, n, n)
		s := fire(5, 0.0005, constant(array.Float32, 1, nt), []int{n / 2, n / 2}, []int{10, 10})
		for _, how := range []string{"cancel", "deadline", "before"} {
			t.Run(backend+"/"+how, func(t *testing.T) {
				limit := time.Second
				if racing { // the detector makes everything several times slower
					limit = 5 * time.Second
				}
				var late time.Duration
				for range 3 { // the machine may be busy
					if late = stop(t, backend, how, v, s); late <= limit {
						return
					}
				}
				t.Errorf("stopped after %v, want %v at most", late, limit)
			})
		}
	}
	for wait := time.Millisecond; runtime.NumGoroutine() > before; wait *= 2 {
		if wait > 2*time.Second {
			t.Fatalf("%d goroutines, want the %d there were", runtime.NumGoroutine(), before)
		}
		time.Sleep(wait)
	}
}

// Nor does it take longer while large models are examined, made and put on the device.
func TestCancelSettingUp(t *testing.T) {
	slow(t)
	const n = 160
	for _, eq := range []*equation.Equation{equation.Elastic(), equation.Born(equation.Acoustic())} {
		models := wave.Models{}
		for _, m := range eq.Models {
			models[m.Name] = constant(array.Float32, map[string]float64{"v": 2000, "rho": 2000, "lamb": 4e9, "mu": 2e9, "buoyancy": 1 / 2000.}[m.Name], n, n, n)
		}
		s := wave.Survey{Spacing: []float64{10}, DT: 0.001, NT: 100_000}
		for _, backend := range backends {
			for _, after := range []time.Duration{50, 200, 500, 1500} {
				t.Run(fmt.Sprintf("%s/%s/%d ms", eq.Name, backend, after), func(t *testing.T) {
					limit := time.Second
					if racing {
						limit = 5 * time.Second
					}
					var late time.Duration
					for range 4 { // the machine may be busy
						ctx, cancel := context.WithTimeout(t.Context(), after*time.Millisecond)
						_, err := wave.Run(ctx, eq, models, s, wave.Options{Backend: backend, PMLFreq: 15, MaxMemory: -1})
						deadline, _ := ctx.Deadline()
						late = time.Since(deadline)
						cancel()
						if !errors.Is(err, context.DeadlineExceeded) {
							t.Fatalf("error %v, want %v", err, context.DeadlineExceeded)
						}
						if late <= limit {
							return
						}
					}
					t.Errorf("stopped after %v, want %v at most", late, limit)
				})
			}
		}
	}
}
