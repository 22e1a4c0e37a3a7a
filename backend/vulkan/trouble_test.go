//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	vk "github.com/vulkan-go/vulkan"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	_ "github.com/d52adeda/wave/backend/cpu"
	"github.com/d52adeda/wave/internal/diskcache"
	"github.com/d52adeda/wave/shaders"
)

var small = problem{[]int{20, 24}, false, 1, 1, 20, array.Float32}

func TestDeviceNames(t *testing.T) {
	name := need(t).info.Name
	dev, err := backend.Open("vulkan:" + strings.ToUpper(name[:5]))
	if err != nil {
		t.Fatal(err)
	}
	if got := dev.Info(); got.Name != name || got.Backend != "vulkan" || got.Index != 0 || got.Driver == "" || got.Memory <= 0 {
		t.Errorf("Info is %+v, want that of %s", got, name)
	}
	dev.Close()
	for _, wrong := range []string{"vulkan:99", "vulkan:voodoo"} {
		if _, err := backend.Open(wrong); !errors.Is(err, backend.ErrNoDevice) || !strings.Contains(err.Error(), name) {
			t.Errorf("Open(%q): %v, want an error that wraps backend.ErrNoDevice and lists %s", wrong, err, name)
		}
	}
	for _, index := range []int{-1, 99} {
		if _, err := (driver{}).Open(index); !errors.Is(err, backend.ErrNoDevice) {
			t.Errorf("device %d: %v, want backend.ErrNoDevice", index, err)
		}
	}
}

// What the validation layer says becomes an error: the other tests lean on it.
func TestComplaints(t *testing.T) {
	d := openDevice(t, nil)
	if wrong, err := d.api.createLayout(nil, 1<<20); err == nil {
		vk.DestroyPipelineLayout(d.api.device, wrong, nil)
	}
	if err := complaints(); err == nil || !strings.Contains(err.Error(), "VUID") {
		t.Errorf("the validation layer says %v of a wrong call, want what is wrong", err)
	}
	if err := complaints(); err != nil {
		t.Errorf("it says it twice: %v", err)
	}
}

// It sees barriers that are not there, too.
func TestMissingBarrier(t *testing.T) {
	p := small.plan(t)
	s, err := openDevice(t, nil).Plan(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, phase := range s.(*stepper[float32]).barriers {
		clear(phase)
	}
	if err := s.Step(context.Background(), p.Steps); err == nil || !strings.Contains(err.Error(), "SYNC-HAZARD") {
		t.Errorf("steps without barriers: %v, want that the validation layer finds hazards", err)
	}
}

// A kernel that cannot be compiled is an error with what the driver and the validation
// layer say, and the device goes on.
func TestCompileFailure(t *testing.T) {
	d := openDevice(t, nil)
	t.Cleanup(func() { emit = shaders.SPIRV })
	emit = func(*shaders.Kernel, shaders.Type, bool) []uint32 { return []uint32{1, 2, 3, 4, 5} }
	s, err := d.Plan(context.Background(), small.plan(t))
	if err == nil {
		s.Close()
		t.Fatal("a kernel that is no SPIR-V: no error")
	}
	for _, want := range []string{"vulkan: vkCreate", ": unknown error of the driver (kernel ", "5 words of SPIR-V", d.info.Name, d.info.Driver, "Invalid SPIR-V magic number"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("a kernel that is no SPIR-V: %v, want one that says %q", err, want)
		}
	}
	emit = shaders.SPIRV
	complaints()
	solve(t, d, small.plan(t))
}

// A lost device fails all that is begun on it and can be closed; another can be
// opened.
func TestDeviceLost(t *testing.T) {
	d := openDevice(t, nil)
	p := small.plan(t)
	s, err := d.Plan(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	d.lose(check("vkQueueSubmit", vk.ErrorDeviceLost)) // as a driver says it
	for range 2 {
		if err := s.Step(context.Background(), 1); err == nil || !strings.Contains(err.Error(), "device is lost") {
			t.Errorf("Step on a lost device: %v, want that it is lost", err)
		}
	}
	if _, err := s.Field("u"); err == nil {
		t.Error("Field on a lost device: no error")
	}
	if _, err := d.Plan(context.Background(), p); err == nil {
		t.Error("Plan on a lost device: no error")
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Errorf("Close of the device: %v", err)
	}
	solve(t, openDevice(t, nil), p)
	onCPU(t, p)
}

// onCPU checks that another backend is none the worse.
func onCPU(t *testing.T, p *backend.Plan) {
	t.Helper()
	dev, err := backend.Open("cpu")
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	s, err := dev.Plan(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Step(context.Background(), p.Steps); err != nil {
		t.Error(err)
	}
}

// A run that is cancelled ends within a second, however much is left.
func TestCancel(t *testing.T) {
	d := openDevice(t, nil)
	s, err := d.Plan(context.Background(), problem{[]int{300, 300}, false, 1, 1, 1_000_000, array.Float32}.plan(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if err := s.Step(ctx, 1_000_000); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Step returns %v, want context.DeadlineExceeded", err)
	}
	if d := time.Since(begin); d > 10*time.Second { // generous: the machine may be loaded
		t.Errorf("it ends after %v, want about a second", d)
	}
	if err := s.Step(context.Background(), 1); err == nil {
		t.Error("Step after an error: no error")
	}
}

// A device that does not come back is left alone: Step ends all the same.
func TestHungDevice(t *testing.T) {
	d := openDevice(t, nil)
	l, err := newLane(d)
	if err != nil {
		t.Fatal(err)
	}
	slot := &l.slots[0]
	slot.running = true // a fence that nothing will signal
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := l.wait(ctx, slot); !errors.Is(err, errStuck) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting for it returns %v, want that it does not finish, and context.DeadlineExceeded", err)
	}
	if testing.Short() {
		slot.running = false
	} else if l.close() {
		t.Error("close says that nothing runs")
	}
	slot.running = false
	if !l.close() {
		t.Error("close says that something runs")
	}
}

// A plan of no steps has its fields, and series without samples.
func TestNoSteps(t *testing.T) {
	c := small
	c.steps = 0
	p := c.plan(t)
	p.Points["nobody's"] = nil
	s, err := openDevice(t, nil).Plan(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Step(context.Background(), 0); err != nil {
		t.Error(err)
	}
	if a, err := s.Field("v"); err != nil || a.Len() == 0 {
		t.Errorf("Field: %v", err)
	}
	if a, err := s.Series("r"); err != nil || a.Len() != 0 {
		t.Errorf("Series: %v", err)
	}
	if err := s.Step(context.Background(), -1); err == nil {
		t.Error("-1 steps: no error")
	}
}

// Close may be called again, and devices end what is open on them.
func TestClose(t *testing.T) {
	need(t)
	d, err := newDevice(the.instance, the.instance.physical[0])
	if err != nil {
		t.Fatal(err)
	}
	p := small.plan(t)
	open, err := d.Plan(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := d.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if err := open.Close(); err != nil {
		t.Errorf("Close of a stepper whose device is closed: %v", err)
	}
	if open.Bytes() != 0 {
		t.Error("it still has memory")
	}
	if _, err := open.Field("u"); err == nil {
		t.Error("Field of it: no error")
	}
	if _, err := open.Peak("u"); err == nil {
		t.Error("Peak of it: no error")
	}
	if _, err := open.Series("r"); err == nil {
		t.Error("Series of it: no error")
	}
	if _, err := d.Plan(context.Background(), p); err == nil {
		t.Error("Plan on a closed device: no error")
	}
}

// Kernels are compiled once; a damaged file is no harm.
func TestKernelCache(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(diskcache.Variable, dir)
	d := openDevice(t, nil)
	p := small.plan(t)
	want := sum(solve(t, d, p))
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files are kept, %v; want 1", len(files), err)
	}
	path := dir + "/" + files[0].Name()
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := sum(solve(t, d, p)); got != want {
		t.Error("kernels that were kept give other results")
	}
	if after, err := os.Stat(path); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("the file is written again: %v", err)
	}
	if err := os.Truncate(path, before.Size()/2); err != nil {
		t.Fatal(err)
	}
	if got := sum(solve(t, d, p)); got != want {
		t.Error("a damaged file gives other results")
	}
	if again, err := os.Stat(path); err != nil || again.Size() != before.Size() {
		t.Errorf("the damaged file is not replaced: %v", err)
	}
	// Another driver compiles for itself, and another program.
	d.physical.identity += ".next"
	solve(t, d, p)
	other := small
	other.born = true
	solve(t, openDevice(t, func(l *limits) { l.bindings = 256 }), other.plan(t))
	if files, err := os.ReadDir(dir); err != nil || len(files) != 3 {
		t.Errorf("%d files are kept of two drivers and two programs, %v; want 3", len(files), err)
	}
}
