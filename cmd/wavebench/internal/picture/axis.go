package picture

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
)

// axis is one side of a frame: from first (left or top edge) to last (right or
// bottom edge), in the unit of the label.
type axis struct {
	label       string
	first, last float64
	// at turns a value into a fraction of the way from first to last; nil is linear.
	at    func(v float64) float64
	whole bool // values are whole numbers
}

func (a axis) frac(v float64) float64 {
	if a.at != nil {
		return a.at(v)
	}
	return (v - a.first) / (a.last - a.first)
}

type tick struct {
	value float64
	label string
}

// ticks returns labelled positions at round values, about one every gap pixels of
// a side of the given length, at least two where the range allows it.
func (a axis) ticks(length, gap int) []tick {
	lo, hi := min(a.first, a.last), max(a.first, a.last)
	if !(hi > lo) {
		return nil
	}
	step := niceStep((hi - lo) / max(float64(length)/float64(gap), 2))
	if a.whole {
		step = max(step, 1)
	}
	digits := decimals(step)
	var t []tick
	for i := math.Ceil(lo/step - 1e-6); i*step <= hi+step*1e-6 && len(t) < 100; i++ {
		t = append(t, tick{i * step, number(i*step, digits)})
	}
	return t
}

// niceStep returns the smallest 1, 2 or 5 times a power of ten not below s.
func niceStep(s float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(s)))
	for _, m := range []float64{1, 2, 5} {
		if m*p >= s*(1-1e-9) {
			return m * p
		}
	}
	return 10 * p
}

// decimals returns how many digits after the point tell multiples of step apart.
func decimals(step float64) int {
	for d := range 12 {
		if s := step * math.Pow10(d); math.Abs(s-math.Round(s)) < 1e-6*s {
			return d
		}
	}
	return 12
}

// number formats v with a true minus sign and no negative zero, never long.
func number(v float64, digits int) string {
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if digits > 6 || math.Abs(v) >= 1e7 {
		s = strconv.FormatFloat(v, 'g', 6, 64)
	}
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-")
	}
	return strings.ReplaceAll(s, "-", "−")
}

// short formats v with three significant digits.
func short(v float64) string {
	return strings.ReplaceAll(strconv.FormatFloat(v, 'g', 3, 64), "-", "−")
}

// factored divides a range of large or small values by a power of a thousand and
// says so in the label, so that tick labels stay short.
func factored(a axis) (axis, float64) {
	m := max(math.Abs(a.first), math.Abs(a.last))
	if m < tiny || m >= 0.1 && m < 1e5 {
		return a, 1
	}
	e := 3 * int(math.Floor(math.Log10(m)/3))
	f := math.Pow(10, float64(e))
	a.first /= f
	a.last /= f
	ten := "×10" + superscript(e)
	if head, unit, ok := strings.Cut(a.label, "("); ok {
		a.label = head + "(" + ten + " " + unit
	} else {
		a.label += " (" + ten + ")"
	}
	return a, f
}

func superscript(e int) string {
	return strings.Map(func(r rune) rune {
		if r == '-' {
			return superscripts[0]
		}
		return superscripts[1+r-'0']
	}, strconv.Itoa(e))
}

// lengths chooses the unit in which lengths up to m metres are labelled.
func lengths(m float64) (unit string, factor float64) {
	switch {
	case m >= 10e3:
		return "km", 1e-3
	case m < 0.5:
		return "mm", 1e3
	}
	return "m", 1
}

// channels returns the axis of n evenly drawn traces whose labels are the strictly
// monotonic pos, or the channel numbers from 0 if pos is nil.
func channels(n int, pos []float64, label string) (axis, error) {
	if pos == nil {
		if label == "" {
			label = "receiver"
		}
		return axis{label: label, first: -0.5, last: float64(n) - 0.5, whole: pos == nil}, nil
	}
	if len(pos) != n {
		return axis{}, fmt.Errorf("picture: Positions has %d values, want one per receiver: %d", len(pos), n)
	}
	for i, p := range pos {
		if bad(p) {
			return axis{}, fmt.Errorf("picture: Positions[%d] is %v, want a finite number", i, p)
		}
		if i > 1 && (p-pos[i-1])*(pos[1]-pos[0]) <= 0 || i == 1 && p == pos[0] {
			return axis{}, fmt.Errorf("picture: Positions[%d] is %g after %g, want values that always rise or always fall", i, p, pos[i-1])
		}
	}
	if n == 1 {
		return axis{label: label, first: pos[0] - 0.5, last: pos[0] + 0.5}, nil
	}
	a := axis{
		label: label,
		first: pos[0] - (pos[1]-pos[0])/2,
		last:  pos[n-1] + (pos[n-1]-pos[n-2])/2,
	}
	sign := math.Copysign(1, pos[1]-pos[0])
	a.at = func(v float64) float64 { // straight lines between neighbouring traces
		i := sort.Search(n, func(i int) bool { return sign*pos[i] >= sign*v })
		i = min(max(i, 1), n-1)
		return (float64(i) + 0.5 + (v-pos[i])/(pos[i]-pos[i-1])) / float64(n)
	}
	return a, nil
}
