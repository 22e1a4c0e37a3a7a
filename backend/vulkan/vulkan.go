//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"fmt"

	"github.com/d52adeda/wave/backend"
)

func init() { backend.Register("vulkan", driver{}) }

type driver struct{}

// Devices implements backend.Backend.
func (driver) Devices() []backend.Info {
	in, err := open()
	if err != nil {
		return []backend.Info{{Backend: "vulkan", Name: "(none)", Err: err}}
	}
	var out []backend.Info
	for _, p := range in.physical {
		out = append(out, p.info)
	}
	return out
}

// Open implements backend.Backend.
func (driver) Open(index int) (backend.Device, error) {
	in, err := open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, backend.ErrNoDevice)
	}
	if index < 0 || index >= len(in.physical) {
		return nil, fmt.Errorf("vulkan: device is %d, want 0 to %d: %w", index, len(in.physical)-1, backend.ErrNoDevice)
	}
	return newDevice(in, in.physical[index])
}
