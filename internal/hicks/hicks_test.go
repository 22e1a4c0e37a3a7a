package hicks

import (
	"fmt"
	"math"
	"math/cmplx"
	"slices"
	"testing"
)

// The error bounds that Spec's comment states, for half widths 1 to 10.
var (
	monopoleBound = [10]float64{0.37, 0.096, 0.032, 0.012, 0.0047, 0.002, 0.0008, 0.0003, 1e-4, 4.2e-5}
	dipoleBound   = [10]float64{1.33, 0.43, 0.133, 0.0401, 0.0124, 0.0061, 0.003, 0.0012, 3.1e-4, 1.2e-4}
)

func entries(t *testing.T, s Spec, location ...float64) []Entry {
	t.Helper()
	e, err := s.Entries(location)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// axes are those of a region of a grid that has a margin around it, with a field that is zero in the first cell outside the
// grid: the mirror is the centre of that cell.
func axes(shape, origin []int, margin [][2]int) []Axis {
	out := make([]Axis, len(shape))
	for d, n := range shape {
		first, m := 0, [2]int{}
		if origin != nil {
			first = origin[d]
		}
		if margin != nil {
			m = margin[d]
		}
		last := first + n - 1
		a := Axis{Low: float64(first), High: float64(last), First: first - m[0], Last: last + m[1]}
		a.Mirrors = [2]Mirror{{float64(a.First - 1), -1}, {float64(a.Last + 1), -1}}
		if m[0] == 0 {
			a.Low--
		}
		if m[1] == 0 {
			a.High++
		}
		out[d] = a
	}
	return out
}

// record is what a receiver with these entries sees of the field.
func record(e []Entry, field func(cell []int) complex128) complex128 {
	var sum complex128
	for _, x := range e {
		sum += complex(x.Weight, 0) * field(x.Cell)
	}
	return sum
}

// wavenumbers up to 2 pi/3 a cell: wavelengths of three cells and more, the constant field included.
func wavenumbers(yield func(k float64) bool) {
	for i := range 41 {
		if !yield(2 * math.Pi / 3 * float64(i) / 40) {
			return
		}
	}
}

// TestPlaneWave interpolates exp(ikx) and its derivative between cells, on them, and close to them.
func TestPlaneWave(t *testing.T) {
	offsets := []float64{0, 1e-10, 1e-6, 0.01, 0.1, 0.25, 0.35, 0.5, 0.6, 0.75, 0.9, 0.999}
	for r := 1; r <= 10; r++ {
		for _, offset := range offsets {
			x := 10 + offset
			mono := entries(t, Spec{HalfWidth: r, Axes: axes([]int{22}, nil, nil)}, x)
			di := entries(t, Spec{HalfWidth: r, Axes: axes([]int{22}, nil, nil), Dipole: true}, x)
			for k := range wavenumbers {
				wave := func(cell []int) complex128 { return cmplx.Rect(1, k*(float64(cell[0])-x)) }
				if err := cmplx.Abs(record(mono, wave) - 1); !(err <= monopoleBound[r-1]) {
					t.Errorf("half width %d, offset %v, k %v: value is off by %g, want %g", r, offset, k, err, monopoleBound[r-1])
				}
				if err := cmplx.Abs(record(di, wave) - complex(0, k)); !(err <= dipoleBound[r-1]) {
					t.Errorf("half width %d, offset %v, k %v: derivative is off by %g, want %g", r, offset, k, err, dipoleBound[r-1])
				}
			}
		}
	}
}

// TestFreeSurface interpolates sin(k(x+1)), and the same from the other end: zero and odd at the mirror, cell -1 (n).
func TestFreeSurface(t *testing.T) {
	for r := 1; r <= 10; r++ {
		for _, n := range []int{2, 3, 9, 30} { // the first ones are narrower than the window
			for _, dipole := range []bool{false, true} {
				bound := monopoleBound[r-1]
				if dipole {
					bound = dipoleBound[r-1]
				}
				s := Spec{HalfWidth: r, Axes: axes([]int{n}, nil, nil), Dipole: dipole}
				for x := -1.0; x <= float64(n); x += 0.125 {
					e := entries(t, s, x)
					for mode := 0; mode <= 2*(n+1)/3; mode++ { // standing waves between the two mirrors
						k := math.Pi * float64(mode) / float64(n+1)
						got := record(e, func(cell []int) complex128 { return complex(math.Sin(k*float64(cell[0]+1)), 0) })
						want := math.Sin(k * (x + 1))
						if dipole {
							want = k * math.Cos(k*(x+1))
						}
						if err := cmplx.Abs(got - complex(want, 0)); !(err <= bound) {
							t.Errorf("half width %d, %d cells, dipole %v, x %v, k %v: off by %g, want %g", r, n, dipole, x, k, err, bound)
						}
					}
				}
			}
		}
	}
}

// TestMirrorCells states the mirrored weights cell by cell.
func TestMirrorCells(t *testing.T) {
	free := Spec{HalfWidth: 2, Axes: axes([]int{9}, nil, nil)}
	w := func(x float64) float64 { return monopole(x, 2) }
	for _, c := range []struct {
		x    float64
		want []Entry
	}{
		{-0.75, []Entry{{[]int{0}, w(0.75) - w(-1.25)}, {[]int{1}, w(1.75)}}},
		{0.25, []Entry{{[]int{0}, w(-0.25)}, {[]int{1}, w(0.75)}, {[]int{2}, w(1.75)}}}, // cell -1 is on the mirror
		{8.75, []Entry{{[]int{7}, w(-1.75)}, {[]int{8}, w(-0.75) - w(1.25)}}},
		{0, []Entry{{[]int{0}, 1}}},
		{-1, []Entry{}},
		{9, []Entry{}},
	} {
		got := entries(t, free, c.x)
		if !slices.EqualFunc(got, c.want, func(a, b Entry) bool {
			return slices.Equal(a.Cell, b.Cell) && math.Abs(a.Weight-b.Weight) <= 1e-15
		}) {
			t.Errorf("entries at %v are %v, want %v", c.x, got, c.want)
		}
	}
}

// TestReflection: reflecting the location reflects the cells; a dipole changes sign.
func TestReflection(t *testing.T) {
	for r := 1; r <= 10; r++ {
		for _, dipole := range []bool{false, true} {
			for _, x := range []float64{10, 10.125, 10.5, 10.875} {
				s := Spec{HalfWidth: r, Axes: axes([]int{22}, nil, nil), Dipole: dipole}
				a, b := entries(t, s, x), entries(t, s, 21-x)
				slices.Reverse(b)
				if len(a) != len(b) {
					t.Fatalf("half width %d: %d cells at %v, %d reflected", r, len(a), x, len(b))
				}
				for i := range a {
					want := b[i].Weight
					if dipole {
						want = -want
					}
					if a[i].Cell[0] != 21-b[i].Cell[0] || math.Abs(a[i].Weight-want) > 1e-14 {
						t.Errorf("half width %d, dipole %v, x %v: %v reflects to %v", r, dipole, x, a[i], b[i])
					}
				}
			}
		}
	}
}

// TestProduct: in three dimensions weights multiply, cells are row-major, and a coordinate on a cell adds none.
func TestProduct(t *testing.T) {
	shape := []int{12, 13, 14}
	location := []float64{5.25, 7 + 1e-10, 6.5}
	for _, dim := range []int{-1, 0, 1, 2} {
		s := Spec{HalfWidth: 3, Axes: axes(shape, nil, nil), Dipole: dim >= 0, DipoleDim: max(dim, 0)}
		var along [3][]Entry
		for d := range along {
			along[d] = entries(t, Spec{HalfWidth: 3, Axes: axes(shape[d:d+1], nil, nil), Dipole: d == dim}, location[d])
		}
		var want []Entry
		for _, z := range along[0] {
			for _, y := range along[1] {
				for _, x := range along[2] {
					want = append(want, Entry{[]int{z.Cell[0], y.Cell[0], x.Cell[0]}, z.Weight * y.Weight * x.Weight})
				}
			}
		}
		got := entries(t, s, location...)
		if !slices.EqualFunc(got, want, func(a, b Entry) bool {
			return slices.Equal(a.Cell, b.Cell) && math.Abs(a.Weight-b.Weight) <= 1e-15
		}) {
			t.Errorf("dipole dimension %d: %v, want %v", dim, got, want)
		}
		if n := map[bool]int{false: 36, true: 36 * 7}[dim == 1]; len(got) != n {
			t.Errorf("dipole dimension %d: %d entries, want %d", dim, len(got), n)
		}
	}
}

// TestMargin: a region within a grid has the entries of the whole grid, wherever the region begins, and mirrors at the grid's ends.
func TestMargin(t *testing.T) {
	for _, c := range []struct{ origin, cells, before, after int }{{0, 9, 20, 20}, {0, 9, 1, 2}, {0, 1, 1, 3}, {7, 9, 2, 1}, {-3, 5, 4, 4}} {
		for _, r := range []int{1, 2, 4, 10} {
			for _, dipole := range []bool{false, true} {
				part := Spec{HalfWidth: r, Axes: axes([]int{c.cells}, []int{c.origin}, [][2]int{{c.before, c.after}}), Dipole: dipole}
				whole := Spec{HalfWidth: r, Axes: axes([]int{c.before + c.cells + c.after}, nil, nil), Dipole: dipole}
				for x := 0.0; x <= float64(c.cells-1); x += 0.125 {
					got, want := entries(t, part, x+float64(c.origin)), entries(t, whole, x+float64(c.before))
					for i := range want {
						want[i].Cell[0] += c.origin - c.before
					}
					if fmt.Sprint(got) != fmt.Sprint(want) { // all sums are exact
						t.Errorf("%+v at %v: %v, want %v", part, x, got, want)
					}
				}
			}
		}
	}
}

func TestDefaults(t *testing.T) {
	got := entries(t, Spec{Axes: axes([]int{20}, nil, nil)}, 9.5)
	want := entries(t, Spec{HalfWidth: 4, Axes: axes([]int{20}, []int{0}, [][2]int{{0, 0}})}, 9.5)
	if fmt.Sprint(got) != fmt.Sprint(want) || len(got) != 8 {
		t.Errorf("entries are %v, want %v", got, want)
	}
	// Half width 1 on a cell is the central difference.
	got = entries(t, Spec{HalfWidth: 1, Axes: axes([]int{20}, nil, nil), Dipole: true}, 9)
	if fmt.Sprint(got) != "[{[8] -0.5} {[9] 0} {[10] 0.5}]" && fmt.Sprint(got) != "[{[8] -0.5} {[9] -0} {[10] 0.5}]" {
		t.Errorf("dipole of half width 1 is %v", got)
	}
}

func TestErrors(t *testing.T) {
	ok := Spec{Axes: axes([]int{9, 20}, nil, [][2]int{{2, 3}, {1, 1}})}
	surface := Spec{Axes: axes([]int{9, 20}, nil, [][2]int{{0, 3}, {1, 1}})}
	apart := Spec{Axes: axes([]int{9, 20}, []int{3, 0}, nil)}
	for _, c := range []struct {
		s    Spec
		l    []float64
		want string
	}{
		{Spec{}, nil, "hicks: 0 Axes, want 1 to 3"},
		{Spec{Axes: axes([]int{9}, nil, nil), HalfWidth: 11}, nil, "hicks: HalfWidth is 11, want 1 to 10, or 0 for 4"},
		{Spec{Axes: axes([]int{9}, nil, nil), HalfWidth: -1}, nil, "hicks: HalfWidth is -1, want 1 to 10, or 0 for 4"},
		{Spec{Axes: axes([]int{9}, nil, nil), Dipole: true, DipoleDim: 1}, nil, "hicks: DipoleDim is 1, want 0 to 0"},
		{ok, []float64{4}, "hicks: location [4] has 1 coordinates, want 2"},
		{ok, []float64{4, math.NaN()}, "hicks: location [4 NaN] has NaN in dimension 1, want 0 to 19"},
		{ok, []float64{math.Inf(-1), 4}, "hicks: location [-Inf 4] has -Inf in dimension 0, want 0 to 8"},
		{ok, []float64{-1, 4}, "hicks: location [-1 4] has -1 in dimension 0, want 0 to 8"},
		{ok, []float64{8 + 2e-6, 9}, "hicks: location [8.000002 9] has 8.000002 in dimension 0, want 0 to 8"},
		{apart, []float64{1.5, 9}, "hicks: location [1.5 9] has 1.5 in dimension 0, want 2 to 12"},
		{surface, []float64{-1.5, 9}, "hicks: location [-1.5 9] has -1.5 in dimension 0, want -1 to 8"},
	} {
		if _, err := c.s.Entries(c.l); err == nil || err.Error() != c.want {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
	for _, edge := range []float64{8, 8 + 9e-7, 7.5} { // to rounding
		if _, err := ok.Entries([]float64{edge, 19}); err != nil {
			t.Error(err)
		}
	}
}

// TestPlanesBetweenCells: mirrors half a cell beyond the last cell, for fields on cells and between them, odd and even about
// them: entries sum what an interpolation of the field with its images does.
func TestPlanesBetweenCells(t *testing.T) {
	const n, r = 30, 4
	for _, c := range []struct {
		shift       float64
		first, last int
		sign        int
	}{
		{0, 0, n - 1, -1},   // pressure at a free surface
		{0, 0, n - 1, 1},    // pressure at a rigid one
		{0.5, -1, n - 1, 1}, // velocity at a free surface, on which it has points
		{0.5, 0, n - 2, -1}, // at a rigid one it is zero there
	} {
		s := Spec{HalfWidth: r, Axes: []Axis{{Low: -0.5, High: n - 0.5, Shift: c.shift, First: c.first, Last: c.last, Mirrors: [2]Mirror{{-0.5, c.sign}, {n - 0.5, c.sign}}}}}
		field := func(x float64) float64 { // of position
			if c.sign < 0 {
				return math.Sin(math.Pi * (x + 0.5) / n * 3)
			}
			return math.Cos(math.Pi * (x + 0.5) / n * 3)
		}
		for _, x := range []float64{-0.5, -0.3, 0, 0.2, 1.7, 14.6, n - 1.4, n - 0.6, n - 0.5} {
			got := 0.0
			for _, e := range entries(t, s, x) {
				if i := e.Cell[0]; i < c.first || i > c.last {
					t.Errorf("%+v: an entry in cell %d", c, i)
				}
				got += e.Weight * field(float64(e.Cell[0])+c.shift)
			}
			if e := math.Abs(got - field(x)); e > 0.012 { // of this half width
				t.Errorf("%+v at %g: %g, want %g", c, x, got, field(x))
			}
		}
		if _, err := s.Entries([]float64{-0.6}); err == nil {
			t.Errorf("%+v: a location beyond the plane has entries", c)
		}
	}
	none := Spec{HalfWidth: r, Axes: []Axis{{Low: -0.5, High: 0.5, Shift: 0.5, First: 0, Last: -1}}}
	if e := entries(t, none, 0.2); len(e) > 0 {
		t.Errorf("a grid without cells has entries %v", e)
	}
}
