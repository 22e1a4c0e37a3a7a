package main

import (
	"math/rand/v2"
	"sort"
)

// beds is a pile of beds as deposited, flat, from the top down. A point
// belongs to a bed by its stratigraphic depth: the depth it had before
// folding, faulting and salt movement.
type beds struct {
	base  []float64 // stratigraphic depth of the base of each bed, m
	extra []float64 // velocity against the compaction trend, m/s
	along relief    // change of velocity along a bed, m/s
}

// newBeds fills the stratigraphic depths from top to bottom (m) with beds
// between thin and thick (m). Thickness and velocity drift through the pile, in
// packages of thin and thick, slow and fast beds; within a package sand and
// shale alternate, most of them alike and a few up to contrast (m/s) off.
func newBeds(rng *rand.Rand, top, bottom, thin, thick, contrast float64) beds {
	b := beds{along: newRelief(rng, 4, 30, 900, 4000)}
	pack := newRelief(rng, 3, 1, 250, 700)
	side := 1.0
	for s := top; s < bottom; {
		u := 0.5 + 0.2*pack.at(s) + between(rng, -0.3, 0.3)
		s += thin + (thick-thin)*u*u*u
		b.base = append(b.base, s)
		u = between(rng, 0.3, 1)
		b.extra = append(b.extra, contrast*(0.4*pack.at(s+300)+0.6*side*u*u))
		if rng.Float64() < 0.8 {
			side = -side
		}
	}
	return b
}

// velocity is that of the bed at stratigraphic depth s and distance x, for the
// compaction trend's velocity there.
func (b beds) velocity(trend, x, s float64) float64 {
	i := min(sort.SearchFloat64s(b.base, s), len(b.base)-1)
	// Each bed reads the lateral change at its own offset.
	return trend + b.extra[i] + b.along.at(x+977*float64(i))
}

// compaction is the velocity (m/s) of average sediment buried below (m) under
// the sea floor: 1700 at the sea floor, rising more slowly with depth.
func compaction(below float64) float64 { return 1700 + 0.8*below - 0.000075*below*below }
