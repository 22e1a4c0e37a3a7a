package jit

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"unsafe"
)

// Code is a compiled kernel. Several goroutines may use it. It may not be closed while
// what it is bound to runs, nor run afterwards.
type Code struct {
	mem      []byte
	portable *portable // instead
	k        *Kernel
	size     int // of an element
	lanes    int
	shape    Shape
	lead     int // the field whose stores are aligned
	extents  []extent
	margin   int // elements beside them that are read
	once     sync.Once
}

// Operand is where a field lies: a buffer of Len elements and the element at point
// (0, 0, 0). Margin elements on either side of the buffer may be read, too. Where a field is another
// one from call to call, At is of the first of Slabs, each Slab elements after the one before.
type Operand struct {
	Data        unsafe.Pointer
	Len         int
	At          int
	Margin      int
	Slab, Slabs int
}

// Of returns the operand whose point (0, 0, 0) is element at of s.
func Of[T float32 | float64](s []T, at int) Operand {
	return Operand{Data: unsafe.Pointer(unsafe.SliceData(s)), Len: len(s), At: at}
}

// Compile makes a kernel executable: for Generic, which is always possible, as loops over
// rows. The error wraps errors.ErrUnsupported where an instruction set is not to be had on
// this system, and ErrTooLarge where the kernel is too large for it. Code must be closed.
func Compile(k *Kernel, o Options) (*Code, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	c := &Code{k: k, size: 4, shape: o.Shape.atLeastOne(), extents: k.extents(), lead: k.Stores[0].Field}
	if o.Float64 {
		c.size = 8
	}
	if o.ISA == Generic {
		c.portable = newPortable(k, c.size)
		return c, nil
	}
	buf, err := Generate(k, o)
	if err != nil {
		return nil, err
	}
	mem, err := mapExecutable(buf)
	if err != nil {
		return nil, err
	}
	c.mem, c.lanes = mem, o.lanes()
	if o.whole() {
		c.margin = 2 * c.lanes
	}
	runtime.SetFinalizer(c, (*Code).Close) // a kernel that is kept in a cache need not be counted
	return c, nil
}

// Portable reports whether it is loops over rows, not machine code.
func (c *Code) Portable() bool { return c.portable != nil }

// Close gives the pages back. It may be called again.
func (c *Code) Close() {
	if c.Portable() {
		return
	}
	c.once.Do(func() {
		runtime.SetFinalizer(c, nil)
		unmap(c.mem)
	})
}

// Bound is code placed on buffers: points x in [0, nx), y in [0, ny), z in [0, nz) of
// them were proved to lie inside. Several goroutines may run it, each with a Frame of
// its own.
type Bound struct {
	code       *Code
	at         []Operand
	nx, ny, nz int
	base       []uintptr // of point (0, 0, 0)
	step       [][3]uintptr
	slab       []uintptr // from one to the next
	slabs      int       // that all operands have which have any; 0: none has
	aligned    bool      // stores of all rows lie alike
	most       int       // points of a call
}

// callOperations is how many operations a call may do: 200 microseconds are enough for
// them even where each waits for memory.
const callOperations = 1_000_000

// Bind places code on buffers. It returns an error if a point would reach beyond one.
func (c *Code) Bind(at []Operand, nx, ny, nz int) (*Bound, error) {
	if len(at) != len(c.k.Fields) {
		return nil, fmt.Errorf("jit: %d operands, want %d", len(at), len(c.k.Fields))
	}
	b := &Bound{
		code: c, at: slices.Clone(at), nx: nx, ny: ny, nz: nz,
		base: make([]uintptr, len(at)), step: make([][3]uintptr, len(at)), slab: make([]uintptr, len(at)),
		most: max(c.lanes, callOperations/len(c.k.Nodes)),
	}
	for i, o := range at {
		s := &c.k.Fields[i]
		if nx > 0 && ny > 0 && nz > 0 && (o.Margin < c.margin || !o.holds(s, c.extents[i], nx, ny, nz)) {
			return nil, fmt.Errorf("jit: field %d, %+v: %d x %d x %d points from element %d on reach beyond its %d and %d on either side", i, *s, nx, ny, nz, o.At, o.Len, o.Margin)
		}
		if o.Slabs > 0 {
			last := o
			last.At += (o.Slabs - 1) * o.Slab
			if o.Slab < 0 || o.Slabs-1 > o.Len/max(o.Slab, 1) || nx > 0 && ny > 0 && nz > 0 && !last.holds(s, c.extents[i], nx, ny, nz) {
				return nil, fmt.Errorf("jit: field %d, %+v: %d slabs of %d reach beyond its %d elements", i, *s, o.Slabs, o.Slab, o.Len)
			}
			if b.slabs > 0 && b.slabs != o.Slabs {
				return nil, fmt.Errorf("jit: field %d has %d slabs, another %d; want as many", i, o.Slabs, b.slabs)
			}
			b.slabs, b.slab[i] = o.Slabs, uintptr(o.Slab*c.size)
		}
		b.base[i] = uintptr(o.Data) + uintptr(o.At*c.size)
		b.step[i] = [3]uintptr{uintptr(s.StrideX * c.size), uintptr(s.StrideY * c.size), uintptr(s.StrideZ * c.size)}
	}
	b.aligned = c.lanes > 0 && b.step[c.lead][1]%uintptr(c.size*c.lanes) == 0
	return b, nil
}

// holds reports whether all that points of a field reach lies within o. Numbers of any
// size are refused rightly: what overflows lies outside, too.
func (o *Operand) holds(f *Field, e extent, nx, ny, nz int) bool {
	reach := e.hi - e.lo
	for _, axis := range [3]struct{ n, stride int }{{nx, f.StrideX}, {ny, f.StrideY}, {nz, f.StrideZ}} {
		stride := max(axis.stride, -axis.stride)
		if stride == 0 {
			continue
		}
		if axis.n-1 > o.Len/stride {
			return false
		}
		reach += (axis.n - 1) * stride
		if axis.stride < 0 {
			e.lo += (axis.n - 1) * axis.stride
		}
	}
	lo := o.At + e.lo
	return lo >= 0 && reach < o.Len-lo
}

// Run computes points x in [x0, x1), y in [y0, y1), z in [z0, z1), of the frame's slab. It panics
// where these, or that, are not among what it was bound for.
func (b *Bound) Run(f *Frame, x0, x1, y0, y1, z0, z1 int) {
	if x0 < 0 || x1 > b.nx || y0 < 0 || y1 > b.ny || z0 < 0 || z1 > b.nz {
		panic(fmt.Sprintf("jit: points %d to %d, %d to %d, %d to %d, bound for %d, %d, %d", x0, x1, y0, y1, z0, z1, b.nx, b.ny, b.nz))
	}
	if b.slabs > 0 && (f.Slab < 0 || f.Slab >= b.slabs) {
		panic(fmt.Sprintf("jit: slab %d, bound for %d", f.Slab, b.slabs))
	}
	if x0 >= x1 || y0 >= y1 {
		return
	}
	if b.code.portable != nil {
		b.code.run(b.moved(f.Slab), x0, x1, y0, y1, z0, z1)
		return
	}
	for z, planes := z0, 0; z < z1; z += planes {
		planes = b.code.shape.Planes
		if z1-z < planes {
			planes = 1
		}
		most := max(b.code.lanes, b.most/planes) // points of a plane
		width := min(x1-x0, most)
		rows := max(1, most/width)
		for y := y0; y < y1; y += rows {
			for x := x0; x < x1; x += width {
				b.call(f, x, min(x+width, x1), y, min(y+rows, y1), z, planes)
			}
		}
	}
}

// moved returns the operands where they are in a slab.
func (b *Bound) moved(slab int) []Operand {
	if b.slabs == 0 {
		return b.at
	}
	out := slices.Clone(b.at)
	for i := range out {
		out[i].At += slab * out[i].Slab
	}
	return out
}

// RunPortable computes all of nx, ny and nz points with portable code, which needs no Bound:
// it looks after bounds itself, and panics beyond them.
func (c *Code) RunPortable(at []Operand, nx, ny, nz int) { c.run(at, 0, nx, 0, ny, 0, nz) }

func (c *Code) run(at []Operand, x0, x1, y0, y1, z0, z1 int) {
	if c.size == 4 {
		runPortable[float32](c, &rooms32, at, x0, x1, y0, y1, z0, z1)
	} else {
		runPortable[float64](c, &rooms64, at, x0, x1, y0, y1, z0, z1)
	}
}

func (b *Bound) call(f *Frame, x0, x1, y0, y1, z, planes int) {
	c := b.code
	n := x1 - x0 // lanes, from the border that head lanes are behind
	head := 0
	// Stores that cross cache lines cost twice: begin with the lanes up to a border,
	// unless that takes one vector more of a few.
	if b.aligned {
		vector := c.size * c.lanes
		head = int(b.base[c.lead]+uintptr(x0*c.size)) % vector / c.size
		if vectors := (n + c.lanes - 1) / c.lanes; vectors < 8 && (n+head+c.lanes-1)/c.lanes > vectors {
			head = 0
		}
		n += head
	}
	dx, dy, dz := uintptr(x0-head), uintptr(y0), uintptr(z)
	base := f.base[:len(b.base)]
	for i, from := range b.base {
		s := &b.step[i]
		base[i] = from + dx*s[0] + dy*s[1] + dz*s[2]
	}
	if b.slabs > 0 {
		for i, slab := range b.slab {
			base[i] += uintptr(f.Slab) * slab
		}
	}
	f.rows, f.planes = int64(y1-y0), int64(planes)
	f.set(n, head, c.lanes, c.shape.Cols, c.size)
	if raceEnabled {
		for dz := range planes {
			c.tellRaceDetector(b.moved(f.Slab), x0, x1, y0, y1, z+dz)
		}
	}
	call(uintptr(unsafe.Pointer(unsafe.SliceData(c.mem))), f)
	runtime.KeepAlive(b)
}

// set says which lanes of a row there are: n, of which the first head are not to be
// computed.
func (f *Frame) set(n, head, lanes, cols, size int) {
	f.head, f.tail, f.mainStart = 0, 0, 0
	half := lanes / 2
	if head > 0 {
		from, to := 0, min(n, lanes)
		if head >= half {
			from = half
		}
		setMask(&f.head, &f.headMask, head-from, to-from, size)
		f.headStart, f.fewHead = int64(from*size), 0
		if to-from <= half {
			f.fewHead = 1
		}
		f.mainStart = int64(lanes * size)
	}
	end := max(n/lanes*lanes*size, int(f.mainStart))
	f.mainEnd = int64(end)
	block := int64(lanes * size * cols)
	f.blocksEnd = f.mainStart + (f.mainEnd-f.mainStart)/block*block
	if left := n - end/size; left > 0 {
		setMask(&f.tail, &f.tailMask, 0, left, size)
		f.fewTail = 0
		if left <= half {
			f.fewTail = 1
		}
	}
}
