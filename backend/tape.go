package backend

import (
	"errors"
	"fmt"
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/stencil"
)

// Tape is memory on a device for fields of which each step has its own: a window of slabs, of
// which row n has slab n mod Window (see Plan.Row). Steppers that have it as Plan.Tape share it,
// such as a forward program, which writes it, and its reverse program, which reads it. Who made
// it closes it, after them; one goroutine at a time uses it and them.
type Tape interface {
	Form() *TapeForm
	// Spill copies the slab of a row to the host, Fill back, to the bit: Form().Slab bytes,
	// numbers of the plan's type in an order of the backend's own.
	Spill(row int, to []byte) error
	Fill(row int, from []byte) error
	// Close frees it. It may be called again.
	Close() error
}

// TapeForm says what a Tape has room for.
type TapeForm struct {
	Fields []string // names
	DType  array.DType
	Shots  int
	Shape  []int // of the padded grid
	Window int   // slabs
	Slab   int   // bytes of one, all fields and shots
}

// NewTapeForm returns the form of a tape for the program of a plan, or what is wrong with that.
// Slab is the backend's to say.
func NewTapeForm(p *Plan, window int) (*TapeForm, error) {
	f := &TapeForm{DType: p.DType, Shots: p.Shots, Shape: p.Layout.Shape, Window: window, Fields: taped(p.Program)}
	switch {
	case window < 1:
		return nil, fmt.Errorf("backend: a tape's window is %d, want at least 1", window)
	case len(f.Fields) == 0:
		return nil, fmt.Errorf("backend: program %s has no tape", p.Program.Name)
	}
	return f, nil
}

// Number returns which of the tape's fields that is.
func (f *TapeForm) Number(of *stencil.Field) int { return slices.Index(f.Fields, of.Name) }

// Place returns where the slab of a row is if so many slabs are in a buffer: which buffer, and which
// slab of it.
func (f *TapeForm) Place(row, each int) (buffer, slab int) {
	n := row % f.Window
	return n / each, n % each
}

// CheckRow reports a row that there cannot be, or host memory of another size than its slab.
func (f *TapeForm) CheckRow(row int, host []byte) error {
	if row < 0 {
		return fmt.Errorf("backend: row of a tape is %d, want at least 0", row)
	}
	return CheckBytes(host, f.Slab)
}

// ErrOtherTape is returned for a tape of another device, or one that is closed.
var ErrOtherTape = errors.New("backend: a tape of another device, or one that is closed")

// taped lists the names of a program's fields that are on a tape.
func taped(p *stencil.Program) (out []string) {
	for _, f := range p.Fields() {
		if f.Kind == stencil.Tape {
			out = append(out, f.Name)
		}
	}
	return out
}

// checkTape reports a tape that is not as the program wants it.
func (p *Plan) checkTape() error {
	names := taped(p.Program)
	if len(names) == 0 {
		return nil
	}
	if p.Tape == nil {
		return fmt.Errorf("backend: program %s has fields on a tape, %v, but the plan has no tape", p.Program.Name, names)
	}
	f := p.Tape.Form()
	for _, name := range names {
		if !slices.Contains(f.Fields, name) {
			return fmt.Errorf("backend: the tape has %v, want field %s, too", f.Fields, name)
		}
	}
	if f.DType != p.DType || f.Shots != p.Shots || !slices.Equal(f.Shape, p.Layout.Shape) {
		return fmt.Errorf("backend: the tape is %s of %d shots and %v cells, want %s, %d and %v", f.DType, f.Shots, f.Shape, p.DType, p.Shots, p.Layout.Shape)
	}
	return nil
}
