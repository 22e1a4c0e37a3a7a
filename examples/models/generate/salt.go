package main

import "math"

// A diapir is a body of salt that rose from a layer on the basement: a broad
// foot, a neck, and a bulb whose sides overhang the neck and whose top is flat
// with rounded shoulders.
type diapir struct {
	x           float64 // axis at the foot, m
	top         float64 // depth of the flat top, m
	widest      float64 // depth where the bulb is widest, m
	neck        float64 // half width of the neck, m
	left, right float64 // what the bulb adds to it on each side, m
	flank       relief  // roughness of the sides, m
	roof        relief  // roughness of the top, m
}

// contains says whether the point lies in the salt; the basement cuts it off
// below.
func (d diapir) contains(x, z float64) bool {
	off := x - d.axis(z)
	bulb, under := d.right, 850.0
	if off < 0 {
		bulb, under = d.left, 600.0
	}
	top := d.top + d.roof.at(x)
	if z <= top {
		return false
	}
	foot := 500 * math.Exp((z-2600)/190)
	half := d.neck + bulb*(1-ramp(z, d.widest, d.widest+under)) + foot
	if z < d.widest { // a superellipse makes the shoulders
		u := (d.widest - z) / (d.widest - top)
		half *= math.Pow(1-u*u*u, 1.0/3)
	}
	return math.Abs(off) < half+d.flank.at(z+5000*math.Copysign(1, off))
}

// axis is the distance of the middle of the salt, which leans as it rises.
func (d diapir) axis(z float64) float64 { return d.x + 0.12*(2600-z) }

// lift is how far (m) the rising salt pulled up the beds beside it: steeply
// near the neck, with a shallow syncline around, where salt flowed out.
func (d diapir) lift(x, z float64) float64 {
	off := math.Max(0, math.Abs(x-d.axis(z))-d.neck)
	return ramp(z, d.top, d.top+800) * (430*math.Exp(-off/330) - 120*bell(off-1100, 500))
}

// arch is how far (m) the beds over the salt were bowed up.
func (d diapir) arch(x float64) float64 { return 150 * bell(x-d.axis(d.top), 1100) }
