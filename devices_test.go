package wave_test

import (
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	_ "github.com/d52adeda/wave/backend/vulkan" // nothing in builds without cgo
)

// devices lists the backends, beside those that are always there, that have a device
// here for a type. Whether they have to is for their own tests to say.
func devices(t *testing.T, dt array.DType) []string {
	t.Helper()
	var names []string
	for _, name := range backend.Names() {
		if name == "cpu" || name == "eager" {
			continue
		}
		dev, err := backend.Open(name)
		if err != nil {
			t.Logf("without %s: %v", name, err)
			continue
		}
		if dt == array.Float32 || dev.Info().Float64 {
			names = append(names, name)
		}
		dev.Close()
	}
	return names
}
