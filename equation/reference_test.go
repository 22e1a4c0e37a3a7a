package equation_test

import (
	"os"
	"testing"

	"github.com/d52adeda/wave/backend/backendtest"
)

// TestReferenceByInterpreter runs the programs as they are defined: in every dimension with
// PMLs of different widths, vacuum and initial wavefields.
func TestReferenceByInterpreter(t *testing.T) {
	backendtest.Reference(t, "interpreter", "*_1d_*", "*_2d_vacuum", "*_2d_init", "acoustic_3d_vacuum")
}

// TestReferenceGradients compares with derivatives that Deepwave's eager code has by automatic
// differentiation.
func TestReferenceGradients(t *testing.T) {
	cases := []string{"*_1d_grads", "*_2d_vacuum_grads"}
	if os.Getenv("WAVE_LONG") != "" { // four minutes
		cases = []string{"*_grads"}
	}
	backendtest.ReferenceGradients(t, cases...)
}
