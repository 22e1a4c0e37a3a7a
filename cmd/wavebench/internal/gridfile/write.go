package gridfile

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// WriteNPY writes data, a row-major []float32 or []float64 of the given
// shape, as a .npy file of version 1.0, little-endian. Values are streamed:
// no copy of data is made. Errors of w are wrapped.
func WriteNPY(w io.Writer, shape []int, data any) error {
	var err error
	switch v := data.(type) {
	case []float32:
		err = writeNPY(w, "<f4", shape, v, func(b []byte, x float32) []byte {
			return binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		})
	case []float64:
		err = writeNPY(w, "<f8", shape, v, func(b []byte, x float64) []byte {
			return binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
		})
	default:
		err = fmt.Errorf("data is a %T, want []float32 or []float64", data)
	}
	if err != nil {
		return fmt.Errorf("gridfile: writing npy: %w", err)
	}
	return nil
}

func writeNPY[T any](w io.Writer, descr string, shape []int, data []T, put func([]byte, T) []byte) error {
	h := header{descr: descr, shape: shape}
	if err := h.measure(); err != nil {
		return err
	}
	if h.count != len(data) {
		return fmt.Errorf("data has %d values, want %d for shape %v", len(data), h.count, shape)
	}
	buf := appendHeader(make([]byte, 0, 1<<16), descr, shape)
	for _, x := range data {
		if len(buf) > cap(buf)-8 {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
		buf = put(buf, x)
	}
	_, err := w.Write(buf)
	return err
}

// appendHeader appends all that comes before the values of a C-ordered .npy
// file, padded to a multiple of 64 bytes.
func appendHeader(b []byte, descr string, shape []int) []byte {
	var dims strings.Builder
	for _, n := range shape {
		dims.WriteString(strconv.Itoa(n) + ", ")
	}
	tuple := strings.TrimSuffix(dims.String(), " ") // one axis needs its comma
	if len(shape) > 1 {
		tuple = strings.TrimSuffix(tuple, ",")
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, tuple)
	const fixed = len(magic) + 4 // with version and length
	pad := -(fixed + len(text) + 1) & 63
	text += strings.Repeat(" ", pad) + "\n"
	b = append(b, magic...)
	b = append(b, 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
	return append(b, text...)
}
