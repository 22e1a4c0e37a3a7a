package gridfile

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrFormat says that a file's content is not what its format demands.
	ErrFormat = errors.New("malformed array file")
	// ErrType says that the values are of a type that this package does not read.
	ErrType = errors.New("type of values that is not read")
	// ErrLimit says that an array is larger than Limits allow.
	ErrLimit = errors.New("array over the size limit")
	// ErrSpec says that the caller's Spec is incomplete or does not match the file,
	// or values what they are asked for as.
	ErrSpec = errors.New("array does not fit the request")
)

// SpecError is a Spec that does not match the file. It wraps ErrSpec.
type SpecError struct {
	Field string // of Spec: "Member", "Shape" or "DType"
	Asked string // empty if it is needed and not given
	Has   string // what the file has
}

func (e *SpecError) Error() string {
	what := strings.ToLower(e.Field)
	if e.Asked == "" {
		return fmt.Sprintf("no %s is asked for, and the file has %s", what, e.Has)
	}
	return fmt.Sprintf("%s %s is asked for, and the file has %s", what, e.Asked, e.Has)
}

// Unwrap returns ErrSpec.
func (e *SpecError) Unwrap() error { return ErrSpec }

// misfit is another ErrSpec.
type misfit string

func (m misfit) Error() string { return string(m) }

func (m misfit) Unwrap() error { return ErrSpec }

// unread is a type that is not read.
type unread string

func (u unread) Error() string {
	return string(u) + " is not read: save it as float32 or float64"
}

func (u unread) Unwrap() error { return ErrType }

// nameOf says what the values of a NumPy type that is not read are.
func nameOf(descr string) string {
	kind := strings.TrimLeft(descr, "<>|=")
	known := map[string]string{
		"f2": "float16", "f12": "float96", "f16": "float128", "c8": "complex64", "c16": "complex128", "c32": "complex256", "b1": "bool", "?": "bool",
	}[kind]
	if known != "" {
		return known
	}
	known = "an array of other values"
	if kind != "" && strings.Contains("OSaUMmV", kind[:1]) {
		known = map[byte]string{'O': "an array of objects", 'S': "text", 'a': "text", 'U': "text", 'M': "an array of dates", 'm': "an array of durations", 'V': "an array of records"}[kind[0]]
	}
	return fmt.Sprintf("%s (dtype %q)", known, descr)
}
