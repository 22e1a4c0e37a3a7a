package stencil_test

import (
	"flag"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/d52adeda/wave/stencil"
)

var seedFlag = flag.Uint64("seed", 0, "seed of the random tests, as a failure prints it")

// random returns a source of random numbers whose seed a failure prints.
func random(t *testing.T) *rand.Rand {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("repeat with -seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 1))
}

func state(name string) *Field { return &Field{Name: name, Kind: State} }

func model(name string) *Field { return &Field{Name: name, Kind: Model} }

func memory(name string, dim int) *Field { return &Field{Name: name, Kind: Memory, Dim: dim} }

func profile(name string, dim, extent int) *Field {
	return &Field{Name: name, Kind: Profile, Dim: dim, Extent: extent}
}

// diff is the tap W[k] x(point + Off[k]) along dim, with W[k] for the offset from+k.
func diff(dim, from int, x Expr, w ...float64) *Tap {
	t := &Tap{W: w, X: x}
	for k := range w {
		t.Off = append(t.Off, Along(dim, from+k))
	}
	return t
}

// world is random data for a program and those derived from it.
type world struct {
	layout *Layout
	r      *rand.Rand
	data   map[*Field][]float64
	points map[string]Points
	series map[*Series][][]float64
}

func newWorld(t *testing.T, r *rand.Rand, shape []int, pml [][2]int, p *Program, shared ...*Program) *world {
	t.Helper()
	l, err := NewLayout(p, shape, pml, shared...)
	if err != nil {
		t.Fatal(err)
	}
	return &world{l, r, map[*Field][]float64{}, map[string]Points{}, map[*Series][][]float64{}}
}

// near reports whether coordinate x of dimension d lies in its PML or at most
// extent cells from it; a PML is continued by the halo.
func (w *world) near(d, x, extent int) bool {
	if extent == Everywhere {
		return true
	}
	pml, n, h := w.layout.PML[d], w.layout.Shape[d], w.layout.Halo
	return pml[0] > 0 && x < h+pml[0]+extent || pml[1] > 0 && x >= n-h-pml[1]-extent
}

// at returns the coordinates of a padded cell.
func (w *world) at(cell int) (at [3]int) {
	for d := w.layout.NDim - 1; d >= 0; d-- {
		at[d] = cell % w.layout.Shape[d]
		cell /= w.layout.Shape[d]
	}
	return at
}

func (w *world) cells() int {
	n := 1
	for _, s := range w.layout.Shape {
		n *= s
	}
	return n
}

// field returns random values that a field of f's kind may hold: models about 1
// and everywhere, others about 0 where they need not vanish.
func (w *world) field(f *Field) []float64 {
	if f.Kind == Profile {
		out := make([]float64, w.layout.Shape[f.Dim])
		for x := range out {
			if w.near(f.Dim, x, f.Extent) {
				out[x] = w.r.NormFloat64() / 3
			}
		}
		return out
	}
	out := make([]float64, w.cells())
	for c := range out {
		switch at := w.at(c); {
		case f.Kind == Model:
			out[c] = 1 + 0.2*w.r.NormFloat64()
		case w.layout.Inside(c) && (f.Kind == State || f.Kind == Tape || w.near(f.Dim, at[f.Dim], f.Extent)):
			out[c] = w.r.NormFloat64()
		}
	}
	return out
}

// inside returns random values inside the halo: a perturbation of a model.
func (w *world) inside() []float64 {
	return w.field(state(""))
}

// fill makes up the data, points and injected series that p still lacks.
func (w *world) fill(p *Program, steps int) {
	for _, f := range p.Fields() {
		if w.data[f] == nil {
			w.data[f] = w.field(f)
		}
	}
	for _, s := range append(p.Inputs(), p.Outputs()...) {
		if w.points[s.Points] == nil {
			w.points[s.Points] = w.footprints(3)
		}
	}
	for _, s := range p.Inputs() {
		if w.series[s] == nil {
			w.series[s] = w.samples(s, steps)
		}
	}
}

// footprints returns n points of up to three cells; one has none.
func (w *world) footprints(n int) Points {
	var in []int
	for c := range w.cells() {
		if w.layout.Inside(c) {
			in = append(in, c)
		}
	}
	out := Points{nil}
	for range n {
		var entries []Entry
		for range 1 + w.r.IntN(3) {
			entries = append(entries, Entry{Cell: in[w.r.IntN(len(in))], Weight: w.r.NormFloat64()})
		}
		out = append(out, entries)
	}
	return out
}

func (w *world) samples(s *Series, steps int) [][]float64 {
	out := make([][]float64, steps)
	for i := range out {
		for range w.points[s.Points] {
			out[i] = append(out[i], w.r.NormFloat64())
		}
	}
	return out
}

// clone returns a world with its own fields and series.
func (w *world) clone() *world {
	out := &world{w.layout, w.r, map[*Field][]float64{}, w.points, maps.Clone(w.series)}
	for f, x := range w.data {
		out.data[f] = slices.Clone(x)
	}
	return out
}

// run advances p by some steps; it records into the world's series.
func (w *world) run(p *Program, steps int) {
	for _, s := range p.Outputs() {
		w.series[s] = nil
	}
	in := &Interpreter{Program: p, Layout: w.layout, Data: w.data, Points: w.points, In: w.series, Out: w.series}
	for range steps {
		in.Step()
	}
}

// vector lists the values of fields and of series.
func (w *world) vector(fields []*Field, series []*Series) []float64 {
	var out []float64
	for _, f := range fields {
		out = append(out, w.data[f]...)
	}
	for _, s := range series {
		for _, row := range w.series[s] {
			out = append(out, row...)
		}
	}
	return out
}

func dot(a, b []float64) float64 {
	if len(a) != len(b) {
		panic("dot: lengths differ")
	}
	s := 0.0
	for i, x := range a {
		s += x * b[i]
	}
	return s
}

func norm(a []float64) float64 { return math.Sqrt(dot(a, a)) }

// minus returns a - c b.
func minus(a []float64, c float64, b []float64) []float64 {
	if len(a) != len(b) {
		panic("minus: lengths differ")
	}
	out := slices.Clone(a)
	for i := range out {
		out[i] -= c * b[i]
	}
	return out
}

// checkNear compares two vectors, relative to the norm of the second, which is
// not zero.
func checkNear(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	size := norm(want)
	if size == 0 || math.IsNaN(size) || math.IsInf(size, 0) {
		t.Fatalf("%s: reference has norm %g", what, size)
	}
	if e := norm(minus(got, 1, want)); !(e <= tol*size) {
		t.Errorf("%s: relative error %g, want at most %g", what, e/size, tol)
	}
}

// mustVerify fails the test if any of the programs is faulty.
func mustVerify(t *testing.T, programs ...*Program) {
	t.Helper()
	for _, p := range programs {
		if err := p.Verify(); err != nil {
			t.Fatalf("%v\n%s", err, p)
		}
	}
}
