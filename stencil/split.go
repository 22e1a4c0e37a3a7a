package stencil

import "slices"

// Split makes several of each Update that does not fit a kernel: each has some of its
// assignments, as many as fit, in an order in which none overwrites what a later one reads.
// What several assignments have in common is then computed once in each. Assignments that
// overwrite what each other reads stay together, whether they fit or not.
func (s *Schedule) Split(fits func(Op) bool) {
	var out []Op
	for _, op := range s.Ops {
		if len(op.Assigns) < 2 || fits(op) {
			out = append(out, op)
			continue
		}
		part := op
		part.Assigns = nil
		for _, unit := range op.units() {
			more := part
			more.Assigns = slices.Concat(part.Assigns, unit)
			if len(part.Assigns) > 0 && !fits(more) {
				out = append(out, part)
				more.Assigns = unit
			}
			part = more
		}
		out = append(out, part)
	}
	s.Ops = out
}

// units returns the assignments in an order in which they may follow each other; those that
// must be one are together.
func (op *Op) units() [][]SlotAssign {
	n := len(op.Assigns)
	before := make([][]bool, n) // [i][j]: i, or what must follow it, reads what j overwrites
	for i := range n {
		before[i] = make([]bool, n)
		walk(func(e Expr) {
			if l, ok := e.(Load); ok {
				for j, b := range op.Assigns {
					before[i][j] = before[i][j] || op.Slot[l.Field] == b.Dst
				}
			}
		}, op.Assigns[i].RHS)
	}
	for k := range n {
		for i := range n {
			for j := range n {
				before[i][j] = before[i][j] || before[i][k] && before[k][j]
			}
		}
	}
	var out [][]SlotAssign
	done := make([]bool, n)
	for left := n; left > 0; {
		for i := range n {
			ready := !done[i]
			for j := range n {
				ready = ready && (done[j] || !before[j][i] || before[i][j])
			}
			if !ready {
				continue
			}
			var unit []SlotAssign
			for j := range n {
				if !done[j] && (i == j || before[i][j] && before[j][i]) {
					unit, done[j] = append(unit, op.Assigns[j]), true
					left--
				}
			}
			out = append(out, unit)
		}
	}
	return out
}
