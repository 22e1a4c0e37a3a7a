package outdir

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestOneWriter(t *testing.T) {
	dir := t.TempDir()
	s := open(t, plan(dir))
	write(t, s, "a.npy one")
	_, err := Open(t.Context(), plan(dir))
	host, _ := os.Hostname()
	if err == nil || !strings.Contains(err.Error(), "another wavebench") || runtime.GOOS != "windows" && !strings.Contains(err.Error(), "on "+host+")") {
		t.Errorf("got %v", err)
	}
	if err := Look(dir); err == nil {
		t.Error("looked into a folder that another writes to")
	}
	if err := commit(t, s); err != nil {
		t.Error(err)
	}
	if err := Look(filepath.Join(dir, "no", "such")); err != nil {
		t.Error(err)
	}
	holds(t, dir, "a.npy one", "r.json record")

	// Many at once, with a folder that comes and goes: one at a time has it.
	dir = filepath.Join(t.TempDir(), "new")
	inside := make(chan struct{}, 1)
	done := make(chan int)
	for range 8 {
		go func() {
			got := 0
			for range 200 {
				s, err := Open(context.Background(), plan(dir))
				if err != nil {
					if !strings.Contains(err.Error(), "another wavebench") {
						t.Error(err)
					}
					continue
				}
				select {
				case inside <- struct{}{}:
				default:
					t.Error("two writers")
				}
				got++
				<-inside
				s.End()
			}
			done <- got
		}()
	}
	total := 0
	for range 8 {
		total += <-done
	}
	if total == 0 {
		t.Error("nobody got the folder")
	}
	if _, err := os.Stat(dir); err == nil { // made by one, while another had it
		holds(t, dir)
	}
}

// TestFolderRemoved removes the output folder during a run: results get there all
// the same.
func TestFolderRemoved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	s := open(t, plan(dir))
	if err := os.RemoveAll(dir); err != nil {
		t.Skip(err)
	}
	write(t, s, "a.npy one", "s/1.png p")
	if err := commit(t, s); err != nil {
		t.Error(err)
	}
	holds(t, dir, "a.npy one", "s/1.png p", "r.json record")
}
