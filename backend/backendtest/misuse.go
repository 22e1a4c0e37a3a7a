package backendtest

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
)

// ending is a context that ends after it was looked at so many times.
type ending struct {
	context.Context
	looks int
}

func (e *ending) Err() error {
	if e.looks--; e.looks < 0 {
		return context.Canceled
	}
	return nil
}

// Misuse checks what a device that holds state of its own refuses beside: a stepper
// after an error whatever is asked of it, and one whose device is closed. And since such a
// device compiles, which may take long, that a context ends Plan at each kernel.
func Misuse(t *testing.T, device string) {
	dev, err := backend.Open(device)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	p := cases()[0].plan(t, rand.New(rand.NewPCG(1, 6)), array.Float32)
	plan := func() backend.Stepper {
		t.Helper()
		s, err := dev.Plan(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, looks := range []int{0, 1, 2} {
		s, err := dev.Plan(&ending{ctx, looks}, p)
		if s != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("Plan under a context that ends when looked at %d times: %v, %v, want %v", looks, s, err, context.Canceled)
		}
	}
	failed, open := plan(), plan()
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := failed.Step(ended, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("Step under a cancelled context: %v, want %v", err, context.Canceled)
	}
	if _, err := failed.Field("u"); err == nil {
		t.Error("Field after an error: no error")
	}
	if err := failed.Close(); err != nil {
		t.Errorf("Close after an error: %v", err)
	}

	if err := dev.Close(); err != nil {
		t.Errorf("Close of the device: %v", err)
	}
	if err := open.Step(ctx, 1); err == nil {
		t.Error("Step after Close of the device: no error")
	}
	if open.Bytes() != 0 {
		t.Error("a stepper whose device is closed still has memory")
	}
	if err := open.Close(); err != nil {
		t.Errorf("Close of a stepper after that of its device: %v", err)
	}
	if _, err := dev.Plan(ctx, p); err == nil {
		t.Error("Plan on a closed device: no error")
	}
}
