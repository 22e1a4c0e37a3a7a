package eager

import "github.com/d52adeda/wave/stencil"

// Bytes implements backend.Stepper; of a traced field it counts the values, not
// what a transformation keeps beside them.
func (s *stepper) Bytes() int64 {
	if s.state == nil {
		return 0
	}
	n := 0
	for f, a := range s.state.fields {
		if f.Kind != stencil.Tape {
			n += a.Len()
		}
	}
	return int64(n) * int64(s.plan.DType.Size())
}
