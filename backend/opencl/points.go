//go:build opencl

package opencl

import (
	"fmt"

	cl "github.com/jgillich/go-opencl/cl"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/shaders"
)

// tables puts on the device what an injecting or recording kernel wants, in its order.
func (s *stepper[T]) tables(k *shaders.Kernel, p *backend.Plan) ([]*cl.MemObject, error) {
	points := p.Points[k.Series.Points]
	list := shaders.NewList(s.grid, k, points)
	series, err := s.seriesOf(k, p, len(points[0]))
	if err != nil {
		return nil, err
	}
	weight := make([]T, len(list.Weight))
	for i, w := range list.Weight {
		weight[i] = T(w)
	}
	var out []*cl.MemObject
	for _, name := range k.Tables() {
		b := series
		switch name {
		case "start":
			b, err = upload(s, name, list.Start)
		case "cell":
			b, err = upload(s, name, list.Cell)
		case "point":
			b, err = upload(s, name, list.Point)
		case "weight":
			b, err = upload(s, name, weight)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// seriesOf returns the series of a kernel's points, of which a shot has n, on the device: one
// that is injected into several fields is there once.
func (s *stepper[T]) seriesOf(k *shaders.Kernel, p *backend.Plan, n int) (*cl.MemObject, error) {
	if known, ok := s.series[k.Series.Name]; ok {
		return known.buffer, nil
	}
	b, err := s.buffer("series "+k.Series.Name, n*p.Shots*p.Steps*int(real[T]()))
	if err != nil {
		return nil, err
	}
	s.series[k.Series.Name] = series{b, p.Shots, n, k.Work == shaders.Record}
	return b, nil
}

// upload returns a new buffer with data.
func upload[T array.Float, E int32 | float32 | float64](s *stepper[T], what string, data []E) (*cl.MemObject, error) {
	b, err := s.buffer(what, len(data)*sizeOf[E]())
	if err != nil {
		return nil, err
	}
	if err := write(s.queue, b, 0, data); err != nil {
		return nil, fmt.Errorf("opencl: copying %s: %w", what, err)
	}
	return b, nil
}

func sizeOf[E int32 | float32 | float64]() int {
	var z E
	if _, ok := any(z).(float64); ok {
		return 8
	}
	return 4
}

// Series implements backend.Stepper.
func (s *stepper[T]) Series(name string) (*array.Array, error) {
	if err := s.usable("series " + name); err != nil {
		return nil, err
	}
	r, ok := s.series[name]
	if !ok || !r.recorded {
		return nil, fmt.Errorf("opencl: program %s records no series %q", s.plan.Program.Name, name)
	}
	columns := r.shots * r.points
	data := make([]T, columns*s.plan.Steps)
	if err := read(s.queue, r.buffer, 0, data); err != nil {
		s.failed = fmt.Errorf("opencl: reading series %s: %w", name, err)
		return nil, s.failed
	}
	return array.Of(backend.Transposed(data, columns), r.shots, r.points, s.plan.Steps), nil
}
