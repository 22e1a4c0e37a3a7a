package eager

import (
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/stencil"
)

// tape has arrays by slab and field.
type tape struct {
	form  *backend.TapeForm
	slabs [][]*array.Array // nil when closed
}

// NewTape implements backend.Device.
func (device) NewTape(p *backend.Plan, window int) (backend.Tape, error) {
	form, err := backend.NewTapeForm(p, window)
	if err != nil {
		return nil, err
	}
	zero := array.Zeros(p.DType, append([]int{p.Shots}, p.Layout.Shape...)...)
	form.Slab = len(form.Fields) * zero.Len() * p.DType.Size()
	t := &tape{form: form}
	for range window {
		t.slabs = append(t.slabs, slices.Repeat([]*array.Array{zero}, len(form.Fields)))
	}
	return t, nil
}

// Form implements backend.Tape.
func (t *tape) Form() *backend.TapeForm { return t.form }

// row returns the slab of a row.
func (t *tape) row(row int) []*array.Array { return t.slabs[row%t.form.Window] }

// usable reports why a row's slab cannot be copied, if so.
func (t *tape) usable(row int, host []byte) error {
	if t.slabs == nil {
		return backend.ErrOtherTape
	}
	return t.form.CheckRow(row, host)
}

// Spill implements backend.Tape.
func (t *tape) Spill(row int, to []byte) error {
	if err := t.usable(row, to); err != nil {
		return err
	}
	for _, a := range t.row(row) {
		data, err := bytesOf(a)
		if err != nil {
			return err
		}
		to = to[copy(to, data):]
	}
	return nil
}

// Fill implements backend.Tape.
func (t *tape) Fill(row int, from []byte) error {
	if err := t.usable(row, from); err != nil {
		return err
	}
	slab := t.row(row)
	for i, a := range slab {
		n := len(from) / (len(slab) - i)
		slab[i] = fromBytes(t.form.DType, from[:n], a.Shape()...)
		from = from[n:]
	}
	return nil
}

// Close implements backend.Tape.
func (t *tape) Close() error {
	t.slabs = nil
	return nil
}

// load puts a row's slab into a state, store puts what a step has made of it there.
func (s *stepper) load(st *state, row int) {
	for _, f := range s.taped {
		st.fields[f] = s.tape.row(row)[s.tape.form.Number(f)]
	}
}

func (s *stepper) store(st *state, row int) {
	for _, f := range s.taped {
		s.tape.row(row)[s.tape.form.Number(f)] = array.Disown(st.fields[f])
	}
}

// taped lists the fields of a program that are on a tape.
func taped(p *stencil.Program) (out []*stencil.Field) {
	for _, f := range p.Fields() {
		if f.Kind == stencil.Tape {
			out = append(out, f)
		}
	}
	return out
}
