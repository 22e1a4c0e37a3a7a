//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"context"
	"fmt"
	"unsafe"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/shaders"
	"github.com/d52adeda/wave/stencil"
)

// bytesOf returns the memory of a slice.
func bytesOf[T int32 | array.Float](x []T) []byte {
	var z T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*int(unsafe.Sizeof(z)))
}

// load fills the buffers from the plan: zeros first, gaps and halos stay so.
func (s *stepper[T]) load(ctx context.Context, p *backend.Plan) error {
	for i, part := range s.parts {
		known := func(slot int) bool { return i > 0 && s.shared[slot] }
		var fresh []*buffer
		for slot, b := range part.buffers {
			if !known(slot) {
				fresh = append(fresh, b)
			}
		}
		if err := s.transfer.clear(ctx, fresh); err != nil {
			return err
		}
		for _, t := range part.tables {
			for name, b := range t.device {
				if err := s.transfer.write(ctx, b, 0, t.host[name]); err != nil {
					return err
				}
			}
			t.host = nil
		}
		for _, f := range p.Program.Fields() {
			if a := p.Fields[f.Name]; a != nil && !known(s.schedule.Home[f]) {
				if err := s.loadField(ctx, part, f, a); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *stepper[T]) loadField(ctx context.Context, part *part, f *stencil.Field, a *array.Array) error {
	data, err := array.Data[T](a)
	if err != nil {
		return err
	}
	slot := s.schedule.Home[f]
	shots := part.grid.Copies(slot)
	first, cells := part.first, s.stencil.Padded()
	if s.shared[slot] {
		first = 0
	}
	span := part.grid.Size[slot] / shots
	placed := make([]T, span)
	for shot := range shots {
		from := data[(first+shot)*cells:]
		part.grid.EachRow(f, func(at, cell, n int) { copy(placed[at:][:n], from[cell:]) })
		if err := s.transfer.write(ctx, part.buffers[slot], int64(shot*span)*int64(s.real), bytesOf(placed)); err != nil {
			return err
		}
	}
	if from, ok := s.profiles.from[slot]; ok {
		return s.transfer.write(ctx, s.profiles.buffer, int64(from)*int64(s.real), bytesOf(placed))
	}
	return nil
}

// Field implements backend.Stepper.
func (s *stepper[T]) Field(name string) (*array.Array, error) {
	return s.field(name, 0, s.shots)
}

// FieldOf implements backend.Picker.
func (s *stepper[T]) FieldOf(name string, shot int) (*array.Array, error) {
	if shot < 0 || shot >= s.shots {
		return nil, fmt.Errorf("vulkan: shot is %d, want 0 to %d", shot, s.shots-1)
	}
	return s.field(name, shot, shot+1)
}

// field copies a field of the shots from one to another.
func (s *stepper[T]) field(name string, from, to int) (*array.Array, error) {
	f, err := s.find(name)
	if err != nil {
		return nil, err
	}
	out, err := s.copied(f, from, to)
	if err == nil {
		err = complaints()
	}
	s.failed = err
	return out, err
}

func (s *stepper[T]) copied(f *stencil.Field, from, to int) (*array.Array, error) {
	slot := s.schedule.Home[f]
	placed := make([]T, s.parts[0].grid.Size[slot]/s.parts[0].grid.Copies(slot)) // of one shot, in any part
	get := func(out []T, part *part, shot int) error {
		err := s.transfer.read(context.Background(), bytesOf(placed), s.at(part, slot), int64(shot*len(placed))*int64(s.real))
		part.grid.EachRow(f, func(at, cell, n int) { copy(out[cell:][:n], placed[at:]) })
		return err
	}
	if f.Kind == stencil.Profile {
		out := make([]T, s.stencil.Size(f))
		err := get(out, s.parts[0], 0)
		return array.Of(out, len(out)), err
	}
	cells := s.stencil.Padded()
	if s.shared[slot] {
		from, to = 0, 1
	}
	out := make([]T, (to-from)*cells)
	for _, part := range s.parts {
		for shot := max(part.first, from); shot < min(part.first+part.shots, to); shot++ {
			if err := get(out[(shot-from)*cells:], part, shot-part.first); err != nil {
				return nil, err
			}
		}
	}
	return array.Of(out, append([]int{to - from}, s.stencil.Shape...)...), nil
}

// at returns the buffer that a slot has at present.
func (s *stepper[T]) at(p *part, slot int) *buffer {
	return p.buffers[s.slots[s.step%len(s.slots)][slot]]
}

func (s *stepper[T]) find(name string) (*stencil.Field, error) {
	if err := s.usable("field " + name); err != nil {
		return nil, err
	}
	for f := range s.schedule.Home {
		if f.Name == name {
			return f, nil
		}
	}
	return nil, fmt.Errorf("vulkan: program %s has no field %q", s.program.Name, name)
}

// Series implements backend.Stepper.
func (s *stepper[T]) Series(name string) (*array.Array, error) {
	if err := s.usable("series " + name); err != nil {
		return nil, err
	}
	for _, k := range s.module.Kernels {
		if k.Work == shaders.Record && k.Series.Name == name {
			out, err := s.series(k)
			if err == nil {
				err = complaints()
			}
			s.failed = err
			return out, err
		}
	}
	return nil, fmt.Errorf("vulkan: program %s records no series %q", s.program.Name, name)
}

func (s *stepper[T]) series(k *shaders.Kernel) (*array.Array, error) {
	points := s.points[k.Series.Points]
	out := make([]T, s.shots*points*s.steps)
	for _, part := range s.parts {
		t := part.tables[k]
		rows := make([]T, s.steps*t.columns)
		if err := s.transfer.read(context.Background(), bytesOf(rows[:s.step*t.columns]), t.device["series"], 0); err != nil {
			return nil, err
		}
		to := out[part.first*points*s.steps:]
		for c := range t.columns {
			for step := range s.step {
				to[c*s.steps+step] = rows[step*t.columns+c]
			}
		}
	}
	return array.Of(out, s.shots, points, s.steps), nil
}
