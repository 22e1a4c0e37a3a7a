//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"context"
	"errors"
	"fmt"
	"time"

	vk "github.com/vulkan-go/vulkan"
)

// lane submits command buffers, at most two at a time, in order.
type lane struct {
	d     *device
	pool  vk.CommandPool
	slots [2]slot
	next  int           // of slots
	count int           // submissions of steps so far
	each  time.Duration // of what ran last, by step
	idle  time.Time     // since when, if nothing was submitted meanwhile
}

// slot is a command buffer and the fence that tells when it has run.
type slot struct {
	command vk.CommandBuffer
	fence   vk.Fence
	running bool
	since   time.Time
	steps   int
}

// errStuck is returned where the device does not come back.
var errStuck = errors.New("vulkan: the device does not finish what it was given")

func newLane(d *device) (*lane, error) {
	l := &lane{d: d}
	info := vk.CommandPoolCreateInfo{
		SType: vk.StructureTypeCommandPoolCreateInfo, QueueFamilyIndex: d.family,
		Flags: vk.CommandPoolCreateFlags(vk.CommandPoolCreateResetCommandBufferBit),
	}
	defer info.Free()
	var pool vk.CommandPool
	if err := check("vkCreateCommandPool", vk.CreateCommandPool(d.api.device, &info, nil, &pool)); err != nil {
		return nil, err
	}
	l.pool = pool
	for i := range l.slots {
		if err := l.newSlot(&l.slots[i]); err != nil {
			l.close()
			return nil, err
		}
	}
	return l, nil
}

func (l *lane) newSlot(s *slot) error {
	info := vk.CommandBufferAllocateInfo{
		SType: vk.StructureTypeCommandBufferAllocateInfo, CommandPool: l.pool, Level: vk.CommandBufferLevelPrimary, CommandBufferCount: 1,
	}
	defer info.Free()
	commands := make([]vk.CommandBuffer, 1)
	if err := check("vkAllocateCommandBuffers", vk.AllocateCommandBuffers(l.d.api.device, &info, commands)); err != nil {
		return err
	}
	fenceInfo := vk.FenceCreateInfo{SType: vk.StructureTypeFenceCreateInfo}
	defer fenceInfo.Free()
	var fence vk.Fence
	if err := check("vkCreateFence", vk.CreateFence(l.d.api.device, &fenceInfo, nil, &fence)); err != nil {
		return err
	}
	s.command, s.fence = commands[0], fence
	return nil
}

// submit records commands, of a number of steps, and starts them, once there is a
// free slot for them.
func (l *lane) submit(ctx context.Context, steps int, record func(vk.CommandBuffer)) error {
	s := &l.slots[l.next]
	if err := l.wait(ctx, s); err != nil {
		return err
	}
	info := vk.CommandBufferBeginInfo{
		SType: vk.StructureTypeCommandBufferBeginInfo, Flags: vk.CommandBufferUsageFlags(vk.CommandBufferUsageOneTimeSubmitBit),
	}
	defer info.Free()
	if err := check("vkBeginCommandBuffer", vk.BeginCommandBuffer(s.command, &info)); err != nil {
		return err
	}
	record(s.command)
	if err := check("vkEndCommandBuffer", vk.EndCommandBuffer(s.command)); err != nil {
		return err
	}
	if err := check("vkResetFences", vk.ResetFences(l.d.api.device, 1, []vk.Fence{s.fence})); err != nil {
		return err
	}
	if err := l.d.submit(s.command, s.fence); err != nil {
		return err
	}
	s.running, s.since, s.steps = true, time.Now(), steps
	if steps > 0 {
		l.count++
	}
	l.next = 1 - l.next
	return nil
}

// finish waits for all that was submitted.
func (l *lane) finish(ctx context.Context) error {
	for range l.slots { // the older one first
		if err := l.wait(ctx, &l.slots[l.next]); err != nil {
			return err
		}
		l.next = 1 - l.next
	}
	return nil
}

// do submits commands that take a moment, and waits for them.
func (l *lane) do(ctx context.Context, record func(vk.CommandBuffer)) error {
	ctx, cancel := context.WithTimeout(ctx, endless)
	defer cancel()
	if err := l.submit(ctx, 0, record); err != nil {
		return err
	}
	return l.finish(ctx)
}

// endless is when a device that copies, beside what else it may have to do, is taken
// to hang.
const endless = 10 * time.Minute

// How long a wait goes on: to see whether ctx has ended meanwhile, and after it has.
const (
	glance = 20 * time.Millisecond
	grace  = 700 * time.Millisecond
)

// wait waits until a slot has run. What runs cannot be stopped: after ctx has ended,
// the device has a moment to finish it; then it is left alone.
func (l *lane) wait(ctx context.Context, s *slot) error {
	if !s.running {
		return ctx.Err()
	}
	var ended time.Time
	for {
		switch r := vk.WaitForFences(l.d.api.device, 1, []vk.Fence{s.fence}, vk.True, uint64(glance)); r {
		case vk.Success:
			s.running = false
			l.measure(s)
			return ctx.Err()
		case vk.Timeout:
			if ctx.Err() == nil {
				continue
			}
			if ended.IsZero() {
				ended = time.Now()
			} else if time.Since(ended) > grace {
				return fmt.Errorf("%w: %w", ctx.Err(), errStuck)
			}
		default:
			s.running = false // nothing runs on a lost device
			err := check("vkWaitForFences", r)
			l.d.mu.Lock()
			l.d.lose(err)
			l.d.mu.Unlock()
			return err
		}
	}
}

// measure notes how long a slot took that has just run: since the one before.
func (l *lane) measure(s *slot) {
	begin := s.since
	if l.idle.After(begin) {
		begin = l.idle
	}
	l.idle = time.Now()
	if s.steps > 0 {
		l.each = max(l.idle.Sub(begin)/time.Duration(s.steps), 1)
	}
}

// patience is how long close waits for a device that does not come back.
const patience = 5 * time.Second

// close frees the lane. It reports whether nothing of it runs any more.
func (l *lane) close() bool {
	for i := range l.slots {
		s := &l.slots[i]
		for begin := time.Now(); s.running; {
			if r := vk.WaitForFences(l.d.api.device, 1, []vk.Fence{s.fence}, vk.True, uint64(glance)); r != vk.Timeout {
				s.running = false
			} else if time.Since(begin) > patience {
				return false
			}
		}
	}
	for i := range l.slots {
		if l.slots[i].fence != nil {
			vk.DestroyFence(l.d.api.device, l.slots[i].fence, nil)
		}
	}
	vk.DestroyCommandPool(l.d.api.device, l.pool, nil)
	return true
}
