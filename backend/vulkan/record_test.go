//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"slices"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/shaders"
	"github.com/d52adeda/wave/stencil"
)

// Between two operations of which one writes what the other uses, there is a barrier;
// but not before every operation.
func TestBarriers(t *testing.T) {
	for _, born := range []bool{false, true} {
		p := problem{[]int{24, 30}, born, 1, 1, 3, array.Float32}.plan(t)
		schedule, err := stencil.NewSchedule(p.Program)
		if err != nil {
			t.Fatal(err)
		}
		m, err := shaders.NewModule(schedule, nil)
		if err != nil {
			t.Fatal(err)
		}
		slots := schedule.Phases()
		barriers := waits(schedule, m, slots)
		type use struct {
			reads, writes []int
			wait          bool
		}
		var all []use
		for range 3 {
			for phase, buffer := range slots {
				for op := range schedule.Ops {
					u := use{wait: barriers[phase][op]}
					for _, k := range m.Kernels {
						for _, b := range k.Buffers {
							if k.Op == op && b.Writes {
								u.writes = append(u.writes, buffer[b.Slot])
							}
							if k.Op == op && b.Reads {
								u.reads = append(u.reads, buffer[b.Slot])
							}
						}
					}
					all = append(all, u)
				}
			}
		}
		touch := func(a, b []int) bool {
			return slices.ContainsFunc(a, func(x int) bool { return slices.Contains(b, x) })
		}
		count := 0
		for j, after := range all {
			if after.wait {
				count++
			}
			for i, before := range all[:j] {
				conflict := touch(before.writes, after.writes) || touch(before.writes, after.reads) || touch(before.reads, after.writes)
				if conflict && !slices.ContainsFunc(all[i+1:j+1], func(u use) bool { return u.wait }) {
					t.Errorf("born %v: operation %d uses what %d does, without a barrier between", born, j, i)
				}
			}
		}
		if count == len(all) {
			t.Errorf("born %v: a barrier before every operation: some could run side by side", born)
		}
	}
}
