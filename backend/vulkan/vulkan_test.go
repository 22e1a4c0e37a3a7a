//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"testing"

	"github.com/d52adeda/wave/backend/backendtest"
)

func TestConformance(t *testing.T) {
	need(t)
	backendtest.Run(t, "vulkan")
}

func TestMisuse(t *testing.T) {
	need(t)
	backendtest.Misuse(t, "vulkan")
}

func TestReference(t *testing.T) {
	need(t)
	backendtest.Reference(t, "vulkan", backendtest.Some()...)
}
