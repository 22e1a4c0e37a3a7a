//go:build opencl

package opencl

import (
	"fmt"

	cl "github.com/jgillich/go-opencl/cl"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/stencil"
)

// find returns a field with the slot and the buffer where it is now.
func (s *stepper[T]) find(name string) (*stencil.Field, int, *cl.MemObject, error) {
	if err := s.usable("field " + name); err != nil {
		return nil, 0, nil, err
	}
	for f, slot := range s.schedule.Home {
		if f.Name == name && f.Kind != stencil.Tape {
			return f, slot, s.buffers[s.place[s.phase][slot]], nil
		}
	}
	return nil, 0, nil, fmt.Errorf("opencl: program %s has no field %q", s.plan.Program.Name, name)
}

// Field implements backend.Stepper.
func (s *stepper[T]) Field(name string) (*array.Array, error) {
	return s.field(name, 0, s.grid.Shots)
}

// FieldOf implements backend.Picker.
func (s *stepper[T]) FieldOf(name string, shot int) (*array.Array, error) {
	if shot < 0 || shot >= s.grid.Shots {
		return nil, fmt.Errorf("opencl: shot is %d, want 0 to %d", shot, s.grid.Shots-1)
	}
	return s.field(name, shot, shot+1)
}

// field copies a field of the shots from one to another.
func (s *stepper[T]) field(name string, first, end int) (*array.Array, error) {
	f, slot, b, err := s.find(name)
	if err != nil {
		return nil, err
	}
	if s.grid.Copies(slot) == 1 { // the shots share it
		first, end = 0, 1
	}
	shots, span := end-first, s.grid.Size[slot]/s.grid.Copies(slot)
	data := make([]T, span) // of one shot
	cells := s.plan.Layout.Padded()
	var out []T
	for shot := range shots {
		if err := read(s.queue, b, (first+shot)*span, data); err != nil {
			s.failed = fmt.Errorf("opencl: reading %s: %w", name, err)
			return nil, s.failed
		}
		if f.Kind == stencil.Profile {
			return array.Of(data, len(data)), nil
		}
		if out == nil {
			out = make([]T, shots*cells)
		}
		to := out[shot*cells:]
		s.grid.EachRow(f, func(at, cell, n int) { copy(to[cell:cell+n], data[at:]) })
	}
	return array.Of(out, append([]int{shots}, s.plan.Layout.Shape...)...), nil
}

// Peak implements backend.Stepper.
func (s *stepper[T]) Peak(name string) (float64, error) {
	_, slot, b, err := s.find(name)
	if err != nil {
		return 0, err
	}
	word, err := s.greatest(b, s.grid.Size[slot])
	if err != nil {
		s.failed = fmt.Errorf("opencl: looking at %s: %w", name, err)
		return 0, s.failed
	}
	return backend.HighWord[T](word), nil
}
