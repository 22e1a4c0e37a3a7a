package array

import "sync"

// walker visits the rows of a shape: runs along its last axis, joined with the
// axes before it as far as all operands go on without a gap.
//
//	w := walk(shape)
//	w.operand(strides, off)     // for each operand
//	n, s0, s1 := w.start()
//	for ok := n > 0; ok; ok = w.next() {
//		// the row of operand i is at w.at[i], w.at[i]+w.step[i], ..., n elements
//	}
//	w.done()
//
// It holds no pointers but to its own slices: storing those while the garbage
// collector runs costs more than a short row.
type walker struct {
	shape    [maxAxes]int
	axes     int
	operands []walked
	at       []int // where the row starts, by operand
	step     []int // stride within a row, by operand

	n     int // length of a row
	outer int // number of outer axes, kept the fastest first
	count [maxAxes]int
	idx   [maxAxes]int
}

// walked holds an operand's strides: of each axis, and of the outer ones.
type walked struct{ strides, outer [maxAxes]int }

var walkers = sync.Pool{New: func() any { return new(walker) }}

// walk returns a walker over a shape, to be given back by done.
func walk(shape []int) *walker {
	w := walkers.Get().(*walker)
	w.axes = copy(w.shape[:], shape)
	w.operands, w.step, w.at = w.operands[:0], w.step[:0], w.at[:0]
	return w
}

func (w *walker) done() { walkers.Put(w) }

// operand adds an operand with its stride along each axis of the shape.
func (w *walker) operand(strides []int, off int) {
	w.operands = append(w.operands, walked{})
	copy(w.operands[len(w.operands)-1].strides[:], strides)
	w.at = append(w.at, off)
	w.step = append(w.step, 1)
}

// repeated adds d as an operand whose extents of 1 repeat.
func (w *walker) repeated(d *dense) {
	w.operand(d.strides, d.off)
	o := &w.operands[len(w.operands)-1]
	for k, n := range d.shape {
		if n == 1 {
			o.strides[k] = 0
		}
	}
}

// start finds the rows and returns their length, 0 if there are none, and the
// strides within them of the first two operands.
func (w *walker) start() (n, s0, s1 int) {
	w.n, w.outer, w.idx = 1, 0, [maxAxes]int{}
	inRow := false // an axis with more than one element is in the row
	for k := w.axes - 1; k >= 0; k-- {
		extent := w.shape[k]
		switch {
		case extent == 0:
			return 0, 0, 0
		case extent == 1:
		case !inRow:
			inRow, w.n = true, extent
			for i := range w.operands {
				w.step[i] = w.operands[i].strides[k]
			}
		case w.outer == 0 && w.goesOn(k):
			w.n *= extent
		default:
			w.count[w.outer] = extent
			for i := range w.operands {
				w.operands[i].outer[w.outer] = w.operands[i].strides[k]
			}
			w.outer++
		}
	}
	if len(w.step) > 1 {
		s1 = w.step[1]
	}
	return w.n, w.step[0], s1
}

// goesOn reports whether axis k continues the row for all operands.
func (w *walker) goesOn(k int) bool {
	for i := range w.operands {
		if w.operands[i].strides[k] != w.step[i]*w.n {
			return false
		}
	}
	return true
}

// follows reports whether the rows of operand i along the fastest outer axis follow
// each other without gaps.
func (w *walker) follows(i int) bool { return w.step[i] == 1 && w.operands[i].outer[0] == w.n }

// next moves to the next row.
func (w *walker) next() bool {
	for d := range w.outer {
		w.idx[d]++
		if w.idx[d] < w.count[d] {
			for i := range w.at {
				w.at[i] += w.operands[i].outer[d]
			}
			return true
		}
		w.idx[d] = 0
		for i := range w.at {
			w.at[i] -= (w.count[d] - 1) * w.operands[i].outer[d]
		}
	}
	return false
}
