package backend

import (
	"math"

	"github.com/d52adeda/wave/array"
)

// HighWord returns the number of type T of which these are the upper 32 bits, the rest
// zeros. As whole numbers such words are in the order of the magnitudes, NaN last, so
// that a device can look for the greatest without arithmetic on its numbers.
func HighWord[T array.Float](word uint32) float64 {
	if _, ok := any(T(0)).(float32); ok {
		return float64(math.Float32frombits(word))
	}
	return math.Float64frombits(uint64(word) << 32)
}
