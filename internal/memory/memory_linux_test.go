package memory

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

// put writes files below a folder and returns it.
func put(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLimitsOfOneGroup(t *testing.T) {
	for _, c := range []struct {
		max, current, stat string
		want               int64
	}{
		{"", "", "", 0},
		{"max\n", "500\n", "", 0},
		{"1000\n", "", "", 1000},
		{"1000\n", "300\n", "anon 200\nfile 100\n", 700},
		{"1000\n", "300\n", "anon 200\ninactive_file 60\nactive_file 40\n", 760},
		{"1000\n", "1200\n", "inactive_file 50\n", 1},
		{"1000\n", "30\n", "inactive_file 50\n", 1000},
	} {
		two := put(t, map[string]string{"memory.max": c.max, "memory.current": c.current, "memory.stat": c.stat})
		if got := leftOfGroup2(two); got != c.want {
			t.Errorf("%+v: got %d", c, got)
		}
		one := put(t, map[string]string{
			"memory.limit_in_bytes": strings.Replace(c.max, "max", "9223372036854771712", 1), "memory.usage_in_bytes": c.current,
			"memory.stat": "inactive_file 7\n" + strings.Replace(c.stat, "inactive_file", "total_inactive_file", 1),
		})
		if got := leftOfGroup1(one); got != c.want {
			t.Errorf("version 1, %+v: got %d", c, got)
		}
	}
}

// The group of the process and all above it count, in either version, or both.
func TestLimitsOfNestedGroups(t *testing.T) {
	for name, c := range map[string]struct {
		list  string
		files map[string]string
		want  int64
	}{
		"none":                 {"0::/\n", nil, 0},
		"root of a container":  {"0::/\n", map[string]string{"memory.max": "1000", "memory.current": "100"}, 900},
		"own":                  {"0::/a/b\n", map[string]string{"a/b/memory.max": "1000", "a/b/memory.current": "100", "a/memory.max": "max"}, 900},
		"parent":               {"0::/a/b\n", map[string]string{"a/b/memory.max": "max", "a/memory.max": "1000", "a/memory.current": "400"}, 600},
		"the tighter":          {"0::/a/b\n", map[string]string{"a/b/memory.max": "500", "a/memory.max": "1000", "a/memory.current": "800"}, 200},
		"not its own":          {"0::/a\n", map[string]string{"a/b/memory.max": "500", "c/memory.max": "500"}, 0},
		"named from outside":   {"0::/machine/job1\n", map[string]string{"memory.max": "1000"}, 1000},
		"from beside the root": {"0::/../job1\n", map[string]string{"memory.max": "1000"}, 1000},
		"high":                 {"0::/\n", map[string]string{"memory.max": "1000", "memory.high": "700"}, 700},
		"version 1": {"9:memory:/a\n1:cpu,cpuacct:/b\n0::/\n", map[string]string{
			"memory/a/memory.limit_in_bytes": "1000", "memory/a/memory.usage_in_bytes": "300", "memory/a/memory.stat": "inactive_file 1\ntotal_inactive_file 50\n",
			"memory/memory.limit_in_bytes": "9223372036854771712", "cpu/b/memory.limit_in_bytes": "1"}, 750},
		"version 1, parent": {"9:hugetlb,memory:/a/b\n", map[string]string{
			"memory/a/b/memory.limit_in_bytes": "9223372036854771712", "memory/a/memory.limit_in_bytes": "1000"}, 1000},
		"both": {"9:memory:/a\n0::/u\n", map[string]string{"memory/a/memory.limit_in_bytes": "1000", "unified/u/memory.max": "400"}, 400},
		"odd":  {"nonsense\n\n0::\n", map[string]string{"memory.max": "10"}, 10},
	} {
		dir := put(t, c.files)
		list := filepath.Join(put(t, map[string]string{"cgroup": c.list}), "cgroup")
		if got := groups(list, dir); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
	if got := groups(filepath.Join(t.TempDir(), "none"), t.TempDir()); got != 0 {
		t.Errorf("no list: got %d", got)
	}
	if got := available(filepath.Join(put(t, map[string]string{"meminfo": "MemTotal: 9 kB\nMemAvailable:   1024 kB\n"}), "meminfo")); got != 1<<20 {
		t.Errorf("available: got %d, want 1 MiB", got)
	}
}

var sink []byte

// What has been asked for and not been touched is not free.
func TestPromises(t *testing.T) {
	const size = 512 << 20
	debug.FreeOSMemory() // or the array may lie where there was one
	before := promised(statm()[1])
	sink = make([]byte, size)
	asked := promised(statm()[1])
	for i := 0; i < size; i += 4096 {
		sink[i] = 1
	}
	touched := promised(statm()[1])
	sink = nil
	if more := asked - before; more < size-size/4 || more > size+size/4 {
		t.Errorf("%d bytes more are promised after %d were allocated", more, size)
	}
	if touched-before > size/4 {
		t.Errorf("%d bytes more are promised after all were used", touched-before)
	}
}
