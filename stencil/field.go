package stencil

import "fmt"

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
	// further than Extent cells from that dimension's PML.
	Profile
)

func (k Kind) String() string {
	return [...]string{"model", "state", "memory", "profile"}[k]
}

// Field is a named array. Fields are compared by identity: two programs share a
// field by sharing the pointer.
type Field struct {
	Name   string
	Kind   Kind
	Dim    int // Memory and Profile: the dimension it belongs to
	Extent int // Memory and Profile: cells beyond the PML in which it may be non-zero
}

// At is the field's value at the point itself.
func (f *Field) At() Expr { return Load{Field: f} }

// derived returns a field to hold a tangent or a cotangent of f.
func (f *Field) derived(name string) *Field {
	return &Field{Name: name, Kind: f.Kind, Dim: f.Dim, Extent: f.Extent}
}

// pmlDim returns the dimension whose PML the field is confined to.
func (f *Field) pmlDim() (int, bool) {
	return f.Dim, f.Kind == Memory || f.Kind == Profile
}

func (f *Field) String() string { return fmt.Sprintf("%s (%s)", f.Name, f.Kind) }

// Series is a named set of time series, one sample a step and point. Points
// names the set of locations it belongs to; several series may share one.
type Series struct {
	Name   string
	Points string
}
