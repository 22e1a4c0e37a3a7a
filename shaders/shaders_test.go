package shaders

import (
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/stencil"
)

// random returns a scalar program, its schedule and a layout with PMLs on any sides,
// also such that meet.
func random(t *testing.T, rnd *rand.Rand) (*stencil.Schedule, *stencil.Layout) {
	t.Helper()
	ndim := 1 + rnd.IntN(3)
	p := equation.Scalar().Program(ndim, 2+2*rnd.IntN(4)).Bind(equation.Params(0.001, []float64{4, 5, 6}[:ndim]))
	var shape []int
	var pml [][2]int
	for range ndim {
		w := [2]int{rnd.IntN(2) * rnd.IntN(6), rnd.IntN(2) * rnd.IntN(6)}
		shape, pml = append(shape, 1+w[0]+w[1]+rnd.IntN(30)), append(pml, w)
	}
	l, err := stencil.NewLayout(p, shape, pml)
	if err != nil {
		t.Fatal(err)
	}
	s, err := stencil.NewSchedule(p)
	if err != nil {
		t.Fatal(err)
	}
	return s, l
}

// TestItems checks that the work items of an Update's kernels are the cells inside
// the halo, each once, and that each knows where it is, as the layout says.
func TestItems(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 1))
	for range 60 {
		s, l := random(t, rnd)
		g, err := NewGrid(l, s, 1+rnd.IntN(3), func(*stencil.Field) int { return 1 }, 1+rnd.IntN(20))
		if err != nil {
			t.Fatal(err)
		}
		m, err := NewModule(s, Kinds(l))
		if err != nil {
			t.Fatal(err)
		}
		met := map[[3]int]stencil.Region{}
		for _, r := range l.Regions() {
			for i := range r.Cells() {
				n := [3]int{r.Hi[0] - r.Lo[0], r.Hi[1] - r.Lo[1], r.Hi[2] - r.Lo[2]}
				met[[3]int{r.Lo[0] + i/n[2]/n[1], r.Lo[1] + i/n[2]%n[1], r.Lo[2] + i%n[2]}] = r
			}
		}
		for _, k := range m.Kernels {
			if k.Work != Update {
				continue
			}
			args := map[string]int{}
			for i, v := range k.Values(g) {
				args[k.Args[i].Name] = int(v)
			}
			items := k.Items(g)
			items[2] /= g.Shots
			for i := range items[0] * items[1] * items[2] {
				item := [3]int{i % items[0], i / items[0] % items[1], i / items[0] / items[1]}
				var cell, strip [3]int
				for d := range k.NDim {
					a, n := k.Axis(d), item[k.NDim-1-d]
					cell[d] = args["lo_"+a] + n
					strip[d] = cell[d]
					if k.InPML[d] && n >= args["first_"+a] {
						cell[d] += args["gap_"+a]
						strip[d] = cell[d] + args["high_"+a]
					}
				}
				r, ok := met[cell]
				if !ok {
					t.Fatalf("seed %d: %s of %v computes cell %v, which is outside the halo or done already", seed, k.Name, l, cell)
				}
				delete(met, cell)
				for d := range k.NDim {
					if r.InPML(d) != k.InPML[d] {
						t.Fatalf("seed %d: %s of %v computes cell %v of region %v", seed, k.Name, l, cell, r)
					}
					if k.usesStrips(d) && strip[d] != l.Stored(d, r.Side[d], cell[d]) {
						t.Fatalf("seed %d: %s of %v has cell %v at %d of the strips of dimension %d, want %d", seed, k.Name, l, cell, strip[d], d, l.Stored(d, r.Side[d], cell[d]))
					}
				}
			}
		}
		if len(met) > 0 {
			t.Fatalf("seed %d: %d cells of %v are computed by no kernel", seed, len(met), l)
		}
	}
}

// TestRows checks that rows of all slots lie in their buffers, and none in another.
func TestRows(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 2))
	for range 60 {
		s, l := random(t, rnd)
		shots := 1 + rnd.IntN(3)
		g, err := NewGrid(l, s, shots, func(*stencil.Field) int { return 1 }, 1+rnd.IntN(20))
		if err != nil {
			t.Fatal(err)
		}
		for slot, f := range s.Buffers {
			size := g.Size[slot] / g.Copies(slot)
			taken := make([]bool, size)
			g.EachRow(f, func(at, cell, n int) {
				if at < 0 || at+n > size {
					t.Fatalf("seed %d: %s: row of %d at %d of %d", seed, f.Name, n, at, size)
				}
				for i := range n {
					if taken[at+i] {
						t.Fatalf("seed %d: %s: value %d is in two rows", seed, f.Name, at+i)
					}
					taken[at+i] = true
				}
			})
		}
		u := s.Program.Field("u")
		g.EachRow(u, func(at, cell, n int) {
			for i := range n {
				if g.Cell(cell+i) != at+i {
					t.Fatalf("seed %d: cell %d is at %d, want %d", seed, cell+i, g.Cell(cell+i), at+i)
				}
			}
		})
	}
}

// scalar2D returns the kernels of a plan of three shots with a PML on two sides.
func scalar2D(t *testing.T) (*Module, *Grid) {
	t.Helper()
	p := equation.Scalar().Program(2, 4).Bind(equation.Params(0.001, []float64{1, 1}))
	s, err := stencil.NewSchedule(p)
	if err != nil {
		t.Fatal(err)
	}
	l, err := stencil.NewLayout(p, []int{40, 50}, [][2]int{{5, 0}, {0, 6}})
	if err != nil {
		t.Fatal(err)
	}
	g, err := NewGrid(l, s, 3, func(*stencil.Field) int { return 1 }, 16)
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewModule(s, Kinds(l))
	if err != nil {
		t.Fatal(err)
	}
	return m, g
}

// TestTraffic counts the scalar equation: 4 values a cell, 8 in one PML, 12 in two.
func TestTraffic(t *testing.T) {
	m, g := scalar2D(t)
	const spread = 2 // cells that the profiles' derivative reaches beyond a PML
	y, x := 5+spread, 6+spread
	want := 3 * (4*(40-y)*(50-x) + 8*(y*(50-x)+(40-y)*x) + 12*y*x)
	if got := m.Traffic(g); got != float64(want) {
		t.Errorf("a step moves %g values, want %d", got, want)
	}
}

// TestPointsArePushed checks that what is compiled for a grid does not depend on the
// points.
func TestPointsArePushed(t *testing.T) {
	m, g := scalar2D(t)
	for _, k := range m.Kernels {
		g.SetPoints(k, 7, 2)
		few := k.Values(g)
		g.SetPoints(k, 70, 20)
		changed := false
		for i, many := range k.Values(g) {
			if many != few[i] && !k.Args[i].Pushed {
				t.Errorf("%s: %s depends on the points and is compiled in", k.Name, k.Args[i].Name)
			}
			changed = changed || many != few[i]
		}
		if changed != (k.Work != Update) {
			t.Errorf("%s: arguments depend on the points: %v", k.Name, changed)
		}
		if last := len(k.Args) - 1; k.Work != Update && !(k.Args[last].Name == "step" && k.Args[last].Pushed) {
			t.Errorf("%s: the last argument is %s, want step, pushed", k.Name, k.Args[last].Name)
		}
	}
}

func TestTooLarge(t *testing.T) {
	p := equation.Scalar().Program(3, 4).Bind(equation.Params(0.001, []float64{1, 1, 1}))
	s, err := stencil.NewSchedule(p)
	if err != nil {
		t.Fatal(err)
	}
	l, err := stencil.NewLayout(p, []int{2000, 2000, 2000}, make([][2]int, 3))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewGrid(l, s, 1, func(*stencil.Field) int { return 1 }, 1); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "2147483647") {
		t.Errorf("a grid of 8e9 cells: %v, want an error with the limit", err)
	}
}

func TestIdentifier(t *testing.T) {
	for name, want := range map[string]string{
		"u": "u", "psi_x": "psi_x", "du dx": "du_dx", "a__b": "a_b", "float": "f_float", "step": "f_step", "lo_x": "f_lo_x",
		"v_shot": "f_v_shot", "1st": "f1st", "": "f", "δu": "u", "gl_u": "f_gl_u", "u_": "u", "at_y": "f_at_y",
	} {
		if got := identifier(name); got != want {
			t.Errorf("identifier(%q) is %q, want %q", name, got, want)
		}
	}
}

func TestGroups(t *testing.T) {
	g := Groups(stencil.Node{W: []float64{-2, 0.5, -0.5, 2, 3}, Args: []int{7, 1, 2, 8, 9}})
	if len(g) != 3 || g[0].W != -2 || g[0].Plus[0] != 7 || g[0].Minus[0] != 8 || g[1].W != 0.5 || g[1].Plus[0] != 1 || g[1].Minus[0] != 2 || g[2].W != 3 {
		t.Errorf("groups are %+v", g)
	}
}

// TestLiteral checks that numbers survive being printed.
func TestLiteral(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 3))
	for range 1000 {
		x := (rnd.Float64() - 0.5) * math.Pow(10, float64(rnd.IntN(60)-30))
		for _, bits := range []int{32, 64} {
			b := &body{bits: bits}
			got, err := strconv.ParseFloat(b.literal(x), bits)
			want := x
			if bits == 32 {
				want = float64(float32(x))
			}
			if err != nil || got != want || !strings.ContainsAny(b.literal(x), ".e") {
				t.Fatalf("seed %d: %g of %d bits is printed as %s", seed, x, bits, b.literal(x))
			}
		}
	}
}

// TestAwkwardNames checks that fields with names that languages reserve, or that
// become the same, make different identifiers.
func TestAwkwardNames(t *testing.T) {
	field := func(name string) *stencil.Field { return &stencil.Field{Name: name, Kind: stencil.State} }
	a, b, c := field("float"), field("f float"), field("f_float")
	p := &stencil.Program{Name: "step", NDim: 1, Body: []stencil.Stmt{stencil.Update{
		{Dst: a, RHS: stencil.Add(a.At(), b.At(), stencil.Named("float", stencil.Mul(c.At(), c.At())))}, {Dst: b, RHS: stencil.Add(b.At(), c.At())}, {Dst: c, RHS: stencil.Add(c.At(), a.At())},
	}}}
	if err := p.Verify(); err != nil {
		t.Fatal(err)
	}
	s, err := stencil.NewSchedule(p)
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewModule(s, []int{0})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, buf := range m.Kernels[0].Buffers {
		if reserved[buf.Name] || seen[buf.Name] {
			t.Errorf("buffer name %q is reserved or used twice", buf.Name)
		}
		seen[buf.Name] = true
	}
	if text := OpenCL(m, Float32); strings.Contains(text, "real float =") {
		t.Errorf("a variable is called float:\n%s", text)
	}
}
