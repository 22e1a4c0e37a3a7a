//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	vk "github.com/vulkan-go/vulkan"

	"github.com/d52adeda/wave/shaders"
	"github.com/d52adeda/wave/stencil"
)

// record puts the next step into a command buffer. All parts do an operation side by
// side.
func (s *stepper[T]) record(c vk.CommandBuffer, first bool) {
	for op := range s.schedule.Ops {
		if s.barriers[s.phase][op] || first {
			s.d.api.barrier(c, vk.PipelineStageComputeShaderBit, vk.PipelineStageComputeShaderBit,
				vk.AccessShaderWriteBit, vk.AccessShaderReadBit|vk.AccessShaderWriteBit)
			first = false
		}
		for _, p := range s.parts {
			for i := range p.dispatches[op] {
				s.d.dispatch(c, &p.dispatches[op][i], s.phase, s.plan.Row(s.step))
			}
		}
	}
}

func (d *device) dispatch(c vk.CommandBuffer, run *dispatch, phase, row int) {
	vk.CmdBindPipeline(c, vk.PipelineBindPointCompute, run.handle)
	d.api.bindSet(c, run.pipeline.pipeline, run.sets[phase])
	if n := len(run.pushed); n > 0 {
		run.pushed[n-1] = uint32(row)
		d.api.push(c, run.pipeline.pipeline, run.pushed...)
	}
	vk.CmdDispatch(c, run.groups[0], run.groups[1], run.groups[2])
}

// waits tells for each phase which operations must wait for those before: they read
// or write what one since the last wait has written, or write what one has read.
func waits(schedule *stencil.Schedule, m *shaders.Module, slots [][]int) [][]bool {
	out := make([][]bool, len(slots))
	reads, writes := map[int]bool{}, map[int]bool{} // buffers, since the last wait
	for range 2 {                                   // the second time as it will go on
		for phase, buffer := range slots {
			out[phase] = make([]bool, len(schedule.Ops))
			for op := range schedule.Ops {
				var used []shaders.Buffer
				for _, k := range m.Kernels {
					if k.Op == op {
						used = append(used, k.Buffers...)
					}
				}
				for _, b := range used {
					at := buffer[b.Slot]
					if writes[at] || b.Writes && reads[at] {
						out[phase][op] = true
					}
				}
				if out[phase][op] {
					clear(reads)
					clear(writes)
				}
				for _, b := range used {
					at := buffer[b.Slot]
					reads[at], writes[at] = reads[at] || b.Reads, writes[at] || b.Writes
				}
			}
		}
	}
	return out
}
