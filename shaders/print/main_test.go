package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestCommitted prints the kernels anew and compares them with the files of the
// repository.
func TestCommitted(t *testing.T) {
	all, err := files()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, pattern := range []string{"../*.cl", "../*.comp"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, names...)
	}
	for _, path := range found {
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if want := all[filepath.Base(path)]; string(got) != want {
			t.Errorf("%s is not what the printer prints: run go generate ./shaders", path)
		}
	}
	if len(found) != len(all) {
		t.Errorf("%d files, want %d: run go generate ./shaders", len(found), len(all))
	}
}
