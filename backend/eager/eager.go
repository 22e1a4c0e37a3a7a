// Package eager runs stencil programs as array operations: each is a primitive that
// the transformations of package functional can trace. A time step is an
// array.Stage: its operations are recorded once, under whatever transformations, and
// run as fused kernels.
//
// It imports backend, stencil and array of this module.
package eager

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/stencil"
)

func init() { backend.Register("eager", driver{}) }

type driver struct{}

func (driver) Devices() []backend.Info { return []backend.Info{device{}.Info()} }

func (driver) Open(index int) (backend.Device, error) {
	if index != 0 {
		return nil, fmt.Errorf("eager: device is %d, want 0: %w", index, backend.ErrNoDevice)
	}
	return device{}, nil
}

type device struct{}

func (device) Info() backend.Info {
	return backend.Info{
		Backend: "eager", Name: runtime.GOARCH, Driver: runtime.Version(),
		Float64: true, Traces: true, Note: "array operations",
	}
}

func (device) Close() error { return nil }

func (device) Plan(_ context.Context, p *backend.Plan) (backend.Stepper, error) {
	onTape := taped(p.Program)
	if err := p.Check(len(onTape) > 0); err != nil { // whose rules are not those of a tape
		return nil, err
	}
	s := &stepper{plan: p.Bare(), state: &state{}, taped: onTape}
	if len(onTape) > 0 {
		var ok bool
		if s.tape, ok = p.Tape.(*tape); !ok || s.tape.slabs == nil {
			return nil, backend.ErrOtherTape
		}
	}
	for _, stmt := range p.Program.Body {
		switch stmt := stmt.(type) {
		case stencil.Update:
			s.ops = append(s.ops, newUpdate(s, stmt))
		case stencil.Inject:
			s.ops = append(s.ops, newInject(s, stmt))
		case stencil.Record:
			s.ops = append(s.ops, newRecord(s, stmt))
		}
	}
	s.stage = s.newStage()
	return s, s.fill(p)
}

// stepper holds the state as arrays, replaced at each step. The goroutines that
// Step starts end before it returns.
type stepper struct {
	plan    *backend.Plan
	state   *state
	ops     []operation
	coeffs  []func(*state) *array.Array // those of the state, from its models and profiles
	records int
	injects int                           // that have something to inject
	series  map[*stencil.Series][]float64 // what is injected, [step][shot][point]
	stage   *array.Stage                  // one time step
	taped   []*stencil.Field              // what is on the tape
	tape    *tape
	step    int
	failed  error
}

// state is all that steps read and write and that may be traced.
type state struct {
	fields map[*stencil.Field]*array.Array // [shots][as stored]
	coeffs []*array.Array                  // what is computed once for all steps
	sums   []*array.Array                  // what each inject injects in a step, [shots][cells]
	rows   []*array.Array                  // what each record samples in a step, [shots][points]
	series [][]*array.Array                // by record and row what it has sampled since the first step, or nil
}

// operation is a statement made ready to run: one step on a state.
type operation interface {
	run(s *stepper, st *state) error
}

// usable reports why the stepper cannot be used, if so.
func (s *stepper) usable(call string) error {
	if s.state == nil {
		return fmt.Errorf("eager: %s of a closed stepper", call)
	}
	if s.failed != nil {
		return fmt.Errorf("eager: %s after an error: %w", call, s.failed)
	}
	if s.tape != nil && s.tape.slabs == nil {
		return fmt.Errorf("eager: %s: %w", call, backend.ErrOtherTape)
	}
	return nil
}

// fill puts the state before the first step, with a plan's arrays. What a tape refers to is
// replaced, not changed.
func (s *stepper) fill(p *backend.Plan) error {
	st := &state{fields: map[*stencil.Field]*array.Array{}}
	for range s.records {
		st.series = append(st.series, make([]*array.Array, p.Steps))
	}
	for _, f := range p.Program.Fields() {
		if f.Kind == stencil.Tape {
			continue
		}
		st.fields[f] = s.state.fields[f]
		if p.Renews(f) {
			st.fields[f] = s.stored(f, p.Fields[f.Name])
		}
	}
	for _, coeff := range s.coeffs {
		st.coeffs = append(st.coeffs, coeff(st))
	}
	series := map[*stencil.Series][]float64{}
	for _, in := range p.Program.Inputs() {
		series[in] = s.series[in]
		if a := p.Series[in.Name]; a != nil {
			series[in] = backend.Transposed(a.Float64s(), p.Steps)
		}
	}
	s.state, s.series, s.step = st, series, 0
	return st.err()
}

// Reset implements backend.Stepper. Arrays that a transformation traces are for as long as it
// runs: after it, those that stay must be given again.
func (s *stepper) Reset(ctx context.Context, fields, series map[string]*array.Array) error {
	if err := s.usable("Reset"); err != nil {
		return err
	}
	p, err := s.plan.Again(fields, series, len(s.taped) > 0)
	if err != nil {
		return err
	}
	s.failed = errors.Join(s.fill(p), ctx.Err())
	return s.failed
}

// Step implements backend.Stepper.
func (s *stepper) Step(ctx context.Context, n int) error {
	if err := s.usable("Step"); err != nil {
		return err
	}
	if n < 0 || s.step+n > s.plan.Steps {
		return fmt.Errorf("eager: %d steps after %d, want at most %d in all", n, s.step, s.plan.Steps)
	}
	s.failed = s.advance(ctx, n)
	return s.failed
}

func (s *stepper) advance(ctx context.Context, n int) error {
	if !s.state.taped() { // nothing is kept: no need to run anything again
		rows, err := s.steps(ctx, s.state, s.step, n)
		if err != nil {
			return err
		}
		s.passed(rows)
		return s.state.err()
	}
	// Reverse mode keeps the state between segments, and what one segment computes
	// while it runs that again: about three states a step. It keeps least when both
	// are the same.
	segment := int(math.Sqrt(float64(s.plan.Steps)/3)) + 1
	for end := s.step + n; s.step < end; {
		rows, err := s.checkpointed(ctx, min(segment, end-s.step))
		if err != nil {
			return err
		}
		s.passed(rows)
	}
	return s.state.err()
}

// passed notes what each record has sampled in the next steps.
func (s *stepper) passed(steps [][]*array.Array) {
	for _, rows := range steps {
		for i, row := range rows {
			s.state.series[i][s.plan.Row(s.step)] = row
		}
		s.step++
	}
}

// taped reports whether reverse mode keeps what is computed from the state.
func (st *state) taped() bool {
	for _, a := range st.fields {
		if a.Taped() {
			return true
		}
	}
	return false
}

// err returns the error of any array of the state.
func (st *state) err() error {
	for _, a := range slices.AppendSeq(slices.Clone(st.coeffs), maps.Values(st.fields)) {
		if a.Err() != nil {
			return a.Err()
		}
	}
	return nil
}

// threads returns how many goroutines may compute.
func (s *stepper) threads() int {
	if n := runtime.GOMAXPROCS(0); s.plan.Threads == 0 || s.plan.Threads > n {
		return n
	}
	return s.plan.Threads
}

// shape returns that of a field as it is kept: profiles have as many axes as the grid.
func (s *stepper) shape(f *stencil.Field) []int {
	l := s.plan.Layout
	if f.Kind == stencil.Profile {
		shape := slices.Repeat([]int{1}, 1+l.NDim)
		shape[1+f.Dim] = l.Shape[f.Dim]
		return shape
	}
	return append([]int{s.plan.Copies(f)}, l.FieldShape(f)...)
}

// stored returns a field of the plan as it is kept: memory fields cut to their strips,
// absent wavefields zero.
func (s *stepper) stored(f *stencil.Field, a *array.Array) *array.Array {
	switch {
	case a == nil:
		return array.Zeros(s.plan.DType, s.shape(f)...)
	case f.Kind == stencil.Profile:
		return array.Reshape(a, s.shape(f)...)
	case f.Kind == stencil.Memory:
		return s.move(f, a, s.shape(f), true)
	}
	return a
}

// move copies the zones of a memory field from the padded grid to its strips, or
// back.
func (s *stepper) move(f *stencil.Field, a *array.Array, shape []int, collapse bool) *array.Array {
	l, axis := s.plan.Layout, 1+f.Dim
	n, strip := l.Shape[f.Dim], l.Strips[f.Dim]
	size := append([]int{s.plan.Shots}, l.Shape...)
	var at [][]int
	var parts []*array.Array
	zone := func(grid, stored, cells int) {
		if cells == 0 {
			return
		}
		from, to, box := make([]int, len(size)), make([]int, len(size)), append([]int(nil), size...)
		from[axis], to[axis], box[axis] = grid, stored, cells
		if !collapse {
			from, to = to, from
		}
		parts = append(parts, array.Slice(a, from, box))
		at = append(at, to)
	}
	high := n - strip.ZoneHi
	zone(0, 0, strip.ZoneLo)
	zone(strip.ZoneHi, strip.Len()-high, high)
	return array.Assemble(s.plan.DType, shape, at, parts...)
}

// Field implements backend.Stepper.
func (s *stepper) Field(name string) (*array.Array, error) {
	f := s.plan.Program.Field(name)
	if s.state == nil || f == nil || f.Kind == stencil.Tape {
		return nil, fmt.Errorf("eager: program %s has no field %q, or the stepper is closed", s.plan.Program.Name, name)
	}
	a := s.state.fields[f]
	switch f.Kind {
	case stencil.Profile:
		a = array.Reshape(a, a.Len())
	case stencil.Memory:
		a = s.move(f, a, append([]int{s.plan.Shots}, s.plan.Layout.Shape...), false)
	}
	return a, a.Err()
}

// Series implements backend.Stepper.
func (s *stepper) Series(name string) (*array.Array, error) {
	for _, o := range s.ops {
		if r, ok := o.(*record); ok && r.name == name {
			return r.series(s)
		}
	}
	return nil, fmt.Errorf("eager: program %s records no series %q", s.plan.Program.Name, name)
}

// Peak implements backend.Stepper; of a traced field it looks at its tangents,
// too.
func (s *stepper) Peak(name string) (float64, error) {
	f := s.plan.Program.Field(name)
	if s.state == nil || f == nil || f.Kind == stencil.Tape {
		return 0, fmt.Errorf("eager: program %s has no field %q, or the stepper is closed", s.plan.Program.Name, name)
	}
	a := s.state.fields[f]
	return a.Peak(), a.Err()
}

// Close implements backend.Stepper.
func (s *stepper) Close() error {
	s.state, s.ops, s.stage = nil, nil, nil
	return nil
}
