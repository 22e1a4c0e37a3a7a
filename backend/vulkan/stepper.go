//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/shaders"
	"github.com/d52adeda/wave/stencil"
)

// stepper advances a plan. Its state stays on the device.
type stepper[T array.Float] struct {
	d        *device
	plan     *backend.Plan
	points   map[string]int
	schedule *stencil.Schedule
	module   *shaders.Module
	real     shaders.Type

	owner    owner
	lane     *lane
	transfer *transfer
	slots    [][]int // by phase of the rotation: which buffer each slot is
	parts    []*part
	shared   map[int]bool // slots of models that shots share, and profiles
	profiles profiles
	barriers [][]bool // by phase and operation: whether it must wait for those before
	peak     *peak
	tape     *tape // nil if the program has none

	step     int
	phase    int // of the rotation
	compiled time.Duration

	batch  int // steps that are submitted together
	closed bool
	failed error
}

// plan makes a stepper.
func plan[T array.Float](ctx context.Context, d *device, p *backend.Plan) (backend.Stepper, error) {
	var z T
	s := &stepper[T]{
		d: d, plan: p.Bare(),
		points: map[string]int{}, shared: map[int]bool{}, real: shaders.Type(unsafe.Sizeof(z)), batch: 1,
	}
	d.adopt(s)
	err := s.prepare(ctx, p)
	if err == nil {
		err = complaints()
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *stepper[T]) prepare(ctx context.Context, p *backend.Plan) error {
	var err error
	if s.schedule, err = stencil.NewSchedule(p.Program); err != nil {
		return err
	}
	if err := s.attach(p); err != nil {
		return err
	}
	if s.module, err = s.divided(shaders.Kinds(p.Layout)); err != nil {
		return err
	}
	for _, r := range append(p.Program.Inputs(), p.Program.Outputs()...) {
		s.points[r.Points] = len(p.Points[r.Points][0])
	}
	s.slots = s.schedule.Phases()
	s.barriers = waits(s.schedule, s.module, s.slots)
	if s.lane, err = newLane(s.d); err != nil {
		return err
	}
	if s.transfer, err = newTransfer(s.lane); err != nil {
		return err
	}
	s.owner.owns(s.transfer.close)
	if err := s.divide(p); err != nil {
		return err
	}
	began := time.Now()
	if err := s.compile(ctx); err != nil {
		return err
	}
	s.compiled = time.Since(began)
	return s.load(ctx, p)
}

// What is submitted at a time should take about as long as target, but not have more
// than so many steps: to record them takes time and memory, too.
const (
	target    = 50 * time.Millisecond
	mostSteps = 512
)

// Step implements backend.Stepper.
func (s *stepper[T]) Step(ctx context.Context, n int) error {
	if err := s.usable("Step"); err != nil {
		return err
	}
	if n < 0 || s.step+n > s.plan.Steps {
		return fmt.Errorf("vulkan: %d steps after %d, want at most %d in all", n, s.step, s.plan.Steps)
	}
	err := s.advance(ctx, n)
	if err == nil {
		err = complaints()
	}
	s.failed = err
	return err
}

func (s *stepper[T]) advance(ctx context.Context, n int) error {
	for last := s.step + n; s.step < last; {
		k := min(s.batch, last-s.step)
		err := s.lane.submit(ctx, k, func(c vk.CommandBuffer) {
			for i := range k {
				s.record(c, i == 0)
				s.step++
				s.phase = (s.phase + 1) % len(s.slots)
			}
		})
		if err != nil {
			return err
		}
		if each := s.lane.each; each > 0 {
			s.batch = max(1, min(int(target/each), 2*s.batch, mostSteps))
		}
	}
	return s.lane.finish(ctx)
}

// usable reports why the stepper cannot be used, if so.
func (s *stepper[T]) usable(call string) error {
	if s.closed {
		return fmt.Errorf("vulkan: %s of a closed stepper", call)
	}
	if s.failed != nil {
		return fmt.Errorf("vulkan: %s after an error: %w", call, s.failed)
	}
	if s.tape != nil && s.tape.parts == nil {
		return fmt.Errorf("vulkan: %s: %w", call, backend.ErrOtherTape)
	}
	return nil
}

// CompileTime implements backend.Compiler.
func (s *stepper[T]) CompileTime() time.Duration { return s.compiled }

// Bytes implements backend.Stepper.
func (s *stepper[T]) Bytes() int64 {
	if s.closed {
		return 0
	}
	n := int64(0)
	counted := map[*buffer]bool{} // parts share some
	for _, p := range s.parts {
		for _, b := range p.buffers {
			if b != nil && !counted[b] {
				counted[b] = true
				n += b.size
			}
		}
	}
	return n
}

// Close implements backend.Stepper.
func (s *stepper[T]) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	s.d.forget(s)
	if s.lane != nil && !s.lane.close() {
		s.d.abandon()
		return errStuck
	}
	s.owner.freeAll()
	return complaints()
}
