package wave

import (
	"errors"
	"fmt"

	"github.com/d52adeda/wave/array"
)

// Errors that callers may branch on with errors.Is.
var (
	// ErrNonFinite: the simulation turned NaN or infinite, by growth or overflow.
	ErrNonFinite = errors.New("the wavefield is no longer finite")
	// ErrUnstable: the simulation grows without bound, as was seen before it turned infinite.
	ErrUnstable = errors.New("the wavefield grows without bound")
	// ErrMemory: the run needs more memory than there is. It is array.ErrMemory.
	ErrMemory = array.ErrMemory
	// ErrOutside: a location lies outside the model.
	ErrOutside = errors.New("outside the model")
	// ErrBackend: a traced model was given to a backend that cannot trace.
	ErrBackend = errors.New("this backend cannot be transformed")
	// ErrMaxVel: a traced model needs Options.MaxVel.
	ErrMaxVel = errors.New("a transformed propagator needs an explicit maximum velocity")
	// ErrTraced: an array may not be traced here; only models may.
	ErrTraced = errors.New("traced array where a plain one is wanted")
)

// FieldError is an argument that cannot be: which field of the call, the value it
// has and the value wanted.
type FieldError struct {
	Field string // "Survey.DT", "Survey.Sources.Cells[1][0]", "model v"
	Got   string
	Want  string
	Text  string // what is wrong, where Got and Want do not say it: they are empty then
	Err   error  // an error to match, or nil
}

func (e *FieldError) Error() string {
	if e.Text != "" {
		return "wave: " + e.Text
	}
	s := fmt.Sprintf("wave: %s is %s, want %s", e.Field, e.Got, e.Want)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the error to match.
func (e *FieldError) Unwrap() error { return e.Err }

// ofShape words the shape of an array that is got.
func ofShape(shape []int) string { return fmt.Sprintf("of shape %v", shape) }

// bad returns a FieldError.
func bad(field string, got any, want string, args ...any) error {
	return &FieldError{Field: field, Got: fmt.Sprint(got), Want: fmt.Sprintf(want, args...)}
}
