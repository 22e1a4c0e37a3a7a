//go:build opencl

package opencl

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unsafe"

	cl "github.com/jgillich/go-opencl/cl"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/internal/memory"
	"github.com/d52adeda/wave/shaders"
	"github.com/d52adeda/wave/stencil"
)

// stepper advances a plan. All that it holds on the device is in held.
type stepper[T array.Float] struct {
	device   *device
	plan     *backend.Plan
	schedule *stencil.Schedule
	grid     *shaders.Grid
	step     int
	closed   bool
	failed   error      // of a call before, after which only Close is left
	left     chan error // of a call that did not come back

	context *cl.Context
	queue   *cl.CommandQueue
	held    []releaser
	buffers []*cl.MemObject // as allocated: slot s is in buffer place[phase][s]
	place   [][]int
	phase   int
	ops     [][]launch // by phase
	peak    *cl.Kernel
	word    *cl.MemObject
	series  map[string]series
	tape    *tape // nil if the program has none
	bytes   int64
	pace    int // steps of a submission
	count   int // submissions so far
	compile time.Duration
}

// releaser is an object of the driver.
type releaser interface{ Release() }

// series is one on the device, [steps][columns].
type series struct {
	buffer        *cl.MemObject
	shots, points int
	recorded      bool
}

// real returns the type of values in package shaders.
func real[T array.Float]() shaders.Type {
	var z T
	return shaders.Type(unsafe.Sizeof(z))
}

func newStepper[T array.Float](ctx context.Context, d *device, p *backend.Plan) (*stepper[T], error) {
	s := &stepper[T]{device: d, plan: p.Bare(), series: map[string]series{}, pace: 1}
	d.adopt(s)
	if err := s.prepare(ctx, p); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// rowBytes is what rows begin at a multiple of.
const rowBytes = 64

// prepare looks at ctx before each step that may take long.
func (s *stepper[T]) prepare(ctx context.Context, p *backend.Plan) error {
	var err error
	if s.schedule, err = stencil.NewSchedule(p.Program); err != nil {
		return err
	}
	if err := s.attach(p); err != nil {
		return err
	}
	if s.grid, err = shaders.NewGrid(p.Layout, s.schedule, p.Shots, p.Copies, rowBytes/int(real[T]())); err != nil {
		return fmt.Errorf("opencl: %w", err)
	}
	module, err := shaders.NewModule(s.schedule, shaders.Kinds(p.Layout))
	if err != nil {
		return err
	}
	if err := s.room(p); err != nil {
		return err
	}
	if s.context, err = s.device.open(); err != nil {
		return err
	}
	if s.queue, err = s.context.CreateCommandQueue(s.device.device, 0); err != nil {
		return fmt.Errorf("opencl: command queue: %w", wrap(err))
	}
	s.held = append(s.held, s.queue)
	if err := ctx.Err(); err != nil {
		return err
	}
	began := time.Now()
	program, err := s.device.build(s.context, module, real[T]())
	if err != nil {
		return err
	}
	s.held = append(s.held, program)
	s.compile = time.Since(began)
	for slot, f := range s.schedule.Buffers {
		if f.Kind == stencil.Tape { // it has its own buffers
			s.buffers = append(s.buffers, nil)
			continue
		}
		b, err := s.buffer("field "+f.Name, s.grid.Size[slot]*int(real[T]()))
		if err != nil {
			return err
		}
		s.buffers = append(s.buffers, b)
	}
	tables := map[*shaders.Kernel][]*cl.MemObject{}
	for _, k := range module.Kernels {
		if err := ctx.Err(); err != nil {
			return err
		}
		if k.Work != shaders.Update {
			if tables[k], err = s.tables(k, p); err != nil {
				return err
			}
		}
	}
	if s.peak, err = s.kernel(program, "find_peak"); err != nil {
		return err
	}
	if s.word, err = s.buffer("peak", 4); err != nil {
		return err
	}
	if err := s.bind(ctx, program, module, tables); err != nil {
		return err
	}
	return s.fill(ctx, p)
}

// room refuses what does not fit on the device.
func (s *stepper[T]) room(p *backend.Plan) error {
	all := int64(0)
	for slot, f := range s.schedule.Buffers {
		if f.Kind == stencil.Tape {
			continue
		}
		n := int64(s.grid.Size[slot]) * int64(real[T]())
		if n > s.device.limits.alloc {
			return fmt.Errorf("opencl: field %s of %d shots takes %s, want at most %s, the largest buffer of %s: use fewer shots at a time: %w",
				f.Name, p.Shots, memory.Size(n), memory.Size(s.device.limits.alloc), s.device.info.Name, errors.ErrUnsupported)
		}
		all += n
	}
	s.bytes = all
	if all > s.device.info.Memory {
		return fmt.Errorf("opencl: the fields of %d shots take %s, want at most %s, the memory of %s: use fewer shots at a time: %w",
			p.Shots, memory.Size(all), memory.Size(s.device.info.Memory), s.device.info.Name, errors.ErrUnsupported)
	}
	return nil
}

// buffer allocates bytes.
func (s *stepper[T]) buffer(what string, bytes int) (*cl.MemObject, error) {
	if int64(bytes) > s.device.limits.alloc {
		return nil, fmt.Errorf("opencl: %s takes %s, want at most %s, the largest buffer of %s: use fewer shots or steps at a time: %w",
			what, memory.Size(int64(bytes)), memory.Size(s.device.limits.alloc), s.device.info.Name, errors.ErrUnsupported)
	}
	b, err := s.context.CreateEmptyBuffer(cl.MemReadWrite, max(bytes, 4))
	if err != nil {
		return nil, fmt.Errorf("opencl: %s of %s: %w", what, memory.Size(int64(bytes)), wrap(err))
	}
	s.held = append(s.held, b)
	return b, nil
}

// done drops the event that each of the binding's calls returns.
func done(e *cl.Event, err error) error {
	if e != nil && err == nil {
		e.Release()
	}
	return err
}

// write copies data to a buffer, from value at on.
func write[E any](q *cl.CommandQueue, b *cl.MemObject, at int, data []E) error {
	if len(data) == 0 {
		return nil
	}
	size := int(unsafe.Sizeof(data[0]))
	return wrap(done(q.EnqueueWriteBuffer(b, true, at*size, len(data)*size, unsafe.Pointer(&data[0]), nil)))
}

// read copies a buffer to data, from value at on.
func read[E any](q *cl.CommandQueue, b *cl.MemObject, at int, data []E) error {
	if len(data) == 0 {
		return nil
	}
	size := int(unsafe.Sizeof(data[0]))
	return wrap(done(q.EnqueueReadBuffer(b, true, at*size, len(data)*size, unsafe.Pointer(&data[0]), nil)))
}

// fill puts the run before its first step, with a plan's arrays.
func (s *stepper[T]) fill(ctx context.Context, p *backend.Plan) error {
	s.step, s.phase = 0, 0
	for slot, f := range s.schedule.Buffers {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !p.Renews(f) {
			continue
		}
		if err := s.clear(s.buffers[slot], s.grid.Size[slot]); err != nil {
			return fmt.Errorf("opencl: clearing field %s of %s: %w", f.Name, memory.Size(int64(s.grid.Size[slot])*int64(real[T]())), err)
		}
		a := p.Fields[f.Name]
		if a == nil || s.schedule.Home[f] != slot {
			continue
		}
		data, err := array.Data[T](a)
		if err != nil {
			return err
		}
		if err := s.put(ctx, s.buffers[slot], slot, f, data); err != nil {
			return fmt.Errorf("opencl: copying %s: %w", f.Name, err)
		}
	}
	for _, in := range p.Program.Inputs() {
		if err := ctx.Err(); err != nil {
			return err
		}
		a := p.Series[in.Name]
		if a == nil {
			continue
		}
		data, err := array.Data[T](a)
		if err != nil {
			return err
		}
		if err := write(s.queue, s.series[in.Name].buffer, 0, backend.Transposed(data, p.Steps)); err != nil {
			return fmt.Errorf("opencl: copying series %s: %w", in.Name, err)
		}
	}
	for name, r := range s.series {
		if !r.recorded {
			continue
		}
		if err := s.clear(r.buffer, r.shots*r.points*p.Steps); err != nil {
			return fmt.Errorf("opencl: clearing series %s: %w", name, err)
		}
	}
	return nil
}

// clear sets so many values to zero. Some drivers allocate a buffer only here.
func (s *stepper[T]) clear(b *cl.MemObject, values int) error {
	n, zero := values*int(real[T]()), uint32(0)
	if n == 0 {
		return nil
	}
	return wrap(done(s.queue.EnqueueFillBuffer(b, unsafe.Pointer(&zero), 4, 0, n, nil)))
}

// put copies a slot's field, given on the padded grid, to a buffer, shot by shot.
func (s *stepper[T]) put(ctx context.Context, b *cl.MemObject, slot int, f *stencil.Field, data []T) error {
	shots := s.grid.Copies(slot)
	placed, cells := make([]T, s.grid.Size[slot]/shots), len(data)/shots
	for shot := range shots {
		if err := ctx.Err(); err != nil {
			return err
		}
		from := data[shot*cells:]
		s.grid.EachRow(f, func(at, cell, n int) { copy(placed[at:at+n], from[cell:]) })
		if err := write(s.queue, b, shot*len(placed), placed); err != nil {
			return err
		}
	}
	return nil
}

// Reset implements backend.Stepper.
func (s *stepper[T]) Reset(ctx context.Context, fields, series map[string]*array.Array) error {
	if err := s.usable("Reset"); err != nil {
		return err
	}
	p, err := s.plan.Again(fields, series, true)
	if err != nil {
		return err
	}
	s.failed = s.fill(ctx, p)
	return s.failed
}

// Step implements backend.Stepper.
func (s *stepper[T]) Step(ctx context.Context, n int) error {
	if err := s.usable("Step"); err != nil {
		return err
	}
	if n < 0 || s.step+n > s.plan.Steps {
		return fmt.Errorf("opencl: %d steps after %d, want at most %d in all", n, s.step, s.plan.Steps)
	}
	s.failed = s.advance(ctx, n)
	return s.failed
}

func (s *stepper[T]) advance(ctx context.Context, n int) error {
	// Steps are handed over in submissions, between which ctx can stop them: as many as
	// take about this long, but not so many that the driver's queue grows large.
	const submission, most = 50 * time.Millisecond, 512
	for n > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		began := time.Now()
		now := min(n, s.pace)
		if err := s.wait(ctx, func() error { return s.submit(ctx, now) }); err != nil {
			return err
		}
		n -= now
		s.count++
		if took := time.Since(began); now == s.pace && took < submission/2 {
			s.pace = min(2*s.pace, most)
		} else if took > 2*submission {
			s.pace = max(1, s.pace/2)
		}
	}
	return nil
}

// submit hands n steps to the device and waits for them.
func (s *stepper[T]) submit(ctx context.Context, n int) error {
	for range n {
		if err := s.enqueue(ctx); err != nil {
			return err
		}
	}
	if err := s.queue.Finish(); err != nil {
		return fmt.Errorf("opencl: steps %d to %d: %w", s.step-n, s.step, wrap(err))
	}
	return nil
}

// CompileTime implements backend.Compiler. What a driver compiles when a kernel is
// first used, as PoCL does, is in the first step.
func (s *stepper[T]) CompileTime() time.Duration { return s.compile }

// Bytes implements backend.Stepper.
func (s *stepper[T]) Bytes() int64 {
	if s.closed {
		return 0
	}
	return s.bytes
}
