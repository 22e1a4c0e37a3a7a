package fuse

import (
	"cmp"
	"math"
	"slices"
)

// Program is a fused computation. Several goroutines may run it, each with a
// Workspace of its own.
type Program struct {
	f64     bool
	bufs    []buffer
	kernels [][]*kernel // by phase
	serial  [][]serial  // by phase, beside the kernels
	spaces  spaces
}

// serial is work that one goroutine does.
type serial struct {
	take     *take
	scatter  *scatter
	to       View // of scatter
	external *external
}

// Build ends the computation.
func (b *Builder) Build() *Program {
	p := &Program{f64: b.f64, bufs: b.bufs}
	ready := make([]int, len(b.bufs)) // the phase after which a buffer is complete
	after := func(bufs ...int) int {
		phase := 0
		for _, x := range bufs {
			phase = max(phase, ready[x])
		}
		return phase
	}
	var stores []store
	serially := func(phase int, s serial) {
		for len(p.serial) < phase {
			p.serial = append(p.serial, nil)
		}
		p.serial[phase-1] = append(p.serial[phase-1], s)
	}
	for _, j := range b.jobs {
		switch {
		case j.take != nil:
			ready[j.take.to] = after(j.take.from.Buf) + 1
			serially(ready[j.take.to], serial{take: j.take})
		case j.external != nil:
			var from []int
			for _, a := range j.external.args {
				from = append(from, a.Buf)
			}
			ready[j.external.to] = after(from...) + 1
			serially(ready[j.external.to], serial{external: j.external})
		default:
			f := b.fill(j.target)
			buf := j.target.buf
			put := func(s store, least int) {
				if slices.Contains(s.size[:s.ndim], 0) {
					return
				}
				s.phase = least
				b.g.reads(s.n, func(n int) {
					if r := b.g.nodes[n].buf; r != buf {
						s.phase = max(s.phase, ready[r]+1)
					}
				})
				stores = append(stores, s)
				ready[buf] = max(ready[buf], s.phase)
			}
			for _, s := range f.set {
				put(s, 1)
			}
			if stay := len(f.add) == 0 && !j.target.scattersInto(f.holes); b.bufs[buf].kind == result || !stay {
				for _, s := range f.holes {
					s.hole = stay
					put(s, 1)
				}
				if stay {
					p.bufs[buf].holes = holesKey(f.holes)
				}
			}
			begun := ready[buf] + 1
			for _, s := range f.add {
				put(s, begun)
				begun = max(begun, ready[buf]) // in order
			}
			for _, s := range j.target.v.scatters {
				phase := max(ready[buf], after(s.x.Buf)) + 1
				shape := j.target.v.shape
				serially(phase, serial{scatter: &s, to: View{buf, 0, shape, packed(shape)}})
				ready[buf] = phase
			}
		}
	}
	b.delay(stores, p.serial)
	p.kernels = b.group(stores)
	for _, kernels := range p.kernels {
		classify(kernels)
	}
	for len(p.serial) < len(p.kernels) {
		p.serial = append(p.serial, nil)
	}
	for len(p.kernels) < len(p.serial) {
		p.kernels = append(p.kernels, nil)
	}
	p.spaces.free = make(chan *Workspace, 8)
	return p
}

// delay moves what is stored early, but read late or not at all, to a phase in which
// the same operations are needed again.
func (b *Builder) delay(stores []store, list [][]serial) {
	limit := make([]int, len(b.bufs)) // the phase in which a buffer is read first
	for i := range limit {
		limit[i] = math.MaxInt
	}
	read := func(buf, phase int) { limit[buf] = min(limit[buf], phase) }
	for i := range stores {
		s := &stores[i]
		if s.adds {
			read(s.buf, s.phase)
		}
		b.g.reads(s.n, func(n int) {
			if b.g.nodes[n].buf != s.buf {
				read(b.g.nodes[n].buf, s.phase)
			}
		})
	}
	for i, list := range list {
		for _, s := range list {
			switch {
			case s.take != nil:
				read(s.take.from.Buf, i+1)
			case s.scatter != nil:
				read(s.scatter.x.Buf, i+1)
				read(s.to.Buf, i+1)
			default:
				for _, a := range s.external.args {
					read(a.Buf, i+1)
				}
			}
		}
	}
	type part struct {
		n    int
		ndim int
		size index
	}
	for moved := true; moved; {
		moved = false
		last := map[part]int{} // the last phase that computes an operation
		for i := range stores {
			s := &stores[i]
			b.g.operations(s.n, func(n int) {
				at := part{n, s.ndim, s.size}
				last[at] = max(last[at], s.phase)
			})
		}
		for i := range stores {
			s := &stores[i]
			if s.adds {
				continue
			}
			to := s.phase
			b.g.operations(s.n, func(n int) {
				if l := last[part{n, s.ndim, s.size}]; l < limit[s.buf] {
					to = max(to, l)
				}
			})
			if to > s.phase {
				s.phase, moved = to, true
			}
		}
	}
}

// group makes kernels of stores: those of a phase on boxes of one size that have
// expressions in common.
func (b *Builder) group(stores []store) [][]*kernel {
	type class struct {
		phase int
		ndim  int
		size  index
		hole  bool
	}
	var order []class
	byClass := map[class][]store{}
	for _, s := range stores {
		c := class{s.phase, s.ndim, s.size, s.hole}
		if byClass[c] == nil {
			order = append(order, c)
		}
		byClass[c] = append(byClass[c], s)
	}
	slices.SortStableFunc(order, func(x, y class) int { return cmp.Compare(x.phase, y.phase) })
	var out [][]*kernel
	for _, c := range order {
		for len(out) < c.phase {
			out = append(out, nil)
		}
		for _, group := range b.related(byClass[c]) {
			out[c.phase-1] = append(out[c.phase-1], b.kernels(group)...)
		}
	}
	return out
}

// related parts stores into groups that have operations in common. What adds to a
// buffer stays alone: its order counts.
func (b *Builder) related(stores []store) [][]store {
	var groups [][]store
	var sets []map[int]bool
	for _, s := range stores {
		set := map[int]bool{}
		b.g.operations(s.n, func(n int) { set[n] = true })
		var joined []store
		var kept [][]store
		var keptSets []map[int]bool
		for i, g := range groups {
			common := false
			if !s.adds && !g[0].adds {
				for n := range set {
					if sets[i][n] {
						common = true
						break
					}
				}
			}
			if !common {
				kept, keptSets = append(kept, g), append(keptSets, sets[i])
				continue
			}
			joined = append(joined, g...)
			for n := range sets[i] {
				set[n] = true
			}
		}
		groups, sets = append(kept, append(joined, s)), append(keptSets, set)
	}
	return groups
}
