package backend

import (
	"errors"
	"fmt"
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/stencil"
)

// ErrTraced is wrapped when a traced array is given to a backend that cannot
// trace, or as a series to any.
var ErrTraced = errors.New("this backend wants a plain one")

// Check reports what is wrong with a plan. Backends call it first; with dense set
// it refuses traced arrays too.
func (p *Plan) Check(dense bool) error {
	if p.DType != array.Float32 && p.DType != array.Float64 {
		return fmt.Errorf("backend: DType is %s, want float32 or float64", p.DType)
	}
	if p.Shots < 1 || p.Steps < 0 {
		return fmt.Errorf("backend: Shots is %d and Steps %d, want at least 1 and 0", p.Shots, p.Steps)
	}
	if err := p.Program.Verify(); err != nil {
		return fmt.Errorf("backend: %w", err)
	}
	if left := p.Program.Params(); len(left) > 0 {
		return fmt.Errorf("backend: parameters %v of program %s have no value", left, p.Program.Name)
	}
	for _, f := range p.Program.Fields() {
		if p.Fields[f.Name] == nil && (f.Kind == stencil.Model || f.Kind == stencil.Profile) {
			return fmt.Errorf("backend: field %s is missing", f)
		}
	}
	for _, s := range append(p.Program.Inputs(), p.Program.Outputs()...) {
		points, ok := p.Points[s.Points]
		if !ok || len(points) != p.Shots {
			return fmt.Errorf("backend: points %s have %d shots, want %d", s.Points, len(points), p.Shots)
		}
		if err := p.checkPoints(s.Points, points); err != nil {
			return err
		}
	}
	for _, s := range p.Program.Inputs() {
		if p.Series[s.Name] == nil {
			return fmt.Errorf("backend: series %s is missing", s.Name)
		}
	}
	if err := p.checkTape(); err != nil {
		return err
	}
	return p.checkArrays(dense)
}

// checkArrays checks the arrays that there are of the program's fields and series.
func (p *Plan) checkArrays(dense bool) error {
	for _, f := range p.Program.Fields() {
		shots, want := []int{p.Shots}, p.Layout.Shape
		if f.Kind == stencil.Tape && p.Fields[f.Name] != nil {
			return fmt.Errorf("backend: field %s is given, want it on the tape", f.Name)
		}
		switch n, known := p.copies[f.Name]; {
		case f.Kind == stencil.Profile:
			shots, want = []int{0}, []int{p.Layout.Shape[f.Dim]}
		case known:
			shots = []int{n}
		case f.Kind == stencil.Model:
			shots = append(shots, 1)
		}
		if err := p.checkArray("field "+f.Name, p.Fields[f.Name], shots, want, dense); err != nil {
			return err
		}
	}
	for _, s := range p.Program.Inputs() {
		want := []int{len(p.Points[s.Points][0]), p.Steps}
		if err := p.checkArray("series "+s.Name, p.Series[s.Name], []int{p.Shots}, want, true); err != nil {
			return err
		}
	}
	return nil
}

// CheckSeek reports whether a run cannot go to a step.
func (p *Plan) CheckSeek(step int) error {
	if step < 0 || step > p.Steps {
		return fmt.Errorf("backend: step is %d, want 0 to %d", step, p.Steps)
	}
	return nil
}

// CheckSet returns the field that SetField replaces, or what is wrong with that.
func (p *Plan) CheckSet(name string, a *array.Array, dense bool) (*stencil.Field, error) {
	f := p.Program.Field(name)
	switch {
	case f == nil || f.Kind != stencil.State && f.Kind != stencil.Memory:
		return nil, fmt.Errorf("backend: program %s has no wavefield %q to set", p.Program.Name, name)
	case a == nil:
		return nil, fmt.Errorf("backend: no array for field %s", name)
	}
	return f, p.checkArray("field "+name, a, []int{p.Shots}, p.Layout.Shape, dense)
}

// ErrOtherState is returned for a state that another stepper made.
var ErrOtherState = errors.New("backend: a state of another stepper")

// CheckBytes reports host memory of another size than what is copied to it or from it.
func CheckBytes(host []byte, want int) error {
	if len(host) != want {
		return fmt.Errorf("backend: %d bytes on the host, want %d", len(host), want)
	}
	return nil
}

// checkArray checks type and shape: one of the leading extents in shots (0: none
// leads), then want. No array is none.
func (p *Plan) checkArray(what string, a *array.Array, shots, want []int, dense bool) error {
	if a == nil {
		return nil
	}
	if err := a.Err(); err != nil {
		return err
	}
	if dense && a.Traced() {
		return fmt.Errorf("backend: %s is traced: %w", what, ErrTraced)
	}
	if a.DType() != p.DType {
		return fmt.Errorf("backend: %s is %s, want %s: %w", what, a.DType(), p.DType, array.ErrDType)
	}
	for _, n := range shots {
		lead := []int{n}
		if n == 0 {
			lead = nil
		}
		if slices.Equal(a.Shape(), append(lead, want...)) {
			return nil
		}
	}
	return fmt.Errorf("backend: %s has shape %v, want %v after %v shots: %w", what, a.Shape(), want, shots, array.ErrShape)
}

func (p *Plan) checkPoints(name string, points []stencil.Points) error {
	cells := p.Layout.Padded()
	for shot, list := range points {
		if len(list) != len(points[0]) {
			return fmt.Errorf("backend: points %s: shot %d has %d, shot 0 has %d; want as many", name, shot, len(list), len(points[0]))
		}
		for i, entries := range list {
			for _, e := range entries {
				if e.Cell < 0 || e.Cell >= cells || !p.Layout.Inside(e.Cell) {
					return fmt.Errorf("backend: points %s: point %d of shot %d has cell %d, want one inside the halo", name, i, shot, e.Cell)
				}
			}
		}
	}
	return nil
}
