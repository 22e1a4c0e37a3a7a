//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"fmt"

	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/shaders"
	"github.com/d52adeda/wave/stencil"
)

// tables are what an injecting or recording kernel looks up: see package shaders.
type tables struct {
	items   int // work items: cells to inject at, points to record
	columns int // of the series: points of all shots
	host    map[string][]byte
	device  map[string]*buffer
}

// tabulate makes the tables of a part's kernels and room for them.
func (s *stepper[T]) tabulate(p *backend.Plan, part *part) error {
	for _, k := range s.module.Kernels {
		if k.Work == shaders.Update {
			continue
		}
		if k.Work == shaders.Inject {
			if t := part.injected(k); t != nil { // into another field, too
				part.tables[k] = t
				part.grid.SetPoints(k, t.items, s.points[k.Series.Points])
				continue
			}
		}
		list := shaders.NewList(part.grid, k, p.Points[k.Series.Points][part.first:][:part.shots])
		t := &tables{items: len(list.Start) - 1, columns: s.points[k.Series.Points] * part.shots, device: map[string]*buffer{}}
		weight := make([]T, len(list.Weight))
		for i, w := range list.Weight {
			weight[i] = T(w)
		}
		t.host = map[string][]byte{
			"start": backend.Bytes(list.Start), "cell": backend.Bytes(list.Cell), "point": backend.Bytes(list.Point), "weight": backend.Bytes(weight),
		}
		known := part.series(k.Series)
		part.tables[k] = t
		for _, name := range k.Tables() {
			size := int64(len(t.host[name]))
			if name == "series" {
				if known != nil {
					t.device[name] = known
					continue
				}
				size = int64(s.plan.Steps) * int64(t.columns) * int64(s.real)
			}
			b, err := s.d.newBuffer(size, onDevice)
			if err != nil {
				return fmt.Errorf("%w; it is to hold %s of series %s", err, name, k.Series.Name)
			}
			s.owner.owns(func() { s.d.free(b) })
			t.device[name] = b
		}
	}
	return nil
}

// series returns a series' buffer, or nil where there is none yet.
func (p *part) series(of *stencil.Series) *buffer {
	for k, t := range p.tables {
		if k.Series == of {
			return t.device["series"]
		}
	}
	return nil
}

// injected returns the tables of a kernel before that injects the same series at the same
// cells, or nil.
func (p *part) injected(like *shaders.Kernel) *tables {
	for k, t := range p.tables {
		if k.Work == shaders.Inject && k.Series == like.Series && k.Off == like.Off {
			return t
		}
	}
	return nil
}
