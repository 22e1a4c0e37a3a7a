//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"errors"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend/backendtest"
)

// How a tape is divided between buffers changes nothing.
func TestTapeInManyBuffers(t *testing.T) {
	for name, c := range map[string]struct {
		change     func(*limits)
		most, each int
	}{
		"one":                  {nil, 2, 7},
		"a step each":          {func(l *limits) { l.bindBytes = 25_000 }, 2, 1},
		"some steps":           {func(l *limits) { l.bindBytes = 50_000 }, 2, 2},
		"a shot each":          {func(l *limits) { l.groups[2] = 1 }, 1, 7},
		"some steps of a shot": {func(l *limits) { l.groups[2], l.bindBytes = 1, 35_000 }, 1, 3},
	} {
		t.Run(name, func(t *testing.T) {
			d := openDevice(t, c.change)
			p := backendtest.RunTape(t, d, array.Float64)
			made, err := d.NewTape(p, 7)
			if err != nil {
				t.Fatal(err)
			}
			if tape := made.(*tape); tape.most != c.most || tape.each != c.each {
				t.Errorf("%d shots of a slab of %d bytes and %d steps in a buffer, want %d and %d", tape.most, tape.form.Slab, tape.each, c.most, c.each)
			}
			if err := made.Close(); err != nil {
				t.Error(err)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			if _, err := d.NewTape(p, 7); err == nil {
				t.Error("a tape on a closed device: no error")
			}
		})
	}
	p := backendtest.RunTape(t, openDevice(t, nil), array.Float64)
	if _, err := openDevice(t, func(l *limits) { l.bindBytes = 5_000 }).NewTape(p, 7); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a shot larger than a buffer: %v, want an error that wraps %v", err, errors.ErrUnsupported)
	}
}

// A tape's memory is left to a stepper that does not come back.
func TestTapeOfLostStepper(t *testing.T) {
	d := openDevice(t, nil)
	made, err := d.NewTape(backendtest.RunTape(t, d, array.Float32), 7)
	if err != nil {
		t.Fatal(err)
	}
	d.abandon()
	if err := made.Close(); err != nil {
		t.Error(err)
	}
	tape := made.(*tape)
	if len(tape.owner.frees) == 0 {
		t.Error("its buffers are freed")
	}
	tape.owner.freeAll()
	d.stuck = false
}
