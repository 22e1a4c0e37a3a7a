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
