package fuse

import (
	"encoding/binary"
	"fmt"
	"math"
	"sync"

	"github.com/d52adeda/wave/internal/jit"
)

// codes keeps compiled kernels: the same ones come again, within a program (regions
// of one kind) and with the next program for the same grid.
var codes = codeCache{known: map[string]*jit.Code{}}

type codeCache struct {
	mu    sync.Mutex
	known map[string]*jit.Code
}

// most is how many kernels are kept, of some kilobytes each.
const most = 2048

// compile returns the code of a kernel; nil if it cannot be compiled, to machine code.
func (c *codeCache) compile(k *jit.Kernel, o jit.Options) *jit.Code {
	key := keyOf(k, o)
	c.mu.Lock()
	code, ok := c.known[key]
	c.mu.Unlock()
	if ok {
		return code
	}
	code, err := jit.Compile(k, o)
	if err != nil && o.ISA == jit.Generic {
		panic(fmt.Sprintf("fuse: a kernel that no loops compute: %v", err))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= most {
		for k := range c.known { // any: programs that run hold on to theirs
			delete(c.known, k)
			break
		}
	}
	c.known[key] = code
	return code
}

// keyOf returns a kernel as a string.
func keyOf(k *jit.Kernel, o jit.Options) string {
	key := []byte{byte(o.ISA), byte(o.Planes), byte(o.Rows), byte(o.Cols), 0}
	if o.Float64 {
		key[4] = 1
	}
	put := func(numbers ...int) {
		for _, n := range numbers {
			key = binary.AppendVarint(key, int64(n))
		}
	}
	put(len(k.Fields), len(k.Nodes), len(k.Stores))
	for _, f := range k.Fields {
		put(f.StrideX, f.StrideY, f.StrideZ)
	}
	for _, n := range k.Nodes {
		put(int(n.Kind), n.A, n.B, n.C, n.Field, n.DX, n.DY, n.DZ)
		key = binary.LittleEndian.AppendUint64(key, math.Float64bits(n.Value))
	}
	for _, s := range k.Stores {
		put(s.Field, s.Node)
	}
	return string(key)
}
