package equation_test

import (
	"testing"

	"github.com/d52adeda/wave/backend/backendtest"
)

// TestReferenceByInterpreter runs the programs as they are defined: in every dimension with
// PMLs of different widths, vacuum and initial wavefields.
func TestReferenceByInterpreter(t *testing.T) {
	backendtest.Reference(t, "interpreter", "*_1d_*", "*_2d_vacuum", "*_2d_init", "acoustic_3d_vacuum")
}
