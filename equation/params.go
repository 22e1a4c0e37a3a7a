// Package equation states wave equations as values. An Equation says all that the engine asks
// of the physics: the models that a user gives and those that the program has, the program, a
// stencil program that holds for any number of dimensions and any accuracy, its sources and
// receivers, speeds. Scalar, Acoustic, Elastic and ElasticSpeeds are there, and Born derives from
// any equation the one for what a perturbation scatters. Others are written with Writer, which
// knows staggered grids and C-PML, in a module of one's own:
//
//	func mine() *equation.Equation {
//		return &equation.Equation{
//			Name: ..., Models: ..., Waves: ..., Show: ...,
//			Write: func(g equation.Grid) *equation.System {
//				w := equation.NewWriter(g)
//				p, k := w.State("p"), w.Model("K")
//				...
//				return w.Finish("mine", records, updates, sources)
//			},
//		}
//	}
//
// (see the example of NewWriter, and examples/equation). Finite-difference weights, PML profiles
// and the CFL condition are here, too.
//
// The names of dimensions follow the grid's axes, slowest first: "x" in 1-D;
// "z", "x" in 2-D; "z", "y", "x" in 3-D.
//
// It imports packages stencil and array of this module.
package equation

import "math"

// Axes returns the names of the grid's axes, slowest first: a section has depth and one
// direction.
func Axes(ndim int) []string {
	return [][]string{nil, {"x"}, {"z", "x"}, {"z", "y", "x"}}[ndim]
}

// Params returns the values of the parameters that equations use: dt, the inner time step
// (s), and its square dt2, and for each axis the reciprocal spacing
// rh_x (1/m) and its square rh2_x (1/m^2).
func Params(dt float64, spacing []float64) map[string]float64 {
	p := map[string]float64{"dt": dt, "dt2": dt * dt}
	for d, axis := range Axes(len(spacing)) {
		p["rh_"+axis] = 1 / spacing[d]
		p["rh2_"+axis] = 1 / (spacing[d] * spacing[d])
	}
	return p
}

// CFL divides the time step dt (s, of either sign, not 0) by the smallest integer
// for which it is stable: |dt|/ratio <= 0.6 / sqrt(sum_d 1/h_d^2) / maxVel, with
// spacing h in m and maxVel > 0 in m/s.
func CFL(dt float64, spacing []float64, maxVel float64) (inner float64, ratio int) {
	sum := 0.0
	for _, h := range spacing {
		sum += 1 / (h * h)
	}
	limit := 0.6 / math.Sqrt(sum) / maxVel
	ratio = max(1, int(math.Ceil(math.Abs(dt)/limit)))
	return dt / float64(ratio), ratio
}
