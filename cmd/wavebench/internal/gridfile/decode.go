package gridfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/sbinet/npyio/npy"
)

// dtype is a type of value that can be read.
type dtype struct {
	name string
	size int // bytes
	read func(r *npy.Reader, h header) (any, error)
}

var dtypes = map[string]dtype{
	"f4": {"float32", 4, values[float32]},
	"f8": {"float64", 8, values[float64]},
	"i1": {"int8", 1, values[int8]},
	"i2": {"int16", 2, values[int16]},
	"i4": {"int32", 4, values[int32]},
	"i8": {"int64", 8, values[int64]},
	"u1": {"uint8", 1, values[uint8]},
	"u2": {"uint16", 2, values[uint16]},
	"u4": {"uint32", 4, values[uint32]},
	"u8": {"uint64", 8, values[uint64]},
}

// decode reads the values that h describes. The caller has made sure that
// body is about as long as h.bytes; that it ends exactly there is checked
// here, which for a .npz member also makes the zip reader check its CRC.
//
// npyio is given a plain header in place of the file's own: it slices
// header text unchecked, knows no version 3, and no '>u1'.
func decode(h header, body io.Reader) (m Member, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: npyio: %v", ErrFormat, p)
		}
	}()
	src := &fullReader{head: appendHeader(nil, h.descr, []int{h.count})}
	src.body = bufio.NewReaderSize(body, int(min(h.bytes+1, 1<<16)))
	r, err := npy.NewReader(src)
	if err != nil {
		return Member{}, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	v, err := h.kind.read(r, h)
	if err != nil {
		return Member{}, fmt.Errorf("%w: values: %w", ErrFormat, err)
	}
	switch _, err := src.body.ReadByte(); {
	case err == nil:
		return Member{}, fmt.Errorf("%w: more values than shape %v holds", ErrFormat, h.shape)
	case !errors.Is(err, io.EOF):
		return Member{}, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return Member{Shape: h.shape, DType: h.kind.name, values: v}, nil
}

// fullReader gives head, then body, and fills p each time or fails. npyio
// calls Read once a value, taking a short read and io.EOF for success; that
// would give wrong values from a decompressor and zeros from a cut file.
type fullReader struct {
	head []byte
	body *bufio.Reader
}

func (f *fullReader) Read(p []byte) (int, error) {
	if len(f.head) > 0 {
		n := copy(p, f.head)
		f.head = f.head[n:]
		return n, nil
	}
	n, err := io.ReadFull(f.body, p)
	if err == io.EOF && len(p) > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// values reads all values of type T and puts them in row-major order.
func values[T any](r *npy.Reader, h header) (any, error) {
	var v []T
	if err := r.Read(&v); err != nil {
		return nil, err
	}
	if h.fortran && len(h.shape) > 1 {
		v = rowMajor(v, h.shape)
	}
	return v, nil
}

// rowMajor returns a copy of v, stored with the first axis of shape fastest,
// in an order with the last axis fastest.
func rowMajor[T any](v []T, shape []int) []T {
	stride := make([]int, len(shape))
	step := 1
	for k, n := range shape {
		stride[k] = step
		step *= n
	}
	out := make([]T, len(v))
	index := make([]int, len(shape))
	at := 0
	for i := range out {
		out[i] = v[at]
		for k := len(shape) - 1; k >= 0; k-- {
			index[k]++
			at += stride[k]
			if index[k] < shape[k] {
				break
			}
			at -= index[k] * stride[k]
			index[k] = 0
		}
	}
	return out
}
