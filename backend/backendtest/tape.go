package backendtest

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/stencil"
)

// RunTape runs a case of two shots over a tape, and over windows of one, on an open device: enough for
// one with other limits. It returns a plan that the tape is for.
func RunTape(t *testing.T, dev backend.Device, dt array.DType) *backend.Plan {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	c := named("scalar-2d-acc4-[21 33]-adjoint")
	runsOverTape(t, dev, c, dt, rand.New(rand.NewPCG(seed, 1)))
	forward, _, _ := c.pair(t, rand.New(rand.NewPCG(seed, 1)), dt)
	return forward
}

// pair makes the plans of a case's program with a tape and of its reverse program, which starts
// from random cotangents. Neither has its tape yet.
func (c testCase) pair(t *testing.T, rnd *rand.Rand, dt array.DType) (forward, reverse *backend.Plan, tape []*stencil.Field) {
	t.Helper()
	p := c.program(timeStep, c.spacing())
	always := func(*stencil.Field) bool { return true }
	pair, err := stencil.Adjoint(p, always, Models(p), p.Inputs()...)
	if err != nil {
		t.Fatal(err)
	}
	forward = c.planOf(t, rnd, dt, pair.Forward, pair.Reverse)
	reverse = c.planOf(t, rnd, dt, pair.Reverse, pair.Forward)
	reverse.Reverse = true
	for _, f := range pair.Reverse.Fields() {
		if a := forward.Fields[f.Name]; a != nil && f.Kind == stencil.Model {
			reverse.Fields[f.Name] = a
		}
	}
	maps.Copy(reverse.Points, forward.Points)
	for name, a := range forward.Series {
		if reverse.Series[name] != nil {
			reverse.Series[name] = a
		}
	}
	return forward, reverse, pair.Tape
}

// over is a forward and a reverse plan on a tape, with their steppers.
type over struct {
	t       *testing.T
	plan    [2]*backend.Plan
	stepper [2]backend.Stepper
	tape    backend.Tape
}

// on makes the steppers of two plans on a tape of a window of steps; they end with the test.
func on(t *testing.T, dev backend.Device, forward, reverse *backend.Plan, window int) *over {
	t.Helper()
	o := &over{t: t}
	tape, err := dev.NewTape(forward, window)
	o.try(err)
	o.tape = tape
	t.Cleanup(func() {
		for range 2 {
			o.try(tape.Close())
		}
	})
	for i, p := range []*backend.Plan{forward, reverse} {
		p := *p
		p.Tape = tape
		s, err := dev.Plan(context.Background(), &p)
		o.try(err)
		t.Cleanup(func() { s.Close() })
		o.plan[i], o.stepper[i] = &p, s
	}
	return o
}

func (o *over) try(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// step advances the forward (0) or reverse (1) stepper.
func (o *over) step(which, n int) {
	o.t.Helper()
	o.try(o.stepper[which].Step(context.Background(), n))
}

// same checks that both have the bits of other runs.
func (o *over) same(how string, want [2]map[string][]float64) {
	o.t.Helper()
	for i, p := range o.plan {
		for name, a := range collect(o.t, o.stepper[i], p) {
			if !slices.Equal(a, want[i][name]) {
				o.t.Errorf("%s of %s, %s, is not that of a tape of all steps", name, p.Program.Name, how)
			}
		}
	}
}

// runsOverTape checks a program with a tape and its reverse program against the interpreter, and
// that a window of the tape that is spilled and filled, or written again from a state, gives the
// same bits.
func runsOverTape(t *testing.T, dev backend.Device, c testCase, dt array.DType, rnd *rand.Rand) {
	forward, reverse, fields := c.pair(t, rnd, dt)
	steps := forward.Steps
	taped := map[[2]int][][]float64{} // by shot and row
	var want [2]map[string][]float64
	nothing := func(*stencil.Interpreter, int, int) {}
	want[0] = interpretWith(forward, nothing, func(r *stencil.Interpreter, shot, row int) {
		for _, f := range fields {
			taped[[2]int{shot, row}] = append(taped[[2]int{shot, row}], r.Data[f])
		}
	})
	want[1] = interpretWith(reverse, func(r *stencil.Interpreter, shot, row int) {
		for i, f := range fields {
			r.Data[f] = taped[[2]int{shot, row}][i]
		}
	}, nothing)

	all := on(t, dev, forward, reverse, steps)
	all.step(0, steps)
	all.step(1, 2)
	all.step(1, steps-2)
	var got [2]map[string][]float64
	for i, p := range all.plan {
		got[i] = collect(t, all.stepper[i], p)
		compare(t, p, got[i], want[i])
	}

	const window = 4
	few := on(t, dev, forward, reverse, window)
	if a, b := all.stepper[1].Bytes(), few.stepper[1].Bytes(); a != b {
		t.Errorf("a stepper has %d bytes with a tape of all steps, %d with one of some: whose is the tape?", a, b)
	}
	spilled := make([][]byte, steps)
	for n := 0; n < steps; n += window {
		m := min(window, steps-n)
		few.step(0, m)
		for row := n; row < n+m; row++ {
			spilled[row] = make([]byte, few.tape.Form().Slab)
			few.try(few.tape.Spill(row, spilled[row]))
		}
	}
	for n := steps; n > 0; n -= window {
		m := min(window, n)
		for row := n - m; row < n; row++ {
			few.try(few.tape.Fill(row, spilled[row]))
		}
		few.step(1, m)
	}
	few.same("spilled and filled", got)

	for i, s := range few.stepper {
		few.try(s.Reset(context.Background(), few.plan[i].Fields, few.plan[i].Series))
	}
	first, err := few.stepper[0].NewState()
	few.try(err)
	few.try(few.stepper[0].Save(first))
	again := func(n int) { // the first n steps
		few.try(few.stepper[0].Restore(first))
		few.try(few.stepper[0].Seek(0))
		few.step(0, n)
	}
	again(steps)
	few.step(1, window)
	for row := steps - window - 1; row >= 0; row-- {
		again(row + 1)
		few.step(1, 1)
	}
	again(steps)
	few.same("written again", got)
}

// refusesTape checks tapes that a plan, and bytes that a tape refuses.
func refusesTape(t *testing.T, dev backend.Device) {
	c := named("scalar-2d-acc4-[21 33]-adjoint")
	forward, reverse, fields := c.pair(t, rand.New(rand.NewPCG(1, 13)), array.Float32)
	o := on(t, dev, forward, reverse, 2)
	slab := make([]byte, o.tape.Form().Slab)
	closed, err := dev.NewTape(forward, 1)
	o.try(err)
	o.try(closed.Close())
	for what, err := range map[string]error{
		"Spill to too few bytes":   o.tape.Spill(0, slab[1:]),
		"Fill from too many bytes": o.tape.Fill(0, append(slab, 0)),
		"Spill of row -1":          o.tape.Spill(-1, slab),
		"Spill of a closed tape":   closed.Spill(0, slab),
		"Fill of a closed tape":    closed.Fill(0, slab),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	if _, err := dev.NewTape(forward, 0); err == nil {
		t.Error("a tape of no steps: no error")
	}
	if _, err := dev.NewTape(named("staggered-2d").plan(t, rand.New(rand.NewPCG(1, 13)), array.Float32), 1); err == nil {
		t.Error("a tape for a program without: no error")
	}
	if _, err := o.stepper[0].Field(fields[0].Name); err == nil {
		t.Error("Field of what is on a tape: no error")
	}
	other := func(change func(p *backend.Plan)) backend.Tape {
		p := *forward
		change(&p)
		tape, err := dev.NewTape(&p, 1)
		o.try(err)
		t.Cleanup(func() { tape.Close() })
		return tape
	}
	larger := *forward.Layout
	larger.Shape = []int{larger.Shape[0] + 1, larger.Shape[1]}
	for what, tape := range map[string]backend.Tape{
		"no tape":         nil,
		"a closed tape":   closed,
		"another's tape":  struct{ backend.Tape }{o.tape},
		"one of one shot": other(func(p *backend.Plan) { p.Shots = 1 }),
		"a larger one":    other(func(p *backend.Plan) { p.Layout = &larger }),
	} {
		p := *reverse
		p.Tape = tape
		if s, err := dev.Plan(context.Background(), &p); err == nil {
			s.Close()
			t.Errorf("%s: no error", what)
		}
	}
	p := *o.plan[1]
	p.Fields = maps.Clone(p.Fields)
	p.Fields[fields[0].Name] = array.Zeros(array.Float32, append([]int{p.Shots}, p.Layout.Shape...)...)
	if _, err := dev.Plan(context.Background(), &p); err == nil {
		t.Error("an array for what is on the tape: no error")
	}
	if dev.Info().Float64 {
		double := other(func(p *backend.Plan) { p.DType = array.Float64 })
		p := *reverse
		p.Tape = double
		if _, err := dev.Plan(context.Background(), &p); err == nil || errors.Is(err, backend.ErrOtherTape) {
			t.Errorf("a float64 tape for a float32 plan: %v, want an error that says so", err)
		}
	}
	o.try(o.tape.Close())
	for _, s := range o.stepper {
		if err := s.Step(context.Background(), 1); !errors.Is(err, backend.ErrOtherTape) {
			t.Errorf("Step over a tape that is closed: %v, want an error that wraps %v", err, backend.ErrOtherTape)
		}
	}
}
