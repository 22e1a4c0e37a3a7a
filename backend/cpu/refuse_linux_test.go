//go:build amd64 && !nojit

package cpu_test

import (
	"context"
	"math"
	"os"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/internal/jit"
	"github.com/d52adeda/wave/internal/testenv"
)

// refuseExecutable makes the system refuse to make pages executable that were not when
// they were mapped.
func refuseExecutable(t *testing.T) {
	t.Helper()
	if err := unix.Prctl(unix.PR_SET_MDWE, unix.PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
}

// refuseMemfd makes memfd_create fail in all threads of the process.
func refuseMemfd(t *testing.T) {
	t.Helper()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}, // the number of the call
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.SYS_MEMFD_CREATE},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		t.Fatal(errno)
	}
}

// Where the system refuses executable memory a run goes on: with code mapped from a
// file in memory or, where that is refused, too, with portable kernels, and the result
// says why. At no time is a page writable and executable.
func TestRunWhereExecutableMemoryIsRefused(t *testing.T) {
	if len(jit.Supported()) == 0 {
		_, why := jit.Selected()
		t.Skip("no generated code here: ", why)
	}
	if _, err := unix.PrctlRetInt(unix.PR_GET_MDWE, 0, 0, 0, 0); err != nil {
		t.Skip("this kernel has no PR_SET_MDWE (Linux 6.3): ", err)
	}
	for _, c := range []struct {
		name   string
		refuse func(t *testing.T)
		device string
	}{
		{"nothing", func(*testing.T) {}, jit.Supported()[0].String() + " kernels"},
		{"protection", refuseExecutable, jit.Supported()[0].String() + " kernels"},
		{"files", func(t *testing.T) { refuseExecutable(t); refuseMemfd(t) }, "loops over rows: jit: executable memory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !testenv.InChild(t) {
				out, err := testenv.Child(t, jit.Variable+"=") // whatever forces kernels on this process
				if err != nil {
					t.Errorf("%v\n%s", err, testenv.Tail(out, 40))
				}
				return
			}
			c.refuse(t)
			smallRun(t, c.device)
		})
	}
}

// smallRun compares a run of the cpu backend with one of eager, which works out the
// same in another way.
func smallRun(t *testing.T, device string) {
	const n, nt = 60, 150
	v := array.AddConst(1500, array.Zeros(array.Float64, n, n))
	series := make([]float64, nt)
	for i := range series {
		q := math.Pi * 25 * (float64(i)*0.001 - 0.06)
		series[i] = (1 - 2*q*q) * math.Exp(-q*q)
	}
	s := wave.Survey{
		Spacing: []float64{5, 5}, DT: 0.001,
		Sources:   wave.Sources{Points: wave.Points{Cells: [][][]int{{{30, 20}}}}, Amplitudes: array.Of64(series, 1, 1, nt)},
		Receivers: wave.Receivers{Points: wave.Points{Cells: [][][]int{{{5, 5}, {30, 40}, {59, 59}}}}},
	}
	run := func(backend string) *wave.Result {
		o := wave.Options{Backend: backend, PMLFreq: 25, CallbackEvery: 10, Callback: func(*wave.Frame) error {
			maps, err := os.ReadFile("/proc/self/maps")
			if err != nil {
				return err
			}
			for line := range strings.Lines(string(maps)) {
				if permissions := strings.Fields(line)[1]; strings.Contains(permissions, "w") && strings.Contains(permissions, "x") {
					t.Errorf("a writable and executable mapping: %s", line)
				}
			}
			return nil
		}}
		res, err := wave.Scalar(context.Background(), v, s, o)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	res := run("cpu")
	if !strings.Contains(res.Device, device) {
		t.Errorf("the result's device is %q, want one that says %q", res.Device, device)
	}
	got, want := res.Records["pressure"].Float64s(), run("eager").Records["pressure"].Float64s()
	most, worst := 0.0, 0.0
	for i, w := range want {
		most, worst = max(most, math.Abs(w)), max(worst, math.Abs(got[i]-w))
	}
	if most == 0 || !(worst <= 1e-11*most) {
		t.Errorf("cpu and eager differ by %.3g of the greatest value, %.3g; want at most 1e-11", worst/most, most)
	}
}
