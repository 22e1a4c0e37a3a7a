//go:build opencl

package opencl

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	cl "github.com/jgillich/go-opencl/cl"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/internal/testenv"
	"github.com/d52adeda/wave/shaders"
	"github.com/d52adeda/wave/stencil"
)

// open returns the first device; without one the test is skipped, where that may be.
func open(t testing.TB) *device {
	t.Helper()
	dev, err := backend.Open("opencl")
	if err != nil {
		testenv.Missing(t, err)
	}
	t.Cleanup(func() { dev.Close() })
	return dev.(*device)
}

// scalar plans the scalar equation with a random model and state.
func scalar(t testing.TB, rnd *rand.Rand, shape []int, pml, shots, steps int, dt array.DType) *backend.Plan {
	t.Helper()
	h := []float64{5, 6, 4.5}[:len(shape)]
	prog := equation.Scalar().Program(len(shape), 4).Bind(equation.Params(0.0005, h))
	widths := make([][2]int, len(shape))
	for d := range widths {
		widths[d] = [2]int{pml, pml}
	}
	l, err := stencil.NewLayout(prog, shape, widths)
	if err != nil {
		t.Fatal(err)
	}
	p := &backend.Plan{
		Program: prog, Layout: l, DType: dt, Shots: shots, Steps: steps,
		Fields: map[string]*array.Array{}, Series: map[string]*array.Array{}, Points: map[string][]stencil.Points{},
	}
	profile := equation.PML{Width: widths, Spacing: h, DT: 0.0005, MaxVel: 2500, Freq: 25}
	for d, axis := range equation.Axes(len(shape)) {
		a, b, db := profile.Profile(d, l.Shape[d], l.Halo, 4)
		for name, x := range map[string][]float64{"a_": a, "b_": b, "db_": db} {
			p.Fields[name+axis] = array.Convert(dt, x, len(x))
		}
	}
	v, u := make([]float64, l.Padded()), make([]float64, shots*l.Padded())
	for i := range v {
		v[i] = 1500 + 1000*rnd.Float64()
	}
	for i := range u {
		if l.Inside(i % l.Padded()) {
			u[i] = rnd.NormFloat64()
		}
	}
	p.Fields["v"] = array.Convert(dt, v, append([]int{1}, l.Shape...)...)
	p.Fields["u"] = array.Convert(dt, u, append([]int{shots}, l.Shape...)...)
	centre := 0
	for _, n := range l.Shape {
		centre = centre*n + n/2
	}
	for range shots {
		points := stencil.Points{{{Cell: centre, Weight: 1}}}
		p.Points["source"], p.Points["receiver"] = append(p.Points["source"], points), append(p.Points["receiver"], points)
	}
	f := make([]float64, shots*steps)
	for i := range f {
		f[i] = rnd.NormFloat64()
	}
	p.Series["f"] = array.Convert(dt, f, shots, 1, steps)
	return p
}

// run steps a plan to its end and returns the wavefield and the record.
func run(t testing.TB, d backend.Device, p *backend.Plan) []float64 {
	t.Helper()
	s, err := d.Plan(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Step(context.Background(), p.Steps); err != nil {
		t.Fatal(err)
	}
	u, err := s.Field("u")
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Series("r")
	if err != nil {
		t.Fatal(err)
	}
	if x, err := s.Peak("u"); err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		t.Errorf("Peak is %v, %v, want a number", x, err)
	}
	return append(u.Float64s(), r.Float64s()...)
}

// TestOrderOfDevices: who asks for "opencl" where there are a GPU and a driver for
// processors gets the GPU.
func TestOrderOfDevices(t *testing.T) {
	made := func(name string, processor, apart bool, err error) found {
		return found{info: backend.Info{Name: name, Apart: apart, Err: err}, limits: limits{processor: processor}}
	}
	list := []found{
		made("broken", false, true, errors.New("no compiler")), made("processor", true, false, nil),
		made("in the processor", false, false, nil), made("card", false, true, nil), made("second card", false, true, nil),
	}
	inOrder(list)
	for i, want := range []string{"card", "second card", "in the processor", "processor", "broken"} {
		if list[i].info.Name != want || list[i].info.Index != i {
			t.Errorf("device %d is %s, numbered %d, want %s", i, list[i].info.Name, list[i].info.Index, want)
		}
	}
}

// TestItemsAndRows runs the same plans as on a GPU, a cell an item, and as on a
// processor, a row an item.
func TestItemsAndRows(t *testing.T) {
	d := open(t)
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 1))
	for _, c := range []struct {
		shape []int
		dt    array.DType
	}{{[]int{700}, array.Float32}, {[]int{50, 90}, array.Float32}, {[]int{33, 21}, array.Float64}, {[]int{17, 14, 19}, array.Float32}} {
		p := scalar(t, rnd, c.shape, 4, 2, 6, c.dt)
		var got [2][]float64
		for i, processor := range []bool{false, true} {
			mode := &device{found: d.found, context: d.context}
			mode.limits.processor = processor
			got[i] = run(t, mode, p)
		}
		worst, scale := 0.0, 0.0
		for i, a := range got[0] {
			worst, scale = math.Max(worst, math.Abs(a-got[1][i])), math.Max(scale, math.Abs(a))
		}
		// The same arithmetic, in which compilers fuse or do not.
		if most := map[array.DType]float64{array.Float32: 1e-5, array.Float64: 1e-14}[c.dt]; !(worst <= most*scale) || scale == 0 {
			t.Errorf("seed %d: %v %s: cells and rows differ by %g of %g, want at most %g of it", seed, c.shape, c.dt, worst, scale, most)
		}
	}
}

// TestGroups checks the shapes of groups against a device's limits.
func TestGroups(t *testing.T) {
	p := scalar(t, rand.New(rand.NewPCG(1, 1)), []int{33, 70}, 4, 3, 1, array.Float32)
	schedule, err := stencil.NewSchedule(p.Program)
	if err != nil {
		t.Fatal(err)
	}
	m, err := shaders.NewModule(schedule, nil)
	if err != nil {
		t.Fatal(err)
	}
	grid, err := shaders.NewGrid(p.Layout, schedule, 3, func(*stencil.Field) int { return 1 }, 16)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range m.Kernels {
		shaders.NewList(grid, k, p.Points["source"])
		items := k.Items(grid)
		for _, l := range []limits{
			{group: 1024, groups: []int{1024, 1024, 64}}, {group: 128, groups: []int{128, 128, 64}}, {group: 1, groups: []int{1, 1, 1}},
			{group: 64, groups: []int{16, 64, 64}}, {group: 4096, groups: []int{4096, 4096, 4096}, processor: true}, {group: 1, groups: []int{1, 1, 1}, processor: true},
		} {
			global, local := groups(l, k, items)
			all := 1
			for d, n := range local {
				all *= n
				enough := global[d] >= items[d] || l.processor && k.Work == shaders.Update && d == 0
				if n < 1 || n > l.groups[d] || global[d]%n != 0 || !enough {
					t.Errorf("%s with limits %+v: %v items in groups of %v, want %v or more in whole groups", k.Name, l, global, local, items)
				}
			}
			if all > l.group || local[2] != 1 {
				t.Errorf("%s with limits %+v: groups of %v", k.Name, l, local)
			}
		}
	}
}

// TestRefuses checks that what does not fit is an error with the numbers, and that
// the device goes on.
func TestRefuses(t *testing.T) {
	d := open(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	p := scalar(t, rnd, []int{30, 40}, 4, 2, 6, array.Float32)
	for _, c := range []struct {
		name   string
		change func(d *device)
		dt     array.DType
		want   string
	}{
		{"a small buffer", func(d *device) { d.limits.alloc = 1000 }, array.Float32, "at most 0.977 KiB, the largest buffer"},
		{"little memory", func(d *device) { d.info.Memory = 20000 }, array.Float32, "the memory of"},
		{"no float64", func(d *device) { d.info.Float64 = false }, array.Float64, "has no float64"},
	} {
		small := &device{found: d.found, context: d.context}
		c.change(small)
		if c.dt == array.Float64 {
			p = scalar(t, rnd, []int{30, 40}, 4, 2, 6, array.Float64)
		}
		s, err := small.Plan(context.Background(), p)
		if s != nil || !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want one that wraps ErrUnsupported and has %q", c.name, err, c.want)
		}
		run(t, d, p)
	}
	closed := &device{found: d.found}
	if _, err := closed.Plan(context.Background(), p); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("Plan of a closed device: %v", err)
	}
}

// TestDriverRefuses asks the driver for more than it has: an error, and the device goes
// on.
func TestDriverRefuses(t *testing.T) {
	d := open(t)
	p := scalar(t, rand.New(rand.NewPCG(1, 6)), []int{30, 40}, 4, 1, 6, array.Float32)
	s, err := newStepper[float32](context.Background(), d, p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	endless := &device{found: d.found, context: d.context}
	endless.limits.alloc = 1 << 62
	s.device = endless
	if _, err := s.buffer("everything", 1<<50); err == nil || !strings.Contains(err.Error(), "everything of 1 PiB") {
		t.Errorf("a buffer of 2^50 bytes: %v, want an error with its size", err)
	}
	if err := s.Step(context.Background(), p.Steps); err != nil {
		t.Errorf("Step after that: %v", err)
	}
}

// TestResetMakesNothing checks that a run that begins again needs no new object of the
// driver: buffer, kernel or program.
func TestResetMakesNothing(t *testing.T) {
	d := open(t)
	p := scalar(t, rand.New(rand.NewPCG(1, 9)), []int{30, 40}, 4, 2, 6, array.Float32)
	s, err := newStepper[float32](context.Background(), d, p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	held := slices.Clone(s.held)
	for range 2 {
		if err := s.Step(context.Background(), 3); err != nil {
			t.Fatal(err)
		}
		if err := s.Reset(context.Background(), p.Fields, p.Series); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(s.held, held) {
		t.Errorf("%d objects after Reset, want the %d before", len(s.held), len(held))
	}
}

// TestLost takes the queue away, as a device does that is lost: errors, no crash, and
// another plan runs.
func TestLost(t *testing.T) {
	d := open(t)
	p := scalar(t, rand.New(rand.NewPCG(1, 7)), []int{30, 40}, 4, 1, 6, array.Float32)
	s, err := newStepper[float32](context.Background(), d, p)
	if err != nil {
		t.Fatal(err)
	}
	s.queue.Release()
	if err := s.Step(context.Background(), 1); err == nil || !strings.Contains(err.Error(), "opencl: ") {
		t.Errorf("Step: %v, want an error", err)
	}
	if _, err := s.Field("u"); err == nil {
		t.Error("Field: no error")
	}
	if _, err := s.Peak("u"); err == nil {
		t.Error("Peak: no error")
	}
	if err := s.Close(); err == nil {
		t.Error("Close: no error")
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
	run(t, d, p)
}

// TestStuck keeps the device from ending: Step ends all the same, soon after its context.
// What was left behind is freed once the device is through.
func TestStuck(t *testing.T) {
	d := open(t)
	p := scalar(t, rand.New(rand.NewPCG(1, 8)), []int{30, 40}, 4, 1, 6, array.Float32)
	for _, returns := range []bool{true, false} { // before Close
		s, gate := blocked(t, d, p)
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		began := time.Now()
		if err := s.Step(ctx, 3); !errors.Is(err, errStuck) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Step: %v, want %v and %v", err, errStuck, context.DeadlineExceeded)
		}
		if took := time.Since(began); took > 10*time.Second { // generous: the machine may be loaded
			t.Errorf("Step ends after %v, want about a second", took)
		}
		if err := s.Step(context.Background(), 1); !errors.Is(err, errStuck) {
			t.Errorf("Step again: %v, want %v", err, errStuck)
		}
		if returns {
			pass(t, gate)
			s.left <- <-s.left // as soon as it is there
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		} else {
			if err := s.Close(); !errors.Is(err, errStuck) {
				t.Errorf("Close: %v, want %v", err, errStuck)
			}
			pass(t, gate)
		}
		run(t, d, p)
	}
}

// blocked returns a stepper whose queue waits for a gate to be passed.
func blocked(t *testing.T, d *device, p *backend.Plan) (*stepper[float32], *cl.Event) {
	t.Helper()
	s, err := newStepper[float32](context.Background(), d, p)
	if err != nil {
		t.Fatal(err)
	}
	gate, err := d.context.CreateUserEvent()
	if err != nil {
		t.Fatal(err)
	}
	if err := done(s.queue.EnqueueBarrierWithWaitList([]*cl.Event{gate})); err != nil {
		t.Fatal(err)
	}
	return s, gate
}

// pass lets a device go on.
func pass(t *testing.T, gate *cl.Event) {
	t.Helper()
	const complete = 0 // CL_COMPLETE
	if err := gate.SetUserEventStatus(complete); err != nil {
		t.Fatal(err)
	}
}

// TestStuckAtClose has the device busy when it is closed.
func TestStuckAtClose(t *testing.T) {
	defer func(was time.Duration) { patience = was }(patience)
	patience = 10 * time.Millisecond
	d := open(t)
	p := scalar(t, rand.New(rand.NewPCG(1, 9)), []int{30, 40}, 4, 1, 6, array.Float32)
	_, gate := blocked(t, d, p)
	if err := d.Close(); !errors.Is(err, errStuck) {
		t.Errorf("Close: %v, want %v", err, errStuck)
	}
	pass(t, gate)
}

// TestManyStepsASubmission checks that many steps go to the device together, and all
// shots.
func TestManyStepsASubmission(t *testing.T) {
	d := open(t)
	const steps = 400
	var launches []int
	for _, shots := range []int{1, 5} {
		p := scalar(t, rand.New(rand.NewPCG(1, 10)), []int{30, 40}, 4, shots, steps, array.Float32)
		s, err := newStepper[float32](context.Background(), d, p)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Step(context.Background(), steps); err != nil {
			t.Fatal(err)
		}
		// Twice as many each time, fewer where the machine is busy.
		if s.count < 1 || s.count > steps/4 {
			t.Errorf("%d shots: %d steps took %d submissions, want at most %d", shots, steps, s.count, steps/4)
		}
		launches = append(launches, len(s.ops[0]))
	}
	if launches[0] == 0 || launches[0] != launches[1] {
		t.Errorf("a step of 1 shot takes %d launches, of 5 shots %d, want as many", launches[0], launches[1])
	}
}

// TestCancel cancels a long call of Step: it must stop within a second.
func TestCancel(t *testing.T) {
	d := open(t)
	p := scalar(t, rand.New(rand.NewPCG(1, 3)), []int{300, 300}, 10, 1, 1_000_000, array.Float32)
	var late time.Duration
	for range 3 { // the machine may be busy
		s, err := d.Plan(context.Background(), p)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		deadline := time.Now().Add(300 * time.Millisecond)
		ctx, cancel := context.WithDeadline(context.Background(), deadline)
		defer cancel()
		if err := s.Step(ctx, p.Steps); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("Step: %v, want %v", err, context.DeadlineExceeded)
		}
		if late = time.Since(deadline); late <= time.Second {
			return
		}
	}
	t.Errorf("Step stopped %v after the deadline, want a second at most", late)
}

// TestCycles opens, runs and closes again and again: nothing may stay behind.
func TestCycles(t *testing.T) {
	d := open(t)
	d.Close()
	cycles := 1000
	if testing.Short() {
		cycles = 50
	}
	p := scalar(t, rand.New(rand.NewPCG(1, 4)), []int{20, 20}, 4, 1, 2, array.Float32)
	cycle := func() {
		dev, err := backend.Open("opencl")
		if err != nil {
			t.Fatal(err)
		}
		run(t, dev, p)
		if err := dev.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for range cycles / 10 { // the driver's own threads and pools
		cycle()
	}
	files := testenv.OpenFiles(t)
	// A field of the plan is 2.5 kB, its program 50 kB.
	testenv.Settles(t, 5, cycles, int64(cycles)*2<<10+1<<20, cycle)
	if n := testenv.OpenFiles(t); n > files+2 {
		t.Errorf("the cycles left %d open files, from %d", n, files)
	}
}
