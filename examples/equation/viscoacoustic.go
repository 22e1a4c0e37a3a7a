package main

import (
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
	. "github.com/d52adeda/wave/stencil" //lint:ignore ST1001 equations read as mathematics
)

// viscoacoustic is the acoustic wave equation in a standard linear solid, where a memory
// variable r keeps how the medium was strained (Robertsson, Blanch and Symes 1994):
//
//	rho dv/dt = -grad p,   dp/dt = -K (1 + tau) div v - r,   dr/dt = -(r + K tau div v) rate
//
// with K = rho v^2. A wave of the angular frequency rate loses most, with Q = 1 + 2/tau.
func viscoacoustic() *equation.Equation {
	eq := equation.Acoustic() // has v and rho, of which it makes K on cells and the buoyancies B_z, B_x between them
	eq.Name = "viscoacoustic"
	eq.Models = append(eq.Models,
		equation.Property{Name: "tau", Unit: "1", Plausible: [2]float64{1e-4, 1}},
		equation.Property{Name: "rate", Unit: "1/s", Plausible: [2]float64{0.1, 1e4}})
	eq.Waves = func(given equation.Models) []*array.Array { // of high frequencies, the fastest
		return []*array.Array{array.Mul(given["v"], array.Sqrt(array.AddConst(1, given["tau"])))}
	}
	eq.Write = viscoacousticStep
	return eq
}

// viscoacousticStep writes one time step, for any number of dimensions and any accuracy.
func viscoacousticStep(g equation.Grid) *equation.System {
	w := equation.NewWriter(g)
	p, r := w.State("p"), w.State("r")
	dt, k, tau, rate := Param("dt"), w.Model("K").At(), w.Model("tau").At(), w.Model("rate").At()
	var velocity, pressure Update
	var records, terms = []Stmt{}, []Expr{}
	for d, axis := range g.Axes() {
		v, b := w.State("v"+axis, d), w.Model("B_"+axis, d).At() // both half a cell further on along d
		dp, psi := w.PML(d, p, "psi_"+axis)                      // dp/dx, as the absorbing sides stretch it
		velocity = append(velocity, psi, Assign{Dst: v, RHS: Add(v.At(), Neg(Mul(dt, b, dp)))})
		dv, phi := w.PML(d, v, "phi_"+axis)
		pressure, terms = append(pressure, phi), append(terms, dv)
		records = append(records, w.Receiver(equation.Channel{Name: "v" + axis, Unit: "m/s", Time: -0.5, Mirror: 1}, v.At(), d))
	}
	div := Named("div", Add(terms...))
	less := Named("r_less", Mul(dt, rate, Add(Const(1), Mul(Const(-0.5), dt, rate)), Add(r.At(), Mul(k, tau, div)))) // second order in dt
	pressure = append(pressure,
		Assign{Dst: r, RHS: Add(r.At(), Neg(less))},
		Assign{Dst: p, RHS: Add(p.At(), Neg(Mul(dt, Add(Mul(k, Add(Const(1), tau), div), r.At(), Mul(Const(-0.5), less)))))})
	records = append(records, w.Receiver(equation.Channel{Name: "pressure", Unit: "Pa", Mirror: -1, Main: true}, p.At()))
	source := w.Source(equation.Channel{Name: "pressure", Unit: "1/s", Time: 0.5, Mirror: -1, Main: true}, p, Mul(dt, k))
	return w.Finish("viscoacoustic", append(records, velocity, pressure, source)...)
}
