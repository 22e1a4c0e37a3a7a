// Package cpu runs stencil programs on the processor, in pure Go: it builds with
// CGO_ENABLED=0 for any GOARCH and is always there.
//
// A program is cut into regions (interior, PML edges and corners), and each gets a
// kernel (lower.go, kernel.go) by package jit: machine code, or where that cannot be had
// loops over rows, to the same bits. Goroutines have rows of their own
// (domains.go), or several steps go over the grid together (wavefront.go): docs/cpu.md
// says which when, and what words mean.
//
// It imports backend, stencil, array and internal/{jit,rows,crew} of this module.
package cpu

import (
	"context"
	"fmt"
	"runtime"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/internal/jit"
)

func init() { backend.Register("cpu", driver{}) }

type driver struct{}

func (driver) Devices() []backend.Info { return []backend.Info{device{}.Info()} }

func (driver) Open(index int) (backend.Device, error) {
	if index != 0 {
		return nil, fmt.Errorf("cpu: device is %d, want 0: %w", index, backend.ErrNoDevice)
	}
	return device{}, nil
}

type device struct{}

func (device) Info() backend.Info {
	return backend.Info{
		Backend: "cpu",
		Name:    fmt.Sprintf("%s, %d threads", runtime.GOARCH, runtime.GOMAXPROCS(0)),
		Driver:  runtime.Version(),
		Float64: true,
		Note:    note(),
	}
}

func (device) Close() error { return nil }

func (device) Plan(ctx context.Context, p *backend.Plan) (backend.Stepper, error) {
	if err := p.Check(true); err != nil {
		return nil, err
	}
	if p.DType == array.Float32 {
		return newStepper[float32](ctx, p)
	}
	return newStepper[float64](ctx, p)
}

// note says which kernels are in use, and why.
func note() string {
	isa, why := jit.Selected()
	if isa == jit.Generic {
		return "loops over rows: " + why
	}
	return isa.String() + " kernels: " + why
}
