//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/internal/testenv"
)

// Devices that are opened, used and closed again leave nothing behind.
func TestCycles(t *testing.T) {
	p := need(t)
	if os.Getenv(layerEnables) != "" { // looking for missing barriers, the layer loses 8 kB a device
		cmd := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), layerEnables+"=")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
		return
	}
	cycles := 100
	if os.Getenv("WAVE_LONG") != "" {
		cycles = 1000
	}
	plan := problem{[]int{20, 24}, false, 2, 1, 3, array.Float32}.plan(t)
	cycle := func() {
		d, err := newDevice(the.instance, p)
		if err != nil {
			t.Fatal(err)
		}
		s, err := d.Plan(context.Background(), plan)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Step(context.Background(), 3); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Peak("u"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Field("u"); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil { // the validation layer counts what is left
			t.Fatal(err)
		}
	}
	cycle()
	files := testenv.OpenFiles(t)
	testenv.Settles(t, 8, cycles, int64(cycles)*8<<10, cycle)
	if more := testenv.OpenFiles(t) - files; more > 0 {
		t.Errorf("%d more open files", more)
	}
}

// Nothing that is given to the driver may be moved or freed by the garbage collector,
// which here runs all the time.
func TestUnderGarbageCollection(t *testing.T) {
	d := openDevice(t, nil)
	p := problem{[]int{24, 30}, true, 2, 2, 20, array.Float32}.plan(t)
	want := sum(solve(t, d, p))
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	var stop atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		var keep [64][]byte
		for i := 0; !stop.Load(); i++ {
			keep[i%len(keep)] = make([]byte, 1<<(i%16))
			if i%1000 == 0 {
				runtime.GC()
			}
		}
	}()
	defer func() { stop.Store(true); <-done }()
	runs := 15
	if testing.Short() {
		runs = 4
	}
	for range runs {
		if got := sum(solve(t, d, p)); got != want {
			t.Fatalf("results are %s, want %s", got, want)
		}
	}
}

// Goroutines have a stepper each, on one device.
func TestGoroutines(t *testing.T) {
	d := openDevice(t, nil)
	p := problem{[]int{24, 30}, false, 2, 1, 20, array.Float64}.plan(t)
	want := sum(solve(t, d, p))
	t.Run("together", func(t *testing.T) { // d is closed after all have ended
		for i := range 3 {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				if got := sum(solve(t, d, p)); got != want {
					t.Errorf("results are %s, want %s", got, want)
				}
			})
		}
	})
}
