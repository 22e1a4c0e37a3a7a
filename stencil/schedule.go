package stencil

import (
	"fmt"
	"slices"
)

// Schedule says which buffer each statement of a program reads and writes. An
// Update assigns everything at once; the schedule finds where that can be done in
// place, gives what cannot a spare buffer, and turns assignments of one field to
// another (um1 = u) into a change of names.
type Schedule struct {
	Program *Program
	// Buffers lists the buffers in slots 0, 1, ...: the field whose layout each
	// has. The first len(Home) of them are the homes of the program's fields.
	Buffers []*Field
	// Home is the slot of each field before a step.
	Home map[*Field]int
	// Ops are the statements in order.
	Ops []Op
	// Rotate is applied to the buffers after each step: slot s takes what was in
	// slot Rotate[s], so that every field is at home again.
	Rotate []int
}

// Op is a statement with its buffers.
type Op struct {
	Stmt Stmt
	// Slot is where each field is read.
	Slot map[*Field]int
	// Assigns are an Update's assignments that compute something, with the slot
	// each writes.
	Assigns []SlotAssign
	// Dst is the slot that an Inject writes.
	Dst int
}

// SlotAssign writes RHS, a value of field Field, to slot Dst.
type SlotAssign struct {
	Field *Field
	Dst   int
	RHS   Expr
}

// NewSchedule plans p, which should be simplified.
func NewSchedule(p *Program) (*Schedule, error) {
	s := &Schedule{Program: p, Home: map[*Field]int{}}
	now := map[*Field]int{}
	for _, f := range p.Fields() {
		now[f] = len(s.Buffers)
		s.Home[f] = now[f]
		s.Buffers = append(s.Buffers, f)
	}
	for _, stmt := range p.Body {
		op := Op{Stmt: stmt, Slot: clone(now)}
		switch stmt := stmt.(type) {
		case Update:
			op.Assigns, now = s.update(stmt, now)
		case Inject:
			op.Dst = now[stmt.Dst]
		}
		s.Ops = append(s.Ops, op)
	}
	s.rotate(now)
	if err := s.verify(); err != nil {
		return nil, err
	}
	return s, nil
}

// update returns the assignments of u and where each field is after it.
func (s *Schedule) update(u Update, now map[*Field]int) ([]SlotAssign, map[*Field]int) {
	after := clone(now)
	assigned := map[*Field]bool{}
	for _, a := range u {
		assigned[a.Dst] = true
	}
	elsewhere := readElsewhere(u)
	// A field that is assigned another, itself assigned here, takes over its buffer.
	renamed := map[*Field]bool{} // the source's buffer is taken over
	for _, a := range u {
		if a.RHS == Expr(Load{Field: a.Dst}) { // by itself, before another asks for it
			renamed[a.Dst] = true
		}
	}
	var computed []Assign
	for _, a := range u {
		l, ok := a.RHS.(Load)
		if ok && l == (Load{Field: a.Dst}) {
			continue
		}
		if ok && l.Off == (Offset{}) && assigned[l.Field] && !renamed[l.Field] && sameLayout(l.Field, a.Dst) {
			after[a.Dst] = now[l.Field]
			renamed[l.Field] = true
			continue
		}
		computed = append(computed, a)
	}
	// Free slots: old values of assigned fields that nothing needs afterwards and
	// that are read at the point only.
	var free []int
	for _, a := range u {
		if !renamed[a.Dst] && !elsewhere[a.Dst] {
			free = append(free, now[a.Dst])
		}
	}
	var out []SlotAssign
	take := func(a Assign, slot int) {
		out = append(out, SlotAssign{a.Dst, slot, a.RHS})
		after[a.Dst] = slot
	}
	var rest []Assign
	for _, a := range computed { // in place first
		if i := index(free, now[a.Dst]); i >= 0 {
			free = remove(free, i)
			take(a, now[a.Dst])
		} else {
			rest = append(rest, a)
		}
	}
	inUse := func(slot int) bool {
		for f := range now {
			if now[f] == slot || after[f] == slot {
				return true
			}
		}
		return false
	}
	for _, a := range rest {
		slot := -1
		for i, c := range free {
			if sameLayout(s.Buffers[c], a.Dst) {
				slot, free = c, remove(free, i)
				break
			}
		}
		for c := range s.Buffers { // a spare of an earlier statement
			if slot < 0 && sameLayout(s.Buffers[c], a.Dst) && !inUse(c) {
				slot = c
			}
		}
		if slot < 0 {
			slot = len(s.Buffers)
			s.Buffers = append(s.Buffers, a.Dst)
		}
		take(a, slot)
	}
	return out, after
}

// readElsewhere returns the fields that an update reads away from the point.
func readElsewhere(u Update) map[*Field]bool {
	out := map[*Field]bool{}
	one := &Program{Body: []Stmt{u}}
	one.eachLoad(func(l Load, total Offset) {
		if total != (Offset{}) {
			out[l.Field] = true
		}
	})
	return out
}

// rotate brings every field home from where it is after the last statement.
func (s *Schedule) rotate(now map[*Field]int) {
	s.Rotate = make([]int, len(s.Buffers))
	used := make([]bool, len(s.Buffers))
	for i := range s.Rotate {
		s.Rotate[i] = -1
	}
	for f, home := range s.Home {
		s.Rotate[home] = now[f]
		used[now[f]] = true
	}
	for i := range s.Rotate { // spares take what is left, of their own layout
		for c := range s.Buffers {
			if s.Rotate[i] < 0 && !used[c] && sameLayout(s.Buffers[c], s.Buffers[i]) {
				s.Rotate[i] = c
				used[c] = true
			}
		}
	}
}

// Phases lists which buffer each slot has after 0, 1, ... steps, numbered as the slots are
// before the first, until all are as at first.
func (s *Schedule) Phases() [][]int {
	home := make([]int, len(s.Rotate))
	for i := range home {
		home[i] = i
	}
	out := [][]int{home}
	for {
		last, next := out[len(out)-1], make([]int, len(home))
		for i, from := range s.Rotate {
			next[i] = last[from]
		}
		if slices.Equal(next, home) {
			return out
		}
		out = append(out, next)
	}
}

// Static reports whether the rotation leaves every buffer where it is.
func (s *Schedule) Static() bool {
	for i, r := range s.Rotate {
		if i != r {
			return false
		}
	}
	return true
}

// verify rejects a schedule that would compute something else than the program:
// a buffer written while it is read away from the point, or written twice, or
// lost; it guards the planner above.
func (s *Schedule) verify() error {
	for _, op := range s.Ops {
		u, ok := op.Stmt.(Update)
		if !ok {
			continue
		}
		elsewhere := readElsewhere(u)
		written := map[int]bool{}
		for _, a := range op.Assigns {
			if written[a.Dst] {
				return fmt.Errorf("stencil: schedule of %s writes slot %d twice", s.Program.Name, a.Dst)
			}
			written[a.Dst] = true
			if !sameLayout(s.Buffers[a.Dst], a.Field) {
				return fmt.Errorf("stencil: schedule of %s puts %s in the buffer of %s", s.Program.Name, a.Field.Name, s.Buffers[a.Dst].Name)
			}
		}
		for f, slot := range op.Slot {
			if elsewhere[f] && written[slot] {
				return fmt.Errorf("stencil: schedule of %s overwrites %s while it is read at an offset", s.Program.Name, f.Name)
			}
		}
	}
	seen := make([]bool, len(s.Buffers))
	for i, r := range s.Rotate {
		if r < 0 || seen[r] || !sameLayout(s.Buffers[i], s.Buffers[r]) {
			return fmt.Errorf("stencil: schedule of %s rotates %v, not a permutation of like buffers", s.Program.Name, s.Rotate)
		}
		seen[r] = true
	}
	return nil
}

// sameLayout reports whether a and b are stored alike.
func sameLayout(a, b *Field) bool {
	if spans(a) || spans(b) { // what a model or a tape is in is not ours to exchange
		return a.Kind == State && b.Kind == State || a == b
	}
	return a.Kind == b.Kind && a.Dim == b.Dim
}

// spans reports whether f spans the whole grid.
func spans(f *Field) bool { return f.Kind != Memory && f.Kind != Profile }

func clone(m map[*Field]int) map[*Field]int {
	out := make(map[*Field]int, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

func index(s []int, v int) int {
	for i, x := range s {
		if x == v {
			return i
		}
	}
	return -1
}

func remove(s []int, i int) []int { return append(s[:i:i], s[i+1:]...) }
