package jit

import (
	"slices"
	"testing"
)

// Operands of several slabs are where the frame says, others where they are.
func TestSlabs(t *testing.T) {
	const nx, ny, slab, slabs = 21, 3, 64, 4
	k := &Kernel{}
	plain := k.AddField(Field{StrideX: 1, StrideY: nx})
	in := k.AddField(Field{StrideX: 1, StrideY: nx})
	out := k.AddField(Field{StrideX: 1, StrideY: nx})
	k.Store(out, k.Sum([]Term{{Coeff: 2, Factors: []int{k.Load(in, 0, 0, 0)}}, {Coeff: 1, Factors: []int{k.Load(plain, 0, 0, 0)}}}))
	for _, isa := range append([]ISA{Generic}, Supported()...) {
		o := Options{ISA: isa, Shape: Shape{Rows: 2, Cols: 1}, Margin: 32}
		code, err := Compile(k, o)
		if err != nil {
			t.Fatal(err)
		}
		var bufs [3][]float32
		var ops [3]Operand
		for i, n := range []int{nx * ny, slabs * slab, slabs * slab} {
			bufs[i], ops[i] = operand(o, make([]float32, n), 0)
			for j := range bufs[i] {
				bufs[i][j] = float32(1 + i + j)
			}
			if i > 0 {
				ops[i].Slab, ops[i].Slabs = slab, slabs
			}
		}
		before := slices.Clone(bufs[2])
		b, err := code.Bind(ops[:], nx, ny, 1)
		if err != nil {
			t.Fatal(err)
		}
		f := NewFrame()
		f.Slab = 2
		b.Run(f, 0, nx, 0, ny, 0, 1)
		for j, x := range bufs[2] {
			want := before[j]
			if at := j - 2*slab; at >= 0 && at < nx*ny {
				want = 2*bufs[1][j] + bufs[0][at]
			}
			if x != want {
				t.Fatalf("%s: element %d is %g, want %g", isa, j, x, want)
			}
		}
		for _, f.Slab = range []int{-1, slabs} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: slab %d of %d runs", isa, f.Slab, slabs)
					}
				}()
				b.Run(f, 0, nx, 0, ny, 0, 1)
			}()
		}
		for what, change := range map[string]func(o *Operand){
			"more slabs than another": func(o *Operand) { o.Slabs-- },
			"a longer slab":           func(o *Operand) { o.Slab += 2 },
			"slabs without end":       func(o *Operand) { o.Slabs = 1 << 62 },
			"slabs backwards":         func(o *Operand) { o.Slab = -1 },
		} {
			bad := ops
			change(&bad[2])
			if _, err := code.Bind(bad[:], nx, ny, 1); err == nil {
				t.Errorf("%s: %s: no error", isa, what)
			}
		}
	}
}
