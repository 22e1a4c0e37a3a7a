package cpu

import "unsafe"

// Bytes implements backend.Stepper.
func (s *stepper[T]) Bytes() int64 {
	if s.memory == nil {
		return 0
	}
	var z T
	n := 0
	for _, b := range s.memory.buf {
		n += len(b)
	}
	return int64(n) * int64(unsafe.Sizeof(z))
}
