package equation_test

import (
	"fmt"
	"math"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
	. "github.com/d52adeda/wave/stencil"
)

// viscoacoustic is an equation that this package does not have: acoustics of a standard linear
// solid (Robertsson, Blanch and Symes 1994), where r remembers how the medium was strained,
//
//	rho dv/dt = -grad p,   dp/dt = -K (1 + tau) div v - r,   dr/dt = -(r + K tau div v) rate.
func viscoacoustic() *equation.Equation {
	acoustic := equation.Acoustic()
	return &equation.Equation{
		Name: "viscoacoustic",
		Models: append(acoustic.Models,
			equation.Property{Name: "tau", Unit: "1", Plausible: [2]float64{1e-4, 1}},
			equation.Property{Name: "rate", Unit: "1/s", Plausible: [2]float64{0.1, 1e4}}),
		Derive: acoustic.Derive, // K and the buoyancy between cells
		Waves: func(given equation.Models) []*array.Array {
			return []*array.Array{array.Mul(given["v"], array.Sqrt(array.AddConst(1, given["tau"])))} // unrelaxed
		},
		Vacuum: acoustic.Vacuum,
		End:    acoustic.End,
		Show:   acoustic.Show,
		Write:  viscoacousticStep,
	}
}

func viscoacousticStep(g equation.Grid) *equation.System {
	w := equation.NewWriter(g)
	dt, k, tau, rate, p, r := Param("dt"), w.Model("K").At(), w.Model("tau").At(), w.Model("rate").At(), w.State("p"), w.State("r")
	var velocity, pressure Update
	var terms []Expr
	for d, axis := range g.Axes() {
		v, b := w.State("v"+axis, d), w.Model("B_"+axis, d).At()
		dp, psi := w.PML(d, p, "psi_"+axis)
		velocity = append(velocity, psi, Assign{Dst: v, RHS: Add(v.At(), Neg(Mul(dt, b, dp)))})
		dv, phi := w.PML(d, v, "phi_"+axis)
		pressure, terms = append(pressure, phi), append(terms, dv)
	}
	div := Named("div", Add(terms...))
	memory := Named("r_new", Add(r.At(), Neg(Mul(dt, rate, Add(r.At(), Mul(k, tau, div))))))
	pressure = append(pressure,
		Assign{Dst: r, RHS: memory},
		Assign{Dst: p, RHS: Add(p.At(), Neg(Mul(dt, Add(Mul(k, Add(Const(1), tau), div), memory))))})
	return w.Finish("viscoacoustic",
		w.Receiver(equation.Channel{Name: "pressure", Unit: "Pa", Mirror: -1}, p.At()),
		velocity, pressure,
		w.Source(equation.Channel{Name: "pressure", Unit: "1/s", Time: 0.5, Mirror: -1}, p, Mul(dt, k)))
}

// A user's own equation is written with the same parts as those of this package. Here a pulse
// crosses the same medium with and without attenuation: for its main frequency Q is 2/tau,
// so that exp(-pi f x/(Q v)), 0.46, is left.
func Example() {
	e := viscoacoustic()
	const n, steps, h, step = 300, 400, 5.0, 0.001
	for _, tau := range []float64{0, 0.1} {
		system := e.Write(equation.Grid{NDim: 1, Accuracy: 4})
		program := system.Program.Bind(equation.Params(step, []float64{h}))
		pml := [][2]int{{20, 20}}
		layout, err := NewLayout(program, []int{n}, pml)
		if err != nil {
			fmt.Println(err)
			return
		}
		given := equation.Models{}
		for name, x := range map[string]float64{"v": 2000, "rho": 2200, "tau": tau, "rate": 2 * math.Pi * 20} {
			given[name] = array.AddConst(x, array.Zeros(array.Float64, 1, layout.Shape[0]))
		}
		models, err := e.Derived(given, layout.Halo)
		if err != nil {
			fmt.Println(err)
			return
		}
		source, receiver := system.Sources[0].Series, system.Receivers[0].Series
		run := Interpreter{
			Program: program, Layout: layout, Data: map[*Field][]float64{}, In: map[*Series][][]float64{},
			Points: map[string]Points{source.Points: {{{Cell: 50, Weight: 1}}}, receiver.Points: {{{Cell: 150, Weight: 1}}}},
		}
		profiles := equation.PML{Width: pml, Spacing: []float64{h}, DT: step, MaxVel: 2000, Freq: 20}
		for _, f := range program.Fields() {
			if x, ok := profiles.Of(f, layout); ok {
				run.Data[f] = x
			} else if f.Kind == Model {
				run.Data[f] = models[f.Name].Float64s()
			}
		}
		most := 0.0
		for t := range steps {
			x := (float64(t)*step - 0.06) * math.Pi * 20
			run.In[source] = append(run.In[source], []float64{(1 - 2*x*x) * math.Exp(-x*x)})
			run.Step()
			most = max(most, run.Out[receiver][t][0])
		}
		fmt.Printf("tau %g: %.1f MPa\n", tau, most/1e6)
	}
	// Output:
	// tau 0: 11.0 MPa
	// tau 0.1: 5.3 MPa
}
