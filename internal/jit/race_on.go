//go:build race

package jit

import (
	"runtime"
	"unsafe"
)

const raceEnabled = true

// tellRaceDetector says what a call reads and writes, row by row: the detector does
// not see generated code.
func (c *Code) tellRaceDetector(at []Operand, x0, x1, y0, y1, z int) {
	tell := func(field, dx, dy, dz int, what func(unsafe.Pointer, int)) {
		s, o := c.k.Fields[field], at[field]
		for y := y0; y < y1; y++ {
			from := o.At + (x0+dx)*s.StrideX + (y+dy)*s.StrideY + (z+dz)*s.StrideZ
			what(unsafe.Add(o.Data, from*c.size), ((x1-x0-1)*s.StrideX+1)*c.size)
			if s.StrideY == 0 {
				return
			}
		}
	}
	for i := range c.k.Nodes {
		if n := &c.k.Nodes[i]; n.Kind == Load {
			tell(n.Field, n.DX, n.DY, n.DZ, runtime.RaceReadRange)
		}
	}
	for _, s := range c.k.Stores {
		tell(s.Field, 0, 0, 0, runtime.RaceWriteRange)
	}
}
