package equation

import (
	"math"

	"github.com/d52adeda/wave/array"
	. "github.com/d52adeda/wave/stencil" //lint:ignore ST1001 equations read as mathematics
)

// Scalar is the scalar wave equation; see scalarStep.
func Scalar() *Equation {
	return &Equation{
		Name:   "scalar",
		Models: []Property{{Name: "v", Unit: "m/s", Least: math.Inf(-1), Plausible: [2]float64{100, 12_000}}},
		Write:  scalarStep,
		Waves:  func(given Models) []*array.Array { return []*array.Array{given["v"]} },
		End:    Free,
		Show:   func(Grid) []string { return []string{"u"} },
	}
}

// scalarStep returns one time step of the scalar wave equation with C-PML,
//
//	laplace(u) - (1/v^2) d2u/dt2 = f,
//
// second order in time and of the grid's accuracy in space, after Pasalic and McGarry (2010), "Convolutional perfectly matched
// layer for isotropic and anisotropic acoustic wave equations".
//
//	model     v         velocity (m/s)
//	state     u, um1    wavefield at steps t and t-1
//	memory    psi_x, zeta_x    of each dimension
//	profiles  a_x, b_x, db_x   of each dimension, as PML.Profile gives them
//	series    f at points source (in), r at points receiver (out)
//
// Params has the values of its parameters. A step records r = u(t), updates, and
// adds -f v^2 dt^2 to u(t+dt).
func scalarStep(g Grid) *System {
	v, u, um1 := &Field{Name: "v"}, &Field{Name: "u", Kind: State}, &Field{Name: "um1", Kind: State}
	var terms []Expr
	var memory Update
	for d, axis := range g.Axes() {
		profile := func(name string, extent int) Expr {
			return (&Field{Name: name + "_" + axis, Kind: Profile, Dim: d, Extent: extent}).At()
		}
		a, b, db := profile("a", 0), profile("b", 0), profile("db", g.Accuracy/2)
		psi := &Field{Name: "psi_" + axis, Kind: Memory, Dim: d}
		zeta := &Field{Name: "zeta_" + axis, Kind: Memory, Dim: d}

		dudx := Named("du_d"+axis, g.D1(d, u.At()))
		b1 := Add(Const(1), b)
		tmp := Named("tmp_"+axis, Add(
			Mul(b1, g.D2(d, u.At())),
			Mul(db, dudx),
			g.D1(d, Mul(a, psi.At()))))
		terms = append(terms, Add(Mul(b1, tmp), Mul(a, zeta.At())))
		memory = append(memory,
			Assign{Dst: psi, RHS: Add(Mul(b, dudx), Mul(a, psi.At()))},
			Assign{Dst: zeta, RHS: Add(Mul(b, tmp), Mul(a, zeta.At()))})
	}
	v2dt2 := Mul(Param("dt2"), v.At(), v.At())
	step := Update{
		{Dst: u, RHS: Add(Mul(v2dt2, Named("laplace_u", Add(terms...))), Mul(Const(2), u.At()), Neg(um1.At()))},
		{Dst: um1, RHS: u.At()},
	}
	r, f := &Series{Name: "r", Points: "receiver"}, &Series{Name: "f", Points: "source"}
	return &System{
		Program: &Program{Name: "scalar", NDim: g.NDim, Body: []Stmt{
			Record{To: r, X: u.At()},
			append(step, memory...),
			Inject{Dst: u, Coeff: Neg(v2dt2), From: f},
		}},
		Sources:   []Channel{{Name: "pressure", Unit: "Pa/m^2", Series: f, Mirror: -1, Main: true}},
		Receivers: []Channel{{Name: "pressure", Unit: "Pa", Series: r, Mirror: -1, Main: true}},
	}
}
