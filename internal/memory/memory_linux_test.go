package memory

import (
	"os"
	"path/filepath"
	"testing"
)

func TestGroupFree(t *testing.T) {
	for _, c := range []struct {
		max, current, stat string
		want               int64
		ok                 bool
	}{
		{"", "", "", 0, false},
		{"max\n", "500\n", "", 0, false},
		{"1000\n", "", "", 1000, true},
		{"1000\n", "300\n", "anon 200\nfile 100\n", 700, true},
		{"1000\n", "300\n", "anon 200\ninactive_file 60\nactive_file 40\n", 760, true},
		{"1000\n", "1200\n", "inactive_file 50\n", 1, true},
		{"1000\n", "30\n", "inactive_file 50\n", 1000, true},
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{"memory.max": c.max, "memory.current": c.current, "memory.stat": c.stat} {
			if text == "" {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if got, ok := groupFree(dir); got != c.want || ok != c.ok {
			t.Errorf("%+v: got %d, %v", c, got, ok)
		}
	}
}
