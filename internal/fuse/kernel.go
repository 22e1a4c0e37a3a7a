package fuse

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/d52adeda/wave/internal/jit"
)

// kernel computes expressions on a box. Of the box's axes those with one element
// are left out; the last two are the rows' (y) and the points' (x) of a call, over
// the others there are loops.
type kernel struct {
	nodes  []node // in order; loads have a field for buf, and offsets from the field's
	fields []field
	stores []placed
	size   []int
	steps  [][3]int // strides of each field along x, y, z: the last axes
	adds   bool
	hole   int // the buffer of which it is a hole, or -1
	work   int
	code   *jit.Code

	// How goroutines share it: by its box's places along an axis of the whole.
	whole, lo index // that, and the box in it, by axis of size
	axis      int
	class     *class
}

// field is a buffer as a kernel reads or writes it.
type field struct {
	buf, off int
	strides  []int // by axis of size
}

// placed is a node that goes into a field.
type placed struct{ field, n int }

// maxFields is how many fields a kernel may have to be compiled.
const maxFields = 60

// kernels makes one kernel of stores on boxes of one size, or several where it would
// be too large to be compiled.
func (b *Builder) kernels(stores []store) []*kernel {
	k := b.kernel(stores)
	if len(stores) > 1 && len(k.fields) > maxFields || !k.compile(b.f64) && len(stores) > 1 {
		half := len(stores) / 2
		return append(b.kernels(stores[:half]), b.kernels(stores[half:])...)
	}
	return []*kernel{k}
}

func (b *Builder) kernel(stores []store) *kernel {
	s0 := &stores[0]
	k := &kernel{adds: s0.adds, hole: -1}
	if s0.hole {
		k.hole = s0.buf
	}
	var axes []int
	for a, whole := range b.bufs[s0.buf].shape {
		if whole != 1 {
			axes = append(axes, a)
			k.size = append(k.size, s0.size[a])
		}
	}
	if len(axes) == 0 {
		axes, k.size = []int{maxAxes - 1}, []int{1}
	}
	for i, a := range axes {
		k.lo[i] = s0.at[a]
		k.whole[i] = 1
		if a < s0.ndim {
			k.whole[i] = b.bufs[s0.buf].shape[a]
		}
	}
	along := func(strides index) []int {
		out := make([]int, len(axes))
		for i, a := range axes {
			out[i] = strides[a]
		}
		return out
	}
	// A field is a buffer with strides; the first load is its place.
	byKey := map[string]int{}
	fieldOf := func(buf, off int, strides []int, alone bool) int {
		key := make([]byte, 0, 64)
		key = binary.AppendVarint(key, int64(buf))
		number := true
		for _, s := range strides {
			key = binary.AppendVarint(key, int64(s))
			number = number && s == 0
		}
		if number { // numbers beside each other are not places of one field
			key = binary.AppendVarint(key, int64(off))
		}
		if i, ok := byKey[string(key)]; ok && !alone {
			return i
		}
		k.fields = append(k.fields, field{buf, off, strides})
		if !alone {
			byKey[string(key)] = len(k.fields) - 1
		}
		return len(k.fields) - 1
	}
	numbers := map[int]int{}
	var put func(n int) int
	put = func(n int) int {
		if i, ok := numbers[n]; ok {
			return i
		}
		x := b.g.nodes[n]
		switch x.kind {
		case constant:
		case load:
			f := fieldOf(x.buf, x.off, along(x.strides), false)
			x = node{kind: load, buf: f, off: x.off - k.fields[f].off}
		default:
			x.a, x.b = put(x.a), put(x.b)
			if x.kind >= fma {
				x.c = put(x.c)
			}
			k.work++
		}
		k.nodes = append(k.nodes, x)
		numbers[n] = len(k.nodes) - 1
		return numbers[n]
	}
	for i := range stores {
		s := &stores[i]
		n := put(s.n)
		strides := along(s.strides)
		if len(axes) == 1 && axes[0] == maxAxes-1 {
			strides[0] = 1 // of a number: code stores rows
		}
		f := fieldOf(s.buf, s.off, strides, !s.adds)
		k.stores = append(k.stores, placed{f, n})
	}
	for _, f := range k.fields {
		var s [3]int
		for a := range min(len(axes), 3) {
			s[a] = f.strides[len(axes)-1-a]
		}
		k.steps = append(k.steps, s)
	}
	return k
}

// light is the number of operations up to which a kernel is not worth machine code,
// unless there are fused ones.
const light = 2

// compile compiles the kernel, to machine code if that pays and can be had here; false if
// it pays and could not be had, for which smaller kernels might do.
func (k *kernel) compile(f64 bool) bool {
	c, regular := k.lowered()
	isa, _ := jit.Selected()
	pays := k.work > light || slices.ContainsFunc(k.nodes, func(n node) bool { return n.kind >= fma })
	if isa != jit.Generic && pays && regular && len(k.fields) <= maxFields {
		// Rows at a time share what they load; large kernels have no registers for that,
		// and take long to compile.
		together := 1
		switch {
		case k.work <= 32:
			together = 4
		case k.work <= 80:
			together = 2
		}
		k.code = codes.compile(c, jit.Options{ISA: isa, Float64: f64, Shape: jit.Shape{Rows: together}})
	}
	if k.code != nil {
		return true
	}
	k.code = codes.compile(c, jit.Options{Float64: f64})
	return isa == jit.Generic || !pays
}

// lowered returns the kernel for package jit; false if no machine code can be had for it,
// since fields have gaps or are read where no whole steps lead.
func (k *kernel) lowered() (*jit.Kernel, bool) {
	c, regular := &jit.Kernel{}, true
	for _, s := range k.steps {
		regular = regular && (s[0] == 0 || s[0] == 1)
		c.AddField(jit.Field{StrideX: s[0], StrideY: s[1], StrideZ: s[2]})
	}
	numbers := make([]int, len(k.nodes))
	for i, n := range k.nodes {
		a, b, d := numbers[n.a], numbers[n.b], numbers[n.c]
		switch n.kind {
		case constant:
			numbers[i] = c.Const(n.value)
		case load:
			f, s := k.fields[n.buf], k.steps[n.buf]
			dx, dy, dz, ok := apart(n.off, s)
			if !ok { // the place is a field of its own
				f.off, dx, dy, dz = f.off+n.off, 0, 0, 0
				k.fields, k.steps = append(k.fields, f), append(k.steps, s)
				n.buf, regular = c.AddField(jit.Field{StrideX: s[0], StrideY: s[1], StrideZ: s[2]}), false
			}
			numbers[i] = c.Load(n.buf, dx, dy, dz)
		case add:
			numbers[i] = c.Add(a, b)
		case sub:
			numbers[i] = c.Sub(a, b)
		case mul:
			numbers[i] = c.Mul(a, b)
		case fma:
			numbers[i] = c.FMA(a, b, d)
		case fnma:
			numbers[i] = c.FNMA(a, b, d)
		}
	}
	for _, s := range k.stores {
		c.Store(s.field, numbers[s.n])
	}
	return c, regular
}

// apart takes an offset in memory apart into places along x, y and z; false if there
// are none (a field that changes along other axes only).
func apart(off int, step [3]int) (dx, dy, dz int, ok bool) {
	switch {
	case step == [3]int{}:
	case step[0] == 0 && step[1] == 0:
		dz = off / step[2]
	case step[0] == 0:
		dy = off / step[1]
	default:
		if step[1] > 0 {
			dy = int(math.Round(float64(off) / float64(step[1])))
		}
		dx = (off - dy*step[1]) / step[0]
	}
	return dx, dy, dz, dx*step[0]+dy*step[1]+dz*step[2] == off
}

// small reports whether one goroutine does it all. What adds is shared as what was
// there before.
func (k *kernel) small() bool { return !k.adds && k.cells()*(k.work+4) < 2000 }

// cells returns how many points the kernel computes.
func (k *kernel) cells() int {
	n := 1
	for _, s := range k.size {
		n *= s
	}
	return n
}

// bestAxis returns the axis along which goroutines share the kernel, the same for all
// that write to a buffer: the slowest with some places for each, not the last unless
// it is the longest by far.
func (k *kernel) bestAxis() int {
	longest := 0
	for a := range k.size {
		if k.whole[a] >= 8 && a < len(k.size)-1 {
			return a
		}
		if k.whole[a] > k.whole[longest] {
			longest = a
		}
	}
	return longest
}

// classify finds how goroutines share the kernels of a phase.
func classify(kernels []*kernel) {
	type key struct {
		whole index
		ndim  int
		axis  int
	}
	classes := map[key]*class{}
	for _, k := range kernels {
		k.axis = k.bestAxis()
		at := key{k.whole, len(k.size), k.axis}
		c := classes[at]
		if c == nil {
			c = &class{cost: make([]float64, k.whole[k.axis]), by: map[int][]int{}}
			classes[at] = c
		}
		k.class = c
		each := float64(k.cells()/max(k.size[k.axis], 1)*(k.work+len(k.fields)+4) + 100)
		for i := range k.size[k.axis] {
			c.cost[k.lo[k.axis]+i] += each
		}
	}
}
