//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"fmt"

	vk "github.com/vulkan-go/vulkan"
)

// failure is a Vulkan call that did not succeed.
type failure struct {
	call   string
	result vk.Result
}

func check(call string, r vk.Result) error {
	if r == vk.Success {
		return nil
	}
	return &failure{call, r}
}

func (f *failure) Error() string {
	what, ok := meaning[f.result]
	if !ok {
		what = fmt.Sprintf("result %d", f.result)
	}
	return fmt.Sprintf("vulkan: %s: %s", f.call, what)
}

var meaning = map[vk.Result]string{
	vk.ErrorOutOfHostMemory:      "out of host memory",
	vk.ErrorOutOfDeviceMemory:    "out of device memory",
	vk.ErrorInitializationFailed: "initialization failed",
	vk.ErrorDeviceLost:           "the device is lost (it was reset, or a kernel ran too long for its driver)",
	vk.ErrorMemoryMapFailed:      "memory cannot be mapped",
	vk.ErrorLayerNotPresent:      "layer not present (Debian: apt-get install vulkan-validationlayers)",
	vk.ErrorExtensionNotPresent:  "extension not present",
	vk.ErrorFeatureNotPresent:    "feature not present",
	vk.ErrorIncompatibleDriver:   "no Vulkan driver (Debian: apt-get install mesa-vulkan-drivers)",
	vk.ErrorTooManyObjects:       "too many objects",
	vk.ErrorInvalidShaderNv:      "invalid shader",
	-13:                          "unknown error of the driver",
}
