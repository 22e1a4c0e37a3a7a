//go:build opencl

package opencl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	cl "github.com/jgillich/go-opencl/cl"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
)

// device is an opened device.
type device struct {
	found
	lock     sync.Mutex
	context  *cl.Context // nil when closed
	steppers map[io.Closer]bool
}

// Info implements backend.Device.
func (d *device) Info() backend.Info { return d.info }

// Close implements backend.Device. It closes steppers that are still open.
func (d *device) Close() error {
	d.lock.Lock()
	context, open := d.context, d.steppers
	d.context, d.steppers = nil, nil
	d.lock.Unlock()
	var errs []error
	for s := range open {
		errs = append(errs, s.Close())
	}
	if context != nil {
		context.Release() // the driver keeps it for what is left on it
	}
	return errors.Join(errs...)
}

// adopt and forget keep account of open steppers, so that Close can end them.
func (d *device) adopt(s io.Closer) {
	d.lock.Lock()
	defer d.lock.Unlock()
	if d.steppers == nil {
		d.steppers = map[io.Closer]bool{}
	}
	d.steppers[s] = true
}

func (d *device) forget(s io.Closer) {
	d.lock.Lock()
	defer d.lock.Unlock()
	delete(d.steppers, s)
}

// open returns the context.
func (d *device) open() (*cl.Context, error) {
	d.lock.Lock()
	defer d.lock.Unlock()
	if d.context == nil {
		return nil, fmt.Errorf("opencl: Plan of a closed device")
	}
	return d.context, nil
}

// Plan implements backend.Device.
func (d *device) Plan(ctx context.Context, p *backend.Plan) (backend.Stepper, error) {
	if err := p.Check(true); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if p.DType == array.Float32 {
		return planned(newStepper[float32](ctx, d, p))
	}
	if !d.info.Float64 {
		return nil, fmt.Errorf("opencl: %s has no float64, want a float32 model: %w", d.info.Name, errors.ErrUnsupported)
	}
	return planned(newStepper[float64](ctx, d, p))
}

// planned keeps a nil stepper from becoming an interface that is not nil.
func planned[T array.Float](s *stepper[T], err error) (backend.Stepper, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}
