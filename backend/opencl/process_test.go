//go:build opencl

package opencl

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/internal/testenv"
)

// TestNoDriver looks for devices where the loader finds no driver: an error, and other
// backends go on.
func TestNoDriver(t *testing.T) {
	if !testenv.InChild(t) {
		open(t)
		if out, err := testenv.Child(t, "OCL_ICD_VENDORS="+t.TempDir()); err != nil {
			t.Errorf("%v:\n%s", err, out)
		}
		return
	}
	for _, name := range []string{"opencl", "opencl:0", "opencl:geforce"} {
		if _, err := backend.Open(name); !errors.Is(err, backend.ErrNoDevice) || !strings.Contains(err.Error(), "pocl-opencl-icd") {
			t.Errorf("Open(%q): %v, want %v and what to install", name, err, backend.ErrNoDevice)
		}
	}
	list := driver{}.Devices()
	if len(list) != 1 || list[0].Err == nil {
		t.Errorf("devices are %+v, want one with an error", list)
	}
}

func TestWrongDevice(t *testing.T) {
	d := open(t)
	for _, name := range []string{"opencl:99", "opencl:no such device"} {
		if _, err := backend.Open(name); !errors.Is(err, backend.ErrNoDevice) || !strings.Contains(err.Error(), d.info.Name) {
			t.Errorf("Open(%q): %v, want one that wraps %v and lists %s", name, err, backend.ErrNoDevice, d.info.Name)
		}
	}
	if _, err := (driver{}).Open(99); !errors.Is(err, backend.ErrNoDevice) {
		t.Errorf("Open(99): %v, want %v", err, backend.ErrNoDevice)
	}
}

// TestTwoProcesses has two processes use one device, and goroutines of each, with
// garbage made meanwhile: all get the same numbers.
func TestTwoProcesses(t *testing.T) {
	work := func() {
		d := open(t)
		p := scalar(t, rand.New(rand.NewPCG(1, 5)), []int{40, 50}, 5, 2, 40, array.Float32)
		want := run(t, d, p)
		done := make(chan struct{})
		var garbage, workers sync.WaitGroup
		garbage.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					_ = make([]byte, 1<<16)
				}
			}
		})
		for range 3 {
			workers.Go(func() {
				for range 5 {
					got := run(t, d, p)
					for i := range got {
						if got[i] != want[i] {
							t.Errorf("value %d is %g, want %g", i, got[i], want[i])
							return
						}
					}
				}
			})
		}
		workers.Wait()
		close(done)
		garbage.Wait()
	}
	if testenv.InChild(t) {
		work()
		return
	}
	open(t)
	var other sync.WaitGroup
	other.Go(func() {
		if out, err := testenv.Child(t, "GOGC=1"); err != nil {
			t.Errorf("%v:\n%s", err, out)
		}
	})
	work()
	other.Wait()
}
