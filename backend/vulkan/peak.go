//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"context"
	"encoding/binary"

	vk "github.com/vulkan-go/vulkan"

	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/shaders"
)

// peak looks for the greatest value on the device.
type peak struct {
	pipeline
	pool  vk.DescriptorPool
	sets  map[*buffer]vk.DescriptorSet
	word  *buffer
	shape [3]int
}

func (s *stepper[T]) newPeak(c *compiler, pool vk.DescriptorPool) (*peak, error) {
	f := &peak{sets: map[*buffer]vk.DescriptorSet{}, shape: s.d.shape(1)}
	var err error
	if f.word, err = s.d.newBuffer(4, onDevice); err != nil {
		return nil, err
	}
	s.owner.owns(func() { s.d.free(f.word) })
	f.pipeline, err = c.compile("peak", shaders.SPIRVPeak(s.real), 2, 3, []uint32{uint32(f.shape[0]), 1, 1})
	f.pool = pool
	return f, err
}

// Peak implements backend.Stepper.
func (s *stepper[T]) Peak(name string) (float64, error) {
	f, err := s.find(name)
	if err != nil {
		return 0, err
	}
	word, err := s.greatest(s.schedule.Home[f])
	if err == nil {
		err = complaints()
	}
	s.failed = err
	return backend.HighWord[T](word), err
}

// greatest looks at the buffers of all parts: see backend.HighWord.
func (s *stepper[T]) greatest(slot int) (uint32, error) {
	ctx, api, look := context.Background(), s.d.api, s.peak
	if err := s.transfer.clear(ctx, []*buffer{look.word}); err != nil {
		return 0, err
	}
	for _, p := range s.parts {
		values, n := s.at(p, slot), p.grid.Size[slot]
		if n == 0 { // the strips of a dimension without PML
			continue
		}
		set, err := look.set(api, values)
		if err != nil {
			return 0, err
		}
		const enough = 2048 // groups keep any device busy
		groups := min((n+look.shape[0]-1)/look.shape[0], enough)
		items := groups * look.shape[0]
		err = s.lane.do(ctx, func(c vk.CommandBuffer) {
			api.barrier(c, vk.PipelineStageComputeShaderBit|vk.PipelineStageTransferBit, vk.PipelineStageComputeShaderBit,
				vk.AccessShaderWriteBit|vk.AccessTransferWriteBit, vk.AccessShaderReadBit|vk.AccessShaderWriteBit)
			vk.CmdBindPipeline(c, vk.PipelineBindPointCompute, look.handle)
			api.bindSet(c, look.pipeline.pipeline, set)
			api.push(c, look.pipeline.pipeline, uint32(items), uint32(n), uint32((n+items-1)/items))
			vk.CmdDispatch(c, uint32(groups), 1, 1)
		})
		if err != nil {
			return 0, err
		}
	}
	var word [4]byte
	err := s.transfer.read(ctx, word[:], look.word, 0)
	return binary.LittleEndian.Uint32(word[:]), err
}

// set returns the descriptor set for a buffer, the same each time.
func (f *peak) set(api *api, values *buffer) (vk.DescriptorSet, error) {
	if set, ok := f.sets[values]; ok {
		return set, nil
	}
	set, err := api.createSet(f.pool, f.layout.set, []*buffer{values, f.word})
	if err == nil {
		f.sets[values] = set
	}
	return set, err
}
