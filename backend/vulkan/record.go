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
	row := s.plan.Row(s.step)
	chunk, slab := 0, 0
	if s.tape != nil {
		chunk, slab = s.tape.form.Place(row, s.tape.each)
	}
	for op := range s.schedule.Ops {
		if s.barriers[s.phase][op] || first {
			s.d.api.barrier(c, vk.PipelineStageComputeShaderBit, vk.PipelineStageComputeShaderBit,
				vk.AccessShaderWriteBit, vk.AccessShaderReadBit|vk.AccessShaderWriteBit)
			first = false
		}
		for _, p := range s.parts {
			for i := range p.dispatches[op] {
				run := &p.dispatches[op][i]
				set := run.sets[0][s.phase]
				if run.step >= 0 {
					run.pushed[run.step] = uint32(row)
				}
				if run.tape >= 0 {
					set = run.sets[chunk][s.phase]
					run.pushed[run.tape] = uint32(slab * s.tape.span * p.shots)
				}
				s.d.dispatch(c, run, set)
			}
		}
	}
}

func (d *device) dispatch(c vk.CommandBuffer, run *dispatch, set vk.DescriptorSet) {
	vk.CmdBindPipeline(c, vk.PipelineBindPointCompute, run.handle)
	d.api.bindSet(c, run.pipeline.pipeline, set)
	if len(run.pushed) > 0 {
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
