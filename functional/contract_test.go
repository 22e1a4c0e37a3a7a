package functional_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// The contract of propagators under transformations: what cannot be traced is an
// error that says so, whatever the transformation.
func TestPropagatorContract(t *testing.T) {
	amplitude := func(s *wave.Survey) **array.Array { return &s.Sources.Amplitudes }
	for _, c := range []struct {
		name string
		want error
		says string // what to do
		run  func(e *experiment, v, x *array.Array) error
	}{
		{"backend cpu", wave.ErrBackend, `"eager"`, func(e *experiment, _, x *array.Array) error {
			e.opt.Backend = "cpu"
			_, err := e.forward(x)
			return err
		}},
		{"no backend", wave.ErrBackend, `"eager"`, func(e *experiment, _, x *array.Array) error {
			e.opt.Backend = ""
			_, err := e.forward(x)
			return err
		}},
		{"no MaxVel", wave.ErrMaxVel, "Options.MaxVel", func(e *experiment, _, x *array.Array) error {
			e.opt.MaxVel = 0
			_, err := e.forward(x)
			return err
		}},
		{"traced amplitudes", wave.ErrTraced, "Survey.Sources.Amplitudes", func(e *experiment, v, x *array.Array) error {
			*amplitude(&e.survey) = array.Mul(*amplitude(&e.survey), array.Reshape(array.Sum(x), 1, 1, 1))
			_, err := e.forward(v)
			return err
		}},
		{"traced amplitudes and model", wave.ErrTraced, "Survey.Sources.Amplitudes", func(e *experiment, v, x *array.Array) error {
			*amplitude(&e.survey) = array.Mul(*amplitude(&e.survey), array.Reshape(array.Sum(x), 1, 1, 1))
			_, err := e.forward(x)
			return err
		}},
		{"traced initial wavefield", wave.ErrTraced, "Initial", func(e *experiment, v, x *array.Array) error {
			e.survey.Initial = wave.Wavefields{"u": array.Reshape(array.PadEdge(x, []int{3}, []int{3}), 1, x.Len()+6)}
			_, err := e.forward(v)
			return err
		}},
		{"traced initial wavefield and model", wave.ErrTraced, "Initial", func(e *experiment, v, x *array.Array) error {
			e.survey.Initial = wave.Wavefields{"zeta_x": array.Reshape(array.PadEdge(x, []int{3}, []int{3}), 1, x.Len()+6)}
			_, err := e.forward(x)
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, transform := range transformations {
				e := smallExperiment(t, 1, 0, quick)
				v, _ := e.models(t, 1)
				x := v
				if name == "VMap" {
					x = stacked(v, v)
				}
				err := transform(func(x *array.Array) (*array.Array, error) {
					if err := c.run(e, v, x); err != nil {
						return nil, err
					}
					return array.Sum(x), nil
				}, x)
				if !errors.Is(err, c.want) {
					t.Errorf("%s: got %v, want %v", name, err, c.want)
				} else if !strings.Contains(err.Error(), c.says) {
					t.Errorf("%s: the error does not name %s: %v", name, c.says, err)
				}
			}
		})
	}
}

func TestPropagatorUnderTransformationsChecksTheRest(t *testing.T) {
	e := smallExperiment(t, 1, 0, quick)
	v, dv := e.models(t, 1)
	_, _, err := functional.JVP(func(x *array.Array) (*array.Array, error) { return e.forward(array.Slice(x, []int{0}, []int{3})) }, v, dv)
	is(t, "receivers outside", err, wave.ErrOutside)
	_, err = functional.Grad(func(x *array.Array) (*array.Array, error) { return e.forward(array.Reshape(x, 1, 1, x.Len())) })(v)
	var field *wave.FieldError
	if !errors.As(err, &field) {
		t.Errorf("too many axes: got %v, want a FieldError", err)
	}
	_, _, err = functional.JVP(e.forward, v, array.Convert(array.Float32, dv.Float64s(), dv.Shape()...))
	is(t, "direction of another type", err, functional.ErrTangent)
	_, _, err = functional.JVP(e.forward, array.Convert(array.Float32, v.Float64s(), v.Shape()...), array.Convert(array.Float32, dv.Float64s(), dv.Shape()...))
	is(t, "model of another type than the amplitudes", err, array.ErrDType)

	ctx, cancel := context.WithCancel(context.Background())
	y, pull, err := functional.VJP(func(x *array.Array) (*array.Array, error) {
		res, err := wave.Scalar(ctx, x, e.survey, e.opt)
		if err != nil {
			return nil, err
		}
		return res.Records["pressure"], nil
	}, v)
	noError(t, err)
	cancel()
	_, err = pull(y)
	is(t, "cancelled before the backward pass", err, context.Canceled)
	_, err = functional.Grad(func(x *array.Array) (*array.Array, error) {
		res, err := wave.Scalar(ctx, x, e.survey, e.opt)
		if err != nil {
			return nil, err
		}
		return array.Sum(res.Records["pressure"]), nil
	})(v)
	is(t, "cancelled", err, context.Canceled)

	unstable := smallExperiment(t, 1, 0, slow)
	unstable.opt.MaxVel = 300
	_, _, err = functional.JVP(unstable.forward, array.Scale(1e14, v), dv)
	is(t, "unstable", err, wave.ErrNonFinite)

	kept := leaked(t, transformations["Grad"])
	_, err = e.forward(kept)
	if err == nil {
		t.Error("an escaped model: no error")
	}
}

// A plain model may run anywhere inside a transformation: nothing traces it.
func TestPlainPropagationInside(t *testing.T) {
	e := smallExperiment(t, 1, 0, quick)
	v, dv := e.models(t, 1)
	e.opt.Backend, e.opt.MaxVel = "cpu", 0
	want, err := e.forward(v)
	noError(t, err)
	y, dy, err := functional.JVP(func(x *array.Array) (*array.Array, error) {
		d, err := e.forward(v)
		return array.Mul(d, array.Reshape(array.Sum(x), 1, 1, 1)), err
	}, v, dv)
	noError(t, err)
	sum := func(a *array.Array) float64 { s, _ := dot(a, onesLike(a)); return s }
	near(t, "value", y, 1e-14, array.Scale(sum(v), want).Float64s()...)
	near(t, "tangent", dy, 1e-13, array.Scale(sum(dv), want).Float64s()...)
}

// Final wavefields and the callback's frames are traced as the data are.
func TestFinalWavefieldsAreTraced(t *testing.T) {
	e := smallExperiment(t, 2, 0, quick)
	e.opt.OmitWavefields = false
	v, dv := e.models(t, 1)
	f := func(x *array.Array) (*array.Array, error) {
		res, err := wave.Scalar(context.Background(), x, e.survey, e.opt)
		if err != nil {
			return nil, err
		}
		w := res.Wavefields
		total := array.SumProd([]array.Term{{Coeff: 1, Args: []int{0, 0}}, {Coeff: 1, Args: []int{1, 2}}, {Coeff: 3, Args: []int{3}}, {Coeff: 1, Args: []int{4}}},
			w["u"], w["um1"], w["u"], w["zeta_z"], w["psi_x"])
		return total, total.Err()
	}
	checkTaylor(t, "wavefields", f, v, dv, 0.5)
	checkTransposed(t, "wavefields", random(t, 3), f, v, 1e-12)
	e.opt.Callback = func(frame *wave.Frame) error {
		u, err := frame.Field("u", wave.ViewModel)
		if err != nil {
			return err
		}
		if at := frame.Step > 0; u.Traced() != at || (u.Float64s() == nil) != at { // at rest before
			t.Errorf("after step %d, the frame's field is traced: %t, with %d numbers", frame.Step, u.Traced(), len(u.Float64s()))
		}
		return nil
	}
	e.opt.CallbackEvery = 8
	_, _, err := functional.JVP(e.forward, v, dv)
	noError(t, err)
}
