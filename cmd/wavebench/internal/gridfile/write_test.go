package gridfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/d52adeda/wave/internal/testenv"
)

func TestWriteNPYRoundTrip(t *testing.T) {
	long := make([]float64, 20_000) // more than the buffer
	for i := range long {
		long[i] = math.Sin(float64(i))
	}
	for _, c := range []Data{
		{Shape: nil, F64: []float64{math.Pi}},
		{Shape: []int{0}, F32: []float32{}},
		{Shape: []int{4}, F32: []float32{1, -2, float32(math.Inf(1)), math.SmallestNonzeroFloat32}},
		{Shape: []int{2, 1, 3}, F64: []float64{1, 2, 3, 4, 5, math.MaxFloat64}},
		{Shape: []int{100, 200}, F64: long},
	} {
		var b bytes.Buffer
		var data any = c.F64
		if c.F32 != nil {
			data = c.F32
		}
		if err := WriteNPY(&b, c.Shape, data); err != nil {
			t.Fatal(err)
		}
		h, err := readHeader(bytes.NewReader(b.Bytes()))
		if err != nil || h.offset%64 != 0 {
			t.Errorf("shape %v: values start at %d (%v), want a multiple of 64", c.Shape, h.offset, err)
		}
		path := filepath.Join(t.TempDir(), "a.npy")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := Read(path, Spec{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(d.Shape, c.Shape) || !slices.Equal(d.F32, c.F32) || !slices.Equal(d.F64, c.F64) {
			t.Errorf("shape %v: what comes back differs (shape %v)", c.Shape, d.Shape)
		}
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestWriteNPYErrors(t *testing.T) {
	for _, err := range []error{
		WriteNPY(io.Discard, []int{2}, []float32{1}),
		WriteNPY(io.Discard, []int{-1}, []float32{}),
		WriteNPY(io.Discard, []int{1}, []int{1}),
		WriteNPY(io.Discard, []int{1}, nil),
	} {
		if err == nil {
			t.Error("got no error")
		}
	}
	if err := WriteNPY(failing{}, []int{9000}, make([]float64, 9000)); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("error is %v, want io.ErrShortWrite", err)
	}
}

// numpy reads what WriteNPY writes.
func TestWriteNPYNumpy(t *testing.T) {
	const python = "/usr/bin/python3"
	if out, err := exec.Command(python, "-c", "import numpy").CombinedOutput(); err != nil {
		testenv.Missing(t, fmt.Sprintf("numpy is missing: %v %s", err, out))
	}
	for _, c := range []struct {
		shape []int
		data  any
		want  string
	}{
		{[]int{}, []float64{0.1}, `["<f8", [], 0.1]`},
		{[]int{3}, []float32{1, -2, 0.5}, `["<f4", [3], [1.0, -2.0, 0.5]]`},
		{[]int{2, 2}, []float64{1, 2, 3, 0.1}, `["<f8", [2, 2], [[1.0, 2.0], [3.0, 0.1]]]`},
	} {
		var b bytes.Buffer
		if err := WriteNPY(&b, c.shape, c.data); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(python, "-c", "import io, json, sys, numpy as np\n"+
			"a = np.load(io.BytesIO(sys.stdin.buffer.read()))\n"+
			"print(json.dumps([a.dtype.str, a.shape, a.tolist()]))")
		cmd.Stdin = &b
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		var got, want any
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(c.want), &want); err != nil {
			t.Fatal(err)
		}
		if g, w := mustJSON(t, got), mustJSON(t, want); g != w {
			t.Errorf("numpy reads %s, want %s", g, w)
		}
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func BenchmarkReadNPY(b *testing.B) {
	var buf bytes.Buffer
	if err := WriteNPY(&buf, []int{1 << 20}, make([]float32, 1<<20)); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(buf.Len()))
	for b.Loop() {
		if _, err := parseNPY(bytes.NewReader(buf.Bytes()), int64(buf.Len()), Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
