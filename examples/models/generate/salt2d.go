package main

import (
	"math"
	"math/rand/v2"
)

const (
	water = 1500.0 // m/s
	salt  = 4500.0 // m/s
	gas   = 1580.0 // m/s
)

// A section is a passive-margin section. Its history, oldest first:
// a rough basement; an old sequence laid on it, tilted, folded and cut by the
// old faults; erosion to an unconformity; a young sequence over that, cut with
// all below by the young faults; salt, which pierced both while they formed;
// gas in the crest of a low anticline. A point's velocity is found by undoing
// these, the youngest first.
type section struct {
	seabed, unconformity relief // departure from their mean depths, m
	fold                 relief // of the old sequence, m
	basement             relief // broad relief of its top, m
	rough                relief // fine relief of its top, m
	young, old           beds
	youngFaults          []fault
	oldFaults            []fault
	salt                 diapir
}

func newSection() *section {
	rng := rand.New(rand.NewPCG(2024, 7))
	return &section{
		seabed:       newRelief(rng, 4, 80, 1300, 5000),
		unconformity: newRelief(rng, 4, 170, 1300, 4500),
		fold:         newRelief(rng, 3, 260, 1900, 3600),
		basement:     newRelief(rng, 3, 110, 1500, 4000),
		rough:        newRelief(rng, 6, 45, 90, 420),
		young:        newBeds(rng, 0, 1800, 20, 105, 320),
		old:          newBeds(rng, 0, 3800, 22, 190, 420),
		youngFaults: []fault{
			{x: 6183, slope: -1.9, throw: 115, tip: 420, full: 1000, reach: 2100},
			{x: 4331, slope: 2.1, throw: 80, tip: 380, full: 900, reach: 1500},
			{x: 387, slope: 1.7, throw: 130, tip: 350, full: 1100, reach: 1700},
		},
		oldFaults: []fault{
			{x: -1013, slope: 1.5, throw: 240, reach: 2600},
			{x: 6907, slope: -1.8, throw: 270, reach: 2400},
			{x: 4877, slope: 1.6, throw: 190, reach: 1800},
			{x: 7891, slope: -1.7, throw: 150, reach: 2000},
		},
		salt: diapir{
			x: 2913, top: 830, widest: 1130, neck: 370, left: 560, right: 730,
			flank: newRelief(rng, 5, 45, 150, 700), roof: newRelief(rng, 4, 22, 300, 1200),
		},
	}
}

// velocity is in m/s, at distance x and depth z in m.
func (s *section) velocity(x, z float64) float64 {
	seabed := 270 + s.seabed.at(x)
	if z < seabed {
		return water
	}
	below := z - seabed
	trend := compaction(below)

	// The young sequence follows the sea floor at its top and more and more,
	// with depth, the arch over the salt and the anticline with the gas.
	xr, zr := restoreAll(s.youngFaults, x, z)
	deep := ramp(below, 0, 700)
	lift := deep * (s.salt.arch(xr) + 130*bell(xr-gasX, 600))
	zr += lift
	zu := 1120 + s.unconformity.at(xr)
	isSalt := s.salt.contains(x, z)
	if zr < zu {
		if isSalt {
			return salt
		}
		strat := zr - (1-deep)*s.seabed.at(xr) - 0.5*deep*s.unconformity.at(xr)
		if strat > gasTop && strat < gasTop+73 && z < gasContact && math.Abs(xr-gasX) < 400 {
			return gas
		}
		return s.young.velocity(trend, xr, strat)
	}

	xr, zr = restoreAll(s.oldFaults, xr, zr-lift)
	if top := 2560 + s.basement.at(xr) + s.rough.at(xr); zr > top {
		return 4150 + 0.2*(zr-top) + s.rough.at(2*zr+xr)
	}
	if isSalt {
		return salt
	}
	// The old beds dip 5 degrees towards +x and onlap the basement.
	strat := zr + s.salt.lift(xr, zr) - s.fold.at(xr) - 0.09*(xr-3500)
	return s.old.velocity(trend+150, xr, strat)
}

// The gas fills the top of one reservoir down to a flat contact with water.
const (
	gasX       = 5350.0 // distance of the crest, m
	gasTop     = 746.0  // stratigraphic depth of the reservoir's top, m
	gasContact = 795.0  // depth, m
)

func salt2d() model {
	s := newSection()
	return newModel("salt2d.npy", 10, []int{300, 700}, func(z, _, x float64) float64 { return s.velocity(x, z) })
}
