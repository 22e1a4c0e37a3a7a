package main

import (
	"math"
	"math/rand/v2"
)

// body3d is a dome of salt in dipping beds, with one fault across its side.
func body3d() model {
	rng := rand.New(rand.NewPCG(3, 33))
	pile := newBeds(rng, -500, 1500, 45, 170, 550)
	bend := newRelief(rng, 3, 25, 500, 1100)
	// The plane strikes obliquely: its distance is measured along x + 0.45 y.
	f := fault{x: 473, slope: 1.8, throw: 75, reach: 1500}
	return newModel("body3d.npy", 15, []int{48, 56, 64}, func(z, y, x float64) float64 {
		dz, dy, dx := (z-560)/277, (y-433)/187, (x-391)/229
		r := math.Sqrt(dz*dz + dy*dy + dx*dx)
		if r < 1 {
			return salt
		}
		_, zr := f.restore(x+0.45*y, z)
		strat := zr - 0.16*x + 0.1*y - bend.at(x-y) + 130*math.Exp(-3*(r-1))
		return pile.velocity(1900+1.5*z, x+y, strat)
	})
}

// layers1d is a column of eight layers, two of them slower than the one above.
func layers1d() model {
	layers := []struct{ base, v float64 }{ // m, m/s
		{300, water}, {520, 1750}, {760, 2100}, {900, 1950}, {1210, 2600}, {1480, 3200}, {1700, 2900}, {math.Inf(1), 3800},
	}
	return newModel("layers1d.npy", 5, []int{400}, func(z, _, _ float64) float64 {
		for z >= layers[0].base {
			layers = layers[1:] // z only grows
		}
		return layers[0].v
	})
}
