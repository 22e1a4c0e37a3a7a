//go:build opencl

package opencl

import (
	"context"
	"fmt"

	cl "github.com/jgillich/go-opencl/cl"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/stencil"
)

// segment is part of a buffer, in bytes.
type segment struct {
	buffer   *cl.MemObject
	at, size int
}

// segments are parts of buffers that are copied to the host one after the other.
type segments []segment

func (list segments) bytes() int {
	n := 0
	for _, s := range list {
		n += s.size
	}
	return n
}

// each visits the segments that have bytes with those on the host that belong to each.
func (list segments) each(host []byte, visit func(s segment, host []byte) error) error {
	if err := backend.CheckBytes(host, list.bytes()); err != nil {
		return err
	}
	for _, s := range list {
		if s.size == 0 {
			continue
		}
		if err := visit(s, host[:s.size]); err != nil {
			return fmt.Errorf("opencl: copying %d bytes: %w", s.size, err)
		}
		host = host[s.size:]
	}
	return nil
}

func (list segments) spill(q *cl.CommandQueue, to []byte) error {
	return list.each(to, func(s segment, to []byte) error { return read(q, s.buffer, s.at, to) })
}

func (list segments) fill(q *cl.CommandQueue, from []byte) error {
	return list.each(from, func(s segment, from []byte) error { return write(q, s.buffer, s.at, from) })
}

// state is a copy of a stepper's wavefields.
type state[T array.Float] struct {
	of   *stepper[T]
	list segments
}

// wavefields returns the buffers that are copied, where they are at present.
func (s *stepper[T]) wavefields() (out segments) {
	for slot, f := range s.schedule.Buffers {
		if s.schedule.Home[f] == slot && (f.Kind == stencil.State || f.Kind == stencil.Memory) {
			out = append(out, segment{s.buffers[s.place[s.phase][slot]], 0, s.grid.Size[slot] * int(real[T]())})
		}
	}
	return out
}

// NewState implements backend.Stepper.
func (s *stepper[T]) NewState() (backend.State, error) {
	if err := s.usable("NewState"); err != nil {
		return nil, err
	}
	out := &state[T]{of: s}
	for _, w := range s.wavefields() {
		b, err := s.buffer("a state", w.size)
		if err != nil {
			return nil, err
		}
		out.list = append(out.list, segment{b, 0, w.size})
	}
	return out, nil
}

// Save implements backend.Stepper.
func (s *stepper[T]) Save(to backend.State) error {
	return s.copyState("Save", to, func(saved, now segment) error { return s.copy(now, saved) })
}

// Restore implements backend.Stepper.
func (s *stepper[T]) Restore(from backend.State) error {
	return s.copyState("Restore", from, func(saved, now segment) error { return s.copy(saved, now) })
}

func (s *stepper[T]) copyState(call string, of backend.State, copy func(saved, now segment) error) error {
	if err := s.usable(call); err != nil {
		return err
	}
	st, ok := of.(*state[T])
	if !ok || st.of != s {
		return backend.ErrOtherState
	}
	for i, now := range s.wavefields() {
		if err := copy(st.list[i], now); err != nil {
			s.failed = fmt.Errorf("opencl: %s: %w", call, wrap(err))
			return s.failed
		}
	}
	return nil
}

// copy copies a segment to another on the device, before whatever is queued next.
func (s *stepper[T]) copy(from, to segment) error {
	if from.size == 0 {
		return nil
	}
	return done(s.queue.EnqueueCopyBuffer(from.buffer, to.buffer, from.at, to.at, from.size, nil))
}

// Bytes implements backend.State.
func (s *state[T]) Bytes() int { return s.list.bytes() }

// Spill implements backend.State.
func (s *state[T]) Spill(to []byte) error {
	if err := s.of.usable("Spill"); err != nil {
		return err
	}
	return s.list.spill(s.of.queue, to)
}

// Fill implements backend.State.
func (s *state[T]) Fill(from []byte) error {
	if err := s.of.usable("Fill"); err != nil {
		return err
	}
	return s.list.fill(s.of.queue, from)
}

// Seek implements backend.Stepper.
func (s *stepper[T]) Seek(step int) error {
	if err := s.usable("Seek"); err != nil {
		return err
	}
	if err := s.plan.CheckSeek(step); err != nil {
		return err
	}
	s.step = step
	return nil
}

// SetField implements backend.Stepper.
func (s *stepper[T]) SetField(name string, a *array.Array) error {
	_, slot, b, err := s.find(name)
	if err != nil {
		return err
	}
	f, err := s.plan.CheckSet(name, a, true)
	if err != nil {
		return err
	}
	data, err := array.Data[T](a)
	if err != nil {
		return err
	}
	if err := s.put(context.Background(), b, slot, f, data); err != nil {
		s.failed = fmt.Errorf("opencl: setting %s: %w", name, err)
		return s.failed
	}
	return nil
}
