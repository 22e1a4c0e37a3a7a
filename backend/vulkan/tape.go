//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"context"
	"errors"
	"fmt"

	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/stencil"
)

// tape is memory that steppers share: in parts of the shots, of each field its slabs, one after
// the other, in as many buffers as they need.
type tape struct {
	d        *device
	form     *backend.TapeForm
	owner    owner
	lane     *lane
	transfer *transfer
	most     int           // shots of a part; the last may have fewer
	span     int           // values of a shot
	size     int64         // bytes of a value
	each     int           // slabs of a buffer
	parts    [][][]*buffer // by part and field; nil when closed
}

// NewTape implements backend.Device.
func (d *device) NewTape(p *backend.Plan, window int) (backend.Tape, error) {
	form, err := backend.NewTapeForm(p, window)
	if err != nil {
		return nil, err
	}
	if err := d.usable("NewTape"); err != nil {
		return nil, err
	}
	t := &tape{d: d, form: form, size: int64(p.DType.Size())}
	d.adopt(t)
	err = t.allocate(p.Layout)
	if err == nil {
		err = complaints()
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

func (t *tape) allocate(l *stencil.Layout) error {
	_, t.span = stencil.Strides(l.Shape, rowBytes/int(t.size), false)
	t.form.Slab = len(t.form.Fields) * t.form.Shots * t.span * int(t.size)
	limits := t.d.limits
	depth := int64(1)
	if l.NDim == 3 {
		depth = int64(l.Shape[0])
	}
	shot := int64(t.span) * t.size
	t.most = int(min(int64(t.form.Shots), limits.bindBytes/shot, limits.groups[2]/depth))
	if t.most == 0 {
		return fmt.Errorf("vulkan: a step of the tape takes %d bytes a shot and field, but a buffer of %s holds at most %d: %w", shot, t.d.info.Name, limits.bindBytes, errors.ErrUnsupported)
	}
	t.each = int(min(int64(t.form.Window), limits.bindBytes/(int64(t.most)*shot)))
	var err error
	if t.lane, err = newLane(t.d); err != nil {
		return err
	}
	if t.transfer, err = newTransfer(t.lane); err != nil {
		return err
	}
	t.owner.owns(t.transfer.close)
	for first := 0; first < t.form.Shots; first += t.most {
		part := make([][]*buffer, len(t.form.Fields))
		t.parts = append(t.parts, part)
		for i := range part {
			for left := t.form.Window; left > 0; left -= t.each {
				b, err := t.d.newBuffer(int64(min(left, t.each))*t.bytes(len(t.parts)-1), onDevice)
				if err != nil {
					return fmt.Errorf("%w; a tape of %d steps takes %d bytes", err, t.form.Window, int64(t.form.Slab)*int64(t.form.Window))
				}
				t.owner.owns(func() { t.d.free(b) })
				part[i] = append(part[i], b)
			}
			if err := t.transfer.clear(context.Background(), part[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// shots returns how many shots a part has, bytes what a field of them takes in a slab.
func (t *tape) shots(part int) int   { return min(t.most, t.form.Shots-part*t.most) }
func (t *tape) bytes(part int) int64 { return int64(t.shots(part)) * int64(t.span) * t.size }

// Form implements backend.Tape.
func (t *tape) Form() *backend.TapeForm { return t.form }

// slab returns what a row's slab has of each part and field.
func (t *tape) slab(row int) (out segments) {
	at, n := t.form.Place(row, t.each)
	for i, part := range t.parts {
		for _, b := range part {
			out = append(out, segment{b[at], int64(n) * t.bytes(i), t.bytes(i)})
		}
	}
	return out
}

// usable reports why a row's slab cannot be copied, if so.
func (t *tape) usable(row int, host []byte) error {
	if t.parts == nil {
		return backend.ErrOtherTape
	}
	return t.form.CheckRow(row, host)
}

// Spill implements backend.Tape.
func (t *tape) Spill(row int, to []byte) error {
	if err := t.usable(row, to); err != nil {
		return err
	}
	return t.slab(row).spill(t.transfer, to)
}

// Fill implements backend.Tape.
func (t *tape) Fill(row int, from []byte) error {
	if err := t.usable(row, from); err != nil {
		return err
	}
	return t.slab(row).fill(t.transfer, from)
}

// Close implements backend.Tape. What a stepper that was left behind may still use stays.
func (t *tape) Close() error {
	t.d.forget(t)
	lane := t.lane
	t.lane, t.parts = nil, nil
	if lane != nil && !lane.close() {
		t.d.abandon()
		return errStuck
	}
	if !t.d.abandoned() {
		t.owner.freeAll()
	}
	return complaints()
}

// attach takes the plan's tape, if the program has fields on one.
func (s *stepper[T]) attach(p *backend.Plan) error {
	for _, f := range p.Program.Fields() {
		if f.Kind != stencil.Tape {
			continue
		}
		t, ok := p.Tape.(*tape)
		if !ok || t.parts == nil || t.d != s.d {
			return backend.ErrOtherTape
		}
		s.tape = t
	}
	return nil
}

// chunks returns how many buffers a field of the tape has.
func (s *stepper[T]) chunks() int {
	if s.tape == nil {
		return 1
	}
	return (s.tape.form.Window + s.tape.each - 1) / s.tape.each
}
