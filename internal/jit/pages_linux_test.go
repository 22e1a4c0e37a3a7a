//go:build amd64 && !nojit

package jit

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/d52adeda/wave/internal/testenv"
	"golang.org/x/sys/unix"
)

// mappings returns how many bytes of generated code are mapped (executable, and of no
// file on disk), and how many mappings are both writable and executable.
func mappings(t *testing.T) (code, both int) {
	t.Helper()
	f, err := os.Open("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		parts := strings.Fields(lines.Text()) // addresses, permissions, offset, device, inode, name
		var from, to uint64
		if _, err := fmt.Sscanf(parts[0], "%x-%x", &from, &to); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(parts[1], "x") && (len(parts) < 6 || strings.HasPrefix(parts[5], "/memfd:")) {
			code += int(to - from) // neighbours may be one mapping
		}
		if strings.Contains(parts[1], "w") && strings.Contains(parts[1], "x") {
			both++
		}
	}
	return code, both
}

// memory returns how many bytes of the process are in memory, and how many the heap has
// in use.
func memory(t *testing.T) (resident, heap int) {
	t.Helper()
	debug.FreeOSMemory()
	data, err := os.ReadFile("/proc/self/smaps_rollup") // statm is behind by some pages
	if err != nil {
		t.Fatal(err)
	}
	var kB int
	_, rest, _ := strings.Cut(string(data), "\nRss:")
	if _, err := fmt.Sscan(rest, &kB); err != nil {
		t.Fatalf("no Rss in %s: %v", data, err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return kB << 10, int(m.HeapAlloc)
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what func() (ok bool, state string)) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		ok, state := what()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(state)
		}
		time.Sleep(10 * time.Millisecond)
		runtime.GC()
	}
}

// Compiling and closing again and again leaves nothing behind. One page a cycle would
// show, and so would what the heap keeps of it.
func TestCompileAndClose(t *testing.T) {
	needCode(t)
	r := rand.New(rand.NewPCG(firstSeed(), 3))
	var kernels []*Kernel
	for range 20 {
		kernels = append(kernels, randomProblem[float32](r, false).k)
	}
	isas := Supported()
	cycle := func(i int) {
		code, err := Compile(kernels[i%len(kernels)], randomOptions[float32](r, isas[i%len(isas)]))
		if err != nil {
			t.Fatal(err)
		}
		code.Close()
		code.Close()
	}
	// What ran before, the runtime and the race detector's shadow memory move what is in
	// memory by megabytes, but not round after round as a leak does.
	const rounds = 6
	cycles := count(200, 1000, 10000)
	moreResident, moreHeap := max(2<<20, cycles*4096/4), 256<<10+cycles*64
	for i := range 200 {
		cycle(i)
	}
	for round := range rounds {
		code, _ := mappings(t)
		resident, heap := memory(t)
		for i := range cycles {
			cycle(i)
		}
		c, _ := mappings(t)
		r, h := memory(t)
		c, r, h = c-code, r-resident, h-heap
		if c <= 0 && r <= moreResident && h <= moreHeap {
			break
		}
		t.Logf("%d cycles added %d bytes of code, want none; %d resident, want at most %d; %d in the heap, want at most %d",
			cycles, c, r, moreResident, h, moreHeap)
		if round == rounds-1 {
			t.Errorf("memory grew in each of %d rounds", rounds)
		}
	}
	runtime.KeepAlive(kernels)
}

// Code that nobody has any more gives its pages back, but not while it is bound.
func TestForgottenCode(t *testing.T) {
	needCode(t)
	a := newAgain(t, firstSeed())
	kept, _ := mappings(t)
	const n = 50
	for range n {
		if _, err := Compile(a.p.k, Options{ISA: Supported()[0]}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, func() (bool, string) {
		code, _ := mappings(t)
		return code <= kept, fmt.Sprintf("%d bytes of code, want at most %d: forgotten code is not unmapped", code, kept)
	})
	if err := a.round(); err != nil { // a fault, if its pages are gone
		t.Error(err)
	}
	runtime.KeepAlive(a)
}

// watchPages looks at the mappings again and again until it is told to stop: none may
// be writable and executable at once.
func watchPages(t *testing.T) (stop func()) {
	var stopped atomic.Bool
	done := make(chan bool)
	go func() {
		defer close(done)
		for looks := 0; !stopped.Load() || looks < 3; looks++ {
			if _, both := mappings(t); both > 0 {
				t.Errorf("%d mappings are writable and executable", both)
				return
			}
		}
	}()
	return func() {
		stopped.Store(true)
		<-done
	}
}

func compileAndRun(t *testing.T, n int) {
	t.Helper()
	first := firstSeed()
	for seed := first; seed < first+uint64(n); seed++ {
		for _, isa := range Supported() {
			r := rand.New(rand.NewPCG(seed, uint64(isa)))
			p := randomProblem[float32](r, false)
			if err := p.compare(randomOptions[float32](r, isa)); err != nil {
				t.Fatalf("seed %d, %v: %v", seed, isa, err)
			}
		}
	}
}

func TestNeverWritableAndExecutable(t *testing.T) {
	needCode(t)
	stop := watchPages(t)
	compileAndRun(t, count(10, 50, 500))
	stop()
}

// refuseExecutable makes the system refuse to make pages executable that were not when
// they were mapped.
func refuseExecutable(t *testing.T) {
	t.Helper()
	if err := unix.Prctl(unix.PR_SET_MDWE, unix.PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	mem, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	defer unmap(mem)
	if err := unix.Mprotect(mem, unix.PROT_READ|unix.PROT_EXEC); err == nil {
		t.Fatal("pages can still be made executable: the test tests nothing")
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
	if fd, err := unix.MemfdCreate("test", 0); err == nil {
		unix.Close(fd)
		t.Fatal("memfd_create still works: the test tests nothing")
	}
}

// needRefusal skips where the kernel cannot refuse executable memory.
func needRefusal(t *testing.T) {
	t.Helper()
	needCode(t)
	if _, err := unix.PrctlRetInt(unix.PR_GET_MDWE, 0, 0, 0, 0); err != nil {
		t.Skip("this kernel has no PR_SET_MDWE (Linux 6.3): ", err)
	}
}

// Where pages may not become executable (systemd's MemoryDenyWriteExecute), code is
// mapped from a file in memory.
func TestCodeFromFile(t *testing.T) {
	if !testenv.InChild(t) {
		needRefusal(t)
		if out, err := testenv.Child(t); err != nil {
			t.Errorf("%v\n%s", err, testenv.Tail(out, 30))
		}
		return
	}
	refuseExecutable(t)
	if isa, why := Selected(); isa == Generic {
		t.Fatalf("no generated code: %s", why)
	}
	stop := watchPages(t)
	compileAndRun(t, count(10, 50, 500))
	stop()
	a := newAgain(t, 1)
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(maps), "/memfd:jit") {
		t.Errorf("no mapping of a file in memory:\n%s", maps)
	}
	if err := a.round(); err != nil {
		t.Error(err)
	}
	open := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	before := open()
	for range 50 {
		code, err := Compile(a.p.k, Options{ISA: Supported()[0]})
		if err != nil {
			t.Fatal(err)
		}
		code.Close()
	}
	if after := open(); after > before {
		t.Errorf("%d open files after 50 cycles, %d before", after, before)
	}
}

// Where that is refused, too, there is no generated code, and Selected says why.
func TestNoExecutableMemory(t *testing.T) {
	if !testenv.InChild(t) {
		needRefusal(t)
		for _, forced := range []string{"", "avx2"} {
			if out, err := testenv.Child(t, Variable+"="+forced); err != nil {
				t.Errorf("%s %q: %v\n%s", Variable, forced, err, testenv.Tail(out, 30))
			}
		}
		return
	}
	refuseExecutable(t)
	refuseMemfd(t)
	isa, why := Selected()
	if isa != Generic || !strings.Contains(why, "executable memory") || !strings.Contains(why, "permi") {
		t.Errorf("Selected is %v, %q, want generic, and that executable memory is not permitted", isa, why)
	}
	if forced := os.Getenv(Variable); forced != "" && !strings.Contains(why, Variable+" is "+forced) {
		t.Errorf("the reason is %q, want one that names %s=%s", why, Variable, forced)
	}
	if s := Supported(); len(s) > 0 {
		t.Errorf("Supported is %v, want none", s)
	}
	k := &Kernel{}
	k.Store(k.AddField(Field{1, 9, 0}), k.Const(1))
	code, err := Compile(k, Options{ISA: AVX2})
	if code != nil || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Compile gives %v, %v, want an error that wraps errors.ErrUnsupported", code, err)
	}
}
