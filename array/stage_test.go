package array_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// A stepping is a random time step: a state of two fields, changed by each step from
// their values and from coefficients, and a few numbers sampled.
type stepping struct {
	rng  *rand.Rand
	seed uint64
	step func(args []*array.Array) ([]*array.Array, error) // u, w, c, d, s -> u, w, sample
}

const (
	stepRows, stepCols = 9, 12
	stepCount          = 6
)

func newStepping(seed uint64) *stepping {
	rng := rand.New(rand.NewPCG(seed, 11))
	s := &stepping{rng: rng, seed: seed}
	off := [][]int{{0, 0, 0}, {0, 0, 1}, {0, 0, -1}}
	side := [][]int{{0, 1, 0}, {0, -1, 0}}
	if rng.IntN(2) == 0 {
		off, side = [][]int{{0, 0, 0}, {0, 1, 0}, {0, -1, 0}}, [][]int{{0, 0, 1}, {0, 0, -1}}
	}
	cut := 3 + rng.IntN(5)     // where the regions meet
	external := rng.IntN(3)    // an operation that kernels do not have
	later := rng.IntN(2) == 0  // w reads the new u
	square := rng.IntN(2) == 0 // not linear in the state
	cells := [][]int{{2*stepCols + 3, 5*stepCols + 7, 2*stepCols + 3}, {4*stepCols + 4, 1*stepCols + 9, 6*stepCols + 2}}
	s.step = func(args []*array.Array) ([]*array.Array, error) {
		u, w, c, d, src := args[0], args[1], args[2], args[3], args[4]
		interior := func(f func(lo, size []int) *array.Array) *array.Array {
			var parts []*array.Array
			var at [][]int
			for _, b := range [][2]int{{1, cut}, {cut, stepCols - 1}} {
				lo, size := []int{0, 1, b[0]}, []int{2, stepRows - 2, b[1] - b[0]}
				parts, at = append(parts, f(lo, size)), append(at, lo)
			}
			return array.Assemble(u.DType(), []int{2, stepRows, stepCols}, at, parts...)
		}
		wide := func(a *array.Array, lo, size []int) *array.Array {
			return array.Slice(a, []int{0, lo[1] - 1, lo[2] - 1}, []int{2, size[1] + 2, size[2] + 2})
		}
		of := func(a *array.Array, lo, size []int) *array.Array { // with one shot, or two
			return array.Slice(a, lo, []int{a.Shape()[0], size[1], size[2]})
		}
		next := interior(func(lo, size []int) *array.Array {
			second := array.Tap(wide(u, lo, size), []int{0, 1, 1}, size, off, []float64{-2, 1, 1})
			first := array.Tap(array.Mul(wide(w, lo, size), array.Slice(d, []int{0, 0, 0}, []int{1, 1, 1})), []int{0, 1, 1}, size, side, []float64{0.5, -0.5})
			terms := []array.Term{{Coeff: 1, Args: []int{0, 1}}, {Coeff: 1, Args: []int{2}}, {Coeff: -0.5, Args: []int{3}}, {Coeff: 0.25, Args: []int{4}}}
			if square {
				terms = append(terms, array.Term{Coeff: 0.1, Args: []int{3, 3, 2}})
			}
			return array.SumProd(terms, of(c, lo, size), second, of(u, lo, size), of(w, lo, size), first)
		})
		next = array.AddAt(next, cells, src)
		from := u
		if later {
			from = next
		}
		memory := interior(func(lo, size []int) *array.Array {
			x := array.Tap(wide(from, lo, size), []int{0, 1, 1}, size, side, []float64{0.5, -0.5})
			return array.SumProd([]array.Term{{Coeff: 0.3, Args: []int{0, 1}}, {Coeff: 0.5, Args: []int{2}}}, x, of(d, lo, []int{1, size[1], size[2]}), of(w, lo, size))
		})
		if external == 1 {
			memory = array.Tanh(memory)
		}
		sample := array.Take(u, cells)
		if external == 2 {
			sample = array.SumTo(sample, 2, 1)
		}
		return []*array.Array{next, memory, sample}, nil
	}
	return s
}

// run returns the samples of some steps, by the given way to call a step.
func (s *stepping) run(call func(args []*array.Array) ([]*array.Array, error), start []*array.Array) functional.FuncN {
	return func(x []*array.Array) ([]*array.Array, error) { // the coefficients
		u, w := start[0], start[1]
		var out []*array.Array
		for t := range stepCount {
			y, err := call([]*array.Array{u, w, x[0], x[1], array.Scale(math.Sin(float64(t)), start[2])})
			if err != nil {
				return nil, err
			}
			u, w = y[0], y[1]
			out = append(out, y[2])
		}
		return append(out, u, w), nil
	}
}

func (s *stepping) draw(dt array.DType, size float64, shape ...int) *array.Array {
	n := 1
	for _, e := range shape {
		n *= e
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = size * (2*s.rng.Float64() - 1)
	}
	return array.Convert(dt, x, shape...)
}

// transformations of a function of two arrays that are compared, each to arrays.
var stagedWays = map[string]func(f functional.FuncN, x, dx []*array.Array) ([]*array.Array, error){
	"value": func(f functional.FuncN, x, _ []*array.Array) ([]*array.Array, error) { return f(x) },
	"jvp": func(f functional.FuncN, x, dx []*array.Array) ([]*array.Array, error) {
		y, dy, err := functional.JVPN(f, x, dx)
		return append(y, dy...), err
	},
	"jvp of one": func(f functional.FuncN, x, dx []*array.Array) ([]*array.Array, error) {
		_, dy, err := functional.JVPN(f, x, []*array.Array{nil, dx[1]})
		return dy, err
	},
	"vmap": func(f functional.FuncN, x, dx []*array.Array) ([]*array.Array, error) {
		return functional.VMapN(f, functional.VMapOptions{In: []*int{functional.Axis(0), nil}})([]*array.Array{batch(x[0], dx[0]), x[1]})
	},
	"vmap(jvp)": func(f functional.FuncN, x, dx []*array.Array) ([]*array.Array, error) {
		return functional.VMapN(func(d []*array.Array) ([]*array.Array, error) {
			_, dy, err := functional.JVPN(f, x, d)
			return dy, err
		}, functional.VMapOptions{})([]*array.Array{batch(dx[0], x[0]), batch(dx[1], x[1])})
	},
	"grad": func(f functional.FuncN, x, _ []*array.Array) ([]*array.Array, error) { return gradOf(f)(x) },
	"jvp(grad)": func(f functional.FuncN, x, dx []*array.Array) ([]*array.Array, error) {
		_, h, err := functional.JVPN(gradOf(f), x, dx)
		return h, err
	},
	"grad(grad)": func(f functional.FuncN, x, dx []*array.Array) ([]*array.Array, error) {
		return gradOf(gradOf(f))(x)
	},
	"grad(jvp)": func(f functional.FuncN, x, dx []*array.Array) ([]*array.Array, error) {
		return gradOf(func(x []*array.Array) ([]*array.Array, error) {
			_, dy, err := functional.JVPN(f, x, dx)
			return dy, err
		})(x)
	},
	"vmap(grad)": func(f functional.FuncN, x, dx []*array.Array) ([]*array.Array, error) {
		return functional.VMapN(gradOf(f), functional.VMapOptions{})([]*array.Array{batch(x[0], dx[0]), batch(x[1], dx[1])})
	},
	"linearize": func(f functional.FuncN, x, dx []*array.Array) ([]*array.Array, error) {
		y, linear, err := functional.LinearizeN(f, x)
		if err != nil {
			return nil, err
		}
		if _, err := linear([]*array.Array{dx[0], nil}); err != nil {
			return nil, err
		}
		dy, err := linear(dx)
		return append(y, dy...), err
	},
	"vmap(linearize)": func(f functional.FuncN, x, dx []*array.Array) ([]*array.Array, error) {
		_, linear, err := functional.LinearizeN(f, x)
		if err != nil {
			return nil, err
		}
		return functional.VMapN(linear, functional.VMapOptions{})([]*array.Array{batch(dx[0], x[0]), batch(dx[1], x[1])})
	},
	"checkpointed grad": func(f functional.FuncN, x, _ []*array.Array) ([]*array.Array, error) {
		return gradOf(func(x []*array.Array) ([]*array.Array, error) { return array.Checkpoint(f, x) })(x)
	},
}

func batch(a, b *array.Array) *array.Array {
	one := append([]int{1}, a.Shape()...)
	return array.Assemble(a.DType(), append([]int{2}, a.Shape()...), [][]int{make([]int, len(one)), append([]int{1}, make([]int, len(one)-1)...)},
		array.Reshape(a, one...), array.Reshape(b, one...))
}

// gradOf returns the gradient of the sum of squares of all that f returns.
func gradOf(f functional.FuncN) functional.FuncN {
	return func(x []*array.Array) ([]*array.Array, error) {
		_, g, _, err := functional.ValueAndGradN(func(x []*array.Array) ([]*array.Array, error) {
			y, err := f(x)
			if err != nil {
				return nil, err
			}
			sum := array.Dot(y[0], y[0])
			for _, y := range y[1:] {
				sum = array.Add(sum, array.Dot(y, y))
			}
			return []*array.Array{sum}, nil
		})(x)
		return g, err
	}
}

// start returns a state, coefficients and a direction for them.
func (s *stepping) start(dt array.DType) (start, x, dx []*array.Array) {
	start = []*array.Array{s.draw(dt, 1, 2, stepRows, stepCols), array.Zeros(dt, 2, stepRows, stepCols), s.draw(dt, 1, 2, 3)}
	shots := 1 + s.rng.IntN(2)
	x = []*array.Array{s.draw(dt, 0.3, shots, stepRows, stepCols), s.draw(dt, 0.5, 1, stepRows, stepCols)}
	return start, x, []*array.Array{s.draw(dt, 1, x[0].Shape()...), s.draw(dt, 1, x[1].Shape()...)}
}

// A staged step gives what the step itself gives, under all transformations. Both
// round some thousand times from start to end, and nothing grows much: 1e4 roundings
// of the greatest value.
func TestStageUnderTransformations(t *testing.T) {
	seeds := uint64(24)
	if testing.Short() {
		seeds = 4
	}
	for seed := range seeds {
		for dt, eps := range map[array.DType]float64{array.Float32: 0x1p-24, array.Float64: 0x1p-53} {
			s := newStepping(seed)
			start, x, dx := s.start(dt)
			stage := array.NewStage(s.step, 2)
			for name, way := range stagedWays {
				want, err := way(s.run(s.step, start), x, dx)
				if err != nil {
					t.Fatal(err)
				}
				for again := range 2 {
					got, err := way(s.run(stage.Call, start), x, dx)
					if err != nil {
						t.Fatalf("seed %d, %s, %s: %v", seed, dt, name, err)
					}
					for i := range want {
						g, w := got[i].Float64s(), want[i].Float64s()
						if !slices.Equal(got[i].Shape(), want[i].Shape()) {
							t.Fatalf("seed %d, %s, %s: result %d has shape %v, want %v", seed, dt, name, i, got[i].Shape(), want[i].Shape())
						}
						scale := 0.0
						for _, v := range w {
							scale = max(scale, math.Abs(v))
						}
						for k := range w {
							if !(math.Abs(g[k]-w[k]) <= 1e4*eps*scale) {
								t.Fatalf("seed %d, %s, %s, call %d: element %d of result %d is %v, want %v (greatest %v)", seed, dt, name, again, k, i, g[k], w[k], scale)
							}
						}
					}
				}
			}
		}
	}
}

// Many goroutines may use a stage under different transformations; each gets to the
// bit what one alone gets, whether it was recorded or is run again.
func TestStageInGoroutines(t *testing.T) {
	s := newStepping(3)
	start, x, dx := s.start(array.Float32)
	want := map[string][]*array.Array{}
	for name, way := range stagedWays {
		var err error
		if want[name], err = way(s.run(array.NewStage(s.step, 2).Call, start), x, dx); err != nil {
			t.Fatal(err)
		}
	}
	stage := array.NewStage(s.step, 2)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for name, way := range stagedWays {
				got, err := way(s.run(stage.Call, start), x, dx)
				if err != nil {
					t.Error(err)
					return
				}
				for i := range got {
					if !slices.Equal(got[i].Float64s(), want[name][i].Float64s()) {
						t.Errorf("%s: result %d has other bits than alone", name, i)
					}
				}
			}
		})
	}
	wg.Wait()
}

// Results stay as they are when the stage is called again, with other values or shapes,
// and arguments are not written.
func TestStageResultsAreTheCallers(t *testing.T) {
	stage := array.NewStage(func(x []*array.Array) ([]*array.Array, error) {
		return []*array.Array{array.Scale(2, x[0]), x[0], array.Slice(x[0], []int{1}, []int{1}), array.Zeros(array.Float64, 2)}, nil
	}, 1)
	call := func(v ...float64) []*array.Array {
		out, err := stage.Call([]*array.Array{array.Of64(v, len(v))})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	want := func(what string, a *array.Array, v ...float64) {
		t.Helper()
		if !slices.Equal(a.Float64s(), v) {
			t.Errorf("%s is %v, want %v", what, a.Float64s(), v)
		}
	}
	first := call(1, 2)
	second := call(3, 4)
	third := call(5, 6, 7)
	want("first", first[0], 2, 4)
	want("second", second[0], 6, 8)
	want("third", third[0], 10, 12, 14)
	want("argument of the first", first[1], 1, 2)
	want("part of the second argument", second[2], 4)
	want("constant", third[3], 0, 0)
	// An argument that is part of something larger, in another order.
	table := array.Of64([]float64{1, 2, 3, 4, 5, 6}, 3, 2)
	out, err := stage.Call([]*array.Array{array.Reshape(array.Slice(array.Transpose(table, 1, 0), []int{1, 0}, []int{1, 3}), 3)})
	if err != nil {
		t.Fatal(err)
	}
	want("column", out[0], 4, 8, 12)

	// Results that are parts of constants, of arguments, and of what kernels do not do.
	constant := array.Of64([]float64{7, 8, 9}, 3)
	parts := array.NewStage(func(x []*array.Array) ([]*array.Array, error) {
		first := array.SumProd([]array.Term{{Coeff: 1, Args: []int{0}}, {Coeff: 0, Args: []int{1}}}, constant, x[0])
		same := array.Scale(1, x[0])
		exp := array.Exp(array.Scale(0, x[0]))
		return []*array.Array{first, array.Slice(first, []int{1}, []int{2}), same, array.Slice(same, []int{2}, []int{1}), exp, array.Slice(exp, []int{0}, []int{2})}, nil
	}, 0)
	for range 2 {
		out, err := parts.Call([]*array.Array{array.Of64([]float64{1, 2, 3}, 3)})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range [][]float64{{7, 8, 9}, {8, 9}, {1, 2, 3}, {3}, {1, 1, 1}, {1, 1}} {
			want("result", out[i], v...)
		}
	}
}

// The memory of a stage does not grow with the number of calls.
func TestStageDoesNotGrow(t *testing.T) {
	s := newStepping(5)
	start, x, dx := s.start(array.Float32)
	stage := array.NewStage(s.step, 2)
	used := func(calls int) uint64 {
		for range calls {
			for _, name := range []string{"value", "jvp", "vmap(jvp)", "grad", "linearize"} {
				if _, err := stagedWays[name](s.run(stage.Call, start), x, dx); err != nil {
					t.Fatal(err)
				}
			}
		}
		runtime.GC()
		runtime.GC() // pools of the runtime go at the second
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	first := used(5)
	if last := used(100); last > first+1<<20 {
		t.Errorf("%d kB after 5 rounds, %d kB after 105", first>>10, last>>10)
	}
}

// Steps on a pool's arrays give back what is not kept, under the pool's goroutines as
// without.
func TestStageOnAPool(t *testing.T) {
	s := newStepping(7)
	start, x, _ := s.start(array.Float64)
	stage := array.NewStage(s.step, 2)
	want, err := s.run(stage.Call, start)(x)
	if err != nil {
		t.Fatal(err)
	}
	for _, hands := range []int{1, 3} {
		pool := array.NewPool()
		pool.Hire(hands)
		state := []*array.Array{pool.Own(start[0]), pool.Own(start[1])}
		for k := range stepCount {
			out, err := stage.Call([]*array.Array{state[0], state[1], x[0], x[1], array.Scale(math.Sin(float64(k)), start[2])})
			if err != nil {
				t.Fatal(err)
			}
			if array.PoolOf(out[0]) != pool {
				t.Fatal("what is computed from a pool's arrays does not belong to it")
			}
			state = out[:2]
			pool.Recycle(slices.Values(state))
		}
		for i := range state {
			if got := array.Disown(state[i]).Float64s(); !slices.Equal(got, want[stepCount+i].Float64s()) {
				t.Errorf("%d goroutines: field %d has other bits", hands, i)
			}
		}
		pool.Close()
	}
}

// scribble writes over memory that closed pools have left, in arrays of n numbers.
func scribble(n int) {
	pool := array.NewPool()
	defer pool.Close()
	bad := make([]float64, n)
	for i := range bad {
		bad[i] = math.NaN()
	}
	for range 200 {
		pool.Own(array.Of64(bad, n))
	}
}

// A constant of a pool is the stage's own: the pool may use its memory again.
func TestStageKeepsConstants(t *testing.T) {
	pool := array.NewPool()
	constant := pool.Own(array.Of64([]float64{1, 2, 3}, 3))
	stage := array.NewStage(func(x []*array.Array) ([]*array.Array, error) {
		return []*array.Array{array.Add(x[0], constant), constant}, nil
	}, 0)
	x := []*array.Array{array.Zeros(array.Float64, 3)}
	if _, err := stage.Call(x); err != nil {
		t.Fatal(err)
	}
	pool.Close()
	scribble(3)
	for i := range 2 {
		y, err := stage.Call(x)
		if err != nil || !slices.Equal(y[i].Float64s(), []float64{1, 2, 3}) {
			t.Errorf("output %d: got %v, %v", i, y[i].Float64s(), err)
		}
	}
}

// An outer tape holds on to what a checkpoint's function has computed from its values,
// if it closes over such.
func TestCheckpointThatClosesOverTraced(t *testing.T) {
	got, err := functional.Grad(func(x *array.Array) (*array.Array, error) {
		dy, err := functional.Grad(func(y *array.Array) (*array.Array, error) {
			out, err := array.Checkpoint(func(y []*array.Array) ([]*array.Array, error) {
				return []*array.Array{array.Mul(x, array.Mul(y[0], y[0]))}, nil
			}, []*array.Array{y})
			if err != nil {
				return nil, err
			}
			return out[0], nil
		})(array.Of64([]float64{3}, 1))
		scribble(1)
		return array.Mul(x, dy), err // x d/dy (x y y) = 2 x x y
	})(array.Of64([]float64{2}, 1))
	if err != nil || got.Float64s()[0] != 24 {
		t.Errorf("got %v, %v, want 4 x y = 24", got.Float64s(), err)
	}
}

func ExampleStage() {
	step := array.NewStage(func(x []*array.Array) ([]*array.Array, error) {
		return []*array.Array{array.Add(x[0], array.Mul(x[0], x[1]))}, nil
	}, 1)
	u, rate := array.Of64([]float64{1}, 1), array.Of64([]float64{0.5}, 1)
	for range 3 {
		y, err := step.Call([]*array.Array{u, rate})
		if err != nil {
			panic(err)
		}
		u = y[0]
	}
	fmt.Println(u.Float64s())
	// Output: [3.375]
}
