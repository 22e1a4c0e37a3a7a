package stencil

import (
	"fmt"
	"math"
)

// Kind says what a field is, and with that where it lives and who may write it.
type Kind uint8

const (
	// Model is a property of the medium: spans the grid, constant in time.
	Model Kind = iota
	// State is a wavefield: spans the grid, changes with time.
	State
	// Memory is a PML memory field of dimension Dim: it changes with time and is
	// identically zero further than Extent cells from that dimension's PML.
	Memory
	// Profile is a constant one-dimensional array along Dim, identically zero
	// further than Extent cells from that dimension's PML, unless Extent is Everywhere.
	Profile
	// Tape spans the grid and is another one in each step: what a forward program stores in
	// a step, its reverse program reads in the same step. See Adjoint.
	Tape
)

// Everywhere is the Extent of a Profile that no PML confines: a coefficient that varies
// along one dimension.
const Everywhere = math.MaxInt32

func (k Kind) String() string {
	return [...]string{"model", "state", "memory", "profile", "tape"}[k]
}

// Field is a named array. Fields are compared by identity: two programs share a
// field by sharing the pointer.
type Field struct {
	Name   string
	Kind   Kind
	Dim    int // Memory and Profile: the dimension it belongs to
	Extent int // Memory and Profile: cells beyond the PML in which it may be non-zero
	// Half says along which dimensions the field sits half a cell further on: its value
	// of index i belongs to i + 1/2. It changes nothing of what a program computes; those
	// who choose derivatives and points ask it.
	Half [3]bool
}

// At is the field's value at the point itself.
func (f *Field) At() Expr { return Load{Field: f} }

// derived returns a field to hold a tangent or a cotangent of f.
func (f *Field) derived(name string) *Field {
	d := *f
	d.Name = name
	return &d
}

// pmlDim returns the dimension whose PML the field is confined to.
func (f *Field) pmlDim() (int, bool) {
	return f.Dim, f.Kind == Memory || f.Kind == Profile && f.Extent != Everywhere
}

func (f *Field) String() string { return fmt.Sprintf("%s (%s)", f.Name, f.Kind) }

// Series is a named set of time series, one sample a step and point. Points
// names the set of locations it belongs to; several series may share one.
type Series struct {
	Name   string
	Points string
}
