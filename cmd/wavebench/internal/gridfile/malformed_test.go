package gridfile

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/sbinet/npyio/npy"
)

// npyFile makes a version 1.0 file from a header text and n zero bytes.
func npyFile(text string, n int) []byte {
	b := append([]byte(magic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
	b = append(b, text...)
	return append(b, make([]byte, n)...)
}

func dict(descr, fortran, shape string) string {
	return "{'descr': " + descr + ", 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n"
}

// malformed holds files that must be refused, each with a part of the error.
var malformed = map[string]struct {
	data []byte
	want string
}{
	"nothing":         {nil, "it is empty"},
	"no array":        {[]byte("1 2"), `starts with "1 2"`},
	"other file":      {[]byte("PK\x03\x04 and more"), "starts with"},
	"version 4":       {[]byte(magic + "\x04\x00\x02\x00{}"), "version is 4.0"},
	"version 1.1":     {[]byte(magic + "\x01\x01\x02\x00{}"), "version is 1.1"},
	"no length":       {[]byte(magic + "\x01\x00\x02"), "cut short"},
	"short header":    {[]byte(magic + "\x01\x00\x40\x00{}"), "cut short"},
	"long header":     {[]byte(magic + "\x02\x00\x00\x00\x01\x10{}"), "268500992 bytes"},
	"no header":       {npyFile("", 0), "ends early"},
	"no brace":        {npyFile("[]", 0), "want {"},
	"open dictionary": {npyFile("{'descr': '<f4',", 8), "ends early"},
	"no comma":        {npyFile("{'descr': '<f4' 'shape'", 8), "want , or }"},
	"no colon":        {npyFile("{'descr' '<f4'}", 8), "want :"},
	"open string":     {npyFile("{'descr", 8), "plain string"},
	"escape":          {npyFile(dict(`'<f\'4'`, "False", "(2,)"), 8), "plain string"},
	"keys missing":    {npyFile("{'descr': '<f4'}", 8), "1 keys"},
	"key twice":       {npyFile("{'descr': '<f4', 'descr': '<f4'}", 8), "twice"},
	"key unknown":     {npyFile("{'colour': '<f4'}", 8), "colour"},
	"after the end":   {npyFile(dict("'<f4'", "False", "(2,)")+"x", 8), "the end"},
	"fortran":         {npyFile(dict("'<f4'", "0", "(2,)"), 8), "True or False"},
	"no tuple":        {npyFile(dict("'<f4'", "False", "2"), 8), "want ("},
	"bad size":        {npyFile(dict("'<f4'", "False", "(x,)"), 8), "shape"},
	"size separator":  {npyFile(dict("'<f4'", "False", "(2;3)"), 8), "want , or )"},
	"long size":       {npyFile(dict("'<f4'", "False", "(99999999999999999999,)"), 8), "want a whole number"},
	"negative":        {npyFile(dict("'<f4'", "False", "(-1, -2)"), 8), "negative"},
	"overflow":        {npyFile(dict("'<f4'", "False", "(4294967296, 4294967296)"), 0), "address"},
	"overflow empty":  {npyFile(dict("'<f4'", "False", "(4294967296, 4294967296, 0)"), 0), "address"},
	"overflow bytes":  {npyFile(dict("'<f8'", "False", "(4611686018427387904,)"), 0), "address"},
	"many dimensions": {npyFile(dict("'<f4'", "False", "("+strings.Repeat("1,", 65)+")"), 4), "65 dimensions"},
	"more than held":  {npyFile(dict("'<f4'", "False", "(1000000000,)"), 8), "want 4000000000"},
	"cut":             {npyFile(dict("'<f4'", "False", "(2,)"), 7), "holds 7 bytes"},
	"left over":       {npyFile(dict("'<f4'", "False", "(2,)"), 9), "holds 9 bytes"},
	"object":          {npyFile(dict("'|O'", "False", "(2,)"), 8), "|O"},
	"text":            {npyFile(dict("'<U4'", "False", "(2,)"), 32), `text (dtype "<U4") is not read: save it as float32`},
	"half":            {npyFile(dict("'<f2'", "False", "(2,)"), 4), "float16 is not read: save it as float32 or float64"},
	"complex":         {npyFile(dict("'<c8'", "False", "(2,)"), 16), "complex64 is not read"},
	"no order":        {npyFile(dict("'f4'", "False", "(2,)"), 8), "byte order"},
	"native order":    {npyFile(dict("'=f4'", "False", "(2,)"), 8), "byte order"},
	"no type":         {npyFile(dict("''", "False", "(2,)"), 8), "dtype"},
	"bool":            {npyFile(dict("'|b1'", "False", "(2,)"), 2), "bool is not read"},
	"long double":     {npyFile(dict("'<f16'", "False", "(2,)"), 32), "float128 is not read"},
	"dates":           {npyFile(dict("'<M8[s]'", "False", "(2,)"), 16), "dates"},
	"records":         {npyFile(dict("'|V8'", "False", "(2,)"), 16), "records"},
	"structured":      {npyFile(dict("[('a', '<f4')]", "False", "(2,)"), 8), "structured"},
}

// refused reports whether a file is malformed, or holds what is not read and is said
// to be well formed then.
func refused(err error) bool {
	return errors.Is(err, ErrFormat) || errors.Is(err, ErrType) && !strings.Contains(err.Error(), "malformed")
}

func TestMalformedNPY(t *testing.T) {
	for name, c := range malformed {
		_, err := parseNPY(bytes.NewReader(c.data), int64(len(c.data)), Limits{})
		if !refused(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want ErrFormat with %q", name, err, c.want)
		}
		// The same as a member of an archive, whose directory is right.
		z := zipFile(t, func(w *zip.Writer) { add(t, w, "a.npy", c.data) })
		_, err = parseNPZ(bytes.NewReader(z), int64(len(z)), "", Limits{})
		if !refused(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s in npz: error is %v, want ErrFormat with %q", name, err, c.want)
		}
	}
	for _, name := range []string{"object", "complex", "structured"} {
		if _, err := Read("testdata/bad_"+name+".npy", Spec{}); !errors.Is(err, ErrType) || strings.Contains(err.Error(), "malformed") {
			t.Errorf("bad_%s.npy: error is %v, want ErrType", name, err)
		}
	}
}

// Python 2, other quotes, other key order and blanks are all allowed.
func TestUnusualHeader(t *testing.T) {
	for _, text := range []string{
		`{"shape":(2L,),"fortran_order":True,"descr":"<f4"}`,
		"{ 'fortran_order' : False , 'shape' : ( 2 ) , 'descr' : '<f4' , }",
	} {
		b := npyFile(text, 8)
		m, err := parseNPY(bytes.NewReader(b), int64(len(b)), Limits{})
		if err != nil || len(m.Shape) != 1 || m.Shape[0] != 2 {
			t.Errorf("%s: shape is %v, error %v", text, m.Shape, err)
		}
	}
}

// Every cut of a good file is refused.
func TestTruncated(t *testing.T) {
	for _, path := range []string{"testdata/f4_le.npy", "testdata/one.npz"} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for n := range b {
			if strings.HasSuffix(path, "npy") {
				_, err = parseNPY(bytes.NewReader(b[:n]), int64(n), Limits{})
			} else {
				_, err = parseNPZ(bytes.NewReader(b[:n]), int64(n), "", Limits{})
			}
			if !errors.Is(err, ErrFormat) {
				t.Errorf("%s cut to %d bytes: error is %v, want ErrFormat", path, n, err)
			}
		}
	}
}

func zipFile(t testing.TB, fill func(w *zip.Writer)) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	fill(w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func add(t testing.TB, w *zip.Writer, name string, data []byte) {
	t.Helper()
	f, err := w.Create(name)
	if err == nil {
		_, err = f.Write(data)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// addRaw adds a stored member whose directory entry says whatever h says.
func addRaw(t testing.TB, w *zip.Writer, h *zip.FileHeader, data []byte) {
	t.Helper()
	f, err := w.CreateRaw(h)
	if err == nil {
		_, err = f.Write(data)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestMalformedNPZ(t *testing.T) {
	good := npyFile(dict("'<f4'", "False", "(2,)"), 8)
	liar := npyFile(dict("'<f4'", "False", "(1000000,)"), 8)
	crc, size := crc32.ChecksumIEEE(good), uint64(len(good))
	one := func(h zip.FileHeader, data []byte) []byte {
		h.Name = "a.npy"
		return zipFile(t, func(w *zip.Writer) { addRaw(t, w, &h, data) })
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"not a zip": {good, "no zip archive"},
		"twice": {zipFile(t, func(w *zip.Writer) {
			add(t, w, "a.npy", good)
			add(t, w, "a", good)
		}), "twice"},
		"past the end":     {one(zip.FileHeader{CompressedSize64: 1 << 40, UncompressedSize64: size}, good), "past the end"},
		"directory lies":   {one(zip.FileHeader{CompressedSize64: size, UncompressedSize64: size + 4000, CRC32: crc}, good), "want 8"},
		"both lie":         {one(zip.FileHeader{CompressedSize64: size, UncompressedSize64: size - 8 + 4e6}, liar), "want at most"},
		"header lies":      {one(zip.FileHeader{CompressedSize64: size, UncompressedSize64: size, CRC32: crc}, liar), "want 4000000"},
		"wrong checksum":   {one(zip.FileHeader{CompressedSize64: size, UncompressedSize64: size, CRC32: crc + 1}, good), "checksum"},
		"method":           {one(zip.FileHeader{Method: 99, CompressedSize64: size, UncompressedSize64: size}, good), "algorithm"},
		"bad deflate data": {one(zip.FileHeader{Method: zip.Deflate, CompressedSize64: size, UncompressedSize64: size}, good), "cut short"},
	} {
		for fn, read := range map[string]func(io.ReaderAt, int64) error{
			"one": func(r io.ReaderAt, n int64) error { _, err := parseNPZ(r, n, "a", Limits{}); return err },
			"all": func(r io.ReaderAt, n int64) error { _, err := parseAllNPZ(r, n, Limits{}); return err },
		} {
			err := read(bytes.NewReader(c.data), int64(len(c.data)))
			if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %s: error is %v, want ErrFormat with %q", name, fn, err, c.want)
			}
		}
	}
}

// A panic below decode becomes an error.
func TestDecodePanic(t *testing.T) {
	h := header{descr: "<f4", shape: []int{2}}
	if err := h.measure(); err != nil {
		t.Fatal(err)
	}
	h.kind.read = func(*npy.Reader, header) (any, error) { panic("boom") }
	if _, err := decode(h, bytes.NewReader(nil)); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "npyio") {
		t.Errorf("error is %v, want ErrFormat from npyio", err)
	}
}

// A file that changes after its size was checked.
func TestDecodeLength(t *testing.T) {
	h := header{descr: "<f4", shape: []int{2}}
	if err := h.measure(); err != nil {
		t.Fatal(err)
	}
	for n := range 12 {
		_, err := decode(h, bytes.NewReader(make([]byte, n)))
		if (n == 8) != (err == nil) || err != nil && !errors.Is(err, ErrFormat) {
			t.Errorf("%d bytes where 8 are wanted: error is %v", n, err)
		}
	}
}

func TestErrorListIsShort(t *testing.T) {
	z := zipFile(t, func(w *zip.Writer) {
		for i := range 30 {
			add(t, w, string(rune('A'+i)), nil)
		}
	})
	_, err := parseNPZ(bytes.NewReader(z), int64(len(z)), "", Limits{})
	if !errors.Is(err, ErrSpec) || !strings.Contains(err.Error(), "and 10 more") {
		t.Errorf("error is %v, want ErrSpec with 10 more", err)
	}
}
