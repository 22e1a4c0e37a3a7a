//go:build opencl

package opencl

import (
	"errors"
	"fmt"
	"math"
	"unsafe"

	cl "github.com/jgillich/go-opencl/cl"

	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/internal/memory"
	"github.com/d52adeda/wave/stencil"
)

// tape is memory that steppers share: of each field its slabs, one after the other, in as many
// buffers as they need.
type tape struct {
	device  *device
	form    *backend.TapeForm
	queue   *cl.CommandQueue
	buffers [][]*cl.MemObject // by field; nil when closed
	each    int               // slabs of a buffer
	values  int               // of a field in a slab, all shots
	size    int               // bytes of a value
}

// NewTape implements backend.Device.
func (d *device) NewTape(p *backend.Plan, window int) (backend.Tape, error) {
	form, err := backend.NewTapeForm(p, window)
	if err != nil {
		return nil, err
	}
	t := &tape{device: d, form: form, size: p.DType.Size()}
	if err := t.allocate(p.Layout); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

func (t *tape) allocate(l *stencil.Layout) error {
	_, span := stencil.Strides(l.Shape, rowBytes/t.size, false)
	t.values = span * t.form.Shots
	field := int64(t.values) * int64(t.size) // of a slab
	t.form.Slab = int(field) * len(t.form.Fields)
	limits := t.device.limits
	t.each = int(min(int64(t.form.Window), limits.alloc/field, math.MaxInt32/int64(t.values)))
	if t.each == 0 {
		return fmt.Errorf("opencl: a step of the tape takes %s a field, want at most %s, the largest buffer of %s: use fewer shots at a time: %w",
			memory.Size(field), memory.Size(limits.alloc), t.device.info.Name, errors.ErrUnsupported)
	}
	if all := int64(t.form.Slab) * int64(t.form.Window); all > t.device.info.Memory {
		return fmt.Errorf("opencl: a tape of %d steps takes %s, want at most %s, the memory of %s: use fewer: %w",
			t.form.Window, memory.Size(all), memory.Size(t.device.info.Memory), t.device.info.Name, errors.ErrUnsupported)
	}
	context, err := t.device.open()
	if err != nil {
		return err
	}
	t.device.adopt(t)
	if t.queue, err = context.CreateCommandQueue(t.device.device, 0); err != nil {
		return fmt.Errorf("opencl: command queue: %w", wrap(err))
	}
	t.buffers = make([][]*cl.MemObject, len(t.form.Fields))
	zero := uint32(0)
	for i := range t.buffers {
		for left := t.form.Window; left > 0; left -= t.each {
			bytes := min(left, t.each) * int(field)
			b, err := context.CreateEmptyBuffer(cl.MemReadWrite, bytes)
			if err != nil {
				return fmt.Errorf("opencl: %s of a tape: %w", memory.Size(int64(bytes)), wrap(err))
			}
			t.buffers[i] = append(t.buffers[i], b)
			if err := done(t.queue.EnqueueFillBuffer(b, unsafe.Pointer(&zero), 4, 0, bytes, nil)); err != nil {
				return fmt.Errorf("opencl: clearing %s of a tape: %w", memory.Size(int64(bytes)), wrap(err))
			}
		}
	}
	return wrap(t.queue.Finish())
}

// Form implements backend.Tape.
func (t *tape) Form() *backend.TapeForm { return t.form }

// slab returns what a row's slab has of each field.
func (t *tape) slab(row int) (out segments) {
	at, n := t.form.Place(row, t.each)
	size := t.values * t.size
	for _, b := range t.buffers {
		out = append(out, segment{b[at], n * size, size})
	}
	return out
}

// usable reports why a row's slab cannot be copied, if so.
func (t *tape) usable(row int, host []byte) error {
	if t.buffers == nil {
		return backend.ErrOtherTape
	}
	return t.form.CheckRow(row, host)
}

// Spill implements backend.Tape.
func (t *tape) Spill(row int, to []byte) error {
	if err := t.usable(row, to); err != nil {
		return err
	}
	return t.slab(row).spill(t.queue, to)
}

// Fill implements backend.Tape.
func (t *tape) Fill(row int, from []byte) error {
	if err := t.usable(row, from); err != nil {
		return err
	}
	return t.slab(row).fill(t.queue, from)
}

// Close implements backend.Tape.
func (t *tape) Close() error {
	t.device.forget(t)
	for _, list := range t.buffers {
		for _, b := range list {
			b.Release()
		}
	}
	if t.queue != nil {
		t.queue.Release()
	}
	t.buffers, t.queue = nil, nil
	return nil
}

// attach takes the plan's tape, if the program has fields on one.
func (s *stepper[T]) attach(p *backend.Plan) error {
	for _, f := range p.Program.Fields() {
		if f.Kind != stencil.Tape {
			continue
		}
		t, ok := p.Tape.(*tape)
		if !ok || t.buffers == nil || t.device != s.device {
			return backend.ErrOtherTape
		}
		s.tape = t
	}
	return nil
}

// onTape is an argument of a kernel that is a tape's buffer.
type onTape struct{ arg, field int }

// setTape binds a kernel to the slab of a row.
func (s *stepper[T]) setTape(l *launch, row int) error {
	at, n := s.tape.form.Place(row, s.tape.each)
	for _, b := range l.onTape {
		if err := l.kernel.SetArgBuffer(b.arg, s.tape.buffers[b.field][at]); err != nil {
			return fmt.Errorf("opencl: tape of %s: %w", l.name, wrap(err))
		}
	}
	if err := l.kernel.SetArgInt32(l.tape, int32(n*s.tape.values)); err != nil {
		return fmt.Errorf("opencl: tape of %s: %w", l.name, wrap(err))
	}
	return nil
}
