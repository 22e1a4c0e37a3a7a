//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"context"
	"testing"

	"github.com/d52adeda/wave/array"
)

// Many steps go to the device together, and all shots.
func TestManyStepsASubmission(t *testing.T) {
	d := openDevice(t, nil)
	const steps = 400
	var dispatches []int
	for _, shots := range []int{1, 5} {
		p := problem{[]int{20, 24}, false, shots, 1, steps, array.Float32}.plan(t)
		s, err := plan[float32](context.Background(), d, p)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		of := s.(*stepper[float32])
		if err := s.Step(context.Background(), steps); err != nil {
			t.Fatal(err)
		}
		// Twice as many each time, fewer where the machine is busy.
		if of.lane.count < 1 || of.lane.count > steps/4 {
			t.Errorf("%d shots: %d steps took %d submissions, want at most %d", shots, steps, of.lane.count, steps/4)
		}
		n := 0
		for _, part := range of.parts {
			for _, list := range part.dispatches {
				n += len(list)
			}
		}
		dispatches = append(dispatches, n)
	}
	if dispatches[0] == 0 || dispatches[0] != dispatches[1] {
		t.Errorf("a step of 1 shot takes %d dispatches, of 5 shots %d, want as many", dispatches[0], dispatches[1])
	}
}
