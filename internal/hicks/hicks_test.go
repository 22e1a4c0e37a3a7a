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
			mono := entries(t, Spec{HalfWidth: r, Shape: []int{22}}, x)
			di := entries(t, Spec{HalfWidth: r, Shape: []int{22}, Dipole: true}, x)
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
				s := Spec{HalfWidth: r, Shape: []int{n}, Dipole: dipole}
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
	free := Spec{HalfWidth: 2, Shape: []int{9}}
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
				s := Spec{HalfWidth: r, Shape: []int{22}, Dipole: dipole}
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
		s := Spec{HalfWidth: 3, Shape: shape, Dipole: dim >= 0, DipoleDim: max(dim, 0)}
		var axes [3][]Entry
		for d := range axes {
			axes[d] = entries(t, Spec{HalfWidth: 3, Shape: shape[d : d+1], Dipole: d == dim}, location[d])
		}
		var want []Entry
		for _, z := range axes[0] {
			for _, y := range axes[1] {
				for _, x := range axes[2] {
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
				part := Spec{HalfWidth: r, Shape: []int{c.cells}, Origin: []int{c.origin}, Margin: [][2]int{{c.before, c.after}}, Dipole: dipole}
				whole := Spec{HalfWidth: r, Shape: []int{c.before + c.cells + c.after}, Dipole: dipole}
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
	got := entries(t, Spec{Shape: []int{20}}, 9.5)
	want := entries(t, Spec{HalfWidth: 4, Shape: []int{20}, Origin: []int{0}, Margin: [][2]int{{0, 0}}}, 9.5)
	if fmt.Sprint(got) != fmt.Sprint(want) || len(got) != 8 {
		t.Errorf("entries are %v, want %v", got, want)
	}
	// Half width 1 on a cell is the central difference.
	got = entries(t, Spec{HalfWidth: 1, Shape: []int{20}, Dipole: true}, 9)
	if fmt.Sprint(got) != "[{[8] -0.5} {[9] 0} {[10] 0.5}]" && fmt.Sprint(got) != "[{[8] -0.5} {[9] -0} {[10] 0.5}]" {
		t.Errorf("dipole of half width 1 is %v", got)
	}
}

func TestErrors(t *testing.T) {
	ok := Spec{Shape: []int{9, 20}, Margin: [][2]int{{2, 3}, {1, 1}}}
	surface := Spec{Shape: []int{9, 20}, Margin: [][2]int{{0, 3}, {1, 1}}}
	apart := Spec{Shape: []int{9, 20}, Origin: []int{3, 0}}
	for _, c := range []struct {
		s    Spec
		l    []float64
		want string
	}{
		{Spec{}, nil, "hicks: Shape has 0 dimensions, want 1 to 3"},
		{Spec{Shape: []int{0}}, nil, "hicks: Shape[0] is 0, want at least 1"},
		{Spec{Shape: []int{9}, HalfWidth: 11}, nil, "hicks: HalfWidth is 11, want 1 to 10, or 0 for 4"},
		{Spec{Shape: []int{9}, HalfWidth: -1}, nil, "hicks: HalfWidth is -1, want 1 to 10, or 0 for 4"},
		{Spec{Shape: []int{9}, Margin: make([][2]int, 2)}, nil, "hicks: Margin has 2 dimensions, want 1 or none"},
		{Spec{Shape: []int{9}, Origin: make([]int, 2)}, nil, "hicks: Origin has 2 dimensions, want 1 or none"},
		{Spec{Shape: []int{9}, Dipole: true, DipoleDim: 1}, nil, "hicks: DipoleDim is 1, want 0 to 0"},
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
