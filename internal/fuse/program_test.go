package fuse

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/d52adeda/wave/internal/jit"
)

// fill returns n numbers that differ.
func fill(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 1 + float64(i%97)/97
	}
	return x
}

// What is always zero is set in memory that holds something else, and only there.
func TestHoles(t *testing.T) {
	for _, c := range []struct {
		name  string
		at    []int // where an element is added
		clean bool  // nothing is written where it is zero
	}{{"box", []int{3*8 + 3}, true}, {"box and an element outside", []int{1}, false}} {
		b := New(true)
		x := b.Input([]int{4, 4}, []int{4, 1})
		v := b.AddAt(b.Place([]int{8, 8}, [][]int{{2, 2}}, []*Value{b.SumProd([]int{4, 4}, []Term{{2, []int{0}}}, []*Value{x})}), c.at, b.Slice(x, []int{0, 0}, []int{1, 1}))
		out := b.Output(v)
		p := b.Build()
		if got := p.Holes(out.Buf) != ""; got != c.clean {
			t.Errorf("%s: zeros stay %t, want %t", c.name, got, c.clean)
		}
		in, y := fill(16), make([]float64, 64)
		want := make([]float64, 64)
		for i, v := range in {
			want[(2+i/4)*8+2+i%4] = 2 * v
		}
		want[c.at[0]] += in[0]
		for k, garbage := range []float64{math.NaN(), 7} {
			for i := range y {
				y[i] = garbage
			}
			w, _ := p.Borrow(func(int) error { return nil })
			w.Mem[0], w.Mem[out.Buf] = Of(in, 0), Of(y, 0)
			w.Clean[out.Buf] = k > 0 && c.clean
			if err := p.Run(w, nil, nil); err != nil {
				t.Fatal(err)
			}
			p.Return(w)
			for i := range want {
				hole := want[i] == 0
				if hole && k > 0 && c.clean { // it was said to be zero: left alone
					if y[i] != 7 {
						t.Errorf("%s: element %d was written", c.name, i)
					}
				} else if y[i] != want[i] {
					t.Errorf("%s: element %d is %v, want %v", c.name, i, y[i], want[i])
				}
			}
		}
	}
}

// A part with elements added to it is put into something larger.
func TestPlaceOfScattered(t *testing.T) {
	b := New(true)
	x := b.Input([]int{3}, []int{1})
	part := b.AddAt(b.Constant(0, []int{3}), []int{2, 2}, b.Slice(x, []int{0}, []int{2}))
	out := b.Output(b.Place([]int{5}, [][]int{{1}}, []*Value{part}))
	p := b.Build()
	w, _ := p.Borrow(func(int) error { return nil })
	y := make([]float64, 5)
	w.Mem[0], w.Mem[out.Buf] = Of([]float64{3, 4, 5}, 0), Of(y, 0)
	if err := p.Run(w, nil, nil); err != nil {
		t.Fatal(err)
	}
	if want := []float64{0, 0, 0, 7, 0}; !slices.Equal(y, want) {
		t.Errorf("got %v, want %v", y, want)
	}
}

// What the caller computes is asked for when its arguments are there; its error ends
// the run.
func TestExternal(t *testing.T) {
	b := New(true)
	x := b.Input([]int{2}, []int{1})
	double := b.SumProd([]int{2}, []Term{{2, []int{0}}}, []*Value{x})
	y, args := b.External(0, []*Value{double}, []int{2}, []int{1})
	out := b.Output(b.SumProd([]int{2}, []Term{{1, []int{0}}, {1, []int{1}}}, []*Value{x, y}))
	p := b.Build()
	w, _ := p.Borrow(func(int) error { return nil })
	res := make([]float64, 2)
	w.Mem[0], w.Mem[out.Buf] = Of([]float64{3, 4}, 0), Of(res, 0)
	err := p.Run(w, nil, func(i int) error {
		in := Slice[float64](w.Mem[args[0].Buf])[args[0].Off:]
		w.Mem[b.Buffer(y)] = Of([]float64{in[0] * in[0], in[1] * in[1]}, 0)
		return nil
	})
	if want := []float64{3 + 36, 4 + 64}; err != nil || !slices.Equal(res, want) {
		t.Errorf("got %v, %v, want %v", res, err, want)
	}
	fault := errors.New("fault")
	if err := p.Run(w, nil, func(int) error { return fault }); !errors.Is(err, fault) {
		t.Errorf("Run returns %v, want the operation's error", err)
	}
	if err := p.Run(w, nil, func(int) error { return nil }); err != nil {
		t.Errorf("Run after an error: %v", err)
	}
}

// Kernels are placed on the same memory once, and again on other memory.
func TestPlacesAreKept(t *testing.T) {
	b := New(false)
	x := b.Input([]int{50, 40}, []int{40, 1})
	y := b.Tap(x, []int{1, 1}, []int{48, 38}, [][]int{{0, 1}, {0, -1}, {1, 0}, {-1, 0}}, []float64{1, 1, 1, 1})
	out := b.Output(y)
	p := b.Build()
	run := func(in, to []float32) {
		w, _ := p.Borrow(func(int) error { return nil })
		defer p.Return(w)
		w.Mem[0], w.Mem[out.Buf], w.Again = Of(in, 0), Of(to, 0), true
		if err := p.Run(w, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	a, c := make([]float32, 2000), make([]float32, 48*38)
	for round := range 3 * mostBindings {
		a[1] = float32(round)
		in := a
		if round%3 == 2 {
			in = append([]float32(nil), a...)
		}
		if run(in, c); c[0] != float32(round) {
			t.Fatalf("round %d: got %v", round, c[0])
		}
	}
	w, _ := p.Borrow(func(int) error { return nil })
	for _, s := range w.members[0].bound {
		if len(s) > mostBindings {
			t.Errorf("%d places are kept, want at most %d", len(s), mostBindings)
		}
	}
	if isa, _ := jit.Selected(); isa != jit.Generic && len(w.members[0].bound) == 0 {
		t.Error("no place is kept")
	}
}

// Regions of one kind have one kernel.
func TestCodeIsShared(t *testing.T) {
	if isa, _ := jit.Selected(); isa == jit.Generic {
		t.Skip("no code is generated here")
	}
	b := New(true)
	x := b.Input([]int{61, 60}, []int{60, 1})
	var parts []*Value
	for _, lo := range [][]int{{0, 0}, {0, 40}} {
		s := b.Slice(x, lo, []int{61, 20})
		parts = append(parts, b.Tap(s, []int{1, 1}, []int{59, 18}, [][]int{{0, 0}, {1, 1}, {-1, 0}}, []float64{0.123, 0.456, 0.789}))
	}
	b.Output(b.Place([]int{61, 60}, [][]int{{1, 1}, {1, 41}}, parts))
	p := b.Build()
	var codes []*jit.Code
	for _, kernels := range p.kernels {
		for _, k := range kernels {
			if !k.code.Portable() {
				codes = append(codes, k.code)
			}
		}
	}
	if len(codes) != 2 || codes[0] != codes[1] {
		t.Errorf("%d kernels with code for two like regions, want two with the same", len(codes))
	}
}

// A kernel of too many fields is split.
func TestManyFields(t *testing.T) {
	b := New(true)
	var in []*Value
	for range maxFields {
		in = append(in, b.Input([]int{33}, []int{1}))
	}
	common := b.SumProd([]int{33}, []Term{{1, []int{0, 1}}, {1, []int{1}}}, in[:2])
	var outs []View
	for i := range in {
		outs = append(outs, b.Output(b.SumProd([]int{33}, []Term{{1, []int{0, 1}}, {1, []int{2}}}, []*Value{common, in[i], in[0]})))
	}
	p := b.Build()
	kernels := 0
	for _, list := range p.kernels {
		for _, k := range list {
			kernels++
			if len(k.fields) > maxFields {
				t.Errorf("a kernel has %d fields, want at most %d", len(k.fields), maxFields)
			}
		}
	}
	if kernels < 2 {
		t.Errorf("%d kernels, want several", kernels)
	}
	w, _ := p.Borrow(func(int) error { return nil })
	x, y := fill(33*maxFields), make([]float64, 33*maxFields)
	for i := range in {
		w.Mem[i] = Of(x[33*i:33*i+33], 0)
		w.Mem[outs[i].Buf] = Of(y[33*i:33*i+33], 0)
	}
	if err := p.Run(w, nil, nil); err != nil {
		t.Fatal(err)
	}
	for i := range y {
		a, c := x[i%33], x[33+i%33]
		if want := (a*c+c)*x[i] + a; math.Abs(y[i]-want) > 8*0x1p-52*want {
			t.Fatalf("element %d is %v, want %v", i, y[i], want)
		}
	}
}

// Kernels that need more room together than there is are compiled one by one.
func TestManyValues(t *testing.T) {
	if isa, _ := jit.Selected(); isa == jit.Generic {
		t.Skip("no code is generated here")
	}
	const n, terms = 40, 260
	b := New(true)
	x, y := b.Input([]int{n + terms}, []int{1}), b.Input([]int{n + terms}, []int{1})
	var there, back []Term
	var args []*Value
	for i := range terms {
		args = append(args, b.Slice(x, []int{i}, []int{n}), b.Slice(y, []int{i}, []int{n}))
		there = append(there, Term{0.3, []int{2 * i, 2*i + 1}})
		back = append(back, Term{0.3, []int{2 * (terms - 1 - i), 2*(terms-1-i) + 1}}) // reads the same products of 0.3, last first
	}
	outs := []View{b.Output(b.SumProd([]int{n}, there, args)), b.Output(b.SumProd([]int{n}, back, args))}
	p := b.Build()
	kernels := 0
	for _, list := range p.kernels {
		for _, k := range list {
			if kernels++; k.code.Portable() {
				t.Errorf("a kernel of %d operations with %d stores is not compiled", k.work, len(k.stores))
			}
		}
	}
	if kernels != 2 {
		t.Errorf("%d kernels, want two: the case tests nothing", kernels)
	}
	in, z := fill(n+terms), [2][]float64{make([]float64, n), make([]float64, n)}
	w, _ := p.Borrow(func(int) error { return nil })
	w.Mem[0], w.Mem[1], w.Mem[outs[0].Buf], w.Mem[outs[1].Buf] = Of(in, 0), Of(in, 0), Of(z[0], 0), Of(z[1], 0)
	if err := p.Run(w, nil, nil); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		want := 0.0
		for k := range terms {
			want += 0.3 * in[i+k] * in[i+k]
		}
		for o := range z {
			if math.Abs(z[o][i]-want) > terms*0x1p-52*want {
				t.Errorf("output %d, element %d is %v, want %v", o, i, z[o][i], want)
			}
		}
	}
}

// Goroutines get parts of like cost, which cover everything.
func TestCuts(t *testing.T) {
	c := &class{cost: []float64{8, 8, 1, 1, 1, 1, 1, 1, 1, 1, 8, 8}, by: map[int][]int{}}
	for _, n := range []int{1, 2, 3, 5, 40} {
		cuts := c.cuts(n)
		if len(cuts) != n+1 || cuts[0] != 0 || cuts[n] != len(c.cost) || !slices.IsSorted(cuts) {
			t.Errorf("%d goroutines: cuts at %v of %d places", n, cuts, len(c.cost))
		}
	}
	if cuts := c.cuts(2); cuts[1] != 6 {
		t.Errorf("two goroutines meet at %d, want 6", cuts[1])
	}
}
