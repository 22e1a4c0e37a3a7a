//go:build opencl

package opencl

import (
	"errors"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend/backendtest"
)

func TestConformance(t *testing.T) {
	open(t)
	backendtest.Run(t, "opencl")
}

// TestConformanceOfOtherItems runs on a processor what GPUs take, a cell an item, and on
// a GPU what processors take, a row. Types differ by a definition only; compiling takes
// most of the time.
func TestConformanceOfOtherItems(t *testing.T) {
	d := open(t)
	other := &device{found: d.found, context: d.context}
	other.limits.processor = !d.limits.processor
	backendtest.RunPart(t, other, backendtest.Part{Accuracy: 4, DType: array.Float32})
}

func TestMisuse(t *testing.T) {
	open(t)
	backendtest.Misuse(t, "opencl")
}

func TestReference(t *testing.T) {
	open(t)
	backendtest.Reference(t, "opencl", backendtest.Some()...)
}

// TestTapeInManyBuffers checks that how a tape is divided between buffers changes nothing.
func TestTapeInManyBuffers(t *testing.T) {
	d := open(t)
	for _, c := range []struct {
		alloc int64
		each  int
	}{{25_000, 1}, {60_000, 3}} {
		other := &device{found: d.found, context: d.context}
		other.limits.alloc = c.alloc
		p := backendtest.RunTape(t, other, array.Float64)
		made, err := other.NewTape(p, 7)
		if err != nil {
			t.Fatal(err)
		}
		if tape := made.(*tape); tape.each != c.each {
			t.Errorf("%d steps of %d bytes in a buffer of %d, want %d", tape.each, tape.form.Slab, c.alloc, c.each)
		}
		if err := made.Close(); err != nil {
			t.Error(err)
		}
		other.limits.alloc = 5_000
		if _, err := other.NewTape(p, 7); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("a step larger than a buffer: %v, want an error that wraps %v", err, errors.ErrUnsupported)
		}
	}
}
