//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"context"
	"errors"
	"fmt"
	"strings"

	vk "github.com/vulkan-go/vulkan"

	"github.com/d52adeda/wave/shaders"
	"github.com/d52adeda/wave/stencil"
)

// profiles are all profiles in one buffer, for devices that allow few: where each
// slot begins.
type profiles struct {
	buffer *buffer
	from   map[int]int
}

// emit prints kernels; a test compares others.
var emit = shaders.SPIRV

// compile makes the pipelines and the descriptor sets of all parts.
func (s *stepper[T]) compile(ctx context.Context) error {
	packed, err := s.pack()
	if err != nil {
		return err
	}
	codes := make([][]uint32, len(s.module.Kernels))
	var program strings.Builder
	sets := len(s.parts) * len(s.slots)
	buffers := len(s.parts) * len(s.schedule.Buffers)
	total, bindings := buffers, 2*buffers // of looks for NaN
	for i, k := range s.module.Kernels {
		codes[i] = emit(k, s.real, packed)
		fmt.Fprint(&program, codes[i])
		n := sets
		if k.UsesTape() {
			n *= s.chunks()
		}
		total, bindings = total+n, bindings+n*bindingsOf(k, packed)
	}
	pool, err := s.d.api.createPool(total, bindings)
	if err != nil {
		return err
	}
	s.owner.owns(func() { vk.DestroyDescriptorPool(s.d.api.device, pool, nil) })
	c, err := newCompiler(s.d, &s.owner, program.String())
	if err != nil {
		return err
	}
	defer c.close()
	for _, p := range s.parts {
		p.dispatches = make([][]dispatch, len(s.schedule.Ops))
		for i, k := range s.module.Kernels {
			if err := ctx.Err(); err != nil {
				return err
			}
			if k.Work != shaders.Update && p.tables[k].items == 0 {
				continue
			}
			d, err := s.newDispatch(c, pool, p, k, codes[i])
			if err != nil {
				return err
			}
			p.dispatches[k.Op] = append(p.dispatches[k.Op], d)
		}
	}
	s.peak, err = s.newPeak(c, pool)
	return err
}

// pack decides whether profiles have to share a buffer, and makes it.
func (s *stepper[T]) pack() (bool, error) {
	s.profiles.from = map[int]int{}
	if err := s.bindable(s.module, false); err == nil {
		return false, nil
	} else if err := s.bindable(s.module, true); err != nil {
		return false, err
	}
	size := 0
	for slot, f := range s.schedule.Buffers {
		if f.Kind == stencil.Profile {
			s.profiles.from[slot] = size
			size += s.parts[0].grid.Size[slot]
		}
	}
	b, err := s.d.newBuffer(int64(size)*int64(s.real), onDevice)
	if err != nil {
		return false, err
	}
	s.owner.owns(func() { s.d.free(b) })
	s.profiles.buffer = b
	return true, nil
}

// divided returns the kernels of the program, of fewer assignments each where an Update has
// more buffers than the device can give a kernel.
func (s *stepper[T]) divided(kinds []int) (*shaders.Module, error) {
	var failed error
	s.schedule.Split(func(op stencil.Op) bool {
		one := &stencil.Schedule{Program: s.plan.Program, Ops: []stencil.Op{op}}
		m, err := shaders.NewModule(one, kinds)
		if err != nil {
			failed = err
			return true
		}
		return s.bindable(m, true) == nil
	})
	if failed != nil {
		return nil, failed
	}
	return shaders.NewModule(s.schedule, kinds)
}

// bindable reports a kernel that wants more buffers than the device can give it.
func (s *stepper[T]) bindable(m *shaders.Module, packed bool) error {
	most := min(s.d.limits.bindings, mostBindings)
	for _, k := range m.Kernels {
		if n := bindingsOf(k, packed); n > most {
			return fmt.Errorf("vulkan: kernel %s of program %s needs %d storage buffers, but %s has %d: %w", k.Name, s.plan.Program.Name, n, s.d.info.Name, most, errors.ErrUnsupported)
		}
	}
	return nil
}

func bindingsOf(k *shaders.Kernel, packed bool) int {
	n := len(k.Buffers) + len(k.Tables())
	if profiles := len(k.Profiles()); packed && profiles > 0 {
		n -= profiles - 1
	}
	return n
}

// newDispatch compiles a kernel for a part and binds the part's buffers to it.
func (s *stepper[T]) newDispatch(c *compiler, pool vk.DescriptorPool, p *part, k *shaders.Kernel, code []uint32) (dispatch, error) {
	d := dispatch{step: -1, tape: -1}
	items, shape := [3]int{1, 1, 1}, s.d.shape(k.NDim)
	if k.Work != shaders.Update {
		items[0], shape = p.tables[k].items, s.d.shape(1)
	} else {
		items = k.Items(p.grid)
	}
	for i, n := range items {
		groups := int64(n+shape[i]-1) / int64(shape[i])
		if groups > s.d.limits.groups[i] {
			return d, fmt.Errorf("vulkan: kernel %s wants %d workgroups along axis %d, but a dispatch of %s has at most %d: %w", k.Name, groups, i, s.d.info.Name, s.d.limits.groups[i], errors.ErrUnsupported)
		}
		d.groups[i] = uint32(groups)
	}
	constants := []uint32{uint32(shape[0]), uint32(shape[1]), uint32(shape[2])}
	for i, v := range k.Values(p.grid) {
		switch k.Args[i].Name {
		case "step":
			d.step = len(d.pushed)
		case "tape":
			d.tape = len(d.pushed)
		}
		if k.Args[i].Pushed {
			d.pushed = append(d.pushed, uint32(v))
		} else {
			constants = append(constants, uint32(v))
		}
	}
	packed := s.profiles.buffer != nil
	if packed {
		for _, b := range k.Profiles() {
			constants = append(constants, uint32(s.profiles.from[b.Slot]))
		}
	}
	var err error
	if d.pipeline, err = c.compile(k.Name, code, bindingsOf(k, packed), len(d.pushed), constants); err != nil {
		return d, err
	}
	chunks := 1
	if k.UsesTape() {
		chunks = s.chunks()
	}
	d.sets = make([][]vk.DescriptorSet, chunks)
	for chunk := range d.sets {
		for phase := range s.slots {
			set, err := s.d.api.createSet(pool, d.set, s.bindings(p, k, phase, chunk, packed))
			if err != nil {
				return d, err
			}
			d.sets[chunk] = append(d.sets[chunk], set)
		}
	}
	return d, nil
}

// bindings lists the buffers of a kernel in a phase of the rotation, with one of the tape's chunks.
func (s *stepper[T]) bindings(p *part, k *shaders.Kernel, phase, chunk int, packed bool) []*buffer {
	var out []*buffer
	for _, b := range k.Buffers {
		if b.Field.Kind == stencil.Tape {
			out = append(out, p.tape[s.tape.form.Number(b.Field)][chunk])
		} else if !packed || b.Field.Kind != stencil.Profile {
			out = append(out, p.buffers[s.slots[phase][b.Slot]])
		}
	}
	for _, name := range k.Tables() {
		out = append(out, p.tables[k].device[name])
	}
	if packed && len(k.Profiles()) > 0 {
		out = append(out, s.profiles.buffer)
	}
	return out
}

// shape returns the extents of workgroups for a number of dimensions: rows of whole
// cache lines, and no more items than every device allows, or twice that.
func (d *device) shape(ndim int) [3]int {
	out := [3]int{32, 4, 1}
	if d.limits.groupItems >= 256 && d.limits.groupSize[1] >= 8 {
		out[1] = 8
	}
	if ndim == 1 {
		out = [3]int{out[0] * out[1], 1, 1}
	}
	return out
}
