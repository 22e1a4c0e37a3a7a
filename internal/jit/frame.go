package jit

import "unsafe"

// ISA is an instruction set that kernels are compiled for.
type ISA int

// Instruction sets.
const (
	Generic ISA = iota // no generated code
	AVX2               // with FMA: 16 registers of 256 bits
	AVX512             // F and VL: 32 registers of 512 bits, masks
)

func (i ISA) String() string { return [...]string{"generic", "avx2", "avx512"}[i] }

// vectorBytes returns the length of a register.
func (i ISA) vectorBytes() int {
	if i == AVX512 {
		return 64
	}
	return 32
}

// Limits of a kernel.
const (
	maxFields = 64
	maxSpills = 192
)

// Frame is what generated code reads of a call, and its room for values that do not
// fit in registers. One goroutine uses it at a time.
type Frame struct {
	rows               int64 // still to do
	planes             int64
	mainStart          int64 // of whole vectors, in bytes from the rows' (aligned) start
	mainEnd, blocksEnd int64 // of them, and of those that go several at a time
	head, tail         int64 // masks of the lanes before and after; 0: none
	headStart          int64
	fewHead, fewTail   int64 // whether half a vector is enough for them
	headMask, tailMask [32]byte
	base               [maxFields]uintptr
	fetch              uintptr // where the Fetches go on
	// Slab is which one operands that have several are at. Code does not read it.
	Slab   int
	_      [32]byte
	spills [maxSpills][64]byte
}

// NewFrame returns a frame for any kernel. It lies on a cache line's border.
func NewFrame() *Frame {
	room := make([]byte, unsafe.Sizeof(Frame{})+64)
	p := unsafe.Pointer(unsafe.SliceData(room))
	f := (*Frame)(unsafe.Add(p, -uintptr(p)&63))
	f.fetch = uintptr(unsafe.Pointer(&nothing))
	return f
}

const (
	atRows      = int32(unsafe.Offsetof(Frame{}.rows))
	atPlanes    = int32(unsafe.Offsetof(Frame{}.planes))
	atMainStart = int32(unsafe.Offsetof(Frame{}.mainStart))
	atMainEnd   = int32(unsafe.Offsetof(Frame{}.mainEnd))
	atBlocksEnd = int32(unsafe.Offsetof(Frame{}.blocksEnd))
	atHead      = int32(unsafe.Offsetof(Frame{}.head))
	atTail      = int32(unsafe.Offsetof(Frame{}.tail))
	atHeadStart = int32(unsafe.Offsetof(Frame{}.headStart))
	atFewHead   = int32(unsafe.Offsetof(Frame{}.fewHead))
	atFewTail   = int32(unsafe.Offsetof(Frame{}.fewTail))
	atHeadMask  = int32(unsafe.Offsetof(Frame{}.headMask))
	atTailMask  = int32(unsafe.Offsetof(Frame{}.tailMask))
	atBase      = int32(unsafe.Offsetof(Frame{}.base))
	atFetch     = int32(unsafe.Offsetof(Frame{}.fetch))
	atSpills    = int32(unsafe.Offsetof(Frame{}.spills))
)

// setMask sets lanes lo to hi, in both forms.
func setMask(bits *int64, bytes *[32]byte, lo, hi, size int) {
	*bits = (1<<hi - 1) &^ (1<<lo - 1)
	clear(bytes[:])
	for i := lo * size; i < min(hi*size, 32); i++ {
		bytes[i] = 0xff
	}
}
