package verify

import (
	"os"
	"testing"

	"github.com/d52adeda/wave/internal/jit"
	"github.com/d52adeda/wave/internal/testenv"
)

// The reference cases pass on every instruction set that there is, each forced in a
// process of its own; TestReference runs on the best.
func TestReferenceForced(t *testing.T) {
	if testing.Short() {
		t.Skip("checks numbers, as TestReference does")
	}
	if testenv.InChild(t) {
		if isa, why := jit.Selected(); isa.String() != os.Getenv(jit.Variable) {
			t.Fatalf("Selected is %v, %s; want %s", isa, why, os.Getenv(jit.Variable))
		}
		TestReference(t)
		return
	}
	selected, _ := jit.Selected()
	for _, isa := range append(jit.Supported(), jit.Generic) {
		if isa == selected {
			continue
		}
		if out, err := testenv.Child(t, jit.Variable+"="+isa.String()); err != nil {
			t.Errorf("%v: %v\n%s", isa, err, out)
		}
	}
}
