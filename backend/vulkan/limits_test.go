//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend/backendtest"
)

// What a device's limits split or pack must not change a bit of the results, nor do earlier
// runs; and to begin again makes nothing anew.
func TestLimitsDoNotChangeResults(t *testing.T) {
	for _, c := range []struct {
		name string
		problem
		change func(*limits)
		parts  int
		packed bool
	}{
		{"one shot a buffer", problem{[]int{24, 30}, true, 3, 3, 11, array.Float32}, func(l *limits) { l.bindBytes = 2500 * 4 }, 3, false},
		{"two shots a buffer", problem{[]int{24, 30}, false, 3, 1, 11, array.Float64}, func(l *limits) { l.bindBytes = 3500 * 8 }, 2, false},
		{"planes of two shots", problem{[]int{12, 13, 14}, false, 5, 5, 7, array.Float32}, func(l *limits) { l.groups[2] = 40 }, 3, false},
		{"few bindings", problem{[]int{24, 30}, true, 2, 1, 11, array.Float32}, func(l *limits) { l.bindings = 20 }, 1, true},
		{"few bindings, parts", problem{[]int{12, 13, 14}, false, 2, 1, 7, array.Float64}, func(l *limits) { l.bindings, l.groups[2] = 16, 16 }, 2, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := c.plan(t)
			want := solve(t, openDevice(t, func(l *limits) { l.bindings = 256 }), p)
			d := openDevice(t, c.change)
			nothing := *p
			nothing.Fields, nothing.Series = map[string]*array.Array{}, map[string]*array.Array{}
			for name, a := range p.Fields {
				nothing.Fields[name] = array.AddConst(math.NaN(), a)
			}
			for name, a := range p.Series {
				nothing.Series[name] = array.Zeros(p.DType, a.Shape()...)
			}
			s, err := d.Plan(context.Background(), &nothing)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			parts, packed, owned := inside(s)
			if parts != c.parts || packed != c.packed {
				t.Fatalf("%d parts, profiles packed %v; want %d, %v", parts, packed, c.parts, c.packed)
			}
			if err := s.Step(context.Background(), 3); err != nil {
				t.Fatal(err)
			}
			if err := s.Reset(context.Background(), p.Fields, p.Series); err != nil {
				t.Fatal(err)
			}
			if _, _, now := inside(s); now != owned {
				t.Errorf("%d objects on the device after Reset, want %d as before", now, owned)
			}
			for _, got := range []map[string][]float64{solve(t, d, p), results(t, s, p)} {
				for name := range want {
					if !slices.Equal(got[name], want[name]) {
						t.Errorf("%s differs", name)
					}
				}
			}
		})
	}
}

// Updates of more fields than a kernel can have buffers are divided.
func TestFewBindingsDivideUpdates(t *testing.T) {
	for name, bindings := range map[string]int{"elastic-2d": 14, "staggered": 8} {
		d := openDevice(t, func(l *limits) { l.bindings = bindings })
		backendtest.RunPart(t, d, backendtest.Part{Name: name, DType: array.Float32})
	}
}

func inside(s any) (parts int, packed bool, owned int) {
	switch s := s.(type) {
	case *stepper[float32]:
		return len(s.parts), s.profiles.buffer != nil, len(s.owner.frees)
	case *stepper[float64]:
		return len(s.parts), s.profiles.buffer != nil, len(s.owner.frees)
	}
	return 0, false, 0
}

// What a device cannot do is refused with the numbers.
func TestBeyondLimits(t *testing.T) {
	p := problem{[]int{24, 30}, true, 1, 1, 100, array.Float32}.plan(t)
	for _, c := range []struct {
		name   string
		change func(*limits)
		text   []string
	}{
		{"a field", func(l *limits) { l.bindBytes = 1000 }, []string{"field", "1000", "bytes a shot"}},
		{"a series", func(l *limits) { l.bindBytes = 4*3*100 - 4 }, []string{"1196"}},
		{"bindings", func(l *limits) { l.bindings = 6 }, []string{"storage buffers", "has 6"}},
		{"rows", func(l *limits) { l.groups[1] = 1 }, []string{"workgroups along axis 1", "at most 1"}},
	} {
		s, err := openDevice(t, c.change).Plan(context.Background(), p)
		if err == nil {
			s.Close()
			t.Errorf("%s: no error", c.name)
			continue
		}
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v does not wrap errors.ErrUnsupported", c.name, err)
		}
		for _, text := range c.text {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%s: error %q does not tell %q", c.name, err, text)
			}
		}
	}
	d := openDevice(t, nil)
	d.physical.info.Float64 = false
	double := problem{[]int{24, 30}, false, 1, 1, 5, array.Float64}.plan(t)
	if _, err := d.Plan(context.Background(), double); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("float64 without hardware for it: %v, want errors.ErrUnsupported", err)
	}
}

// A plan larger than the device's memory is an error that has the numbers, and the
// device can be used afterwards.
func TestOutOfMemory(t *testing.T) {
	d := openDevice(t, nil)
	for i := range d.physical.memory {
		d.physical.memory = slices.Clone(d.physical.memory)
		d.physical.memory[i].bytes = stageBytes + 3<<19 // each buffer fits, all do not, staging in the same heap or not
	}
	_, err := d.Plan(context.Background(), problem{[]int{500, 500}, false, 4, 1, 5, array.Float32}.plan(t))
	if err == nil || !strings.Contains(err.Error(), "out of device memory") || !strings.Contains(err.Error(), "bytes") {
		t.Errorf("error %v, want one that says out of device memory, and how many bytes", err)
	}
	for heap, n := range d.used {
		if n != 0 {
			t.Errorf("%d bytes of heap %d are still counted after the failure", n, heap)
		}
	}
	d.physical.memory = need(t).memory
	solve(t, d, problem{[]int{20, 20}, false, 1, 1, 5, array.Float32}.plan(t))
}
