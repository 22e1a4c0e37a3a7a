package eager

import (
	"fmt"
	"maps"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/stencil"
)

// saved has a stepper's wavefields, which steps replace and do not change.
type saved struct {
	of     *stepper
	fields map[*stencil.Field]*array.Array
}

// NewState implements backend.Stepper.
func (s *stepper) NewState() (backend.State, error) {
	if err := s.usable("NewState"); err != nil {
		return nil, err
	}
	return &saved{s, s.state.wavefields()}, nil
}

func (st *state) wavefields() map[*stencil.Field]*array.Array {
	out := maps.Clone(st.fields)
	maps.DeleteFunc(out, func(f *stencil.Field, _ *array.Array) bool { return !changes(f) })
	return out
}

// Save implements backend.Stepper.
func (s *stepper) Save(to backend.State) error {
	st, err := s.own("Save", to)
	if err == nil {
		st.fields = s.state.wavefields()
	}
	return err
}

// Restore implements backend.Stepper.
func (s *stepper) Restore(from backend.State) error {
	st, err := s.own("Restore", from)
	if err == nil {
		maps.Copy(s.state.fields, st.fields)
	}
	return err
}

func (s *stepper) own(call string, of backend.State) (*saved, error) {
	if err := s.usable(call); err != nil {
		return nil, err
	}
	st, ok := of.(*saved)
	if !ok || st.of != s {
		return nil, backend.ErrOtherState
	}
	return st, nil
}

// list returns its fields in the order of the program's.
func (st *saved) list() (out []*stencil.Field) {
	for _, f := range st.of.plan.Program.Fields() {
		if st.fields[f] != nil {
			out = append(out, f)
		}
	}
	return out
}

// Bytes implements backend.State.
func (st *saved) Bytes() int {
	n := 0
	for _, a := range st.fields {
		n += a.Len()
	}
	return n * st.of.plan.DType.Size()
}

// Spill implements backend.State.
func (st *saved) Spill(to []byte) error {
	if err := backend.CheckBytes(to, st.Bytes()); err != nil {
		return err
	}
	for _, f := range st.list() {
		data, err := bytesOf(st.fields[f])
		if err != nil {
			return err
		}
		to = to[copy(to, data):]
	}
	return nil
}

// Fill implements backend.State.
func (st *saved) Fill(from []byte) error {
	if err := backend.CheckBytes(from, st.Bytes()); err != nil {
		return err
	}
	for _, f := range st.list() {
		a := st.fields[f]
		n := a.Len() * a.DType().Size()
		st.fields[f] = fromBytes(a.DType(), from[:n], a.Shape()...)
		from = from[n:]
	}
	return nil
}

// bytesOf returns the numbers of an array as they lie in memory.
func bytesOf(a *array.Array) ([]byte, error) {
	if a.DType() == array.Float32 {
		x, err := array.Data[float32](a)
		return backend.Bytes(x), err
	}
	x, err := array.Data[float64](a)
	return backend.Bytes(x), err
}

// fromBytes returns an array of what bytesOf returned.
func fromBytes(dt array.DType, data []byte, shape ...int) *array.Array {
	if dt == array.Float32 {
		x := make([]float32, len(data)/4)
		copy(backend.Bytes(x), data)
		return array.Of(x, shape...)
	}
	x := make([]float64, len(data)/8)
	copy(backend.Bytes(x), data)
	return array.Of(x, shape...)
}

// Seek implements backend.Stepper.
func (s *stepper) Seek(step int) error {
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
func (s *stepper) SetField(name string, a *array.Array) error {
	if err := s.usable("SetField"); err != nil {
		return err
	}
	f, err := s.plan.CheckSet(name, a, len(s.taped) > 0)
	if err != nil {
		return err
	}
	next := s.stored(f, a)
	if err := next.Err(); err != nil {
		return fmt.Errorf("eager: setting %s: %w", name, err)
	}
	s.state.fields[f] = next
	return nil
}
