package config

import "math"

// relation says what a property usually is in rocks of a velocity.
type relation struct {
	gives string // the model that it is for
	of    func(v float64) float64
}

// relations are those that a survey can name. Velocities are of P waves (m/s); that of a
// vacuum, 0, gives 0.
var relations = map[string]relation{
	// Gardner, Gardner and Gregory (1974): 0.31 v^0.25 g/cm^3, sedimentary rocks.
	"gardner": {"rho", func(v float64) float64 { return 310 * math.Pow(v, 0.25) }},
	// Castagna, Batzle and Eastwood (1985): vp = 1.16 vs + 1.36 km/s, mudrock.
	"castagna": {"vs", func(v float64) float64 { return max(0, (v-1360)/1.16) }},
}

// water is what properties of it are.
var water = map[string]float64{
	"v": 1500, "vp": 1500, "vs": 0, "rho": 1000,
	"lamb": 1000 * 1500 * 1500, "mu": 0, "buoyancy": 1. / 1000,
}

// OfWater returns what the property of a name is in water.
func OfWater(name string) float64 { return water[name] }

// Value returns the property where the one that it follows from is x, both in the
// equation's units. water is the greatest x of water, 0 if none is.
func (p *Property) Value(x, water float64) float64 {
	switch {
	case x > 0 && x <= water:
		return OfWater(p.Name)
	case p.From.Ratio != nil:
		return *p.From.Ratio * x
	}
	return relations[p.From.Relation].of(x)
}
