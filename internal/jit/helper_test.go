package jit

import (
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"unsafe"
)

var seedFlag = flag.Uint64("seed", 0, "seed of the first random problem, as a failure prints it")

// firstSeed returns where the seeds of a test's random problems begin.
func firstSeed() uint64 {
	if *seedFlag != 0 {
		return *seedFlag
	}
	return rand.Uint64() >> 16 // some digits less to type
}

// count returns how often to repeat a random test: few times under the race detector
// and with -short, often if WAVE_LONG is set.
func count(few, usual, often int) int {
	switch {
	case os.Getenv("WAVE_LONG") != "":
		return often
	case raceEnabled || testing.Short():
		return few
	}
	return usual
}

func isFloat64[T float32 | float64]() bool {
	var z T
	return unsafe.Sizeof(z) == 8
}

// same reports whether two numbers have the same bits, or are both NaN.
func same[T float32 | float64](a, b T) bool {
	return math.Float64bits(float64(a)) == math.Float64bits(float64(b)) || a != a && b != b
}

// randomOptions draws how to compile for an instruction set.
func randomOptions[T float32 | float64](r *rand.Rand, isa ISA) Options {
	return Options{ISA: isa, Float64: isFloat64[T](), Shape: Shape{r.IntN(3), r.IntN(5), r.IntN(3)}, Ahead: r.IntN(9), Margin: r.IntN(2) * 32}
}

// operand copies buf to the middle of as many NaN as the options let code read on either
// side.
func operand[T float32 | float64](o Options, buf []T, at int) ([]T, Operand) {
	room := slices.Repeat([]T{T(math.NaN())}, len(buf)+2*o.Margin)
	copy(room[o.Margin:], buf)
	buf = room[o.Margin:][:len(buf)]
	op := Of(buf, at)
	op.Margin = o.Margin
	return buf, op
}

// box is part of the points.
type box struct{ x0, x1, y0, y1, z0, z1 int }

// randomBoxes cuts points into boxes, in any order.
func randomBoxes(r *rand.Rand, nx, ny, nz int) []box {
	cut := func(n int) []int {
		at := []int{0}
		for at[len(at)-1] < n {
			at = append(at, at[len(at)-1]+1+r.IntN(n-at[len(at)-1]))
		}
		return at
	}
	var out []box
	zs := cut(nz)
	for k := range len(zs) - 1 {
		ys := cut(ny)
		for j := range len(ys) - 1 {
			xs := cut(nx)
			for i := range len(xs) - 1 {
				out = append(out, box{xs[i], xs[i+1], ys[j], ys[j+1], zs[k], zs[k+1]})
			}
		}
	}
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// span returns the elements of each field that points reach, from point (0, 0, 0).
func (k *Kernel) span(nx, ny, nz int) []extent {
	out := k.extents()
	for i, f := range k.Fields {
		out[i].hi += (nx-1)*f.StrideX + (ny-1)*f.StrideY + (nz-1)*f.StrideZ
	}
	return out
}
