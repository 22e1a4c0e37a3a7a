package verify

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/d52adeda/wave/internal/jit"
)

// The reference cases pass on every instruction set that there is, each forced in a
// process of its own; TestReference runs on the best.
func TestReferenceForced(t *testing.T) {
	if testing.Short() {
		t.Skip("checks numbers, as TestReference does")
	}
	const child = "WAVE_TEST_CHILD"
	if forced := os.Getenv(child); forced != "" {
		if isa, why := jit.Selected(); isa.String() != forced {
			t.Fatalf("Selected is %v, %s; want %s", isa, why, forced)
		}
		TestReference(t)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	selected, _ := jit.Selected()
	for _, isa := range append(jit.Supported(), jit.Generic) {
		if isa == selected {
			continue
		}
		cmd := exec.Command(self, "-test.v", "-test.run=^TestReferenceForced$")
		cmd.Env = append(os.Environ(), jit.Variable+"="+isa.String(), child+"="+isa.String())
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestReferenceForced") {
			t.Errorf("%v: %v\n%s", isa, err, out)
		}
	}
}
