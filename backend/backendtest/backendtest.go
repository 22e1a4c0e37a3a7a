// Package backendtest is the conformance suite of backends: what any of them must
// do, checked against stencil.Interpreter, the definition of a program. A
// backend's own test runs it with one line:
//
//	func TestConformance(t *testing.T) { backendtest.Run(t, "cpu") }
//
// It imports backend, stencil, array, equation, functional and internal/{resample,testenv} of
// this module, never package wave.
package backendtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/internal/testenv"
	"github.com/d52adeda/wave/stencil"
)

// tolerance is what a backend may differ by from the interpreter, relative to the
// greatest value of an array. Both do the same few hundred operations a point and
// step in another order; over the steps here rounding grows by less than 1e3 eps.
var tolerance = map[array.DType]float64{array.Float32: 1e-4, array.Float64: 1e-12}

// Run runs the suite on a device, named as for backend.Open.
func Run(t *testing.T, device string) {
	dev, err := backend.Open(device)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 2 {
			if err := dev.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
	})
	RunPart(t, dev, Part{})
}

// Part is the part of the suite of programs whose names begin so, of an accuracy and a
// type; zero is any.
type Part struct {
	Name     string
	Accuracy int
	DType    array.DType
}

// RunPart runs a part of the suite on an open device: enough for another way of
// computing on one that passes Run.
func RunPart(t *testing.T, dev backend.Device, part Part) {
	for _, c := range cases() {
		if part.Accuracy != 0 && part.Accuracy != c.accuracy || !strings.HasPrefix(c.name, part.Name) {
			continue
		}
		for _, dt := range []array.DType{array.Float32, array.Float64} {
			if part.DType != 0 && part.DType != dt {
				continue
			}
			if c.derived && testing.Short() && dt == array.Float32 && dev.Info().Float64 {
				continue // drivers may take long to compile, and the types differ by a name
			}
			t.Run(fmt.Sprintf("%s/%s", c.name, dt), func(t *testing.T) {
				if dt == array.Float64 && !dev.Info().Float64 {
					testenv.Missing(t, dev.Info().Name, " has no float64")
				}
				conform(t, dev, c, dt)
			})
		}
	}
	t.Run("errors", func(t *testing.T) { refuses(t, dev) })
	t.Run("cancel", func(t *testing.T) { cancels(t, dev) })
	t.Run("series", func(t *testing.T) { recordsSoFar(t, dev) })
	t.Run("nonfinite", func(t *testing.T) { findsNaN(t, dev) })
	t.Run("reset", func(t *testing.T) { resets(t, dev) })
	t.Run("state", func(t *testing.T) { refusesState(t, dev) })
	t.Run("reverse", func(t *testing.T) { runsBackwards(t, dev) })
	t.Run("tape", func(t *testing.T) { refusesTape(t, dev) })
	t.Run("sum", func(t *testing.T) { sums(t, dev) })
	t.Run("bytes", func(t *testing.T) { countsBytes(t, dev) })
}

func conform(t *testing.T, dev backend.Device, c testCase, dt array.DType) {
	seed := rand.Uint64()
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	if c.derived {
		runsOverTape(t, dev, c, dt, rand.New(rand.NewPCG(seed, 1)))
		return
	}
	p := c.plan(t, rand.New(rand.NewPCG(seed, 1)), dt)
	want := interpret(p)

	s := stepped(t, dev, p)
	first := collect(t, s, p)
	compare(t, p, first, want)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	again(t, dev, p, first, rand.New(rand.NewPCG(seed, 2)))
	if c.shots > 1 {
		alone(t, dev, p, first)
	}
}

// again checks that neither a run before Reset nor how steps are cut changes a bit, nor that a
// run goes on from a state that was saved.
func again(t *testing.T, dev backend.Device, p *backend.Plan, want map[string][]float64, rnd *rand.Rand) {
	ctx := context.Background()
	before := *p
	before.Fields, before.Series = spoiled(p.Fields), spoiled(p.Series)
	s, err := dev.Plan(ctx, &before)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	bytes := s.Bytes()
	for _, cuts := range [][]int{{3}, {1, 0, p.Steps - 2, 1}, {p.Steps}} { // the first leaves NaN everywhere
		for _, n := range cuts {
			if err := s.Step(ctx, n); err != nil {
				t.Fatal(err)
			}
		}
		if cuts[0] != 3 {
			for name, a := range collect(t, s, p) {
				if !slices.Equal(a, want[name]) {
					t.Errorf("%s, in steps of %v after Reset, is not that of a new plan", name, cuts)
				}
			}
		}
		if err := s.Reset(ctx, p.Fields, p.Series); err != nil {
			t.Fatal(err)
		}
	}
	resumes(t, s, p, want, rnd.IntN(p.Steps+1))
	if n := s.Bytes(); n != bytes {
		t.Errorf("Bytes is %d after Reset, was %d", n, bytes)
	}
}

// spoiled returns arrays like those given, of NaN.
func spoiled(arrays map[string]*array.Array) map[string]*array.Array {
	out := map[string]*array.Array{}
	for name, a := range arrays {
		out[name] = array.AddConst(math.NaN(), a)
	}
	return out
}

// alone checks that a shot's result does not depend on its neighbours in a batch.
func alone(t *testing.T, dev backend.Device, p *backend.Plan, all map[string][]float64) {
	one := *p
	one.Shots = 1
	one.Fields, one.Series, one.Points = map[string]*array.Array{}, map[string]*array.Array{}, map[string][]stencil.Points{}
	last := p.Shots - 1
	pick := func(a *array.Array, shots int) *array.Array {
		if shape := a.Shape(); shape[0] == shots && shots > 1 {
			n := a.Len() / shots
			return array.Convert(p.DType, a.Float64s()[last*n:][:n], append([]int{1}, shape[1:]...)...)
		}
		return a
	}
	for _, f := range p.Program.Fields() {
		if a := p.Fields[f.Name]; a != nil && f.Kind != stencil.Profile {
			one.Fields[f.Name] = pick(a, p.Shots)
		} else if a != nil {
			one.Fields[f.Name] = a
		}
	}
	for name, a := range p.Series {
		one.Series[name] = pick(a, p.Shots)
	}
	for name, pts := range p.Points {
		one.Points[name] = pts[last:]
	}
	s := stepped(t, dev, &one)
	defer s.Close()
	for name, a := range collect(t, s, &one) {
		if b := all[name]; len(b) == len(a)*p.Shots && !slices.Equal(a, b[last*len(a):]) {
			t.Errorf("%s of the last shot depends on the others", name)
		}
	}
}

// collect returns every wavefield and recorded series.
func collect(t *testing.T, s backend.Stepper, p *backend.Plan) map[string][]float64 {
	t.Helper()
	out := map[string][]float64{}
	for _, f := range wavefields(p.Program) {
		a, err := s.Field(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if want := append([]int{p.Shots}, p.Layout.Shape...); !slices.Equal(a.Shape(), want) || a.DType() != p.DType {
			t.Fatalf("field %s is %s %v, want %s %v", f.Name, a.DType(), a.Shape(), p.DType, want)
		}
		out[f.Name] = a.Float64s()
		if one, ok := s.(backend.Picker); ok {
			picks(t, one, f.Name, a)
		}
		const within = 1e-6
		if peak, err := s.Peak(f.Name); err != nil || !(math.Abs(peak-a.Peak()) <= within*a.Peak()) {
			t.Errorf("Peak(%s) is %v, %v; want %v", f.Name, peak, err, a.Peak())
		}
	}
	for _, r := range p.Program.Outputs() {
		a, err := s.Series(r.Name)
		if err != nil {
			t.Fatal(err)
		}
		if want := []int{p.Shots, len(p.Points[r.Points][0]), p.Steps}; !slices.Equal(a.Shape(), want) {
			t.Fatalf("series %s has shape %v, want %v", r.Name, a.Shape(), want)
		}
		out["series "+r.Name] = a.Float64s()
	}
	return out
}

// picks checks that one shot of a field is what Field has of it.
func picks(t *testing.T, s backend.Picker, name string, all *array.Array) {
	t.Helper()
	shots := all.Shape()[0]
	n := all.Len() / shots
	for shot := range shots {
		a, err := s.FieldOf(name, shot)
		if err != nil {
			t.Fatal(err)
		}
		if a.Shape()[0] != 1 || !slices.Equal(a.Float64s(), all.Float64s()[shot*n:][:n]) {
			t.Errorf("FieldOf(%s, %d) is not that shot of Field", name, shot)
		}
	}
	for _, shot := range []int{-1, shots} {
		if _, err := s.FieldOf(name, shot); err == nil {
			t.Errorf("FieldOf shot %d of %d: no error", shot, shots)
		}
	}
}

func wavefields(p *stencil.Program) []*stencil.Field {
	var out []*stencil.Field
	for _, f := range p.Fields() {
		if f.Kind == stencil.State || f.Kind == stencil.Memory {
			out = append(out, f)
		}
	}
	return out
}

func compare(t *testing.T, p *backend.Plan, got, want map[string][]float64) {
	t.Helper()
	for name, w := range want {
		worst, scale := 0.0, 0.0
		for i, v := range w {
			scale = math.Max(scale, math.Abs(v))
			if d := math.Abs(got[name][i] - v); d > worst || math.IsNaN(d) {
				worst = d
			}
		}
		if scale == 0 && !withoutPML(p, name) {
			t.Errorf("%s is zero in the interpreter: the case tests nothing", name)
		}
		if !(worst <= tolerance[p.DType]*scale) {
			t.Errorf("%s differs by %.3g of its greatest value, want at most %.3g", name, worst/scale, tolerance[p.DType])
		}
	}
}

// withoutPML reports whether name is the memory field of a dimension without PML.
func withoutPML(p *backend.Plan, name string) bool {
	f := p.Program.Field(name)
	return f != nil && f.Kind == stencil.Memory && p.Layout.PML[f.Dim] == [2]int{}
}

// refuses checks that bad plans are errors of the right kind.
func refuses(t *testing.T, dev backend.Device) {
	ctx := context.Background()
	good := func() *backend.Plan {
		return cases()[0].plan(t, rand.New(rand.NewPCG(1, 2)), array.Float32)
	}
	for _, bad := range []struct {
		name string
		make func(p *backend.Plan)
		want error
	}{
		{"dtype of a field", func(p *backend.Plan) {
			p.Fields["v"] = array.Convert(array.Float64, p.Fields["v"].Float64s(), p.Fields["v"].Shape()...)
		}, array.ErrDType},
		{"shape of a field", func(p *backend.Plan) { p.Fields["v"] = array.Zeros(array.Float32, 1, 3) }, array.ErrShape},
		{"missing model", func(p *backend.Plan) { delete(p.Fields, "v") }, nil},
		{"missing series", func(p *backend.Plan) { delete(p.Series, "f") }, nil},
		{"missing points", func(p *backend.Plan) { delete(p.Points, "receiver") }, nil},
		{"cell in the halo", func(p *backend.Plan) { p.Points["source"][0][0] = []stencil.Entry{{Cell: 0, Weight: 1}} }, nil},
		{"no shots", func(p *backend.Plan) { p.Shots = 0 }, nil},
	} {
		p := good()
		bad.make(p)
		s, err := dev.Plan(ctx, p)
		if err == nil {
			s.Close()
			t.Errorf("%s: no error", bad.name)
		} else if bad.want != nil && !errors.Is(err, bad.want) {
			t.Errorf("%s: %v, want an error that wraps %v", bad.name, err, bad.want)
		}
	}
	p := good()
	s, err := dev.Plan(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Field("nobody"); err == nil {
		t.Error("Field of an unknown name: no error")
	}
	if _, err := s.Series("nobody"); err == nil {
		t.Error("Series of an unknown name: no error")
	}
	if err := s.Step(ctx, p.Steps+1); err == nil {
		t.Error("more steps than planned: no error")
	}
	s.Close()
	if err := s.Step(ctx, 1); err == nil {
		t.Error("Step after Close: no error")
	}
}

// planned returns a plan and its stepper, which ends with the test.
func planned(t *testing.T, dev backend.Device, seed uint64) (*backend.Plan, backend.Stepper) {
	t.Helper()
	p := cases()[0].plan(t, rand.New(rand.NewPCG(1, seed)), array.Float32)
	s, err := dev.Plan(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return p, s
}

func cancels(t *testing.T, dev backend.Device) {
	_, s := planned(t, dev, 3)
	if err := s.Step(context.Background(), -1); err == nil {
		t.Error("-1 steps: no error")
	}
	if err := s.Step(context.Background(), 1); err != nil {
		t.Errorf("Step after a number that was refused: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, when := range []string{"under a cancelled context", "after that"} {
		if err := s.Step(ctx, 2); !errors.Is(err, context.Canceled) {
			t.Errorf("Step %s returns %v, want context.Canceled", when, err)
		}
		ctx = context.Background()
	}
}

// recordsSoFar checks that what is not reached yet of a series is zero.
func recordsSoFar(t *testing.T, dev backend.Device) {
	p, s := planned(t, dev, 7)
	const steps = 3
	if err := s.Step(context.Background(), steps); err != nil {
		t.Fatal(err)
	}
	a, err := s.Series("r")
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range a.Float64s() {
		point, step := i/p.Steps, i%p.Steps
		if point < 3 && (x != 0) != (step < steps) { // the last has no entries
			t.Errorf("sample %d of point %d is %g after %d steps, want samples up to there and then zeros", step, point, x, steps)
		}
	}
}

func findsNaN(t *testing.T, dev backend.Device) {
	p := cases()[0].plan(t, rand.New(rand.NewPCG(1, 4)), array.Float32)
	v := p.Fields["v"].Float64s()
	v[len(v)/2] = math.NaN()
	p.Fields["v"] = array.Convert(array.Float32, v, p.Fields["v"].Shape()...)
	s := stepped(t, dev, p)
	defer s.Close()
	if peak, err := s.Peak("u"); err != nil || peak <= math.MaxFloat64 {
		t.Errorf("Peak is %v, %v after a NaN; want that or infinity", peak, err)
	}
}

// stepped runs all steps of a plan; the caller closes what it returns.
func stepped(t testing.TB, dev backend.Device, p *backend.Plan) backend.Stepper {
	t.Helper()
	s, err := dev.Plan(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Step(context.Background(), p.Steps); err != nil {
		s.Close()
		t.Fatal(err)
	}
	return s
}
