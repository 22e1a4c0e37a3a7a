package cpu

import (
	"context"
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/stencil"
)

// tape is memory that steppers share: of each field its slabs, one after the other.
type tape[T array.Float] struct {
	form *backend.TapeForm
	buf  [][]T // by field; nil when closed
	size int   // values of a field in a slab, all shots
	slab int   // from one slab to the next
}

// NewTape implements backend.Device.
func (device) NewTape(p *backend.Plan, window int) (backend.Tape, error) {
	form, err := backend.NewTapeForm(p, window)
	if err != nil {
		return nil, err
	}
	if p.DType == array.Float32 {
		return newTape[float32](form, p.Layout), nil
	}
	return newTape[float64](form, p.Layout), nil
}

func newTape[T array.Float](form *backend.TapeForm, l *stencil.Layout) *tape[T] {
	var z T
	perLine := line / sizeOf(z)
	_, n := stencil.Strides(l.Shape, perLine, true)
	t := &tape[T]{form: form, size: form.Shots * n}
	t.slab = (t.size + perLine - 1) / perLine * perLine
	t.buf = allocate[T](context.Background(), l, slices.Repeat([]int{form.Window * t.slab}, len(form.Fields)))
	form.Slab = len(form.Fields) * t.size * sizeOf(z)
	return t
}

// Form implements backend.Tape.
func (t *tape[T]) Form() *backend.TapeForm { return t.form }

// Spill implements backend.Tape.
func (t *tape[T]) Spill(row int, to []byte) error {
	return t.each(row, to, func(slab, host []byte) { copy(host, slab) })
}

// Fill implements backend.Tape.
func (t *tape[T]) Fill(row int, from []byte) error {
	return t.each(row, from, func(slab, host []byte) { copy(slab, host) })
}

// each visits what a row's slab has of each field, and the host's bytes for it.
func (t *tape[T]) each(row int, host []byte, visit func(slab, host []byte)) error {
	if t.buf == nil {
		return backend.ErrOtherTape
	}
	if err := t.form.CheckRow(row, host); err != nil {
		return err
	}
	for _, b := range t.buf {
		slab := backend.Bytes(b[row%t.form.Window*t.slab:][:t.size])
		visit(slab, host[:len(slab)])
		host = host[len(slab):]
	}
	return nil
}

// Close implements backend.Tape.
func (t *tape[T]) Close() error {
	t.buf = nil
	return nil
}

// attach puts the tape's buffers in the places of a plan's fields.
func (s *stepper[T]) attach(p *backend.Plan) error {
	m := s.memory
	for slot, f := range s.schedule.Buffers {
		if f.Kind != stencil.Tape {
			continue
		}
		t, ok := p.Tape.(*tape[T])
		if !ok || t.buf == nil {
			return backend.ErrOtherTape
		}
		s.tape = t
		m.buf[slot], m.slab[slot], m.window = t.buf[t.form.Number(f)], t.slab, t.form.Window
	}
	return nil
}
