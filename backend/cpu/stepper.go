package cpu

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/internal/crew"
	"github.com/d52adeda/wave/internal/jit"
	"github.com/d52adeda/wave/internal/rows"
	"github.com/d52adeda/wave/stencil"
)

// stepper advances a plan. It is used by one goroutine at a time; the goroutines
// that it starts wait between calls of Step and end with Close.
type stepper[T array.Float] struct {
	plan     *backend.Plan
	schedule *stencil.Schedule
	memory   *memory[T]
	tape     *tape[T]     // nil if the program has none
	phase    []*memory[T] // the buffers at steps 0, 1, ... of a call of Step
	ops      []operation[T]
	touches  []map[int]access // by statement
	skew     skew
	pieces   []piece                     // what blocks fetch of, where kernels do that
	tiling   func(n, workers int) tiling // of waves of n steps
	whole    bool                        // waves record points as a whole, so that they may go over the grid in tiles
	split    split                       // of rows between goroutines, where each keeps its own
	slow     []string                    // what does not run as generated code though it could, and why
	step     int
	failed   error
	threads  int
	values   int // most nodes of a pointValue
	crew     *crew.Crew
	scratch  []*scratch[T]    // by worker
	series   map[string][][]T // what is injected, by shot: [step][point]
}

// operation is a statement made ready to run.
type operation[T array.Float] struct {
	parts  []part[T] // of an Update
	inject *injector[T]
	record *recorder[T]
}

// part is what an Update does in a region.
type part[T array.Float] struct {
	region *stencil.Region
	kernel *kernel[T]
}

func newStepper[T array.Float](ctx context.Context, p *backend.Plan) (*stepper[T], error) {
	schedule, err := stencil.NewSchedule(p.Program)
	if err != nil {
		return nil, err
	}
	s := &stepper[T]{plan: p.Bare(), schedule: schedule, threads: p.Threads, series: map[string][][]T{}}
	if s.threads <= 0 || s.threads > runtime.GOMAXPROCS(0) {
		s.threads = runtime.GOMAXPROCS(0)
	}
	s.memory = &memory[T]{make([][]T, len(schedule.Buffers)), newPlaces[T](p.Layout, schedule, p.Copies)}
	if err := s.attach(p); err != nil {
		return nil, err
	}
	s.memory.allocate(ctx)
	regions := middleFirst(p.Layout)
	schedule.Split(func(op stencil.Op) bool { return s.fits(op, regions) }) // without code, too: bits depend on it
	graphs := make([][]*stencil.Graph, len(schedule.Ops))
	for i, op := range schedule.Ops {
		o, err := s.prepare(op, regions, &graphs[i])
		if err != nil {
			return nil, err
		}
		s.ops = append(s.ops, o)
	}
	s.touches = touches(schedule.Ops, graphs, max(1, p.Layout.NDim-1))
	s.split = s.newSplit(s.workers())
	s.whole = p.Layout.NDim == 3 && s.span() <= narrow
	if s.whole {
		s.touches = s.touchesWhole()
	}
	s.skew = newSkew(s.touches, schedule.Phases())
	if isa, _ := jit.Selected(); isa != jit.Generic && s.fromMemory() {
		s.pieces = s.newPieces()
	}
	s.tiling = s.chosen
	s.rotate()
	return s, s.fill(ctx, p)
}

// middleFirst returns the regions in the order in which a box computes them: those at the ends
// of rows after the middle, which has fetched the lines on their borders ahead.
func middleFirst(l *stencil.Layout) []stencil.Region {
	regions := l.Regions()
	end := func(r stencil.Region) int {
		if r.Side[l.NDim-1] == stencil.Middle {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(regions, func(a, b stencil.Region) int { return end(a) - end(b) })
	return regions
}

// rotate lists the phases from the present buffers on.
func (s *stepper[T]) rotate() {
	s.phase = nil
	for _, slots := range s.schedule.Phases() {
		s.phase = append(s.phase, s.memory.rotated(slots))
	}
}

// usable reports why the stepper cannot be used, if so.
func (s *stepper[T]) usable(call string) error {
	if s.memory == nil {
		return fmt.Errorf("cpu: %s of a closed stepper", call)
	}
	if s.failed != nil {
		return fmt.Errorf("cpu: %s after an error: %w", call, s.failed)
	}
	if s.tape != nil && s.tape.buf == nil {
		return fmt.Errorf("cpu: %s: %w", call, backend.ErrOtherTape)
	}
	return nil
}

// prepare makes a statement ready and lists its graphs.
func (s *stepper[T]) prepare(op stencil.Op, regions []stencil.Region, graphs *[]*stencil.Graph) (operation[T], error) {
	var o operation[T]
	var err error
	switch stmt := op.Stmt.(type) {
	case stencil.Inject:
		o.inject, err = newInjector[T](s.plan, op, stmt, s.memory.places)
		if err == nil {
			s.values = max(s.values, len(o.inject.value.g.Nodes))
			*graphs = append(*graphs, o.inject.value.g)
		}
	case stencil.Record:
		o.record, err = newRecorder[T](s.plan, op, stmt, s.memory.places)
		if err == nil {
			s.values = max(s.values, len(o.record.value.g.Nodes))
			*graphs = append(*graphs, o.record.value.g)
		}
	case stencil.Update:
		kernels := map[int]*kernel[T]{}
		for i := range regions {
			r := &regions[i]
			if kernels[r.Kind()] == nil {
				g, err := stencil.NewGraph(op, s.plan.Layout.NDim, r.InPML)
				if err != nil {
					return o, err
				}
				if len(g.Outputs) == 0 { // fields that change their names, or memory outside its PML
					continue
				}
				last := s.plan.Layout.NDim - 1
				k, err := s.newKernel(g, r.Hi[last]-r.Lo[last])
				if err != nil {
					return o, err
				}
				kernels[r.Kind()] = k
				*graphs = append(*graphs, g)
			}
			o.parts = append(o.parts, part[T]{r, kernels[r.Kind()]})
		}
	}
	return o, err
}

// fits reports whether an Update can be generated code in all regions.
func (s *stepper[T]) fits(op stencil.Op, regions []stencil.Region) bool {
	tried := map[int]bool{}
	for i := range regions {
		r := &regions[i]
		if tried[r.Kind()] {
			continue
		}
		tried[r.Kind()] = true
		g, err := stencil.NewGraph(op, s.plan.Layout.NDim, r.InPML)
		if err == nil && len(g.Outputs) > 0 && !fits[T](g, s.memory.places) {
			return false
		}
	}
	return true
}

// newKernel compiles a graph for rows of so many cells: to machine code where that is
// possible. Why it is not is noted.
func (s *stepper[T]) newKernel(g *stencil.Graph, width int) (*kernel[T], error) {
	p := s.plan
	trial := p.Layout.Cells()*p.Shots*p.Steps > worthTrial
	isa, _ := jit.Selected()
	k, err := newKernel[T](g, s.memory.places, isa, width, trial, s.fromMemory())
	if !errors.Is(err, jit.ErrTooLarge) {
		return k, err
	}
	why := fmt.Sprintf("%d assignments of an update of program %s run as loops over rows: %v", len(g.Outputs), p.Program.Name, err)
	if !slices.Contains(s.slow, why) { // of several regions
		s.slow = append(s.slow, why)
	}
	return newKernel[T](g, s.memory.places, jit.Generic, width, false, false)
}

// placed is a stepper's statements in their places for one shot, by phase and number.
type placed[T array.Float] [][]placedOp[T]

type placedOp[T array.Float] struct {
	*operation[T]
	bound []*bound[T] // by part
	m     *memory[T]
	shot  int
}

func (s *stepper[T]) place(shot int) (placed[T], error) {
	out := make(placed[T], len(s.phase))
	for k, m := range s.phase {
		for i := range s.ops {
			o := placedOp[T]{operation: &s.ops[i], m: m, shot: shot}
			for _, p := range o.parts {
				b, err := p.kernel.bind(m, shot, p.region)
				if err != nil {
					return nil, err
				}
				o.bound = append(o.bound, b)
			}
			out[k] = append(out[k], o)
		}
	}
	return out, nil
}

// run computes a box at a row of the series; whole says that points are recorded so.
func (o *placedOp[T]) run(row int, b box, whole bool, scratch *scratch[T]) {
	switch {
	case o.inject != nil:
		o.inject.run(o.m, o.shot, row, b, scratch.values)
	case o.record != nil:
		o.record.run(o.m, o.shot, row, b, whole, scratch.values)
	}
	scratch.frame.Slab = row % o.m.window
	for i, k := range o.bound {
		from, to := o.parts[i].region.Lo, o.parts[i].region.Hi
		from[0], to[0] = max(from[0], b.lo[0]), min(to[0], b.hi[0])
		from[1], to[1] = max(from[1], b.lo[1]), min(to[1], b.hi[1])
		if from[0] < to[0] && (from[1] < to[1] || o.m.layout.NDim == 1) {
			k.run(from, to, scratch)
		}
	}
}

// Step implements backend.Stepper.
func (s *stepper[T]) Step(ctx context.Context, n int) error {
	if err := s.usable("Step"); err != nil {
		return err
	}
	if n < 0 || s.step+n > s.plan.Steps {
		return fmt.Errorf("cpu: %d steps after %d, want at most %d in all", n, s.step, s.plan.Steps)
	}
	s.failed = s.advance(ctx, n)
	return s.failed
}

func (s *stepper[T]) advance(ctx context.Context, n int) error {
	if n == 0 {
		return ctx.Err()
	}
	if s.crew == nil {
		s.crew = crew.New(s.threads)
		for range s.threads {
			s.scratch = append(s.scratch, newScratch[T](s.values))
		}
	}
	first, last := s.plan.Row(s.step), s.plan.Row(s.step+n-1)
	for i := range s.ops {
		if r := s.ops[i].record; r != nil {
			r.clear(min(first, last), max(first, last)+1)
		}
	}
	// Shots that all goroutines can have one of are advanced apart; they share the
	// others, one after the other.
	apart := s.plan.Shots / s.threads * s.threads
	var stop atomic.Bool
	shared, err := s.sharedShots(apart, n, &stop)
	if err != nil {
		return err
	}
	errs := make([]error, s.threads)
	s.crew.Do(func(w int) {
		ended := false
		defer func() {
			if !ended { // by an error or a panic: nobody may wait for this one
				stop.Store(true)
			}
		}()
		for shot := w; shot < apart; shot += s.threads {
			p, err := s.newPipeline(shot, n, 1, &stop)
			if err != nil {
				errs[w] = err
				return
			}
			p.run(ctx, 0, s.scratch[w])
		}
		for _, share := range shared {
			share.run(ctx, w, s.scratch[w])
		}
		ended = true
	})
	if err := errors.Join(append(errs, ctx.Err())...); err != nil {
		return err
	}
	s.step += n
	s.memory = s.phase[n%len(s.phase)]
	s.rotate()
	return nil
}

// sharing is what goroutines do together to advance a shot: goroutine w calls run.
type sharing[T array.Float] interface {
	run(ctx context.Context, w int, scratch *scratch[T])
}

// sharedShots returns how the shots from first on are advanced together.
func (s *stepper[T]) sharedShots(first, n int, stop *atomic.Bool) ([]sharing[T], error) {
	const cached = 3 // times the second-level cache: what a goroutine had better keep to itself
	l2, _ := caches()
	var out []sharing[T]
	for shot := first; shot < s.plan.Shots; shot++ {
		workers := s.workers()
		var share sharing[T]
		var err error
		if workers > 1 && (n < 2*workers || s.plan.TimeTile == 1 || s.plan.TimeTile == 0 && s.bytes() <= workers*cached*l2) {
			share, err = s.newDomains(shot, n, stop)
		} else {
			share, err = s.newPipeline(shot, n, workers, stop)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, share)
	}
	return out, nil
}

// bytes returns the size of a shot's buffers, and of one slab of a tape.
func (s *stepper[T]) bytes() int {
	n := 0
	for _, size := range s.memory.size {
		n += size
	}
	var z T
	return n * sizeOf(z)
}

// fromMemory reports whether a step finds little of the grid in caches, and reads it in
// pieces too short for the processor to see what comes next.
func (s *stepper[T]) fromMemory() bool {
	_, l3 := caches()
	return s.plan.Layout.NDim == 3 && s.bytes()*min(s.threads, s.plan.Shots) > l3/4
}

// workers returns how many goroutines advance a shot together.
func (s *stepper[T]) workers() int {
	const rowsEach, planesEach = 24, 4 // less is not worth a goroutine
	rows := s.rows()
	n := rows.hi[0] - rows.lo[0]
	if s.plan.Layout.NDim == 3 {
		return max(1, min(s.threads, n/planesEach))
	}
	return max(1, min(s.threads, n/rowsEach))
}

// narrow is how far from each other cells of a point may be for waves to record it as a
// whole: those of an interpolated one are.
const narrow = 8

// span returns the largest of any recorder.
func (s *stepper[T]) span() int {
	most := 0
	for i := range s.ops {
		if r := s.ops[i].record; r != nil {
			most = max(most, r.span())
		}
	}
	return most
}

// Field implements backend.Stepper.
func (s *stepper[T]) Field(name string) (*array.Array, error) {
	return s.field(name, 0, s.plan.Shots)
}

// FieldOf implements backend.Picker.
func (s *stepper[T]) FieldOf(name string, shot int) (*array.Array, error) {
	if shot < 0 || shot >= s.plan.Shots {
		return nil, fmt.Errorf("cpu: shot is %d, want 0 to %d", shot, s.plan.Shots-1)
	}
	return s.field(name, shot, shot+1)
}

// field copies a field of the shots from one to another.
func (s *stepper[T]) field(name string, first, end int) (*array.Array, error) {
	f, buf, err := s.find(name)
	if err != nil {
		return nil, err
	}
	l := s.plan.Layout
	if f.Kind == stencil.Profile {
		return array.Of(append([]T(nil), buf...), len(buf)), nil
	}
	slot := s.schedule.Home[f]
	cells, size := l.Padded(), s.memory.size[slot]
	if s.memory.copies[slot] == 1 { // the shots share it
		first, end = 0, 1
	}
	out := make([]T, (end-first)*cells)
	for shot := first; shot < end; shot++ {
		s.memory.eachRow(slot, f, func(at, cell, n int) { copy(out[(shot-first)*cells+cell:][:n], buf[shot*size+at:]) })
	}
	return array.Of(out, append([]int{end - first}, l.Shape...)...), nil
}

func (s *stepper[T]) find(name string) (*stencil.Field, []T, error) {
	if s.memory == nil {
		return nil, nil, fmt.Errorf("cpu: field %s of a closed stepper", name)
	}
	for f, slot := range s.schedule.Home {
		if f.Name == name && f.Kind != stencil.Tape {
			return f, s.memory.buf[slot], nil
		}
	}
	return nil, nil, fmt.Errorf("cpu: program %s has no field %q", s.plan.Program.Name, name)
}

// Series implements backend.Stepper.
func (s *stepper[T]) Series(name string) (*array.Array, error) {
	for _, o := range s.ops {
		if o.record != nil && o.record.name == name {
			return array.Of(append([]T(nil), o.record.out...), s.plan.Shots, o.record.n, s.plan.Steps), nil
		}
	}
	return nil, fmt.Errorf("cpu: program %s records no series %q", s.plan.Program.Name, name)
}

// Peak implements backend.Stepper.
func (s *stepper[T]) Peak(name string) (float64, error) {
	_, buf, err := s.find(name)
	if err != nil {
		return 0, err
	}
	if s.crew == nil { // no step yet
		return float64(rows.Peak(buf)), nil
	}
	part := make([]T, s.threads)
	s.crew.Do(func(w int) {
		part[w] = rows.Peak(buf[len(buf)*w/s.threads : len(buf)*(w+1)/s.threads])
	})
	return float64(rows.Peak(part)), nil
}

// Slow implements backend.Slow.
func (s *stepper[T]) Slow() []string {
	if isa, why := jit.Selected(); isa == jit.Generic {
		return []string{"updates run as loops over rows: " + why}
	}
	return s.slow
}

// Close implements backend.Stepper.
func (s *stepper[T]) Close() error {
	if s.crew != nil {
		s.crew.Close()
	}
	s.memory, s.phase, s.ops, s.crew, s.scratch = nil, nil, nil, nil, nil
	return nil
}
