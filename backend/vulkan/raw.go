//go:build cgo && linux && (amd64 || arm64)

package vulkan

/*
#cgo LDFLAGS: -ldl
#include "raw.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"
)

// api makes the calls of raw.h on a device.
type api struct {
	device vk.Device
	table  *C.calls
}

// as reinterprets a handle: those of vulkan-go are pointers to what Go does not own,
// and must not pass for Go pointers on the way.
func as[To, From any](x From) To { return *(*To)(unsafe.Pointer(&x)) }

func raw[T any](x T) C.handle    { return as[C.handle](x) }
func object[T any](x T) C.object { return as[C.object](x) }

// loaderName is the file to load; a test asks for another.
var loaderName = "libvulkan.so.1"

// openLoader returns vkGetInstanceProcAddr.
func openLoader() (unsafe.Pointer, error) {
	name := append([]byte(loaderName), 0)
	if p := C.openLoader((*C.char)(unsafe.Pointer(&name[0]))); p != nil {
		return p, nil
	}
	return nil, errors.New("no Vulkan loader (Debian: apt-get install libvulkan1 mesa-vulkan-drivers): " + C.GoString(C.loaderError()))
}

func createInstance(get unsafe.Pointer, validate bool) (vk.Instance, error) {
	var out C.object
	r := C.createInstance(get, toC(validate), &out)
	return as[vk.Instance](out), check("vkCreateInstance", vk.Result(r))
}

// queueFamilies returns what the queues of each family can do.
func queueFamilies(get unsafe.Pointer, instance vk.Instance, of vk.PhysicalDevice) []vk.QueueFlags {
	var flags [16]C.uint32_t
	n := C.queueFamilies(get, object(instance), object(of), &flags[0], C.uint32_t(len(flags)))
	var out []vk.QueueFlags
	for _, f := range flags[:n] {
		out = append(out, vk.QueueFlags(f))
	}
	return out
}

// memories returns a device's kinds of memory, and how much is its own.
func memories(get unsafe.Pointer, instance vk.Instance, of vk.PhysicalDevice) (types []memoryType, local int64) {
	var info C.memoryInfo
	if C.memories(get, object(instance), object(of), &info) == 0 {
		return nil, 0
	}
	for _, h := range info.heap[:info.heaps] {
		if vk.MemoryHeapFlags(h.flags)&vk.MemoryHeapFlags(vk.MemoryHeapDeviceLocalBit) != 0 {
			local += int64(h.size)
		}
	}
	for _, t := range info._type[:info.types] {
		types = append(types, memoryType{vk.MemoryPropertyFlags(t.flags), int(t.heap), int64(info.heap[t.heap].size)})
	}
	return types, local
}

// createDevice opens a device with one queue.
func createDevice(get unsafe.Pointer, instance vk.Instance, of *physical) (*api, error) {
	var out C.object
	r := C.createDevice(get, object(instance), object(of.handle), C.uint32_t(of.family), toC(of.info.Float64), &out)
	if err := check("vkCreateDevice", vk.Result(r)); err != nil {
		return nil, err
	}
	a := &api{as[vk.Device](out), new(C.calls)}
	if C.loadCalls(get, object(instance), out, a.table) == 0 {
		vk.DestroyDevice(a.device, nil)
		return nil, fmt.Errorf("vulkan: the driver of %s lacks functions of Vulkan 1.0", of.info.Name)
	}
	return a, nil
}

func toC(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

func (a *api) createModule(code []uint32) (vk.ShaderModule, error) {
	var out C.handle
	r := C.createModule(a.table, object(a.device), unsafe.Pointer(unsafe.SliceData(code)), C.size_t(4*len(code)), &out)
	return as[vk.ShaderModule](out), check("vkCreateShaderModule", vk.Result(r))
}

func (a *api) createCache(data []byte) (vk.PipelineCache, error) {
	var out C.handle
	r := C.createCache(a.table, object(a.device), unsafe.Pointer(unsafe.SliceData(data)), C.size_t(len(data)), &out)
	return as[vk.PipelineCache](out), check("vkCreatePipelineCache", vk.Result(r))
}

func (a *api) createPipeline(cache vk.PipelineCache, module vk.ShaderModule, layout vk.PipelineLayout, constants []uint32) (vk.Pipeline, error) {
	var out C.handle
	r := C.createPipeline(a.table, object(a.device), raw(cache), raw(module), raw(layout), words(constants), C.uint32_t(len(constants)), &out)
	return as[vk.Pipeline](out), check("vkCreateComputePipelines", vk.Result(r))
}

func words(w []uint32) *C.uint32_t { return (*C.uint32_t)(unsafe.SliceData(w)) }

func (a *api) createSetLayout(buffers int) (vk.DescriptorSetLayout, error) {
	var out C.handle
	r := C.createSetLayout(a.table, object(a.device), C.uint32_t(buffers), &out)
	return as[vk.DescriptorSetLayout](out), check("vkCreateDescriptorSetLayout", vk.Result(r))
}

func (a *api) createLayout(set vk.DescriptorSetLayout, pushBytes int) (vk.PipelineLayout, error) {
	var out C.handle
	r := C.createLayout(a.table, object(a.device), raw(set), C.uint32_t(pushBytes), &out)
	return as[vk.PipelineLayout](out), check("vkCreatePipelineLayout", vk.Result(r))
}

func (a *api) createPool(sets, buffers int) (vk.DescriptorPool, error) {
	var out C.handle
	r := C.createPool(a.table, object(a.device), C.uint32_t(sets), C.uint32_t(buffers), &out)
	return as[vk.DescriptorPool](out), check("vkCreateDescriptorPool", vk.Result(r))
}

// mostBindings is how many buffers createSetLayout has room for.
const mostBindings = C.MOST_BINDINGS

func (a *api) createSet(pool vk.DescriptorPool, layout vk.DescriptorSetLayout, buffers []*buffer) (vk.DescriptorSet, error) {
	infos := make([]C.bufferInfo, len(buffers))
	for i, b := range buffers {
		infos[i] = C.bufferInfo{buffer: raw(b.handle), size: C.uint64_t(b.size)}
	}
	var out C.handle
	r := C.createSet(a.table, object(a.device), raw(pool), raw(layout), unsafe.SliceData(infos), C.uint32_t(len(infos)), &out)
	return as[vk.DescriptorSet](out), check("vkAllocateDescriptorSets", vk.Result(r))
}

func (a *api) submit(queue vk.Queue, command vk.CommandBuffer, fence vk.Fence) error {
	return check("vkQueueSubmit", vk.Result(C.submit(a.table, object(queue), object(command), raw(fence))))
}

// barrier makes what was written by one stage visible to another.
func (a *api) barrier(command vk.CommandBuffer, fromStage, toStage vk.PipelineStageFlagBits, from, to vk.AccessFlagBits) {
	C.barrier(a.table, object(command), C.uint32_t(fromStage), C.uint32_t(toStage), C.uint32_t(from), C.uint32_t(to))
}

func (a *api) copyBuffer(command vk.CommandBuffer, from, to *buffer, source, target, size int64) {
	C.copyBuffer(a.table, object(command), raw(from.handle), raw(to.handle), C.uint64_t(source), C.uint64_t(target), C.uint64_t(size))
}

func (a *api) bindSet(command vk.CommandBuffer, layout vk.PipelineLayout, set vk.DescriptorSet) {
	C.bindSet(a.table, object(command), raw(layout), raw(set))
}

func (a *api) push(command vk.CommandBuffer, layout vk.PipelineLayout, constants ...uint32) {
	C.pushConstants(a.table, object(command), raw(layout), words(constants), C.uint32_t(len(constants)))
}
