package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
)

func TestCells(t *testing.T) {
	for _, c := range []struct {
		of    Case
		cells float64
	}{
		{Case{Shape: []int{1024, 1024}, Shots: 1, PML: 20}, 1064 * 1064},
		{Case{Shape: []int{1024, 1024}, Shots: 3}, 3 * 1024 * 1024},
		{Case{Shape: []int{7}, Shots: 2, PML: 4}, 30},
		{Case{Shape: []int{10, 20, 30}, Shots: 1, PML: 5}, 20 * 30 * 40},
		{Case{Shape: []int{2000, 3000, 4000}, Shots: 1}, 24e9},
	} {
		if cells := c.of.Cells(); cells != c.cells {
			t.Errorf("%v: %g cells, want %g", c.of, cells, c.cells)
		}
	}
}

// What is counted of the programs is what counting by hand gives: of d dimensions, with s stresses,
//
//	           wavefields  models  memory fields  moved a cell and step, in the interior
//	scalar     2           1       2d             4: u, um1 and v read, u written
//	acoustic   1+d         1+d     2d             (1+3d) + (3+d)
//	elastic    d+s         2+s     2d^2           (3d+s) + (2+3s)
//
// and in the PML of a dimension each of its memory fields is read and written once more. (What derivatives of
// the scalar equation's reach makes its zones wider, by accuracy/2 cells: TestRow has that.)
func TestCounts(t *testing.T) {
	for _, dtype := range []string{"float32", "float64"} {
		for ndim := 1; ndim <= 3; ndim++ {
			d := float64(ndim)
			s := d * (d + 1) / 2
			for name, want := range map[string]struct{ full, memory, moved float64 }{
				"scalar":      {3, 2, 4},
				"scalar_born": {6, 4, 8},
				"acoustic":    {2 + 2*d, 2, 4 + 4*d},
				"elastic":     {2 + d + 2*s, 2 * d, 2 + 3*d + 4*s},
			} {
				const pml, n, shots = 6, 20, 3
				c := Case{Equation: name, Shape: slices.Repeat([]int{n}, ndim), Accuracy: 4, DType: dtype, Shots: 1}
				inside, err := c.counts()
				if err != nil {
					t.Fatal(err)
				}
				c.PML = pml
				all, err := c.counts()
				if err != nil {
					t.Fatal(err)
				}
				v := c.valueBytes()
				const share = 2. * pml / (n + 2*pml)
				stored := v * (want.full + want.memory*share*d)
				if inside.stored != v*want.full || inside.moved != v*want.moved || math.Abs(all.stored-stored) > 1e-12*stored {
					t.Errorf("%s, %d-D, %s: stored %g and %g, moved %g, want %g, %g and %g", name, ndim, dtype, inside.stored, all.stored, inside.moved, v*want.full, stored, v*want.moved)
				}
				if moved := v * (want.moved + 2*want.memory*share*d); name == "acoustic" || name == "elastic" {
					if all.moved < moved-1e-9 || all.moved > 1.3*moved { // zones reach beyond the PML
						t.Errorf("%s, %d-D, %s: moved %g, want %g or a little more", name, ndim, dtype, all.moved, moved)
					}
				}
				padded := math.Pow((n+2*pml+4)/float64(n+2*pml), d)
				if math.Abs(all.padded-padded) > 1e-12 {
					t.Errorf("%s, %d-D: padded by %g, want %g", name, ndim, all.padded, padded)
				}
				c.Shots = shots // which share models
				if of, err := c.counts(); err != nil || !(of.stored < all.stored) || math.Abs(of.moved-all.moved) > 1e-9 {
					t.Errorf("%s, %d-D, of %d shots: %+v, %v, of one %+v", name, ndim, shots, of, err, all)
				}
			}
		}
	}
}

// 10,000 cells, 100 steps in 1, 2 and 4 ms: 1, 0.5 and 0.25 GPts/s. Of the cells, 24 x 24 at the
// corners belong to two PMLs (of 10 and 2 cells that their profiles reach) and move 48 bytes; those of
// one, 32, others 16.
func TestRow(t *testing.T) {
	c := Case{Backend: "cpu", Equation: "scalar", Shape: []int{80, 60}, Accuracy: 4, DType: "float32", Shots: 1, Threads: 1, NT: 100, PML: 10}
	least, err := c.counts()
	if err != nil {
		t.Fatal(err)
	}
	r := c.row(samples{setup: []float64{3, 1}, steps: []float64{2e-3, 1e-3, 4e-3}, bytesPerCell: 14, compile: 0.5, least: least, slow: []string{"it"}}, []float64{30e9, 32e9})
	const moved, needed, held = 16 + 16*(2*12*100+2*12*80)/8000., 4 * (3 + 2*(20/80.+20/100.)), 14. * 104 * 84 / 8000
	want := Row{
		Case: c, GPts: 0.8, GPtsOfAll: Spread{0.2, 0.4, 0.8}, StepSeconds: Spread{1e-3, 2e-3, 4e-3}, SetupSeconds: Spread{1, 2, 3}, CompileSeconds: 0.5,
		CellsPerStep: 8000, BytesPerCell: held, NeededPerCell: needed, StoredRatio: held / needed, MovedPerCell: moved, Bandwidth: 32, BandwidthOfAll: Spread{30, 31, 32},
		Limit: 32 / moved, Share: 0.8 * moved / 32, Slow: []string{"it"},
	}
	for _, x := range []struct{ got, want *float64 }{
		{&r.BytesPerCell, &want.BytesPerCell}, {&r.NeededPerCell, &want.NeededPerCell}, {&r.StoredRatio, &want.StoredRatio}, {&r.MovedPerCell, &want.MovedPerCell}, {&r.Limit, &want.Limit}, {&r.Share, &want.Share},
	} {
		if math.Abs(*x.got / *x.want - 1) < 1e-12 {
			*x.got = *x.want
		}
	}
	got, _ := json.Marshal(r)
	if expected, _ := json.Marshal(want); string(got) != string(expected) {
		t.Errorf("got  %s\nwant %s", got, expected)
	}
}

// Rates are compared with the scalar equation's by what is moved, case by case.
func TestOfScalar(t *testing.T) {
	row := func(equation string, n int, gpts, moved float64) Row {
		return Row{Case: Case{Equation: equation, Shape: []int{n}}, GPts: gpts, MovedPerCell: moved}
	}
	r := Report{Cases: []Row{row("elastic", 5, 1, 80), row("scalar", 5, 4, 16), row("acoustic", 6, 3, 48), row("acoustic", 5, 1, 48)}}
	r.ofScalar()
	for i, want := range []float64{1.25, 0, 0, 0.75} {
		if got := r.Cases[i].OfScalar; got != want {
			t.Errorf("%s: %g of scalar, want %g", r.Cases[i].Case, got, want)
		}
	}
}

// A device's bandwidth is measured by stepping a plan; here on the one device that is
// always there.
func TestCopyBandwidth(t *testing.T) {
	b, err := copyBandwidth(context.Background(), "cpu", 1<<20)
	if err != nil || !(b > 1e8 && b < 1e13) {
		t.Errorf("%g bytes a second, %v", b, err)
	}
	if _, err := copyBandwidth(context.Background(), "none", 1<<20); !errors.Is(err, backend.ErrUnknown) {
		t.Errorf("of an unknown backend: %v, want %v", err, backend.ErrUnknown)
	}
}

// Steps are timed only where they take long enough together.
func TestSecondsPerStep(t *testing.T) {
	var took []time.Duration
	each, err := secondsPerStep(context.Background(), func(_ context.Context, n int) error {
		began := time.Now()
		time.Sleep(time.Duration(n) * 3 * time.Millisecond)
		took = append(took, time.Since(began))
		return nil
	})
	if err != nil || each < 0.003 {
		t.Errorf("%g s a step, %v, want 0.003 or more", each, err)
	}
	for i, d := range took[len(took)-passes:] {
		if d < leastTime*9/10 { // it is looked at outside
			t.Errorf("pass %d timed %v, want at least %v", i, d, leastTime)
		}
	}
	if _, err := secondsPerStep(context.Background(), func(context.Context, int) error { return backend.ErrNoDevice }); !errors.Is(err, backend.ErrNoDevice) {
		t.Errorf("steps that fail: %v, want their error", err)
	}
}

func TestCases(t *testing.T) {
	all := runtime.GOMAXPROCS(0)
	cases, err := Options{NT: 1, Repeat: 1}.Cases()
	if want := (Case{"cpu", "scalar", []int{1024, 1024}, 4, "float32", 1, all, 1, 0}); err != nil || len(cases) != 1 || !reflect.DeepEqual(cases[0], want) {
		t.Errorf("defaults are %+v, %v, want %+v", cases, err, want)
	}
	cases, err = Options{
		Backends: []string{"cpu", "eager:0"}, Equations: []string{"scalar", "scalar_born"}, Shapes: []string{"5", "5x6", "5x6x7"}, Accuracies: []string{"2", "8"},
		DTypes: []string{"float32", "float64"}, Shots: []string{"1", " 2", "1"}, Threads: []string{"0", fmt.Sprint(all)}, NT: 3, PML: 2, Repeat: 1,
	}.Cases()
	if want := 2 * 2 * 3 * 2 * 2 * 2; err != nil || len(cases) != want {
		t.Fatalf("%d cases, %v, want %d: doubles once", len(cases), err, want)
	}
	if got, want := cases[1].String(), fmt.Sprintf("cpu, scalar, 5, accuracy 2, float32, 2 shots, %s, 3 steps, PML 2", count(all, "thread")); got != want {
		t.Errorf("second case is %q, want %q", got, want)
	}
	seen := map[string]bool{}
	for _, c := range cases {
		seen[c.String()] = true
	}
	if len(seen) != len(cases) {
		t.Errorf("%d of %d cases differ", len(seen), len(cases))
	}
	cases, err = Options{Equations: []string{"all"}, Shapes: []string{"256x256", "100x100x100", "200x200x200", "3000x3000x3000"}, PML: 20, Repeat: 1}.Cases()
	if err != nil || len(cases) != 4*len(EquationNames()) || cases[0].Equation != "scalar" || cases[len(cases)-1].Equation != "elastic_born" {
		t.Fatalf("all equations make %d cases, %v, want four of each", len(cases), err)
	}
	for i, want := range []int{4000, 182, 36, 8} { // 5e8 updates, 4000 steps at most and 8 at least
		if cases[i].NT != want {
			t.Errorf("%s, want %d steps", cases[i], want)
		}
	}
}

// What is counted is what the library runs, and nothing is resampled.
func TestMeasure(t *testing.T) {
	for _, c := range []Case{
		{"cpu", "scalar", []int{20, 30}, 4, "float32", 2, 1, 40, 6},
		{"cpu", "acoustic", []int{20, 30}, 4, "float32", 2, 1, 40, 6},
		{"cpu", "elastic", []int{9}, 8, "float32", 2, 1, 40, 6},
		{"cpu", "elastic_born", []int{20, 30}, 4, "float64", 1, 1, 40, 6},
		{"eager", "acoustic_born", []int{10, 11, 12}, 2, "float64", 1, 1, 10, 3},
		{"eager", "elastic", []int{10, 11, 12}, 2, "float32", 1, 1, 10, 3},
		{"cpu", "scalar", []int{9}, 2, "float64", 1, 1, 40, 0},
		{"cpu", "scalar_born", []int{12, 13, 14}, 8, "float64", 1, 1, 10, 3},
		{"eager", "scalar_born", []int{20, 16}, 6, "float32", 2, 1, 10, 5},
	} {
		m, err := c.measure(context.Background(), c.NT)
		if err != nil {
			t.Errorf("%s: %v", c, err)
			continue
		}
		cells := float64(c.Shots)
		for d, n := range m.result.Region {
			cells *= float64(n + m.result.PMLWidth[2*d] + m.result.PMLWidth[2*d+1])
		}
		if cells != c.Cells() || m.result.Accuracy != c.Accuracy || m.result.StepRatio != 1 || m.result.Steps != c.NT {
			t.Errorf("%s: the library ran %g cells, %+v", c, cells, m.result)
		}
		if !(m.setup > 0) || !(m.steps > 0) || !(m.result.BytesPerCell > 0) {
			t.Errorf("%s: set-up %v, steps %v, %g bytes a cell, want more than 0", c, m.setup, m.steps, m.result.BytesPerCell)
		}
		for name, a := range m.result.Records {
			if c.NT >= 40 && a.Peak() == 0 {
				t.Errorf("%s: no %s was recorded: no waves", c, name)
			}
		}
		for _, w := range m.result.Warnings { // so few steps cut the wavelet
			if w.Kind != wave.WarnCut && w.Kind != wave.WarnDispersion {
				t.Errorf("%s: %v", c, w)
			}
		}
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	done := 0
	_, err := Run(ctx, Options{Shapes: []string{"30x30"}, NT: 1 << 17, Repeat: 1}, func(p meter.Reading) {
		if done = p.Done; done == 1 { // warmed up
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || done != 1 {
		t.Errorf("after %d runs: %v, want %v after 1", done, err, context.Canceled)
	}
}

func TestTriad(t *testing.T) {
	m, err := newTriad(1001)
	if err != nil {
		t.Fatal(err)
	}
	for threads := 1; threads <= 3; threads++ {
		m.a[0], m.a[500], m.a[1000] = -1, -1, -1
		b, err := m.bandwidth(context.Background(), threads)
		if err != nil || !(b > 0) {
			t.Errorf("%d threads: %g, %v", threads, b, err)
		}
		for i, a := range m.a {
			if a != 2+3*float64(i) {
				t.Fatalf("%d threads: a[%d] is %g, want %g", threads, i, a, 2+3*float64(i))
			}
		}
	}
}

func TestCompare(t *testing.T) {
	row := func(accuracy int, best, median float64) Row {
		return Row{Case: Case{Backend: "cpu", Shape: []int{5, 6}, Accuracy: accuracy}, GPts: best, GPtsOfAll: Spread{Median: median}}
	}
	old := &Report{Date: "then", Cases: []Row{row(2, 1, 1), row(4, 2, 1)}}
	now := &Report{Date: "now", Cases: []Row{row(4, 3, 2), row(8, 1, 1)}}
	c := now.Compare(old)
	if len(c.Ratios) != 1 || c.Ratios[0].Ratio != 1.5 || c.Ratios[0].Median != 2 || c.Ratios[0].Old != 2 || c.Ratios[0].New != 3 || c.Ratios[0].Accuracy != 4 {
		t.Errorf("ratios are %+v", c.Ratios)
	}
	if len(c.OnlyNew) != 1 || c.OnlyNew[0].Accuracy != 8 || len(c.OnlyOld) != 1 || c.OnlyOld[0].Accuracy != 2 || c.Date != "then" {
		t.Errorf("without a partner: new %v, old %v, from %s", c.OnlyNew, c.OnlyOld, c.Date)
	}
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"no":                    "want what `wavebench bench --json` prints",
		`{"devices": []}`:       "wavebench_bench is 0, want 1",
		`{"wavebench_bench":2}`: "wavebench_bench is 2, want 1",
		`{"wavebench_bench":1, "cases":[{"backend":"cpu"}]}`:                                   "gpts of cases[0] is 0",
		`{"wavebench_bench":1, "cases":[{"gpts":1, "gpts_spread":{"median":0}}]}`:              "their median 0",
		`{"wavebench_bench":1, "cases":[{"gpts":"fast"}]}`:                                     "json",
		`{"wavebench_bench":1, "cases":[{"gpts":1, "gpts_spread":{"median":1}, "nt":"many"}]}`: "nt",
	} {
		path := filepath.Join(t.TempDir(), "old.json")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want an error with %q and the file's name", text, err, want)
		}
	}
}

func TestLabels(t *testing.T) {
	r := &Report{Cases: []Row{
		{Case: Case{"cpu", "scalar", []int{5, 6}, 4, "float32", 1, 1, 9, 2}},
		{Case: Case{"cpu", "scalar", []int{7, 8}, 4, "float32", 2, 1, 9, 2}},
	}}
	labels, common := r.Labels()
	if want := []string{"5x6, 1 shot", "7x8, 2 shots"}; !reflect.DeepEqual(labels, want) || common != "cpu, scalar, accuracy 4, float32, 1 thread, 9 steps, PML 2" {
		t.Errorf("labels %q, common %q, want %q and the rest", labels, common, want)
	}
	r.Cases = r.Cases[:1]
	if labels, common := r.Labels(); labels[0] != "cpu" || !strings.Contains(common, "5x6") {
		t.Errorf("of one case: labels %q, common %q", labels, common)
	}
}
