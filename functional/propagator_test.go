package functional_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
	"github.com/d52adeda/wave/wavelet"
)

// experiment is a small survey on the eager backend.
type experiment struct {
	cells  []int // of the model
	survey wave.Survey
	opt    wave.Options
	shots  int // 0: the model has no axis of shots
}

// smallExperiment has two sources and two receivers a shot in 1, 2 or 3 dimensions.
func smallExperiment(t testing.TB, ndim, shots int, dt float64) *experiment {
	t.Helper()
	cells := [][]int{{23}, {9, 11}, {6, 5, 6}}[ndim-1]
	e := &experiment{cells: cells, shots: shots, opt: wave.Options{
		Backend: "eager", MaxVel: 2200, PMLFreq: 25, PMLWidth: []int{3}, OmitWavefields: true, Warn: func(wave.Warning) {},
	}}
	const nt = 16
	w, err := wavelet.Ricker(0.1/dt, nt, dt, 5*dt)
	noError(t, err)
	amplitudes := make([]float64, 0, 2*nt*max(shots, 1))
	place := func(f float64) []int {
		var at []int
		for d, n := range cells {
			at = append(at, 1+int(f*float64(n-2))*(1+d)%(n-2))
		}
		return at
	}
	for s := range max(shots, 1) {
		amplitudes = append(append(amplitudes, w...), w...)
		e.survey.Sources.Cells = append(e.survey.Sources.Cells, [][]int{place(0.3 + 0.1*float64(s)), place(0.6)})
		e.survey.Receivers.Cells = append(e.survey.Receivers.Cells, [][]int{place(0.1), place(0.8 - 0.2*float64(s))})
	}
	e.survey.Spacing, e.survey.DT = []float64{5}, dt
	e.survey.Sources.Amplitudes = array.Of64(amplitudes, max(shots, 1), 2, nt)
	return e
}

// quick is a sampling interval that is stable as it is, slow one that is divided.
const (
	quick = 0.00075
	slow  = 0.004
)

// shape is that of the model.
func (e *experiment) shape() []int {
	if e.shots == 0 {
		return e.cells
	}
	return slices.Insert(slices.Clone(e.cells), 0, e.shots)
}

// forward returns the receivers' data for a model.
func (e *experiment) forward(v *array.Array) (*array.Array, error) {
	res, err := wave.Scalar(context.Background(), v, e.survey, e.opt)
	if err != nil {
		return nil, err
	}
	return res.Records["pressure"], nil
}

// misfit returns half the squared difference from data.
func (e *experiment) misfit(data *array.Array) functional.Func {
	return func(v *array.Array) (*array.Array, error) {
		y, err := e.forward(v)
		if err != nil {
			return nil, err
		}
		r := array.Sub(y, data)
		return array.Scale(0.5, array.Dot(r, r)), nil
	}
}

// models returns a background and a perturbation.
func (e *experiment) models(t testing.TB, seed uint64) (v, dv *array.Array) {
	rng := random(t, seed)
	return uniform(rng, array.Float64, 1500, 2000, e.shape()...), uniform(rng, array.Float64, -50, 50, e.shape()...)
}

// experiments are all the kinds that derivatives are checked on.
func experiments(t testing.TB) map[string]*experiment {
	all := map[string]*experiment{}
	for ndim := 1; ndim <= 3; ndim++ {
		all[fmt.Sprintf("%dD", ndim)] = smallExperiment(t, ndim, 0, quick)
	}
	all["shots, one model"] = smallExperiment(t, 2, 2, quick)
	all["shots, one model"].shots = 0
	all["shots, a model each"] = smallExperiment(t, 2, 2, quick)
	all["resampled"] = smallExperiment(t, 1, 0, slow)
	all["survey pad"] = smallExperiment(t, 2, 0, quick)
	all["survey pad"].opt.SurveyPad = []int{2, wave.ToEdge, 1, 0}
	all["accuracy 8"] = smallExperiment(t, 2, 0, quick)
	all["accuracy 8"].opt.Accuracy = 8
	all["no PML"] = smallExperiment(t, 2, 0, quick)
	all["no PML"].opt.PMLWidth = []int{0, 2, 0, 0}
	return all
}

func eachExperiment(t *testing.T, test func(t *testing.T, e *experiment)) {
	for name, e := range experiments(t) {
		t.Run(name, func(t *testing.T) { test(t, e) })
	}
}

func TestPropagatorJVP(t *testing.T) {
	eachExperiment(t, func(t *testing.T, e *experiment) {
		v, dv := e.models(t, 1)
		checkTaylor(t, "data", e.forward, v, dv, 0.5)
		checkTransposed(t, "data", random(t, 2), e.forward, v, 1e-12)
	})
}

func TestPropagatorValuesAreThoseOfThePlainRun(t *testing.T) {
	eachExperiment(t, func(t *testing.T, e *experiment) {
		v, dv := e.models(t, 1)
		want, err := e.forward(v)
		noError(t, err)
		y, dy, err := functional.JVP(e.forward, v, dv)
		noError(t, err)
		sameBits(t, "JVP", y, want)
		yl, linear, err := functional.Linearize(e.forward, v)
		noError(t, err)
		sameBits(t, "Linearize", yl, want)
		for range 2 {
			tangent, err := linear(dv)
			noError(t, err)
			near(t, "tangent of Linearize", tangent, 1e-13, dy.Float64s()...)
		}
		yp, _, err := functional.VJP(e.forward, v)
		noError(t, err)
		sameBits(t, "VJP", yp, want)
		both := array.Of64(slices.Concat(v.Float64s(), array.Add(v, dv).Float64s()), slices.Insert(v.Shape(), 0, 2)...)
		batch, err := functional.VMap(e.forward)(both)
		noError(t, err)
		near(t, "VMap", take(batch, 0, 0), 1e-14, want.Float64s()...)
	})
}

// The gradient of a misfit by reverse mode is that by central differences.
func TestPropagatorGradient(t *testing.T) {
	eachExperiment(t, func(t *testing.T, e *experiment) {
		v, dv := e.models(t, 1)
		data, err := e.forward(array.Add(v, dv))
		noError(t, err)
		loss := e.misfit(data)
		g, err := functional.Grad(loss)(v)
		noError(t, err)
		got, _ := dot(g, dv)
		at := func(h float64) float64 {
			l, err := loss(array.Add(v, array.Scale(h, dv)))
			noError(t, err)
			return l.Float64s()[0]
		}
		one, half := (at(0.02)-at(-0.02))/0.04, (at(0.01)-at(-0.01))/0.02
		near(t, "directional derivative", num(got), 1e-6, (4*half-one)/3)
	})
}

// Users' own code around propagations: a taper, a sum of two runs with different
// models, a residual normalised by its length.
func TestPropagatorInsideOtherCode(t *testing.T) {
	e := smallExperiment(t, 1, 0, quick)
	v, dv := e.models(t, 1)
	data, err := e.forward(array.AddConst(40, v))
	noError(t, err)
	shape := data.Shape()
	taper := uniform(random(t, 9), array.Float64, 0, 1, 1, 1, shape[2])
	f := func(v *array.Array) (*array.Array, error) {
		one, err := e.forward(v)
		if err != nil {
			return nil, err
		}
		two, err := e.forward(array.Sub(array.Scale(2.1, v), array.Mul(array.Scale(1./1800, v), v)))
		if err != nil {
			return nil, err
		}
		r := array.Sub(array.Mul(taper, array.Add(one, two)), data)
		r = array.Mul(r, array.Reshape(array.Pow(array.Dot(r, r), -0.5), 1, 1, 1))
		return array.Mul(r, array.Reshape(array.Sqrt(array.Dot(one, one)), 1, 1, 1)), nil
	}
	checkTaylor(t, "normalised residual", f, v, dv, 0.5)
	checkTransposed(t, "normalised residual", random(t, 10), f, v, 1e-12)
	loss := func(v *array.Array) (*array.Array, error) {
		y, err := f(v)
		return array.Sum(array.Log(array.AddConst(1, array.Mul(y, y)))), err
	}
	g, err := functional.Grad(loss)(v)
	noError(t, err)
	_, slope, err := functional.JVP(loss, v, dv)
	noError(t, err)
	got, _ := dot(g, dv)
	near(t, "gradient in a direction", num(got), 1e-12, slope.Float64s()[0])
	checkTaylor(t, "gradient", functional.Grad(loss), v, dv, 0.5)
}

// Two models, of which each shapes a run, in one function with two outputs.
func TestPropagatorOfTwoModels(t *testing.T) {
	e := smallExperiment(t, 1, 0, quick)
	v, dv := e.models(t, 1)
	w, dw := e.models(t, 2)
	f := func(x []*array.Array) ([]*array.Array, error) {
		a, err := e.forward(x[0])
		if err != nil {
			return nil, err
		}
		b, err := e.forward(array.Scale(0.5, array.Add(x[0], x[1])))
		return []*array.Array{a, array.Mul(a, b)}, err
	}
	x, dx := []*array.Array{v, w}, []*array.Array{dv, dw}
	y, dy, err := functional.JVPN(f, x, dx)
	noError(t, err)
	_, onlyV, err := functional.JVPN(f, x, []*array.Array{dv, nil})
	noError(t, err)
	_, onlyW, err := functional.JVPN(f, x, []*array.Array{nil, dw})
	noError(t, err)
	for i := range dy {
		near(t, "tangents add", array.Add(onlyV[i], onlyW[i]), 1e-13, dy[i].Float64s()...)
	}
	near(t, "tangent of what the second model does not reach", onlyW[0], 0, make([]float64, y[0].Len())...)
	rng := random(t, 3)
	ct := []*array.Array{uniform(rng, array.Float64, -1, 1, y[0].Shape()...), uniform(rng, array.Float64, -1, 1, y[1].Shape()...)}
	_, pull, err := functional.VJPN(f, x)
	noError(t, err)
	back, err := pull(ct)
	noError(t, err)
	left, right := 0.0, 0.0
	for i := range ct {
		l, _ := dot(ct[i], dy[i])
		r, _ := dot(back[i], dx[i])
		left, right = left+l, right+r
	}
	near(t, "<J' ct, dx>", num(right), 1e-12, left)
	_, grads, aux, err := functional.ValueAndGradN(func(x []*array.Array) ([]*array.Array, error) {
		y, err := f(x)
		if err != nil {
			return nil, err
		}
		return []*array.Array{array.Dot(y[0], y[1]), y[1]}, nil
	}, 1)(x)
	noError(t, err)
	sameBits(t, "data along the way", aux[0], y[1])
	slope, _ := dot(grads[0], dw)
	want, _ := dot(y[0], onlyW[1])
	near(t, "gradient of the second model", num(slope), 1e-11, want)
}
