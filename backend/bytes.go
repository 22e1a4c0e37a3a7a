package backend

import (
	"unsafe"

	"github.com/d52adeda/wave/array"
)

// Bytes returns the memory of a slice: what is written to one is in the other.
func Bytes[T int32 | array.Float](x []T) []byte {
	var z T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*int(unsafe.Sizeof(z)))
}
