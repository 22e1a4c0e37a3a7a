package stencil_test

import (
	"slices"
	"strings"
	"testing"

	. "github.com/d52adeda/wave/stencil"
)

// settingsOf are sizes and PML widths that touch every case of a layout: sides
// without PML, strips that meet, grids of PML only, interiors of one cell.
func settingsOf(ndim int) []setting {
	if ndim == 1 {
		var out []setting
		for n := 1; n <= 14; n++ {
			for lo := 0; lo <= min(n, 4); lo++ {
				for hi := 0; hi <= min(n-lo, 4); hi++ {
					out = append(out, setting{[]int{n}, [][2]int{{lo, hi}}})
				}
			}
		}
		return out
	}
	return []setting{
		{[]int{7, 16}, [][2]int{{0, 0}, {0, 0}}},
		{[]int{7, 16}, [][2]int{{1, 1}, {1, 1}}},
		{[]int{17, 16}, [][2]int{{2, 0}, {0, 3}}},
		{[]int{1, 18}, [][2]int{{1, 0}, {2, 2}}},
		{[]int{9, 2}, [][2]int{{4, 5}, {1, 0}}},
		{[]int{4, 3, 13}, [][2]int{{0, 1}, {1, 1}, {1, 1}}},
		{[]int{1, 12, 2}, [][2]int{{0, 0}, {1, 1}, {0, 0}}},
	}
}

// programs are equations and what is derived from them.
func programs(t *testing.T, e sample) []*Program {
	t.Helper()
	pair, err := Adjoint(e.program, nil, e.models, e.series...)
	if err != nil {
		t.Fatal(err)
	}
	born := JVP(e.program, e.models).Program
	return []*Program{e.program, born, pair.Forward, pair.Reverse, e.program.Premultiplied(), born.Premultiplied()}
}

func eachProgram(t *testing.T, test func(t *testing.T, p *Program, s setting)) {
	eachEquation(t, func(t *testing.T, e sample, _ setting) {
		for _, p := range programs(t, e) {
			for _, s := range settingsOf(e.program.NDim) {
				if len(s.shape) == p.NDim {
					test(t, p, s)
				}
			}
		}
	})
}

// TestRegions checks that regions cover every cell inside the halo exactly once.
func TestRegions(t *testing.T) {
	eachProgram(t, func(t *testing.T, p *Program, s setting) {
		w := newWorld(t, random(t), s.shape, s.pml, p)
		count := make([]int, w.cells())
		total := 0
		for _, r := range w.layout.Regions() {
			cells := 0
			for c := range count {
				if at := w.at(c); within(r, at, w.layout.NDim) {
					count[c]++
					cells++
				}
			}
			if cells != r.Cells() || cells == 0 {
				t.Errorf("%v: region %v holds %d cells, says %d", s, r, cells, r.Cells())
			}
			total += cells
		}
		for c, n := range count {
			if inside := w.layout.Inside(c); (n == 1) != inside || n > 1 {
				t.Errorf("%v: cell %v (inside %v) lies in %d regions", s, w.at(c), inside, n)
			}
		}
		if total != w.layout.Cells() {
			t.Errorf("%v: regions have %d cells, layout %d", s, total, w.layout.Cells())
		}
	})
}

func within(r Region, at [3]int, ndim int) bool {
	for d := range ndim {
		if at[d] < r.Lo[d] || at[d] >= r.Hi[d] {
			return false
		}
	}
	return true
}

// padded returns the padded cell that index i of a memory field's strips holds.
func padded(l *Layout, d, i int) int {
	if i < l.Strips[d].Lo {
		return i
	}
	return i - l.Strips[d].Len() + l.Shape[d]
}

// TestStrips checks that every load of memory that a region's kernel makes lies in
// the stored strips, at the cell it means, and that what is not stored is zero.
func TestStrips(t *testing.T) {
	type form struct {
		p    *Program
		kind int
	}
	loads := map[form][]Node{}
	eachProgram(t, func(t *testing.T, p *Program, s setting) {
		w := newWorld(t, random(t), s.shape, s.pml, p)
		l := w.layout
		for _, r := range l.Regions() {
			k := form{p, r.Kind()}
			if _, ok := loads[k]; !ok {
				loads[k] = loadsAndStores(t, p, r)
			}
			for _, n := range loads[k] {
				checkLoad(t, l, r, n)
			}
		}
		for _, f := range p.Fields() {
			if f.Kind != Memory {
				continue
			}
			if got, want := l.FieldShape(f)[f.Dim], l.Strips[f.Dim].Len(); got != want || got > l.Shape[f.Dim] {
				t.Errorf("%v: %s has %d stored cells, want %d", s, f, got, want)
			}
			stored := map[int]bool{}
			for i := range l.Strips[f.Dim].Len() {
				stored[padded(l, f.Dim, i)] = true
			}
			for x := l.Halo; x < l.Shape[f.Dim]-l.Halo; x++ {
				if !stored[x] && w.near(f.Dim, x, f.Extent) {
					t.Errorf("%v: %s is not stored at %d, where it need not vanish", s, f, x)
				}
			}
		}
		if t.Failed() {
			t.Fatalf("%v, layout %+v of\n%s", s, l, p)
		}
	})
}

// loadsAndStores lists what the kernels of a region read and write.
func loadsAndStores(t *testing.T, p *Program, r Region) []Node {
	t.Helper()
	sched, err := NewSchedule(p)
	if err != nil {
		t.Fatal(err)
	}
	var out []Node
	for _, op := range sched.Ops {
		g, err := NewGraph(op, p.NDim, r.InPML)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range g.Nodes {
			if n.Kind == OpLoad {
				out = append(out, n)
			}
		}
		for _, o := range g.Outputs {
			out = append(out, Node{Field: o.Field})
		}
	}
	return out
}

// checkLoad checks the stored index of a load for every cell of the region.
func checkLoad(t *testing.T, l *Layout, r Region, n Node) {
	t.Helper()
	f := n.Field
	shape, box := l.FieldShape(f), l.Box(f, r)
	for d := range l.NDim {
		if f.Kind == Profile && d != f.Dim {
			if n.Off[d] != 0 {
				t.Errorf("%s is read at %v", f, n.Off)
			}
			continue
		}
		size := shape[0]
		if f.Kind != Profile {
			size = shape[d]
		}
		for x := r.Lo[d]; x < r.Hi[d]; x++ {
			i := box[d] + x - r.Lo[d] + n.Off[d]
			if i < 0 || i >= size {
				t.Errorf("%s at %v in region %v: index %d of %d", f, n.Off, r, i, size)
			} else if f.Kind == Memory && d == f.Dim && padded(l, d, i) != x+n.Off[d] {
				t.Errorf("%s at %v in region %v, cell %d: index %d holds cell %d", f, n.Off, r, x, i, padded(l, d, i))
			}
		}
	}
}

// TestZones runs each region's specialised form and the whole program: the same
// values, and zero where a memory field has no form.
func TestZones(t *testing.T) {
	eachProgram(t, func(t *testing.T, p *Program, s setting) {
		cells := 1
		for _, n := range s.shape {
			cells *= n
		}
		if cells > 80 || p.NDim == 1 && s.pml[0][0]*s.pml[0][1] > 2 {
			return // the rest is like it
		}
		w := newWorld(t, random(t), s.shape, s.pml, p)
		w.fill(p, 1)
		for _, stmt := range p.Body {
			u, ok := stmt.(Update)
			if !ok {
				continue
			}
			whole := w.clone()
			(&Interpreter{Program: &Program{NDim: p.NDim, Body: []Stmt{u}}, Layout: w.layout, Data: whole.data}).Step()
			forms := map[int]*world{}
			for _, r := range w.layout.Regions() {
				special := (&Program{NDim: p.NDim, Body: []Stmt{u}}).Specialize(r.InPML)
				part := forms[r.Kind()]
				if part == nil {
					part = w.clone()
					(&Interpreter{Program: special, Layout: w.layout, Data: part.data}).Step()
					forms[r.Kind()] = part
				}
				kept := map[*Field]bool{}
				for _, a := range special.Body[0].(Update) {
					kept[a.Dst] = true
				}
				for _, a := range u {
					for c, want := range whole.data[a.Dst] {
						if !within(r, w.at(c), p.NDim) {
							continue
						}
						got := part.data[a.Dst][c]
						if !kept[a.Dst] {
							got = 0
						}
						if e := got - want; e > 1e-12 || e < -1e-12 {
							t.Fatalf("%v: %s at %v in region %v: %g, the whole program gives %g\n%s", s, a.Dst, w.at(c), r, got, want, p)
						}
					}
				}
			}
		}
	})
}

func TestLayoutErrors(t *testing.T) {
	p, q := scalar(2, 4).program, scalar(1, 4).program
	for _, test := range []struct {
		shape  []int
		pml    [][2]int
		shared []*Program
		want   string
	}{
		{[]int{5}, [][2]int{{0, 0}, {0, 0}}, nil, "want 2 dimensions"},
		{[]int{5, 5}, [][2]int{{0, 0}}, nil, "want 2 dimensions"},
		{[]int{5, 0}, [][2]int{{0, 0}, {0, 0}}, nil, "dimension 1 has 0 cells"},
		{[]int{5, 5}, [][2]int{{3, 3}, {0, 0}}, nil, "dimension 0 has 5 cells and PML widths [3 3]"},
		{[]int{5, 5}, [][2]int{{0, 0}, {-1, 0}}, nil, "dimension 1"},
		{[]int{5, 5}, [][2]int{{0, 0}, {0, 0}}, []*Program{q}, "scalar is 1-D, scalar is 2-D"},
	} {
		if _, err := NewLayout(p, test.shape, test.pml, test.shared...); err == nil || !strings.HasPrefix(err.Error(), "stencil: ") || !strings.Contains(err.Error(), test.want) {
			t.Errorf("NewLayout(%v, %v): error %v, want one with %q", test.shape, test.pml, err, test.want)
		}
	}
}

func TestLayoutShared(t *testing.T) {
	all := programs(t, scalar(2, 4))
	p, adj := all[0], all[3]
	if p.Spread() >= adj.Spread() || p.Reach() < adj.Reach() {
		t.Fatalf("spread %d and reach %d of the program, %d and %d of its adjoint: want the spread greater", p.Spread(), p.Reach(), adj.Spread(), adj.Reach())
	}
	wide := &Program{Name: "wide", NDim: 2, Body: []Stmt{Record{To: &Series{Name: "r", Points: "receiver"}, X: Load{Field: p.Field("v"), Off: Along(1, -7)}}}}
	pml := [][2]int{{2, 2}, {2, 2}}
	shared, err := NewLayout(p, []int{30, 30}, pml, adj, wide)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := NewLayout(adj, []int{30, 30}, pml, wide, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []*Layout{shared, theirs} {
		if want := []int{44, 44}; l.Halo != 7 || !slices.Equal(l.Shape, want) {
			t.Errorf("halo %d, padded grid %v, want 7, %v", l.Halo, l.Shape, want)
		}
	}
	if a, b := shared.Strips[0].ZoneLo, theirs.Strips[0].ZoneLo; a != 9+p.Spread() || b != 9+adj.Spread() {
		t.Errorf("the program's zone ends at %d, the adjoint's at %d, want %d and %d", a, b, 9+p.Spread(), 9+adj.Spread())
	}
	pml[0][0] = 9
	if shared.PML[0][0] != 2 {
		t.Error("the layout keeps the caller's PML widths")
	}
}

// TestBeyond checks where fields lie beyond a grid of 3 x 4 cells.
func TestBeyond(t *testing.T) {
	u := state("u")
	p := &Program{Name: "p", NDim: 2, Body: []Stmt{Update{{Dst: u, RHS: diff(0, -1, u.At(), 1, -2, 1)}}}}
	l, err := NewLayout(p, []int{3, 4}, make([][2]int, 2))
	if err != nil {
		t.Fatal(err)
	}
	for _, half := range [][3]bool{{}, {true}, {false, true}, {true, true}} {
		f := &Field{Name: "f", Kind: State, Half: half}
		for cell := range l.Padded() {
			y, x := l.Coordinate(cell, 0)-1, l.Coordinate(cell, 1)-1
			want := y < 0 || x < 0 || y > 2 || x > 3 || half[0] && y == 2 || half[1] && x == 3
			if got := l.Beyond(f, cell); got != want {
				t.Errorf("half %v: cell %d, %d is beyond the grid: %v, want %v", half, y, x, got, want)
			}
		}
	}
}
