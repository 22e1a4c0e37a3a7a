package equation_test

import (
	"context"
	"fmt"
	"math"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
	. "github.com/d52adeda/wave/stencil"
)

// An equation says what it wants of the medium, and what can be a source or a receiver, where
// between the cells.
func Example() {
	e := equation.ElasticSpeeds()
	for _, m := range e.Models {
		fmt.Printf("model %s, %s\n", m.Name, m.Unit)
	}
	system := e.Write(equation.Grid{NDim: 2, Accuracy: 4})
	for _, c := range system.Sources {
		fmt.Printf("source %s, %s, half a cell on: z %v, x %v\n", c.Name, c.Unit, c.Half[0], c.Half[1])
	}
	for _, c := range system.Receivers {
		fmt.Print(c.Name, " ")
	}
	// Output:
	// model vp, m/s
	// model vs, m/s
	// model rho, kg/m^3
	// source force_z, N/m^3, half a cell on: z true, x false
	// source force_x, N/m^3, half a cell on: z false, x true
	// source pressure, Pa/s, half a cell on: z false, x false
	// source moment_zz, Pa/s, half a cell on: z false, x false
	// source moment_xz, Pa/s, half a cell on: z true, x true
	// source moment_xx, Pa/s, half a cell on: z false, x false
	// vz vx sigma_zz strain_rate_zz curl_y sigma_xz strain_rate_xz sigma_xx strain_rate_xx pressure divergence
}

// Write gives the program of a time step for any number of dimensions and any accuracy.
func ExampleEquation_Program() {
	fmt.Print(equation.Acoustic().Program(1, 2))
	// Output:
	// acoustic (1-D):
	//   record r_vx = vx
	//   record r_pressure = p
	//   record r_divergence = (rh_x*tap{1 -1[-1,+0,+0]}(vx))
	//     let dp_dx = rh_x*tap{1[+1,+0,+0] -1}(p)
	//     let psi_x_new = (bh_x*dp_dx + ah_x*psi_x)
	//   vx' = (vx + -1*dt*B_x*(dp_dx + psi_x_new))
	//   psi_x' = psi_x_new
	//   inject vx += dt*B_x * f_force_x
	//     let dvx_dx = rh_x*tap{1 -1[-1,+0,+0]}(vx)
	//     let phi_x_new = (b_x*dvx_dx + a_x*phi_x)
	//   phi_x' = phi_x_new
	//   p' = (p + -1*dt*K*((dvx_dx + phi_x_new)))
	//   inject p += dt*K * f_pressure
}

// The program has models of its own, here the bulk modulus and the buoyancy between cells, which
// are made of those given, with derivatives: zero between cells of vacuum, and beyond the grid.
func ExampleEquation_Derived() {
	given := equation.Models{ // [shot][x], with a halo of one cell on either side
		"v":   array.Of64([]float64{2000, 2000, 2000, 2000, 0, 0}, 1, 6),
		"rho": array.Of64([]float64{2000, 2000, 2000, 3000, 0, 0}, 1, 6),
	}
	own, err := equation.Acoustic().Derived(context.Background(), given, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("K  ", own["K"].Float64s())
	fmt.Println("B_x", own["B_x"].Float64s())
	// Output:
	// K   [8e+09 8e+09 8e+09 1.2e+10 0 0]
	// B_x [0 0.0005 0.0004 0.0006666666666666666 0 0]
}

// Examine finds what cannot be and what looks like a mistake; Speeds finds what the time step
// and the PML are made for.
func ExampleEquation_Examine() {
	e, ctx := equation.ElasticSpeeds(), context.Background()
	model := func(x ...float64) *array.Array { return array.Of64(x, len(x)) }
	models := equation.Models{"vp": model(1500, 2400, 3000), "vs": model(0, 1100, 2900), "rho": model(1, 2.1, 2.2)}
	found, err := e.Examine(ctx, models)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range found {
		fmt.Println(f)
	}
	fmt.Println(e.Speeds(ctx, models))
	// Output:
	// rho: 1 to 2.2 kg/m^3, want sizes of 100 to 25000 (or 0): is it in another unit?
	// vp: in 1 of 3 cells not as wanted (the first has vp 3000, vs 2900), want vp at least 1.155 vs
	// 1100 3000 <nil>
}

// Born derives, from any equation, the one for what a perturbation scatters.
func ExampleBorn() {
	e := equation.Born(equation.Acoustic(), "rho")
	for _, m := range e.Models {
		fmt.Println("model", m.Name)
	}
	for _, c := range e.Write(equation.Grid{NDim: 1, Accuracy: 2}).Receivers {
		fmt.Println("receiver", c.Name)
	}
	// Output:
	// model v
	// model rho
	// model drho
	// receiver vx
	// receiver pressure
	// receiver divergence
	// receiver dvx
	// receiver dpressure
	// receiver ddivergence
}

// damped is an equation that this package does not have: waves on a string that the air damps,
//
//	d2u/dt2 = v^2 laplace(u) - damping du/dt + f
func damped() *equation.Equation {
	return &equation.Equation{
		Name: "damped",
		Models: []equation.Property{
			{Name: "v", Unit: "m/s", Plausible: [2]float64{1, 1e4}},
			{Name: "damping", Unit: "1/s"},
		},
		Waves: func(given equation.Models) []*array.Array { return []*array.Array{given["v"]} },
		End:   equation.Free,
		Show:  func(equation.Grid) []string { return []string{"u"} },
		Write: func(g equation.Grid) *equation.System {
			w := equation.NewWriter(g)
			u, um1, v, damping, dt := w.State("u"), w.State("um1"), w.Model("v").At(), w.Model("damping").At(), Param("dt")
			var laplace []Expr
			for d := range g.Axes() {
				laplace = append(laplace, g.D2(d, u.At()))
			}
			speed := Add(u.At(), Neg(um1.At())) // times dt
			step := Update{
				{Dst: u, RHS: Add(u.At(), speed, Mul(dt, dt, v, v, Add(laplace...)), Neg(Mul(dt, damping, speed)))},
				{Dst: um1, RHS: u.At()},
			}
			return w.Finish("damped",
				w.Receiver(equation.Channel{Name: "displacement", Unit: "m", Mirror: -1}, u.At()),
				step,
				w.Source(equation.Channel{Name: "force", Unit: "m/s^2", Mirror: -1}, u, Mul(dt, dt)))
		},
	}
}

// A user's own equation is written with the same parts as those of this package, and goes
// wherever they go (wave.New, Born). examples/equation has one with a PML and a test of it.
func ExampleNewWriter() {
	fmt.Print(damped().Program(1, 2))
	// Output:
	// damped (1-D):
	//   record r_displacement = u
	//   u' = (u + (u + -1*um1) + dt*dt*v*v*(rh2_x*tap{-2 1[+1,+0,+0] 1[-1,+0,+0]}(u)) + -1*dt*damping*(u + -1*um1))
	//   um1' = u
	//   inject u += dt*dt * f_force
}

// The time step of a survey is divided until waves are stable.
func ExampleCFL() {
	step, ratio := equation.CFL(0.004, []float64{10, 10}, 4500)
	fmt.Printf("%d steps of %.4f s\n", ratio, step)
	// Output:
	// 5 steps of 0.0008 s
}

// How late waves of ten cells a wavelength are on the grid. Steps in time make them early.
func ExampleScheme_Wavenumber() {
	const v, freq, h = 2000.0, 20.0, 10.0
	omega := 2 * math.Pi * freq
	for _, accuracy := range []int{2, 4, 8} {
		s := equation.Scheme{Accuracy: accuracy, Spacing: []float64{h, h}, DT: 0.0005}
		k, ok := s.Wavenumber(omega, v, []float64{0, 1})
		fmt.Printf("accuracy %d: by %.2f%%, carried: %v\n", accuracy, 100*(k*v/omega-1), ok)
	}
	// Output:
	// accuracy 2: by 1.71%, carried: true
	// accuracy 4: by 0.07%, carried: true
	// accuracy 8: by -0.02%, carried: true
}

// The profiles of a PML of 3 cells on one side.
func ExamplePML_Profile() {
	p := equation.PML{Width: [][2]int{{3, 0}}, Spacing: []float64{5}, DT: 0.0005, MaxVel: 2000, Freq: 25}
	a, b, _ := p.Profile(0, 8, 1, 2)
	fmt.Printf("%.3f\n%.3f\n", a, b)
	// Output:
	// [0.501 0.501 0.726 0.902 0.000 0.000 0.000 0.000]
	// [-0.499 -0.499 -0.263 -0.073 0.000 0.000 0.000 0.000]
}
