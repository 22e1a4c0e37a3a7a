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

// TestReference runs the reference cases, the staggered ones on cpu and eager; the worked example
// and gradients of the scalar equations in 3-D, which take a minute, only if WAVE_LONG is set.
func TestReference(t *testing.T) {
	files, err := Files([]string{reference})
	if err != nil {
		t.Fatal(err)
	}
	isStaggered := func(f string) bool { return strings.Contains(f, "staggered") }
	if os.Getenv("WAVE_LONG") == "" {
		files = slices.DeleteFunc(files, func(f string) bool {
			name := filepath.Base(f)
			return strings.HasPrefix(name, "example_") || !isStaggered(f) && strings.Contains(name, "_3d_") && strings.Contains(name, "grads")
		})
	}
	if len(files) < 110 {
		t.Errorf("%d cases only", len(files))
	}
	if testing.Short() {
		files = slices.DeleteFunc(files, func(f string) bool { return isStaggered(f) && strings.Contains(f, "_3d_") })
	}
	each := func(row Row) {
		if row.Verdict != OK {
			t.Errorf("%s on %s: %s: %s", row.Case, row.Backend, row.Verdict, row.Reason)
		}
		for _, name := range row.NotChecked {
			// The only outputs that nothing here computes: gradients of models by sampled integrals; and,
			// but on eager, those of the functional layer.
			sampled := strings.HasPrefix(name, "grad_") && !strings.Contains(name, "source_amplitudes")
			functional := row.Backend != "eager" && (strings.HasPrefix(row.Case, "example") || strings.HasPrefix(row.Case, "functional"))
			if !sampled && !functional {
				t.Errorf("%s on %s: %s is not checked", row.Case, row.Backend, name)
			}
		}
	}
	staggered := slices.DeleteFunc(slices.Clone(files), func(f string) bool { return !isStaggered(f) })
	for _, run := range []struct {
		files    []string
		backends []string
	}{
		{slices.DeleteFunc(files, isStaggered), nil},
		{staggered, []string{"cpu", "eager"}},
	} {
		r, err := Run(context.Background(), run.files, Options{Backends: run.backends, Each: each})
		if err != nil || !r.Passed() || r.Compared < len(run.files) {
			t.Errorf("%d of %d cases compared, %d failed, %v", r.Compared, len(run.files), r.Failed, err)
		}
	}
}

// A case computed from other arguments fails in every output.
func TestReferenceCanFail(t *testing.T) {
	for _, name := range []string{"born_1d", "born_1d_batched_grads", "scalar_1d_grads", "functional_2d", "staggered/elastic_2d_vacuum_grads", "staggered/elastic_1d_asym"} {
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
