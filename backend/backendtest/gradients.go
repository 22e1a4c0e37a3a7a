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
// patterns by the transpose of the program's derivative, point by point, and by reverse mode
// through what is around it: averages, padding.
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

// derive makes the derivative of the program and its transpose, if they are wanted.
func (c *reference) derive(t *testing.T) []*stencil.Program {
	t.Helper()
	if !c.derived {
		return nil
	}
	c.tangent = stencil.Linearize(c.program, Models(c.program), c.program.Inputs()...)
	var fields []*stencil.Field
	for _, f := range c.program.Fields() {
		if d := c.tangent.Dot[f]; d != nil {
			fields = append(fields, d)
		}
	}
	var series []*stencil.Series
	for _, s := range c.program.Inputs() {
		series = append(series, c.tangent.Series[s])
	}
	var err error
	if c.adjoint, err = stencil.Transpose(c.tangent.Program, fields, series...); err != nil {
		t.Fatal(err)
	}
	return []*stencil.Program{c.tangent.Program, c.adjoint.Program}
}

// statements returns an interpreter for each statement of a program, on the data of another.
func statements(p *stencil.Program, of *stencil.Interpreter) []*stencil.Interpreter {
	var out []*stencil.Interpreter
	for _, s := range p.Body {
		one := *of
		one.Program = &stencil.Program{Name: p.Name, NDim: p.NDim, Body: []stencil.Stmt{s}}
		out = append(out, &one)
	}
	return out
}

// fields are those of a program before a statement.
type fields = map[*stencil.Field][]float64

// history runs the program of a shot and returns the fields before each statement of each step.
func (c *reference) history(forward *stencil.Interpreter, steps int) [][]fields {
	forward.Out = map[*stencil.Series][][]float64{}
	var past [][]fields
	body := statements(c.program, forward)
	for range steps {
		var row []fields
		for k, s := range body {
			row = append(row, maps.Clone(forward.Data))
			if in, ok := c.program.Body[k].(stencil.Inject); ok { // it changes a field in place
				forward.Data[in.Dst] = slices.Clone(forward.Data[in.Dst])
			}
			s.Step()
		}
		past = append(past, row)
	}
	return past
}

// backward runs the transpose for a shot: data holds the cotangents of fields afterwards,
// series by step those of sources.
func (c *reference) backward(t *testing.T, p *backend.Plan, shot int) (data fields, series map[*stencil.Series][][]float64) {
	t.Helper()
	forward := interpreter(p, shot)
	past := c.history(forward, p.Steps)
	back := &stencil.Interpreter{
		Layout: c.layout, Data: fields{}, Points: forward.Points,
		In: map[*stencil.Series][][]float64{}, Out: map[*stencil.Series][][]float64{},
	}
	for f, x := range forward.Data {
		if f.Kind == stencil.Model || f.Kind == stencil.Profile {
			back.Data[f] = x
		}
	}
	for s, x := range forward.In { // what multiplies a model's cotangent
		back.In[s] = reversed(x)
	}
	down, err := resample.NewDown(c.meta.NT, resample.Params{Ratio: c.ratio, TimePadFrac: new(0.0)})
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range c.system.Receivers {
		d := c.tangent.Series[ch.Series]
		if d == nil { // not among those of the case
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
		back.In[c.adjoint.Series[d]] = reversed(x)
	}
	body := statements(c.adjoint.Program, back)
	for n := range p.Steps {
		for k, s := range body {
			for _, f := range c.adjoint.Program.Given {
				back.Data[f] = past[p.Steps-1-n][c.adjoint.Program.Beside[k]][f]
			}
			s.Step()
		}
	}
	for s, x := range back.Out {
		back.Out[s] = reversed(x)
	}
	return back.Data, back.Out
}

// reversed returns a series backwards in time.
func reversed(x [][]float64) [][]float64 {
	x = slices.Clone(x)
	slices.Reverse(x)
	return x
}

// compareGradients compares the gradients by models and amplitudes.
func (c *reference) compareGradients(t *testing.T) {
	p := c.plan(t)
	up, err := resample.NewUp(c.meta.NT, resample.Params{Ratio: c.ratio, TimePadFrac: new(0.0)})
	if err != nil {
		t.Fatal(err)
	}
	bar := fields{} // of the program's models, all shots
	for _, f := range Models(c.program) {
		bar[f] = make([]float64, c.layout.Padded())
	}
	got := map[string][]float64{}
	for shot := range p.Shots {
		data, series := c.backward(t, p, shot)
		for f, sum := range bar {
			for i, v := range data[c.adjoint.Bar[c.tangent.Dot[f]]] {
				sum[i] += v
			}
		}
		for _, ch := range c.system.Sources {
			x := series[c.adjoint.Series[c.tangent.Series[ch.Series]]]
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
			own, err := c.equation.Derived(c.padded(given), c.layout.Halo)
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
