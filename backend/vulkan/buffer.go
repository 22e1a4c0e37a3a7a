//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"fmt"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"
)

// buffer is memory of a device.
type buffer struct {
	handle vk.Buffer
	memory vk.DeviceMemory
	size   int64 // bytes
	took   int64 // of the heap, bytes
	heap   int
	host   []byte // as the host sees it, if it does
}

// Where a buffer lies: the memory types to try, in order.
var (
	onDevice = []vk.MemoryPropertyFlagBits{vk.MemoryPropertyDeviceLocalBit, 0}
	onHost   = []vk.MemoryPropertyFlagBits{
		vk.MemoryPropertyHostVisibleBit | vk.MemoryPropertyHostCoherentBit | vk.MemoryPropertyHostCachedBit,
		vk.MemoryPropertyHostVisibleBit | vk.MemoryPropertyHostCoherentBit}
)

// newBuffer returns a buffer of at least one word, its contents undefined.
func (d *device) newBuffer(size int64, where []vk.MemoryPropertyFlagBits) (*buffer, error) {
	b := &buffer{size: max((size+3)/4*4, 4)} // transfers go by words
	if err := d.allocate(b, where); err != nil {
		d.free(b)
		return nil, fmt.Errorf("%w (%d bytes on %s, which has %d in all)", err, b.size, d.info.Name, d.info.Memory)
	}
	return b, nil
}

func (d *device) allocate(b *buffer, where []vk.MemoryPropertyFlagBits) error {
	info := vk.BufferCreateInfo{
		SType: vk.StructureTypeBufferCreateInfo, Size: vk.DeviceSize(b.size), SharingMode: vk.SharingModeExclusive,
		Usage: vk.BufferUsageFlags(vk.BufferUsageStorageBufferBit | vk.BufferUsageTransferSrcBit | vk.BufferUsageTransferDstBit),
	}
	defer info.Free()
	var handle vk.Buffer // a local: cgo refuses a field beside Go pointers
	if err := check("vkCreateBuffer", vk.CreateBuffer(d.api.device, &info, nil, &handle)); err != nil {
		return err
	}
	b.handle = handle
	var need vk.MemoryRequirements
	vk.GetBufferMemoryRequirements(d.api.device, handle, &need)
	need.Deref()
	defer need.Free()
	kind, ok := d.find(need.MemoryTypeBits, where...)
	if !ok {
		return fmt.Errorf("vulkan: %s has no memory of the kind wanted", d.info.Name)
	}
	b.heap = d.memory[kind].heap
	if !d.take(b.heap, int64(need.Size), d.memory[kind].bytes) { // drivers on processors would try
		return check("vkAllocateMemory", vk.ErrorOutOfDeviceMemory)
	}
	b.took = int64(need.Size)
	want := vk.MemoryAllocateInfo{SType: vk.StructureTypeMemoryAllocateInfo, AllocationSize: need.Size, MemoryTypeIndex: uint32(kind)}
	defer want.Free()
	var memory vk.DeviceMemory
	if err := check("vkAllocateMemory", vk.AllocateMemory(d.api.device, &want, nil, &memory)); err != nil {
		return err
	}
	b.memory = memory
	if err := check("vkBindBufferMemory", vk.BindBufferMemory(d.api.device, handle, memory, 0)); err != nil {
		return err
	}
	if &where[0] != &onHost[0] {
		return nil
	}
	var at unsafe.Pointer
	if err := check("vkMapMemory", vk.MapMemory(d.api.device, memory, 0, vk.DeviceSize(vk.WholeSize), 0, &at)); err != nil {
		return err
	}
	b.host = unsafe.Slice((*byte)(at), b.size)
	return nil
}

// free frees a buffer, also one that was allocated in part; nil is none.
func (d *device) free(b *buffer) {
	if b == nil {
		return
	}
	if b.handle != nil {
		vk.DestroyBuffer(d.api.device, b.handle, nil)
	}
	if b.memory != nil {
		vk.FreeMemory(d.api.device, b.memory, nil) // unmaps it, too
	}
	d.take(b.heap, -b.took, 0)
	*b = buffer{}
}

// take counts bytes of a heap as used, unless there are not so many left.
func (d *device) take(heap int, bytes, all int64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if bytes > 0 && d.used[heap]+bytes > all {
		return false
	}
	d.used[heap] += bytes
	return true
}
