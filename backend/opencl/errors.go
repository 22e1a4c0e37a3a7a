//go:build opencl

package opencl

import (
	"errors"
	"fmt"

	cl "github.com/jgillich/go-opencl/cl"
)

// codes are errors that the binding has only numbers for.
var codes = map[cl.ErrOther]string{
	-1001: "the loader finds no driver (no .icd file)",
	-36:   "invalid command queue: the device may have been lost",
	-9999: "illegal access on the device, or the device was lost",
}

// hints are what can be done about an error.
var hints = map[error]string{
	cl.ErrOutOfResources:             "the device ran out of resources or was reset; the stepper cannot go on",
	cl.ErrMemObjectAllocationFailure: "the device is out of memory: use fewer shots at a time, a smaller model or float32",
	cl.ErrOutOfHostMemory:            "the driver is out of host memory",
	cl.ErrDeviceNotAvailable:         "the device was lost or is in use by somebody else",
}

// wrap adds to a driver's error what it means.
func wrap(err error) error {
	if err == nil {
		return nil
	}
	var code cl.ErrOther
	if errors.As(err, &code) && codes[code] != "" {
		return fmt.Errorf("%w: %s", err, codes[code])
	}
	for known, hint := range hints {
		if errors.Is(err, known) {
			return fmt.Errorf("%w: %s", err, hint)
		}
	}
	return err
}
