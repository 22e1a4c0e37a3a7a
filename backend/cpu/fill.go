package cpu

import (
	"context"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/stencil"
)

// fill copies a plan's arrays into the buffers.
func (s *stepper[T]) fill(ctx context.Context, p *backend.Plan) error {
	for slot, f := range s.schedule.Buffers {
		a := p.Fields[f.Name]
		if a == nil || s.schedule.Home[f] != slot {
			continue
		}
		data, err := array.Data[T](a)
		if err != nil {
			return err
		}
		for shot := range s.memory.copies[slot] {
			if err := ctx.Err(); err != nil {
				return err
			}
			s.put(slot, f, shot, data)
		}
	}
	for _, in := range p.Program.Inputs() {
		a := p.Series[in.Name]
		if a == nil {
			continue
		}
		data, err := array.Data[T](a)
		if err != nil {
			return err
		}
		n, shots := len(data)/p.Shots, make([][]T, p.Shots)
		for shot := range shots {
			shots[shot] = backend.Transposed(data[shot*n:][:n], p.Steps)
		}
		s.series[in.Name] = shots
	}
	for i := range s.ops {
		if in := s.ops[i].inject; in != nil {
			in.load(s.memory, s.series[in.name])
		}
	}
	return ctx.Err()
}

// put copies a shot of a field, given on the padded grid, to its buffer.
func (s *stepper[T]) put(slot int, f *stencil.Field, shot int, data []T) {
	cells := len(data) / s.memory.copies[slot]
	to, from := s.memory.buf[slot][shot*s.memory.size[slot]:], data[shot*cells:]
	s.memory.eachRow(slot, f, func(at, cell, n int) { copy(to[at:][:n], from[cell:]) })
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
	s.clear(ctx, p)
	s.failed = s.fill(ctx, p)
	return s.failed
}

// clear sets to zero what earlier steps have left, unless ctx ends.
func (s *stepper[T]) clear(ctx context.Context, p *backend.Plan) {
	s.step = 0
	for slot, f := range s.schedule.Buffers { // wherever they are in their rotation
		if p.Renews(f) && ctx.Err() == nil {
			clear(s.memory.buf[slot])
		}
	}
	for i := range s.ops {
		if r := s.ops[i].record; r != nil {
			r.clear(0, r.steps)
		}
	}
}
