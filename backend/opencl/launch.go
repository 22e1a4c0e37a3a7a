//go:build opencl

package opencl

import (
	"context"
	"fmt"
	"unsafe"

	cl "github.com/jgillich/go-opencl/cl"

	"github.com/d52adeda/wave/shaders"
	"github.com/d52adeda/wave/stencil"
)

// launch is a kernel with its arguments set.
type launch struct {
	kernel        *cl.Kernel
	name          string
	global, local []int
	step, tape    int // numbers of the arguments that these are, or -1
	onTape        []onTape
}

// kernel returns a new kernel object, released with the stepper.
func (s *stepper[T]) kernel(p *cl.Program, name string) (*cl.Kernel, error) {
	k, err := p.CreateKernel(name)
	if err != nil {
		return nil, fmt.Errorf("opencl: kernel %s: %w", name, wrap(err))
	}
	s.held = append(s.held, k)
	return k, nil
}

// bind makes the kernels' objects, one for each phase of the rotation of buffers, so
// that a step has but its number to set.
func (s *stepper[T]) bind(ctx context.Context, p *cl.Program, m *shaders.Module, tables map[*shaders.Kernel][]*cl.MemObject) error {
	s.place = s.schedule.Phases()
	for _, place := range s.place {
		var list []launch
		for _, k := range m.Kernels {
			if err := ctx.Err(); err != nil {
				return err
			}
			l, err := s.launch(p, k, place, tables[k])
			if err != nil {
				return err
			}
			if l.kernel != nil {
				list = append(list, l)
			}
		}
		s.ops = append(s.ops, list)
	}
	return nil
}

// launch binds a kernel; without a kernel if it has nothing to do.
func (s *stepper[T]) launch(p *cl.Program, k *shaders.Kernel, place []int, tables []*cl.MemObject) (launch, error) {
	items := k.Items(s.grid)
	if items[0]*items[1]*items[2] == 0 {
		return launch{}, nil
	}
	kernel, err := s.kernel(p, k.Name)
	if err != nil {
		return launch{}, err
	}
	limits := s.device.limits
	if n, err := kernel.WorkGroupSize(s.device.device); err == nil && n > 0 { // less where it wants many registers
		limits.group = min(limits.group, n)
	}
	l := launch{kernel: kernel, name: k.Name, step: -1, tape: -1}
	l.global, l.local = groups(limits, k, items)

	var buffers []*cl.MemObject
	for i, b := range k.Buffers {
		buffer := s.buffers[place[b.Slot]]
		if b.Field.Kind == stencil.Tape {
			field := s.tape.form.Number(b.Field)
			l.onTape = append(l.onTape, onTape{i, field})
			buffer = s.tape.buffers[field][0]
		}
		buffers = append(buffers, buffer)
	}
	buffers = append(buffers, tables...)
	for i, b := range buffers {
		if err := kernel.SetArgBuffer(i, b); err != nil {
			return launch{}, fmt.Errorf("opencl: buffer %d of %s: %w", i, k.Name, wrap(err))
		}
	}
	for i, value := range k.Values(s.grid) {
		at := len(buffers) + i
		switch k.Args[i].Name {
		case "step":
			l.step = at
		case "tape":
			l.tape = at
		}
		if err := kernel.SetArgInt32(at, value); err != nil {
			return launch{}, fmt.Errorf("opencl: argument %s of %s: %w", k.Args[i].Name, k.Name, wrap(err))
		}
	}
	return l, nil
}

// groups returns how many work items to start, in all and in a group.
func groups(limits limits, k *shaders.Kernel, items [3]int) (global, local []int) {
	global, local = items[:], []int{1, 1, 1}
	switch {
	case limits.processor && k.Work == shaders.Update: // an item is a row, or one of its two parts
		global[0] = 1
		if k.InPML[k.NDim-1] {
			global[0] = 2
		}
		// Handing a group to a thread takes PoCL as long as computing a few short rows.
		local[1] = min(16, items[1])
	case limits.processor:
		local[0] = min(16, items[0])
	// On GPUs, neighbours along x read neighbouring values; the PML's strips are narrow.
	case items[1] == 1:
		local[0] = 256
	case items[0] < 64:
		local[0], local[1] = 32, 8
	default:
		local[0], local[1] = 64, 4
	}
	for d := range local {
		local[d] = min(local[d], limits.groups[d])
	}
	for local[0]*local[1] > limits.group {
		if local[1] > 1 {
			local[1] /= 2
		} else {
			local[0] /= 2
		}
	}
	for d := range global {
		global[d] = roundUp(global[d], local[d])
	}
	return global, local
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// enqueue hands a step to the device. It waits for each kernel of the first one, which
// drivers may compile only now, and looks whether ctx is done.
func (s *stepper[T]) enqueue(ctx context.Context) error {
	row := s.plan.Row(s.step)
	for i := range s.ops[s.phase] {
		l := &s.ops[s.phase][i]
		if l.step >= 0 {
			if err := l.kernel.SetArgInt32(l.step, int32(row)); err != nil {
				return fmt.Errorf("opencl: step of %s: %w", l.name, wrap(err))
			}
		}
		if l.tape >= 0 {
			if err := s.setTape(l, row); err != nil {
				return err
			}
		}
		if err := done(s.queue.EnqueueNDRangeKernel(l.kernel, nil, l.global, l.local, nil)); err != nil {
			return fmt.Errorf("opencl: %s at step %d: %w", l.name, s.step, wrap(err))
		}
		if s.count > 0 {
			continue
		}
		if err := s.queue.Finish(); err != nil {
			return fmt.Errorf("opencl: %s at step %d: %w", l.name, s.step, wrap(err))
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	s.step++
	s.phase = (s.phase + 1) % len(s.place)
	return nil
}

// greatest looks at a buffer on the device: see backend.HighWord.
func (s *stepper[T]) greatest(b *cl.MemObject, n int) (uint32, error) {
	word := []uint32{0}
	if err := write(s.queue, s.word, 0, word); err != nil {
		return 0, err
	}
	items, length := 256*s.device.limits.units, uint64(n)
	if s.device.limits.processor {
		items = 4 * s.device.limits.units
	}
	if err := s.peak.SetArgBuffer(0, b); err != nil {
		return 0, wrap(err)
	}
	if err := s.peak.SetArgUnsafe(1, 8, unsafe.Pointer(&length)); err != nil {
		return 0, wrap(err)
	}
	if err := s.peak.SetArgBuffer(2, s.word); err != nil {
		return 0, wrap(err)
	}
	if err := done(s.queue.EnqueueNDRangeKernel(s.peak, nil, []int{items}, nil, nil)); err != nil {
		return 0, wrap(err)
	}
	err := read(s.queue, s.word, 0, word)
	return word[0], err
}
