package cpu

import (
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/stencil"
)

// state is a copy of a stepper's wavefields, one after the other.
type state[T array.Float] struct {
	of   *stepper[T]
	data []T
}

// wavefields returns the buffers where they are at present.
func (s *stepper[T]) wavefields() (out [][]T) {
	for slot, f := range s.schedule.Buffers {
		if s.schedule.Home[f] == slot && (f.Kind == stencil.State || f.Kind == stencil.Memory) {
			out = append(out, s.memory.buf[slot])
		}
	}
	return out
}

// NewState implements backend.Stepper.
func (s *stepper[T]) NewState() (backend.State, error) {
	if err := s.usable("NewState"); err != nil {
		return nil, err
	}
	n := 0
	for _, b := range s.wavefields() {
		n += len(b)
	}
	return &state[T]{s, make([]T, n)}, nil
}

// Save implements backend.Stepper.
func (s *stepper[T]) Save(to backend.State) error {
	return s.eachOf("Save", to, func(saved, now []T) { copy(saved, now) })
}

// Restore implements backend.Stepper.
func (s *stepper[T]) Restore(from backend.State) error {
	return s.eachOf("Restore", from, func(saved, now []T) { copy(now, saved) })
}

// eachOf visits what a state has of each wavefield, and its buffer.
func (s *stepper[T]) eachOf(call string, of backend.State, visit func(saved, now []T)) error {
	if err := s.usable(call); err != nil {
		return err
	}
	st, ok := of.(*state[T])
	if !ok || st.of != s {
		return backend.ErrOtherState
	}
	data := st.data
	for _, b := range s.wavefields() {
		visit(data[:len(b)], b)
		data = data[len(b):]
	}
	return nil
}

// Bytes implements backend.State.
func (s *state[T]) Bytes() int { return len(backend.Bytes(s.data)) }

// Spill implements backend.State.
func (s *state[T]) Spill(to []byte) error {
	if err := backend.CheckBytes(to, s.Bytes()); err != nil {
		return err
	}
	copy(to, backend.Bytes(s.data))
	return nil
}

// Fill implements backend.State.
func (s *state[T]) Fill(from []byte) error {
	if err := backend.CheckBytes(from, s.Bytes()); err != nil {
		return err
	}
	copy(backend.Bytes(s.data), from)
	return nil
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
	data, err := array.Data[T](a)
	if err != nil {
		return err
	}
	for shot := range s.plan.Shots {
		s.put(s.schedule.Home[f], f, shot, data)
	}
	return nil
}
