//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"context"
	"errors"

	vk "github.com/vulkan-go/vulkan"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/stencil"
)

// segment is part of a buffer, in bytes.
type segment struct {
	buffer   *buffer
	at, size int64
}

// segments are parts of buffers that are copied to the host one after the other.
type segments []segment

func (list segments) bytes() int {
	n := int64(0)
	for _, s := range list {
		n += s.size
	}
	return int(n)
}

func (list segments) spill(t *transfer, to []byte) error {
	if err := backend.CheckBytes(to, list.bytes()); err != nil {
		return err
	}
	for _, s := range list {
		if err := t.read(context.Background(), to[:s.size], s.buffer, s.at); err != nil {
			return err
		}
		to = to[s.size:]
	}
	return complaints()
}

func (list segments) fill(t *transfer, from []byte) error {
	if err := backend.CheckBytes(from, list.bytes()); err != nil {
		return err
	}
	for _, s := range list {
		if err := t.write(context.Background(), s.buffer, s.at, from[:s.size]); err != nil {
			return err
		}
		from = from[s.size:]
	}
	return complaints()
}

// copySegments copies segments to others of their sizes.
func (t *transfer) copySegments(from, to segments) error {
	api := t.lane.d.api
	return t.lane.do(context.Background(), func(c vk.CommandBuffer) {
		const all = vk.AccessShaderReadBit | vk.AccessShaderWriteBit | vk.AccessTransferReadBit | vk.AccessTransferWriteBit
		const any = vk.PipelineStageComputeShaderBit | vk.PipelineStageTransferBit
		api.barrier(c, any, vk.PipelineStageTransferBit, vk.AccessShaderWriteBit|vk.AccessTransferWriteBit, vk.AccessTransferReadBit|vk.AccessTransferWriteBit)
		for i, s := range from {
			api.copyBuffer(c, s.buffer, to[i].buffer, s.at, to[i].at, s.size)
		}
		api.barrier(c, vk.PipelineStageTransferBit, any, vk.AccessTransferWriteBit, all)
	})
}

// state is a copy of a stepper's wavefields.
type state[T array.Float] struct {
	of   *stepper[T]
	list segments
}

// wavefields returns the buffers that are copied, where they are at present.
func (s *stepper[T]) wavefields() (out segments) {
	for _, p := range s.parts {
		for slot, f := range s.schedule.Buffers {
			n := int64(p.grid.Size[slot]) * int64(s.real)
			if n > 0 && s.schedule.Home[f] == slot && (f.Kind == stencil.State || f.Kind == stencil.Memory) {
				out = append(out, segment{s.at(p, slot), 0, n})
			}
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
		b, err := s.d.newBuffer(w.size, onDevice)
		if err != nil {
			return nil, err
		}
		s.owner.owns(func() { s.d.free(b) })
		out.list = append(out.list, segment{b, 0, w.size})
	}
	return out, complaints()
}

// Save implements backend.Stepper.
func (s *stepper[T]) Save(to backend.State) error {
	return s.copyState("Save", to, func(saved segments) error { return s.transfer.copySegments(s.wavefields(), saved) })
}

// Restore implements backend.Stepper.
func (s *stepper[T]) Restore(from backend.State) error {
	return s.copyState("Restore", from, func(saved segments) error { return s.transfer.copySegments(saved, s.wavefields()) })
}

func (s *stepper[T]) copyState(call string, of backend.State, copy func(saved segments) error) error {
	if err := s.usable(call); err != nil {
		return err
	}
	st, ok := of.(*state[T])
	if !ok || st.of != s {
		return backend.ErrOtherState
	}
	s.failed = errors.Join(copy(st.list), complaints())
	return s.failed
}

// Bytes implements backend.State.
func (s *state[T]) Bytes() int { return s.list.bytes() }

// Spill implements backend.State.
func (s *state[T]) Spill(to []byte) error {
	if err := s.of.usable("Spill"); err != nil {
		return err
	}
	return s.list.spill(s.of.transfer, to)
}

// Fill implements backend.State.
func (s *state[T]) Fill(from []byte) error {
	if err := s.of.usable("Fill"); err != nil {
		return err
	}
	return s.list.fill(s.of.transfer, from)
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
	if err := s.usable("SetField"); err != nil {
		return err
	}
	f, err := s.plan.CheckSet(name, a, true)
	if err != nil {
		return err
	}
	for _, p := range s.parts {
		if s.failed = s.loadField(context.Background(), p, f, a); s.failed != nil {
			return s.failed
		}
	}
	s.failed = complaints()
	return s.failed
}
