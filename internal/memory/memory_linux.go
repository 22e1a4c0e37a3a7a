package memory

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Free returns the bytes that a program may still take: what the kernel calls
// available, or what the control group's limit leaves if that is less. 0 if not
// known.
func Free() int64 {
	free := int64(0)
	if f, err := os.Open("/proc/meminfo"); err == nil {
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if fields := strings.Fields(lines.Text()); len(fields) >= 2 && fields[0] == "MemAvailable:" {
				kib, _ := strconv.ParseInt(fields[1], 10, 64)
				free = kib << 10
			}
		}
	}
	if left, ok := groupFree("/sys/fs/cgroup"); ok && (free == 0 || left < free) {
		free = left
	}
	return free
}

// groupFree returns what the limit of the control group (version 2) in a folder
// leaves: file pages that are not in use can be taken back. At least 1; false where
// there is no limit.
func groupFree(dir string) (int64, bool) {
	limit := readNumber(filepath.Join(dir, "memory.max"))
	if limit <= 0 {
		return 0, false
	}
	used := readNumber(filepath.Join(dir, "memory.current"))
	if stat, err := os.ReadFile(filepath.Join(dir, "memory.stat")); err == nil {
		for line := range strings.Lines(string(stat)) {
			if n, ok := strings.CutPrefix(line, "inactive_file "); ok {
				inactive, _ := strconv.ParseInt(strings.TrimSpace(n), 10, 64)
				used -= inactive
			}
		}
	}
	return max(1, limit-max(0, used)), true
}

// readNumber returns the number in a file; 0 if there is none.
func readNumber(path string) int64 {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	return n
}
