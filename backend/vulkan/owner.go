//go:build cgo && linux && (amd64 || arm64)

package vulkan

// owner frees what it was told of, the latest first.
type owner struct{ frees []func() }

func (o *owner) owns(free func()) { o.frees = append(o.frees, free) }

func (o *owner) freeAll() {
	for i := len(o.frees) - 1; i >= 0; i-- {
		o.frees[i]()
	}
	o.frees = nil
}
