package gridfile

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func seed(f *testing.F, pattern string) {
	f.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		f.Fatalf("no seeds match %s (%v)", pattern, err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

// allocated returns the bytes that fn allocates.
func allocated(fn func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// sound checks that m has as many values as its shape says and converts.
func sound(t *testing.T, m Member) {
	t.Helper()
	n := 1
	for _, s := range m.Shape {
		n *= s
	}
	v, err := m.Float64()
	if err == nil && len(v) != n {
		t.Fatalf("array has %d values, want %d for shape %v", len(v), n, m.Shape)
	}
}

func FuzzReadNPY(f *testing.F) {
	seed(f, "testdata/*.npy")
	for _, c := range malformed {
		f.Add(c.data)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		used := allocated(func() {
			if m, err := parseNPY(bytes.NewReader(b), int64(len(b)), Limits{}); err == nil {
				sound(t, m)
			}
		})
		// Each byte may become a float64; the rest is buffers and headers.
		if most := uint64(1<<20 + 32*len(b)); used > most {
			t.Fatalf("%d bytes of input took %d bytes of memory, want at most %d", len(b), used, most)
		}
	})
}

func FuzzReadNPZ(f *testing.F) {
	seed(f, "testdata/*.npz")
	for _, c := range malformed {
		f.Add(zipFile(f, func(w *zip.Writer) { add(f, w, "a.npy", c.data) }))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		limits := Limits{MaxBytes: 1 << 20}
		used := allocated(func() {
			parseNPZ(bytes.NewReader(b), int64(len(b)), "", limits)
			all, err := parseAllNPZ(bytes.NewReader(b), int64(len(b)), limits)
			if err == nil {
				for _, m := range all {
					sound(t, m)
				}
			}
		})
		// Values twice, as floats and reordered; a decompressor a member.
		if most := uint64(32<<20 + 2048*len(b)); used > most {
			t.Fatalf("%d bytes of input took %d bytes of memory, want at most %d", len(b), used, most)
		}
	})
}
