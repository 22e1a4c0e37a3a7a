//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"context"
	"errors"
	"fmt"
	"sync"

	vk "github.com/vulkan-go/vulkan"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
)

// device is an opened device with one queue.
type device struct {
	*physical
	api   *api
	queue vk.Queue

	mu       sync.Mutex // of what follows, and of the queue
	steppers map[closer]bool
	used     map[int]int64 // bytes of each heap
	closed   bool
	lost     error // set once the device is gone
	stuck    bool  // work was left behind on it: what it uses must not be freed
}

type closer interface{ Close() error }

func newDevice(in *instance, p *physical) (*device, error) {
	if p.info.Err != nil {
		return nil, p.info.Err
	}
	api, err := createDevice(in.get, in.handle, p)
	if err != nil {
		return nil, fmt.Errorf("%w (%s): %w", err, p.info.Name, backend.ErrNoDevice)
	}
	d := &device{physical: p, api: api, steppers: map[closer]bool{}, used: map[int]int64{}}
	var queue vk.Queue
	vk.GetDeviceQueue(api.device, p.family, 0, &queue)
	d.queue = queue
	return d, complaints()
}

// Info implements backend.Device.
func (d *device) Info() backend.Info { return d.info }

// Plan implements backend.Device.
func (d *device) Plan(ctx context.Context, p *backend.Plan) (backend.Stepper, error) {
	if err := p.Check(true); err != nil {
		return nil, err
	}
	if p.DType == array.Float64 && !d.info.Float64 {
		return nil, fmt.Errorf("vulkan: %s computes no float64; want DType float32 or another device: %w", d.info.Name, errors.ErrUnsupported)
	}
	if err := d.usable("Plan"); err != nil {
		return nil, err
	}
	if p.DType == array.Float32 {
		return plan[float32](ctx, d, p)
	}
	return plan[float64](ctx, d, p)
}

// usable reports why nothing can be made on the device, if so.
func (d *device) usable(call string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return fmt.Errorf("vulkan: %s on a closed device", call)
	}
	return d.lost
}

// adopt and forget keep account of open steppers and tapes, so that Close can end them.
func (d *device) adopt(s closer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.steppers[s] = true
}

func (d *device) forget(s closer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.steppers, s)
}

// submit starts a command buffer; the queue takes one at a time.
func (d *device) submit(command vk.CommandBuffer, fence vk.Fence) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lost != nil {
		return d.lost
	}
	err := d.api.submit(d.queue, command, fence)
	d.lose(err)
	return err
}

// lose notes an error after which a device is good for nothing but Close. Its lock is
// held.
func (d *device) lose(err error) {
	var f *failure
	if errors.As(err, &f) && f.result == vk.ErrorDeviceLost {
		d.lost = err
	}
}

// abandon notes that work on the device does not end.
func (d *device) abandon() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stuck = true
}

// abandoned reports whether there is such work.
func (d *device) abandoned() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stuck
}

// Close implements backend.Device. It closes steppers that are still open, then tapes.
func (d *device) Close() error {
	d.mu.Lock()
	var open, tapes []closer
	for s := range d.steppers {
		if _, ok := s.(*tape); ok {
			tapes = append(tapes, s)
		} else {
			open = append(open, s)
		}
	}
	closed := d.closed
	d.closed = true
	d.mu.Unlock()
	if closed {
		return nil
	}
	var errs []error
	for _, s := range append(open, tapes...) {
		errs = append(errs, s.Close())
	}
	if d.abandoned() {
		return errors.Join(append(errs, fmt.Errorf("vulkan: %s still runs what it was given; its memory is left to it", d.info.Name))...)
	}
	vk.DestroyDevice(d.api.device, nil)
	return errors.Join(append(errs, complaints())...)
}
