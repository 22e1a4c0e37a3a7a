package resample

import (
	"fmt"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"
)

const seed = 20

func random(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

// cases are options that cover every branch, for lengths odd, even, prime and tiny; those without TimePadFrac once more
// with 0.
func cases(yield func(nt int, p Params) bool) {
	for _, nt := range []int{1, 2, 3, 4, 5, 8, 30, 31, 97, 181} {
		for _, p := range []Params{
			{Ratio: 1},
			{Ratio: 1, FreqTaperFrac: 0.5, TimePadFrac: new(0.5), TimeTaper: true},
			{Ratio: 2},
			{Ratio: 3},
			{Ratio: 4, TimePadFrac: new(0.26)},
			{Ratio: 2, FreqTaperFrac: 0.01}, // less than one frequency for the short ones
			{Ratio: 3, FreqTaperFrac: 0.99, TimePadFrac: new(0.99), TimeTaper: true},
			{Ratio: 2, TimeTaper: true},
			{Ratio: 1, Shift: 0.5, TimePadFrac: new(0.3), TimeTaper: true},
			{Ratio: 2, Shift: 0.5},
			{Ratio: 3, Shift: -1.25, FreqTaperFrac: 0.005},
			{Ratio: 3, FreqTaperFrac: 0.5},
			{Ratio: 151},
		} {
			if p.Ratio > 100 && nt > 8 {
				continue // the direct sum would take long
			}
			if !yield(nt, p) {
				return
			}
			if p.TimePadFrac == nil {
				p.TimePadFrac = new(0.0)
				if !yield(nt, p) {
					return
				}
			}
		}
	}
}

// TestDirectSum compares with sums over exponentials, written from NUMERICS.md without an FFT.
func TestDirectSum(t *testing.T) {
	r := rand.New(rand.NewPCG(seed, 1))
	for nt, p := range cases {
		if p.TimePadFrac == nil {
			continue
		}
		name := fmt.Sprintf("seed %d nt %d %+v pad %v", seed, nt, p, *p.TimePadFrac)
		src, inner := random(r, nt), random(r, nt*p.Ratio)
		up, down := make([]float64, nt*p.Ratio), make([]float64, nt)
		if err := p.Up(up, src); err != nil {
			t.Fatal(name, err)
		}
		if err := p.Down(down, inner); err != nil {
			t.Fatal(name, err)
		}
		if p.Ratio == 1 && p.Shift == 0 {
			checkClose(t, name, up, src, 0)
			checkClose(t, name, down, inner, 0)
			continue
		}
		pad := int(*p.TimePadFrac * float64(nt))
		n, m := nt+pad, (nt+pad)*p.Ratio
		window := make([]float64, nt*p.Ratio)
		for i := range window {
			window[i] = 1
			if p.TimeTaper && nt*p.Ratio > 1 {
				window[i] = (1 - math.Cos(2*math.Pi*float64(i)/float64(nt*p.Ratio-1))) / 2
			}
		}
		want := directSum(src, n, m, n, p)[:nt*p.Ratio]
		for i := range want {
			want[i] *= window[i]
			inner[i] *= window[i]
		}
		checkClose(t, name+" up", up, want, 1e-12)
		checkClose(t, name+" down", down, directSum(inner, m, n, n, p)[:nt], 1e-12)
	}
}

// directSum takes x, padded to from samples, to `to` samples through the frequencies of the outer length.
func directSum(x []float64, from, to, outer int, p Params) []float64 {
	y := make([]float64, to)
	nf := outer/2 + 1
	taper := int(p.FreqTaperFrac * float64(nf))
	for k := range nf {
		var c complex128
		for i, v := range x {
			c += complex(v, 0) * cmplx.Rect(1, -2*math.Pi*float64(k*i%from)/float64(from))
		}
		switch {
		case p.FreqTaperFrac > 0 && k >= nf-taper:
			c *= complex((math.Cos(math.Pi*float64(k-nf+taper+1)/float64(taper))+1)/2, 0)
		case p.FreqTaperFrac == 0 && k == nf-1 && nf > 1:
			c = 0
		}
		c *= cmplx.Rect(1, -2*math.Pi*float64(k)*p.Shift/float64(outer*p.Ratio))
		if k > 0 && 2*k != to {
			c *= 2
		}
		for j := range y {
			y[j] += real(c*cmplx.Rect(1, 2*math.Pi*float64(k*j%to)/float64(to))) / float64(from)
		}
	}
	return y
}

// TestTranspose checks <A x, y> = <x, At y>.
func TestTranspose(t *testing.T) {
	r := rand.New(rand.NewPCG(seed, 2))
	for nt, p := range cases {
		for direction, newPlan := range map[string]func(int, Params) (*Plan, error){"up": NewUp, "down": NewDown} {
			plan, err := newPlan(nt, p)
			if err != nil {
				t.Fatal(err)
			}
			x, y := random(r, plan.in.n), random(r, plan.out.n)
			ax, aty := make([]float64, len(y)), make([]float64, len(x))
			plan.Apply(ax, x)
			plan.Transpose(aty, y)
			left, right := dot(ax, y), dot(x, aty)
			if scale := math.Sqrt(dot(x, x) * dot(y, y)); !(math.Abs(left-right) <= 1e-12*scale) {
				t.Errorf("seed %d %s nt %d %+v: <Ax,y> = %v, <x,Aty> = %v", seed, direction, nt, p, left, right)
			}
		}
	}
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

// tone has a period of the whole series, so no frequency that is removed.
func tone(n int, delay float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 0.5 + math.Cos(2*math.Pi*(float64(i)-delay)*3/float64(n))
	}
	return x
}

// TestTone checks on a function known between its samples: values kept, a positive shift delays, and no aliasing.
func TestTone(t *testing.T) {
	const nt = 20
	for _, shift := range []float64{0, 0.5, -2} {
		p := Params{Ratio: 3, Shift: shift, TimePadFrac: new(0.0)}
		up, down := make([]float64, nt*3), make([]float64, nt)
		if err := p.Up(up, tone(nt, 0)); err != nil {
			t.Fatal(err)
		}
		checkClose(t, "up", up, tone(nt*3, shift), 1e-13)
		inner := tone(nt*3, 0)
		for i := range inner { // 13 cycles: would alias to 7
			inner[i] += math.Sin(2 * math.Pi * 13 * float64(i) / (nt * 3))
		}
		if err := p.Down(down, inner); err != nil {
			t.Fatal(err)
		}
		checkClose(t, "down", down, tone(nt, shift/3), 1e-13)
	}
}

func TestOneSample(t *testing.T) {
	up := make([]float64, 3)
	if err := (Params{Ratio: 3, TimePadFrac: new(0.0)}).Up(up, []float64{7}); err != nil {
		t.Fatal(err)
	}
	checkClose(t, "up", up, []float64{7, 7, 7}, 1e-15)
	down := make([]float64, 1)
	if err := (Params{Ratio: 3, TimePadFrac: new(0.0)}).Down(down, []float64{1, 2, 6}); err != nil {
		t.Fatal(err)
	}
	checkClose(t, "down", down, []float64{3}, 1e-15)
}

func TestReuseAndOverlap(t *testing.T) {
	p := Params{Ratio: 2, TimePadFrac: new(0.5), FreqTaperFrac: 0.2}
	plan, err := NewUp(16, p)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float64, 32)
	plan.Apply(want, tone(16, 1))
	got := make([]float64, 32)
	copy(got, tone(16, 1))
	plan.Apply(make([]float64, 32), tone(16, 5)) // leave other numbers behind
	plan.Apply(got, got[:16])
	checkClose(t, "second use, overlapping", got, want, 0)
	dst, src := make([]float64, 32), tone(16, 5)
	use := func() { plan.Apply(dst, src); plan.Transpose(src, dst) }
	fresh := testing.AllocsPerRun(100, func() { plan.scratch.New() })
	// Under the race detector a sync.Pool forgets a quarter of what it is given.
	if allocs := testing.AllocsPerRun(200, use); allocs > fresh {
		t.Errorf("%v allocations a use of both directions, want less than those of one scratch, %v", allocs, fresh)
	}
}

func TestErrors(t *testing.T) {
	ok := Params{Ratio: 2}
	for _, c := range []struct {
		nt   int
		p    Params
		want string
	}{
		{8, Params{}, "resample: Ratio is 0, want at least 1"},
		{8, Params{Ratio: 2, FreqTaperFrac: 1}, "resample: FreqTaperFrac is 1, want 0 or more and less than 1"},
		{8, Params{Ratio: 2, FreqTaperFrac: math.NaN()}, "resample: FreqTaperFrac is NaN, want 0 or more and less than 1"},
		{8, Params{Ratio: 2, TimePadFrac: new(-0.1)}, "resample: TimePadFrac is -0.1, want 0 or more and less than 1"},
		{8, Params{Ratio: 2, TimePadFrac: new(math.NaN())}, "resample: TimePadFrac is NaN, want 0 or more and less than 1"},
		{8, Params{Ratio: 2, Shift: math.Inf(1)}, "resample: Shift is +Inf, want a finite number of inner samples"},
		{0, ok, "resample: the series has 0 samples, want at least 1"},
		{1 << 40, ok, fmt.Sprintf("resample: %d samples times Ratio 2 is too many", 1<<40)},
	} {
		for _, newPlan := range []func(int, Params) (*Plan, error){NewUp, NewDown} {
			if _, err := newPlan(c.nt, c.p); err == nil || err.Error() != c.want {
				t.Errorf("error %v, want %s", err, c.want)
			}
		}
	}
	want := "resample: 8 samples in and 15 out, want 8 and 16"
	if err := ok.Up(make([]float64, 15), make([]float64, 8)); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	want = "resample: 15 samples in and 8 out, want 16 and 8"
	if err := ok.Down(make([]float64, 8), make([]float64, 15)); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if err := ok.Up(nil, nil); err == nil {
		t.Error("no error for an empty series")
	}
}

func TestWrongLengthPanics(t *testing.T) {
	plan, err := NewUp(8, Params{Ratio: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if want := "resample: 8 samples in and 15 out, plan is for 8 and 16"; recover() != want {
			t.Errorf("no panic that says %q", want)
		}
	}()
	plan.Apply(make([]float64, 15), make([]float64, 8))
}

func BenchmarkUp(b *testing.B) {
	plan, err := NewUp(1000, Params{Ratio: 4})
	if err != nil {
		b.Fatal(err)
	}
	dst, src := make([]float64, 4000), tone(1000, 0)
	for b.Loop() {
		plan.Apply(dst, src)
	}
}
