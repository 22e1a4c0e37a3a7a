//go:build opencl

package opencl

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"

	cl "github.com/jgillich/go-opencl/cl"

	"github.com/d52adeda/wave/shaders"
)

// peak is a kernel that is not part of any program.
//
//go:embed peak.cl
var peak string

// build compiles a module, or takes it from the cache.
func (d *device) build(c *cl.Context, m *shaders.Module, t shaders.Type) (*cl.Program, error) {
	options := "-D REAL=float"
	if t == shaders.Float64 {
		options = "-D REAL=double"
	}
	if d.limits.processor {
		options += " -D ROWS"
	}
	return d.compile(c, m.Name, shaders.OpenCL(m, t)+"\n"+peak, options)
}

// compile compiles a text.
func (d *device) compile(c *cl.Context, name, text, options string) (*cl.Program, error) {
	key := cacheKey(d.found, text, options)
	if p := restore(c, d.device, key, options); p != nil {
		return p, nil
	}
	p, err := c.CreateProgramWithSource([]string{text})
	if err != nil {
		return nil, fmt.Errorf("opencl: %s: %w", name, wrap(err))
	}
	if err := p.BuildProgram([]*cl.Device{d.device}, options); err != nil {
		p.Release()
		var log cl.BuildError
		if errors.As(err, &log) {
			return nil, fmt.Errorf("opencl: %s of %s cannot compile %s; its log:\n%s", d.info.Driver, d.info.Name, name, strings.TrimRight(string(log), "\x00\n "))
		}
		return nil, fmt.Errorf("opencl: %s cannot be compiled: %w", name, wrap(err))
	}
	keep(p, key)
	return p, nil
}
