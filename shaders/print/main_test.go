package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/d52adeda/wave/shaders"
)

// TestCommitted prints all kernels anew and compares them with the files of the
// repository and with the sums of those that are not kept: what changes a kernel is seen.
func TestCommitted(t *testing.T) {
	all, err := files()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(kept, sums) {
		got, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != all[name] {
			t.Errorf("%s is not what is printed: run go generate ./shaders and look at what -equation, -dimensions and -language print", name)
		}
	}
	for _, pattern := range []string{"../*.cl", "../*.comp"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) != 1 {
			t.Errorf("%v, %v, want one file kept", names, err)
		}
	}
}

func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		equation       string
		ndim, accuracy int
		language       string
		want           string
	}{
		{"sound", 2, 4, "cl", `equation is "sound"`}, {"scalar", 2, 4, "hlsl", `language "hlsl"`},
		{"scalar", 4, 4, "cl", "dimensions are 4"}, {"scalar", 2, 3, "cl", "accuracy 3"},
	} {
		if _, err := kernels(c.equation, c.ndim, c.accuracy, c.language, shaders.Float64); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
