//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"context"

	vk "github.com/vulkan-go/vulkan"
)

// transfer moves bytes between the host and buffers, through one that both see.
type transfer struct {
	lane  *lane
	stage *buffer
}

// stageBytes is what moves at a time.
const stageBytes = 8 << 20

func newTransfer(l *lane) (*transfer, error) {
	stage, err := l.d.newBuffer(stageBytes, onHost)
	if err != nil {
		return nil, err
	}
	return &transfer{l, stage}, nil
}

func (t *transfer) close() { t.lane.d.free(t.stage) }

// write copies data to a buffer, from byte at on.
func (t *transfer) write(ctx context.Context, b *buffer, at int64, data []byte) error {
	api := t.lane.d.api
	for len(data) > 0 {
		n := copy(t.stage.host, data)
		err := t.lane.do(ctx, func(c vk.CommandBuffer) {
			api.copyBuffer(c, t.stage, b, 0, at, int64(n))
			api.barrier(c, vk.PipelineStageTransferBit, vk.PipelineStageComputeShaderBit|vk.PipelineStageTransferBit,
				vk.AccessTransferWriteBit, vk.AccessShaderReadBit|vk.AccessShaderWriteBit|vk.AccessTransferReadBit|vk.AccessTransferWriteBit)
		})
		if err != nil {
			return err
		}
		data, at = data[n:], at+int64(n)
	}
	return nil
}

// read copies a buffer's bytes from at on to data.
func (t *transfer) read(ctx context.Context, data []byte, b *buffer, at int64) error {
	api := t.lane.d.api
	for len(data) > 0 {
		n := min(len(data), len(t.stage.host))
		err := t.lane.do(ctx, func(c vk.CommandBuffer) {
			api.barrier(c, vk.PipelineStageComputeShaderBit|vk.PipelineStageTransferBit, vk.PipelineStageTransferBit,
				vk.AccessShaderWriteBit|vk.AccessTransferWriteBit, vk.AccessTransferReadBit)
			api.copyBuffer(c, b, t.stage, at, 0, int64(n))
			api.barrier(c, vk.PipelineStageTransferBit, vk.PipelineStageHostBit, vk.AccessTransferWriteBit, vk.AccessHostReadBit)
		})
		if err != nil {
			return err
		}
		copy(data, t.stage.host[:n])
		data, at = data[n:], at+int64(n)
	}
	return nil
}

// clear sets buffers to zero.
func (t *transfer) clear(ctx context.Context, buffers []*buffer) error {
	return t.lane.do(ctx, func(c vk.CommandBuffer) {
		t.lane.d.api.barrier(c, vk.PipelineStageComputeShaderBit|vk.PipelineStageTransferBit, vk.PipelineStageTransferBit,
			vk.AccessShaderWriteBit|vk.AccessTransferWriteBit, vk.AccessTransferWriteBit)
		for _, b := range buffers {
			vk.CmdFillBuffer(c, b.handle, 0, vk.DeviceSize(vk.WholeSize), 0)
		}
		t.lane.d.api.barrier(c, vk.PipelineStageTransferBit, vk.PipelineStageComputeShaderBit|vk.PipelineStageTransferBit,
			vk.AccessTransferWriteBit, vk.AccessShaderReadBit|vk.AccessShaderWriteBit|vk.AccessTransferReadBit|vk.AccessTransferWriteBit)
	})
}
