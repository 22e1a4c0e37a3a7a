//go:build opencl

package opencl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/d52adeda/wave/backend"
)

// errStuck is returned where the device does not come back.
var errStuck = errors.New("opencl: the device does not finish what it was given")

// How long a device may go on after it should have ended: when a context has ended, and
// when the stepper is closed.
const grace = 700 * time.Millisecond

var patience = 5 * time.Second

// wait waits for a call that gives the device work and waits for it. Nothing can stop
// the device: some time after ctx has ended the call is left behind, in s.left.
func (s *stepper[T]) wait(ctx context.Context, call func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- call() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(grace):
		s.left = ended
		return fmt.Errorf("%w: %w", ctx.Err(), errStuck)
	}
}

// usable reports why the stepper cannot be used, if so.
func (s *stepper[T]) usable(call string) error {
	if s.closed {
		return fmt.Errorf("opencl: %s of a closed stepper", call)
	}
	if s.failed != nil {
		return fmt.Errorf("opencl: %s after an error: %w", call, s.failed)
	}
	if s.tape != nil && s.tape.buffers == nil {
		return fmt.Errorf("opencl: %s: %w", call, backend.ErrOtherTape)
	}
	return nil
}

// Close implements backend.Stepper. What a device that does not come back may still use
// is freed when it does.
func (s *stepper[T]) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	s.device.forget(s)
	var err error
	select {
	case <-s.left: // it has come back
		s.left = nil
	default:
	}
	if s.left == nil && s.queue != nil {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		err = wrap(s.wait(ctx, s.queue.Finish))
	}
	if s.left == nil {
		s.release()
		return err
	}
	go func() {
		<-s.left
		s.release()
	}()
	return fmt.Errorf("%w (%s); its memory is left to it until then", errStuck, s.device.info.Name)
}

func (s *stepper[T]) release() {
	for i := len(s.held) - 1; i >= 0; i-- {
		s.held[i].Release()
	}
	s.held, s.buffers, s.ops, s.series = nil, nil, nil, nil
}
