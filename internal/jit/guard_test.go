//go:build unix

package jit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/d52adeda/wave/internal/testenv"
	"golang.org/x/sys/unix"
)

// guarded returns pages between two that may not be touched.
func guarded(t *testing.T, pages int) []byte {
	t.Helper()
	page := os.Getpagesize()
	all, err := unix.Mmap(-1, 0, (pages+2)*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(all) })
	for _, guard := range [][]byte{all[:page], all[(pages+1)*page:]} {
		if err := unix.Mprotect(guard, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return all[page : (pages+1)*page]
}

// slack is how many NaN lie on the side of a buffer that is not at a guard page.
const slack = 300

// placeAt returns n elements at the end or the beginning of mem, filled from, and
// beside them NaN that nobody may touch.
func placeAt[T float32 | float64](mem []byte, n int, end bool, from []T) (buf, nan []T) {
	var z T
	all := unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(mem))), len(mem)/int(unsafe.Sizeof(z)))
	buf, nan = all[:n], all[n:n+slack]
	if end {
		buf, nan = all[len(all)-n:], all[len(all)-n-slack:len(all)-n]
	}
	copy(buf, from)
	for i := range nan {
		nan[i] = T(math.NaN())
	}
	return buf, nan
}

// frameAt is a Frame at the end or the beginning of mem.
func frameAt(mem []byte, end bool) *Frame {
	if end {
		mem = mem[len(mem)-int(unsafe.Sizeof(Frame{})):]
	}
	return (*Frame)(unsafe.Pointer(unsafe.SliceData(mem)))
}

// Generated code touches nothing but what the points reach: each buffer is just as
// long, and begins or ends at a page that may not be touched; what lies on its other
// side is NaN. A fault ends the process, so another one does it, and says before each
// problem which it is.
func TestGuardPages(t *testing.T) {
	if !testenv.InChild(t) {
		if len(Supported()) == 0 {
			t.Skip("no generated code here")
		}
		if out, err := testenv.Child(t); err != nil {
			t.Fatalf("%v\n%s", err, testenv.Tail(out, 30))
		} else if strings.Count(out, "problem ") < 4 {
			t.Fatalf("no problems:\n%s", out)
		}
		return
	}
	var arenas [][]byte
	for range maxFields {
		arenas = append(arenas, guarded(t, 64))
	}
	first := firstSeed()
	for i := range uint64(count(40, 500, 20000)) {
		for _, isa := range Supported() {
			guardedRun[float32](t, arenas, isa, first+i)
			guardedRun[float64](t, arenas, isa, first+i)
		}
	}
}

func guardedRun[T float32 | float64](t *testing.T, arenas [][]byte, isa ISA, seed uint64) {
	r := rand.New(rand.NewPCG(seed, uint64(isa)))
	p := randomProblem[T](r, false)
	for i := range p.k.Fields { // planes closer to each other than randomProblem has them
		if s := &p.k.Fields[i]; s.StrideZ > 1 {
			s.StrideZ = s.StrideY * (p.ny + r.IntN(3))
		}
	}
	nz := 1 + r.IntN(5)
	o := randomOptions[T](r, isa)
	fmt.Printf("problem -seed=%d, %T, %+v, %d x %d x %d points\n", seed, p.bufs[0][0], o, p.nx, p.ny, nz)
	code, err := Compile(p.k, o)
	if err != nil {
		t.Fatal(err)
	}
	defer code.Close()

	const numbers = 1 << 12
	table := make([]T, 1<<16)
	for i := range numbers {
		table[i] = T(r.Float64() - 0.5)
	}
	for n := numbers; n < len(table); n *= 2 {
		copy(table[n:], table[:n])
	}
	var want, got, nans [][]T
	var at []int
	var ops []Operand
	for i, s := range p.k.span(p.nx, p.ny, nz) {
		n := s.hi - s.lo + 1
		from := table[r.IntN(numbers):]
		buf, nan := placeAt(arenas[i+1], n+2*o.Margin, r.IntN(2) == 0, from)
		for m := range o.Margin {
			buf[m], buf[len(buf)-1-m] = T(math.NaN()), T(math.NaN())
		}
		nan = slices.Concat(nan, buf[:o.Margin], buf[len(buf)-o.Margin:])
		buf = buf[o.Margin:][:n]
		at = append(at, -s.lo)
		want = append(want, append([]T(nil), buf...))
		got, nans = append(got, buf), append(nans, nan)
		op := Of(buf, at[i])
		op.Margin = o.Margin
		ops = append(ops, op)
	}
	p.interpret(want, at, nz)
	bound, err := code.Bind(ops, p.nx, p.ny, nz)
	if err != nil {
		t.Fatal(err)
	}
	frame := frameAt(arenas[0], r.IntN(2) == 0)
	var list Fetches
	for range r.IntN(4) { // what is there, and what is not
		mem := arenas[r.IntN(len(arenas))]
		list.Add(unsafe.Add(unsafe.Pointer(unsafe.SliceData(mem)), r.IntN(2*len(mem))), r.IntN(1<<14))
	}
	frame.Fetch(&list)
	for _, b := range randomBoxes(r, p.nx, p.ny, nz) {
		bound.Run(frame, b.x0, b.x1, b.y0, b.y1, b.z0, b.z1)
	}
	for f := range want {
		for i := range want[f] {
			if !same(got[f][i], want[f][i]) {
				t.Fatalf("field %d, element %d of %d: got %v, want %v", f, i, len(want[f]), got[f][i], want[f][i])
			}
		}
		for i, v := range nans[f] {
			if v == v {
				t.Fatalf("field %d: element %d of %d beside the buffer was overwritten with %v", f, i, slack, v)
			}
		}
	}
}

// The guard pages do guard: a load or a store one element beyond a buffer ends the
// process.
func TestGuardPagesCatch(t *testing.T) {
	if len(Supported()) == 0 {
		t.Skip("no generated code here")
	}
	for _, isa := range Supported() {
		for _, what := range []string{"load before", "load behind", "store before", "store behind"} {
			t.Run(isa.String()+"/"+what, func(t *testing.T) {
				if !testenv.InChild(t) {
					out, err := testenv.Child(t)
					if err == nil || !strings.Contains(out, "SIGSEGV") && !strings.Contains(out, "SIGBUS") {
						t.Errorf("%v, want a fault:\n%s", err, testenv.Tail(out, 20))
					}
					return
				}
				k := &Kernel{}
				out, in := k.AddField(Field{1, 0, 0}), k.AddField(Field{1, 0, 0})
				k.Store(out, k.Add(k.Load(in, 0, 0, 0), k.Const(1)))
				code, err := Compile(k, Options{ISA: isa})
				if err != nil {
					t.Fatal(err)
				}
				const n = 100
				behind := strings.HasSuffix(what, "behind")
				buf, _ := placeAt(guarded(t, 1), n, behind, []float32{})
				op := Of(buf, 0)
				op.Len += 2 // a lie
				if !behind {
					op.Data, op.At = unsafe.Add(op.Data, -4), 0
				}
				other := Of(make([]float32, n+1), 0)
				ops := []Operand{other, op}
				if strings.HasPrefix(what, "store") {
					ops = []Operand{op, other}
				}
				bound, err := code.Bind(ops, n+1, 1, 1)
				if err != nil {
					t.Fatal(err)
				}
				bound.Run(NewFrame(), 0, n+1, 0, 1, 0, 1)
				runtime.KeepAlive(buf)
			})
		}
	}
}
