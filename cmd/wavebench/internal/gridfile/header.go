package gridfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

const (
	magic     = "\x93NUMPY"
	maxHeader = 64 << 10 // bytes of header text; numpy itself writes some hundred
	maxDims   = 64       // as numpy 2
)

// header is what a .npy file says of its array, checked.
// Source: numpy.lib.format, versions 1.0 to 3.0.
type header struct {
	descr   string // byte order and type, such as "<f4"
	fortran bool   // first axis fastest
	shape   []int

	// Filled by measure.
	kind   dtype
	count  int   // values
	bytes  int64 // of all values
	offset int64 // of the first value in the file
}

// copies returns the bytes that values take while they are read beside what is stored:
// in row-major order, and as float64 if they are integers.
func (h header) copies() int64 {
	n := int64(0)
	if h.fortran && len(h.shape) > 1 {
		n += h.bytes
	}
	if h.kind.name != "float32" && h.kind.name != "float64" {
		n += 8 * int64(h.count)
	}
	return n
}

// readHeader reads a header from the start of a .npy file and leaves r at the
// first value. Every error is an ErrFormat or
// ErrType.
func readHeader(r io.Reader) (header, error) {
	text, offset, err := headerText(r)
	if err != nil {
		return header{}, err
	}
	h, err := parseDict(text)
	if errors.Is(err, ErrType) {
		return header{}, err
	}
	if err != nil {
		return header{}, fmt.Errorf("%w: header: %w", ErrFormat, err)
	}
	h.offset = offset
	return h, h.measure()
}

// headerText returns the Python dictionary that describes the array, and the
// length of all that comes before the values.
func headerText(r io.Reader) (text string, offset int64, err error) {
	truncated := func(err error) error {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("%w: header is cut short", ErrFormat)
		}
		return fmt.Errorf("%w: header: %w", ErrFormat, err)
	}
	pre := make([]byte, len(magic)+2, len(magic)+6)
	n, err := io.ReadFull(r, pre)
	switch start := min(n, len(magic)); {
	case errors.Is(err, io.EOF):
		return "", 0, fmt.Errorf("%w: it is empty", ErrFormat)
	case string(pre[:start]) != magic[:start]:
		return "", 0, fmt.Errorf("%w: it starts with %q, want %q", ErrFormat, pre[:start], magic)
	case err != nil:
		return "", 0, truncated(err)
	}
	major, minor := pre[len(magic)], pre[len(magic)+1]
	width := 4
	switch {
	case minor != 0 || major < 1 || major > 3:
		return "", 0, fmt.Errorf("%w: version is %d.%d, want 1.0, 2.0 or 3.0", ErrFormat, major, minor)
	case major == 1:
		width = 2
	}
	var size [4]byte
	if _, err := io.ReadFull(r, size[:width]); err != nil {
		return "", 0, truncated(err)
	}
	length := int64(binary.LittleEndian.Uint32(size[:]))
	if length > maxHeader {
		return "", 0, fmt.Errorf("%w: header has %d bytes, want at most %d", ErrFormat, length, maxHeader)
	}
	var b strings.Builder
	if _, err := io.CopyN(&b, r, length); err != nil {
		return "", 0, truncated(err)
	}
	return b.String(), int64(len(pre)+width) + length, nil
}

// measure checks type and shape and works out the size of the array.
func (h *header) measure() error {
	order, name := "", h.descr
	if name != "" && strings.Contains("<>|=", name[:1]) {
		order, name = name[:1], name[1:]
	}
	kind, ok := dtypes[name]
	if !ok {
		return unread(nameOf(h.descr))
	}
	h.kind = kind
	switch {
	case kind.size == 1:
		h.descr = "|" + name
	case order == ">":
		h.descr = ">" + name
	case order == "<":
		h.descr = "<" + name
	default: // the writing machine's own order: not known
		return fmt.Errorf("%w: dtype is %q, want a byte order of < or >", ErrFormat, h.descr)
	}
	if len(h.shape) > maxDims {
		return fmt.Errorf("%w: array has %d dimensions, want at most %d", ErrFormat, len(h.shape), maxDims)
	}
	total, empty := int64(kind.size), false
	for _, n := range h.shape {
		switch {
		case n < 0:
			return fmt.Errorf("%w: shape is %v, want no negative size", ErrFormat, h.shape)
		case n == 0:
			empty = true
		case int64(n) > math.MaxInt/total:
			return fmt.Errorf("%w: shape is %v, want a size that memory can address", ErrFormat, h.shape)
		default:
			total *= int64(n)
		}
	}
	if empty {
		total = 0
	}
	h.bytes, h.count = total, int(total)/kind.size
	return nil
}

var errEnd = errors.New("dictionary ends early")

// parseDict reads the header's Python dictionary: the keys descr, fortran_order
// and shape in any order, each once, and nothing else.
func parseDict(text string) (h header, err error) {
	s := &scanner{rest: text}
	seen := map[string]bool{}
	if err := s.expect("{"); err != nil {
		return h, err
	}
	for !s.accept("}") {
		key, err := s.quoted()
		if err != nil {
			return h, err
		}
		if seen[key] {
			return h, fmt.Errorf("key %q comes twice", key)
		}
		seen[key] = true
		if err := s.expect(":"); err != nil {
			return h, err
		}
		switch key {
		case "descr":
			if s.peek("[") {
				return h, unread("an array of records (a structured dtype)")
			}
			h.descr, err = s.quoted()
		case "fortran_order":
			h.fortran, err = s.boolean()
		case "shape":
			h.shape, err = s.tuple()
		default:
			err = fmt.Errorf("key is %q, want descr, fortran_order or shape", key)
		}
		if err != nil {
			return h, err
		}
		if !s.accept(",") && !s.peek("}") {
			return h, s.unexpected(", or }")
		}
	}
	if len(seen) != 3 {
		return h, fmt.Errorf("dictionary has %d keys, want descr, fortran_order and shape", len(seen))
	}
	if s.skip(); s.rest != "" {
		return h, s.unexpected("the end")
	}
	return h, nil
}

// scanner takes tokens from the front of a text.
type scanner struct{ rest string }

func (s *scanner) skip() { s.rest = strings.TrimLeft(s.rest, " \t\r\n") }

func (s *scanner) peek(token string) bool {
	s.skip()
	return strings.HasPrefix(s.rest, token)
}

func (s *scanner) accept(token string) bool {
	if !s.peek(token) {
		return false
	}
	s.rest = s.rest[len(token):]
	return true
}

func (s *scanner) expect(token string) error {
	if !s.accept(token) {
		return s.unexpected(token)
	}
	return nil
}

func (s *scanner) unexpected(want string) error {
	if s.rest == "" {
		return errEnd
	}
	return fmt.Errorf("text is %q, want %s", s.rest[:min(len(s.rest), 20)], want)
}

// quoted takes a string in either kind of quotes, without escapes.
func (s *scanner) quoted() (string, error) {
	for _, q := range []string{"'", `"`} {
		if s.accept(q) {
			text, rest, ok := strings.Cut(s.rest, q)
			if !ok || strings.ContainsAny(text, "\\\n") {
				return "", s.unexpected("a plain string")
			}
			s.rest = rest
			return text, nil
		}
	}
	return "", s.unexpected("a quoted string")
}

func (s *scanner) boolean() (bool, error) {
	switch {
	case s.accept("True"):
		return true, nil
	case s.accept("False"):
		return false, nil
	}
	return false, s.unexpected("True or False")
}

// tuple takes the sizes of the axes; Python 2 wrote long ones with an L.
func (s *scanner) tuple() (shape []int, err error) {
	if err := s.expect("("); err != nil {
		return nil, err
	}
	for !s.accept(")") {
		s.skip()
		digits := len(s.rest) - len(strings.TrimLeft(s.rest, "-0123456789"))
		n, err := strconv.Atoi(s.rest[:digits])
		if err != nil {
			return nil, fmt.Errorf("shape: %q, want a whole number of at most %d", s.rest[:digits], math.MaxInt)
		}
		shape = append(shape, n)
		s.rest = s.rest[digits:]
		s.accept("L")
		if !s.accept(",") && !s.peek(")") {
			return nil, s.unexpected(", or )")
		}
	}
	return shape, nil
}
