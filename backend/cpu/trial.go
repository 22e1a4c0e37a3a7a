package cpu

import (
	"container/list"
	"encoding/binary"
	"errors"
	"math"
	"sync"
	"time"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/internal/jit"
	"github.com/d52adeda/wave/stencil"
)

// usual is the shape without a trial: the best of most kernels.
var usual = jit.Shape{Planes: 1, Rows: 4, Cols: 1}

// streaming is the shape where planes come from memory: the fewest rows, which the
// processor sees to follow each other, of two planes that share most of what they read.
var streaming = jit.Shape{Planes: 2, Rows: 1, Cols: 1}

// shapes are tried. They change no bits.
var shapes = []jit.Shape{usual, {Rows: 2, Cols: 1}, {Rows: 1, Cols: 1}, {Rows: 4, Cols: 2}, {Rows: 2, Cols: 2}}

const (
	largeKernel  = 150         // nodes: with more, only few shapes are worth compiling
	worthTrial   = 300_000_000 // cells and steps of a plan
	trialRows    = 48
	trialWidth   = 2048
	trialTime    = 100 * time.Microsecond
	trialRepeats = 3
)

// compiled remembers the code of kernels, and the shapes that trials have chosen, for
// the process. Several goroutines may use it. What falls out is freed when nothing
// uses it any more.
var compiled = struct {
	sync.Mutex
	code   map[string]*list.Element // of codeEntry
	recent list.List                // the last used first
	shapes map[string]jit.Shape
	fits   map[string]bool
}{code: map[string]*list.Element{}, shapes: map[string]jit.Shape{}, fits: map[string]bool{}}

type codeEntry struct {
	key  string
	code *jit.Code
}

// maxCompiled is how many codes are kept: a 3-D program has eight.
const maxCompiled = 256

// key encodes a kernel and options.
func key(k *jit.Kernel, o jit.Options) string {
	b := make([]byte, 0, 64+32*len(k.Nodes))
	put := func(vs ...int) {
		for _, v := range vs {
			b = binary.AppendVarint(b, int64(v))
		}
	}
	f64 := 0
	if o.Float64 {
		f64 = 1
	}
	put(int(o.ISA), f64, o.Planes, o.Rows, o.Cols, o.Ahead, o.Margin, len(k.Fields), len(k.Nodes))
	for _, f := range k.Fields {
		put(f.StrideX, f.StrideY, f.StrideZ)
	}
	for i := range k.Nodes {
		n := &k.Nodes[i]
		put(int(n.Kind), n.A, n.B, n.C, n.Field, n.DX, n.DY, n.DZ)
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(n.Value))
	}
	for _, s := range k.Stores {
		put(s.Field, s.Node)
	}
	return string(b)
}

// codeFor returns the code of a kernel, compiled now or before; of fewer rows and
// vectors at a time where o's are too many.
func codeFor(k *jit.Kernel, o jit.Options) (*jit.Code, error) {
	id := key(k, o)
	compiled.Lock()
	if e, ok := compiled.code[id]; ok {
		compiled.recent.MoveToFront(e)
		compiled.Unlock()
		return e.Value.(codeEntry).code, nil
	}
	compiled.Unlock()
	c, err := jit.Compile(k, o)
	for errors.Is(err, jit.ErrTooLarge) && o.Shape != (jit.Shape{Planes: 1, Rows: 1, Cols: 1}) { // fewer points have fewer values at a time
		o.Shape = jit.Shape{Planes: max(1, o.Planes/2), Rows: max(1, o.Rows/2), Cols: 1}
		c, err = jit.Compile(k, o)
	}
	if err != nil {
		return nil, err
	}
	compiled.Lock()
	defer compiled.Unlock()
	if _, ok := compiled.code[id]; !ok { // nobody else has
		compiled.code[id] = compiled.recent.PushFront(codeEntry{id, c})
		if compiled.recent.Len() > maxCompiled {
			last := compiled.recent.Back()
			delete(compiled.code, last.Value.(codeEntry).key)
			compiled.recent.Remove(last)
		}
	}
	return c, nil
}

// fits reports whether there can be code of a graph. It asks the instruction set with the
// fewest registers, so that all divide programs alike and results have the same bits.
func fits[T array.Float](g *stencil.Graph, m *places) bool {
	k := lower(g, m).k
	var z T
	o := jit.Options{ISA: jit.AVX2, Float64: sizeOf(z) == 8, Margin: margin[T]()}
	id := key(k, o)
	compiled.Lock()
	ok, known := compiled.fits[id]
	compiled.Unlock()
	if !known {
		_, err := jit.Generate(k, o)
		ok = !errors.Is(err, jit.ErrTooLarge)
		compiled.Lock()
		if len(compiled.fits) > 4*maxCompiled {
			clear(compiled.fits)
		}
		compiled.fits[id] = ok
		compiled.Unlock()
	}
	return ok
}

// try returns the code in the shape that runs fastest on rows of so many cells, from
// a short trial on memory of its own; the first time, then as remembered.
func try[T array.Float](k *jit.Kernel, o jit.Options, width int) (*jit.Code, error) {
	o.Shape = jit.Shape{}
	id := key(k, o)
	compiled.Lock()
	best, ok := compiled.shapes[id]
	compiled.Unlock()
	if !ok {
		var err error
		if best, err = fastest[T](k, o, min(width, trialWidth)); err != nil {
			return nil, err
		}
		compiled.Lock()
		compiled.shapes[id] = best
		compiled.Unlock()
	}
	o.Shape = best
	return codeFor(k, o)
}

// fastest runs all shapes in turn, several times, and returns the best: another than
// the usual one if it is clearly better, since time passes for other reasons, too.
func fastest[T array.Float](k *jit.Kernel, o jit.Options, width int) (jit.Shape, error) {
	ops := trialOperands[T](k, width)
	var tried []jit.Shape
	var bound []*jit.Bound
	for _, s := range shapes {
		if len(k.Nodes) > largeKernel && s.Cols > 1 {
			continue
		}
		o.Shape = s
		code, err := codeFor(k, o)
		if err != nil {
			return usual, err
		}
		b, err := code.Bind(ops, width, trialRows, 1)
		if err != nil {
			return usual, err
		}
		tried, bound = append(tried, s), append(bound, b)
	}
	frame := jit.NewFrame()
	least := make([]float64, len(tried)) // seconds
	for repeat := range trialRepeats {
		for i, b := range bound {
			n, start := 0, time.Now()
			for ; time.Since(start) < trialTime; n++ {
				b.Run(frame, 0, width, 0, trialRows, 0, 1)
			}
			if each := time.Since(start).Seconds() / float64(n); repeat == 0 || each < least[i] {
				least[i] = each
			}
		}
	}
	const clearly = 0.97
	best := 0 // the usual one
	for i := range tried {
		if least[i] < least[best] && least[i] < clearly*least[0] {
			best = i
		}
	}
	return tried[best], nil
}

// trialOperands returns memory for all that a kernel reaches from so many points.
func trialOperands[T array.Float](k *jit.Kernel, width int) []jit.Operand {
	ops := make([]jit.Operand, len(k.Fields))
	lo, hi := k.Reach()
	for i, f := range k.Fields {
		n := hi[i] - lo[i] + (width-1)*f.StrideX + (trialRows-1)*f.StrideY + 1
		room := make([]T, n+2*margin[T]())
		ops[i] = jit.Of(room[margin[T]():][:n], -lo[i])
		ops[i].Margin = margin[T]()
	}
	return ops
}
