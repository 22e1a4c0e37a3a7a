package functional_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

var identity = pure(func(x *array.Array) *array.Array { return x })

// transformations runs f at x under every transformation.
var transformations = map[string]func(f functional.Func, x *array.Array) error{
	"JVP":          func(f functional.Func, x *array.Array) error { _, _, err := functional.JVP(f, x, x); return err },
	"Linearize":    func(f functional.Func, x *array.Array) error { _, _, err := functional.Linearize(f, x); return err },
	"VJP":          func(f functional.Func, x *array.Array) error { _, _, err := functional.VJP(f, x); return err },
	"Grad":         func(f functional.Func, x *array.Array) error { _, err := functional.Grad(f)(x); return err },
	"ValueAndGrad": func(f functional.Func, x *array.Array) error { _, _, err := functional.ValueAndGrad(f)(x); return err },
	"VMap":         func(f functional.Func, x *array.Array) error { _, err := functional.VMap(f)(x); return err },
	"JacFwd":       func(f functional.Func, x *array.Array) error { _, err := functional.JacFwd(f, 0)(x); return err },
	"JacRev":       func(f functional.Func, x *array.Array) error { _, err := functional.JacRev(f, 0)(x); return err },
	"Hessian":      func(f functional.Func, x *array.Array) error { _, err := functional.Hessian(f, 0)(x); return err },
	"HVP":          func(f functional.Func, x *array.Array) error { _, _, err := functional.HVP(f, x, x); return err },
	"LinearTranspose": func(f functional.Func, x *array.Array) error {
		_, err := functional.LinearTranspose(f, x)
		return err
	},
}

// is checks what error it is.
func is(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func TestErrorsOfTheFunctionPassThrough(t *testing.T) {
	mine := errors.New("mine")
	for name, run := range transformations {
		err := run(func(*array.Array) (*array.Array, error) { return nil, mine }, vec(1, 2))
		if err != mine {
			t.Errorf("%s: got %v, want the function's own error as it is", name, err)
		}
		nested := func(x *array.Array) (*array.Array, error) {
			return nil, run(func(*array.Array) (*array.Array, error) { return nil, mine }, x)
		}
		is(t, name+" in JVP", transformations["JVP"](nested, vec(1, 2)), mine)
		is(t, name+": array.ErrShape", run(func(x *array.Array) (*array.Array, error) { return array.Add(x, vec(1, 2, 3)), nil }, vec(1, 2)), array.ErrShape)
		is(t, name+": array.ErrDType", run(func(x *array.Array) (*array.Array, error) {
			return array.Mul(x, array.Zeros(array.Float32, x.Shape()...)), nil
		}, vec(1, 2)), array.ErrDType)
		if err := run(func(*array.Array) (*array.Array, error) { return nil, nil }, vec(1, 2)); err == nil {
			t.Errorf("%s: nil output: no error", name)
		}
		if err := run(identity, nil); err == nil {
			t.Errorf("%s: nil argument: no error", name)
		}
		is(t, name+": argument with an error", run(identity, array.Zeros(array.Float64, -1)), array.ErrShape)
	}
}

func TestNumbersOfATracedArrayCannotBeRead(t *testing.T) {
	for name, run := range transformations {
		seen := false
		err := run(func(x *array.Array) (*array.Array, error) {
			seen = true
			if !x.Traced() || x.Float64s() != nil {
				t.Errorf("%s: Traced is %t and there are numbers %v, want true and none", name, x.Traced(), x.Float64s())
			}
			if _, err := x.Data32(); !errors.Is(err, array.ErrTraced) {
				t.Errorf("%s: Data32: %v, want ErrTraced", name, err)
			}
			if _, err := x.At(0); !errors.Is(err, array.ErrTraced) {
				t.Errorf("%s: At: %v, want ErrTraced", name, err)
			}
			_, err := x.Data64()
			return nil, err
		}, vec(1, 2))
		if is(t, name, err, array.ErrTraced); !seen {
			t.Errorf("%s did not call the function", name)
		}
	}
}

func TestErrTangent(t *testing.T) {
	x, one := vec(1, 2), array.Zeros(array.Float32, 2)
	_, linear, err := functional.Linearize(identity, x)
	noError(t, err)
	_, pull, err := functional.VJP(identity, x)
	noError(t, err)
	transposed, err := functional.LinearTranspose(identity, x)
	noError(t, err)
	for name, bad := range map[string]*array.Array{"length": vec(1), "axes": array.Reshape(x, 1, 2), "type": one, "number": num(1)} {
		_, _, err := functional.JVP(identity, x, bad)
		is(t, "JVP, "+name, err, functional.ErrTangent)
		_, err = linear(bad)
		is(t, "Linearize, "+name, err, functional.ErrTangent)
		_, err = pull(bad)
		is(t, "VJP, "+name, err, functional.ErrTangent)
		_, err = transposed(bad)
		is(t, "LinearTranspose, "+name, err, functional.ErrTangent)
		_, _, err = functional.HVP(pure(array.Sum), x, bad)
		is(t, "HVP, "+name, err, functional.ErrTangent)
	}
	two := func(x []*array.Array) ([]*array.Array, error) { return x, nil }
	xs := []*array.Array{x, x}
	for _, n := range []int{0, 1, 3} {
		d := make([]*array.Array, n)
		_, _, err := functional.JVPN(two, xs, d)
		is(t, "JVPN", err, functional.ErrTangent)
		_, linear, err := functional.LinearizeN(two, xs)
		noError(t, err)
		_, err = linear(d)
		is(t, "LinearizeN", err, functional.ErrTangent)
		_, pull, err := functional.VJPN(two, xs)
		noError(t, err)
		_, err = pull(d)
		is(t, "VJPN", err, functional.ErrTangent)
	}
	failed := array.Add(vec(1, 2), vec(1, 2, 3)) // a direction that carries an error
	_, _, err = functional.JVP(identity, x, failed)
	is(t, "failed direction", err, array.ErrShape)
}

func TestErrAxis(t *testing.T) {
	two := func(x []*array.Array) ([]*array.Array, error) { return []*array.Array{x[0], vec(1, 2)}, nil }
	x := []*array.Array{array.Zeros(array.Float64, 2, 3), array.Zeros(array.Float64, 3, 2)}
	ax := functional.Axis
	for name, o := range map[string]functional.VMapOptions{
		"lengths":              {},
		"other lengths":        {In: []*int{ax(1), ax(1)}},
		"no such axis":         {In: []*int{ax(2), ax(0)}},
		"axis below 0":         {In: []*int{ax(-1), ax(0)}},
		"too few":              {In: []*int{ax(0)}},
		"too many":             {In: []*int{ax(0), ax(1), nil}},
		"nothing mapped":       {In: []*int{nil, nil}},
		"too few outputs":      {In: []*int{ax(0), ax(1)}, Out: []*int{ax(0)}},
		"no such output axis":  {In: []*int{ax(0), ax(1)}, Out: []*int{ax(2), nil}},
		"output axis below 0":  {In: []*int{ax(0), ax(1)}, Out: []*int{ax(-1), nil}},
		"mapped without axis":  {In: []*int{ax(0), ax(1)}, Out: []*int{nil, nil}},
		"unmapped, no such":    {In: []*int{ax(0), ax(1)}, Out: []*int{ax(0), ax(2)}},
		"unmapped, below 0":    {In: []*int{ax(0), ax(1)}, Out: []*int{ax(0), ax(-1)}},
		"in chunks, no such":   {In: []*int{ax(0), ax(1)}, Out: []*int{ax(3), nil}, Chunk: 1},
		"chunks, without axis": {In: []*int{ax(0), ax(1)}, Out: []*int{nil, nil}, Chunk: 1},
	} {
		_, err := functional.VMapN(two, o)(x)
		is(t, name, err, functional.ErrAxis)
	}
	_, err := functional.VMap(identity)(num(1))
	is(t, "a number", err, functional.ErrAxis)
	_, err = functional.VMap(identity)(vec())
	is(t, "no examples", err, functional.ErrAxis)
	_, err = functional.VMapN(two, functional.VMapOptions{})(nil)
	is(t, "no arguments", err, functional.ErrAxis)
}

func TestErrNotScalar(t *testing.T) {
	for name, run := range map[string]func(functional.Func, *array.Array) error{
		"Grad": transformations["Grad"], "Hessian": transformations["Hessian"], "HVP": transformations["HVP"], "ValueAndGrad": transformations["ValueAndGrad"],
		"VMap(Grad)": func(f functional.Func, x *array.Array) error {
			_, err := functional.VMap(functional.Grad(f))(array.Reshape(x, 1, 2))
			return err
		},
	} {
		is(t, name, run(identity, vec(1, 2)), functional.ErrNotScalar)
		is(t, name+" of nothing", run(pure(func(*array.Array) *array.Array { return vec() }), vec(1, 2)), functional.ErrNotScalar)
	}
	_, _, _, err := functional.ValueAndGradN(func([]*array.Array) ([]*array.Array, error) { return nil, nil })([]*array.Array{num(1)})
	is(t, "no output", err, functional.ErrNotScalar)
	g, err := functional.Grad(pure(func(x *array.Array) *array.Array { return array.Reshape(array.Dot(x, x), 1, 1) }))(vec(1, 2))
	noError(t, err)
	near(t, "one number with axes", g, 0, 2, 4)
}

// leaked returns an array that a transformation has traced and ended with.
func leaked(t *testing.T, run func(functional.Func, *array.Array) error) *array.Array {
	t.Helper()
	var kept *array.Array
	_ = run(func(x *array.Array) (*array.Array, error) { kept = array.Scale(2, x); return array.SumTo(kept, 1), nil }, vec(1, 2))
	if kept == nil {
		t.Fatal("the function was not called")
	}
	return kept
}

// A traced array must not be used outside: in particular, nothing must take it for
// a constant.
func TestErrEscaped(t *testing.T) {
	for from, run := range transformations {
		kept := leaked(t, run)
		is(t, from+", in an operation", array.Add(kept, kept).Err(), functional.ErrEscaped)
		is(t, from+", reading its sum", array.Sum(kept).Err(), functional.ErrEscaped)
		if kept.Float64s() != nil {
			t.Errorf("%s: it has numbers %v", from, kept.Float64s())
		}
		for to, run := range transformations {
			is(t, from+", then argument of "+to, run(identity, kept), functional.ErrEscaped)
			is(t, from+", then result of "+to, run(func(*array.Array) (*array.Array, error) { return kept, nil }, vec(1, 2)), functional.ErrEscaped)
			is(t, from+", then in "+to, run(func(y *array.Array) (*array.Array, error) {
				y = array.Mul(array.Sum(kept), array.Sum(y))
				return y, y.Err()
			}, vec(1, 2)), functional.ErrEscaped)
		}
		_, _, err := functional.JVP(identity, vec(1, 2), kept)
		is(t, from+", then a direction", err, functional.ErrEscaped)
		_, linear, err := functional.Linearize(identity, vec(1, 2))
		noError(t, err)
		_, err = linear(kept)
		is(t, from+", then a direction of Linearize", err, functional.ErrEscaped)
		_, pull, err := functional.VJP(identity, vec(1, 2))
		noError(t, err)
		_, err = pull(kept)
		is(t, from+", then a cotangent", err, functional.ErrEscaped)
	}
	// A pull that has escaped from an outer transformation.
	var pull functional.Func
	_, _, err := functional.JVP(func(x *array.Array) (*array.Array, error) {
		var err error
		_, pull, err = functional.VJP(pure(array.Sin), x)
		return x, err
	}, vec(1, 2), vec(1, 1))
	noError(t, err)
	_, err = pull(vec(1, 1))
	is(t, "escaped pull", err, functional.ErrEscaped)
}

// A goroutine that outlives the function gets an error, too.
func TestErrEscapedInAGoroutine(t *testing.T) {
	for name, run := range transformations {
		end := make(chan struct{})
		late := make(chan error, 1)
		var once sync.Once
		_ = run(func(x *array.Array) (*array.Array, error) {
			once.Do(func() {
				go func() {
					y := x
					for y.Err() == nil {
						select {
						case <-end:
							late <- array.Sum(x).Err()
							return
						default:
							y = array.Scale(0.5, x)
						}
					}
					<-end
					late <- array.Sum(x).Err()
				}()
			})
			return array.SumTo(x, 1), nil
		}, vec(1, 2))
		close(end)
		is(t, name, <-late, functional.ErrEscaped)
	}
}

// What a Checkpoint closes over is not traced through it: an error, not a gradient
// without its part.
func TestCheckpointRefusesClosures(t *testing.T) {
	for name, run := range map[string]func(functional.Func, *array.Array) error{
		"JVP": transformations["JVP"], "Grad": transformations["Grad"], "VMap": transformations["VMap"],
	} {
		err := run(func(x *array.Array) (*array.Array, error) {
			s := array.Scale(3, x)
			y, err := array.Checkpoint(func(a []*array.Array) ([]*array.Array, error) {
				return []*array.Array{array.Mul(a[0], s)}, nil
			}, []*array.Array{x})
			if err != nil {
				return nil, err
			}
			return array.Sum(y[0]), nil
		}, vec(1, 2))
		is(t, name, err, functional.ErrEscaped)
	}
}
