package backendtest

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
)

// named returns the case of a name.
func named(name string) testCase {
	return cases()[slices.IndexFunc(cases(), func(c testCase) bool { return c.name == name })]
}

// resumes checks that a run from its first step on that is cut after some steps goes on to the
// bit: from a state on the device, and from one that was on the host while all was spoiled.
func resumes(t *testing.T, s backend.Stepper, p *backend.Plan, want map[string][]float64, cut int) {
	t.Helper()
	ctx := context.Background()
	try := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s, cut after %d steps: %v", what, cut, err)
		}
	}
	states := make([]backend.State, 2)
	for i := range states {
		var err error
		states[i], err = s.NewState()
		try("NewState", err)
	}
	try("Step", s.Step(ctx, cut))
	try("Save", s.Save(states[0]))
	host := make([]byte, states[0].Bytes())
	least := 0 // without what rows and strips are filled up with
	for _, f := range wavefields(p.Program) {
		least += p.Shots * p.Layout.Size(f) * p.DType.Size()
	}
	if len(host) < least || int64(len(host)) > s.Bytes() {
		t.Errorf("a state has %d bytes, want %d to %d", len(host), least, s.Bytes())
	}
	try("Spill", states[0].Spill(host))
	try("Step", s.Step(ctx, p.Steps-cut))
	try("Restore", s.Restore(states[0]))
	for _, from := range []string{"the device", "the host"} {
		try("Seek", s.Seek(cut))
		try("Step", s.Step(ctx, p.Steps-cut))
		for name, a := range collect(t, s, p) {
			if !slices.Equal(a, want[name]) {
				t.Errorf("%s, restored from %s after %d steps, is not that of a run without", name, from, cut)
			}
		}
		for _, f := range wavefields(p.Program) {
			a, err := s.Field(f.Name)
			try("Field", err)
			try("SetField", s.SetField(f.Name, array.AddConst(math.NaN(), a)))
			if peak, err := s.Peak(f.Name); err != nil || p.Layout.Size(f) > 0 && !math.IsNaN(peak) {
				t.Errorf("Peak(%s) is %v, %v after SetField to NaN", f.Name, peak, err)
			}
		}
		try("Save", s.Save(states[1])) // of NaN
		try("Fill", states[1].Fill(host))
		try("Restore", s.Restore(states[1]))
	}
}

// refusesState checks what Seek, SetField and states refuse.
func refusesState(t *testing.T, dev backend.Device) {
	p, s := planned(t, dev, 11)
	_, other := planned(t, dev, 12)
	mine, err := s.NewState()
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := other.NewState()
	if err != nil {
		t.Fatal(err)
	}
	u := p.Fields["u"]
	for what, err := range map[string]error{
		"Seek before the first step":   s.Seek(-1),
		"Seek beyond the last step":    s.Seek(p.Steps + 1),
		"Save to another's state":      s.Save(foreign),
		"Restore of another's state":   s.Restore(foreign),
		"Spill to too few bytes":       mine.Spill(make([]byte, mine.Bytes()-1)),
		"Fill from too many bytes":     mine.Fill(make([]byte, mine.Bytes()+1)),
		"SetField of a model":          s.SetField("v", p.Fields["v"]),
		"SetField of an unknown field": s.SetField("nobody", u),
		"SetField without an array":    s.SetField("u", nil),
		"SetField to another type":     s.SetField("u", array.Convert(array.Float64, u.Float64s(), u.Shape()...)),
		"SetField to another shape":    s.SetField("u", array.Zeros(array.Float32, 3)),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	if err := s.Step(context.Background(), p.Steps); err != nil {
		t.Errorf("after what was refused: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = s.NewState()
	for what, err := range map[string]error{
		"NewState": err, "Seek": s.Seek(0), "Save": s.Save(mine), "Restore": s.Restore(mine), "SetField": s.SetField("u", u),
	} {
		if err == nil {
			t.Errorf("%s after Close: no error", what)
		}
	}
}

// runsBackwards checks that a plan that is Reverse takes and records its series from their ends.
func runsBackwards(t *testing.T, dev backend.Device) {
	for _, name := range []string{"scalar-2d-acc4-[21 33]", "staggered-2d"} {
		seed := rand.Uint64()
		p := named(name).plan(t, rand.New(rand.NewPCG(seed, 1)), array.Float32)
		run := stepped(t, dev, p)
		want := collect(t, run, p)
		run.Close()
		back := *p
		back.Reverse, back.Series = true, map[string]*array.Array{}
		for name, a := range p.Series {
			back.Series[name] = array.Convert(a.DType(), turned(a.Float64s(), p.Steps), a.Shape()...)
		}
		s, err := dev.Plan(context.Background(), &back)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{3, p.Steps - 3} {
			if err := s.Step(context.Background(), n); err != nil {
				t.Fatal(err)
			}
		}
		for key, a := range collect(t, s, &back) {
			if strings.HasPrefix(key, "series ") {
				a = turned(a, p.Steps)
			}
			if !slices.Equal(a, want[key]) {
				t.Errorf("%s, seed %d: %s is not that of a run forward with its series turned", name, seed, key)
			}
		}
		s.Close()
	}
}

// turned returns rows of n values backwards.
func turned(x []float64, n int) []float64 {
	x = slices.Clone(x)
	for row := range slices.Chunk(x, n) {
		slices.Reverse(row)
	}
	return x
}

// sums checks that the sum over shots does not depend on how many are in a plan.
func sums(t *testing.T, dev backend.Device) {
	seed := rand.Uint64()
	p := named("scalar-2d-acc4-[21 33]-batched").plan(t, rand.New(rand.NewPCG(seed, 1)), array.Float32)
	s := stepped(t, dev, p)
	defer s.Close()
	u, err := s.Field("u")
	if err != nil {
		t.Fatal(err)
	}
	x, cells := u.Float64s(), p.Layout.Padded()
	want, got := make([]float64, cells), make([]float64, cells)
	for i, v := range x {
		want[i%cells] += v
	}
	if err := backend.Sum(s, "u", p.Shots, got); err != nil || !slices.Equal(got, want) || slices.Max(want) == 0 {
		t.Errorf("seed %d: the sum is not that of the shots in their order: %v", seed, err)
	}
	if err := backend.Sum(s, "nobody", p.Shots, got); err == nil {
		t.Error("Sum of an unknown field: no error")
	}
}
