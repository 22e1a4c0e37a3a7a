package array

import (
	"sync"

	"github.com/d52adeda/wave/internal/crew"
	"github.com/d52adeda/wave/internal/fuse"
	"github.com/d52adeda/wave/internal/trace"
)

// Pool lends the memory of temporaries: what is computed from an array that
// belongs to a pool belongs to it too, under transformations as well. Its owner
// says from time to time what is still needed; the rest is used again. What reverse
// mode saves is pinned by it.
//
// A pool may be used by several goroutines; Recycle only when none computes.
type Pool struct {
	mu   sync.Mutex
	free map[int][]*buffer // by number of bytes, negative for float32
	lent []*buffer
	kept uint32 // number of the last Recycle
	crew *crew.Crew
	busy sync.Mutex // the crew's
}

// buffer is memory that a pool lends.
type buffer struct {
	pool   *Pool
	f32    []float32
	f64    []float64
	kept   uint32
	pinned bool  // needed until the pool's scope ends
	last   *role // which result of a program it was; nil if something else
}

var pools = sync.Pool{New: func() any { return &Pool{free: map[int][]*buffer{}} }}

// NewPool returns a pool that lends nothing yet; it may have memory of one that
// was closed.
func NewPool() *Pool { return pools.Get().(*Pool) }

// Close takes back everything that the pool has lent: nothing that belongs to it
// may be used afterwards.
func (p *Pool) Close() {
	p.dismiss()
	for _, b := range p.lent {
		b.pinned = false
	}
	p.Recycle(func(func(*Array) bool) {})
	pools.Put(p)
}

// Hire gives the pool up to n goroutines, the caller's included, which stages that
// compute from its arrays share. They end with Close.
func (p *Pool) Hire(n int) {
	if p.crew == nil && n > 1 {
		p.crew = crew.New(n)
	}
}

// dismiss ends the goroutines.
func (p *Pool) dismiss() {
	if p.crew != nil {
		p.crew.Close()
		p.crew = nil
	}
}

// hands returns the goroutines of the pool that d belongs to, nil if there are none
// or they are at work; done is to be called afterwards.
func (d *dense) hands() (c *crew.Crew, done func()) {
	if d.buf == nil || d.buf.pool.crew == nil || !d.buf.pool.busy.TryLock() {
		return nil, func() {}
	}
	return d.buf.pool.crew, d.buf.pool.busy.Unlock
}

// Own returns a copy of a that belongs to the pool, at every level.
func (p *Pool) Own(a *Array) *Array {
	return copied("Own", a, func(d *dense) (*dense, error) {
		out := header(d.dt, d.shape)
		n, _ := sizeOf(d.shape)
		return out, out.borrow(p, n, nil)
	})
}

// Disown returns a that belongs to no pool, at any level: a copy where it did.
func Disown(a *Array) *Array {
	return copied("Disown", a, func(d *dense) (*dense, error) {
		if d.buf == nil {
			return nil, nil
		}
		return fresh(d.dt, d.shape)
	})
}

// copied copies a's numbers at every level to where room says; nil leaves them.
func copied(name string, a *Array, room func(d *dense) (*dense, error)) *Array {
	eval := func(d *dense) (*dense, error) {
		if d.ghost {
			return d, nil
		}
		out, err := room(d)
		switch {
		case err != nil:
			return nil, err
		case out == nil:
			return d, nil
		case d.dt == Float32:
			put[float32](out, d)
		default:
			put[float64](out, d)
		}
		return out, nil
	}
	if d := a.plain(); d != nil {
		return direct(name).result(eval(d))
	}
	again := func(x *Array) *Array { return copied(name, x, room) }
	return apply([]*Array{a}, linear(op{
		name:  name,
		eval:  func(args []*dense) (*dense, error) { return eval(args[0]) },
		fused: func(_ *fuse.Builder, x []*fuse.Value, _ *dense) *fuse.Value { return x[0] },
	},
		func(_ []int, ct *Array) *Array { return ct },
		func(_ int, x *Array) *Array { return again(x) },
		again))
}

// Recycle takes back everything lent but what the given arrays need.
func (p *Pool) Recycle(keep func(yield func(*Array) bool)) {
	p.kept++
	for a := range keep {
		if a == nil || a.v == nil {
			continue
		}
		trace.Leaves(a.v, func(v trace.Value) {
			if d := v.(*dense); d.buf != nil {
				d.buf.kept = p.kept
			}
		})
	}
	still := p.lent[:0]
	for _, b := range p.lent {
		if b.kept == p.kept || b.pinned {
			still = append(still, b)
			continue
		}
		k := sizeKey(len(b.f32), len(b.f64))
		p.free[k] = append(p.free[k], b)
	}
	clear(p.lent[len(still):])
	p.lent = still
}

func sizeKey(n32, n64 int) int { return n64 - n32 }

// pin keeps the memory behind a value lent until the end of its pool's scope.
func pin(v trace.Value) {
	trace.Leaves(v, func(v trace.Value) {
		if d, ok := v.(*dense); ok && d.buf != nil {
			d.buf.pinned = true
		}
	})
}

// PoolOf returns the pool that a belongs to; nil if none.
func PoolOf(a *Array) *Pool {
	var p *Pool
	if a != nil && a.v != nil {
		trace.Leaves(a.v, func(v trace.Value) {
			if d := v.(*dense); d.buf != nil {
				p = d.buf.pool
			}
		})
	}
	return p
}

// role is one of a program's results. The same memory is lent for it again and
// again, if there is a choice: what is zero stays zero, and kernels are placed
// already.
type role struct {
	shape []int
	holes string // see fuse.Program.Holes
}

// lend lends memory whose content is not defined, for a program's result or, if that is
// nil, for something else.
func (p *Pool) lend(dt DType, n int, to *role) (*buffer, error) {
	k := sizeKey(0, n)
	if dt == Float32 {
		k = sizeKey(n, 0)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var b *buffer
	if list := p.free[k]; len(list) > 0 {
		i := len(list) - 1
		for j, c := range list {
			if c.last == to {
				i = j
				break
			}
		}
		b = list[i]
		p.free[k] = append(list[:i], list[i+1:]...)
	} else {
		b = &buffer{pool: p}
		var err error
		if dt == Float32 {
			b.f32, err = numbers[float32](n)
		} else {
			b.f64, err = numbers[float64](n)
		}
		if err != nil {
			return nil, err
		}
	}
	if to == nil {
		b.last = nil
	}
	p.lent = append(p.lent, b)
	return b, nil
}

// Taped reports whether reverse mode, in progress, keeps what is computed from a.
func (a *Array) Taped() bool { return a != nil && a.v != nil && trace.Taped(a.v) }
