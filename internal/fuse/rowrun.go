package fuse

import (
	"math"
	"unsafe"

	"github.com/d52adeda/wave/internal/jit"
	"github.com/d52adeda/wave/internal/rows"
)

// Kernels that are not compiled run operation by operation over blocks of rows: where
// no code can be generated, with a rounding after each multiplication; else (light
// kernels) to the bits of generated code.

// block is how many points are computed at a time: short rows are put together.
const block = 512

// rowRoom is a goroutine's memory for that, reused.
type rowRoom struct {
	r32 rowRunner[float32]
	r64 rowRunner[float64]
}

type rowRunner[T rows.Float] struct {
	vals [][]T // by slot
	room []T
}

func runnerOf[T rows.Float](m *member) *rowRunner[T] {
	if r, ok := any(&m.rows.r32).(*rowRunner[T]); ok {
		return r
	}
	return any(&m.rows.r64).(*rowRunner[T])
}

func runRows[T rows.Float](m *member, k *kernel, n [3]int) {
	r := runnerOf[T](m)
	for len(r.vals) < k.rows.slots {
		r.vals = append(r.vals, nil)
	}
	if len(r.room) < k.rows.slots*block {
		r.room = make([]T, k.rows.slots*block)
	}
	width := min(n[0], block)
	height := block / width
	for z := range n[2] {
		for y := 0; y < n[1]; y += height {
			for x := 0; x < n[0]; x += width {
				r.block(m.at, k, x, y, z, min(width, n[0]-x), min(height, n[1]-y))
			}
		}
	}
	clear(r.vals) // hold on to nobody's numbers
}

// block computes h rows of w points.
func (r *rowRunner[T]) block(at []jit.Operand, k *kernel, x, y, z, w, h int) {
	n := w * h
	for i := range k.rows.ops {
		o := &k.rows.ops[i]
		if o.code == rowLoad {
			r.load(at, k, o, x, y, z, w, h)
			continue
		}
		if o.code == rowStore {
			r.store(at, k, o, x, y, z, w, h)
			continue
		}
		dst := r.room[o.dst*block:][:n]
		r.vals[o.dst] = dst
		switch o.code {
		case rowFill:
			rows.Fill(dst, T(o.s))
		case rowAdd:
			rows.Add(dst, r.vals[o.x], r.vals[o.y])
		case rowAddNumber:
			rows.AddScalar(dst, r.vals[o.x], T(o.s))
		case rowSub:
			rows.Axpy(dst, r.vals[o.x], r.vals[o.y], -1)
		case rowMul:
			rows.Mul(dst, r.vals[o.x], r.vals[o.y], 1)
		case rowScale:
			rows.Scale(dst, r.vals[o.x], T(o.s))
		case rowAxpy:
			rows.Axpy(dst, r.vals[o.z], r.vals[o.x], T(o.s))
		case rowFMA:
			a, b, c := r.vals[o.x], r.vals[o.y], r.vals[o.z]
			if !k.exact {
				rows.AddMul(dst, c, a, b, T(o.s))
				break
			}
			for i := range dst {
				dst[i] = fusedMulAdd(T(o.s)*a[i], b[i], c[i])
			}
		}
	}
}

// place returns a field's memory from point (x, y, z) on.
func place[T rows.Float](at []jit.Operand, k *kernel, f, off, x, y, z int) []T {
	o, s := &at[f], &k.steps[f]
	return unsafe.Slice((*T)(o.Data), o.Len)[o.At+off+x*s[0]+y*s[1]+z*s[2]:]
}

func (r *rowRunner[T]) load(at []jit.Operand, k *kernel, o *rowOp, x, y, z, w, h int) {
	mem, s := place[T](at, k, o.x, o.y, x, y, z), &k.steps[o.x]
	if s[0] == 1 && (h == 1 || s[1] == w) { // as it lies
		r.vals[o.dst] = mem[:w*h]
		return
	}
	dst := r.room[o.dst*block:][:w*h]
	r.vals[o.dst] = dst
	for i := range h {
		row, from := dst[i*w:][:w], mem[i*s[1]:]
		switch s[0] {
		case 1:
			copy(row, from)
		case 0:
			rows.Fill(row, from[0])
		default:
			for p := range row {
				row[p] = from[p*s[0]]
			}
		}
	}
}

func (r *rowRunner[T]) store(at []jit.Operand, k *kernel, o *rowOp, x, y, z, w, h int) {
	mem, s, v := place[T](at, k, o.dst, 0, x, y, z), &k.steps[o.dst], r.vals[o.x]
	for i := range h {
		row, to := v[i*w:][:w], mem[i*s[1]:]
		if s[0] == 1 {
			copy(to, row)
			continue
		}
		for p, c := range row {
			to[p*s[0]] = c
		}
	}
}

// fusedMulAdd returns a*b + c, rounded once to T.
func fusedMulAdd[T rows.Float](a, b, c T) T {
	if unsafe.Sizeof(a) == 8 {
		return T(math.FMA(float64(a), float64(b), float64(c)))
	}
	// The product of two float32 is exact in float64. The sum is rounded to odd there,
	// so that rounding it again is as if it had been rounded once (Boldo and
	// Melquiond 2008).
	p, q := float64(a)*float64(b), float64(c)
	s := p + q
	if math.IsNaN(s) || math.IsInf(s, 0) {
		return T(s)
	}
	t := s - p
	rest := (p - (s - t)) + (q - t)
	if rest != 0 && math.Float64bits(s)&1 == 0 {
		if (rest > 0) == (s > 0) {
			s = math.Float64frombits(math.Float64bits(s) + 1)
		} else {
			s = math.Float64frombits(math.Float64bits(s) - 1)
		}
	}
	return T(s)
}
