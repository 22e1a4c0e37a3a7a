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

// TopCells returns, for each layer, the first of n cells along the first axis that
// it takes, at most n.
func (m *Model) TopCells(n int) []int {
	out := make([]int, len(m.Layers))
	for i, l := range m.Layers {
		out[i] = int(math.Min(math.Ceil(inCells(l.Top, m.Spacing[0])), float64(n)))
	}
	return out
}
