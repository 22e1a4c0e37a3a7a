package fuse

import (
	"slices"
	"sync"
	"unsafe"

	"github.com/d52adeda/wave/internal/crew"
	"github.com/d52adeda/wave/internal/jit"
)

// Memory is what a buffer lies in: Len elements at Data, of which the first element
// of the input's or result's view has number Off.
type Memory struct {
	Data     unsafe.Pointer
	Len, Off int
}

// Of returns a slice as memory.
func Of[T float32 | float64](s []T, off int) Memory {
	return Memory{unsafe.Pointer(unsafe.SliceData(s)), len(s), off}
}

// Slice returns memory as a slice.
func Slice[T float32 | float64](m Memory) []T { return unsafe.Slice((*T)(m.Data), m.Len) }

// Workspace is what a run needs for itself.
type Workspace struct {
	// Mem is where each buffer lies. Those that are given and results are the
	// caller's to fill in before a run, those of external operations during it.
	Mem []Memory
	// Clean says of a result's memory that its holes (see Program.Holes) are zero
	// already.
	Clean []bool
	// Again says that the same memory is given again and again.
	Again   bool
	keep    []any // owns what Mem points to of the program's own
	members []member
}

// member is what a goroutine needs.
type member struct {
	frame *jit.Frame
	at    []jit.Operand
	bound map[*kernel]bindings
	err   error
}

// bindings are a kernel's last ones, by a hash of where they are.
type bindings map[uint64]binding

type binding struct {
	at []jit.Operand
	n  [3]int
	b  *jit.Bound
}

// mostBindings bounds them: as many as a segment of reverse mode has steps, or more.
const mostBindings = 64

// bind places a kernel's code at m.at, where it may have been before.
func (m *member) bind(k *kernel, n [3]int, again bool) (*jit.Bound, error) {
	if !again {
		return k.code.Bind(m.at, n[0], n[1], n[2])
	}
	hash := uint64(n[0])
	for _, x := range [2]int{n[1], n[2]} {
		hash = hash*31 + uint64(x)
	}
	for i := range m.at {
		hash = (hash ^ uint64(uintptr(m.at[i].Data)) + uint64(m.at[i].At)) * 0x9E3779B97F4A7C15
	}
	s := m.bound[k]
	if b, ok := s[hash]; ok && b.n == n && slices.Equal(b.at, m.at) {
		return b.b, nil
	}
	b, err := k.code.Bind(m.at, n[0], n[1], n[2])
	if err != nil {
		return nil, err
	}
	if s == nil || len(s) == mostBindings {
		if m.bound == nil {
			m.bound = map[*kernel]bindings{}
		}
		s = bindings{}
		m.bound[k] = s
	}
	s[hash] = binding{slices.Clone(m.at), n, b}
	return b, nil
}

// spaces keeps workspaces between runs.
type spaces struct{ free chan *Workspace }

// Borrow returns a workspace, to be given back. Room is asked for memory of so many
// numbers; its error is returned.
func (p *Program) Borrow(room func(n int) error) (*Workspace, error) {
	select {
	case w := <-p.spaces.free:
		return w, nil
	default:
	}
	n := 0
	for _, b := range p.bufs {
		if b.kind == scratch {
			n += b.size
		}
	}
	if err := room(n); err != nil {
		return nil, err
	}
	w := &Workspace{Mem: make([]Memory, len(p.bufs)), Clean: make([]bool, len(p.bufs))}
	for i, b := range p.bufs {
		switch {
		case b.kind != scratch:
		case p.f64:
			s := make([]float64, b.size)
			w.Mem[i], w.keep = Of(s, 0), append(w.keep, s)
		default:
			s := make([]float32, b.size)
			w.Mem[i], w.keep = Of(s, 0), append(w.keep, s)
		}
	}
	return w, nil
}

// Return gives a workspace back.
func (p *Program) Return(w *Workspace) {
	clear(w.Clean)
	w.Again = false
	for i, b := range p.bufs { // hold on to nobody's numbers
		if b.kind != scratch {
			w.Mem[i] = Memory{}
		}
	}
	for i := range w.members {
		clear(w.members[i].at)
	}
	select {
	case p.spaces.free <- w:
	default:
	}
}

// Holes returns a string that says which elements of a result are always zero, for
// those who use memory again: after a run, the same elements are zero in all memory of
// results with the same string. Empty if there is nothing to say.
func (p *Program) Holes(buf int) string { return p.bufs[buf].holes }

// Run computes, with the goroutines of a crew (nil: on this one). compute does
// external operation number i: it finds its arguments in w.Mem and puts its result
// there.
func (p *Program) Run(w *Workspace, c *crew.Crew, compute func(i int) error) error {
	n := 1
	if c != nil {
		n = c.Size()
	}
	for len(w.members) < n {
		w.members = append(w.members, member{})
	}
	for i := range w.members {
		w.members[i].err = nil
	}
	for phase, kernels := range p.kernels {
		piece := func(i int) {
			m := &w.members[i]
			for _, k := range kernels {
				if w.done(k) {
					continue
				}
				if from, to := k.share(i, n); from < to && m.err == nil {
					m.err = p.run(w, m, k, from, to)
				}
			}
			if i == 0 && m.err == nil {
				m.err = p.serially(w, p.serial[phase], compute)
			}
		}
		if n == 1 || w.alone(kernels) {
			piece(0)
		} else {
			c.Do(piece)
		}
		for i := range w.members {
			if err := w.members[i].err; err != nil {
				return err
			}
		}
	}
	return nil
}

// alone reports whether one goroutine does all of a phase.
func (w *Workspace) alone(kernels []*kernel) bool {
	return !slices.ContainsFunc(kernels, func(k *kernel) bool { return !k.small() && !w.done(k) })
}

// done reports whether a kernel has nothing to do: what it would clear is zero.
func (w *Workspace) done(k *kernel) bool { return k.hole >= 0 && w.Clean[k.hole] }

// share returns which places along its axis member i of n computes.
func (k *kernel) share(i, n int) (from, to int) {
	a := k.axis
	if n == 1 || k.small() {
		if i > 0 {
			return 0, 0
		}
		return 0, k.size[a]
	}
	cuts := k.class.cuts(n)
	return min(max(cuts[i]-k.lo[a], 0), k.size[a]), min(max(cuts[i+1]-k.lo[a], 0), k.size[a])
}

// class is kernels that write boxes of wholes of one shape: who shares them cuts
// these along an axis.
type class struct {
	cost []float64 // by place
	mu   sync.Mutex
	by   map[int][]int // by number of goroutines: where the cuts are
}

func (c *class) cuts(n int) []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cuts := c.by[n]; cuts != nil {
		return cuts
	}
	total := 0.0
	for _, x := range c.cost {
		total += x
	}
	cuts := make([]int, n+1)
	sum, i := 0.0, 1
	for at, x := range c.cost {
		for i < n && sum+x/2 >= total*float64(i)/float64(n) {
			cuts[i] = at
			i++
		}
		sum += x
	}
	for ; i <= n; i++ {
		cuts[i] = len(c.cost)
	}
	c.by[n] = cuts
	return cuts
}

// run computes a kernel's places from to to along its axis: three axes at once,
// loops over those before.
func (p *Program) run(w *Workspace, m *member, k *kernel, from, to int) error {
	var lo, hi index
	copy(hi[:], k.size)
	lo[k.axis], hi[k.axis] = from, to
	m.at = m.at[:0]
	for i := range k.fields {
		f := &k.fields[i]
		mem := &w.Mem[f.buf]
		at := mem.Off + f.off
		for a, s := range f.strides {
			at += lo[a] * s
		}
		m.at = append(m.at, jit.Operand{Data: mem.Data, Len: mem.Len, At: at})
	}
	n := [3]int{1, 1, 1} // x, y, z
	outer := max(len(k.size)-3, 0)
	for a := outer; a < len(k.size); a++ {
		n[len(k.size)-1-a] = hi[a] - lo[a]
	}
	for idx := lo; ; {
		if err := p.box(w, m, k, n); err != nil {
			return err
		}
		a := outer - 1
		for ; a >= 0; a-- {
			by := 1
			if idx[a]++; idx[a] == hi[a] {
				idx[a], by = lo[a], lo[a]+1-hi[a]
			}
			for i := range m.at {
				m.at[i].At += by * k.fields[i].strides[a]
			}
			if by == 1 {
				break
			}
		}
		if a < 0 {
			return nil
		}
	}
}

// box computes n points along x, y and z.
func (p *Program) box(w *Workspace, m *member, k *kernel, n [3]int) error {
	if k.code.Portable() {
		k.code.RunPortable(m.at, n[0], n[1], n[2])
		return nil
	}
	if m.frame == nil {
		m.frame = jit.NewFrame()
	}
	b, err := m.bind(k, n, w.Again)
	if err != nil {
		return err
	}
	b.Run(m.frame, 0, n[0], 0, n[1], 0, n[2])
	return nil
}

// serially does a phase's takes, scatters and external operations.
func (p *Program) serially(w *Workspace, list []serial, compute func(i int) error) error {
	for _, s := range list {
		switch {
		case s.take != nil && p.f64:
			takeElements[float64](w, s.take)
		case s.take != nil:
			takeElements[float32](w, s.take)
		case s.scatter != nil && p.f64:
			addElements[float64](w, s.scatter, s.to)
		case s.scatter != nil:
			addElements[float32](w, s.scatter, s.to)
		default:
			if err := compute(s.external.number); err != nil {
				return err
			}
		}
	}
	return nil
}

// elements returns a buffer from its first element on.
func elements[T float32 | float64](m Memory) []T {
	return unsafe.Slice((*T)(m.Data), m.Len)[m.Off:]
}

func takeElements[T float32 | float64](w *Workspace, t *take) {
	to, from := elements[T](w.Mem[t.to]), elements[T](w.Mem[t.from.Buf])
	for i, at := range t.at {
		to[i] = from[at]
	}
}

func addElements[T float32 | float64](w *Workspace, s *scatter, v View) {
	to, from := elements[T](w.Mem[v.Buf])[v.Off:], elements[T](w.Mem[s.x.Buf])[s.x.Off:]
	for i, at := range s.at {
		to[at] += from[i]
	}
}
