//go:build opencl

package opencl

import (
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
