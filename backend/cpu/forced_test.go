package cpu_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/d52adeda/wave/backend/backendtest"
	"github.com/d52adeda/wave/internal/jit"
)

// childVariable names the test that this process was started for.
const childVariable = "WAVE_TEST_CHILD"

func inChild(t *testing.T) bool { return os.Getenv(childVariable) == t.Name() }

// child runs the present test in a process of its own, with more in its environment;
// there it must pass.
func child(t *testing.T, env ...string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.v", "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$")
	if testing.Short() {
		cmd.Args = append(cmd.Args, "-test.short")
	}
	cmd.Env = append(append(os.Environ(), childVariable+"="+t.Name()), env...)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		t.Errorf("%v: %v\n%s", env, err, strings.Join(lines[max(0, len(lines)-40):], "\n"))
	}
}

// The suite passes on every instruction set that there is, forced by the environment:
// the others than TestConformance's.
func TestConformanceForced(t *testing.T) {
	if testing.Short() {
		t.Skip("checks numbers, as TestConformance does; takes long under the race detector")
	}
	selected, _ := jit.Selected()
	for _, isa := range append(jit.Supported(), jit.Generic) {
		if isa == selected && os.Getenv(childVariable) == "" {
			continue
		}
		t.Run(isa.String(), func(t *testing.T) {
			if !inChild(t) {
				child(t, jit.Variable+"="+isa.String())
				return
			}
			if got, why := jit.Selected(); got != isa {
				t.Fatalf("Selected is %v, %s", got, why)
			}
			backendtest.Run(t, "cpu")
		})
	}
}
