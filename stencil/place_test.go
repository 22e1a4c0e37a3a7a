package stencil_test

import (
	"testing"

	. "github.com/d52adeda/wave/stencil"
)

// Pieces of rows are all cells of the grid, of memory fields those of the zones, each once
// and where Stored says.
func TestEachRow(t *testing.T) {
	for ndim := 1; ndim <= 3; ndim++ {
		e := scalar(ndim, 4)
		shape, pml := []int{7, 30, 25}[3-ndim:], [][2]int{{2, 3}, {3, 2}, {0, 4}}[3-ndim:]
		l, err := NewLayout(e.program, shape, pml)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range e.program.Fields() {
			seen := map[int]bool{}
			l.EachRow(f, func(at [3]int, cell, n int) {
				for i := range n {
					c := cell + i
					if seen[c] {
						t.Fatalf("%d-D: cell %d of %s comes twice", ndim, c, f)
					}
					seen[c] = true
					for d := range ndim {
						x, got := l.Coordinate(c, d), at[d]
						if d == ndim-1 {
							got += i
						}
						want := x
						if f.Kind == Memory && d == f.Dim && x >= l.Strips[d].ZoneHi {
							want = l.Stored(d, High, x)
						}
						if f.Kind != Profile && got != want {
							t.Fatalf("%d-D: cell %d of %s is stored at %d along dimension %d, want %d", ndim, c, f, got, d, want)
						}
					}
				}
			})
			want := l.Padded()
			if s := l.Strips[f.Dim]; f.Kind == Memory {
				want = want / l.Shape[f.Dim] * (s.ZoneLo + l.Shape[f.Dim] - s.ZoneHi)
			} else if f.Kind == Profile {
				want = l.Shape[f.Dim]
			}
			if len(seen) != want {
				t.Errorf("%d-D: %s has %d cells in pieces, want %d", ndim, f, len(seen), want)
			}
		}
	}
}

// Cells lie in memory one after the other, with gaps after rows and planes only.
func TestStrides(t *testing.T) {
	for _, c := range []struct {
		shape  []int
		planes bool
		want   [3]int
		size   int
	}{
		{[]int{5}, true, [3]int{1}, 8},
		{[]int{3, 5}, true, [3]int{8, 1}, 24},
		{[]int{3, 60}, false, [3]int{64, 1}, 192},
		{[]int{3, 128}, false, [3]int{136, 1}, 408}, // 16 lines and one more
		{[]int{2, 16, 5}, true, [3]int{136, 8, 1}, 272},
		{[]int{2, 16, 5}, false, [3]int{128, 8, 1}, 256},
	} {
		if got, size := Strides(c.shape, 8, c.planes); got != c.want || size != c.size {
			t.Errorf("Strides(%v, 8, %v) is %v, %d, want %v, %d", c.shape, c.planes, got, size, c.want, c.size)
		}
	}
}
