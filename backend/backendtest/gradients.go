package backendtest

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/functional"
	"github.com/d52adeda/wave/internal/resample"
	"github.com/d52adeda/wave/stencil"
)

// ReferenceGradients computes the gradients of the reference cases whose names match one of the
// patterns, point by point: forward with a tape and backward over it, and by reverse mode
// through what is around that: averages, padding.
func ReferenceGradients(t *testing.T, patterns ...string) {
	for _, pattern := range patterns {
		paths, err := filepath.Glob(filepath.Join(root(t), "testdata/reference/staggered", pattern+".npz"))
		if err != nil {
			t.Fatal(err)
		}
		if len(paths) == 0 {
			t.Errorf("no case matches %q", pattern)
		}
		for _, path := range paths {
			t.Run(strings.TrimSuffix(filepath.Base(path), ".npz"), func(t *testing.T) {
				c := readReference(t, path)
				c.dtype, c.derived = array.Float64, true
				c.compareGradients(t)
			})
		}
	}
}

// derive makes the program with a tape and the reverse program, if they are wanted.
func (c *reference) derive(t *testing.T) []*stencil.Program {
	t.Helper()
	if !c.derived {
		return nil
	}
	scaled := func(*stencil.Field) bool { // no vacuum, no fluid: the program's models are zero beyond the grid only
		for _, a := range c.given {
			if slices.Min(a.Float64s()) <= 0 {
				return false
			}
		}
		return true
	}
	var err error
	if c.pair, err = stencil.Adjoint(c.program, scaled, Models(c.program), c.program.Inputs()...); err != nil {
		t.Fatal(err)
	}
	return []*stencil.Program{c.pair.Forward, c.pair.Reverse}
}

// backward runs a shot forward and back: the cotangents of fields, and by step those of sources.
func (c *reference) backward(t *testing.T, p *backend.Plan, shot int) (map[*stencil.Field][]float64, map[*stencil.Series][][]float64) {
	t.Helper()
	forward := interpreter(p, shot)
	past := c.pair.Interpret(forward, p.Steps)
	down, err := resample.NewDown(c.meta.NT, resample.Params{Ratio: c.ratio, TimePadFrac: new(0.0)})
	if err != nil {
		t.Fatal(err)
	}
	records := map[*stencil.Series][][]float64{}
	for _, ch := range c.system.Receivers {
		if c.pair.Series[ch.Series] == nil { // not among those of the case
			continue
		}
		weight, n := c.data["in_loss_weight_"+c.kind(ch)], len(forward.Points[ch.Series.Points])
		x := make([][]float64, p.Steps)
		for i := range n {
			row := make([]float64, p.Steps)
			down.Transpose(row, weight[(shot*n+i)*c.meta.NT:][:c.meta.NT])
			for s, v := range row {
				x[s] = append(x[s], v)
			}
		}
		records[ch.Series] = x
	}
	return past.Back(nil, records)
}

// compareGradients compares the gradients by models and amplitudes.
func (c *reference) compareGradients(t *testing.T) {
	p := c.plan(t)
	up, err := resample.NewUp(c.meta.NT, resample.Params{Ratio: c.ratio, TimePadFrac: new(0.0)})
	if err != nil {
		t.Fatal(err)
	}
	bar := map[*stencil.Field][]float64{} // of the program's models, all shots
	for _, f := range Models(c.program) {
		bar[f] = make([]float64, c.layout.Padded())
	}
	got := map[string][]float64{}
	for shot := range p.Shots {
		data, series := c.backward(t, p, shot)
		for f, sum := range bar {
			for i, v := range data[f] {
				sum[i] += v
			}
		}
		for _, ch := range c.system.Sources {
			x := series[ch.Series]
			if x == nil { // not among those of the case
				continue
			}
			name := "source_amplitudes_" + c.kind(ch)
			for i := range x[0] {
				row, out := make([]float64, p.Steps), make([]float64, c.meta.NT)
				for s := range row {
					row[s] = x[s][i]
				}
				up.Transpose(out, row)
				got[name] = append(got[name], out...)
			}
		}
	}
	for _, m := range c.equation.Models {
		grad, err := functional.Grad(func(a *array.Array) (*array.Array, error) {
			given := maps.Clone(c.given)
			given[m.Name] = a
			own, err := c.equation.Derived(t.Context(), c.padded(given), c.layout.Halo)
			if err != nil {
				return nil, err
			}
			total := array.Zeros(array.Float64)
			for _, f := range Models(c.program) {
				total = array.Add(total, array.Dot(own[f.Name], array.Of64(bar[f], own[f.Name].Shape()...)))
			}
			return total, nil
		})(c.given[m.Name])
		if err != nil {
			t.Fatal(err)
		}
		got[m.Name] = grad.Float64s()
	}
	c.near(t, "out_exact_grad_", got)
}
