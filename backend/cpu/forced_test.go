package cpu_test

import (
	"testing"

	"github.com/d52adeda/wave/backend/backendtest"
	"github.com/d52adeda/wave/internal/jit"
	"github.com/d52adeda/wave/internal/testenv"
)

// The suite passes on every instruction set that there is, forced by the environment:
// the others than TestConformance's.
func TestConformanceForced(t *testing.T) {
	if testing.Short() {
		t.Skip("checks numbers, as TestConformance does; takes long under the race detector")
	}
	selected, _ := jit.Selected()
	for _, isa := range append(jit.Supported(), jit.Generic) {
		t.Run(isa.String(), func(t *testing.T) {
			if !testenv.InChild(t) {
				if isa == selected { // TestConformance's
					return
				}
				if out, err := testenv.Child(t, jit.Variable+"="+isa.String()); err != nil {
					t.Errorf("%v\n%s", err, testenv.Tail(out, 40))
				}
				return
			}
			if got, why := jit.Selected(); got != isa {
				t.Fatalf("Selected is %v, %s", got, why)
			}
			backendtest.Run(t, "cpu")
		})
	}
}
