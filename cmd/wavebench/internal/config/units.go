package config

import "math"

// tolerance is how close numbers of cells or samples that come from metres or
// seconds are taken to be the same: far more than rounding makes of decimals, far
// less than changes a result.
const tolerance = 1e-6

// settle returns the whole number within tolerance of x, a number of cells or
// samples, if there is one, else x. Every number of metres that is compared with
// cells, and of seconds with samples, goes through it.
func settle(x float64) float64 {
	if whole := math.Round(x); math.Abs(x-whole) <= tolerance {
		return whole
	}
	return x
}

// inCells returns metres as a number of cells of the given size.
func inCells(metres, spacing float64) float64 { return settle(metres / spacing) }

// cells returns a position in cells; metres says that it is in metres now.
func cells(x, spacing []float64, metres bool) []float64 {
	out := make([]float64, len(x))
	for d := range x {
		if metres {
			out[d] = inCells(x[d], spacing[d])
		} else {
			out[d] = settle(x[d])
		}
	}
	return out
}

// TopCells returns, for each layer, the first of n cells of the given size (m) along
// the first axis that it takes, at most n.
func (v *Values) TopCells(spacing float64, n int) []int {
	out := make([]int, len(v.Layers))
	for i, l := range v.Layers {
		out[i] = first(inCells(l.Top, spacing), n)
	}
	return out
}

// first returns the first of n cells at or beyond a position in cells, at most n.
func first(x float64, n int) int { return int(math.Min(math.Ceil(x), float64(n))) }

// unit is one that values of a survey may be in.
type unit struct {
	name string
	size float64 // in the unit of the equation
}

// units lists them by the unit that equations have, which comes first.
var units = map[string][]unit{
	"m/s":    {{"m/s", 1}, {"km/s", 1e3}, {"ft/s", 0.3048}},
	"kg/m^3": {{"kg/m^3", 1}, {"kg/m3", 1}, {"g/cm^3", 1e3}, {"g/cm3", 1e3}, {"g/cc", 1e3}},
	"Pa":     {{"Pa", 1}, {"kPa", 1e3}, {"MPa", 1e6}, {"GPa", 1e9}},
	"m^3/kg": {{"m^3/kg", 1}, {"m3/kg", 1}, {"cm^3/g", 1e-3}, {"cm3/g", 1e-3}, {"cc/g", 1e-3}},
}

func unitNames(of string) []string {
	var out []string
	for _, u := range units[of] {
		out = append(out, u.name)
	}
	return out
}

// size returns how large a unit is in that of the equation, 1 if none is named.
func size(of, name string) float64 {
	for _, u := range units[of] {
		if u.name == name {
			return u.size
		}
	}
	return 1
}

// Fitting returns the units, each of one name, in which values between lo and hi would be
// plausible for a property: "kPa, MPa or GPa", or "".
func (p *Property) Fitting(lo, hi float64) string {
	var fit []string
	last := 0.0
	for _, u := range units[p.Unit] {
		if u.size != last && p.IsPlausible(lo*u.size) && p.IsPlausible(hi*u.size) {
			fit = append(fit, u.name)
		}
		last = u.size
	}
	if len(fit) == 0 {
		return ""
	}
	return list(fit)
}

// decimal returns x times size as a decimal: 4.1 km/s are 4100 m/s, though 4.1 is none
// in binary. A product of few digits is taken if it is that of x as good as x is stored: to
// so many digits, 6 for float32 and 15 for float64.
func decimal(x, size float64, digits int) float64 {
	y := x * size
	if size == 1 || y == 0 || !finite(y) {
		return y
	}
	shift := digits - 1 - int(math.Floor(math.Log10(math.Abs(y))))
	if shift > 300 || shift < -300 {
		return y
	}
	few := math.Round(y*math.Pow10(shift)) / math.Pow10(shift)
	if shift < 0 {
		few = math.Round(y/math.Pow10(-shift)) * math.Pow10(-shift)
	}
	ulps := 0x1p-51 * math.Abs(y) // of the product, and of x
	if digits == 6 && float32(few/size) == float32(x) || digits > 6 && math.Abs(few-y) <= ulps {
		return few
	}
	return y
}
