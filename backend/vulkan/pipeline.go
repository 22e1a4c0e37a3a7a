//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"crypto/sha256"
	"fmt"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"

	"github.com/d52adeda/wave/internal/diskcache"
)

// compiler makes pipelines of modules. What the driver compiles is kept in files, one
// for each driver and program.
type compiler struct {
	d      *device
	owner  *owner
	cache  vk.PipelineCache
	key    string
	had    int                                   // bytes in the cache before
	layout map[[2]int]layout                     // by the numbers of buffers and push constants
	module map[[sha256.Size]byte]vk.ShaderModule // by their code
}

// layout is what a pipeline's kernel is given.
type layout struct {
	set      vk.DescriptorSetLayout
	pipeline vk.PipelineLayout
}

// pipeline is a kernel compiled for a grid.
type pipeline struct {
	layout
	handle vk.Pipeline
}

// mostKept is how large a program's file may grow, bytes.
const mostKept = 32 << 20

// newCompiler returns a compiler whose cache has what was compiled of this program
// before. What it makes, the owner frees.
func newCompiler(d *device, o *owner, program string) (*compiler, error) {
	c := &compiler{d: d, owner: o, key: "vulkan " + d.identity + " " + program, layout: map[[2]int]layout{}, module: map[[sha256.Size]byte]vk.ShaderModule{}}
	known := diskcache.Get(c.key)
	if len(known) > mostKept { // it has grown with every grid: begin again
		known = nil
	}
	cache, err := d.api.createCache(known)
	if err != nil {
		return nil, err
	}
	c.cache, c.had = cache, len(known)
	return c, nil
}

// close saves the cache.
func (c *compiler) close() {
	defer vk.DestroyPipelineCache(c.d.api.device, c.cache, nil)
	var n uint
	if vk.GetPipelineCacheData(c.d.api.device, c.cache, &n, nil) != vk.Success || n == 0 || int(n) == c.had {
		return
	}
	data := make([]byte, n)
	if vk.GetPipelineCacheData(c.d.api.device, c.cache, &n, unsafe.Pointer(&data[0])) == vk.Success {
		diskcache.Put(c.key, data[:n])
	}
}

// compile compiles a module, for a number of buffers and words of push constants.
func (c *compiler) compile(name string, code []uint32, buffers, pushed int, constants []uint32) (pipeline, error) {
	p, err := c.build(code, buffers, pushed, constants)
	if err != nil {
		return p, fmt.Errorf("%w (kernel %s, %d words of SPIR-V, on %s, driver %s)", err, name, len(code), c.d.info.Name, c.d.info.Driver)
	}
	return p, nil
}

func (c *compiler) build(code []uint32, buffers, pushed int, constants []uint32) (pipeline, error) {
	l, err := c.layoutOf(buffers, pushed)
	if err != nil {
		return pipeline{}, err
	}
	module, err := c.moduleOf(code)
	if err != nil {
		return pipeline{}, err
	}
	handle, err := c.d.api.createPipeline(c.cache, module, l.pipeline, constants)
	if err != nil {
		return pipeline{}, err
	}
	c.owner.owns(func() { vk.DestroyPipeline(c.d.api.device, handle, nil) })
	return pipeline{l, handle}, nil
}

func (c *compiler) moduleOf(code []uint32) (vk.ShaderModule, error) {
	key := sha256.Sum256(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(code))), 4*len(code)))
	if m, ok := c.module[key]; ok {
		return m, nil
	}
	m, err := c.d.api.createModule(code)
	if err != nil {
		return nil, err
	}
	c.module[key] = m
	c.owner.owns(func() { vk.DestroyShaderModule(c.d.api.device, m, nil) })
	return m, nil
}

func (c *compiler) layoutOf(buffers, pushed int) (layout, error) {
	key := [2]int{buffers, pushed}
	if l, ok := c.layout[key]; ok {
		return l, nil
	}
	set, err := c.d.api.createSetLayout(buffers)
	if err != nil {
		return layout{}, err
	}
	c.owner.owns(func() { vk.DestroyDescriptorSetLayout(c.d.api.device, set, nil) })
	of, err := c.d.api.createLayout(set, 4*pushed)
	if err != nil {
		return layout{}, err
	}
	c.owner.owns(func() { vk.DestroyPipelineLayout(c.d.api.device, of, nil) })
	c.layout[key] = layout{set, of}
	return c.layout[key], nil
}
