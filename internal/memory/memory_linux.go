package memory

import (
	"math"
	"os"
	"path"
	"path/filepath"
	"runtime/metrics"
	"strconv"
	"strings"
	"syscall"
)

// free is Free, with so many bytes of address space left to a driver.
func free(mapped int64) int64 {
	pages := statm()
	n := least(available("/proc/meminfo"), groups("/proc/self/cgroup", "/sys/fs/cgroup"))
	if n > 0 {
		n = max(1, n-promised(pages[1]))
	}
	return least(n, ownLimits(pages, mapped))
}

// statm returns sizes of this process in bytes: all, resident, shared, text, (unused),
// data. Zeros if they are not known.
func statm() (sizes [6]int64) {
	text, _ := os.ReadFile("/proc/self/statm")
	for i, s := range strings.Fields(string(text)) {
		if i < len(sizes) {
			n, _ := strconv.ParseInt(s, 10, 64)
			sizes[i] = n * int64(os.Getpagesize())
		}
	}
	return sizes
}

// promised returns what Go's heap has been given and nobody has touched, such as arrays
// of zeros: the kernel counts it as free.
func promised(resident int64) int64 {
	return max(0, heap("/memory/classes/total:bytes")-idle()-resident)
}

// idle returns what Go's heap has and does not use.
func idle() int64 {
	return heap("/memory/classes/heap/free:bytes") + heap("/memory/classes/heap/released:bytes")
}

// heap returns one of package runtime/metrics' numbers.
func heap(name string) int64 {
	s := []metrics.Sample{{Name: name}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

// least returns the lesser of two numbers of bytes, of which 0 means not known.
func least(a, b int64) int64 {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}

// available returns what the kernel could give without swapping.
func available(meminfo string) int64 { return line(meminfo, "MemAvailable:") << 10 }

// groups returns what the limits of control groups leave: of the process's group, which
// a file lists, and of all above it, in version 2 or the memory controller of version 1.
func groups(list, mounts string) int64 {
	text, err := os.ReadFile(list)
	if err != nil {
		return 0
	}
	free := int64(0)
	for l := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(l), ":", 3) // number:controllers:group
		if len(parts) < 3 {
			continue
		}
		var dirs []string
		var left func(dir string) int64
		switch {
		case parts[1] == "":
			dirs, left = []string{mounts, filepath.Join(mounts, "unified")}, leftOfGroup2
		case strings.Contains(","+parts[1]+",", ",memory,"):
			dirs, left = []string{filepath.Join(mounts, "memory")}, leftOfGroup1
		}
		for _, dir := range dirs {
			// Inside a container the group may have another name than outside, where the
			// list is from: then its folder is not there, and the mount itself is its.
			for group := path.Clean("/" + parts[2]); ; group = path.Dir(group) {
				free = least(free, left(filepath.Join(dir, group)))
				if group == "/" {
					break
				}
			}
		}
	}
	return free
}

// leftOfGroup2 returns what the limits of a group of version 2 leave; 0 if it has none.
// File pages that are not in use can be taken back.
func leftOfGroup2(dir string) int64 {
	limit := least(number(filepath.Join(dir, "memory.max")), number(filepath.Join(dir, "memory.high")))
	return left(limit, number(filepath.Join(dir, "memory.current"))-line(filepath.Join(dir, "memory.stat"), "inactive_file"))
}

// leftOfGroup1 is leftOfGroup2 for version 1, where no limit is a very large one.
func leftOfGroup1(dir string) int64 {
	limit := number(filepath.Join(dir, "memory.limit_in_bytes"))
	if limit > math.MaxInt64/2 {
		return 0
	}
	return left(limit, number(filepath.Join(dir, "memory.usage_in_bytes"))-line(filepath.Join(dir, "memory.stat"), "total_inactive_file"))
}

// left returns what a limit leaves of which some is used; 0 if there is no limit.
func left(limit, used int64) int64 {
	if limit <= 0 {
		return 0
	}
	return max(1, limit-max(0, used))
}

// ownLimits returns what the process's limits on its address space and on data leave,
// with so many bytes for a driver.
func ownLimits(sizes [6]int64, mapped int64) int64 {
	free := int64(0)
	for resource, used := range map[int]int64{syscall.RLIMIT_AS: sizes[0], syscall.RLIMIT_DATA: sizes[5]} {
		var limit syscall.Rlimit
		if used > 0 && syscall.Getrlimit(resource, &limit) == nil && limit.Cur < math.MaxInt64/2 {
			free = least(free, spared(left(int64(limit.Cur), used-idle()+mapped)))
		}
	}
	return free
}

// spared returns what of address space that is left large arrays may take. A failure to
// get more ends a Go program, so there has to be room for what comes beside them: stacks
// and heaps of threads, what drivers map, and what Go takes in 64 MiB and leaves unused
// between arrays.
func spared(left int64) int64 {
	const beside = 128 << 20
	return max(1, (left-beside)/8*7)
}

// number returns the number in a file; 0 if there is none.
func number(path string) int64 {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	return n
}

// line returns the number after a name at the beginning of a line of a file; 0 if there
// is none.
func line(path, name string) int64 {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	for l := range strings.Lines(string(b)) {
		if f := strings.Fields(l); len(f) > 1 && f[0] == name {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			return n
		}
	}
	return 0
}
