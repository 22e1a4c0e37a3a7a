package cpu

import (
	"context"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/internal/jit"
	"github.com/d52adeda/wave/stencil"
)

var seedFlag = flag.Uint64("seed", 0, "seed of the first random problem, as a failure prints it")

// firstSeed returns where the seeds of a test's random problems begin.
func firstSeed() uint64 {
	if *seedFlag != 0 {
		return *seedFlag
	}
	return rand.Uint64() >> 16 // some digits less to type
}

// count returns how often to repeat a random test: few times with -short (as under the
// race detector), often if WAVE_LONG is set.
func count(few, usual, often int) int {
	switch {
	case os.Getenv("WAVE_LONG") != "":
		return often
	case testing.Short():
		return few
	}
	return usual
}

// instructionSets lists all that there are kernels for here, the portable ones too.
func instructionSets() []jit.ISA { return append(jit.Supported(), jit.Generic) }

// needCode skips a test of generated code where there is none.
func needCode(t *testing.T) {
	t.Helper()
	if _, why := jit.Selected(); len(jit.Supported()) == 0 {
		t.Skip("no generated code here: ", why)
	}
}

// force makes steppers use an instruction set until the test ends.
func force(t *testing.T, isa jit.ISA) {
	before := jit.Selected
	t.Cleanup(func() { jit.Selected = before })
	jit.Selected = func() (jit.ISA, string) { return isa, "forced by a test" }
}

// processors lets so many goroutines run until the test ends: steppers start no more.
func processors(t *testing.T, n int) {
	before := runtime.GOMAXPROCS(n)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// how is how a plan is run: none of it may change a bit.
type how struct {
	threads, tile int
	cuts          []int  // steps of each call of Step
	look          bool   // at fields in between
	waves         tiling // unless zero, instead of what is chosen
}

// smallCaches has a test take small grids for large ones, which come from memory.
func smallCaches(t *testing.T) {
	were := caches
	caches = func() (l2, l3 int) { return 1 << 10, 1 << 12 }
	t.Cleanup(func() { caches = were })
}

// randomHow draws one for so many steps.
func randomHow(r *rand.Rand, steps int) how {
	h := how{threads: 1 + r.IntN(3), tile: []int{0, 0, 1, 2, 5}[r.IntN(5)], look: r.IntN(2) == 0}
	if h.tile != 1 && r.IntN(2) == 0 {
		h.waves = tiling{wave: 1 + r.IntN(12), block: 1 + r.IntN(10), tiles: 1 + r.IntN(4)}
	}
	for left := steps; left > 0; {
		n := left
		if r.IntN(3) > 0 {
			n = 1 + r.IntN(left)
		}
		h.cuts = append(h.cuts, n)
		left -= n
	}
	return h
}

// start makes a stepper.
func start(t *testing.T, p *backend.Plan, h how) backend.Stepper {
	t.Helper()
	q := *p
	q.Threads, q.TimeTile = h.threads, h.tile
	s, err := device{}.Plan(context.Background(), &q)
	if err != nil {
		t.Fatal(err)
	}
	switch s := s.(type) {
	case *stepper[float32]:
		useWaves(s, h.waves)
	case *stepper[float64]:
		useWaves(s, h.waves)
	}
	return s
}

// useWaves has a stepper go over the grid so, unless it is zero.
func useWaves[T array.Float](s *stepper[T], waves tiling) {
	if waves.wave == 0 {
		return
	}
	if !s.whole {
		waves.tiles = 1
	}
	waves.cut(s.across(), s.skew.behind(waves.wave))
	s.tiling = func(n, workers int) tiling { return waves }
}

// finish does the steps and returns every wavefield and recorded series, by name.
func finish(t *testing.T, s backend.Stepper, p *backend.Plan, h how) map[string][]float64 {
	t.Helper()
	defer s.Close()
	for _, n := range h.cuts {
		if err := s.Step(context.Background(), n); err != nil {
			t.Fatal(err)
		}
		if h.look {
			collect(t, s, p)
		}
	}
	return collect(t, s, p)
}

func collect(t *testing.T, s backend.Stepper, p *backend.Plan) map[string][]float64 {
	t.Helper()
	out := map[string][]float64{}
	for _, f := range p.Program.Fields() {
		if f.Kind == stencil.State || f.Kind == stencil.Memory {
			a, err := s.Field(f.Name)
			if err != nil {
				t.Fatal(err)
			}
			out[f.Name] = a.Float64s()
		}
	}
	for _, r := range p.Program.Outputs() {
		a, err := s.Series(r.Name)
		if err != nil {
			t.Fatal(err)
		}
		out["series "+r.Name] = a.Float64s()
	}
	return out
}

// differ says where two results differ in a bit; "" if they do not.
func differ(got, want map[string][]float64) string {
	var names []string
	for name := range want {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if len(got[name]) != len(want[name]) {
			return name + " has another length"
		}
		for i, w := range want[name] {
			if g := got[name][i]; math.Float64bits(g) != math.Float64bits(w) {
				return name + " differs at " + strconv.Itoa(i) + ": " + strconv.FormatFloat(g, 'g', -1, 64) + ", want " + strconv.FormatFloat(w, 'g', -1, 64)
			}
		}
	}
	return ""
}

// onlyShot returns a plan of one of the shots.
func onlyShot(p *backend.Plan, shot int) *backend.Plan {
	one := *p
	one.Shots = 1
	one.Fields, one.Series, one.Points = map[string]*array.Array{}, map[string]*array.Array{}, map[string][]stencil.Points{}
	pick := func(a *array.Array) *array.Array {
		shape := slices.Clone(a.Shape())
		if shape[0] == 1 {
			return a
		}
		n := a.Len() / shape[0]
		shape[0] = 1
		return array.Convert(p.DType, a.Float64s()[shot*n:][:n], shape...)
	}
	for _, f := range p.Program.Fields() {
		if a := p.Fields[f.Name]; f.Kind == stencil.Profile {
			one.Fields[f.Name] = a
		} else if a != nil {
			one.Fields[f.Name] = pick(a)
		}
	}
	for name, a := range p.Series {
		one.Series[name] = pick(a)
	}
	for name, points := range p.Points {
		one.Points[name] = points[shot : shot+1]
	}
	if p.Tape != nil {
		one.Tape = tapeOfShot(p.Tape, &one, shot)
	}
	return &one
}

// tapeOfShot returns a tape for a plan of one shot, with what another has of that.
func tapeOfShot(all backend.Tape, one *backend.Plan, shot int) backend.Tape {
	of := all.Form()
	out, err := device{}.NewTape(one, of.Window)
	if err != nil {
		panic(err)
	}
	from, to := make([]byte, of.Slab), make([]byte, out.Form().Slab)
	n := len(to) / len(of.Fields) // bytes of a field and shot
	for row := range of.Window {
		if err := all.Spill(row, from); err != nil {
			panic(err)
		}
		for i := range of.Fields {
			copy(to[i*n:][:n], from[(i*of.Shots+shot)*n:])
		}
		if err := out.Fill(row, to); err != nil {
			panic(err)
		}
	}
	return out
}
