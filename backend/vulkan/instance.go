//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"
)

// instance is this process's use of the Vulkan loader. There is one, opened when
// first asked for and kept: drivers do not like to be unloaded, and vulkan-go has its
// functions in global variables.
type instance struct {
	get      unsafe.Pointer // vkGetInstanceProcAddr
	handle   vk.Instance
	physical []*physical
}

var the struct {
	sync.Mutex
	instance *instance
}

// open returns the instance; a failure is tried again the next time.
func open() (*instance, error) {
	the.Lock()
	defer the.Unlock()
	if the.instance != nil {
		return the.instance, nil
	}
	in, err := newInstance()
	if err == nil {
		the.instance = in
	}
	return in, err
}

func newInstance() (*instance, error) {
	get, err := openLoader()
	if err != nil {
		return nil, fmt.Errorf("vulkan: %w", err)
	}
	vk.SetGetInstanceProcAddr(get)
	if err := vk.Init(); err != nil {
		return nil, fmt.Errorf("vulkan: the loader lacks functions: %w", err)
	}
	validate := os.Getenv("WAVE_VULKAN_VALIDATE") != ""
	handle, err := createInstance(get, validate)
	if err != nil {
		return nil, err
	}
	in := &instance{get: get, handle: handle}
	if err := vk.InitInstance(handle); err != nil {
		vk.DestroyInstance(handle, nil)
		return nil, fmt.Errorf("vulkan: the instance lacks functions: %w", err)
	}
	if validate {
		err = listen(handle)
	}
	if err == nil {
		in.physical, err = list(get, handle)
	}
	if err != nil {
		vk.DestroyInstance(handle, nil)
		return nil, err
	}
	return in, nil
}

// messages are what the validation layer has said and nobody has asked for yet.
var messages struct {
	sync.Mutex
	list []string
}

// listen collects the validation layer's messages. The loader hands them to one
// function a process, from any thread; their text belongs to the layer.
func listen(in vk.Instance) error {
	info := vk.DebugReportCallbackCreateInfo{
		SType: vk.StructureTypeDebugReportCallbackCreateInfo,
		Flags: vk.DebugReportFlags(vk.DebugReportErrorBit | vk.DebugReportWarningBit | vk.DebugReportPerformanceWarningBit),
		PfnCallback: func(_ vk.DebugReportFlags, _ vk.DebugReportObjectType, _ uint64, _ uint, _ int32, layer, text string, _ unsafe.Pointer) vk.Bool32 {
			messages.Lock()
			defer messages.Unlock()
			messages.list = append(messages.list, strings.Clone(text))
			return vk.False
		},
	}
	defer info.Free()
	var callback vk.DebugReportCallback
	return check("vkCreateDebugReportCallbackEXT", vk.CreateDebugReportCallback(in, &info, nil, &callback))
}

// complaints returns the messages since the last call as an error, nil if none.
func complaints() error {
	messages.Lock()
	defer messages.Unlock()
	if len(messages.list) == 0 {
		return nil
	}
	text := strings.Join(messages.list, "\n")
	messages.list = nil
	return fmt.Errorf("vulkan: the validation layer says: %s", text)
}
