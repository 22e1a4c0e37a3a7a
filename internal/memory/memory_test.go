package memory

import (
	"runtime"
	"testing"
)

func TestFree(t *testing.T) {
	free := Free()
	if runtime.GOOS == "linux" && (free < 1<<20 || free > 1<<50) {
		t.Errorf("Free is %d bytes, want something between 1 MiB and 1 PiB", free)
	}
	if runtime.GOOS != "linux" && free != 0 {
		t.Errorf("Free is %d bytes where it is not known, want 0", free)
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 999: "999 bytes", 1 << 20: "1 MiB", 3 << 30: "3 GiB", 1<<63 - 1: "8.19e+03 PiB"} {
		if got := Size(n); got != want {
			t.Errorf("Size(%d) is %q, want %q", n, got, want)
		}
	}
}
