package main

import (
	"math"
	"math/rand/v2"
)

// A coast is a section across one: hills, a beach, a shelf sea over beds that fill a half
// graben, which a fault of the basement has opened on the sea's side.
type coast struct {
	rough    relief // of the ground, m
	fold     relief // of the beds, m
	basement relief // of its top, m
	beds     beds
	fault    fault
}

const (
	coastStep  = 5.0   // m
	coastDatum = 150.0 // elevation of depth 0, m
)

func newCoast() *coast {
	rng := rand.New(rand.NewPCG(5, 1912))
	return &coast{
		rough:    newRelief(rng, 4, 7, 400, 1100),
		fold:     newRelief(rng, 3, 18, 700, 1600),
		basement: newRelief(rng, 4, 30, 200, 900),
		beds:     newBeds(rng, -200, 1500, 45, 150, 450),
		fault:    fault{x: 1150, slope: 1.6, throw: 330, tip: 60, full: 1000, reach: 2600},
	}
}

// elevation is that of the ground above the sea, m.
func (c *coast) elevation(x float64) float64 {
	return 75 - 160*ramp(x, 900, 2600) + 45*bell(x-520, 320) + c.rough.at(x)*(1-0.6*ramp(x, 1500, 2100))
}

// velocity is that of P waves in m/s, also above the ground.
func (c *coast) velocity(z, x float64) float64 {
	below := math.Max(0, z-coastDatum+c.elevation(x))
	xr, zr := c.fault.restore(x, z)
	if top := 520 + 0.05*x + c.basement.at(xr); zr > top {
		return 4300 + 0.3*(zr-top)
	}
	strat := zr - c.fold.at(xr) - 0.04*xr
	return c.beds.velocity(2750+0.8*below, xr, strat)
}

// coast2d is the section's velocity, and its ground: an elevation for each column.
func coast2d() (vp, ground model) {
	c := newCoast()
	vp = newModel("coast2d.npy", coastStep, []int{220, 600}, func(z, _, x float64) float64 { return c.velocity(z, x) })
	ground = newModel("coast2d_ground.npy", coastStep, []int{600}, func(x, _, _ float64) float64 { return c.elevation(x) })
	return vp.short(), ground
}

// ore3d is the density, kg/m^3, of a lens of ore that dips in a host of another rock, whose
// velocity may be the same.
func ore3d() model {
	const host, ore = 2700, 4300
	return newModel("ore3d.npy", 20, []int{48, 64, 64}, func(z, y, x float64) float64 {
		dz, dy, dx := z-480, y-640, x-660
		dip := 35 * math.Pi / 180 // towards +x
		along, across := dx*math.Cos(dip)+dz*math.Sin(dip), dz*math.Cos(dip)-dx*math.Sin(dip)
		thick := 55 + 20*math.Sin(along/90)
		if math.Sqrt(along*along/(270*270)+dy*dy/(190*190)+across*across/(thick*thick)) < 1 {
			return ore
		}
		return host
	}).short()
}
