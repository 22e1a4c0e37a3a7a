package verify

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const reference = "../../../../testdata/reference/"

// TestReference runs the reference cases; the worked example and gradients in 3-D,
// which take a minute, only if WAVE_LONG is set.
func TestReference(t *testing.T) {
	files, err := Files([]string{reference})
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("WAVE_LONG") == "" {
		files = slices.DeleteFunc(files, func(f string) bool {
			name := filepath.Base(f)
			return strings.HasPrefix(name, "example_") || strings.Contains(name, "_3d_") && strings.Contains(name, "grads")
		})
	}
	if len(files) < 30 {
		t.Errorf("%d cases only", len(files))
	}
	r, err := Run(context.Background(), files, Options{Each: func(row Row) {
		if row.Verdict != OK {
			t.Errorf("%s on %s: %s: %s", row.Case, row.Backend, row.Verdict, row.Reason)
		}
		for _, name := range row.NotChecked {
			// The only outputs that nothing here computes, and, on cpu, derivatives.
			if row.Backend == "eager" && !strings.HasSuffix(name, "grad_source_amplitudes") && !strings.HasPrefix(name, "grad_") {
				t.Errorf("%s on %s: %s is not checked", row.Case, row.Backend, name)
			}
		}
	}})
	if err != nil || !r.Passed() {
		t.Errorf("%+v, %v", r, err)
	}
}

// A case computed from other arguments fails in every output.
func TestReferenceCanFail(t *testing.T) {
	for _, name := range []string{"born_1d", "born_1d_batched_grads", "scalar_1d_grads", "functional_2d"} {
		c, err := readCase(reference + name + ".npz")
		if err != nil {
			t.Fatal(err)
		}
		*c.Meta.MaxVel *= 1.1 // another PML
		row := c.verify(context.Background(), c.solver(), "eager", 0)
		if row.Verdict != Failed || strings.Count(row.Reason, ";")+1 != len(row.Compared) {
			t.Errorf("%s: %s of %v: %s", name, row.Verdict, row.Compared, row.Reason)
		}
	}
}
