//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"context"
	"fmt"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/shaders"
	"github.com/d52adeda/wave/stencil"
)

// load copies the tables to the device, then the plan's arrays.
func (s *stepper[T]) load(ctx context.Context, p *backend.Plan) error {
	for _, part := range s.parts {
		for _, t := range part.tables {
			for name, b := range t.device {
				if err := s.transfer.write(ctx, b, 0, t.host[name]); err != nil {
					return err
				}
			}
			t.host = nil
		}
	}
	return s.fill(ctx, p)
}

// fill puts the run before its first step, with a plan's arrays: zeros first, gaps and
// halos stay so.
func (s *stepper[T]) fill(ctx context.Context, p *backend.Plan) error {
	s.step, s.phase = 0, 0
	for i, part := range s.parts {
		renews := func(slot int) bool { return p.Renews(s.schedule.Buffers[slot]) && (i == 0 || !s.shared[slot]) }
		var fresh []*buffer
		for slot, b := range part.buffers {
			if renews(slot) {
				fresh = append(fresh, b)
			}
		}
		for k, t := range part.tables {
			if k.Work == shaders.Record {
				fresh = append(fresh, t.device["series"])
			}
		}
		if err := s.transfer.clear(ctx, fresh); err != nil {
			return err
		}
		for _, f := range p.Program.Fields() {
			if a := p.Fields[f.Name]; a != nil && renews(s.schedule.Home[f]) {
				if err := s.loadField(ctx, part, f, a); err != nil {
					return err
				}
			}
		}
		for _, in := range p.Program.Inputs() {
			a := p.Series[in.Name]
			if a == nil {
				continue
			}
			all, err := array.Data[T](a)
			if err != nil {
				return err
			}
			each := len(all) / p.Shots
			own := backend.Transposed(all[each*part.first:][:each*part.shots], p.Steps)
			if err := s.transfer.write(ctx, part.series(in), 0, backend.Bytes(own)); err != nil {
				return err
			}
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
	if err = s.fill(ctx, p); err == nil {
		err = complaints()
	}
	s.failed = err
	return err
}

func (s *stepper[T]) loadField(ctx context.Context, part *part, f *stencil.Field, a *array.Array) error {
	data, err := array.Data[T](a)
	if err != nil {
		return err
	}
	slot := s.schedule.Home[f]
	shots := part.grid.Copies(slot)
	first, cells := part.first, s.plan.Layout.Padded()
	if s.shared[slot] {
		first = 0
	}
	span := part.grid.Size[slot] / shots
	placed := make([]T, span)
	for shot := range shots {
		from := data[(first+shot)*cells:]
		part.grid.EachRow(f, func(at, cell, n int) { copy(placed[at:][:n], from[cell:]) })
		if err := s.transfer.write(ctx, s.at(part, slot), int64(shot*span)*int64(s.real), backend.Bytes(placed)); err != nil {
			return err
		}
	}
	if from, ok := s.profiles.from[slot]; ok {
		return s.transfer.write(ctx, s.profiles.buffer, int64(from)*int64(s.real), backend.Bytes(placed))
	}
	return nil
}

// Field implements backend.Stepper.
func (s *stepper[T]) Field(name string) (*array.Array, error) {
	return s.field(name, 0, s.plan.Shots)
}

// FieldOf implements backend.Picker.
func (s *stepper[T]) FieldOf(name string, shot int) (*array.Array, error) {
	if shot < 0 || shot >= s.plan.Shots {
		return nil, fmt.Errorf("vulkan: shot is %d, want 0 to %d", shot, s.plan.Shots-1)
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
		err := s.transfer.read(context.Background(), backend.Bytes(placed), s.at(part, slot), int64(shot*len(placed))*int64(s.real))
		part.grid.EachRow(f, func(at, cell, n int) { copy(out[cell:][:n], placed[at:]) })
		return err
	}
	if f.Kind == stencil.Profile {
		out := make([]T, s.plan.Layout.Size(f))
		err := get(out, s.parts[0], 0)
		return array.Of(out, len(out)), err
	}
	cells := s.plan.Layout.Padded()
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
	return array.Of(out, append([]int{to - from}, s.plan.Layout.Shape...)...), nil
}

// at returns the buffer that a slot has at present.
func (s *stepper[T]) at(p *part, slot int) *buffer {
	return p.buffers[s.slots[s.phase][slot]]
}

func (s *stepper[T]) find(name string) (*stencil.Field, error) {
	if err := s.usable("field " + name); err != nil {
		return nil, err
	}
	for f := range s.schedule.Home {
		if f.Name == name && f.Kind != stencil.Tape {
			return f, nil
		}
	}
	return nil, fmt.Errorf("vulkan: program %s has no field %q", s.plan.Program.Name, name)
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
	return nil, fmt.Errorf("vulkan: program %s records no series %q", s.plan.Program.Name, name)
}

func (s *stepper[T]) series(k *shaders.Kernel) (*array.Array, error) {
	points := s.points[k.Series.Points]
	out := make([]T, s.plan.Shots*points*s.plan.Steps)
	for _, part := range s.parts {
		t := part.tables[k]
		rows := make([]T, s.plan.Steps*t.columns)
		if err := s.transfer.read(context.Background(), backend.Bytes(rows), t.device["series"], 0); err != nil {
			return nil, err
		}
		to := out[part.first*points*s.plan.Steps:]
		for c := range t.columns {
			for step := range s.plan.Steps {
				to[c*s.plan.Steps+step] = rows[step*t.columns+c]
			}
		}
	}
	return array.Of(out, s.plan.Shots, points, s.plan.Steps), nil
}
