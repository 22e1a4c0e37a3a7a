package equation

import "github.com/d52adeda/wave/stencil"

// ScalarBorn returns the program of Scalar together with its derivative with respect
// to v: the scattered wavefield du of a perturbation dv, recorded as dr at the
// points receiver, while the background's r is recorded at points background.
func ScalarBorn(ndim, accuracy int) *stencil.Program {
	p := Scalar().Program(ndim, accuracy)
	born := stencil.JVP(p, []*stencil.Field{p.Field("v")})
	for background := range born.Series {
		background.Points = "background"
	}
	born.Program.Name = "scalar_born"
	return born.Program
}
