package wave

import (
	"context"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
)

// Run simulates an equation once: New, Forward and Close.
func Run(ctx context.Context, eq *equation.Equation, models Models, s Survey, o Options) (*Result, error) {
	sim, err := New(ctx, eq, models, s, o)
	if err != nil {
		return nil, err
	}
	defer sim.Close()
	return sim.Forward(ctx)
}

// Scalar propagates waves through a medium of speed v (m/s) by the scalar wave equation
//
//	laplace(u) - (1/v^2) d2u/dt2 = f
//
// with a C-PML on the sides (Pasalic and McGarry 2010). Its only channel is "pressure": sources
// are f, receivers record u before each step, Result.Records["pressure"].
//
// Arrays are as Models says, errors as those of New and Simulation.Forward; so are those of the
// functions below.
func Scalar(ctx context.Context, v *array.Array, s Survey, o Options) (*Result, error) {
	return Run(ctx, equation.Scalar(), Models{"v": v}, s, o)
}

// ScalarBorn propagates waves through a background of speed v (m/s) and, to first
// order, what a perturbation of it scatters (Born modelling): the derivative of
// Scalar with respect to v in the direction scatter, a change of speed in m/s.
// Each is for all shots or has one for every shot; scatter is zero in the PML. Receivers
// "pressure" record the background and "dpressure" the scattered wavefield, whose fields are
// "du", "dum1" and so on.
//
// On any backend it is faster than functional.JVP of Scalar, with which it agrees
// where scatter is zero on the cells at the model's edge: Scalar continues v into
// the PML, and its derivative the perturbation. See equation.Born, which derives it, for other
// equations.
func ScalarBorn(ctx context.Context, v, scatter *array.Array, s Survey, o Options) (*Result, error) {
	return Run(ctx, equation.Born(equation.Scalar()), Models{"v": v, "dv": scatter}, s, o)
}

// Acoustic propagates waves through a medium of speed v (m/s) and density rho (kg/m^3), 0 in
// vacuum, by
//
//	rho dv/dt = -grad p + f,   1/(rho v^2) dp/dt = -div v + s
//
// on a staggered grid (Virieux 1984). Sources are "pressure" (s, 1/s) and "force_z" ... (f, N/m^3);
// receivers "pressure" (Pa), "vz" ... (m/s) and "divergence" (1/s).
func Acoustic(ctx context.Context, v, rho *array.Array, s Survey, o Options) (*Result, error) {
	return Run(ctx, equation.Acoustic(), Models{"v": v, "rho": rho}, s, o)
}

// Elastic propagates waves through an isotropic medium of P and S speeds vp and vs (m/s; vs is 0
// in fluids) and density rho (kg/m^3), 0 in vacuum, by
//
//	rho dv/dt = div sigma + f,   dsigma/dt = lambda tr(e) I + 2 mu e - m,   e = (grad v + grad v^T)/2
//
// on a staggered grid (Virieux 1986). Sources are "force_z" ... (N/m^3), "moment_zz", "moment_xz" ...
// (m, Pa/s) and "pressure", all three normal ones together (an explosion); receivers "vz" ... (m/s),
// "sigma_zz" ..., "pressure" (Pa), "strain_rate_zz" ..., "divergence" and "curl_y" ... (1/s).
// With equation.Elastic the models are Lame's parameters and the buoyancy.
func Elastic(ctx context.Context, vp, vs, rho *array.Array, s Survey, o Options) (*Result, error) {
	return Run(ctx, equation.ElasticSpeeds(), Models{"vp": vp, "vs": vs, "rho": rho}, s, o)
}
