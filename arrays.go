package wave

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/internal/resample"
	"github.com/d52adeda/wave/stencil"
)

// batch is shots that are simulated together.
type batch struct{ first, n int }

// batches lists those of the simulation.
func (sim *Simulation) batches() []batch {
	var out []batch
	for first := 0; first < sim.shots; first += sim.atOnce {
		out = append(out, batch{first, min(sim.atOnce, sim.shots-first)})
	}
	return out
}

// of returns the batch's part of an array that has all shots in front, or one for all.
func (b batch) of(a *array.Array) *array.Array {
	lo, size := make([]int, a.NDim()), a.Shape()
	if size[0] == 1 || size[0] == b.n {
		return a
	}
	lo[0], size[0] = b.first, b.n
	return array.Slice(a, lo, size)
}

// plan makes the arrays that the backend wants for a batch.
func (sim *Simulation) plan(ctx context.Context, b batch) (*backend.Plan, error) {
	p := &backend.Plan{
		Program: sim.program, Layout: sim.layout, DType: sim.dtype, Shots: b.n, Steps: sim.steps(),
		Fields: map[string]*array.Array{}, Series: map[string]*array.Array{}, Points: map[string][]stencil.Points{},
		Threads: sim.opt.Threads, TimeTile: sim.opt.TimeTile,
	}
	for _, g := range slices.Concat(sim.sources, sim.receivers) {
		p.Points[g.channel.Series.Points] = sim.points(g.points[b.first:][:b.n])
	}
	if err := sim.setModels(ctx, b, sim.models, p.Fields); err != nil {
		return nil, err
	}
	profile := sim.profile()
	for _, f := range sim.program.Fields() {
		if x, ok := profile.Of(f, sim.layout); ok {
			p.Fields[f.Name] = array.Convert(sim.dtype, x, len(x))
		}
	}
	sim.initial(b, p.Fields)
	for _, g := range sim.sources {
		var err error
		if p.Series[g.channel.Series.Name], err = sim.amplitudes(ctx, b.of(g.amplitudes)); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// setModels adds the models of the program, from those given.
func (sim *Simulation) setModels(ctx context.Context, b batch, models Models, fields map[string]*array.Array) error {
	given := Models{}
	for _, m := range sim.eq.Models {
		if err := ctx.Err(); err != nil {
			return err
		}
		given[m.Name] = sim.around(&m, b, models[m.Name])
	}
	own, err := sim.eq.Derived(ctx, given, sim.layout.Halo)
	if err != nil {
		return err
	}
	for _, f := range sim.program.Fields() {
		if f.Kind == stencil.Model {
			if own[f.Name] == nil {
				return badEquation(fmt.Errorf("equation %s: the program's %s is none of the Models, and Derive does not return it", sim.eq.Name, f))
			}
			fields[f.Name] = own[f.Name]
		}
	}
	return nil
}

// around cuts the region and the batch out of a model and continues it to the grid, by what the model says and,
// at free sides of a staggered grid, by vacuum.
func (sim *Simulation) around(m *equation.Property, b batch, a *array.Array) *array.Array {
	if a.NDim() == sim.ndim {
		a = array.Reshape(a, append([]int{1}, a.Shape()...)...)
	}
	a = b.of(a)
	shots := a.Shape()[0]
	a = array.Slice(a, append([]int{0}, sim.origin...), append([]int{shots}, sim.region...))
	first, shape := []int{0}, []int{shots}
	before, after, zeros := []int{0}, []int{0}, m.ZeroPad
	for d, w := range sim.pad {
		n := [2]int{sim.layout.Halo + w[0], sim.layout.Halo + w[1]}
		first, shape = append(first, 0), append(shape, sim.layout.Shape[d])
		for side := range n {
			if m.ZeroPad || sim.vacuum(d, side) {
				zeros = true
				if side == 0 {
					first[1+d] = n[0]
				}
				n[side] = 0
			}
		}
		before, after = append(before, n[0]), append(after, n[1])
	}
	a = array.PadEdge(a, before, after)
	if !zeros {
		return a
	}
	return array.Assemble(sim.dtype, shape, [][]int{first}, a)
}

// initial adds the wavefields to start from. What lies beyond the last cell of a field that sits half
// a cell further on is zero.
func (sim *Simulation) initial(b batch, fields map[string]*array.Array) {
	for _, f := range sim.program.Fields() {
		a := sim.survey.Initial[f.Name]
		if a == nil || f.Kind != stencil.State && f.Kind != stencil.Memory {
			continue
		}
		lo, shape, size := []int{0}, []int{b.n}, a.Shape()
		for d, n := range sim.layout.Shape {
			lo, shape = append(lo, sim.layout.Halo), append(shape, n)
			if f.Half[d] {
				size[1+d]--
			}
		}
		a = b.of(array.Slice(a, make([]int, len(size)), size))
		fields[f.Name] = array.Assemble(sim.dtype, shape, [][]int{lo}, a)
	}
}

// amplitudes returns the series of sources at the internal time step.
func (sim *Simulation) amplitudes(ctx context.Context, a *array.Array) (*array.Array, error) {
	if sim.ratio == 1 {
		return a, nil
	}
	up, err := resample.NewUp(sim.nt, sim.resampling())
	if err != nil {
		return nil, err
	}
	return sim.resample(ctx, a, sim.steps(), up.Apply, up.Transpose)
}

// resample applies a linear map to all rows of a, whose results have n samples. A reverse
// pass calls plan after that too, and heeds ctx, but reports no more.
func (sim *Simulation) resample(ctx context.Context, a *array.Array, n int, forward, transpose func(dst, src []float64)) (*array.Array, error) {
	report := sim.opt.Resampling
	out := array.LinearRows(a, n, array.RowMap{
		Forward: forward, Transpose: transpose, Threads: sim.threads(),
		Between: func(done, total int) error {
			if report != nil {
				report(done, total)
			}
			return ctx.Err()
		},
	})
	report = nil
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return out, out.Err()
}

// threads is how many goroutines may compute.
func (sim *Simulation) threads() int {
	if n := runtime.GOMAXPROCS(0); sim.opt.Threads == 0 || sim.opt.Threads > n {
		return n
	}
	return sim.opt.Threads
}
