//go:build unix

package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/internal/testenv"
	"github.com/d52adeda/wave/stencil"
)

// guardedCopy copies x, and the NaN that kernels may read on either side of it, to pages
// that end (or begin) with them, where pages follow (or precede) that may not be touched.
func guardedCopy[T array.Float](t *testing.T, x []T, end bool) (buf []T, free func()) {
	t.Helper()
	var z T
	page := os.Getpagesize()
	x = slices.Concat(nans[T](margin[T]()), x, nans[T](margin[T]()))
	n := (len(x)*int(unsafe.Sizeof(z)) + page - 1) / page * page
	all, err := unix.Mmap(-1, 0, n+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	for _, guard := range [][]byte{all[:page], all[page+n:]} {
		if err := unix.Mprotect(guard, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	buf = unsafe.Slice((*T)(unsafe.Pointer(&all[page])), n/int(unsafe.Sizeof(z)))
	if end {
		buf = buf[len(buf)-len(x):]
	}
	copy(buf, x)
	return buf[margin[T]() : len(x)-margin[T]()], func() { unix.Munmap(all) }
}

func nans[T array.Float](n int) []T { return slices.Repeat([]T{T(math.NaN())}, n) }

// guard moves the buffers of a new stepper to between guard pages, and puts NaN
// wherever no field lies: behind rows, between strips and shots. check reports whether
// the NaN are still there.
func guard[T array.Float](t *testing.T, s *stepper[T], r *rand.Rand) (check func() error, free func()) {
	t.Helper()
	var frees []func()
	var gaps [][]int // by slot
	for slot, f := range s.schedule.Buffers {
		used := make([]bool, len(s.memory.buf[slot]))
		shape := [3]int{1, 1, 1}
		if f.Kind == stencil.Profile {
			shape[f.Dim] = s.plan.Layout.Shape[f.Dim]
		} else {
			copy(shape[:], s.plan.Layout.FieldShape(f))
		}
		slabs := 1
		if s.memory.slab[slot] > 0 {
			slabs = s.memory.window
		}
		for n := range slabs * s.memory.copies[slot] {
			slab, shot := n/s.memory.copies[slot], n%s.memory.copies[slot]
			for i := range shape[0] {
				for j := range shape[1] {
					for k := range shape[2] {
						used[slab*s.memory.slab[slot]+shot*s.memory.size[slot]+s.memory.index(slot, f, [3]int{i, j, k})] = true
					}
				}
			}
		}
		buf, free := guardedCopy(t, s.memory.buf[slot], r.IntN(2) == 0)
		frees = append(frees, free)
		var gap []int
		for i, u := range used {
			if !u {
				gap = append(gap, i)
				buf[i] = T(math.NaN())
			}
		}
		s.memory.buf[slot], gaps = buf, append(gaps, gap)
	}
	buffers := append([][]T(nil), s.memory.buf...) // as they are now: slots change theirs
	s.rotate()
	check = func() error {
		for slot, gap := range gaps {
			for _, i := range gap {
				if v := buffers[slot][i]; v == v {
					return fmt.Errorf("buffer %d: element %d of %d, in no field, was overwritten with %v", slot, i, len(buffers[slot]), v)
				}
			}
		}
		return nil
	}
	return check, func() {
		for _, free := range frees {
			free()
		}
	}
}

func guardAny(t *testing.T, s backend.Stepper, r *rand.Rand) (check func() error, free func()) {
	if s, ok := s.(*stepper[float32]); ok {
		return guard(t, s, r)
	}
	return guard(t, s.(*stepper[float64]), r)
}

// Kernels, sources and receivers touch nothing outside the fields: buffers begin or end
// at pages that may not be touched, and what lies between the rows is NaN. A fault ends
// the process, so another one does it, and says before each problem which it is.
func TestGuardPages(t *testing.T) {
	if !testenv.InChild(t) {
		if out, err := testenv.Child(t); err != nil || !strings.Contains(out, "problem ") {
			t.Fatalf("%v\n%s", err, testenv.Tail(out, 30))
		}
		return
	}
	processors(t, 3)
	first := firstSeed()
	for seed := first; seed < first+uint64(count(2, 25, 2000)); seed++ {
		for _, dt := range []array.DType{array.Float32, array.Float64} {
			for _, isa := range instructionSets() {
				force(t, isa)
				r := rand.New(rand.NewPCG(seed, 2))
				p := randomPlan(t, r, dt)
				h := randomHow(r, p.Steps)
				fmt.Printf("problem -seed=%d, %v, %s, %+v\n", seed, isa, about(p), h)
				want := finish(t, start(t, p, h), p, h)
				s := start(t, p, h)
				check, free := guardAny(t, s, r)
				got := finish(t, s, p, h)
				if d := differ(got, want); d != "" {
					t.Fatalf("between guards, %s", d)
				}
				if err := check(); err != nil {
					t.Fatal(err)
				}
				free()
			}
		}
	}
}
