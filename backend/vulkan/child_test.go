//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
)

// Some things happen once a process: tests of them start this binary again with the
// variable set to one of the children.
const childVariable = "WAVE_TEST_CHILD"

var children = map[string]func() int{
	"open": tryToOpen,
	"noloader": func() int {
		loaderName = "libnosuchvulkan.so.1"
		return tryToOpen()
	},
}

func tryToOpen() int {
	for _, name := range []string{"vulkan", "vulkan:llvm"} {
		_, err := backend.Open(name)
		fmt.Println(errors.Is(err, backend.ErrNoDevice), err)
	}
	for _, info := range (driver{}).Devices() {
		fmt.Println(info.Name, info.Err)
	}
	return 0
}

func child(t *testing.T, name string, env ...string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), childVariable+"="+name), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("child %s: %v\n%s", name, err, out)
	}
	return string(out)
}

// A machine with a loader but no driver, or not even that, has errors, no crash.
func TestNoDriver(t *testing.T) {
	need(t)
	out := child(t, "open", "VK_ICD_FILENAMES=/nowhere.json", "VK_DRIVER_FILES=/nowhere.json")
	if !strings.HasPrefix(out, "true vulkan: ") || !strings.Contains(out, "true backend: vulkan has no device \"llvm\": vulkan: ") || strings.Count(out, "mesa-vulkan-drivers") != 3 {
		t.Errorf("without a driver: %q, want an error that wraps backend.ErrNoDevice and says what to install", out)
	}
}

func TestNoLoader(t *testing.T) {
	out := child(t, "noloader")
	if !strings.HasPrefix(out, "true vulkan: no Vulkan loader") || !strings.Contains(out, "true backend: vulkan has no device \"llvm\": vulkan: ") || strings.Count(out, "libvulkan1") != 3 {
		t.Errorf("without a loader: %q, want an error that wraps backend.ErrNoDevice and says what to install", out)
	}
}

// Two processes use one device at a time.
func TestTwoProcesses(t *testing.T) {
	d := openDevice(t, nil)
	p := problem{[]int{40, 50}, false, 2, 1, 40, array.Float32}.plan(t)
	want := sum(solve(t, d, p))
	got := make(chan string)
	for range 2 {
		go func() {
			cmd := exec.Command(os.Args[0], "-test.run", "^TestChildSolves$")
			cmd.Env = append(os.Environ(), "WAVE_TEST_SOLVE=1")
			out, err := cmd.CombinedOutput()
			if err != nil {
				out = fmt.Append(nil, err, string(out))
			}
			got <- string(out)
		}()
	}
	for range 2 {
		if again := sum(solve(t, d, p)); again != want {
			t.Errorf("beside other processes the results are %s, want %s", again, want)
		}
		if out := <-got; !strings.Contains(out, want) {
			t.Errorf("another process says %q, want %s", out, want)
		}
	}
}

// TestChildSolves is what the other processes do.
func TestChildSolves(t *testing.T) {
	if os.Getenv("WAVE_TEST_SOLVE") == "" {
		t.Skip("it is run by TestTwoProcesses")
	}
	fmt.Println(sum(solve(t, openDevice(t, nil), problem{[]int{40, 50}, false, 2, 1, 40, array.Float32}.plan(t))))
}

func sum(results map[string][]float64) string {
	h := fnv.New64a()
	for _, name := range slices.Sorted(maps.Keys(results)) {
		fmt.Fprintln(h, name, results[name])
	}
	return fmt.Sprintf("sum=%x", h.Sum64())
}
