package jit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// exact returns buffers of zeros that hold what points of a kernel reach and no more.
func exact(k *Kernel, o Options, nx, ny, nz int) (bufs [][]float32, ops []Operand) {
	for _, s := range k.span(nx, ny, nz) {
		buf, op := operand(o, make([]float32, s.hi-s.lo+1), -s.lo)
		bufs, ops = append(bufs, buf), append(ops, op)
	}
	return bufs, ops
}

// Bind accepts buffers that hold just what the points reach, and nothing less: on each
// side, along each axis.
func TestBindRefusesWhatReachesBeyond(t *testing.T) {
	needCode(t)
	first := firstSeed()
	for seed := first; seed < first+uint64(count(30, 200, 2000)); seed++ {
		r := rand.New(rand.NewPCG(seed, 0))
		p := randomProblem[float32](r, false)
		k := p.k
		nx, ny, nz := p.nx, p.ny, 1+r.IntN(3)
		o := randomOptions[float32](r, Supported()[0])
		code, err := Compile(k, o)
		if err != nil {
			t.Fatal(err)
		}
		_, ops := exact(k, o, nx, ny, nz)
		if _, err := code.Bind(ops, nx, ny, nz); err != nil {
			t.Fatalf("seed %d: buffers that hold all: %v", seed, err)
		}
		refused := func(what string, ops []Operand, nx, ny, nz int) {
			t.Helper()
			if _, err := code.Bind(ops, nx, ny, nz); err == nil {
				t.Errorf("seed %d: %s: no error", seed, what)
			}
		}
		for i, f := range k.Fields {
			change := func(what string, by Operand) {
				t.Helper()
				bad := slices.Clone(ops)
				bad[i].At += by.At
				bad[i].Len += by.Len
				bad[i].Margin += by.Margin
				refused(fmt.Sprintf("field %d %s", i, what), bad, nx, ny, nz)
			}
			change("is too short", Operand{Len: -1})
			change("begins too late", Operand{At: -1})
			change("begins too early", Operand{At: 1})
			if o.whole() {
				change("has less beside it than may be read", Operand{Margin: -1})
			}
			change("is empty", Operand{Len: -ops[i].Len})
			for _, far := range []int{math.MaxInt, math.MinInt, math.MaxInt - ops[i].At, math.MinInt - ops[i].At} {
				change(fmt.Sprintf("begins %d further", far), Operand{At: far})
			}
			for _, huge := range []int{1, 1 << 31, 1 << 60, 1 << 61, 1 << 62, math.MaxInt - 200} {
				if f.StrideX != 0 {
					refused(fmt.Sprintf("%d more points along x", huge), ops, nx+huge, ny, nz)
				}
				if f.StrideY != 0 {
					refused(fmt.Sprintf("%d more points along y", huge), ops, nx, ny+huge, nz)
				}
				if f.StrideZ != 0 {
					refused(fmt.Sprintf("%d more points along z", huge), ops, nx, ny, nz+huge)
				}
			}
		}
		refused("an operand less", ops[1:], nx, ny, nz)
		refused("an operand more", append(slices.Clone(ops), ops[0]), nx, ny, nz)
		code.Close()
		if t.Failed() {
			t.FailNow()
		}
	}
}

// Rows and planes may lie backwards; Bind looks at both ends.
func TestBindNegativeStrides(t *testing.T) {
	needCode(t)
	const nx, ny, nz = 5, 4, 3
	k := &Kernel{}
	out, in := k.AddField(Field{1, 8, 40}), k.AddField(Field{1, -8, -40})
	k.Store(out, k.Add(k.Load(in, 0, 0, 0), k.Const(1)))
	const length, last = 2*40 + 3*8 + 5, 2*40 + 3*8
	for _, isa := range Supported() {
		code, err := Compile(k, Options{ISA: isa, Shape: Shape{Rows: 2}})
		if err != nil {
			t.Fatal(err)
		}
		defer code.Close()
		dst, src := make([]float32, length), make([]float32, length)
		for i := range src {
			src[i] = float32(i)
		}
		bound, err := code.Bind([]Operand{Of(dst, 0), Of(src, last)}, nx, ny, nz)
		if err != nil {
			t.Fatal(err)
		}
		for z := range nz {
			bound.Run(NewFrame(), 0, nx, 0, ny, z, z+1)
			for y := range ny {
				for x := range nx {
					if got, want := dst[x+8*y+40*z], float32(last+x-8*y-40*z+1); got != want {
						t.Errorf("%v: point %d, %d, %d: got %g, want %g", isa, x, y, z, got, want)
					}
				}
			}
		}
		for what, op := range map[string]Operand{
			"before the beginning": Of(src, last-1), "behind the end": Of(src, last+1), "too short": Of(src[:length-1], last),
		} {
			if _, err := code.Bind([]Operand{Of(dst, 0), op}, nx, ny, nz); err == nil {
				t.Errorf("%v: %s: no error", isa, what)
			}
		}
	}
}

// Code that would write beyond a point whatever it is bound to is not made at all.
func TestCompileRefuses(t *testing.T) {
	needCode(t)
	for what, fill := range map[string]func(k *Kernel){
		"no stores":                      func(*Kernel) {},
		"a store into one element a row": func(k *Kernel) { k.Store(k.AddField(Field{0, 1, 0}), k.Const(1)) },
		"every second element":           func(k *Kernel) { k.Store(k.AddField(Field{2, 100, 0}), k.Const(1)) },
		"rows backwards":                 func(k *Kernel) { k.Store(k.AddField(Field{-1, 100, 0}), k.Const(1)) },
		"a load of every second element": func(k *Kernel) { k.Store(k.AddField(Field{1, 100, 0}), k.Load(k.AddField(Field{2, 100, 0}), 0, 0, 0)) },
		"a load beside what is stored":   func(k *Kernel) { f := k.AddField(Field{1, 9, 0}); k.Store(f, k.Load(f, 1, 0, 0)) },
		"a load of the row below it":     func(k *Kernel) { f := k.AddField(Field{1, 9, 0}); k.Store(f, k.Load(f, 0, 1, 0)) },
		"two stores into one field":      func(k *Kernel) { f := k.AddField(Field{1, 9, 0}); k.Store(f, k.Const(1)); k.Store(f, k.Const(2)) },
		"more fields than there is room": func(k *Kernel) { k.Store(k.AddField(Field{1, 9, 0}), manyFields(k)) },
		"rows 32 bits apart, backwards": func(k *Kernel) {
			f := k.AddField(Field{1, -1 << 30, 0})
			k.Store(k.AddField(Field{1, 9, 0}), k.Load(f, 0, 0, 0))
		},
		"distances beyond 32 bits": func(k *Kernel) {
			f := k.AddField(Field{1, 1 << 30, 0})
			k.Store(k.AddField(Field{1, 9, 0}), k.Load(f, 0, 1, 0))
		},
	} {
		k := &Kernel{}
		fill(k)
		for _, isa := range Supported() {
			if code, err := Compile(k, Options{ISA: isa, Shape: Shape{Rows: 2}}); err == nil {
				code.Close()
				t.Errorf("%v: %s: no error", isa, what)
			}
		}
	}
}

func manyFields(k *Kernel) int {
	sum := k.Const(0)
	for range maxFields {
		sum = k.Add(sum, k.Load(k.AddField(Field{1, 9, 0}), 0, 0, 0))
	}
	return sum
}

// Run does nothing outside the points it was bound for, but panic.
func TestRunPanicsOutside(t *testing.T) {
	needCode(t)
	const nx, ny, nz = 9, 5, 3
	k := &Kernel{}
	f := k.AddField(Field{1, nx, nx * ny})
	k.Store(f, k.Add(k.Load(f, 0, 0, 0), k.Const(1)))
	code, err := Compile(k, Options{ISA: Supported()[0]})
	if err != nil {
		t.Fatal(err)
	}
	defer code.Close()
	bufs, ops := exact(k, Options{}, nx, ny, nz)
	bound, err := code.Bind(ops, nx, ny, nz)
	if err != nil {
		t.Fatal(err)
	}
	run := func(b box) (recovered any) {
		defer func() { recovered = recover() }()
		bound.Run(NewFrame(), b.x0, b.x1, b.y0, b.y1, b.z0, b.z1)
		return nil
	}
	untouched := func(b box) {
		t.Helper()
		if i := slices.IndexFunc(bufs[0], func(v float32) bool { return v != 0 }); i >= 0 {
			t.Fatalf("%+v: element %d was written", b, i)
		}
	}
	for _, b := range []box{
		{-1, nx, 0, ny, 0, 1}, {0, nx + 1, 0, ny, 0, 1}, {0, nx, -1, ny, 0, 1}, {0, nx, 0, ny + 1, 0, 1}, {0, nx, 0, ny, -1, 1}, {0, nx, 0, ny, 0, nz + 1},
		{nx, nx + 1, 0, 1, 0, 1}, {math.MinInt, 1, 0, 1, 0, 1}, {0, math.MaxInt, 0, 1, 0, 1}, {0, 1, math.MinInt, 1, 0, 1}, {0, 1, 0, math.MaxInt, 0, 1},
		{0, 1, 0, 1, 0, math.MaxInt}, {0, 1, 0, 1, math.MinInt, 1}, {0, 1, 0, 1, math.MaxInt - 1, math.MaxInt},
	} {
		if run(b) == nil {
			t.Errorf("%+v: no panic", b)
		}
		untouched(b)
	}
	for _, b := range []box{{0, 0, 0, ny, 0, 1}, {nx, nx, 0, ny, 0, 1}, {0, nx, 2, 2, 0, 1}, {5, 3, 0, ny, 0, 1}, {0, nx, 4, 2, 0, 1}} {
		if p := run(b); p != nil {
			t.Errorf("%+v, no points: panic %v", b, p)
		}
		untouched(b)
	}
	for _, n := range [][3]int{{0, ny, nz}, {nx, 0, nz}, {nx, ny, 0}, {-1, ny, nz}, {nx, -7, nz}, {nx, ny, -1}} {
		empty, err := code.Bind(ops, n[0], n[1], n[2])
		if err != nil {
			continue
		}
		func() {
			defer func() { recover() }()
			empty.Run(NewFrame(), 0, 1, 0, 1, 0, 1)
		}()
		untouched(box{x1: n[0], y1: n[1], z1: n[2]})
	}
}

// needCode skips a test of generated code where there is none.
func needCode(t *testing.T) {
	t.Helper()
	if _, why := Selected(); len(Supported()) == 0 {
		t.Skip("no generated code here: ", why)
	}
}
