package cpu

import "unsafe"

// Bytes implements backend.Stepper.
func (s *stepper[T]) Bytes() int64 {
	if s.memory == nil {
		return 0
	}
	var z T
	n := 0
	for slot, b := range s.memory.buf {
		if s.memory.slab[slot] == 0 { // a tape is not the stepper's
			n += len(b)
		}
	}
	return int64(n) * int64(unsafe.Sizeof(z))
}
