//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"

	"github.com/d52adeda/wave/backend"
)

// physical is a device of the machine, opened or not.
type physical struct {
	handle vk.PhysicalDevice
	info   backend.Info
	kind   vk.PhysicalDeviceType
	family uint32 // of the queues that compute
	limits limits
	memory []memoryType
	// identity tells compiled kernels of this device and driver from others.
	identity string
}

type memoryType struct {
	flags vk.MemoryPropertyFlags
	heap  int   // which it is part of
	bytes int64 // of the heap
}

// limits are those of a device that a plan may exceed.
type limits struct {
	bindings   int      // storage buffers of a kernel
	bindBytes  int64    // of one storage buffer
	pushBytes  int      // of push constants
	groups     [3]int64 // workgroups of a dispatch
	groupSize  [3]int   // work items of a workgroup, by axis
	groupItems int      // and in all
}

// list returns the machine's devices, those most likely wanted first.
func list(get unsafe.Pointer, in vk.Instance) ([]*physical, error) {
	var n uint32
	if err := check("vkEnumeratePhysicalDevices", vk.EnumeratePhysicalDevices(in, &n, nil)); err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, errors.New("vulkan: the loader finds no device (Debian: apt-get install mesa-vulkan-drivers)")
	}
	handles := make([]vk.PhysicalDevice, n)
	if err := check("vkEnumeratePhysicalDevices", vk.EnumeratePhysicalDevices(in, &n, handles)); err != nil {
		return nil, err
	}
	var out []*physical
	for _, h := range handles[:n] {
		out = append(out, describe(get, in, h))
	}
	slices.SortStableFunc(out, func(a, b *physical) int { return cmp.Compare(rank(a.kind), rank(b.kind)) })
	for i, p := range out {
		p.info.Index = i
	}
	return out, nil
}

func rank(k vk.PhysicalDeviceType) int {
	return slices.Index([]vk.PhysicalDeviceType{
		vk.PhysicalDeviceTypeDiscreteGpu, vk.PhysicalDeviceTypeIntegratedGpu, vk.PhysicalDeviceTypeVirtualGpu,
		vk.PhysicalDeviceTypeOther, vk.PhysicalDeviceTypeCpu}, k)
}

var kinds = map[vk.PhysicalDeviceType]string{
	vk.PhysicalDeviceTypeDiscreteGpu: "discrete GPU", vk.PhysicalDeviceTypeIntegratedGpu: "integrated GPU",
	vk.PhysicalDeviceTypeVirtualGpu: "virtual GPU", vk.PhysicalDeviceTypeCpu: "processor",
}

func describe(get unsafe.Pointer, in vk.Instance, h vk.PhysicalDevice) *physical {
	p := &physical{handle: h, info: backend.Info{Backend: "vulkan"}}
	p.properties()
	p.features()
	p.memory, p.info.Memory = memories(get, in, h)
	p.chooseQueues(queueFamilies(get, in, h))
	return p
}

func (p *physical) properties() {
	var v vk.PhysicalDeviceProperties
	vk.GetPhysicalDeviceProperties(p.handle, &v)
	v.Deref()
	v.Limits.Deref()
	defer v.Free()
	l := v.Limits
	p.kind = v.DeviceType
	p.info.Name = vk.ToString(v.DeviceName[:])
	p.info.Apart = v.DeviceType != vk.PhysicalDeviceTypeCpu && v.DeviceType != vk.PhysicalDeviceTypeIntegratedGpu
	p.info.Driver = driverVersion(v.VendorID, v.DriverVersion)
	p.identity = fmt.Sprintf("%x.%x.%x.%x", v.VendorID, v.DeviceID, v.DriverVersion, v.PipelineCacheUUID)
	p.limits = limits{
		bindings:   int(min(l.MaxPerStageDescriptorStorageBuffers, l.MaxDescriptorSetStorageBuffers, l.MaxPerStageResources)),
		bindBytes:  int64(l.MaxStorageBufferRange),
		pushBytes:  int(l.MaxPushConstantsSize),
		groupItems: int(l.MaxComputeWorkGroupInvocations),
	}
	for i := range 3 {
		p.limits.groups[i] = int64(l.MaxComputeWorkGroupCount[i])
		p.limits.groupSize[i] = int(l.MaxComputeWorkGroupSize[i])
	}
	p.info.Note = fmt.Sprintf("%s, Vulkan %s, %d storage buffers of %d MiB", kinds[v.DeviceType], vk.Version(v.ApiVersion), p.limits.bindings, p.limits.bindBytes>>20)
}

// driverVersion prints a driver's version as its maker writes it.
func driverVersion(vendor, v uint32) string {
	const nvidia = 0x10de
	if vendor == nvidia {
		return fmt.Sprintf("%d.%d.%d", v>>22, v>>14&0xff, v>>6&0xff)
	}
	return fmt.Sprintf("%d.%d.%d", v>>22, v>>12&0x3ff, v&0xfff)
}

func (p *physical) features() {
	var f vk.PhysicalDeviceFeatures
	vk.GetPhysicalDeviceFeatures(p.handle, &f)
	f.Deref()
	defer f.Free()
	p.info.Float64 = f.ShaderFloat64.B()
}

// chooseQueues finds a family of queues that compute, one that does not draw if there
// is.
func (p *physical) chooseQueues(families []vk.QueueFlags) {
	computes, draws := vk.QueueFlags(vk.QueueComputeBit), vk.QueueFlags(vk.QueueGraphicsBit)
	best := slices.IndexFunc(families, func(f vk.QueueFlags) bool { return f&(computes|draws) == computes })
	if best < 0 {
		best = slices.IndexFunc(families, func(f vk.QueueFlags) bool { return f&computes != 0 })
	}
	if best < 0 {
		p.info.Err = fmt.Errorf("vulkan: %s has no queue that computes: %w", p.info.Name, backend.ErrNoDevice)
		return
	}
	p.family = uint32(best)
}

// find returns a memory type out of the bits allowed that has the flags wanted, the
// first of the lists that one fits.
func (p *physical) find(allowed uint32, wanted ...vk.MemoryPropertyFlagBits) (int, bool) {
	for _, flags := range wanted {
		for i, t := range p.memory {
			if allowed>>i&1 != 0 && t.flags&vk.MemoryPropertyFlags(flags) == vk.MemoryPropertyFlags(flags) {
				return i, true
			}
		}
	}
	return 0, false
}
