//go:build opencl

package opencl

import (
	"testing"

	"github.com/d52adeda/wave/backend/backendtest"
)

func TestConformance(t *testing.T) {
	open(t)
	backendtest.Run(t, "opencl")
}
