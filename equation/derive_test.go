package equation

import (
	"context"
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// medium returns random models of an equation on a padded grid, some with a value a shot, with
// cells of vacuum and (where there is mu) of fluid.
func medium(rnd *rand.Rand, e *Equation, dt array.DType, shape []int) Models {
	out := Models{}
	cells := 1
	for _, n := range shape {
		cells *= n
	}
	vacuum, fluid := make([]bool, cells), make([]bool, cells)
	for c := range cells {
		vacuum[c], fluid[c] = rnd.IntN(5) == 0, rnd.IntN(5) == 0
	}
	for _, m := range e.Models {
		shots := 1 + rnd.IntN(2)
		x := make([]float64, shots*cells)
		for i := range x {
			x[i] = 1 + rnd.Float64()
			if c := i % cells; m.Name != "v" && vacuum[c] || m.Name == "mu" && fluid[c] {
				x[i] = 0
			}
		}
		out[m.Name] = array.Convert(dt, x, append([]int{shots}, shape...)...)
	}
	return out
}

// naive computes the models of the programs cell by cell.
func naive(given Models, shape []int, halo int) map[string][]float64 {
	shots, cells := 1, 1
	for _, n := range shape {
		cells *= n
	}
	at := map[string]func(shot, cell int) float64{}
	for name, a := range given {
		x := a.Float64s()
		shots = max(shots, a.Shape()[0])
		at[name] = func(shot, cell int) float64 { return x[(shot*cells+cell)%len(x)] }
	}
	rho := at["rho"]
	if b := at["buoyancy"]; b != nil {
		rho = func(shot, cell int) float64 {
			if b(shot, cell) == 0 {
				return 0
			}
			return 1 / b(shot, cell)
		}
	}
	stride := make([]int, len(shape))
	for d, n := len(shape)-1, 1; d >= 0; d-- {
		stride[d], n = n, n*shape[d]
	}
	within := func(cell int, half ...int) bool {
		for d, n := range shape {
			x, end := cell/stride[d]%n, n-halo
			if slices.Contains(half, d) {
				end--
			}
			if x < halo || x >= end {
				return false
			}
		}
		return true
	}
	out := map[string][]float64{}
	axes := Axes(len(shape))
	for shot := range shots {
		for c := range cells {
			if v := at["v"]; v != nil {
				out["K"] = append(out["K"], rho(shot, c)*v(shot, c)*v(shot, c))
			}
			for d, axis := range axes {
				b := 0.0
				if within(c, d) {
					if m := (rho(shot, c) + rho(shot, c+stride[d])) / 2; m != 0 {
						b = 1 / m
					}
				}
				out["B_"+axis] = append(out["B_"+axis], b)
				for e := d + 1; e < len(axes) && at["mu"] != nil; e++ {
					sum := 0.0
					if within(c, d, e) {
						for _, o := range []int{0, stride[d], stride[e], stride[d] + stride[e]} {
							sum += 1 / at["mu"](shot, c+o)
						}
						sum = 4 / sum // zero if one is infinite
					}
					out["mu_"+pair(axes, d, e)] = append(out["mu_"+pair(axes, d, e)], sum)
				}
			}
		}
	}
	return out
}

func TestDerived(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 1))
	const halo = 2
	for _, shape := range [][]int{{11}, {5}, {8, 9}, {5, 9}, {7, 6, 8}, {5, 5, 5}} { // one cell has no other half
		for _, e := range []*Equation{Acoustic(), Elastic()} {
			for dt, tolerance := range map[array.DType]float64{array.Float32: 1e-6, array.Float64: 1e-15} {
				given := medium(rnd, e, dt, shape)
				got := derived(t, e, given, halo)
				want := naive(given, shape, halo)
				if n := len(want) + len(given); len(got) != n {
					t.Errorf("seed %d: %s in %d-D has %d models, want %d", seed, e.Name, len(shape), len(got), n)
				}
				for name, w := range want {
					x := got[name].Float64s()
					for i, v := range w {
						if !(math.Abs(x[i%len(x)]-v) <= tolerance*v) { // one for all shots, or one each
							t.Errorf("seed %d: %s %v: %s[%d] is %g, want %g", seed, e.Name, shape, name, i, x[i%len(x)], v)
							break
						}
					}
				}
			}
		}
	}
}

// TestDerivedZeros checks what counts as zero: up to 1/sqrt of the greatest number.
func TestDerivedZeros(t *testing.T) {
	tiny := 1 / math.Sqrt(math.MaxFloat64)
	for _, c := range []struct{ rho, b float64 }{{0, 0}, {tiny, 0}, {-tiny, 0}, {1.01 * tiny, 1 / (1.01 * tiny)}, {math.SmallestNonzeroFloat64, 0}, {4, 0.25}} {
		a := array.Of64([]float64{c.rho, c.rho, c.rho}, 1, 3)
		got := derived(t, Acoustic(), Models{"v": a, "rho": a}, 0)["B_x"].Float64s()
		if math.Abs(got[0]-c.b) > 1e-15*c.b || got[2] != 0 {
			t.Errorf("density %g: buoyancies %v, want %g and 0 in the last cell", c.rho, got, c.b)
		}
	}
}

func TestDerivedErrors(t *testing.T) {
	bad := array.Slice(array.Zeros(array.Float64, 1, 4), []int{0, 3}, []int{1, 3})
	for _, e := range []*Equation{Acoustic(), Elastic(), ElasticSpeeds()} {
		given, other := Models{}, Models{}
		for i, m := range e.Models {
			given[m.Name], other[m.Name] = bad, array.Zeros(array.Float64, 1, 4+i)
		}
		if _, err := e.Derived(t.Context(), given, 1); !errors.Is(err, array.ErrShape) {
			t.Errorf("%s: unusable models: %v, want the array's error", e.Name, err)
		}
		if _, _, err := e.Speeds(t.Context(), given); !errors.Is(err, array.ErrShape) {
			t.Errorf("%s: speeds of unusable models: %v, want the array's error", e.Name, err)
		}
		if _, err := e.Derived(t.Context(), other, 1); !errors.Is(err, array.ErrShape) {
			t.Errorf("%s: models of different extents: %v, want an error of shapes", e.Name, err)
		}
		delete(other, e.Models[1].Name)
		if _, err := e.Derived(t.Context(), other, 1); err == nil || !strings.Contains(err.Error(), "model "+e.Models[1].Name+" is missing") {
			t.Errorf("%s: %v, want an error that names the model that is missing", e.Name, err)
		}
	}
}

// derived returns the models of the program.
func derived(t *testing.T, e *Equation, given Models, halo int) Models {
	t.Helper()
	m, err := e.Derived(t.Context(), given, halo)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestParts: models that are made in parts are those made as a whole, to the bit, and nothing goes on once
// the context is done.
func TestParts(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 1))
	for _, c := range []struct {
		e     *Equation
		shape []int
	}{{Acoustic(), []int{1100, 1000}}, {Elastic(), []int{7, 150_001}}, {Born(Elastic()), []int{80, 120, 110}}} {
		const halo = 2
		e, shape := c.e, c.shape
		given := medium(rnd, e, array.Float32, shape)
		want, err := e.Derive(given, halo)
		if err != nil {
			t.Fatal(err)
		}
		got := derived(t, e, given, halo)
		for name, a := range want {
			if x, _ := array.Data[float32](got[name]); !slices.Equal(x, must(array.Data[float32](a))) {
				t.Errorf("seed %d: %s, %v: %s differs", seed, e.Name, shape, name)
			}
		}
		lo, hi, err := e.Speeds(t.Context(), given)
		l, h := math.Inf(1), 0.0
		for _, a := range e.Waves(given) {
			for _, x := range must(array.Data[float32](a)) {
				if h = max(h, float64(x)); x != 0 {
					l = min(l, float64(x))
				}
			}
		}
		if err != nil || lo != l || hi != h {
			t.Errorf("seed %d: %s, %v: speeds %g to %g, %v, want %g to %g", seed, e.Name, shape, lo, hi, err, l, h)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := e.Derived(ctx, given, halo); err != context.Canceled {
			t.Errorf("%s: %v, want %v", e.Name, err, context.Canceled)
		}
		if _, _, err := e.Speeds(ctx, given); err != context.Canceled {
			t.Errorf("%s: %v, want %v", e.Name, err, context.Canceled)
		}
	}
}

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

// TestDerivedDerivatives checks the derivatives of the models where they are guarded, against
// central differences elsewhere, and forward against reverse mode.
func TestDerivedDerivatives(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 2))
	shape := []int{7, 8}
	for _, e := range []*Equation{Acoustic(), Elastic()} {
		given := medium(rnd, e, array.Float64, shape)
		normal := func(shape []int) *array.Array {
			n := 1
			for _, m := range shape {
				n *= m
			}
			x := make([]float64, n)
			for i := range x {
				x[i] = rnd.NormFloat64()
			}
			return array.Of64(x, shape...)
		}
		weight := map[string]*array.Array{}
		for name, a := range derived(t, e, given, 1) {
			weight[name] = normal(a.Shape())
		}
		for _, m := range e.Models {
			sum := func(a *array.Array) (*array.Array, error) {
				with := Models{}
				for name, b := range given {
					with[name] = b
				}
				with[m.Name] = a
				total := array.Zeros(array.Float64)
				program, err := e.Derived(t.Context(), with, 1)
				if err != nil {
					return nil, err
				}
				for _, name := range slices.Sorted(maps.Keys(weight)) {
					if _, its := given[name]; !its {
						total = array.Add(total, array.Dot(program[name], weight[name]))
					}
				}
				return total, nil
			}
			x := given[m.Name]
			grad, err := functional.Grad(sum)(x)
			if err != nil {
				t.Fatal(err)
			}
			// Away from zeros: what is zero stays so.
			dx := array.Mul(normal(x.Shape()), array.Sign(x))
			const h = 1e-5
			value := func(c float64) float64 {
				y, err := sum(array.Add(x, array.Scale(c, dx)))
				if err != nil {
					t.Fatal(err)
				}
				return y.Float64s()[0]
			}
			_, forward, err := functional.JVP(sum, x, dx)
			if err != nil {
				t.Fatal(err)
			}
			got, want := array.Dot(grad, dx).Float64s()[0], (value(h)-value(-h))/(2*h)
			if math.Abs(got-want) > 1e-7*(1+math.Abs(want)) {
				t.Errorf("seed %d: %s: derivative by %s is %g, want %g", seed, e.Name, m.Name, got, want)
			}
			if f := forward.Float64s()[0]; math.Abs(f-got) > 1e-12*(1+math.Abs(got)) {
				t.Errorf("seed %d: %s: derivative by %s is %g forward and %g in reverse", seed, e.Name, m.Name, f, got)
			}
			if m.Name == "mu" || m.Name == "buoyancy" {
				for i, g := range grad.Float64s() {
					if x.Float64s()[i] == 0 && g != 0 {
						t.Errorf("seed %d: %s: derivative by %s is %g where that is zero, want 0", seed, e.Name, m.Name, g)
					}
				}
			}
		}
	}
}

// TestElasticSpeeds checks that speeds and density give the models that Lame's parameters and
// buoyancy do, vacuum included.
func TestElasticSpeeds(t *testing.T) {
	vp, vs, rho := []float64{1500, 3000, 0, 5000}, []float64{0, 1700, 0, 2900}, []float64{1000, 2200, 0, 2700}
	lamb, mu, b := make([]float64, 4), make([]float64, 4), make([]float64, 4)
	for i, r := range rho {
		lamb[i], mu[i] = r*(vp[i]*vp[i]-2*vs[i]*vs[i]), r*vs[i]*vs[i]
		if r > 0 {
			b[i] = 1 / r
		}
	}
	of := func(x []float64) *array.Array { return array.Of64(x, 1, 4) }
	one, other := Models{"vp": of(vp), "vs": of(vs), "rho": of(rho)}, Models{"lamb": of(lamb), "mu": of(mu), "buoyancy": of(b)}
	got, want := derived(t, ElasticSpeeds(), one, 0), derived(t, Elastic(), other, 0)
	for _, name := range []string{"lamb", "mu", "B_x"} {
		for i, w := range want[name].Float64s() {
			if x := got[name].Float64s()[i]; math.Abs(x-w) > 1e-14*math.Abs(w) {
				t.Errorf("%s[%d] is %g, want %g", name, i, x, w)
			}
		}
	}
	for _, c := range []struct {
		e *Equation
		m Models
	}{{ElasticSpeeds(), one}, {Elastic(), other}} {
		lo, hi, err := c.e.Speeds(t.Context(), c.m)
		if err != nil || math.Abs(lo-1500) > 1e-9 || math.Abs(hi-5000) > 1e-9 {
			t.Errorf("speeds of %d models: %g to %g, %v; want 1500 to 5000", len(c.m), lo, hi, err)
		}
	}
	other["mu"] = of([]float64{0, -1, 0, 0})
	if _, _, err := Elastic().Speeds(t.Context(), other); err == nil {
		t.Error("negative mu: no error")
	}
}
