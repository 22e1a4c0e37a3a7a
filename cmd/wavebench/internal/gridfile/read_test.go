package gridfile

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// values64 returns the values of d as float64, checking that just one slice is set.
func values64(t *testing.T, d Data) []float64 {
	t.Helper()
	if (d.F32 == nil) == (d.F64 == nil) {
		t.Fatalf("F32 is nil: %v, F64 is nil: %v; want one of them", d.F32 == nil, d.F64 == nil)
	}
	if d.F32 != nil {
		return toFloat(d.F32)
	}
	return d.F64
}

// ramp is what generate.py stores: 0, 1, 2, ... less 5 if signed.
func ramp(n int, signed bool) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(i)
		if signed {
			v[i] -= 5
		}
	}
	return v
}

func TestReadNPY(t *testing.T) {
	type want struct {
		shape  []int
		signed bool
		dtype  string
	}
	cases := map[string]want{
		"i1":         {[]int{2, 3}, true, "int8"},
		"u1":         {[]int{2, 3}, false, "uint8"},
		"fortran":    {[]int{2, 3, 4}, true, "float32"},
		"fortran_be": {[]int{3, 2, 2, 2}, true, "int32"},
		"scalar":     {nil, true, "float64"},
		"empty":      {[]int{0, 3}, true, "float32"},
		"vector":     {[]int{7}, true, "float32"},
		"version2":   {[]int{2, 3}, true, "float32"},
		"version3":   {[]int{2, 3}, true, "float32"},
	}
	for kind, d := range dtypes {
		if d.size > 1 {
			cases[kind+"_le"] = want{[]int{2, 3}, kind[0] != 'u', d.name}
			cases[kind+"_be"] = cases[kind+"_le"]
		}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d, err := Read("testdata/"+name+".npy", Spec{Shape: c.shape, DType: c.dtype})
			if err != nil {
				t.Fatal(err)
			}
			n := 1
			for _, s := range c.shape {
				n *= s
			}
			got := values64(t, d)
			if !slices.Equal(d.Shape, c.shape) || !slices.Equal(got, ramp(n, c.signed)) {
				t.Errorf("shape %v, values %v; want shape %v, values %v", d.Shape, got, c.shape, ramp(n, c.signed))
			}
			if (d.F32 != nil) != (c.dtype == "float32") {
				t.Errorf("F32 is nil: %v for %s", d.F32 == nil, c.dtype)
			}
		})
	}
}

func TestReadSpecMismatch(t *testing.T) {
	for _, spec := range []Spec{{Shape: []int{3, 2}}, {DType: "float64"}} {
		if _, err := Read("testdata/f4_le.npy", spec); !errors.Is(err, ErrSpec) {
			t.Errorf("%+v: error is %v, want ErrSpec", spec, err)
		}
	}
}

func TestReadNPZ(t *testing.T) {
	for _, c := range []struct{ path, member string }{
		{"testdata/one.npz", ""}, {"testdata/one.npz", "v"}, {"testdata/one.npz", "v.npy"}, {"testdata/zeros.npz", "v"},
	} {
		d, err := Read(c.path, Spec{Member: c.member})
		if err != nil {
			t.Errorf("%+v: %v", c, err)
		} else if got := values64(t, d); !slices.Equal(got, ramp(6, true)) {
			t.Errorf("%+v: values are %v", c, got)
		}
	}
	for _, member := range []string{"", "nope"} {
		_, err := Read("testdata/zeros.npz", Spec{Member: member})
		if !errors.Is(err, ErrSpec) || !strings.Contains(err.Error(), "the file has v, zeros") {
			t.Errorf("member %q: error is %v, want ErrSpec with a list of the members", member, err)
		}
	}
}

// One array among other files is the one.
func TestReadNPZWithOtherFiles(t *testing.T) {
	npy := npyFile(dict("'<f4'", "False", "(2,)"), 8)
	for name, others := range map[string][]string{"a note": {"README.txt"}, "macOS": {"__MACOSX/._v.npy", ".DS_Store"}, "a folder": {"sub/"}} {
		z := zipFile(t, func(w *zip.Writer) {
			for _, o := range others {
				add(t, w, o, nil)
			}
			add(t, w, "v.npy", npy)
		})
		if m, err := parseNPZ(bytes.NewReader(z), int64(len(z)), "", Limits{}); err != nil || len(m.Shape) != 1 {
			t.Errorf("%s: %v", name, err)
		}
		if all, err := parseAllNPZ(bytes.NewReader(z), int64(len(z)), Limits{}); err != nil || len(all) != 1 {
			t.Errorf("%s: %v, %d arrays", name, err, len(all))
		}
		_, err := parseNPZ(bytes.NewReader(z), int64(len(z)), "w", Limits{})
		var spec *SpecError
		if !errors.As(err, &spec) || *spec != (SpecError{"Member", "w", "v"}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	z := zipFile(t, func(w *zip.Writer) { add(t, w, "a\nb", nil); add(t, w, "c", nil) })
	if _, err := parseNPZ(bytes.NewReader(z), int64(len(z)), "", Limits{}); err == nil || !strings.Contains(err.Error(), `"a\nb", c`) {
		t.Errorf("error %v", err)
	}
}

// An array of many decompressor blocks, whose values lie across their ends.
func TestReadNPZLong(t *testing.T) {
	const n = 20_000
	b := npyFile(dict("'<f8'", "False", "(20000, )"), 0)
	if len(b)%8 == 0 {
		t.Fatalf("values start at %d, want them out of step with the blocks", len(b))
	}
	want := make([]float64, n)
	for i := range want {
		want[i] = math.Sin(float64(i))
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(want[i]))
	}
	z := zipFile(t, func(w *zip.Writer) { add(t, w, "a.npy", b) })
	m, err := parseNPZ(bytes.NewReader(z), int64(len(z)), "a", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := m.Float64(); err != nil || !slices.Equal(got, want) {
		t.Errorf("values differ from those stored (%v)", err)
	}
}

func TestReadAllNPZReference(t *testing.T) {
	for _, path := range []string{"testdata/scalar_1d_acc2.npz", "testdata/acoustic_1d_acc2.npz"} {
		all, err := ReadAllNPZ(path, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		text, err := all["meta"].Bytes()
		if err != nil {
			t.Fatal(err)
		}
		var meta struct {
			Name string
			NT   int
		}
		if err := json.Unmarshal(text, &meta); err != nil {
			t.Fatal(err)
		}
		if name := strings.TrimSuffix(filepath.Base(path), ".npz"); meta.Name != name || meta.NT != 60 {
			t.Errorf("meta is %+v, want name %s and nt 60", meta, name)
		}
	}
	all, err := ReadAllNPZ("testdata/scalar_1d_acc2.npz", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	loc, err := all["in_source_locations"].Int()
	if err != nil || !slices.Equal(loc, []int{19, 30, 19, 31}) {
		t.Errorf("locations are %v (%v), want 19 30 19 31", loc, err)
	}
	if got := all["in_source_locations"].Shape; !slices.Equal(got, []int{2, 2, 1}) {
		t.Errorf("shape is %v, want 2 2 1", got)
	}
	out, err := all["out_receiver_amplitudes"].Float64()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, x := range out {
		sum += x
	}
	const want = 222.21352906414046 // numpy
	if sum-want > 1e-10 || want-sum > 1e-10 {
		t.Errorf("sum is %v, want %v", sum, want)
	}
}

func TestMemberConversions(t *testing.T) {
	big := Member{Shape: []int{1}, DType: "int64", values: []int64{1<<53 + 1}}
	huge := Member{Shape: []int{1}, DType: "uint64", values: []uint64{1<<64 - 1}}
	float := Member{Shape: []int{1}, DType: "float64", values: []float64{1}}
	var none Member
	fails := map[string]func() error{
		"big to float":  func() error { _, err := big.Float64(); return err },
		"huge to float": func() error { _, err := huge.Data(); return err },
		"huge to int":   func() error { _, err := huge.Int(); return err },
		"float to int":  func() error { _, err := float.Int(); return err },
		"float bytes":   func() error { _, err := float.Bytes(); return err },
		"zero Member":   func() error { _, err := none.Data(); return err },
	}
	for name, fn := range fails {
		if err := fn(); !errors.Is(err, ErrSpec) || strings.Contains(err.Error(), "request") {
			t.Errorf("%s: error is %v, want ErrSpec", name, err)
		}
	}
	if v, err := big.Int(); err != nil || v[0] != 1<<53+1 {
		t.Errorf("Int gives %v, %v", v, err)
	}
}

func TestReadRaw(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.bin")
	little := []byte{0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0} // float32 1, -2
	if err := os.WriteFile(path, little, 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := Read(path, Spec{Shape: []int{2, 1}, DType: "float32"})
	if err != nil || !slices.Equal(d.F32, []float32{1, -2}) || !slices.Equal(d.Shape, []int{2, 1}) {
		t.Errorf("got %+v, %v; want 1 -2", d, err)
	}
	for _, spec := range []Spec{
		{},
		{Shape: []int{2}},
		{DType: "float32"},
		{Shape: []int{2}, DType: "int32"},
		{Shape: []int{3}, DType: "float32"},
		{Shape: []int{2}, DType: "float64"},
		{Shape: []int{-1, -2}, DType: "float32"},
		{Shape: []int{1 << 62, 1 << 62}, DType: "float32"},
	} {
		if _, err := Read(path, spec); !errors.Is(err, ErrSpec) {
			t.Errorf("%+v: error is %v, want ErrSpec", spec, err)
		}
	}
	slices.Reverse(little) // float32 -2, 1, big-endian
	if err := os.WriteFile(path, little, 0o600); err != nil {
		t.Fatal(err)
	}
	d, err = Read(path, Spec{Shape: []int{2}, DType: "float32", BigEndian: true})
	if err != nil || !slices.Equal(d.F32, []float32{-2, 1}) {
		t.Errorf("got %+v, %v; want -2 1", d, err)
	}
}

func TestFileErrors(t *testing.T) {
	dir := t.TempDir()
	for _, ext := range []string{".npy", ".npz", ".bin"} {
		spec := Spec{Shape: []int{1}, DType: "float32"}
		path := filepath.Join(dir, "missing"+ext)
		if _, err := Read(path, spec); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error is %v, want fs.ErrNotExist with the path", ext, err)
		}
		folder := filepath.Join(dir, "folder"+ext)
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(folder, spec); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: a folder gives %v, want ErrFormat", ext, err)
		}
	}
}

func TestLimits(t *testing.T) {
	raw := Spec{Shape: []int{2, 3}, DType: "float32"}
	path := filepath.Join(t.TempDir(), "raw.bin")
	if err := os.WriteFile(path, make([]byte, 24), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		need int64
		spec Spec
	}{
		{"testdata/f4_le.npy", 24, Spec{}}, {"testdata/one.npz", 24, Spec{}}, {path, 24, raw},
		{"testdata/fortran.npy", 2 * 96, Spec{}}, // in two orders
		{"testdata/i2_le.npy", 12 + 48, Spec{}},  // as integers and as float64
	} {
		c.spec.Limits.MaxBytes = c.need
		if _, err := Read(c.path, c.spec); err != nil {
			t.Errorf("%s: %v", c.path, err)
		}
		c.spec.Limits.MaxBytes--
		if _, err := Read(c.path, c.spec); !errors.Is(err, ErrLimit) {
			t.Errorf("%s: error is %v, want ErrLimit", c.path, err)
		}
	}
	// The members of an archive are limited together.
	if _, err := ReadAllNPZ("testdata/zeros.npz", Limits{MaxBytes: 80_000 + 47}); !errors.Is(err, ErrLimit) {
		t.Errorf("error is %v, want ErrLimit", err)
	}
}
