package equation

import (
	"math"
	"slices"

	"github.com/d52adeda/wave/array"
)

// The models of staggered programs, from those on cells. Arrays are [1 or shots][padded grid]
// with halo cells on each side. Where the density or mu is zero (vacuum, fluids), what is
// divided by it is zero and has no derivative.

// acousticModels returns K and the buoyancy between cells.
func acousticModels(given Models, halo int) (Models, error) {
	v, rho := given["v"], given["rho"]
	out := Models{"K": array.Mul(rho, array.Mul(v, v))}
	addBuoyancies(out, rho, halo)
	return out, nil
}

// elasticModels returns Lame's parameters, mu at the shear stresses and the buoyancy between
// cells.
func elasticModels(given Models, halo int) (Models, error) {
	mu := given["mu"]
	out := Models{"lamb": given["lamb"], "mu": mu}
	addBuoyancies(out, reciprocal(given["buoyancy"]), halo)
	axes := Axes(mu.NDim() - 1)
	solid, soft := array.NonZero(mu, tiny(mu)), reciprocal(mu)
	for d := range axes {
		for e := d + 1; e < len(axes); e++ {
			// The harmonic mean of the four cells around, zero if one of them is.
			every := around(array.Mul, solid, halo, d, e)
			total := around(array.Add, soft, halo, d, e)
			out["mu_"+pair(axes, d, e)] = placed(array.Scale(4, array.Mul(every, reciprocal(total))), mu, halo)
		}
	}
	return out, nil
}

// addBuoyancies adds the buoyancy between cells, of the mean density.
func addBuoyancies(out Models, rho *array.Array, halo int) {
	for d, axis := range Axes(rho.NDim() - 1) {
		out["B_"+axis] = placed(reciprocal(array.Scale(0.5, around(array.Add, rho, halo, d))), rho, halo)
	}
}

// around combines, in pairs, the cells around the places that sit half a cell further on along
// some dimensions, but for the last place along these.
func around(combine func(a, b *array.Array) *array.Array, a *array.Array, halo int, dims ...int) *array.Array {
	shape := a.Shape()
	lo, size := make([]int, len(shape)), slices.Clone(shape)
	for d := range shape[1:] {
		lo[1+d], size[1+d] = halo, shape[1+d]-2*halo
	}
	for _, d := range dims {
		size[1+d]--
	}
	var pairs func(at, dims []int) *array.Array
	pairs = func(at, dims []int) *array.Array {
		if len(dims) == 0 {
			return array.Slice(a, at, size)
		}
		last := dims[len(dims)-1]
		next := slices.Clone(at)
		next[1+last]++
		rest := dims[:len(dims)-1]
		return combine(pairs(at, rest), pairs(next, rest))
	}
	return pairs(lo, dims)
}

// placed returns an array like the one given in which x begins behind the halo.
func placed(x, like *array.Array, halo int) *array.Array {
	shape := like.Shape()
	lo := make([]int, len(shape))
	for d := range shape[1:] {
		lo[1+d] = halo
	}
	return array.Assemble(like.DType(), shape, [][]int{lo}, x)
}

// reciprocal returns 1/a, and 0 where a is zero.
func reciprocal(a *array.Array) *array.Array { return array.Reciprocal(a, tiny(a)) }

// lame returns Lame's parameters and the buoyancy of speeds and density.
func lame(given Models) Models {
	square := func(a *array.Array) *array.Array { return array.Mul(a, a) }
	rho := given["rho"]
	p, s := square(given["vp"]), square(given["vs"])
	return Models{
		"lamb":     array.Mul(array.Sub(p, array.Scale(2, s)), rho),
		"mu":       array.Mul(s, rho),
		"buoyancy": array.Div(rho, array.AddConst(1e-15, square(rho))), // 0 in vacuum
	}
}

// tiny is the size up to which a number counts as zero: its square is none that can be divided by.
func tiny(a *array.Array) float64 {
	if a.DType() == array.Float32 {
		return 1 / math.Sqrt(math.MaxFloat32)
	}
	return 1 / math.Sqrt(math.MaxFloat64)
}
