//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"context"
	"encoding/binary"

	vk "github.com/vulkan-go/vulkan"

	"github.com/d52adeda/wave/shaders"
)

// finite looks for NaN and infinity on the device.
type finite struct {
	pipeline
	pool  vk.DescriptorPool
	sets  map[*buffer]vk.DescriptorSet
	flag  *buffer
	shape [3]int
}

func (s *stepper[T]) newFinite(c *compiler, pool vk.DescriptorPool) (*finite, error) {
	f := &finite{sets: map[*buffer]vk.DescriptorSet{}, shape: s.d.shape(1)}
	var err error
	if f.flag, err = s.d.newBuffer(4, onDevice); err != nil {
		return nil, err
	}
	s.owner.owns(func() { s.d.free(f.flag) })
	f.pipeline, err = c.compile("finite", shaders.SPIRVFinite(s.real), 2, 2, []uint32{uint32(f.shape[0]), 1, 1})
	f.pool = pool
	return f, err
}

// Finite implements backend.Stepper.
func (s *stepper[T]) Finite(name string) (bool, error) {
	f, err := s.find(name)
	if err != nil {
		return false, err
	}
	ok, err := s.isFinite(s.schedule.Home[f])
	if err == nil {
		err = complaints()
	}
	s.failed = err
	return ok, err
}

func (s *stepper[T]) isFinite(slot int) (bool, error) {
	ctx, api, check := context.Background(), s.d.api, s.finite
	if err := s.transfer.clear(ctx, []*buffer{check.flag}); err != nil {
		return false, err
	}
	for _, p := range s.parts {
		values, n := s.at(p, slot), p.grid.Size[slot]
		if n == 0 { // the strips of a dimension without PML
			continue
		}
		set, err := check.set(api, values)
		if err != nil {
			return false, err
		}
		x := min((n+check.shape[0]-1)/check.shape[0], 1<<15) // groups; every device allows twice as many
		pitch := x * check.shape[0]
		err = s.lane.do(ctx, func(c vk.CommandBuffer) {
			api.barrier(c, vk.PipelineStageComputeShaderBit|vk.PipelineStageTransferBit, vk.PipelineStageComputeShaderBit,
				vk.AccessShaderWriteBit|vk.AccessTransferWriteBit, vk.AccessShaderReadBit|vk.AccessShaderWriteBit)
			vk.CmdBindPipeline(c, vk.PipelineBindPointCompute, check.handle)
			api.bindSet(c, check.pipeline.pipeline, set)
			api.push(c, check.pipeline.pipeline, uint32(pitch), uint32(n))
			vk.CmdDispatch(c, uint32(x), uint32((n+pitch-1)/pitch), 1)
		})
		if err != nil {
			return false, err
		}
	}
	var flag [4]byte
	err := s.transfer.read(ctx, flag[:], check.flag, 0)
	return binary.LittleEndian.Uint32(flag[:]) == 0, err
}

// set returns the descriptor set for a buffer, the same each time.
func (f *finite) set(api *api, values *buffer) (vk.DescriptorSet, error) {
	if set, ok := f.sets[values]; ok {
		return set, nil
	}
	set, err := api.createSet(f.pool, f.layout.set, []*buffer{values, f.flag})
	if err == nil {
		f.sets[values] = set
	}
	return set, err
}
