// Package gridfile reads and writes arrays: NumPy's .npy and .npz files, and
// raw binary. Values come back row-major (the last axis is the fastest).
//
// Files are not trusted. Headers are checked here before npyio decodes the
// values, and nothing is allocated that the size of the file cannot account
// for. The package imports npyio, userfile, internal/memory and the
// standard library only.
package gridfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d52adeda/wave/cmd/wavebench/internal/userfile"
	"github.com/d52adeda/wave/internal/memory"
)

// Data is an array of floating point values. Exactly one of F32 and F64 is
// not nil, and holds the product of Shape values in row-major order. The
// caller owns the slices.
type Data struct {
	Shape []int
	F32   []float32
	F64   []float64
}

// Limits bound what a read may allocate.
type Limits struct {
	// MaxBytes is the most that values may take in bytes while they are read: as
	// stored, before compression, and what copies of another order or type take. 0
	// stands for the size of the file, copies aside; for a .npz, whose arrays may be
	// compressed, for 64 times that size or 1 GiB, whichever is more;
	// in any case for no more memory than is free.
	MaxBytes int64

	accept func(header) error // asked before values are read; may be nil
}

// File is what arrays are read from.
type File interface {
	io.ReaderAt
	Size() int64
}

// Spec says which array to read from a file and what it must be.
type Spec struct {
	// Member names the array in a .npz; it may be empty if there is one only (files
	// without .npy in their names, which NumPy never writes, aside).
	Member string
	// Shape and DType ("float32" or "float64") are needed for a raw file.
	// If given for .npy or .npz they must match the file.
	Shape []int
	DType string
	// BigEndian is the byte order of a raw file; others state their own.
	BigEndian bool
	// Check, if not nil, is asked whether an array of that shape is wanted, before
	// its values are read. Its error is returned as it is.
	Check  func(shape []int) error
	Limits Limits
}

// Read reads an array in the format that the extension of path tells: .npy,
// .npz, or raw for any other. Arrays of float32 come back as F32, of float64
// and integers as F64. Errors wrap ErrFormat, ErrType, ErrLimit, ErrSpec or the
// cause given by the operating system.
func Read(path string, spec Spec) (d Data, err error) {
	err = withFile(path, func(f File) (err error) {
		d, err = ReadFrom(f, path, spec)
		return err
	})
	return d, err
}

// ReadFrom reads an array from an open file; see Read.
func ReadFrom(f File, path string, spec Spec) (Data, error) {
	var m Member
	var err, unwanted error
	limits := spec.Limits
	limits.accept = func(h header) error {
		if len(spec.Shape) > 0 && !slices.Equal(h.shape, spec.Shape) {
			return &SpecError{"Shape", fmt.Sprint(spec.Shape), fmt.Sprint(h.shape)}
		}
		if spec.DType != "" && h.kind.name != spec.DType {
			return &SpecError{"DType", spec.DType, h.kind.name}
		}
		if spec.Check != nil {
			unwanted = spec.Check(h.shape)
		}
		return unwanted
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".npy":
		m, err = parseNPY(f, f.Size(), limits)
	case ".npz":
		m, err = parseNPZ(f, f.Size(), spec.Member, limits)
	default:
		m, err = parseRaw(f, spec, limits)
	}
	if unwanted != nil {
		return Data{}, unwanted
	}
	return finish(path, m, err)
}

// ReadAllNPZ reads every array of a .npz file, by its name without ".npy".
func ReadAllNPZ(path string, limits Limits) (map[string]Member, error) {
	var all map[string]Member
	err := withFile(path, func(f File) (err error) {
		all, err = parseAllNPZ(f, f.Size(), limits)
		return err
	})
	if err != nil {
		return nil, named(path, err)
	}
	return all, nil
}

// parseRaw reads a file that holds nothing but the values of an array,
// row-major, of the shape, type and byte order that spec gives.
func parseRaw(f File, spec Spec, limits Limits) (Member, error) {
	h, err := rawHeader(spec)
	if err != nil {
		return Member{}, err
	}
	if f.Size() != h.bytes {
		return Member{}, misfit(fmt.Sprintf("the file holds %d bytes, want %d for shape %v of %s",
			f.Size(), h.bytes, spec.Shape, spec.DType))
	}
	if err := limits.check(h, h.bytes, f.Size()); err != nil {
		return Member{}, err
	}
	return decode(h, io.NewSectionReader(f, 0, f.Size()))
}

func rawHeader(spec Spec) (header, error) {
	kinds := map[string]string{"float32": "f4", "float64": "f8"}
	if kinds[spec.DType] == "" || len(spec.Shape) == 0 {
		return header{}, fmt.Errorf("%w: raw file asked for with shape %v and dtype %q, want a shape and float32 or float64",
			ErrSpec, spec.Shape, spec.DType)
	}
	order := "<"
	if spec.BigEndian {
		order = ">"
	}
	h := header{descr: order + kinds[spec.DType], shape: slices.Clone(spec.Shape)}
	if err := h.measure(); err != nil {
		return header{}, fmt.Errorf("%w: %v", ErrSpec, err)
	}
	return h, nil
}

// parseNPY reads the .npy file of the given size that r holds.
func parseNPY(r io.ReaderAt, size int64, limits Limits) (Member, error) {
	body := io.NewSectionReader(r, 0, size)
	h, err := readHeader(body)
	if err != nil {
		return Member{}, err
	}
	if size-h.offset != h.bytes {
		return Member{}, fmt.Errorf("%w: file holds %d bytes of values, want %d for shape %v of %s",
			ErrFormat, size-h.offset, h.bytes, h.shape, h.kind.name)
	}
	if err := limits.check(h, h.bytes, size); err != nil {
		return Member{}, err
	}
	return decode(h, body)
}

// check compares the bytes that are needed with the limit, which is byDefault unless
// set, and asks whether the array is wanted.
func (l Limits) check(h header, need, byDefault int64) error {
	most := byDefault
	if l.MaxBytes > 0 {
		most, need = l.MaxBytes, need+h.copies()
	} else if free := memory.Free(); free > 0 {
		most = min(most, free)
	}
	if need > most {
		return fmt.Errorf("%w: it has %s, want at most %s", ErrLimit, memory.Size(need), memory.Size(most))
	}
	if l.accept != nil {
		return l.accept(h)
	}
	return nil
}

// withFile opens a regular file for fn.
func withFile(path string, fn func(File) error) error {
	f, err := userfile.Open(context.Background(), path, nil)
	if errors.Is(err, userfile.ErrNotRegular) {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return fn(f)
}

func finish(path string, m Member, err error) (Data, error) {
	var d Data
	if err == nil {
		d, err = m.Data()
	}
	if err != nil {
		return Data{}, named(path, err)
	}
	return d, nil
}

func named(path string, err error) error {
	return fmt.Errorf("%s: %w", path, err)
}
