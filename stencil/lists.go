package stencil

import "math"

// lists numbers lists of whole numbers: equal ones alike, so that a list can be part of a
// map's key. 0 is the empty list; a longer one is a list and what comes behind it.
type lists map[[2]int]int

// then returns the list with x behind it.
func (l lists) then(list, x int) int {
	k := [2]int{list, x}
	n, ok := l[k]
	if !ok {
		n = len(l) + 1
		l[k] = n
	}
	return n
}

func (l lists) ints(xs []int) (list int) {
	for _, x := range xs {
		list = l.then(list, x)
	}
	return list
}

// floats numbers floats by their bits: 0 and -0 differ.
func (l lists) floats(xs []float64) (list int) {
	for _, x := range xs {
		list = l.then(list, int(math.Float64bits(x)))
	}
	return list
}

func (l lists) offsets(xs []Offset) (list int) {
	for _, o := range xs {
		for _, x := range o {
			list = l.then(list, x)
		}
	}
	return list
}
