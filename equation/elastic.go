package equation

import (
	"math"
	"slices"
	"strings"

	"github.com/d52adeda/wave/array"
	. "github.com/d52adeda/wave/stencil" //lint:ignore ST1001 equations read as mathematics
)

// Elastic is the elastic wave equation in isotropic media; see elasticStep. Its models are
// Lame's parameters and the buoyancy, 1/rho. Where all are 0 is vacuum, beside which is a free
// surface; where mu is 0 is a fluid.
func Elastic() *Equation {
	stiff := [2]float64{1e3, 1e12}
	return &Equation{
		Name: "elastic",
		Models: []Property{
			{Name: "lamb", Unit: "Pa", Least: math.Inf(-1), Plausible: stiff},
			{Name: "mu", Unit: "Pa", Plausible: stiff},
			{Name: "buoyancy", Unit: "m^3/kg", Plausible: [2]float64{4e-5, 1e-2}},
		},
		Relations: []Relation{
			{Models: []string{"buoyancy", "lamb", "mu"}, Want: "lamb and mu 0 where the buoyancy is (vacuum): 1/buoyancy is the density", Fatal: true,
				Holds: func(x []float64) bool { return x[0] != 0 || x[1] == 0 && x[2] == 0 }},
			{Models: []string{"lamb", "mu"}, Want: "lamb + 2/3 mu, the bulk modulus, not negative",
				Holds: func(x []float64) bool { return x[0]+2./3*x[1] >= 0 }},
		},
		Derive: elasticModels,
		Write:  elasticStep,
		Waves: func(given Models) []*array.Array {
			lamb, mu, b := given["lamb"], given["mu"], given["buoyancy"]
			return []*array.Array{
				array.Sqrt(array.Mul(array.Add(lamb, array.Scale(2, mu)), b)), // of P waves
				array.Sqrt(array.Mul(mu, b)),                                  // of S waves
			}
		},
		Vacuum: "buoyancy",
		End:    Rigid,
		Show: func(g Grid) []string {
			var v []string
			for _, axis := range g.Axes() {
				v = append(v, "v"+axis)
			}
			return v
		},
	}
}

// ElasticSpeeds is Elastic with the speeds of P and S waves and the density for models.
func ElasticSpeeds() *Equation {
	e := Elastic()
	speed := [2]float64{10, 12_000}
	e.Models = []Property{
		{Name: "vp", Unit: "m/s", Plausible: speed},
		{Name: "vs", Unit: "m/s", Plausible: speed},
		{Name: "rho", Unit: "kg/m^3", Plausible: [2]float64{100, 25_000}},
	}
	e.Relations = []Relation{
		{Models: []string{"rho", "vp"}, Want: "vp 0 where rho is: such cells are vacuum", Holds: emptyIfWeightless},
		{Models: []string{"vs", "vp"}, Want: "vs below vp", Holds: func(x []float64) bool { return x[0] < x[1] || x[0] == 0 }},
		// The bulk modulus, rho (vp^2 - 4/3 vs^2), is not negative. Of vs above vp enough is said.
		{Models: []string{"vp", "vs"}, Want: "vp at least 1.155 vs", Holds: func(x []float64) bool { return x[1] >= x[0] || 3*x[0]*x[0] >= 4*x[1]*x[1] }},
	}
	e.Derive = func(given Models, halo int) (Models, error) { return elasticModels(lame(given), halo) }
	e.Waves = func(given Models) []*array.Array { return []*array.Array{given["vp"], given["vs"]} }
	e.Vacuum = "rho"
	return e
}

// emptyIfWeightless reports whether a speed is 0 where the density is.
func emptyIfWeightless(x []float64) bool { return x[0] != 0 || x[1] == 0 }

// elasticStep returns one time step of
//
//	rho dv/dt = div sigma + f,   dsigma/dt = lamb tr(e) I + 2 mu e - m,   e = (grad v + grad v^T)/2
//
// on a staggered grid (Virieux 1986) with C-PML: normal stresses on cells at whole steps, shear
// stresses half a cell on along both of their dimensions, the velocity's components along their
// own and half a step before.
//
//	models    lamb, mu     (Pa)
//	          mu_xy        of each pair of dimensions: mu at the shear stress
//	          B_x          of each dimension: 1/rho between cells
//	state     vx, sigmaxx, sigmaxy ...
//	memory    m_vxy        of dvx/dy, and so on
//	          m_sigmaxyx   of dsigmaxy/dx, and so on
//
// A step records, advances v, adds forces, advances the stresses with that v, adds moments.
func elasticStep(g Grid) *System {
	w := NewWriter(g)
	axes, dt := g.Axes(), Param("dt")
	lamb, mu := w.Model("lamb"), w.Model("mu")
	v := func(d int) *Field { return w.State("v"+axes[d], d) }
	sigma := func(d, e int) *Field { return w.State("sigma"+pair(axes, d, e), at(d, e)...) }

	var velocity, stress Update
	var records, forces, moments []Stmt
	for d, axis := range axes {
		b := w.Model("B_"+axis, d)
		var force []Expr
		for e := range axes {
			x, m := w.PML(e, sigma(d, e), "m_"+sigma(d, e).Name+axes[e])
			force, velocity = append(force, x), append(velocity, m)
		}
		velocity = append(velocity, Assign{Dst: v(d), RHS: Add(v(d).At(), Mul(dt, b.At(), Add(force...)))})
		records = append(records, w.Receiver(Channel{Name: "v" + axis, Unit: "m/s", Time: -0.5, Mirror: 1}, v(d).At(), d))
		forces = append(forces, w.Source(Channel{Name: "force_" + axis, Unit: "N/m^3", Mirror: 1}, v(d), Mul(dt, b.At())))
	}

	grad := make([][]Expr, len(axes)) // [d][e]: of component d along e, as PMLs stretch it
	var trace, normal, div []Expr
	for d, axis := range axes {
		for e := range axes {
			x, m := w.PML(e, v(d), "m_v"+axis+axes[e])
			grad[d], stress = append(grad[d], x), append(stress, m)
		}
		trace, normal = append(trace, grad[d][d]), append(normal, sigma(d, d).At())
		div = append(div, w.D(d, v(d)))
	}
	dilation := Mul(dt, lamb.At(), Named("trace", Add(trace...)))
	of := Channel{Unit: "Pa"} // stresses
	rate := Channel{Unit: "1/s", Time: -0.5}
	moment := Channel{Unit: "Pa/s", Time: 0.5}
	for d := range axes {
		for e := d; e < len(axes); e++ {
			s, name := sigma(d, e), pair(axes, d, e)
			change := Add(dilation, Mul(Const(2), dt, mu.At(), grad[d][d]))
			strain := w.D(d, v(d))
			if d == e {
				moments = append(moments, w.Source(moment.named("pressure", -1), s, Neg(dt)))
			} else {
				change = Mul(dt, w.Model("mu_"+name, d, e).At(), Add(grad[d][e], grad[e][d]))
				strain = Mul(Const(0.5), Add(w.D(e, v(d)), w.D(d, v(e))))
				records = append(records, w.curl(rate, v, d, e))
			}
			stress = append(stress, Assign{Dst: s, RHS: Add(s.At(), change)})
			records = append(records,
				w.Receiver(of.named("sigma_"+name, 0), s.At(), at(d, e)...),
				w.Receiver(rate.named("strain_rate_"+name, 0), strain, at(d, e)...))
			moments = append(moments, w.Source(moment.named("moment_"+name, 0), s, Neg(dt)))
		}
	}
	records = append(records,
		w.Receiver(of.named("pressure", -1), Mul(Const(-1/float64(len(axes))), Add(normal...))),
		w.Receiver(rate.named("divergence", 0), Add(div...)))
	return w.Finish("elastic", slices.Concat(records, []Stmt{velocity}, forces, []Stmt{stress}, moments)...)
}

// curl records the component of the curl of v that is normal to two dimensions.
func (w *Writer) curl(c Channel, v func(d int) *Field, d, e int) Stmt {
	normal := strings.Trim("xyz", pair(w.Axes(), d, e))
	if normal != "y" {
		d, e = e, d // cyclic: from x to y, y to z, z to x
	}
	return w.Receiver(c.named("curl_"+normal, 0), Add(w.D(d, v(e)), Neg(w.D(e, v(d)))), d, e)
}

// named returns the channel with a name.
func (c Channel) named(name string, mirror int) Channel {
	c.Name, c.Mirror, c.Main = name, mirror, name == "pressure"
	return c
}

// at lists the dimensions along which component d, e of a tensor sits half a cell further on.
func at(d, e int) []int {
	if d == e {
		return nil
	}
	return []int{d, e}
}

// pair is a pair of axes by their names, in alphabetical order.
func pair(axes []string, d, e int) string {
	if axes[d] > axes[e] {
		d, e = e, d
	}
	return axes[d] + axes[e]
}
