package array_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

func TestStageErrors(t *testing.T) {
	fault := errors.New("fault")
	for range 2 {
		stage := array.NewStage(func(x []*array.Array) ([]*array.Array, error) { return nil, fault }, 0)
		for range 2 {
			if _, err := stage.Call([]*array.Array{array.Zeros(array.Float64, 2)}); !errors.Is(err, fault) {
				t.Errorf("got %v, want the function's error", err)
			}
		}
		if _, _, err := functional.JVP(one(stage), array.Zeros(array.Float64, 2), array.Zeros(array.Float64, 2)); !errors.Is(err, fault) {
			t.Errorf("under JVP: got %v, want the function's error", err)
		}
	}
	bad := array.NewStage(func(x []*array.Array) ([]*array.Array, error) {
		return []*array.Array{array.Add(x[0], array.Zeros(array.Float64, 5))}, nil
	}, 0)
	if _, err := bad.Call([]*array.Array{array.Zeros(array.Float64, 2)}); !errors.Is(err, array.ErrShape) {
		t.Errorf("shapes that do not fit: got %v, want ErrShape", err)
	}
	if _, err := bad.Call([]*array.Array{array.Zeros(array.Float64, -1)}); !errors.Is(err, array.ErrShape) {
		t.Errorf("an argument with an error: got %v, want ErrShape", err)
	}
	// All that is traced must be an argument.
	x := array.Of64([]float64{2}, 1)
	_, _, err := functional.JVP(func(x *array.Array) (*array.Array, error) {
		return one(array.NewStage(func(y []*array.Array) ([]*array.Array, error) {
			return []*array.Array{array.Mul(x, y[0])}, nil
		}, 0))(array.Of64([]float64{3}, 1))
	}, x, x)
	if err == nil || !strings.Contains(err.Error(), "closes over") {
		t.Errorf("closure over a traced value: got %v, want an error that says so", err)
	}
	// Values of a transformation that has ended.
	double := array.NewStage(func(x []*array.Array) ([]*array.Array, error) { return []*array.Array{array.Scale(2, x[0])}, nil }, 0)
	var kept *array.Array
	if _, _, err = functional.JVP(func(x *array.Array) (*array.Array, error) { kept = x; return x, nil }, x, x); err != nil {
		t.Fatal(err)
	}
	if _, err := double.Call([]*array.Array{kept}); !errors.Is(err, functional.ErrEscaped) {
		t.Errorf("escaped value: got %v, want ErrEscaped", err)
	}
	// A stage in a function that must be linear.
	transpose, err := functional.LinearTranspose(one(double), x)
	if err != nil {
		t.Fatal(err)
	}
	if y, err := transpose(x); err != nil || y.Float64s()[0] != 4 {
		t.Errorf("transpose of a staged doubling of 2: got %v, %v, want 4", y.Float64s(), err)
	}
	square := array.NewStage(func(x []*array.Array) ([]*array.Array, error) { return []*array.Array{array.Mul(x[0], x[0])}, nil }, 0)
	if _, err := functional.LinearTranspose(one(square), x); !errors.Is(err, functional.ErrNotLinear) {
		t.Errorf("transpose of a staged square: got %v, want ErrNotLinear", err)
	}
}

// one makes a function of one array of a stage.
func one(s *array.Stage) functional.Func {
	return func(x *array.Array) (*array.Array, error) {
		y, err := s.Call([]*array.Array{x})
		if err != nil {
			return nil, err
		}
		return y[0], nil
	}
}

// Arguments of different element types, arrays without elements, and nothing to do.
func TestStageOfOddArrays(t *testing.T) {
	stage := array.NewStage(func(x []*array.Array) ([]*array.Array, error) {
		return []*array.Array{array.Scale(3, x[0]), array.Scale(2, x[1]), x[2], array.Tap(x[2], []int{0}, []int{0}, [][]int{{0}}, []float64{1})}, nil
	}, 0)
	for range 2 {
		y, err := stage.Call([]*array.Array{array.Of32([]float32{1, 2}, 2), array.Of64([]float64{4}, 1), array.Zeros(array.Float64, 0)})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(y[0].Float64s(), []float64{3, 6}) || y[1].Float64s()[0] != 8 || y[2].Len() != 0 || y[3].Len() != 0 {
			t.Errorf("got %v, %v, %v, %v", y[0].Float64s(), y[1].Float64s(), y[2].Float64s(), y[3].Float64s())
		}
	}
	none := array.NewStage(func([]*array.Array) ([]*array.Array, error) { return []*array.Array{array.Of64([]float64{5}, 1)}, nil }, 0)
	if y, err := none.Call(nil); err != nil || y[0].Float64s()[0] != 5 {
		t.Errorf("a stage without arguments: %v, %v", y, err)
	}
}
