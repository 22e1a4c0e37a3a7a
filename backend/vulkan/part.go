//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"errors"
	"fmt"

	vk "github.com/vulkan-go/vulkan"

	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/shaders"
	"github.com/d52adeda/wave/stencil"
)

// part is some shots of a batch: as many as a device's buffers can hold. All shots of
// a part are in each dispatch.
type part struct {
	first, shots int
	grid         *shaders.Grid
	buffers      []*buffer   // by slot, before the first step; nil where it is on the tape
	tape         [][]*buffer // by field
	tables       map[*shaders.Kernel]*tables
	dispatches   [][]dispatch // by operation
}

// dispatch is a kernel with all it needs.
type dispatch struct {
	pipeline
	sets   [][]vk.DescriptorSet // by buffer of the tape (one where there is none) and phase
	groups [3]uint32
	pushed []uint32 // push constants
	// Which of them these are, or -1.
	step, tape int
}

// rowBytes is what rows of the grid are filled up to: a line of a GPU's cache.
const rowBytes = 128

// divide lays out the shots in parts and allocates their buffers.
func (s *stepper[T]) divide(p *backend.Plan) error {
	most, err := s.shotsTogether(p)
	if err != nil {
		return err
	}
	shared := map[int]*buffer{} // by slots that all shots share
	for first := 0; first < p.Shots; first += most {
		part := &part{first: first, shots: min(most, p.Shots-first), tables: map[*shaders.Kernel]*tables{}}
		if part.grid, err = s.grid(p, part.shots); err != nil {
			return err
		}
		if s.tape != nil {
			part.tape = s.tape.parts[len(s.parts)]
		}
		s.parts = append(s.parts, part)
		for slot, f := range s.schedule.Buffers {
			if f.Kind == stencil.Tape {
				part.buffers = append(part.buffers, nil)
				continue
			}
			b := shared[slot]
			if b == nil {
				if b, err = s.d.newBuffer(int64(part.grid.Size[slot])*int64(s.real), onDevice); err != nil {
					return s.tooMuch(p, err)
				}
				s.owner.owns(func() { s.d.free(b) })
			}
			if p.Copies(f) == 1 {
				shared[slot], s.shared[slot] = b, true
			}
			part.buffers = append(part.buffers, b)
		}
		if err := s.tabulate(p, part); err != nil {
			return err
		}
	}
	return nil
}

// grid lays out a number of shots.
func (s *stepper[T]) grid(p *backend.Plan, shots int) (*shaders.Grid, error) {
	count := func(f *stencil.Field) int { return min(p.Copies(f), shots) }
	return shaders.NewGrid(p.Layout, s.schedule, shots, count, rowBytes/int(s.real))
}

// shotsTogether returns how many shots fit into one dispatch.
func (s *stepper[T]) shotsTogether(p *backend.Plan) (int, error) {
	one, err := s.grid(p, 1)
	if err != nil {
		return 0, fmt.Errorf("vulkan: %w", err)
	}
	most := p.Shots
	limit := func(what string, each int) error {
		bytes := int64(each) * int64(s.real)
		if bytes > s.d.limits.bindBytes {
			return fmt.Errorf("vulkan: %s takes %d bytes a shot, but a buffer of %s holds at most %d: %w", what, bytes, s.d.info.Name, s.d.limits.bindBytes, errors.ErrUnsupported)
		}
		if bytes > 0 {
			most = min(most, int(s.d.limits.bindBytes/bytes))
		}
		return nil
	}
	for slot, f := range s.schedule.Buffers {
		if err := limit("field "+f.Name, one.Size[slot]); err != nil {
			return 0, err
		}
	}
	for _, series := range append(p.Program.Inputs(), p.Program.Outputs()...) {
		if err := limit("series "+series.Name, s.points[series.Points]*p.Steps); err != nil {
			return 0, err
		}
		for _, points := range p.Points[series.Points] {
			entries := 0
			for _, e := range points {
				entries += len(e)
			}
			if err := limit("points "+series.Points, entries); err != nil {
				return 0, err
			}
		}
	}
	depth := int64(1)
	if p.Layout.NDim == 3 {
		depth = int64(p.Layout.Shape[0])
	}
	if depth > s.d.limits.groups[2] {
		return 0, fmt.Errorf("vulkan: the grid has %d planes, but a dispatch of %s at most %d: %w", depth, s.d.info.Name, s.d.limits.groups[2], errors.ErrUnsupported)
	}
	most = min(most, int(s.d.limits.groups[2]/depth))
	if s.tape == nil {
		return most, nil
	}
	if most < s.tape.most { // as one that shares its tape may not need
		return 0, fmt.Errorf("vulkan: %d shots of program %s fit together on %s, but %d of its tape: use fewer shots at a time: %w", most, p.Program.Name, s.d.info.Name, s.tape.most, errors.ErrUnsupported)
	}
	return s.tape.most, nil
}

// tooMuch adds to an error of allocation what the whole plan needs.
func (s *stepper[T]) tooMuch(p *backend.Plan, err error) error {
	if g, e := s.grid(p, p.Shots); e == nil {
		n := int64(0)
		for _, size := range g.Size {
			n += int64(size) * int64(s.real)
		}
		return fmt.Errorf("%w; the fields of %d shots take %d bytes", err, p.Shots, n)
	}
	return err
}
