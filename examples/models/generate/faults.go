package main

import "math"

// A fault is a normal fault on a dipping plane: the block above the plane, its
// hanging wall, slid down the dip.
type fault struct {
	x     float64 // where the plane meets depth 0, m
	slope float64 // tangent of the dip, positive when the plane dips towards +x
	throw float64 // vertical slip at the plane, m
	tip   float64 // depth where the fault ends upwards, m
	full  float64 // depth from which the slip is the whole throw, m
	reach float64 // distance over which slip dies out, the beds rolling over, m
}

// restore takes a point of the present section to its place before slip.
func (f fault) restore(x, z float64) (float64, float64) {
	d := x - (f.x + z/f.slope)
	if d*f.slope <= 0 {
		return x, z // footwall
	}
	slip := f.throw * ramp(z, f.tip, f.full) * math.Exp(-math.Abs(d)/f.reach)
	return x - slip/f.slope, z - slip
}

// restoreAll undoes the faults in turn, the youngest first.
func restoreAll(faults []fault, x, z float64) (float64, float64) {
	for _, f := range faults {
		x, z = f.restore(x, z)
	}
	return x, z
}
