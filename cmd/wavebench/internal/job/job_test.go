package job

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestStageLeavesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	s, err := newStage(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.write("a/b.txt", func(w io.Writer) error { _, err := w.Write([]byte("x")); return err }); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := s.write("c.txt", func(io.Writer) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	s.discard()
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there", dir)
	}
	if _, err := newStage(dir, 1<<62); err == nil {
		t.Error("no disk holds 4 EiB")
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there", dir)
	}
}

func TestGatherShots(t *testing.T) {
	for _, c := range []struct {
		shots, n int
		want     []int
	}{{10, 3, []int{0, 4, 9}}, {10, 1, []int{5}}, {2, 3, []int{0, 1}}, {3, 0, nil}, {1, 5, []int{0}}} {
		if got := gatherShots(c.shots, c.n); !slices.Equal(got, c.want) {
			t.Errorf("gatherShots(%d, %d) is %v, want %v", c.shots, c.n, got, c.want)
		}
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 999: "999 bytes", 1 << 20: "1 MiB", 3 << 30: "3 GiB", 1<<63 - 1: "8.19e+03 PiB"} {
		if got := Size(n); got != want {
			t.Errorf("Size(%d) is %q, want %q", n, got, want)
		}
	}
}
