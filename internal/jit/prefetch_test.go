package jit

import (
	"runtime"
	"testing"
	"unsafe"
)

// Rows fetch a list to its end, a dose each, and no further; code without Options.Ahead leaves it.
func TestFetches(t *testing.T) {
	needCode(t)
	const width, rows = 40, 7
	k := &Kernel{}
	out, in := k.AddField(Field{1, width, 0}), k.AddField(Field{1, width, 0})
	k.Store(out, k.Load(in, 0, 0, 0))
	mem := make([]byte, 10*dose*cacheLine)
	for _, isa := range Supported() {
		for _, ahead := range []int{0, 1} {
			code, err := Compile(k, Options{ISA: isa, Ahead: ahead})
			if err != nil {
				t.Fatal(err)
			}
			bound, err := code.Bind([]Operand{Of(make([]float32, width*rows), 0), Of(make([]float32, width*rows), 0)}, width, rows, 1)
			if err != nil {
				t.Fatal(err)
			}
			var list Fetches
			frame := NewFrame()
			want := []int64{3, 2, 0} // doses
			list.Add(unsafe.Pointer(&mem[0]), 0)
			list.Add(unsafe.Pointer(&mem[0]), 2*dose*cacheLine+1)
			list.Add(unsafe.Pointer(&mem[5*dose*cacheLine]), 2*dose*cacheLine)
			frame.Fetch(&list)
			check := func() {
				t.Helper()
				for i, n := range want {
					if got := list.list[i].doses; got != n {
						t.Errorf("%v, ahead %d: %d doses of entry %d are left, want %d", isa, ahead, got, i, n)
					}
				}
			}
			check()
			bound.Run(frame, 0, width, 0, 4, 0, 1)
			if ahead > 0 {
				want = []int64{0, 1, 0}
			}
			check()
			bound.Run(frame, 0, width, 0, rows, 0, 1)
			if ahead > 0 {
				want = []int64{0, 0, 0}
				if got := list.list[1].at - uintptr(unsafe.Pointer(&mem[0])); got != 7*dose*cacheLine {
					t.Errorf("%v: the last fetch ends at byte %d, want %d", isa, got, 7*dose*cacheLine)
				}
			}
			check()
			runtime.KeepAlive(mem)
			code.Close()
		}
	}
}
