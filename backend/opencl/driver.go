//go:build opencl

package opencl

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	cl "github.com/jgillich/go-opencl/cl"

	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/internal/memory"
)

func init() { backend.Register("opencl", driver{}) }

type driver struct{}

// found is a device with what its driver says about it.
type found struct {
	device *cl.Device
	info   backend.Info
	limits limits
}

// limits are what decides how a device is used.
type limits struct {
	processor bool  // rather than a GPU
	units     int   // compute units
	alloc     int64 // bytes of the largest buffer
	group     int   // work items of a group
	groups    []int // along each axis
}

// Devices implements backend.Backend.
func (driver) Devices() []backend.Info {
	var out []backend.Info
	list, err := devices()
	for _, f := range list {
		out = append(out, f.info)
	}
	if err != nil {
		out = append(out, backend.Info{Backend: "opencl", Index: len(out), Err: err})
	}
	return out
}

// remedy is what to do where there is no driver.
const remedy = "install that of the GPU, or for processors, on Debian: apt-get install pocl-opencl-icd"

// devices lists the devices of all drivers, those most likely wanted first, and says why
// there are none.
func devices() ([]found, error) {
	platforms, err := cl.GetPlatforms()
	if err != nil {
		return nil, fmt.Errorf("opencl: no driver ("+remedy+"): %w: %w", wrap(err), backend.ErrNoDevice)
	}
	var out []found
	var errs []error
	for _, p := range platforms {
		list, err := p.GetDevices(cl.DeviceTypeAll)
		if err != nil {
			if !errors.Is(err, cl.ErrDeviceNotFound) {
				errs = append(errs, err)
			}
			continue
		}
		for _, d := range list {
			out = append(out, describe(p, d))
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("opencl: the drivers have no device ("+remedy+"): %w", errors.Join(append(errs, backend.ErrNoDevice)...))
	}
	inOrder(out)
	return out, nil
}

// inOrder sorts and numbers devices: GPUs, first those with memory of their own, then
// processors, then what cannot be used.
func inOrder(list []found) {
	rank := func(f found) int {
		switch {
		case f.info.Err != nil:
			return 3
		case f.limits.processor:
			return 2
		case !f.info.Apart:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(list, func(a, b found) int { return cmp.Compare(rank(a), rank(b)) })
	for i := range list {
		list[i].info.Index = i
	}
}

// describe asks a device what it is. The binding panics where a driver does not
// answer.
func describe(p *cl.Platform, d *cl.Device) (f found) {
	f = found{device: d, info: backend.Info{Backend: "opencl", Name: "unknown device"}}
	defer func() {
		if r := recover(); r != nil {
			f.info.Err = fmt.Errorf("opencl: the driver of %s does not say what it can do: %v", f.info.Name, r)
		}
	}()
	f.info.Name = strings.TrimSpace(d.Name())
	f.info.Driver = fmt.Sprintf("%s %s", p.Name(), d.DriverVersion())
	f.info.Memory = d.GlobalMemSize()
	f.info.Float64 = d.DoubleFPConfig() != 0
	f.info.Apart = d.Type()&cl.DeviceTypeCPU == 0 && !unified(d)
	f.limits = limits{
		processor: d.Type()&cl.DeviceTypeCPU != 0,
		units:     d.MaxComputeUnits(),
		alloc:     d.MaxMemAllocSize(),
		group:     d.MaxWorkGroupSize(),
		groups:    d.MaxWorkItemSizes(),
	}
	f.info.Note = fmt.Sprintf("%s, %d compute units, buffers up to %s", d.Version(), f.limits.units, memory.Size(f.limits.alloc))
	if !d.Available() || !d.CompilerAvailable() {
		f.info.Err = fmt.Errorf("opencl: %s is not available or has no compiler", f.info.Name)
	}
	return f
}

// unified reports whether a device says that its memory is the host's. A driver of
// today need not answer.
func unified(d *cl.Device) (is bool) {
	defer func() { _ = recover() }()
	return d.HostUnifiedMemory()
}

// Open implements backend.Backend.
func (driver) Open(index int) (backend.Device, error) {
	list, err := devices()
	if err != nil {
		return nil, err
	}
	if index < 0 || index >= len(list) {
		return nil, fmt.Errorf("opencl: device is %d, want 0 to %d: %w", index, len(list)-1, backend.ErrNoDevice)
	}
	f := list[index]
	if f.info.Err != nil {
		return nil, fmt.Errorf("%w: %w", f.info.Err, backend.ErrNoDevice)
	}
	context, err := cl.CreateContext([]*cl.Device{f.device})
	if err != nil {
		return nil, fmt.Errorf("opencl: %s cannot be opened: %w: %w", f.info.Name, wrap(err), backend.ErrNoDevice)
	}
	return &device{found: f, context: context}, nil
}
