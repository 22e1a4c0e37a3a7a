package equation

import (
	"math"
	"slices"

	"github.com/d52adeda/wave/array"
	. "github.com/d52adeda/wave/stencil" //lint:ignore ST1001 equations read as mathematics
)

// Acoustic is the acoustic wave equation in media of variable density, as velocity and
// pressure; see acousticStep.
func Acoustic() *Equation {
	return &Equation{
		Name: "acoustic",
		Models: []Property{
			{Name: "v", Unit: "m/s", Least: math.Inf(-1), Plausible: [2]float64{100, 12_000}},
			{Name: "rho", Unit: "kg/m^3", Plausible: [2]float64{100, 25_000}},
		},
		Relations: []Relation{{Models: []string{"rho", "v"}, Want: "v 0 where rho is: such cells are vacuum", Holds: emptyIfWeightless}},
		Derive:    acousticModels,
		Write:     acousticStep,
		Waves:     func(given Models) []*array.Array { return []*array.Array{given["v"]} },
		Vacuum:    "rho",
		End:       Rigid,
		Show:      func(Grid) []string { return []string{"p"} },
	}
}

// acousticStep returns one time step of
//
//	rho dv/dt = -grad p + f,   (1/K) dp/dt = -div v + s
//
// on a staggered grid (Virieux 1984) with C-PML: p on cells at whole steps, the velocity's
// components half a cell on along their own dimension and half a step before.
//
//	models    K          bulk modulus, rho v^2 (Pa)
//	          B_x        of each dimension: 1/rho between cells
//	state     p, vx
//	memory    psi_x, phi_x    of each dimension: of dp/dx and dvx/dx
//
// A step records, advances v, adds forces, advances p with that v, adds s.
func acousticStep(g Grid) *System {
	w := NewWriter(g)
	dt, k, p := Param("dt"), w.Model("K"), w.State("p")
	var velocity, pressure Update
	var div, plain []Expr
	var records, forces []Stmt
	for d, axis := range g.Axes() {
		v, b := w.State("v"+axis, d), w.Model("B_"+axis, d)
		dp, psi := w.PML(d, p, "psi_"+axis)
		velocity = append(velocity, Assign{Dst: v, RHS: Add(v.At(), Neg(Mul(dt, b.At(), dp)))}, psi)
		dv, phi := w.PML(d, v, "phi_"+axis)
		pressure = append(pressure, phi)
		div, plain = append(div, dv), append(plain, w.D(d, v))
		records = append(records, w.Receiver(Channel{Name: "v" + axis, Unit: "m/s", Time: -0.5, Mirror: 1}, v.At(), d))
		forces = append(forces, w.Source(Channel{Name: "force_" + axis, Unit: "N/m^3", Mirror: 1}, v, Mul(dt, b.At())))
	}
	pressure = append(pressure, Assign{Dst: p, RHS: Add(p.At(), Neg(Mul(dt, k.At(), Add(div...))))})
	records = append(records,
		w.Receiver(Channel{Name: "pressure", Unit: "Pa", Mirror: -1, Main: true}, p.At()),
		w.Receiver(Channel{Name: "divergence", Unit: "1/s", Time: -0.5, Mirror: -1}, Add(plain...)))
	inject := w.Source(Channel{Name: "pressure", Unit: "1/s", Time: 0.5, Mirror: -1, Main: true}, p, Mul(dt, k.At()))
	return w.Finish("acoustic", slices.Concat(records, []Stmt{velocity}, forces, []Stmt{pressure, inject})...)
}
